#include "tests/differential/many_seeds.hpp"

#include <cstdio>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace turnpike::differential {
namespace {

constexpr std::uint64_t kReportEvery = 1000;

struct Share {
  std::uint64_t first_seed = 1, cases = 0, step = 1;  ///< seeds first, first + step, ...
};

/// What a process found; sent through a pipe.
struct Tally {
  std::uint64_t cases = 0, refused = 0, clocks = 0, mismatches = 0;
};

Tally run_share(const SeedProgram& program, const Share& share) {
  Tally tally;
  for (std::uint64_t k = 0; k < share.cases; ++k) {
    const std::uint64_t seed = share.first_seed + k * share.step;
    const SeedReport report = program.run(seed);
    ++tally.cases;
    tally.clocks += report.clocks;
    tally.refused += report.refused ? 1 : 0;
    if (!report.mismatch.empty()) {
      ++tally.mismatches;
      fmt::print(stderr, "seed {}: {}\n", seed, report.mismatch);
    }
    if (tally.cases % kReportEvery == 0) {
      fmt::print(stderr, "process {}: {} of {} cases, {} mismatches\n", share.first_seed,
                 tally.cases, share.cases, tally.mismatches);
    }
  }
  return tally;
}

/// Starts a process on `share`; returns the end of a pipe its Tally comes from, -1 on failure.
int start(const SeedProgram& program, const Share& share) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return -1;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const Tally tally = run_share(program, share);
    const bool written = ::write(ends[1], &tally, sizeof tally) == sizeof tally;
    std::fflush(nullptr);
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  return child < 0 ? -1 : ends[0];
}

}  // namespace

int run_many_seeds(const SeedProgram& program, int argc, char** argv) {
  std::uint64_t cases = program.cases, seed = 1, processes = 2;
  CLI::App app{program.description};
  app.add_option("--cases", cases, "random cases")->check(CLI::PositiveNumber);
  app.add_option("--seed", seed, "seed of the first case");
  app.add_option("--processes", processes, "processes")->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);

  std::vector<int> pipes;
  for (std::uint64_t k = 0; k < processes; ++k) {
    pipes.push_back(
        start(program, {seed + k, cases / processes + (k < cases % processes ? 1 : 0), processes}));
  }
  Tally total;
  for (const int end : pipes) {
    Tally tally;
    if (end >= 0 && ::read(end, &tally, sizeof tally) == sizeof tally) {
      total.cases += tally.cases;
      total.refused += tally.refused;
      total.clocks += tally.clocks;
      total.mismatches += tally.mismatches;
    }
  }
  while (::wait(nullptr) > 0) {
  }
  fmt::print("{} cases, seeds {} to {}, {} refused, {} clocks, {} mismatches\n", total.cases, seed,
             seed + cases - 1, total.refused, total.clocks, total.mismatches);
  if (total.cases != cases) {
    fmt::print(stderr, "only {} of {} cases ran: a process failed\n", total.cases, cases);
    return 1;
  }
  return total.mismatches == 0 ? 0 : 1;
}

}  // namespace turnpike::differential
