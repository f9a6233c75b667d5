#include "sim/cost/clock_fit.hpp"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cost/clock_model.hpp"

namespace turnpike::cost {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<MeasuredLayer> read(const std::string& text) {
  const std::string path = testing::TempDir() + "/measured.csv";
  std::ofstream{path} << text;
  return read_measured_power(path);
}

/// mW: measured, accesses, leakage, clock of all PEs; and ms.
ModelledLayer layer(double measured, double accesses, double clock, double ms) {
  return {{"a", Milliwatts{measured}, ms, 0.0, {}},
          Milliwatts{accesses + 5.0},
          Milliwatts{accesses + 10.0 + 0.5 * clock},
          Milliwatts{accesses},
          Milliwatts{10.0},
          {.busy = Milliwatts{0.7 * clock},
           .stalled = Milliwatts{0.3 * clock},
           .idle = {},
           .networks = {},
           .buffers = {}}};
}

TEST(ClockFit, EqualEnergyWeighsLayersByTheirTime) {
  // (100 - 30 - 10) 1 + (200 - 50 - 10) 3 = 480 uJ over 200 1 + 400 3 = 1400 uJ.
  const std::vector<ModelledLayer> layers = {layer(100, 30, 200, 1.0), layer(200, 50, 400, 3.0)};
  const double factor = energy_factor(layers);
  EXPECT_DOUBLE_EQ(factor, 480.0 / 1400.0);
  double energy = 0.0;
  for (const ModelledLayer& each : layers) {
    energy += each.with(factor).count() * each.measured.total_ms;
  }
  EXPECT_NEAR(energy, 100.0 * 1.0 + 200.0 * 3.0, 1e-9);
}

TEST(ClockFit, TheFactorOfOneStalledClockGivesThatOfAnother) {
  std::vector<ModelledLayer> layers = {layer(100, 30, 200, 1.0), layer(200, 50, 400, 3.0)};
  layers[0].clock.networks = Milliwatts{40.0};
  CostPolicy policy;
  policy.clock_factor = energy_factor(layers);
  policy.fit_stalled_share = stalled_share(layers);
  EXPECT_DOUBLE_EQ(policy.fit_stalled_share, 0.3 * 1400.0 / 1440.0);
  for (const double stalled : {0.0, 0.3, 1.0}) {
    for (ModelledLayer& each : layers) {
      each.stalled_pe_clock = stalled;
    }
    EXPECT_NEAR(energy_factor(layers), fitted_factor(policy, stalled), 1e-12);
  }
}

TEST(ClockFit, LeastSquaresIsTheLowestOfItsNeighbours) {
  const std::vector<ModelledLayer> layers = {layer(100, 30, 200, 1.0), layer(200, 50, 400, 3.0),
                                             layer(90, 20, 210, 2.0)};
  const auto squares = [&layers](double factor) {
    double sum = 0.0;
    for (const ModelledLayer& each : layers) {
      sum += std::pow((each.with(factor) - each.measured.power).count(), 2);
    }
    return sum;
  };
  const double factor = least_squares_factor(layers);
  EXPECT_LT(squares(factor), squares(factor + 1e-3));
  EXPECT_LT(squares(factor), squares(factor - 1e-3));
}

TEST(ClockFit, ErrorsAreThoseOfEachLayer) {
  // At 0.5 the layers give 140 of 100 and 260 of 200 mW.
  const std::vector<ModelledLayer> layers = {layer(100, 30, 200, 1.0), layer(200, 50, 400, 3.0)};
  EXPECT_NEAR(error_percent(layers[0], 0.5), 40.0, 1e-9);
  EXPECT_NEAR(errors_at(layers, 0.5).mean, 35.0, 1e-9);
  EXPECT_NEAR(errors_at(layers, 0.5).worst, 40.0, 1e-9);
}

TEST(ClockFit, NothingToScaleIsAnError) {
  EXPECT_THROW(static_cast<void>(energy_factor({layer(100, 30, 0, 1.0)})), InputError);
  EXPECT_THROW(static_cast<void>(least_squares_factor({layer(100, 30, 0, 1.0)})), InputError);
}

TEST(MeasuredPower, ReadsLayersAndLeavesTheTotalOut) {
  const auto layers = read(
      "layer,note,power_mW,total_latency_ms\n"
      "C1,\"x, y\",332,20.9\n"
      "TOTAL,,278,115.3\n"
      "C2,,288,41.9\n");
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[1].layer, "C2");
  EXPECT_EQ(layers[1].power, Milliwatts{288.0});
  EXPECT_DOUBLE_EQ(layers[0].total_ms, 20.9);
  EXPECT_DOUBLE_EQ(layers[0].macs_millions, 0.0);
  EXPECT_EQ(layers[1].spot.line, 4);
}

TEST(MeasuredPower, TheChipsTableSaysItsMacs) {
  const auto layers =
      read_measured_power(std::string{TURNPIKE_SOURCE_DIR} + "/tests/silicon/alexnet_silicon.csv");
  ASSERT_EQ(layers.size(), 5U);
  EXPECT_DOUBLE_EQ(layers[0].macs_millions, 421.661);
}

TEST(MeasuredPower, WrongTablesNameTheLine) {
  const std::string header = "layer,power_mW,total_latency_ms\n";
  EXPECT_THAT([] { read("layer,power,total_latency_ms\nC1,3,4\n"); },
              ThrowsMessage<FileError>(HasSubstr("power_mW")));
  EXPECT_THAT([&] { read(header + "C1,3,4\nC1,3,4\n"); },
              ThrowsMessage<FileError>(HasSubstr(".csv:3: layer 'C1' is given twice")));
  EXPECT_THAT([&] { read(header + "C1,0,4\n"); },
              ThrowsMessage<FileError>(HasSubstr("'power_mW' must be above 0")));
  EXPECT_THAT([&] { read(header + "C1,3,fast\n"); }, ThrowsMessage<FileError>(HasSubstr(".csv:2")));
  EXPECT_THAT([&] { read(header + "total,3,4\n"); },
              ThrowsMessage<FileError>(HasSubstr("has no layers")));
  EXPECT_THROW(static_cast<void>(read_measured_power("/nowhere.csv")), FileError);
}

}  // namespace
}  // namespace turnpike::cost
