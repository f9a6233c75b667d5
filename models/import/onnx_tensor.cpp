#include "models/import/onnx_tensor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "models/weights/small_floats.hpp"
#include "sim/base/files.hpp"

namespace turnpike::models::onnx {
namespace {

namespace fs = std::filesystem;
using ::onnx::TensorProto;

// Element types of files newer than the library (onnx.proto of ONNX 1.16).
constexpr int kUint4 = 21;
constexpr int kInt4 = 22;

static_assert(std::endian::native == std::endian::little, "raw data is little-endian");

[[noreturn]] void fail(const TensorProto& proto, const std::string& path, std::string_view what) {
  throw FileError{{.file = path}, fmt::format("tensor '{}': {}", proto.name(), what)};
}

/// The bytes of a tensor kept in a file of its own.
std::string external_bytes(const TensorProto& proto, const std::string& path,
                           std::size_t expected) {
  std::string location;
  std::string offset = "0";
  std::string length;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") {
      location = entry.value();
    } else if (entry.key() == "offset") {
      offset = entry.value();
    } else if (entry.key() == "length") {
      length = entry.value();
    }
  }
  const fs::path relative{location};
  const bool leaves = std::find(relative.begin(), relative.end(), fs::path{".."}) != relative.end();
  if (location.empty() || relative.is_absolute() || leaves ||
      location.find('\0') != std::string::npos) {
    fail(proto, path, fmt::format("its external data '{}' is not beside the model", location));
  }
  const auto number = [&](const std::string& text) -> std::size_t {
    if (text.empty() || text.size() > 15 ||
        !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      fail(proto, path, fmt::format("its external data have the offset or length '{}'", text));
    }
    return std::stoull(text);
  };
  const std::size_t first = number(offset);
  if (!length.empty() && number(length) != expected) {
    fail(proto, path,
         fmt::format("its external data have {} bytes, but its shape asks for {}", length,
                     expected));
  }
  const std::string file = (fs::path{path}.parent_path() / relative).string();
  std::error_code error;
  const auto size = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
  if (error || size == 0) {
    fail(proto, path, fmt::format("its external data '{}' is not there", file));
  }
  if (first > size || size - first < expected) {
    fail(proto, path,
         fmt::format("needs {} bytes from {} of '{}', which has {}", expected, first, file, size));
  }
  note_input(file);
  std::ifstream in{file, std::ios::binary};
  in.seekg(static_cast<std::streamoff>(first));
  std::string bytes(expected, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(expected));
  if (!in) {
    fail(proto, path, fmt::format("its external data '{}' cannot be read", file));
  }
  return bytes;
}

/// Elements of one type, wherever protobuf has put them.
class Reader {
 public:
  Reader(const TensorProto& proto, const std::string& path) : proto_{proto}, path_{path} {
    for (const std::int64_t extent : proto.dims()) {
      if (extent < 0 || (extent > 0 && count_ > (std::int64_t{1} << 40) / extent)) {
        fail(proto, path, fmt::format("has the extent {}, too many elements", extent));
      }
      shape_.push_back(extent);
      count_ *= extent;
    }
    if (shape_.size() > 8) {
      fail(proto, path, fmt::format("has {} extents, more than 8", shape_.size()));
    }
    if (proto.has_segment()) {
      fail(proto, path, "is stored in segments");
    }
  }

  /// Stored as T in raw data; `typed` holds them otherwise.
  template <class T, class Typed>
  [[nodiscard]] std::vector<T> elements(const Typed& typed) const {
    std::vector<T> out;
    if (is_raw()) {
      const std::string bytes = raw(static_cast<std::size_t>(count_) * sizeof(T));
      out.resize(static_cast<std::size_t>(count_));
      if (!out.empty()) {
        std::memcpy(out.data(), bytes.data(), bytes.size());
      }
      return out;
    }
    check_count(typed.size());
    out.reserve(static_cast<std::size_t>(typed.size()));
    for (const auto& each : typed) {
      out.push_back(static_cast<T>(each));
    }
    return out;
  }

