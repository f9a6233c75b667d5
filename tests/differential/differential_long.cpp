// differential_long --cases N --seed S [--processes P]: ArrayCore against the structural array on
// random passes.

#include <systemc>

#include <fmt/format.h>

#include "tests/differential/compare_pass.hpp"
#include "tests/differential/many_seeds.hpp"

namespace {

using namespace turnpike::differential;

SeedReport run(std::uint64_t seed) {
  const Comparison comparison = compare_random_pass(seed);
  SeedReport report{.clocks = comparison.clocks, .refused = false, .mismatch = {}};
  if (!comparison.mismatch.empty()) {
    report.mismatch = fmt::format("{}\n  {}", comparison.mismatch, to_string(comparison.shape));
  }
  return report;
}

}  // namespace

int sc_main(int argc, char** argv) {
  return run_many_seeds({.description = "ArrayCore against the structural array on random passes",
                         .cases = 10'000,
                         .run = run},
                        argc, argv);
}
