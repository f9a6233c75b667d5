// Whole runs in every timing mode: docs/results.md promises the same bytes.

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/differential/compare_run.hpp"
#include "tests/differential/random_run.hpp"

namespace turnpike::differential {
namespace {

constexpr std::uint64_t kFirstSeed = 1, kSeeds = 60;

Folders folders() {
  return {TURNPIKE_SOURCE_DIR, std::filesystem::temp_directory_path().string()};
}

const std::string kHead = "schema: turnpike-network/1\nname: f\n";
const std::string kConvolution =
    kHead +
    "layers:\n  - {name: stem, op: conv, input: [3, 10, 10], filters: 8, kernel: 3, pad: 1}\n";
const std::string kBatchOfTwo =
    kHead +
    "batch: 2\nlayers:\n  - {name: c, op: conv, input: [5, 7, 13], filters: 16, kernel: [4, 1], "
    "stride: [2, 2], pad: [0, 0, 2, 0]}\n";

/// A block with a skip, and a branch that nobody waits for.
std::string block(int width, int first, int second) {
  return kHead +
         fmt::format(
             "layers:\n"
             "  - {{name: stem, op: conv, input: [3, 8, 8], filters: {0}, kernel: 3, pad: 1}}\n"
             "  - {{name: a1, op: conv, from: stem, filters: {0}, kernel: {1}, pad: {2}}}\n"
             "  - {{name: a2, op: conv, from: a1, filters: {0}, kernel: {3}, pad: {4}, relu: "
             "false}}\n"
             "  - {{name: add, op: add, from: [a2, stem]}}\n"
             "  - {{name: b, op: conv, from: stem, filters: {5}, kernel: 1, relu: false}}\n",
             width, first, first / 2, second, second / 2, 2 * width);
}

void expect_the_same(const RandomRun& run) {
  for (const bool watched : {false, true}) {
    const RunComparison comparison = compare_modes(run, watched, folders());
    EXPECT_FALSE(comparison.refused);
    EXPECT_EQ(comparison.difference, "") << (watched ? "watched" : "unwatched") << to_string(run);
  }
}

TEST(TimingModes, APassThatEndsWhenTheNextOneIsFetchedIsTheSameInEach) {
  expect_the_same({kConvolution,
                   {"precision=2", "glb.latency_cycles=1", "array.rows=6", "array.columns=5",
                    "timing.filter_load=exact", "glb.banks=4", "glb.bytes_at_16_bit=2240"}});
}

TEST(TimingModes, ASkipThatIsReadWhileAFetchGoesOnIsTheSameInEach) {
  expect_the_same(
      {block(12, 3, 1),
       {"precision=2", "dram.device=ddr3-1600", "highway.enabled=true", "highway.bits=16",
        "highway.storage=single", "glb.latency_cycles=26", "array.rows=3", "array.columns=5",
        "timing.filter_load=exact", "glb.banks=4", "glb.bytes_at_16_bit=2048"},
       2.0});
  expect_the_same({block(4, 1, 3),
                   {"precision=4", "dram.device=hbm2", "clock_mhz=500", "feature_maps=spill",
                    "highway.enabled=true", "highway.bits=16", "highway.storage=single",
                    "glb.latency_cycles=22", "array.rows=3", "array.columns=3",
                    "timing.filter_load=exact", "glb.banks=4", "glb.bytes_at_16_bit=2048"}});
}

TEST(TimingModes, ABufferOfFewBanksAnswersNoMoreThanItCan) {
  for (const char* banks : {"1", "2", "4"}) {
    for (const char* precision : {"2", "16"}) {
      expect_the_same({kBatchOfTwo,
                       {std::string{"precision="} + precision, std::string{"glb.banks="} + banks,
                        "glb.bytes_at_16_bit=4096"}});
    }
  }
}

TEST(TimingModes, ResNet18AtOneBitIsTheSameInEach) {
  const RunComparison comparison =
      compare_modes({"zoo:resnet18", {"precision=1"}}, false, folders());
  EXPECT_EQ(comparison.difference, "");
  EXPECT_EQ(comparison.cycles, 16'543'579U);
}

TEST(TimingModes, RandomRunsGiveTheSameBytesAndEveryCheckHolds) {
  std::uint64_t ran = 0;
  std::uint64_t spills = 0;
  std::uint64_t skips = 0;
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
    const RunComparison comparison = compare_random_run(seed, folders());
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
