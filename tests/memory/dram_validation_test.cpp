// The DRAM model against closed forms and against what DRAMsim3 and Ramulator 2 report for the same
// streams (data/dram_reference.source).

#include "tests/memory/dram_validation.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike::memory {
namespace {

using test::device;
using test::measure;
using test::Pattern;
using test::Reference;
using test::ReferenceTable;
using test::ValidationCase;

const ValidationCase& case_named(const std::string& name) {
  const auto& cases = test::validation_cases();
  return *std::find_if(cases.begin(), cases.end(),
                       [&](const ValidationCase& c) { return c.name == name; });
}

/// Inside the interval spanned by both simulators, or within `tolerance` of it.
void expect_between_the_simulators(const std::string& name, const ValidationCase& c,
                                   double tolerance) {
  SCOPED_TRACE(name);
  const ReferenceTable references;
  const double d3 = references.of("dramsim3", name, c).gbytes_per_s;
  const double r2 = references.of("ramulator2", name, c).gbytes_per_s;
  const double ours = measure(device(name), c.blocks, c.outstanding).gbytes_per_s;
  EXPECT_GE(ours, std::min(d3, r2) * (1.0 - tolerance));
  EXPECT_LE(ours, std::max(d3, r2) * (1.0 + tolerance));
}

TEST(DramValidation, UnloadedHitTakesClPlusHalfABurstPlusOne) {
  for (const std::string& name : list_devices(test::device_directory())) {
    const DramDevice d = device(name);
    if (d.kind == DramKind::dram) {
      const DramClock expected = d.timing.CL + d.organisation.burst_length / 2 + 1;
      EXPECT_EQ(measure(d, Pattern::sequential, 1, 2000).median_latency, expected) << name;
    }
  }
}

TEST(DramValidation, UnloadedConflictTakesPrechargeAndActivateMore) {
  for (const std::string& name : list_devices(test::device_directory())) {
    const DramDevice d = device(name);
    if (d.kind == DramKind::dram) {
      const DramTiming& t = d.timing;
      const DramClock expected = t.RP + t.RCD + t.CL + d.organisation.burst_length / 2 + 1;
      EXPECT_EQ(measure(d, Pattern::random, 1, 2000).median_latency, expected) << name;
    }
  }
}

TEST(DramValidation, UnloadedLatencyIsWithinAClockOfBothSimulators) {
  const ReferenceTable references;
  for (const std::string& name : test::validated_devices()) {
    for (const char* pattern : {"sequential, 1 outstanding", "random, 1 outstanding"}) {
      const ValidationCase& c = case_named(pattern);
      const auto ours =
          static_cast<double>(measure(device(name), c.blocks, 1, 2000).median_latency);
      for (const char* sim : {"dramsim3", "ramulator2"}) {
        const Reference reference = references.of(sim, name, c);
        EXPECT_NEAR(ours, reference.p50_ns / reference.tck_ns, 1.01) << name << ' ' << sim;
      }
    }
  }
}

TEST(DramValidation, SequentialBandwidthIsWithin8PercentOfTheSimulators) {
  for (const std::string& name : test::validated_devices()) {
    expect_between_the_simulators(name, case_named("sequential"), 0.08);
  }
}

TEST(DramValidation, TileBandwidthIsWithin8PercentOfTheSimulators) {
  for (const std::string& name : test::validated_devices()) {
    expect_between_the_simulators(name, case_named("tile"), 0.08);
  }
}

TEST(DramValidation, RandomBandwidthIsWithin3PercentOfTheSimulators) {
  expect_between_the_simulators("ddr4-2400", case_named("random"), 0.03);
  expect_between_the_simulators("ddr4-3200", case_named("random"), 0.03);
}

TEST(DramValidation, Ddr3RandomBandwidthIsThatOfTheSimulatorWithThePageSize) {
  const ReferenceTable references;
  const ValidationCase& c = case_named("random");
  const double d3 = references.of("dramsim3", "ddr3-1600", c).gbytes_per_s;
  const double r2 = references.of("ramulator2", "ddr3-1600", c).gbytes_per_s;
  EXPECT_NEAR(measure(device("ddr3-1600"), c.blocks, 0).gbytes_per_s / d3, 1.0, 0.03);
  EXPECT_NEAR(measure(test::ddr3_with_small_pages(), c.blocks, 0).gbytes_per_s / r2, 1.0, 0.03);
}

TEST(DramValidation, BandwidthWithEightOutstandingIsWithin8PercentOfTheSimulators) {
  for (const std::string& name : test::validated_devices()) {
    expect_between_the_simulators(name, case_named("sequential, 8 outstanding"), 0.08);
    expect_between_the_simulators(name, case_named("random, 8 outstanding"), 0.08);
  }
}

TEST(DramValidation, EnergyOfACommandIsThatOfDramsim3) {
  const ReferenceTable references;
  for (const std::string& name : test::validated_devices()) {
    const auto row = references.of("dramsim3", name, case_named("random")).row;
    const auto per = [&](const char* energy, const char* count) {
      return references.table().number(row, energy) / references.table().number(row, count);
    };
    const DramDevice d = device(name);
    DramCounts one;
    one.activates = {1, 0};
    one.reads = {1, 0};
    one.refreshes = 1;
    const test::EnergyBreakdown energy = test::energy_of(d, one);
    EXPECT_NEAR(energy.activate / per("e_act_pj", "n_act"), 1.0, 0.002) << name;
    EXPECT_NEAR(energy.read / per("e_rd_pj", "n_rd"), 1.0, 0.002) << name;
    EXPECT_NEAR(energy.refresh / per("e_ref_pj", "n_ref"), 1.0, 0.002) << name;
  }
}

TEST(DramValidation, EnergyOfARunIsItsCountsTimesTheTable) {
  const DramDevice d = device("ddr4-2400");
  const test::Measured run = measure(d, Pattern::tile, 0, 5000);
  const double expected = static_cast<double>(run.counts.activates[0]) * 8 * 431.27 +
                          static_cast<double>(run.counts.reads[0]) * 512 * 5.727 +
                          static_cast<double>(run.counts.refreshes) * 8 * 86592 +
                          0.83 * 8 *
                              (static_cast<double>(run.counts.clocks_precharged) * 40.8 +
                               static_cast<double>(run.counts.clocks_active) * 51.6);
  EXPECT_DOUBLE_EQ(test::energy_of(d, run.counts).total(), expected);
}

/// GB/s of a long sequential read.
double stream_rate(const DramDevice& d, const DramPolicy& policy) {
  return measure(d, Pattern::sequential, 0, 20000, policy).gbytes_per_s;
}

TEST(DramValidation, AStreamOverBankGroupsReachesThePeak) {
  for (const std::string name : {"ddr4-2400", "ddr4-3200"}) {
    DramDevice d = device(name);
    d.address_mapping = "rorabacochbg";  // successive bursts in successive bank groups
    EXPECT_NEAR(stream_rate(d, {.refresh = false}) / (d.peak_bytes_per_second() / 1e9), 1.0, 0.005)
        << name;
  }
}

TEST(DramValidation, AStreamInOneBankGroupIsCappedByCcdL) {
  for (const std::string name : {"ddr4-2400", "ddr4-3200"}) {
    DramDevice d = device(name);
    d.address_mapping = "bgrorabachco";  // a bank group after the other
    EXPECT_NEAR(stream_rate(d, {.refresh = false}), 64.0 / (d.timing.CCD_L * d.tck_ns), 0.02)
        << name;
  }
}

TEST(DramValidation, RefreshTakesItsShareOfTheTime) {
  for (const std::string name : {"ddr3-1600", "lpddr3-1600"}) {
    const DramDevice d = device(name);
    const DramTiming& t = d.timing;
    const double loss = 1.0 - stream_rate(d, {}) / stream_rate(d, {.refresh = false});
    // RFC, closing the row before it and opening it after.
    EXPECT_NEAR(loss, static_cast<double>(t.RFC + t.RTP + t.RP + t.RCD) / t.REFI, 0.005) << name;
  }
}

class DramValidationTable : public testing::TestWithParam<std::string> {};

TEST_P(DramValidationTable, InTheDocumentationIsWhatTheModelDoes) {
  std::ifstream in{std::string{TURNPIKE_SOURCE_DIR} + "/docs/memory.md"};
  std::ostringstream text;
  text << in.rdbuf();
  for (const std::string& row : test::validation_rows(GetParam())) {
    EXPECT_NE(text.str().find(row + "\n"), std::string::npos)
        << "docs/memory.md lacks what the target dram_validation_table prints now:\n"
        << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, DramValidationTable, testing::ValuesIn(test::validated_devices()),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace turnpike::memory
