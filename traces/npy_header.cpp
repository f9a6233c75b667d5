#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "traces/npy.hpp"

namespace turnpike::traces {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 32;  // NumPy's own limit

/// Parses the header's Python literal: a dict with the keys descr, fortran_order and shape.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const NpyPlace& place) : text_{text}, place_{&place} {}

  void parse(NpyHeader& header) {
    expect('{');
    bool descr = false;
    bool order = false;
    bool shape = false;
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        parse_descr(header);
      } else if (key == "fortran_order" && !order) {
        order = true;
        header.fortran_order = boolean();
      } else if (key == "shape" && !shape) {
        shape = true;
        header.shape = tuple();
      } else {
        fail(fmt::format("unknown or repeated key '{}'", printable(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (position_ != text_.size()) {
      fail("text after the closing '}'");
    }
    if (!descr || !order || !shape) {
      fail("needs the keys descr, fortran_order and shape");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view message) const {
    place_->fail(fmt::format(".npy header: {} (at byte {} of the header)", message, position_));
  }

  static std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 40)) {
      out += c >= ' ' && c <= '~' ? c : '?';
    }
    return out;
  }

  void skip_space() {
    while (position_ < text_.size() && std::strchr(" \t\r\n", text_[position_]) != nullptr &&
           text_[position_] != '\0') {
      ++position_;
    }
  }

  [[nodiscard]] bool accept(char wanted) {
    skip_space();
    if (position_ < text_.size() && text_[position_] == wanted) {
      ++position_;
      return true;
    }
    return false;
  }

  void expect(char wanted) {
    if (!accept(wanted)) {
      fail(fmt::format("expected '{}'", wanted));
    }
  }

  [[nodiscard]] std::string string() {
    skip_space();
    const char quote = position_ < text_.size() ? text_[position_] : '\0';
    if (quote != '\'' && quote != '"') {
      fail("expected a quoted string");
    }
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) {
      fail("a string without its closing quote");
    }
    std::string value{text_.substr(position_ + 1, end - position_ - 1)};
    position_ = end + 1;
    return value;
  }

  [[nodiscard]] bool boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair{"True", true}, std::pair{"False", false}}) {
      if (text_.substr(position_).starts_with(word)) {
        position_ += std::strlen(word);
        return value;
      }
    }
    fail("fortran_order must be True or False");
  }

  [[nodiscard]] std::int64_t extent() {
    skip_space();
    if (position_ < text_.size() && text_[position_] == '-') {
      fail("a negative extent in the shape");
    }
    const std::size_t start = position_;
    std::int64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
          __builtin_add_overflow(value, std::int64_t{text_[position_] - '0'}, &value)) {
        fail("an extent of the shape overflows 63 bits");
      }
      ++position_;
    }
    if (position_ == start) {
      fail("expected a number in the shape");
    }
    return value;
  }

  [[nodiscard]] TensorShape tuple() {
    TensorShape shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(extent());
      if (shape.size() > kMaxRank) {
        fail(fmt::format("more than {} dimensions", kMaxRank));
      }
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  void parse_descr(NpyHeader& header) {
    skip_space();
    if (position_ < text_.size() && text_[position_] == '[') {
      place_->fail("holds records (a structured dtype); save one plain array per member");
    }
    const std::string descr = string();
    if (descr.find('O') != std::string::npos) {
      place_->fail("holds pickled Python objects, which are never read; save a numeric array");
    }
    static constexpr std::string_view kKnown[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                                  "u2", "u4", "u8", "f2", "f4", "f8"};
    const std::string_view type = descr.size() == 3 ? std::string_view{descr}.substr(1) : "";
    bool known = false;
    for (const std::string_view name : kKnown) {
      known = known || name == type;
    }
    const char order = known ? descr[0] : '\0';
    if (!known || (order != '<' && order != '>' && !(order == '|' && type[1] == '1'))) {
      place_->fail(fmt::format(
          "dtype '{}' is not supported; expected bool, int8..64, uint8..64 or float16..64",
          printable(descr)));
    }
    header.kind = type[0];
    header.item_bytes = type[1] - '0';
    header.big_endian = order == '>';
  }

  std::string_view text_;
  const NpyPlace* place_;
  std::size_t position_ = 0;
};

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace

void NpyPlace::fail(std::string_view message) const {
  throw FileError{spot, what.empty() ? std::string{message} : fmt::format("{}: {}", what, message)};
}

std::int64_t NpyHeader::data_bytes() const {
  std::int64_t bytes = item_bytes;
  for (const std::int64_t extent : shape) {
    bytes *= extent;
  }
  return bytes;
}

std::string NpyHeader::type_name() const {
  switch (kind) {
    case 'b':
      return "uint8";
    case 'f':
      return fmt::format("float{}", 8 * std::max(item_bytes, 4));
    case 'i':
      return fmt::format("int{}", 8 * item_bytes);
    default:
      return item_bytes == 8 ? "int64" : fmt::format("uint{}", 8 * item_bytes);
  }
}

void check_data_size(const NpyHeader& header, std::uint64_t data_bytes, const NpyPlace& place) {
  const std::int64_t expected = header.data_bytes();
  if (data_bytes != static_cast<std::uint64_t>(expected)) {
    place.fail(fmt::format("shape ({}) needs {} bytes of data, but there are {}",
                           fmt::join(header.shape, ", "), expected, data_bytes));
  }
}

NpyHeader parse_npy_header(std::string_view bytes, const NpyPlace& place) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + 2) {
    place.fail("not a .npy array (no \\x93NUMPY at its start)");
  }
  const int major = static_cast<unsigned char>(bytes[6]);
  const int minor = static_cast<unsigned char>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0) {
    place.fail(
        fmt::format(".npy version {}.{}; versions 1.0, 2.0 and 3.0 are known", major, minor));
  }
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t start = kMagic.size() + 2 + length_bytes;
  if (bytes.size() < start) {
    place.fail("ends inside the .npy header");
  }
  const std::size_t length = little_endian(bytes.substr(kMagic.size() + 2, length_bytes));
  if (length > bytes.size() - start) {
    place.fail(
        fmt::format(".npy header of {} bytes, but only {} follow", length, bytes.size() - start));
  }
  NpyHeader header;
  HeaderParser{bytes.substr(start, length), place}.parse(header);
  header.data_offset = start + length;
  std::int64_t total = header.item_bytes;
  for (const std::int64_t extent : header.shape) {
    if (__builtin_mul_overflow(total, extent, &total)) {
      place.fail(fmt::format("shape ({}) overflows 63 bits", fmt::join(header.shape, ", ")));
    }
  }
  return header;
}

}  // namespace turnpike::traces
