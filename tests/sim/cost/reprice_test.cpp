#include "sim/cost/reprice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::cost {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

const char* const kRun =
    "name: a\n"
    "precision: 2\n"
    "psum: {cost_bits: 16, arithmetic: exact}\n"
    "layers: {first_last: same}\n"
    "dram: {device: lpddr3-1600, channels: 1}\n"
    "cost: {clock: flip_flops, leakage: true}\n"
    "list: [1, {a: 2}]\n";

ConfigNode run_with(const std::string& assignment) {
  ConfigNode node = ConfigNode::from_string(kRun, "run.yaml");
  if (!assignment.empty()) {
    node.set(assignment);
  }
  return node;
}

TEST(Reprice, DifferencesAreNamedByTheirDottedKeys) {
  EXPECT_THAT(differing_keys(run_with(""), run_with("")), IsEmpty());
  EXPECT_THAT(differing_keys(run_with(""), run_with("cost.clock=none")), ElementsAre("cost.clock"));
  EXPECT_THAT(differing_keys(run_with(""), run_with("highway.enabled=true")),
              ElementsAre("highway.enabled"));
  EXPECT_THAT(differing_keys(run_with("x=1"), run_with("")), ElementsAre("x"));
  EXPECT_THAT(differing_keys(run_with(""), run_with("list=[1, {a: 3}]")), ElementsAre("list"));
}

TEST(Reprice, PricesMayChange) {
  for (const char* change :
       {"cost.clock=none", "cost.uncertainty={mac: [1, 1]}", "technology.node_nm=45", "name=b"}) {
    EXPECT_NO_THROW(check_repricing(run_with(""), run_with(change))) << change;
  }
}

TEST(Reprice, WhatChangesCyclesOrFunctionNeedsASimulation) {
  EXPECT_THAT([] { check_repricing(run_with(""), run_with("layers.first_last=native16")); },
              ThrowsMessage<InputError>(HasSubstr("'layers.first_last' differs")));
  EXPECT_THAT([] { check_repricing(run_with(""), run_with("dram.device=ddr4-2400")); },
              ThrowsMessage<InputError>(HasSubstr("changes cycles or counts")));
  EXPECT_THAT([] { check_repricing(run_with(""), run_with("precision=4")); },
              ThrowsMessage<InputError>(HasSubstr("changes what is computed")));
  for (const char* change :
       {"psum.cost_bits=scaled", "feature_maps=spill", "mapper.objective=energy", "array.rows=6",
        "clock_mhz=200", "rlc=on", "costs=1"}) {
    EXPECT_THROW(check_repricing(run_with(""), run_with(change)), InputError) << change;
  }
}

}  // namespace
}  // namespace turnpike::cost
