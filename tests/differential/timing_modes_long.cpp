// timing_modes_long --cases N --seed S [--processes P]: whole random runs with memo, memo from disk
// and reference timing, compared byte for byte.

#include <filesystem>
#include <systemc>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/differential/compare_run.hpp"
#include "tests/differential/many_seeds.hpp"
#include "tests/differential/random_run.hpp"

namespace {

using namespace turnpike::differential;

SeedReport run(std::uint64_t seed, const Folders& folders) {
  const RunComparison comparison = compare_random_run(seed, folders);
  SeedReport report{.clocks = comparison.cycles, .refused = comparison.refused, .mismatch = {}};
  if (!comparison.difference.empty()) {
    report.mismatch = comparison.difference + to_string(random_run(seed));
  }
  return report;
}

}  // namespace

int sc_main(int argc, char** argv) {
  const std::filesystem::path scratch =
      std::filesystem::temp_directory_path() / fmt::format("turnpike_timing_modes_{}", ::getpid());
  std::filesystem::create_directories(scratch);
  const Folders folders{TURNPIKE_SOURCE_DIR, scratch.string()};
  const int result =
      run_many_seeds({.description = "whole random runs in every timing mode",
                      .cases = 8'000,
                      .run = [&folders](std::uint64_t seed) { return run(seed, folders); }},
                     argc, argv);
  std::filesystem::remove_all(scratch);
  return result;
}
