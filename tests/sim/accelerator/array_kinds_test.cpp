// Whatever the kind of array: the machine around it computes, counts and checks the same.

#include "pe/array_kinds.hpp"

#include <ostream>

#include <gtest/gtest.h>

#include "sim/accelerator/simulation.hpp"
#include "sim/base/error.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

RunResult run_kind(const traces::Trace& trace, const config::AcceleratorConfig& config,
                   SimulationOptions::Timing timing = SimulationOptions::Timing::memo) {
  const memory::DramDevice device = memory::find_dram_device(
      config.dram.device, std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram", {});
  SimulationOptions options;
  options.timing = timing;
  options.check_accumulators = true;
  return simulate(trace, config, make_plan(trace, config), device, options);
}

struct Case {
  std::string kind, sample;
  friend std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.kind << ", " << c.sample;
  }
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const std::string_view kind : config::ChoiceNames<config::ArrayKind>::names) {
    for (const char* sample : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
      out.push_back({std::string{kind}, sample});
    }
  }
  return out;
}

class ArrayKinds : public testing::TestWithParam<Case> {
 protected:
  static config::AcceleratorConfig machine(const std::vector<std::string>& settings = {}) {
    std::vector<std::string> all = settings;
    all.push_back("array.kind=" + GetParam().kind);
    return test::small_machine(all);
  }
};

TEST_P(ArrayKinds, ReplayTheSamplesWithEveryCheckPassed) {
  const traces::Trace trace = test::sample(GetParam().sample);
  for (const char* setting :
       {"feature_maps=keep", "feature_maps=spill", "transfers=serial", "rlc=on",
        "dram.device=ideal", "noc.fifo_depth=8", "psum.cost_bits=overflow_free",
        "highway.storage=single", "glb.banks=1", "glb.filter_bytes_at_16_bit=65536"}) {
    SCOPED_TRACE(setting);
    const RunResult result = run_kind(trace, machine({setting}));
    EXPECT_TRUE(result.checks.all_passed()) << result.checks.first_difference;
    EXPECT_TRUE(result.checks.accumulators_exact.value_or(true));
    EXPECT_GT(result.checks.outputs_compared, 0U);
    for (const auto& [name, held] : result.checks.conservation) {
      EXPECT_TRUE(held) << name;
    }
  }
}

TEST_P(ArrayKinds, MemoAndReferenceCountTheSame) {
  const traces::Trace trace = test::sample(GetParam().sample);
  const RunResult memo = run_kind(trace, machine());
  const RunResult reference = run_kind(trace, machine(), SimulationOptions::Timing::reference);
  EXPECT_TRUE(reference.checks.all_passed()) << reference.checks.first_difference;
  EXPECT_EQ(memo.clocks, reference.clocks);
  EXPECT_EQ(memo.widest_psum, reference.widest_psum);
  ASSERT_EQ(memo.layers.size(), reference.layers.size());
  for (std::size_t i = 0; i < memo.layers.size(); ++i) {
    EXPECT_EQ(memo.layers[i].counts, reference.layers[i].counts);
  }
}

TEST_P(ArrayKinds, ObeyAMappingOfTheirOwnAndLeaveThoseOfOthersAlone) {
  traces::Trace trace = test::sample(GetParam().sample);
  const Plan plan = make_plan(trace, machine());
  const dataflow::MappedJob& chosen = plan.stages[0].jobs[0].mapped;
  EXPECT_EQ(chosen.mapping.kind, GetParam().kind);
  traces::LayerEntry& layer = trace.layers[plan.stages[0].layers[0]];
  layer.mapping = chosen.mapping;
  std::erase_if(layer.mapping->letters,
                [](const Mapping::Letter& letter) { return letter.value == 0; });
  EXPECT_EQ(make_plan(trace, machine()).stages[0].jobs[0].mapped.text, chosen.text);
  layer.mapping =
      Mapping{GetParam().kind == "systolic" ? "row_stationary" : "systolic", {{"z", 1}}};
  EXPECT_EQ(make_plan(trace, machine()).stages[0].jobs[0].mapped.text, chosen.text);
  layer.mapping->kind = "of no machine";
  EXPECT_THROW(static_cast<void>(make_plan(trace, machine())), InputError);
}

/// The bound of a pass by its key against the one of the whole job, and against the stepped array.
TEST_P(ArrayKinds, NoPassIsFasterThanTheBoundOfItsKey) {
  const config::AcceleratorConfig config = machine();
  const traces::Trace trace = test::sample(GetParam().sample);
  const auto array = pe::make_array_model(config);
  for (const Stage& stage : make_plan(trace, config).stages) {
    for (const ArrayJob& job : stage.jobs) {
      std::uint64_t sum = 0;
      array->for_each_pass(job.array_shape(), job.mapped.mapping,
                           [&](const pe::ArrayPass& pass, const pe::PassFootprint&) {
                             const std::uint64_t least = array->least_cycles(pass.key);
                             EXPECT_LE(least, array->time(pass.key, nullptr).cycles);
                             sum += least;
                           });
      EXPECT_EQ(sum, array->expect(job.array_shape(), job.mapped.mapping).least_cycles);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Machine, ArrayKinds, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& one) {
                           return one.param.kind + "_" +
                                  one.param.sample.substr(0, one.param.sample.find('.'));
                         });

}  // namespace
}  // namespace turnpike::accelerator
