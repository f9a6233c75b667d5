#include "sim/accelerator/timeline.hpp"

#include <cmath>
#include <map>

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

Drawn run(const traces::Trace& trace, const std::vector<std::string>& settings,
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
  const auto filters = sums(run, "filter fetch", "low_bytes");
  const auto ifmaps = sums(run, "ifmap fetch", "low_bytes");
  for (const LayerResult& layer : run.result.layers) {
    SCOPED_TRACE(layer.name);
    EXPECT_EQ(value(layers, layer.name), layer.cycles.total());
    EXPECT_EQ(value(passes, layer.name), layer.passes);
    EXPECT_EQ(value(processing, layer.name), layer.cycles.processing);
    EXPECT_EQ(value(stalls, layer.name), layer.cycles.dram_stall + layer.cycles.post_stall);
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
    const Drawn blocks = run(trace, settings, TimelineDetail::blocks);
    expect_the_result(blocks);
    expect_no_overlap(blocks);
    const Drawn passes = run(trace, settings, TimelineDetail::passes);
    expect_the_result(passes);
    expect_no_overlap(passes);
    EXPECT_LE(blocks.events.size(), passes.events.size() - (settings.empty() ? 1 : 0));
    SimulationOptions reference;
    reference.timing = SimulationOptions::Timing::reference;
    EXPECT_EQ(run(trace, settings, TimelineDetail::blocks, reference).json, blocks.json);
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
  const Drawn observed = run(trace, {}, TimelineDetail::passes);
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
  const Drawn observed = run(trace, {}, TimelineDetail::blocks);
  EXPECT_EQ(observed.json.at("otherData").at("network"), "\"");
  EXPECT_EQ(value(sums(observed, "layers", "cycles"), "a \"b\"\\\n\xef\xbf\xbd"),
            observed.result.layers[0].cycles.total());
}

TEST(Timeline, PassesAreOneBlockUntilTheyStall) {
  const traces::Trace trace = test::sample("tiny_residual.npz");
  // An ideal memory never stalls a pass: one block a layer that runs on the array.
  const Drawn ideal = run(trace, {"dram.device=ideal"}, TimelineDetail::blocks);
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

TEST(Timeline, AFileThatCannotBeWrittenIsAnError) {
  EXPECT_THROW((Timeline{"/no/such/directory/t.json", TimelineDetail::blocks}), FileError);
  Timeline full{"/dev/full", TimelineDetail::passes};
  SimulationOptions options;
  options.observer = &full;
  static_cast<void>(test::observed_run(test::sample("tiny_gru"), test::small_machine(), options));
  EXPECT_THROW(full.close(), FileError);
}

}  // namespace
}  // namespace turnpike::accelerator
