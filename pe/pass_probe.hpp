#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace turnpike::pe {

/// A place in the physical array, from 0 at the top left.
struct PePosition {
  std::int32_t row = 0, column = 0;
  friend bool operator==(const PePosition&, const PePosition&) = default;
};

/// A signal of the array: `scope` below the array's own ("", "columns", "pe_0_3").
struct ProbeSignal {
  std::string scope, name;
  int bits = 1;
};

/// Steps a pass clock by clock and tells what happens in each, in an array of its own and without
/// data: what the array of the machine does, whether that pass was stepped or replayed.
class PassProbe {
 public:
  PassProbe() = default;
  virtual ~PassProbe() = default;
  PassProbe(const PassProbe&) = delete;
  PassProbe& operator=(const PassProbe&) = delete;
  PassProbe(PassProbe&&) = delete;
  PassProbe& operator=(PassProbe&&) = delete;

  /// One clock. Returns true with the last one of the pass.
  virtual bool step() = 0;
  /// Of the last step(), a value for each of ArrayModel::signals().
  [[nodiscard]] virtual std::vector<std::uint64_t> values() const = 0;
};

}  // namespace turnpike::pe