  template <class T, class Typed>
  [[nodiscard]] Constant constant(const Typed& typed) const {
    return {Tensor{shape_, elements<T>(typed)}};
  }

  [[nodiscard]] Constant small_floats(float (*convert)(std::uint16_t)) const {
    const auto bits = elements<std::uint16_t>(proto_.int32_data());
    std::vector<float> values(bits.size());
    std::transform(bits.begin(), bits.end(), values.begin(), convert);
    return {Tensor{shape_, std::move(values)}};
  }

  /// Two to a byte, the first in the low half.
  template <class T>
  [[nodiscard]] Constant nibbles() const {
    const auto bytes_needed = static_cast<std::size_t>((count_ + 1) / 2);
    std::string bytes;
    if (is_raw()) {
      bytes = raw(bytes_needed);
    } else {
      if (static_cast<std::size_t>(proto_.int32_data_size()) != bytes_needed) {
        check_count(2 * proto_.int32_data_size());
      }
      for (const std::int32_t pair : proto_.int32_data()) {
        bytes.push_back(static_cast<char>(pair));
      }
    }
    std::vector<T> codes;
    for (std::int64_t i = 0; i < count_; ++i) {
      const int byte = static_cast<unsigned char>(bytes[static_cast<std::size_t>(i / 2)]);
      const int nibble = i % 2 == 0 ? byte & 0xf : byte >> 4;
      codes.push_back(static_cast<T>(std::is_signed_v<T> && nibble > 7 ? nibble - 16 : nibble));
    }
    return {Tensor{shape_, std::move(codes)}, 4};
  }

 private:
  [[nodiscard]] bool is_external() const { return proto_.data_location() == TensorProto::EXTERNAL; }
  [[nodiscard]] bool is_raw() const { return is_external() || proto_.has_raw_data(); }

  void check_count(int found) const {
    if (found != count_) {
      fail(proto_, path_,
           fmt::format("has {} elements, but shape {} asks for {}", found, to_string(shape_),
                       count_));
    }
  }

  [[nodiscard]] std::string raw(std::size_t expected) const {
    if (is_external()) {
      return external_bytes(proto_, path_, expected);
    }
    if (proto_.raw_data().size() != expected) {
      fail(proto_, path_,
           fmt::format("has {} bytes, but shape {} asks for {}", proto_.raw_data().size(),
                       to_string(shape_), expected));
    }
    return proto_.raw_data();
  }

  const TensorProto& proto_;
  const std::string& path_;
  TensorShape shape_;
  std::int64_t count_ = 1;
};

}  // namespace

Constant constant_of(const TensorProto& proto, const std::string& path) {
  const Reader reader{proto, path};
  switch (static_cast<int>(proto.data_type())) {
    case TensorProto::FLOAT:
      return reader.constant<float>(proto.float_data());
    case TensorProto::DOUBLE:
      return reader.constant<double>(proto.double_data());
    case TensorProto::FLOAT16:
      return reader.small_floats(half_to_float);
    case TensorProto::BFLOAT16:
      return reader.small_floats(bfloat_to_float);
    case TensorProto::INT8:
      return reader.constant<std::int8_t>(proto.int32_data());
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      return reader.constant<std::uint8_t>(proto.int32_data());
    case TensorProto::INT16:
      return reader.constant<std::int16_t>(proto.int32_data());
    case TensorProto::UINT16:
      return reader.constant<std::uint16_t>(proto.int32_data());
    case TensorProto::INT32:
      return reader.constant<std::int32_t>(proto.int32_data());
    case TensorProto::UINT32:
      return reader.constant<std::uint32_t>(proto.uint64_data());
    case TensorProto::INT64:
      return reader.constant<std::int64_t>(proto.int64_data());
    case kInt4:
      return reader.nibbles<std::int8_t>();
    case kUint4:
      return reader.nibbles<std::uint8_t>();
    default:
      fail(proto, path,
           fmt::format("has the element type {}, which is not read (float8, complex and text are "
                       "not)",
                       static_cast<int>(proto.data_type())));
  }
}

}  // namespace turnpike::models::onnx
