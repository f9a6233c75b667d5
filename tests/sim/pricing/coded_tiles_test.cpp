// Run-length coded tiles charge what they fetch, and charge no highway that is not there.

#include <gtest/gtest.h>

#include "tests/sim/results/runs.hpp"

namespace turnpike::pricing {
namespace {

class CodedTiles : public results::test::Runs {
 protected:
  static PricedRun run(const std::string& layers, std::vector<std::string> settings) {
    const std::string network = results::test::scratch("network.yaml");
    results::test::put(network, "schema: turnpike-network/1\nname: coded\nlayers:\n" + layers);
    settings.emplace_back("feature_maps=spill");
    return results::test::run_of(network, settings);
  }
  static std::uint64_t ifmap_bytes(const PricedRun& run, std::size_t layer) {
    return run.result.layers.at(layer).dram_bits.ifmap / 8;
  }
  static void expect_no_highway(const PricedRun& run) {
    for (const accelerator::LayerResult& layer : run.result.layers) {
      EXPECT_EQ(layer.dram_bits.highway, 0U) << layer.name;
      EXPECT_EQ(layer.glb_bits.highway, 0U) << layer.name;
    }
    for (const Picojoules energy : run.energy.by_component_highway) {
      EXPECT_EQ(energy.count(), 0.0);
    }
    EXPECT_TRUE(run.result.checks.conservation.at("no_highway_stream_without_highway"));
  }
};

constexpr const char* kDense =
    "  - {name: c1, op: conv, input: [16, 32, 32], filters: 16, kernel: 3, pad: 1, zeros: {ifmap: "
    "0.0, ofmap: 0.0}}\n  - {name: c2, op: conv, filters: 16, kernel: 3, pad: 1}\n";

TEST_F(CodedTiles, OfAMapWithoutZerosAreAllLow) {
  for (const char* bits : {"precision=2", "precision=8", "precision=16"}) {
    const PricedRun coded = run(kDense, {bits, "rlc=on"});
    const PricedRun plain = run(kDense, {bits, "rlc=off"});
    EXPECT_GT(ifmap_bytes(coded, 0), ifmap_bytes(plain, 0)) << "no zeros: the code costs";
    expect_no_highway(coded);
  }
}

TEST_F(CodedTiles, OfAPartOfTheColumnsFetchThatPart) {
  const char* wide =
      "  - {name: c1, op: conv, input: [4, 12, 240], filters: 8, kernel: 3, pad: 1, zeros: {ifmap: "
      "0.0}}\n";
  const std::vector<std::string> small = {"glb.bytes_at_16_bit=4096", "glb.banks=1"};
  std::vector<std::string> on = small;
  on.emplace_back("rlc=on");
  const PricedRun plain = run(wide, small);
  const PricedRun coded = run(wide, on);
  const std::string& mapping = coded.result.layers.at(0).mapping;
  ASSERT_NE(mapping.find(" w"), std::string::npos) << mapping;
  ASSERT_EQ(mapping, plain.result.layers.at(0).mapping);
  // Three pairs a word against four values: 4/3, and a word at each end of a row of a tile.
  EXPECT_LT(static_cast<double>(ifmap_bytes(coded, 0)),
            1.7 * static_cast<double>(ifmap_bytes(plain, 0)));
  expect_no_highway(coded);
}

TEST_F(CodedTiles, LeaveOutTheRowsAStrideLeavesOut) {
  const char* strided =
      "  - {name: c1, op: conv, input: [4, 41, 41], filters: 8, kernel: 1, stride: 4, zeros: "
      "{ifmap: 0.0}}\n";
  const PricedRun plain = run(strided, {});
  const PricedRun coded = run(strided, {"rlc=on"});
  EXPECT_LT(static_cast<double>(ifmap_bytes(coded, 0)),
            1.7 * static_cast<double>(ifmap_bytes(plain, 0)));
  expect_no_highway(coded);
}

TEST_F(CodedTiles, OfSparseMapsFetchLessThanPlainOnes) {
  const char* sparse =
      "  - {name: c1, op: conv, input: [16, 32, 32], filters: 16, kernel: 3, pad: 1, zeros: "
      "{ifmap: "
      "0.8}}\n";
  EXPECT_LT(ifmap_bytes(run(sparse, {"rlc=on"}), 0), ifmap_bytes(run(sparse, {}), 0));
}

}  // namespace
}  // namespace turnpike::pricing
