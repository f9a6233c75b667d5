#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace turnpike::differential {

/// What became of one random case.
struct SeedReport {
  std::uint64_t clocks = 0;
  bool refused = false;  ///< the case is none: nothing was compared
  std::string mismatch;  ///< "" if none; the case in words otherwise
};

/// A program `--cases N --seed S [--processes P]`: runs seeds S .. S + N - 1 spread over P
/// processes. Progress and mismatches on stderr, one summary on stdout; exit code 1 if there is a
/// mismatch or a process did not come to its end.
struct SeedProgram {
  std::string description;
  std::uint64_t cases = 10'000;  ///< unless --cases says otherwise
  std::function<SeedReport(std::uint64_t seed)> run;
};
[[nodiscard]] int run_many_seeds(const SeedProgram& program, int argc, char** argv);

}  // namespace turnpike::differential
