#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace turnpike {

/// Extents, outermost first.
using TensorShape = std::vector<std::int64_t>;

/// Product of the extents; 1 for a scalar. Throws InternalError on overflow.
[[nodiscard]] std::int64_t element_count(const TensorShape& shape);
/// "[64, 3, 7, 7]"
[[nodiscard]] std::string to_string(const TensorShape& shape);

class Tensor;

/// Where the elements of a tensor are when they are not in memory: a file.
class ElementSource {
 public:
  ElementSource() = default;
  virtual ~ElementSource() = default;
  ElementSource(const ElementSource&) = delete;
  ElementSource& operator=(const ElementSource&) = delete;
  ElementSource(ElementSource&&) = delete;
  ElementSource& operator=(ElementSource&&) = delete;

  /// All elements, in memory.
  [[nodiscard]] virtual std::shared_ptr<const Tensor> load() const = 0;
  /// The elements in row-major order, in pieces: tensors of one axis, with the index of their first
  /// element. No more than a piece need be in memory.
  using UsePiece = std::function<void(const Tensor& piece, std::int64_t first)>;
  virtual void pieces(const UsePiece& use) const = 0;
};

/// A dense row-major array of one of the element types the trace format stores. Its elements are in
/// memory, or are fetched from a source each time they are used and not kept.
class Tensor {
 public:
  using Storage = std::variant<std::vector<std::int8_t>, std::vector<std::uint8_t>,
                               std::vector<std::int16_t>, std::vector<std::uint16_t>,
                               std::vector<std::int32_t>, std::vector<std::uint32_t>,
                               std::vector<std::int64_t>, std::vector<float>, std::vector<double>>;

  Tensor() = default;
  /// `values` has element_count(shape) elements.
  template <class T>
  Tensor(TensorShape shape, std::vector<T> values)
      : shape_{std::move(shape)}, storage_{std::move(values)} {
    check_size();
  }
  /// Elements on demand: what `source` loads has this shape and type (numpy's name).
  Tensor(TensorShape shape, std::string_view type_name, std::shared_ptr<const ElementSource> source);

  /// False if each use of the elements fetches them.
  [[nodiscard]] bool in_memory() const { return source_ == nullptr; }

  [[nodiscard]] const TensorShape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool is_floating() const;
  /// numpy's name of the element type: "int8", "uint8", ..., "float64".
  [[nodiscard]] std::string_view type_name() const;
  /// Bytes of the elements.
  [[nodiscard]] std::int64_t bytes() const;

  /// The elements, if stored as T, in memory; InternalError otherwise.
  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    check_in_memory();
    return std::get<std::vector<T>>(storage_);
  }
  template <class T>
  [[nodiscard]] bool holds() const {
    return std::holds_alternative<std::vector<T>>(storage_);
  }
  /// The elements converted to T, each by static_cast.
  template <class T>
  [[nodiscard]] std::vector<T> converted() const {
    return visit([](const auto& values) {
      std::vector<T> out(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        out[i] = static_cast<T>(values[i]);  // NOLINT(bugprone-signed-char-misuse): int8 is signed
      }
      return out;
    });
  }
  /// Element `index` in row-major order as double: exact for all but large 64-bit integers.
  [[nodiscard]] double at(std::int64_t index) const;

  /// Calls visitor(vector of all elements), which may not outlive the call.
  template <class Visitor>
  auto visit(Visitor&& visitor) const {
    const std::shared_ptr<const Tensor> held = loaded();
    return std::visit(std::forward<Visitor>(visitor), held ? held->storage_ : storage_);
  }

  /// Calls visitor(span of elements, index of the first) over all elements in row-major order: at
  /// once if they are in memory, else in pieces.
  template <class Visitor>
  void for_each_piece(const Visitor& visitor) const {
    const auto use = [&visitor](const Tensor& piece, std::int64_t first) {
      std::visit([&](const auto& values) { visitor(std::span{values}, first); }, piece.storage_);
    };
    if (in_memory()) {
      use(*this, 0);
    } else {
      source_->pieces(use);
    }
  }

  /// Same shape, type and elements, wherever they are.
  friend bool operator==(const Tensor& a, const Tensor& b);

 private:
  void check_size() const;
  void check_in_memory() const;
  /// Null if the elements are here.
  [[nodiscard]] std::shared_ptr<const Tensor> loaded() const;

  TensorShape shape_;
  Storage storage_;  ///< of the right type, but empty, if there is a source
  std::shared_ptr<const ElementSource> source_;
};

/// Integer codes in the smallest type that holds [low, high].
[[nodiscard]] Tensor smallest_integer_tensor(TensorShape shape,
                                             const std::vector<std::int32_t>& codes,
                                             std::int64_t low, std::int64_t high);

}  // namespace turnpike
