#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace turnpike {

/// CRC-64/XZ of a sequence of bytes: tells inputs apart and finds damaged files. Not
/// for security.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  Digest& add(std::string_view bytes);
  [[nodiscard]] std::uint64_t value() const;
  /// 16 hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::uint64_t digest_of(std::string_view bytes);

}  // namespace turnpike
