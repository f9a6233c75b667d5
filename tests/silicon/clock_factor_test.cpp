// The one factor fitted to the chip's power, and whether the profiles carry it.

#include <cmath>
#include <map>

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

/// mJ of the measured layers with cost.clock_factor set: accesses as they are; leakage, networks,
/// buffers and unmapped PEs stretched from the simulated to the measured latency; and a mapped PE
/// is clocked in full when it has a MAC and by stalled_pe_clock in the rest of the measured time.
double modelled_mj(const std::vector<std::string>& settings) {
  const auto config = pricing::repriced_config(chip_run().config, {{}, {}, settings}, kConfigs);
  const PricedRun run = pricing::price_run(config, chip_run().result, kConfigs);
  const double stalled_pe_clock = pricing::cost_policy(config).stalled_pe_clock;
  std::map<std::string, double> stretch;
  for (const cost::MeasuredLayer& measured : chip_power()) {
    for (const accelerator::LayerResult& layer : run.result.layers) {
      if (layer.name == measured.layer) {
        stretch[layer.name] = measured.total_ms * 200e3 / static_cast<double>(layer.cycles.total());
      }
    }
  }
  double picojoules = 0.0;
  std::map<std::string, double> busy;
  std::map<std::string, double> each;  // of a busy PE-cycle
  for (const cost::EnergyRow& row : run.energy.rows) {
    const std::string& name = run.energy.layers[row.layer];
    if (row.key.component == Component::clock && row.key.item == "active") {
      busy[name] = static_cast<double>(row.count);
      each[name] = row.each.count();
    }
  }
  for (const cost::EnergyRow& row : run.energy.rows) {
    const std::string& name = run.energy.layers[row.layer];
    if (!stretch.contains(name)) {
      continue;
    }
    const double of_row = row.energy.count();
    if (row.key.item == "stalled") {
      const double mapped = busy[name] + static_cast<double>(row.count);
      picojoules += (mapped * stretch[name] - busy[name]) * each[name] * stalled_pe_clock;
    } else {
      const bool timed = row.key.action == Action::background && row.key.item != "active";
      picojoules += of_row * (timed ? stretch[name] : 1.0);
    }
  }
  return picojoules * 1e-9;
}

std::string factor(double value) {
  return fmt::format("cost.clock_factor={:.9f}", value);
}
std::string share(double value) {
  return fmt::format("cost.fit_stalled_share={:.9f}", value);
}

TEST(ClockFactor, GivesTheEnergyTheChipTook) {
  const auto calibration = report::calibrate_clock(chip_run(), chip_power(), kConfigs);
  double measured = 0.0;
  for (const cost::MeasuredLayer& layer : chip_power()) {
    measured += layer.power.count() * layer.total_ms * 1e-3;
  }
  EXPECT_NEAR(measured, 32.1, 0.1);  // 278 mW for 115.3 ms
  const double fitted = calibration.factor_at_one;
  const double stalled = calibration.stalled_share;
  EXPECT_NEAR(modelled_mj({factor(fitted), share(stalled)}), measured, 1e-5 * measured);
  EXPECT_LT(modelled_mj({factor(fitted - 0.02), share(stalled)}), 0.99 * measured);
  // Whatever a stalled PE's clock is, the factor that follows from the two fits as well.
  for (const char* clock :
       {"cost.stalled_pe_clock=0.0", "cost.stalled_pe_clock=0.8", "cost.stalled_pe_clock=1.0"}) {
    EXPECT_NEAR(modelled_mj({factor(fitted), share(stalled), clock}), measured, 1e-5 * measured)
        << clock;
  }
}

TEST(ClockFactor, OneFactorFitsEveryLayer) {
  const auto calibration = report::calibrate_clock(chip_run(), chip_power(), kConfigs);
  const cost::FitErrors errors = cost::errors_at(calibration.layers, calibration.factor);
  EXPECT_LE(errors.mean, 6.0);
  for (const cost::ModelledLayer& layer : calibration.layers) {
    // CONV5 keeps its PEs busiest and draws least but one: docs/silicon.md.
    const double worst = layer.measured.layer == "CONV5" ? 17.0 : 6.0;
    EXPECT_LE(std::fabs(cost::error_percent(layer, calibration.factor)), worst)
        << layer.measured.layer;
    EXPECT_LT(layer.access_only, layer.measured.power) << layer.measured.layer;
    EXPECT_GT(layer.ungated, layer.measured.power) << layer.measured.layer;
  }
}

TEST(ClockFactor, OfEveryClockedProfileIsTheComputedOne) {
  const auto computed = report::calibrate_clock(chip_run(), chip_power(), kConfigs);
  int clocked = 0;
  for (const std::string& name : config::Profile::names_in(kConfigs + "/profiles")) {
    const auto profile = config::Profile::load(kConfigs + "/profiles/" + name + ".yaml");
    ConfigMap map{profile.overlay, "(top)"};
    const cost::CostPolicy policy = cost::CostPolicy::read(map);
    if (policy.clock == cost::ClockRule::none) {
      continue;
    }
    ++clocked;
    const std::string renew = fmt::format(
        "configs/profiles/{}.yaml needs clock_factor: {:.4f}, fit_stalled_share: {:.4f}: the runs "
        "of the chip have changed. `tools/renew_clock_fit` writes both.",
        name, computed.factor_at_one, computed.stalled_share);
    EXPECT_NEAR(policy.clock_factor, computed.factor_at_one, 0.0005) << renew;
    EXPECT_NEAR(policy.fit_stalled_share, computed.stalled_share, 0.0005) << renew;
    EXPECT_TRUE(profile.sources.contains("cost.clock_factor")) << name;
  }
  EXPECT_GE(clocked, 2);
}

TEST(ClockFactor, NetworksAndBuffersHaveTheirClock) {
  // The chip: PE array 77.8, networks 15.6, buffers 2.7 % (ISSCC 2016, 14.5). Whose the FIFOs are
  // is not published; the chip's networks lie between both readings.
  const report::PowerSplit split = report::power_split(chip_run().energy);
  double fifos = 0.0;
  for (const cost::EnergyRow& row : chip_run().energy.rows) {
    const bool clock = row.key.component == Component::clock && row.key.item == "networks";
    fifos += clock || row.key.component == Component::pe_fifo ? row.energy.count() : 0.0;
  }
  const double networks = split.percent(split.networks);
  EXPECT_GT(networks, 15.6);
  EXPECT_LT(networks - split.percent(Picojoules{fifos}), 15.6);
  EXPECT_NEAR(split.percent(split.buffers), 2.7, 0.7);
  EXPECT_NEAR(split.percent(split.array), 77.8, 8.0);
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
