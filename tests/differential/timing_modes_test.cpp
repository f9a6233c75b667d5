// Whole runs in every timing mode: docs/results.md promises the same bytes.

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/differential/compare_run.hpp"
#include "tests/differential/random_run.hpp"

namespace turnpike::differential {
namespace {

constexpr std::uint64_t kFirstSeed = 1, kSeeds = 60;

TEST(TimingModes, RandomRunsGiveTheSameBytesAndEveryCheckHolds) {
  const Folders folders{TURNPIKE_SOURCE_DIR, std::filesystem::temp_directory_path().string()};
  std::uint64_t ran = 0;
  std::uint64_t spills = 0;
  std::uint64_t skips = 0;
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
    const RunComparison comparison = compare_random_run(seed, folders);
    ran += comparison.refused ? 0 : 1;
    spills += comparison.spills ? 1 : 0;
    skips += comparison.skips_from_dram ? 1 : 0;
    EXPECT_EQ(comparison.difference, "") << "seed " << seed << to_string(random_run(seed));
  }
  EXPECT_GT(ran, kSeeds / 2);
  EXPECT_GT(spills, kSeeds / 5);
  EXPECT_GT(skips, kSeeds / 20);
}

}  // namespace
}  // namespace turnpike::differential
