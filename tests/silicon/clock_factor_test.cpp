// The one factor fitted to the chip's power, and whether the profiles carry it.

#include <cmath>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/config_map.hpp"
#include "sim/config/profile.hpp"
#include "sim/config/sources.hpp"
#include "sim/cost/policy.hpp"
#include "sim/pricing/repricing.hpp"
#include "sim/report/clock_calibration.hpp"
#include "sim/run/run.hpp"

namespace turnpike::silicon {
namespace {

using pricing::PricedRun;

const std::string kRoot = TURNPIKE_SOURCE_DIR;
const std::string kConfigs = kRoot + "/configs";

/// The chip runs its five layers of AlexNet; once for all tests.
const PricedRun& chip_run() {
  static const PricedRun run = [] {
    RunOptions options;
    options.config_root = kConfigs;
    return turnpike::run(
        config::load_accelerator({kConfigs + "/accelerators/eyeriss-chip.yaml", kConfigs, {}, {}}),
        Workload::open(kConfigs + "/networks/alexnet.yaml"), options);
  }();
  return run;
}

std::vector<cost::MeasuredLayer> chip_power() {
  return cost::read_measured_power(kRoot + "/tests/silicon/alexnet_silicon.csv");
}

/// mJ of the measured layers at a clock factor, from the totals of a run priced with it: accesses
/// as they are, what goes with time stretched from the simulated to the measured latency.
double modelled_mj(double factor) {
  const auto config = pricing::repriced_config(
      chip_run().config, {{}, {}, {fmt::format("cost.clock_factor={:.9f}", factor)}}, kConfigs);
  const PricedRun run = pricing::price_run(config, chip_run().result, kConfigs);
  double picojoules = 0.0;
  for (const cost::MeasuredLayer& measured : chip_power()) {
    for (std::size_t i = 0; i < run.result.layers.size(); ++i) {
      const accelerator::LayerResult& layer = run.result.layers[i];
      if (layer.name != measured.layer) {
        continue;
      }
      const double stretch = measured.total_ms * 200e3 / static_cast<double>(layer.cycles.total());
      for (int c = 0; c < kComponents; ++c) {
        const auto component = static_cast<Component>(c);
        const bool timed = component == Component::clock || component == Component::leakage;
        picojoules +=
            run.energy.by_layer[i][static_cast<std::size_t>(c)].count() * (timed ? stretch : 1.0);
      }
    }
  }
  return picojoules * 1e-9;
}

TEST(ClockFactor, GivesTheEnergyTheChipTook) {
  const auto calibration = report::calibrate_clock(chip_run(), chip_power(), kConfigs);
  double measured = 0.0;
  for (const cost::MeasuredLayer& layer : chip_power()) {
    measured += layer.power.count() * layer.total_ms * 1e-3;
  }
  EXPECT_NEAR(measured, 32.1, 0.1);  // 278 mW for 115.3 ms
  EXPECT_NEAR(modelled_mj(calibration.factor), measured, 1e-6 * measured);
  EXPECT_LT(modelled_mj(calibration.factor - 0.01), 0.99 * measured);
}

TEST(ClockFactor, OneFactorFitsEveryLayer) {
  const auto calibration = report::calibrate_clock(chip_run(), chip_power(), kConfigs);
  const cost::FitErrors errors = cost::errors_at(calibration.layers, calibration.factor);
  EXPECT_LE(errors.mean, 7.0);
  EXPECT_LE(errors.worst, 13.0);
  for (const cost::ModelledLayer& layer : calibration.layers) {
    EXPECT_LT(layer.access_only, layer.measured.power) << layer.measured.layer;
    EXPECT_GT(layer.ungated(), layer.measured.power) << layer.measured.layer;
  }
}

TEST(ClockFactor, OfEveryClockedProfileIsTheComputedOne) {
  const double computed = report::calibrate_clock(chip_run(), chip_power(), kConfigs).factor;
  int clocked = 0;
  for (const std::string& name : config::Profile::names_in(kConfigs + "/profiles")) {
    const auto profile = config::Profile::load(kConfigs + "/profiles/" + name + ".yaml");
    ConfigMap map{profile.overlay, "(top)"};
    const cost::CostPolicy policy = cost::CostPolicy::read(map);
    if (policy.clock == cost::ClockRule::none) {
      continue;
    }
    ++clocked;
    EXPECT_NEAR(policy.clock_factor, computed, 0.0005) << name;
    EXPECT_TRUE(profile.sources.contains("cost.clock_factor")) << name;
  }
  EXPECT_GE(clocked, 2);
}

TEST(ClockFactor, TablesOfOtherLayersAreRefused) {
  auto measured = chip_power();
  measured[0].layer = "CONV6";
  EXPECT_THAT([&] { static_cast<void>(report::calibrate_clock(chip_run(), measured, kConfigs)); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("no layer 'CONV6'")));
  measured = chip_power();
  measured[1].macs_millions *= 2.0;
  EXPECT_THAT([&] { static_cast<void>(report::calibrate_clock(chip_run(), measured, kConfigs)); },
              testing::ThrowsMessage<InputError>(testing::HasSubstr("another shape or batch")));
}

}  // namespace
}  // namespace turnpike::silicon
