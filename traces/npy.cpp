#include "traces/npy.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "traces/file_io.hpp"

namespace turnpike::traces {
namespace {

constexpr std::string_view kPrefix{"\x93NUMPY\x01\x00", 8};  // magic and version 1.0

static_assert(std::endian::native == std::endian::little);

/// The elements in file order.
template <class T>
std::vector<T> load(std::string_view data, bool swap) {
  std::vector<T> values(data.size() / sizeof(T));
  if (!swap) {
    if (!data.empty()) {
      std::memcpy(values.data(), data.data(), data.size());
    }
    return values;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    char item[sizeof(T)];
    for (std::size_t b = 0; b < sizeof(T); ++b) {
      item[b] = data[(i + 1) * sizeof(T) - 1 - b];
    }
    std::memcpy(&values[i], item, sizeof(T));
  }
  return values;
}

/// IEEE 754 binary16 to binary32, exact.
float half_to_float(std::uint16_t half) {
  const int exponent = half >> 10U & 0x1f;
  const int fraction = half & 0x3ff;
  float magnitude = 0.0F;
  if (exponent == 0x1f) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
  }
  return std::copysign(magnitude, (half & 0x8000U) != 0 ? -1.0F : 1.0F);
}

/// Column-major to row-major.
template <class T>
std::vector<T> to_row_major(const std::vector<T>& values, const TensorShape& shape) {
  std::vector<T> out(values.size());
  std::vector<std::size_t> stride(shape.size(), 1);
  for (std::size_t d = 1; d < shape.size(); ++d) {
    stride[d] = stride[d - 1] * static_cast<std::size_t>(shape[d - 1]);
  }
  TensorShape index(shape.size(), 0);
  std::size_t from = 0;
  for (T& value : out) {
    value = values[from];
    for (std::size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) {
        break;
      }
      from -= stride[d] * static_cast<std::size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return out;
}

template <class T>
Tensor ordered(const NpyHeader& header, std::vector<T> values) {
  if (header.fortran_order && header.shape.size() > 1) {
    values = to_row_major(values, header.shape);
  }
  return Tensor{header.shape, std::move(values)};
}

Tensor decode_bool(const NpyHeader& header, std::string_view data, const NpyPlace& place) {
  auto values = load<std::uint8_t>(data, false);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 1) {
      place.fail(fmt::format("bool element {} is the byte {}", i, values[i]));
    }
  }
  return ordered(header, std::move(values));
}

Tensor decode_uint64(const NpyHeader& header, std::string_view data, const NpyPlace& place) {
  const auto values = load<std::uint64_t>(data, header.big_endian);
  std::vector<std::int64_t> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      place.fail(fmt::format("uint64 element {} is {}, beyond int64", i, values[i]));
    }
    out[i] = static_cast<std::int64_t>(values[i]);
  }
  return ordered(header, std::move(out));
}

Tensor decode_half(const NpyHeader& header, std::string_view data) {
  const auto halves = load<std::uint16_t>(data, header.big_endian);
  std::vector<float> values(halves.size());
  for (std::size_t i = 0; i < halves.size(); ++i) {
    values[i] = half_to_float(halves[i]);
  }
  return ordered(header, std::move(values));
}

template <class T>
Tensor decode_as(const NpyHeader& header, std::string_view data) {
  return ordered(header, load<T>(data, header.big_endian && sizeof(T) > 1));
}

Tensor decode_data(const NpyHeader& header, std::string_view data, const NpyPlace& place) {
  const bool is_signed = header.kind == 'i';
  if (header.kind == 'f') {
    return header.item_bytes == 2   ? decode_half(header, data)
           : header.item_bytes == 4 ? decode_as<float>(header, data)
                                    : decode_as<double>(header, data);
  }
  if (header.kind == 'b') {
    return decode_bool(header, data, place);
  }
  switch (header.item_bytes) {
    case 1:
      return is_signed ? decode_as<std::int8_t>(header, data)
                       : decode_as<std::uint8_t>(header, data);
    case 2:
      return is_signed ? decode_as<std::int16_t>(header, data)
                       : decode_as<std::uint16_t>(header, data);
    case 4:
      return is_signed ? decode_as<std::int32_t>(header, data)
                       : decode_as<std::uint32_t>(header, data);
    default:
      return is_signed ? decode_as<std::int64_t>(header, data) : decode_uint64(header, data, place);
  }
}

template <class T>
std::string descr_of() {
  const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
  return fmt::format("{}{}{}", sizeof(T) == 1 ? '|' : '<', kind, sizeof(T));
}

}  // namespace

Tensor decode_npy(std::string_view bytes, const NpyPlace& place) {
  const NpyHeader header = parse_npy_header(bytes, place);
  const std::string_view data = bytes.substr(header.data_offset);
  check_data_size(header, data.size(), place);
  return decode_data(header, data, place);
}

std::string encode_npy(const Tensor& tensor) {
  std::string shape;
  for (const std::int64_t extent : tensor.shape()) {
    shape += (shape.empty() ? "" : ", ") + std::to_string(extent);
  }
  if (tensor.shape().size() == 1) {
    shape += ',';
  }
  return tensor.visit([&shape](const auto& values) {
    using T = typename std::decay_t<decltype(values)>::value_type;
    std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   descr_of<T>(), shape);
    const std::size_t prefix = kPrefix.size() + 2;  // and the length
    text.append((64 - (prefix + text.size() + 1) % 64) % 64, ' ');
    text += '\n';
    ensure(text.size() <= 0xffff, "a .npy header of version 1 is shorter than 64 KiB");
    std::string out{kPrefix};
    out += static_cast<char>(text.size() & 0xffU);
    out += static_cast<char>(text.size() >> 8U);
    out += text;
    const std::size_t start = out.size();
    out.resize(start + values.size() * sizeof(T));
    if (!values.empty()) {
      std::memcpy(out.data() + start, values.data(), values.size() * sizeof(T));
    }
    return out;
  });
}

NpyHeader read_npy_header(const std::string& path) {
  const NpyPlace place{{path}, ""};
  const FileStart start = read_start(path, kMaxHeaderBytes);
  const NpyHeader header = parse_npy_header(start.bytes, place);
  check_data_size(header, start.file_bytes - header.data_offset, place);
  return header;
}

Tensor read_npy(const std::string& path) {
  return decode_npy(read_file(path), {{path}, ""});
}

}  // namespace turnpike::traces
