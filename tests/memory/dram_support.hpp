#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "memory/dram_controller.hpp"
#include "sim/base/random.hpp"

namespace turnpike::memory::test {

inline std::string device_directory() {
  return std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram";
}

inline DramDevice device(const std::string& name) {
  return dram_device_from_file(device_directory() + "/" + name + ".yaml");
}

struct LoggedCommand {
  DramCommand command = DramCommand::activate;
  DramLocation where;
  DramClock at = 0;
};

/// Keeps every command and burst.
struct CommandLog : DramObserver {
  std::vector<LoggedCommand> commands;
  std::vector<DramClock> bursts;

  void burst(std::int64_t /*address*/, bool /*write*/, DramClock at) override {
    bursts.push_back(at);
  }
  void command(DramCommand command, const DramLocation& where, DramClock at) override {
    commands.push_back({command, where, at});
  }
  /// Clock of the nth command of a kind; -1 if there are fewer.
  [[nodiscard]] DramClock at(DramCommand command, int nth = 0) const {
    for (const LoggedCommand& logged : commands) {
      if (logged.command == command && nth-- == 0) {
        return logged.at;
      }
    }
    return -1;
  }
};

/// The streams the reference simulators were fed: blocks of 64 bytes.
enum class Pattern { sequential, random, tile };

/// Block numbers: in order; uniform over the memory; bursts of 32 from a random multiple of 32.
class Blocks {
 public:
  Blocks(Pattern pattern, std::int64_t capacity_bytes, std::uint64_t seed)
      : pattern_{pattern}, blocks_{capacity_bytes / 64}, random_{seed} {}

  [[nodiscard]] std::int64_t next_address() {
    constexpr std::int64_t kTile = 32;
    const std::int64_t i = count_++;
    switch (pattern_) {
      case Pattern::sequential:
        return i * 64;
      case Pattern::random:
        return random_.integer(0, blocks_ - 1) * 64;
      case Pattern::tile:
        break;
    }
    if (i % kTile == 0) {
      base_ = random_.integer(0, blocks_ / kTile - 1) * kTile;
    }
    return (base_ + i % kTile) * 64;
  }

 private:
  Pattern pattern_;
  std::int64_t blocks_;
  Random random_;
  std::int64_t count_ = 0;
  std::int64_t base_ = 0;
};

struct Measured {
  double gbytes_per_s = 0.0;
  DramClock median_latency = 0;
  DramCounts counts;
  DramClock clocks = 0;
};

/// Reads `n` blocks with at most `outstanding` in flight, a new one in the clock one completes; 0
/// means as many as the queue takes.
inline Measured measure(const DramDevice& device, Pattern pattern, int outstanding, int n = 8000,
                        const DramPolicy& policy = {}) {
  DramController controller{device, 1, policy};
  Blocks blocks{pattern, controller.capacity_bytes(), 7};
  std::vector<DramCompletion> done;
  std::vector<DramClock> latencies;
  DramClock now = 0;
  int sent = 0;
  const int limit = outstanding == 0 ? n : outstanding;
  while (std::ssize(latencies) < n) {
    for (; sent < n && sent - std::ssize(latencies) < limit; ++sent) {
      controller.submit({.address = blocks.next_address(), .bytes = 64}, now);
    }
    done.clear();
    now = *controller.next_event();
    if (sent == n) {
      now = controller.finish(done);
    } else {
      controller.advance(now, done);
    }
    for (const DramCompletion& completion : done) {
      latencies.push_back(completion.at - completion.submitted);
    }
  }
  std::nth_element(latencies.begin(), latencies.begin() + n / 2, latencies.end());
  const double ns = static_cast<double>(now) * device.tck_ns;
  return {.gbytes_per_s = n * 64.0 / ns,
          .median_latency = latencies[static_cast<std::size_t>(n / 2)],
          .counts = controller.counts(),
          .clocks = now};
}

}  // namespace turnpike::memory::test
