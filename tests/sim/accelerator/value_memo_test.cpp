#include "sim/accelerator/value_memo.hpp"

#include <random>

#include <gtest/gtest.h>

#include "sim/accelerator/simulation.hpp"
#include "sim/base/error.hpp"
#include "sim/base/random.hpp"
#include "tests/sim/accelerator/sample_trace.hpp"
#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::accelerator {
namespace {

using test::small_machine;

RunResult run(const traces::Trace& trace, const config::AcceleratorConfig& config,
              ValueMemo* values) {
  const memory::DramDevice device = memory::find_dram_device(
      config.dram.device, std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram", {});
  SimulationOptions options;
  options.values = values;
  options.trace = "t";
  return simulate(trace, config, make_plan(trace, config), device, options);
}

/// All that results.json says of values.
void expect_equal(const RunResult& a, const RunResult& b) {
  EXPECT_EQ(a.widest_psum, b.widest_psum);
  EXPECT_EQ(a.layers_over_cost, b.layers_over_cost);
  EXPECT_EQ(a.checks.ofmap_bit_exact, b.checks.ofmap_bit_exact);
  EXPECT_EQ(a.checks.outputs_compared, b.checks.outputs_compared);
  EXPECT_EQ(a.checks.codes_compared, b.checks.codes_compared);
  EXPECT_EQ(a.checks.codes_differing, b.checks.codes_differing);
  EXPECT_EQ(a.checks.first_difference, b.checks.first_difference);
  EXPECT_EQ(a.checks.float_max_error, b.checks.float_max_error);
  EXPECT_EQ(a.checks.conservation, b.checks.conservation);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].macs_zero_gated, b.layers[i].macs_zero_gated) << a.layers[i].name;
    EXPECT_EQ(a.layers[i].counts, b.layers[i].counts) << a.layers[i].name;
    EXPECT_EQ(a.layers[i].cycles.total(), b.layers[i].cycles.total()) << a.layers[i].name;
  }
}

std::vector<std::string> random_machine(Random& random) {
  const auto pick = [&random](const char* key, std::int64_t low, std::int64_t high) {
    return std::string{key} + "=" + std::to_string(random.integer(low, high));
  };
  return {pick("array.rows", 3, 9),
          pick("array.columns", 2, 9),
          pick("spads.ifmap", 3, 14),
          pick("spads.filter", 9, 96),
          pick("spads.psum", 1, 24),
          random.integer(0, 3) == 0 ? "array.kind=systolic" : "array.kind=row_stationary"};
}

class KnownValues : public testing::TestWithParam<const char*> {};

TEST_P(KnownValues, AreThoseThatEachMachineWouldCompute) {
  const traces::Trace trace = test::sample(GetParam());
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random{seed};
  ValueMemo memo;
  std::uint64_t known = 0;
  for (int i = 0; i < 12; ++i) {
    const std::vector<std::string> settings = random_machine(random);
    SCOPED_TRACE(testing::PrintToString(settings));
    try {
      const config::AcceleratorConfig config = small_machine(settings);
      const RunResult alone = run(trace, config, nullptr);
      const RunResult first = run(trace, config, &memo);
      const RunResult again = run(trace, config, &memo);
      expect_equal(first, alone);
      expect_equal(again, alone);
      EXPECT_EQ(again.values_digest, first.values_digest);
      EXPECT_EQ(alone.values_digest, 0U);
      known += again.stages_known;
    } catch (const InputError&) {
      continue;  // this machine cannot run it
    }
  }
  EXPECT_GT(known, 0U);
}

INSTANTIATE_TEST_SUITE_P(Samples, KnownValues,
                         testing::Values("tiny_residual.npz", "tiny_lstm.npz"));

