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

/// A dense row-major array of one of the element types the trace format stores. Its elements are
/// there, or come from a function that is called when they are first asked for: so a trace larger
/// than memory is a trace as any other. One thread at a time.
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
  using Fetch = std::function<Tensor()>;
  /// What `fetch` gives when it is called; `like` has the element type and no elements. The extents
  /// are at least 1. What is fetched must have shape and type as said, else InternalError.
  Tensor(TensorShape shape, Storage like, Fetch fetch);

  [[nodiscard]] const TensorShape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] bool is_floating() const;
  /// numpy's name of the element type: "int8", "uint8", ..., "float64".
  [[nodiscard]] std::string_view type_name() const;
  /// Bytes of the elements.
  [[nodiscard]] std::int64_t bytes() const;

  /// The elements, if stored as T; InternalError otherwise.
  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    return std::get<std::vector<T>>(elements());
  }
  template <class T>
  [[nodiscard]] bool holds() const {
    return std::holds_alternative<std::vector<T>>(storage_);
  }
  /// The elements converted to T, each by static_cast.
  template <class T>
  [[nodiscard]] std::vector<T> converted() const {
    return std::visit(
        [](const auto& values) {
          std::vector<T> out(values.size());
          for (std::size_t i = 0; i < values.size(); ++i) {
            out[i] =
                static_cast<T>(values[i]);  // NOLINT(bugprone-signed-char-misuse): int8 is signed
          }
          return out;
        },
        elements());
  }
  /// Element `index` in row-major order as double: exact for all but large 64-bit integers.
  [[nodiscard]] double at(std::int64_t index) const;

  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    return std::visit(std::forward<Visitor>(visitor), elements());
  }

  /// Frees elements that can be fetched again; nothing else changes.
  void release() const;

  friend bool operator==(const Tensor& a, const Tensor& b) {
    return a.shape_ == b.shape_ && a.elements() == b.elements();
  }

 private:
  void check_size() const;
  [[nodiscard]] const Storage& elements() const;

  TensorShape shape_;
  mutable Storage storage_;             ///< empty while there is something to fetch
  std::shared_ptr<const Fetch> fetch_;  ///< null: the elements are here to stay
};

/// Integer codes in the smallest type that holds [low, high].
[[nodiscard]] Tensor smallest_integer_tensor(TensorShape shape,
                                             const std::vector<std::int32_t>& codes,
                                             std::int64_t low, std::int64_t high);

}  // namespace turnpike
