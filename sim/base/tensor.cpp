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

std::int64_t stored(const Tensor::Storage& storage) {
  return std::visit([](const auto& values) { return static_cast<std::int64_t>(values.size()); },
                    storage);
}

}  // namespace

Tensor::Tensor(TensorShape shape, Storage like, Fetch fetch)
    : shape_{std::move(shape)},
      storage_{std::move(like)},
      fetch_{std::make_shared<const Fetch>(std::move(fetch))} {
  ensure(stored(storage_) == 0 && element_count(shape_) > 0, "elements that are fetched later");
}

const Tensor::Storage& Tensor::elements() const {
  if (fetch_ && stored(storage_) == 0) {
    Tensor fetched = (*fetch_)();
    ensure(fetched.shape_ == shape_ && fetched.storage_.index() == storage_.index(),
           "what is fetched is what was announced");
    storage_ = std::move(fetched.storage_);
  }
  return storage_;
}

void Tensor::release() const {
  if (fetch_) {
    std::visit([](auto& values) { std::remove_reference_t<decltype(values)>{}.swap(values); },
               storage_);
  }
}

std::int64_t Tensor::size() const {
  return fetch_ ? element_count(shape_) : stored(storage_);
}

bool Tensor::is_floating() const {
  return holds<float>() || holds<double>();
}

std::string_view Tensor::type_name() const {
  static constexpr std::string_view kNames[] = {"int8",   "uint8", "int16",   "uint16", "int32",
                                                "uint32", "int64", "float32", "float64"};
  return kNames[storage_.index()];
}

std::int64_t Tensor::bytes() const {
  return size() * std::visit(
                      [](const auto& values) {
                        return static_cast<std::int64_t>(sizeof(values[0]));
                      },
                      storage_);
}

double Tensor::at(std::int64_t index) const {
  return visit([index](const auto& values) {
    return static_cast<double>(values.at(static_cast<std::size_t>(index)));
  });
}

void Tensor::check_size() const {
  ensure(stored(storage_) == element_count(shape_),
         "a tensor has as many elements as its shape says");
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
