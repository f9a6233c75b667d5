#include "sim/base/tensor.hpp"

#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"

namespace turnpike {

std::int64_t element_count(const TensorShape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    ensure(extent >= 0 && !__builtin_mul_overflow(count, extent, &count), "tensor extents");
  }
  return count;
}

std::string to_string(const TensorShape& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

namespace {

constexpr std::string_view kTypeNames[] = {"int8",   "uint8", "int16",   "uint16", "int32",
                                           "uint32", "int64", "float32", "float64"};

template <std::size_t... Index>
Tensor::Storage empty_storage(std::string_view type_name, std::index_sequence<Index...>) {
  Tensor::Storage storage;
  const bool known = ((kTypeNames[Index] == type_name && (storage.emplace<Index>(), true)) || ...);
  ensure(known, fmt::format("'{}' is an element type", type_name));
  return storage;
}

}  // namespace

Tensor::Tensor(TensorShape shape, std::string_view type_name,
               std::shared_ptr<const ElementSource> source)
    : shape_{std::move(shape)},
      storage_{empty_storage(type_name, std::make_index_sequence<std::variant_size_v<Storage>>{})},
      source_{std::move(source)} {}

std::shared_ptr<const Tensor> Tensor::loaded() const {
  if (in_memory()) {
    return nullptr;
  }
  std::shared_ptr<const Tensor> held = source_->load();
  ensure(held->in_memory() && held->shape_ == shape_ && held->storage_.index() == storage_.index(),
         "a tensor is loaded as it was announced");
  return held;
}

std::int64_t Tensor::size() const {
  return in_memory() ? std::visit([](const auto& v) { return static_cast<std::int64_t>(v.size()); },
                                  storage_)
                     : element_count(shape_);
}

bool Tensor::is_floating() const {
  return holds<float>() || holds<double>();
}

std::string_view Tensor::type_name() const {
  return kTypeNames[storage_.index()];
}

std::int64_t Tensor::bytes() const {
  return size() * std::visit(
                      [](const auto& values) {
                        return static_cast<std::int64_t>(
                            sizeof(typename std::decay_t<decltype(values)>::value_type));
                      },
                      storage_);
}

double Tensor::at(std::int64_t index) const {
  return visit([index](const auto& values) {
    return static_cast<double>(values.at(static_cast<std::size_t>(index)));
  });
}

bool operator==(const Tensor& a, const Tensor& b) {
  if (a.shape_ != b.shape_ || a.storage_.index() != b.storage_.index()) {
    return false;
  }
  const auto left = a.loaded(), right = b.loaded();
  return (left ? left->storage_ : a.storage_) == (right ? right->storage_ : b.storage_);
}

void Tensor::check_in_memory() const {
  ensure(in_memory(), "elements on demand are visited, not pointed to");
}

void Tensor::check_size() const {
  ensure(size() == element_count(shape_), "a tensor has as many elements as its shape says");
}

namespace {

template <class T>
Tensor narrowed(TensorShape shape, const std::vector<std::int32_t>& codes) {
  std::vector<T> values(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    values[i] = static_cast<T>(codes[i]);
  }
  return Tensor{std::move(shape), std::move(values)};
}

}  // namespace

Tensor smallest_integer_tensor(TensorShape shape, const std::vector<std::int32_t>& codes,
                               std::int64_t low, std::int64_t high) {
  if (low >= 0) {
    if (high <= 0xff) {
      return narrowed<std::uint8_t>(std::move(shape), codes);
    }
    if (high <= 0xffff) {
      return narrowed<std::uint16_t>(std::move(shape), codes);
    }
  } else {
    if (low >= -0x80 && high <= 0x7f) {
      return narrowed<std::int8_t>(std::move(shape), codes);
    }
    if (low >= -0x8000 && high <= 0x7fff) {
      return narrowed<std::int16_t>(std::move(shape), codes);
    }
  }
  return Tensor{std::move(shape), codes};
}

}  // namespace turnpike
