#include "traces/npy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/files.hpp"
#include "traces/file_io.hpp"

namespace turnpike::traces {
namespace {

constexpr std::string_view kPrefix{"\x93NUMPY\x01\x00", 8};  // magic and version 1.0

static_assert(std::endian::native == std::endian::little);

std::int64_t signed_of(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

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

Tensor decode_bool(const NpyHeader& header, std::string_view data, std::int64_t first,
                   const NpyPlace& place) {
  auto values = load<std::uint8_t>(data, false);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 1) {
      place.fail(fmt::format("bool element {} is the byte {}", first + signed_of(i), values[i]));
    }
  }
  return ordered(header, std::move(values));
}

Tensor decode_uint64(const NpyHeader& header, std::string_view data, std::int64_t first,
                     const NpyPlace& place) {
  const auto values = load<std::uint64_t>(data, header.big_endian);
  std::vector<std::int64_t> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      place.fail(
          fmt::format("uint64 element {} is {}, beyond int64", first + signed_of(i), values[i]));
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

/// `first`: index of the first element, for messages.
Tensor decode_data(const NpyHeader& header, std::string_view data, std::int64_t first,
                   const NpyPlace& place) {
  const bool is_signed = header.kind == 'i';
  if (header.kind == 'f') {
    return header.item_bytes == 2   ? decode_half(header, data)
           : header.item_bytes == 4 ? decode_as<float>(header, data)
                                    : decode_as<double>(header, data);
  }
  if (header.kind == 'b') {
    return decode_bool(header, data, first, place);
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
      return is_signed ? decode_as<std::int64_t>(header, data)
                       : decode_uint64(header, data, first, place);
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
  return decode_data(header, data, 0, place);
}

namespace {

/// As many bytes as fit into `to`, fewer only at the end of the file.
std::size_t read_fully(const ByteReader& read, char* to, std::size_t most) {
  std::size_t filled = 0;
  while (filled < most) {
    const std::size_t got = read(to + filled, most - filled);
    if (got == 0) {
      break;
    }
    filled += got;
  }
  return filled;
}

/// A header, and the bytes that were read beyond it.
struct Begun {
  NpyHeader header;
  std::string rest;
};

Begun begin(const ByteReader& read, std::uint64_t bytes, const NpyPlace& place) {
  Begun begun;
  begun.rest.resize(std::min<std::uint64_t>(bytes, kMaxHeaderBytes));
  begun.rest.resize(read_fully(read, begun.rest.data(), begun.rest.size()));
  begun.header = parse_npy_header(begun.rest, place);
  check_data_size(begun.header, bytes - begun.header.data_offset, place);
  begun.rest.erase(0, begun.header.data_offset);
  return begun;
}

/// The elements in the order of the file, in pieces.
void in_file_order(const ByteReader& read, Begun begun, const NpyPlace& place,
                   const UsePiece& use) {
  NpyHeader piece = begun.header;
  piece.fortran_order = false;
  const auto item = static_cast<std::size_t>(piece.item_bytes);
  auto left = static_cast<std::uint64_t>(begun.header.data_bytes());
  std::int64_t first = 0;
  std::string data = std::move(begun.rest);
  std::size_t filled = data.size();
  while (left > 0) {
    data.resize(std::min<std::uint64_t>(left, kPieceBytes));
    filled += read_fully(read, data.data() + filled, data.size() - filled);
    ensure(filled == data.size(), "a reader of bytes says so if there are too few");
    piece.shape = {signed_of(data.size() / item)};
    use(decode_data(piece, data, first, place), first);
    first += piece.shape[0];
    left -= data.size();
    filled = 0;
  }
}

/// Memory for elements that may yet turn out not to be there.
constexpr std::uint64_t kTakenOnTrust = std::uint64_t{64} << 20U;

}  // namespace

NpyHeader decode_npy_header(const ByteReader& read, std::uint64_t bytes, const NpyPlace& place) {
  return begin(read, bytes, place).header;
}

Tensor decode_npy(const ByteReader& read, std::uint64_t bytes, const NpyPlace& place) {
  Begun begun = begin(read, bytes, place);
  const NpyHeader header = begun.header;
  NpyHeader none = header;
  none.shape = {0};
  return decode_data(none, {}, 0, place).visit([&](const auto& empty) {
    auto all = empty;
    using Values = std::decay_t<decltype(all)>;
    const auto count = static_cast<std::size_t>(element_count(header.shape));
    const std::size_t trusted = kTakenOnTrust / sizeof(typename Values::value_type);
    all.reserve(std::min(count, trusted));
    in_file_order(read, std::move(begun), place, [&](const Tensor& piece, std::int64_t) {
      const auto values = piece.as<typename Values::value_type>();
      if (all.size() + values.size() > all.capacity()) {
        all.reserve(count);
      }
      all.insert(all.end(), values.begin(), values.end());
    });
    return ordered(header, std::move(all));
  });
}

void decode_npy_pieces(const ByteReader& read, std::uint64_t bytes, const NpyPlace& place,
                       const UsePiece& use) {
  Begun begun = begin(read, bytes, place);
  if (!begun.header.fortran_order || begun.header.shape.size() < 2) {
    in_file_order(read, std::move(begun), place, use);
    return;
  }
  const TensorShape flat = {element_count(begun.header.shape)};
  std::string data = std::move(begun.rest);
  const std::size_t rest = data.size();
  data.resize(static_cast<std::size_t>(begun.header.data_bytes()));
  const std::size_t got = read_fully(read, data.data() + rest, data.size() - rest);
  ensure(rest + got == data.size(), "a reader of bytes says so if there are too few");
  decode_data(begun.header, data, 0, place).visit([&](const auto& values) {
    use(Tensor{flat, values}, 0);
  });
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
  require_regular_file(path);
  note_input(path);
  InputBytes file{path};
  return decode_npy(file.reader(), file.size(), {{path}, ""});
}

}  // namespace turnpike::traces
