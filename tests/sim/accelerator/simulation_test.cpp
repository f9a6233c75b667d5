#include "sim/accelerator/simulation.hpp"

#include <algorithm>
#include <systemc>
#include <type_traits>

#include <gtest/gtest.h>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

using test::small_machine;

RunResult run(const traces::Trace& trace, const config::AcceleratorConfig& config,
              SimulationOptions options = {}) {
  const memory::DramDevice device = memory::find_dram_device(
      config.dram.device, std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram", {});
  return simulate(trace, config, make_plan(trace, config), device, options);
}

std::vector<ActionCounts> counts_of(const RunResult& result) {
  std::vector<ActionCounts> counts;
  for (const LayerResult& layer : result.layers) {
    counts.push_back(layer.counts);
  }
  return counts;
}

class SampleTraces : public testing::TestWithParam<const char*> {};

TEST_P(SampleTraces, ReplayWithEveryCheckPassed) {
  SimulationOptions options;
  options.check_accumulators = true;
  const RunResult result = run(test::sample(GetParam()), small_machine(), options);
  EXPECT_TRUE(result.checks.all_passed()) << result.checks.first_difference;
  EXPECT_TRUE(result.checks.accumulators_exact.value_or(true));
  EXPECT_GT(result.checks.outputs_compared, 0U);
  for (const auto& [name, held] : result.checks.conservation) {
    EXPECT_TRUE(held) << name;
  }
}

TEST_P(SampleTraces, MemoAndReferenceCountTheSame) {
  const traces::Trace trace = test::sample(GetParam());
  SimulationOptions reference;
  reference.timing = SimulationOptions::Timing::reference;
  const RunResult a = run(trace, small_machine(), reference);
  const RunResult b = run(trace, small_machine());
  EXPECT_EQ(a.cycles().total(), b.cycles().total());
  EXPECT_EQ(counts_of(a), counts_of(b));
  EXPECT_EQ(a.widest_psum, b.widest_psum);
  EXPECT_TRUE(a.checks.all_passed());
  EXPECT_EQ(a.passes_simulated, a.passes);
  EXPECT_LE(b.passes_simulated, b.passes);
}

TEST_P(SampleTraces, EveryPolicyKeepsTheResultAndConservation) {
  const traces::Trace trace = test::sample(GetParam());
  for (const char* setting :
       {"feature_maps=spill", "transfers=serial", "rlc=on", "rlc=where_it_helps",
        "dram.device=ideal", "dram.device=eyeriss-link", "dram.page=closed",
        "timing.filter_load=bank", "noc.fifo_depth=8", "psum.cost_bits=overflow_free",
        "post.values_per_clock=1", "highway.storage=single", "dram.power_down_after=32"}) {
    SCOPED_TRACE(setting);
    const RunResult result = run(trace, small_machine({setting}));
    EXPECT_TRUE(result.checks.all_passed()) << result.checks.first_difference;
  }
}

TEST_P(SampleTraces, TensorsFetchedOnUseGiveTheSameRun) {
  const std::string path = std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/" + GetParam();
  const traces::Trace fetched = traces::read_trace(path, {.resident_bytes = 0});
  ASSERT_FALSE(fetched.tensors().front().data.in_memory());
  for (const char* setting : {"feature_maps=keep", "feature_maps=spill", "rlc=on"}) {
    SCOPED_TRACE(setting);
    const RunResult a = run(test::sample(GetParam()), small_machine({setting}));
    const RunResult b = run(fetched, small_machine({setting}));
    EXPECT_EQ(a.cycles().total(), b.cycles().total());
    EXPECT_EQ(counts_of(a), counts_of(b));
    EXPECT_TRUE(b.checks.all_passed()) << b.checks.first_difference;
    EXPECT_EQ(a.checks.outputs_compared, b.checks.outputs_compared);
  }
}

/// A tensor that can be read so many times, then no more: its file was changed.
class ChangedFile : public ElementSource {
 public:
  ChangedFile(Tensor data, int good) : data_{std::move(data)}, good_{good} {}
  [[nodiscard]] std::shared_ptr<const Tensor> load() const override {
    count();
    return std::make_shared<const Tensor>(data_);
  }
  void pieces(const UsePiece& use) const override {
    count();
    data_.for_each_piece([&use](const auto& piece, std::int64_t) {
      using T = std::remove_const_t<typename std::decay_t<decltype(piece)>::element_type>;
      use(Tensor{{static_cast<std::int64_t>(piece.size())},
                 std::vector<T>(piece.begin(), piece.end())},
          0);
    });
  }
  [[nodiscard]] int used() const { return used_; }

 private:
  void count() const {
    if (++used_ > good_) {
      throw FileError{{"trace.npz"}, "was changed"};
    }
  }
  Tensor data_;
  int good_;
  mutable int used_ = 0;
};

TEST_P(SampleTraces, ATensorThatCannotBeReadAnyMoreEndsTheRunWithItsError) {
  const traces::Trace whole = test::sample(GetParam());
  for (const traces::TensorEntry& tensor : whole.tensors()) {
    const auto run_with = [&](int good) {
      traces::Trace trace = whole;
      auto source = std::make_shared<const ChangedFile>(tensor.data, good);
      trace.tensor(tensor.name).data = Tensor{tensor.data.shape(), tensor.data.type_name(), source};
      const RunResult result = run(trace, small_machine());
      EXPECT_TRUE(result.checks.all_passed());
      return source->used();
    };
    const int uses = run_with(1'000'000);
    for (int good = 0; good < std::min(uses, 4); ++good) {
      EXPECT_THROW(static_cast<void>(run_with(good)), FileError) << tensor.name << " " << good;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Simulate, SampleTraces,
                         testing::Values("tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"));

TEST_P(SampleTraces, SingleStorageHoldsWithEveryOtherPolicy) {
  const traces::Trace trace = test::sample(GetParam());
  for (const char* setting : {"rlc=off", "rlc=on", "transfers=serial", "glb.banks=1"}) {
    SCOPED_TRACE(setting);
    const RunResult result =
        run(trace, small_machine({"highway.storage=single", "feature_maps=spill", setting}));
    EXPECT_TRUE(result.checks.all_passed()) << result.checks.first_difference;
  }
}

TEST(Simulate, FewBanksMakeConflictsAndManyNone) {
  const traces::Trace trace = test::sample("tiny_residual.npz");
  const auto conflicts = [&trace](const char* banks) {
    // A channel a pass: psums go out and come back.
    const RunResult result =
        run(trace, small_machine({banks, "psum.cost_bits=64", "array.rows=3", "spads.ifmap=3"}));
    EXPECT_TRUE(result.checks.all_passed()) << "a bank answers one access a clock";
    return result.glb_conflict_cycles();
  };
  EXPECT_GT(conflicts("glb.banks=1"), conflicts("glb.banks=4"));
  EXPECT_EQ(conflicts("glb.banks=64"), 0U);
}

/// With the mappings that a machine would choose: the choice depends on its banks.
traces::Trace mapped_for(traces::Trace trace, const config::AcceleratorConfig& config) {
  for (const Stage& stage : make_plan(trace, config).stages) {
    if (stage.has_array) {
      trace.layers[stage.layers[0]].mapping = stage.jobs[0].mapped.mapping;
    }
  }
  return trace;
}

TEST(Simulate, ConflictClocksAreProcessingAndNothingElse) {
  const traces::Trace trace =
      mapped_for(test::sample("tiny_residual.npz"), small_machine({"glb.banks=64"}));
  const RunResult free = run(trace, small_machine({"glb.banks=64"}));
  const RunResult busy = run(trace, small_machine({"glb.banks=1", "psum.cost_bits=64"}));
  EXPECT_EQ(busy.cycles().processing, free.cycles().processing + busy.glb_conflict_cycles());
}

TEST(Simulate, LeavesTheProcessItsKernelAndItsReportHandler) {
  const auto* const context = sc_core::sc_curr_simcontext;
  const auto handler = sc_core::sc_report_handler::get_handler();
  static_cast<void>(run(test::sample("tiny_lstm.npz"), small_machine()));
  EXPECT_EQ(sc_core::sc_curr_simcontext, context);
  EXPECT_EQ(sc_core::sc_report_handler::get_handler(), handler);
}

TEST(Simulate, AWrongReferenceIsFoundAndNamed) {
  traces::Trace trace = test::sample("tiny_residual.npz");
  for (const traces::LayerEntry& layer : trace.layers) {
    traces::TensorEntry& output = trace.tensor(layer.output);
    if (layer.op == traces::Op::conv && !output.is_float()) {
      std::vector<std::int32_t> codes = output.data.converted<std::int32_t>();
      codes[5] = codes[5] == 0 ? 1 : codes[5] - 1;
      output.data =
          smallest_integer_tensor(output.data.shape(), codes, output.min_code(), output.max_code());
      const RunResult result = run(trace, small_machine());
      EXPECT_FALSE(result.checks.ofmap_bit_exact.value_or(true));
      EXPECT_NE(result.checks.first_difference.find("layer '" + layer.name + "'"),
                std::string::npos);
      return;
    }
  }
  FAIL() << "the sample has an integer convolution output";
}

TEST(Simulate, SlowMemoryStallsAndIdealMemoryBoundsItFromBelow) {
  const traces::Trace trace = test::sample("tiny_residual.npz");
  const auto cycles = [&trace](const char* device) {
    return run(trace, small_machine({std::string{"dram.device="} + device})).cycles();
  };
  const CycleCounts ideal = cycles("ideal");
  const CycleCounts usual = cycles("lpddr3-1600");
  const CycleCounts slow = cycles("eyeriss-link");
  EXPECT_EQ(ideal.processing, usual.processing);
  EXPECT_LE(ideal.dram_stall, usual.dram_stall);
  EXPECT_LT(usual.dram_stall, slow.dram_stall);
}

TEST(Simulate, OverlapIsNeverSlowerThanSerial) {
  const traces::Trace trace = test::sample("tiny_residual.npz");
  EXPECT_LE(run(trace, small_machine({"transfers=overlap"})).cycles().total(),
            run(trace, small_machine({"transfers=serial"})).cycles().total());
}

}  // namespace
}  // namespace turnpike::accelerator
