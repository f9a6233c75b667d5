#include "sim/accelerator/waveform.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pe/array_kinds.hpp"
#include "sim/base/error.hpp"
#include "tests/sim/accelerator/observed_run.hpp"
#include "tests/sim/accelerator/small_machine.hpp"
#include "tests/sim/accelerator/vcd_reader.hpp"

namespace turnpike::accelerator {
namespace {

using test::Vcd;

constexpr std::uint64_t kWhole = 100'000'000;  ///< clocks no sample reaches

struct Recorded {
  RunResult result;
  std::string text;
};

Recorded record(const traces::Trace& trace, const std::vector<std::string>& settings,
                ClockWindow window, SimulationOptions options = {}) {
  const std::string path = test::temporary("wave.vcd");
  Waveform waveform{path, window, {1, 2}};
  options.observer = &waveform;
  Recorded run{test::observed_run(trace, test::small_machine(settings), options), {}};
  waveform.close();
  EXPECT_EQ(waveform.clocks(), run.result.cycles().total());
  run.text = test::text_of(path);
  return run;
}

std::uint64_t period_of(const std::vector<std::string>& settings) {
  const double mhz = test::small_machine(settings).clock_mhz;
  return static_cast<std::uint64_t>(1e6 / mhz + 0.5);
}

/// Sum over all clocks of a signal's value in the clock.
std::uint64_t sum(const Vcd& vcd, const std::string& signal, std::uint64_t period,
                  std::uint64_t clocks) {
  std::uint64_t total = 0;
  for (std::uint64_t k = 0; k < clocks; ++k) {
    total += vcd.at(signal, k * period).value_or(0);
  }
  return total;
}

/// Words on the bus of a network, of all layers.
std::uint64_t words(const RunResult& result, const std::string& network) {
  std::uint64_t total = 0;
  for (const LayerResult& layer : result.layers) {
    for (const auto& [key, count] : layer.counts) {
      if (key.component == Component::noc && key.item.text() == network + "_y") {
        total += count;
      }
    }
  }
  return total;
}

class Waveforms : public testing::TestWithParam<const char*> {};

TEST_P(Waveforms, OfAWholeRunAddUpToItsCounts) {
  const traces::Trace trace = test::sample(GetParam());
  for (const std::vector<std::string>& settings : test::machines()) {
    SCOPED_TRACE(settings.empty() ? "default" : settings.back());
    const Recorded whole = record(trace, settings, {0, kWhole});
    const Vcd vcd = test::read_vcd(whole.text);
    const CycleCounts cycles = whole.result.cycles();
    const auto total = [&](const std::string& signal) {
      return sum(vcd, signal, period_of(settings), cycles.total());
    };
    EXPECT_EQ(vcd.end, cycles.total() * period_of(settings));
    EXPECT_EQ(total("clock"), cycles.total());
    EXPECT_EQ(total("control.pass_active"), cycles.processing);
    EXPECT_EQ(total("control.bank_wait"), whole.result.glb_conflict_cycles());
    EXPECT_EQ(total("control.dram_stall"), cycles.dram_stall);
    EXPECT_EQ(total("control.post_stall"), cycles.post_stall);
    EXPECT_EQ(total("control.layer_active"), cycles.total());
    std::uint64_t slots = 0;
    for (const LayerResult& layer : whole.result.layers) {
      slots += layer.array_slots;
    }
    EXPECT_EQ(total("array.pes_multiplying"), slots);
    std::uint64_t columns = 0;
    for (int c = 0; c < 7; ++c) {
      columns += total(fmt::format("array.columns.column_{}_multiplying", c));
    }
    EXPECT_EQ(columns, slots);
    for (const char* network : {"filter", "ifmap", "psum_in", "psum_out"}) {
      EXPECT_EQ(total(std::string{"array."} + network + "_bus_words"), words(whole.result, network))
          << network;
      EXPECT_GT(total(std::string{"array."} + network + "_bus_valid"), 0U);
    }
  }
}

TEST_P(Waveforms, MemoAndReferenceDrawTheSame) {
  const traces::Trace trace = test::sample(GetParam());
  SimulationOptions reference;
  reference.timing = SimulationOptions::Timing::reference;
  EXPECT_EQ(record(trace, {}, {500, 4000}, reference).text, record(trace, {}, {500, 4000}).text);
}

/// Every signal at every time at which anything changes.
void expect_same(const Vcd& part, const Vcd& whole, std::uint64_t from, std::uint64_t to) {
  EXPECT_EQ(part.begin, from);
  EXPECT_EQ(part.end, to);
  std::set<std::uint64_t> times = part.times;
  times.insert(whole.times.begin(), whole.times.end());
  for (const auto& [name, changes] : whole.values) {
    const std::string signal = name.substr(std::string{"accelerator."}.size());
    for (auto t = times.lower_bound(from); t != times.end() && *t < to; ++t) {
      ASSERT_EQ(part.at(signal, *t), whole.at(signal, *t)) << signal << " at " << *t;
    }
  }
}

TEST_P(Waveforms, AWindowIsThatPartOfTheWholeRun) {
  const traces::Trace trace = test::sample(GetParam());
  for (const std::vector<std::string>& settings :
       {test::machines().front(), test::machines().back()}) {
    SCOPED_TRACE(settings.empty() ? "default" : settings.back());
    const Recorded whole_run = record(trace, settings, {0, kWhole});
    const Vcd whole = test::read_vcd(whole_run.text);
    const std::uint64_t clocks = whole_run.result.cycles().total();
    const std::uint64_t period = period_of(settings);
    for (const ClockWindow window : {ClockWindow{0, 1},
                                     {clocks / 3, clocks / 3 + 50},
                                     {clocks / 2, clocks - 1},
                                     {clocks - 1, clocks},
                                     {7, clocks + 100}}) {
      SCOPED_TRACE(window.from);
      const Vcd part = test::read_vcd(record(trace, settings, window).text);
      expect_same(part, whole, window.from * period, std::min(window.to, clocks) * period);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Waveform, Waveforms,
                         testing::Values("tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"));

TEST(Waveform, BehindTheEndOfTheRunIsEmptyAndStillAFile) {
  const Recorded late = record(test::sample("tiny_gru"), {}, {kWhole, kWhole + 5});
  const Vcd vcd = test::read_vcd(late.text);
  EXPECT_TRUE(vcd.values.empty());
  EXPECT_EQ(vcd.bits.at("accelerator.clock"), 1);
}

TEST(Waveform, LayerNamesCannotEndTheComment) {
  traces::Trace trace = test::sample("tiny_residual.npz");
  trace.layers[0].name = "x $end $var";
  const Recorded odd = record(trace, {}, {0, 20});
  EXPECT_NE(odd.text.find("0 x__end__var"), std::string::npos);
  EXPECT_EQ(test::read_vcd(odd.text).begin, 0U);
}

TEST(Waveform, WindowsAreRead) {
  EXPECT_EQ(parse_window("3:70").from, 3U);
  EXPECT_EQ(parse_window("3:70").to, 70U);
  EXPECT_EQ(parse_window("12").from, 0U);
  EXPECT_EQ(parse_window("12").to, 12U);
  for (const char* wrong : {"", ":", "5:", ":5", "5:5", "6:5", "-1:5", "1:-5", "a:b", "1:5:9", "0",
                            " 1:5", "1:5 ", "1.5:3", "99999999999999999999:3", "+1:3"}) {
    EXPECT_THROW(static_cast<void>(parse_window(wrong)), InputError) << wrong;
  }
  EXPECT_EQ(parse_pe("3:4"), (pe::PePosition{3, 4}));
  for (const char* wrong : {"", ":", "3", "3:", ":3", "3:x", "-1:0", "3:4:5"}) {
    EXPECT_THROW(static_cast<void>(parse_pe(wrong)), InputError) << wrong;
  }
}

TEST(Waveform, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_THROW((Waveform{"/no/such/directory/w.vcd", {0, 5}, {}}), FileError);
  Waveform full{"/dev/full", {0, kWhole}, {}};
  RunFacts facts;
  facts.clock_period = Picoseconds{1000};
  const auto array = pe::make_array_model(test::small_machine());
  facts.array = array.get();
  full.run_begins(facts);
  full.run_ends(Picoseconds{5000});
  EXPECT_THROW(full.close(), FileError);
}

}  // namespace
}  // namespace turnpike::accelerator
