// array_speed: clocks ArrayCore steps per CPU second, on passes of AlexNet and ResNet.

#include <cstdint>
#include <ctime>
#include <systemc>

#include <fmt/format.h>

#include "pe/row_stationary/array_core.hpp"
#include "sim/base/random.hpp"
#include "tests/pe/row_stationary/random_pass.hpp"

namespace {

using turnpike::pe::PassOperands;
using turnpike::pe::row_stationary::ArrayCore;
using turnpike::pe::row_stationary::PassShape;

double cpu_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

struct Speed {
  std::uint64_t pass_clocks = 0;
  double clocks_per_second = 0.0;
};

/// Repeats the pass for half a CPU second.
Speed measure(const PassShape& shape, PassOperands* operands) {
  Speed speed;
  std::uint64_t clocks = 0;
  const double begin = cpu_seconds();
  double seconds = 0.0;
  while (seconds < 0.5) {
    ArrayCore core;
    core.begin(shape, operands);
    while (!core.step()) {
    }
    speed.pass_clocks = core.counters().cycles;
    clocks += speed.pass_clocks;
    seconds = cpu_seconds() - begin;
  }
  speed.clocks_per_second = static_cast<double>(clocks) / seconds;
  return speed;
}

void report(const char* name, const PassShape& shape) {
  turnpike::Random random{1};
  PassOperands operands = turnpike::pe::row_stationary::test::random_operands(shape, random);
  const Speed timing = measure(shape, nullptr);
  const Speed data = measure(shape, &operands);
  fmt::print("{:<34}{:>6} clocks, million clocks a CPU second: timing {:.2f}, with data {:.2f}\n",
             name, timing.pass_clocks, timing.clocks_per_second * 1e-6,
             data.clocks_per_second * 1e-6);
}

}  // namespace

int sc_main(int /*argc*/, char** /*argv*/) {
  PassShape pass;
  pass.buffer_latency = 1;
  pass.R = pass.S = 3;
  pass.p = 16;
  pass.t = 2;
  pass.filters = 32;
  pass.q = 3;
  pass.r = 2;
  pass.channels = 6;
  pass.e = pass.F = 13;
  pass.n = 4;
  report("AlexNet CONV3", pass);
  pass.e = pass.F = 14;
  pass.n = 1;
  pass.q = 4;
  pass.channels = 8;
  report("ResNet 3x3, 14 x 14, p16 t2 q4 r2", pass);
  pass.F = 56;
  pass.t = 1;
  pass.filters = 16;
  pass.r = 4;
  pass.channels = 16;
  report("ResNet 3x3, 56 wide, p16 t1 q4 r4", pass);
  pass.R = pass.S = 1;
  pass.U = pass.V = 2;
  pass.F = 28;
  pass.p = 8;
  pass.t = 4;
  pass.filters = 32;
  pass.q = 12;
  pass.r = 3;
  pass.channels = 36;
  report("ResNet 1x1 stride 2, 28 wide", pass);
  return 0;
}
