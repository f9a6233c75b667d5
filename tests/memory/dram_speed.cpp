// Prints how many bursts the DRAM model schedules per CPU second; build it in release.

#include <cstdio>
#include <ctime>

#include "tests/memory/dram_support.hpp"

namespace {

using namespace turnpike::memory;

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void stream(const char* name) {
  constexpr int kBursts = 4'000'000;
  DramController controller{test::device(name), 1, {}};
  std::vector<DramCompletion> done;
  const double begin = cpu_seconds();
  int wakes = 0;
  controller.submit({.address = 0, .bytes = kBursts * controller.device().burst_bytes()}, 0);
  for (; done.empty(); ++wakes) {
    controller.advance(*controller.next_event(), done);
  }
  std::printf("%-12s one sequential transfer: %5.2f M bursts a CPU second, %d wake-ups\n", name,
              kBursts / (cpu_seconds() - begin) / 1e6, wakes);
}

void scattered(const char* name) {
  constexpr int kBursts = 400'000;
  const DramDevice device = test::device(name);
  const double begin = cpu_seconds();
  static_cast<void>(test::measure(device, test::Pattern::random, 0, kBursts));
  std::printf("%-12s random bursts:           %5.2f M bursts a CPU second\n", name,
              kBursts / (cpu_seconds() - begin) / 1e6);
}

}  // namespace

int main() {
  for (const char* name : {"lpddr3-1600", "ddr4-2400"}) {
    stream(name);
    scattered(name);
  }
  return 0;
}
