#include "sim/sweep/packet.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "sim/base/error.hpp"

namespace turnpike::sweep {
namespace {

std::string word_of(std::uint64_t word) {
  std::string bytes(sizeof word, '\0');
  std::memcpy(bytes.data(), &word, sizeof word);
  return bytes;
}

std::uint64_t word_in(std::string_view bytes) {
  std::uint64_t word = 0;
  ensure(bytes.size() >= sizeof word, "a packet holds what it says");
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

}  // namespace

std::string packed_texts(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) {
    bytes += word_of(text.size()) + text;
  }
  return bytes;
}

std::vector<std::string> unpacked_texts(std::string_view bytes) {
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    const std::uint64_t size = word_in(bytes);
    bytes.remove_prefix(sizeof size);
    ensure(size <= bytes.size(), "a packet holds what it says");
    texts.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return texts;
}

std::string text_of(const DatabaseValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return 'i' + word_of(std::bit_cast<std::uint64_t>(*whole));
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return 'd' + word_of(std::bit_cast<std::uint64_t>(*real));
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return 't' + *text;
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return 'b' + blob->bytes;
  }
  return "n";
}

DatabaseValue value_of(const std::string& text) {
  ensure(!text.empty(), "a value has a type");
  const std::string rest = text.substr(1);
  switch (text[0]) {
    case 'i':
      return std::bit_cast<std::int64_t>(word_in(rest));
    case 'd':
      return std::bit_cast<double>(word_in(rest));
    case 't':
      return rest;
    case 'b':
      return Blob{rest};
    default:
      return std::monostate{};
  }
}

}  // namespace turnpike::sweep
