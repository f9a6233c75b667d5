#include "sim/sweep/experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/error.hpp"

namespace turnpike::sweep {
namespace {

const std::string kRoot = std::string{TURNPIKE_SOURCE_DIR} + "/configs";

accelerator::AcceleratorConfig machine(const std::vector<std::string>& settings) {
  accelerator::ConfigSources sources;
  sources.accelerator_file = kRoot + "/accelerators/precision-highway.yaml";
  sources.config_root = kRoot;
  sources.settings = settings;
  return accelerator::load_accelerator(sources);
}

report::PricedRun run(const std::string& workload, const std::vector<std::string>& settings) {
  ExperimentOptions options;
  options.config_root = kRoot;
  return run_experiment(machine(settings), Workload::open(workload), options);
}

TEST(Experiment, LstmStepHasTheOperationsOfThePapersTableSix) {
  const auto priced = run("zoo:lstm300", {"precision=2", "highway.enabled=true"});
  const accelerator::OperationCounts& ops = priced.result.operations;
  EXPECT_EQ(ops.low_precision_macs, 720'000U);
  EXPECT_EQ(ops.high_precision_adds, 300U);
  EXPECT_EQ(ops.nonlinear, 1'500U);
  EXPECT_EQ(ops.elementwise_multiplies, 900U);
  EXPECT_TRUE(priced.result.checks.all_passed());
}

TEST(Experiment, RunsAtEveryWidthWithAndWithoutHighway) {
  for (const char* network : {"zoo:lstm300", "zoo:resnet20"}) {
    for (const int bits : {1, 5, 16}) {
      for (const char* highway : {"highway.enabled=false", "highway.enabled=true"}) {
        SCOPED_TRACE(testing::Message() << network << ' ' << bits << ' ' << highway);
        EXPECT_TRUE(run(network, {"precision=" + std::to_string(bits), highway})
                        .result.checks.all_passed());
      }
    }
  }
}

TEST(Experiment, EnergyOfLayersComponentsAndStreamsIsTheTotal) {
  const auto priced = run("zoo:resnet20", {"precision=2", "highway.enabled=true"});
  double layers = 0.0;
  for (std::size_t i = 0; i < priced.energy.layers.size(); ++i) {
    layers += priced.energy.of_layer(i).count();
  }
  double components = 0.0;
  for (const Picojoules energy : priced.energy.by_component) {
    components += energy.count();
  }
  EXPECT_EQ(layers, priced.energy.total.count());
  EXPECT_EQ(components, priced.energy.total.count());
  EXPECT_EQ(
      (priced.energy.of_stream(Stream::low) + priced.energy.of_stream(Stream::highway)).count(),
      priced.energy.total.count());
  EXPECT_GT(priced.energy.of_stream(Stream::highway).count(), 0.0);
}

TEST(Experiment, AHighwayNoWiderThanTheActivationsCostsNothing) {
  const auto off = run("zoo:resnet20", {"precision=8"});
  const auto on = run("zoo:resnet20", {"precision=8", "highway.enabled=true", "highway.bits=8"});
  EXPECT_EQ(off.energy.total, on.energy.total);
  EXPECT_EQ(on.energy.of_stream(Stream::highway).count(), 0.0);
}

TEST(Experiment, AWiderHighwayMovesMore) {
  std::uint64_t last = 0;
  for (const char* bits : {"highway.bits=8", "highway.bits=16", "highway.bits=32"}) {
    const auto priced = run("zoo:resnet20", {"precision=2", "highway.enabled=true", bits});
    EXPECT_TRUE(priced.result.checks.all_passed()) << bits;
    EXPECT_GT(priced.glb_bytes(), last);
    last = priced.glb_bytes();
  }
}

TEST(Workload, RefusesWhatItCannotRead) {
  const auto code = [](const std::string& name) {
    try {
      static_cast<void>(Workload::open(name));
    } catch (const InputError& e) {
      return e.exit_code();
    }
    return ExitCode::ok;
  };
  EXPECT_EQ(code("zoo:resnet19"), ExitCode::configuration);
  EXPECT_EQ(code("no/such.yaml"), ExitCode::input_file);
  EXPECT_EQ(code("no/such.npz"), ExitCode::input_file);
  EXPECT_EQ(code(std::string{TURNPIKE_SOURCE_DIR} + "/README.md"), ExitCode::input_file);
}

TEST(Workload, ATraceFileDecidesWidthsAndHighwayUnlessTheCommandLineDoes) {
  const auto workload =
      Workload::open(std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/tiny_residual.npz");
  auto config = machine({});
  const auto trace = workload.trace(config);
  EXPECT_EQ(config.highway_enabled, trace->highway.enabled);
  EXPECT_LT(config.machine_bits(), 16);
  auto contrary =
      machine({trace->highway.enabled ? "highway.enabled=false" : "highway.enabled=true"});
  EXPECT_THROW(static_cast<void>(workload.trace(contrary)), InputError);
}

}  // namespace
}  // namespace turnpike::sweep