/// Ones, and weights whose sign alternates over the channels: every sum is zero. A pass of one
/// channel writes a sum of its taps back, one of two channels none that is not zero.
traces::Trace cancelling(std::int64_t channels_a_pass) {
  constexpr std::int64_t kFilters = 2;
  constexpr std::int64_t kChannels = 4;
  const auto tensor = [](const char* name, int bits, TensorShape shape, std::int32_t value) {
    traces::TensorEntry entry;
    entry.name = name;
    entry.bits = bits;
    entry.is_signed = true;
    const auto size = static_cast<std::size_t>(element_count(shape));
    entry.data = Tensor{std::move(shape), std::vector<std::int32_t>(size, value)};
    return entry;
  };
  traces::TensorEntry weight = tensor("w", 2, {kFilters, kChannels, 3, 3}, 1);
  std::vector<std::int32_t> signs = weight.data.converted<std::int32_t>();
  for (std::size_t i = 0; i < signs.size(); ++i) {
    signs[i] = i / 9 % 2 == 0 ? 1 : -1;
  }
  weight.data = Tensor{weight.data.shape(), signs};
  traces::Trace trace;
  trace.add_tensor(tensor("x", 2, {1, kChannels, 4, 4}, 1));
  trace.add_tensor(weight);
  trace.add_tensor(tensor("y", 32, {1, kFilters, 4, 4}, 0));
  traces::LayerEntry layer;
  layer.name = "conv";
  layer.op = traces::Op::conv;
  layer.inputs = {"x"};
  layer.output = "y";
  layer.weights = {"w"};
  layer.pad = {1, 1, 1, 1};
  layer.mapping = Mapping{
      .letters = {
          {"m", 2}, {"n", 1}, {"e", 4}, {"p", 2}, {"q", channels_a_pass}, {"r", 1}, {"t", 1}}};
  trace.layers.push_back(layer);
  return trace;
}

TEST(ValueMemo, SumsThatAreCutElsewhereAreOthers) {
  const config::AcceleratorConfig config = small_machine();
  ValueMemo memo;
  const std::vector<double> widest = {9.0, 0.0, 9.0};
  for (std::size_t i = 0; i < widest.size(); ++i) {
    const traces::Trace trace = cancelling(i == 1 ? 2 : 1);
    const RunResult alone = run(trace, config, nullptr);
    ASSERT_TRUE(alone.checks.all_passed()) << alone.checks.first_difference;
    EXPECT_EQ(alone.widest_psum, widest[i]);
    const RunResult kept = run(trace, config, &memo);
    expect_equal(kept, alone);
    EXPECT_EQ(kept.stages_known, i == 2 ? 1U : 0U);
  }
  EXPECT_EQ(memo.size(), 2U);
}

TEST(ValueMemo, AWrongOutputIsComputedAndToldEveryTime) {
  traces::Trace trace = test::sample("tiny_residual.npz");
  std::string name;
  for (traces::LayerEntry& layer : trace.layers) {
    traces::TensorEntry& output = trace.tensor(layer.output);
    if (!output.is_float()) {
      std::vector<std::int32_t> codes = output.data.converted<std::int32_t>();
      codes[0] = codes[0] == 0 ? 1 : 0;
      output.data = Tensor{output.data.shape(), codes};
      name = layer.name;
      break;
    }
  }
  ASSERT_FALSE(name.empty());
  ValueMemo memo;
  const RunResult alone = run(trace, small_machine(), nullptr);
  ASSERT_FALSE(alone.checks.all_passed());
  for (int i = 0; i < 2; ++i) {
    expect_equal(run(trace, small_machine(), &memo), alone);
  }
}

TEST(ValueMemo, LinesComeThroughAsTheyWereAndDamagedOnesDoNot) {
  ValueMemo memo;
  const StageValues one{{{3, 0.1}, {5, 7e300}}, 12, 11, true, 1e-17, 0xfedcba9876543210U};
  const StageValues two{{}, 1, 0, false, 0.0, 0};
  memo.add("a:1", one);
  memo.add("a:2", two);
  const std::string news = memo.take_news();
  EXPECT_EQ(memo.take_news(), "");
  ValueMemo other;
  other.merge(news);
  ASSERT_EQ(other.size(), 2U);
  EXPECT_EQ(*other.find("a:1"), one);
  EXPECT_EQ(*other.find("a:2"), two);
  EXPECT_EQ(other.find("a:3"), nullptr);
  EXPECT_EQ(other.take_news(), "") << "what came from elsewhere is no news";
  for (std::size_t i = 0; i < news.size(); ++i) {
    std::string damaged = news;
    damaged[i] = damaged[i] == '1' ? '2' : '1';
    ValueMemo third;
    third.merge(damaged);
    EXPECT_LT(third.size(), 2U) << i;
  }
}

}  // namespace
}  // namespace turnpike::accelerator
