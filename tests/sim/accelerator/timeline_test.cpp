#include "sim/accelerator/timeline.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "tests/sim/accelerator/observed_run.hpp"

namespace turnpike::accelerator {
namespace {

using Json = nlohmann::json;

struct Drawn {
  RunResult result;
  Json json;
  std::vector<Json> events;  ///< complete ones
};

Drawn draw(const traces::Trace& trace, const std::vector<std::string>& settings,
           TimelineDetail detail, SimulationOptions options = {}) {
  const std::string path = test::temporary("timeline.json");
  Timeline timeline{path, detail};
  options.observer = &timeline;
  Drawn run{test::observed_run(trace, test::small_machine(settings), options), {}, {}};
  timeline.close();
  run.json = Json::parse(test::text_of(path));
  for (const Json& event : run.json.at("traceEvents")) {
    if (event.at("ph") == "X") {
      run.events.push_back(event);
    }
  }
  return run;
}

/// Sum of an argument over the events of a track (its thread's name), by the layer they are for.
std::map<std::string, std::uint64_t> sums(const Drawn& run, const std::string& track,
                                          const std::string& argument) {
  std::map<std::pair<int, int>, std::string> names;
  for (const Json& event : run.json.at("traceEvents")) {
    if (event.at("name") == "thread_name") {
      names[{event.at("pid").get<int>(), event.at("tid").get<int>()}] =
          event.at("args").at("name").get<std::string>();
    }
  }
  std::map<std::string, std::uint64_t> out;
  for (const Json& event : run.events) {
    if (names.at({event.at("pid").get<int>(), event.at("tid").get<int>()}) == track) {
      const Json& args = event.at("args");
      const Json& layer = args.contains("layer") ? args.at("layer") : event.at("name");
      out[layer.get<std::string>()] += args.at(argument).get<std::uint64_t>();
    }
  }
  return out;
}

std::uint64_t value(const std::map<std::string, std::uint64_t>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

void expect_the_result(const Drawn& run) {
  const auto layers = sums(run, "layers", "cycles");
  const auto passes = sums(run, "passes", "passes");
  const auto processing = sums(run, "passes", "cycles");
  const auto stalls = sums(run, "stalls", "cycles");
  const auto banks = sums(run, "bank conflicts", "cycles");
  const auto filters = sums(run, "filter fetch", "low_bytes");
  const auto ifmaps = sums(run, "ifmap fetch", "low_bytes");
  for (const LayerResult& layer : run.result.layers) {
    SCOPED_TRACE(layer.name);
    EXPECT_EQ(value(layers, layer.name), layer.cycles.total());
    EXPECT_EQ(value(passes, layer.name), layer.passes);
    EXPECT_EQ(value(processing, layer.name), layer.cycles.processing);
    EXPECT_EQ(value(stalls, layer.name), layer.cycles.dram_stall + layer.cycles.post_stall);
    EXPECT_EQ(value(banks, layer.name), layer.glb_conflict_cycles);
    EXPECT_EQ(value(filters, layer.name) * 8, layer.dram_bits.filter);
    std::uint64_t highway = 0, low = value(ifmaps, layer.name);
    for (const char* track : {"ifmap fetch", "skip operand fetch", "write-back"}) {
      highway += value(sums(run, track, "highway_bytes"), layer.name);
    }
    for (const char* track : {"skip operand fetch", "write-back"}) {
      low += value(sums(run, track, "low_bytes"), layer.name);
    }
    EXPECT_EQ(highway * 8, layer.dram_bits.highway);
    EXPECT_EQ(low * 8, layer.dram_bits.ifmap + layer.dram_bits.ofmap);
  }
}

/// Events of a thread in order of time do not overlap: a viewer would nest them.
void expect_no_overlap(const Drawn& run) {
  std::map<std::pair<int, int>, std::map<double, double>> threads;
  for (const Json& event : run.events) {
    auto& spans = threads[{event.at("pid").get<int>(), event.at("tid").get<int>()}];
    const double begin = event.at("ts").get<double>();
    spans[begin] = std::max(spans[begin], begin + event.at("dur").get<double>());
  }
  for (const auto& [thread, spans] : threads) {
    double free = 0.0;
    for (const auto& [begin, end] : spans) {
      EXPECT_GE(begin, free - 1e-9) << "process " << thread.first << " thread " << thread.second;
      free = end;
    }
  }
}

class Timelines : public testing::TestWithParam<const char*> {};

TEST_P(Timelines, SumToTheResultOfTheRunInBothDetailsAndTimings) {
  const traces::Trace trace = test::sample(GetParam());
  for (const std::vector<std::string>& settings : test::machines()) {
    SCOPED_TRACE(settings.empty() ? "default" : settings.back());
    const Drawn blocks = draw(trace, settings, TimelineDetail::blocks);
    expect_the_result(blocks);
    expect_no_overlap(blocks);
    const Drawn passes = draw(trace, settings, TimelineDetail::passes);
    expect_the_result(passes);
    expect_no_overlap(passes);
    EXPECT_LE(blocks.events.size(), passes.events.size() - (settings.empty() ? 1 : 0));
    SimulationOptions reference;
    reference.timing = SimulationOptions::Timing::reference;
    EXPECT_EQ(draw(trace, settings, TimelineDetail::blocks, reference).json, blocks.json);
    double end = 0.0;
    for (const Json& event : blocks.events) {
      end = std::max(end, event.at("ts").get<double>() + event.at("dur").get<double>());
    }
    const double period =
        std::stod(blocks.json.at("otherData").at("clock_period_ps").get<std::string>()) * 1e-6;
    EXPECT_NEAR(end / period, static_cast<double>(blocks.result.cycles().total()), 1e-3);
  }
}

TEST_P(Timelines, ObservingARunChangesNothing) {
  const traces::Trace trace = test::sample(GetParam());
  const RunResult plain = test::observed_run(trace, test::small_machine(), {});
  const Drawn observed = draw(trace, {}, TimelineDetail::passes);
  EXPECT_EQ(plain.passes_simulated, observed.result.passes_simulated);
  ASSERT_EQ(plain.layers.size(), observed.result.layers.size());
  for (std::size_t i = 0; i < plain.layers.size(); ++i) {
    EXPECT_EQ(plain.layers[i].cycles.total(), observed.result.layers[i].cycles.total());
    EXPECT_EQ(plain.layers[i].counts, observed.result.layers[i].counts);
  }
}

INSTANTIATE_TEST_SUITE_P(Timeline, Timelines,
                         testing::Values("tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"));

TEST(Timeline, NamesAreEscapedWhateverTheyHold) {
  traces::Trace trace = test::sample("tiny_residual.npz");
  trace.layers[0].name = "a \"b\"\\\n\xff";
  trace.network = "\"";
  const Drawn observed = draw(trace, {}, TimelineDetail::blocks);
  EXPECT_EQ(observed.json.at("otherData").at("network"), "\"");
  EXPECT_EQ(value(sums(observed, "layers", "cycles"), "a \"b\"\\\n\xef\xbf\xbd"),
            observed.result.layers[0].cycles.total());
}

TEST(Timeline, ShowsWaitsForBanks) {
  const Drawn busy = draw(test::sample("tiny_residual.npz"),
                          {"glb.banks=1", "psum.cost_bits=64", "array.rows=3", "spads.ifmap=3"},
                          TimelineDetail::blocks);
  EXPECT_GT(busy.result.glb_conflict_cycles(), 0U);
  expect_the_result(busy);
}

TEST(Timeline, PassesAreOneBlockUntilTheyStall) {
  const traces::Trace trace = test::sample("tiny_residual.npz");
  // An ideal memory never stalls a pass: one block a layer that runs on the array.
  const Drawn ideal = draw(trace, {"dram.device=ideal"}, TimelineDetail::blocks);
  std::map<std::string, int> blocks;
  for (const Json& event : ideal.events) {
    blocks[event.at("name").get<std::string>()] += event.at("cat") == "pass" ? 1 : 0;
  }
  for (const LayerResult& layer : ideal.result.layers) {
    if (layer.cycles.post_stall == 0) {
      EXPECT_EQ(blocks[layer.name], layer.passes > 0 ? 1 : 0) << layer.name;
    }
  }
}

/// Tells of an activity from `from` to `to`, in clocks of 1000 ps.
void tell(Timeline& timeline, Activity activity, std::uint64_t from, std::uint64_t to) {
  timeline.begins(activity, Picoseconds{from * 1000});
  timeline.ends(activity, Picoseconds{to * 1000});
}

RunFacts two_layers() {
  RunFacts facts;
  facts.clock_period = Picoseconds{1000};
  facts.layers = {{"a", "conv", "m1"}, {"b", "fc", "m2"}};
  return facts;
}

// Blocks end with a layer and at the first activity that begins after a stall.
TEST(Timeline, BlocksEndWhereTheyShould) {
  const std::string path = test::temporary("rule.json");
  Timeline timeline{path, TimelineDetail::blocks};
  timeline.run_begins(two_layers());
  const pe::PassKey key;
  const auto pass = [&](std::size_t layer, std::uint64_t number, std::uint64_t from,
                        std::uint64_t to) {
    tell(timeline, {.track = Track::pass, .layer = layer, .number = number, .pass = &key}, from,
         to);
  };
  pass(0, 0, 0, 10);
  tell(timeline, {.track = Track::dram_stall}, 10, 10);  // no time: no stall
  pass(0, 1, 10, 25);
  timeline.begins({.track = Track::filter_fetch, .low_bytes = 8}, Picoseconds{24'000});
  timeline.begins({.track = Track::dram_stall}, Picoseconds{25'000});
  timeline.ends({.track = Track::filter_fetch, .low_bytes = 8}, Picoseconds{29'500});
  timeline.ends({.track = Track::dram_stall}, Picoseconds{30'000});
  pass(0, 2, 30, 31);
  pass(1, 3, 31, 40);
  tell(timeline, {.track = Track::filter_fetch, .highway_bytes = 16}, 31, 32);
  timeline.run_ends(Picoseconds{40'000});
  timeline.close();
  std::vector<std::string> seen;
  const Json written = Json::parse(test::text_of(path));
  for (const Json& event : written.at("traceEvents")) {
    if (event.at("ph") == "X") {
      const Json& args = event.at("args");
      seen.push_back(fmt::format(
          "{} {} {} {} {} {}", event.at("name").get<std::string>(), event.at("ts").dump(),
          event.at("dur").dump(), args.value("passes", Json{}).dump(),
          args.value("first_pass", Json{}).dump(), args.at("cycles").dump()));
    }
  }
  std::sort(seen.begin(), seen.end());
  const std::vector<std::string> expected{"a 0.0 0.025 2 0 25",          // passes 0 and 1
                                          "a 0.024 0.0055 null null 6",  // a fetch, 5.5 clocks
                                          "a 0.03 0.001 1 2 1",          // after the stall
                                          "a 0.031 0.001 null null 1",  // the fetch after the stall
                                          "b 0.031 0.009 1 3 9",        // another layer
                                          "waits for DRAM 0.025 0.005 null null 5"};
  EXPECT_EQ(seen, expected);
}

TEST(Timeline, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_THROW((Timeline{"/no/such/directory/t.json", TimelineDetail::blocks}), FileError);
  Timeline full{"/dev/full", TimelineDetail::passes};
  full.run_begins(two_layers());
  tell(full, {.track = Track::layer}, 0, 5);
  full.run_ends(Picoseconds{5000});
  EXPECT_THROW(full.close(), FileError);
}

}  // namespace
}  // namespace turnpike::accelerator
