#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "sim/config/sources.hpp"
#include "sim/run/run.hpp"

/// `run --zeros-from`: synthetic values with the zeros that `model eval` measured.
namespace turnpike {
namespace {

const std::string kRoot = std::string{TURNPIKE_SOURCE_DIR} + "/configs";

/// Every value that an array layer reads meets every filter once: 1 x 1 windows, stride 1, no
/// border.
constexpr const char* kNetwork = R"(schema: turnpike-network/1
name: points
layers:
  - {name: a, op: conv, input: [6, 8, 8], filters: 10, kernel: 1}
  - {name: b, op: conv, filters: 10, kernel: 1, relu: false}
  - {name: sum, op: add, from: [b, a]}
  - {name: c, op: conv, filters: 12, kernel: 1}
  - {name: last, op: fc, filters: 5, relu: false}
)";

struct Measured {
  std::string layer;
  double share;
  std::int64_t values;  ///< it reads
  std::int64_t filters;
};
const std::vector<Measured> kMeasured = {{"a", 0.25, 6 * 64, 10},
                                         {"b", 0.70, 10 * 64, 10},
                                         {"c", 0.15, 10 * 64, 12},
                                         {"last", 0.5, 12 * 64, 5}};

class ZerosFrom : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    folder_ = fmt::format("{}zeros_from_{}", testing::TempDir(), getpid());
    std::filesystem::create_directories(folder_);
    write("net.yaml", kNetwork);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path(name)} << text;
  }
  /// A result of model eval at 3 bits, with what it says of the layers.
  static std::string result(const std::string& layers, bool highway) {
    return fmt::format(
        R"({{"schema": "turnpike-model-eval/2", "network": "points", "settings": [{{"precision":)"
        R"( {{"weight": 3, "activation": 3}}, "highway": {{"enabled": {}, "bits": 8}}, "top1": 0.5,)"
        R"( "layers": [{}]}}]}})",
        highway, layers);
  }
  static std::string layer(const std::string& name, double share) {
    return fmt::format(R"({{"layer": "{}", "input_zero_fraction": {}, "zero_fraction": 0.9}})",
                       name, share);
  }
  static std::string all_layers() {
    std::string layers = R"({"layer": "sum", "zero_fraction": 0.5})";
    for (const Measured& each : kMeasured) {
      layers += ", " + layer(each.layer, each.share);
    }
    return layers;
  }
  [[nodiscard]] Workload workload() const {
    Workload opened = Workload::open(path("net.yaml"));
    opened.take_zeros(path("eval.json"));
    return opened;
  }
  static config::AcceleratorConfig machine(const std::vector<std::string>& settings) {
    config::ConfigSources sources;
    sources.accelerator_file = kRoot + "/accelerators/precision-highway.yaml";
    sources.config_root = kRoot;
    sources.settings = settings;
    return config::load_accelerator(sources);
  }
  [[nodiscard]] std::string complaint() const {
    try {
      static_cast<void>(workload());
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

 private:
  std::string folder_;
};

TEST_P(ZerosFrom, EachZeroGatesAMultiplierOncePerFilter) {
  const bool highway = GetParam();
  write("eval.json", result(all_layers(), highway));
  std::vector<std::string> notes;
  RunOptions options;
  options.config_root = kRoot;
  options.note = [&](const std::string& note) { notes.push_back(note); };
  const pricing::PricedRun run = turnpike::run(
      machine({"precision=3", fmt::format("highway.enabled={}", highway)}), workload(), options);
  EXPECT_TRUE(run.result.checks.all_passed());
  EXPECT_THAT(notes, testing::IsEmpty());
  for (const Measured& each : kMeasured) {
    const auto found = std::find_if(run.result.layers.begin(), run.result.layers.end(),
                                    [&](const auto& layer) { return layer.name == each.layer; });
    ASSERT_NE(found, run.result.layers.end()) << each.layer;
    ASSERT_EQ(found->macs, static_cast<std::uint64_t>(each.values * each.filters));
    const double zeros = std::nearbyint(each.share * static_cast<double>(each.values));
    EXPECT_EQ(found->macs_zero_gated % static_cast<std::uint64_t>(each.filters), 0U) << each.layer;
    // Values that tie move together.
    EXPECT_NEAR(static_cast<double>(found->macs_zero_gated) / static_cast<double>(each.filters),
                zeros, 2.0)
        << each.layer;
  }
}
INSTANTIATE_TEST_SUITE_P(Highway, ZerosFrom, testing::Bool());

TEST_F(ZerosFrom, LayersThatDoNotMatchAreNamed) {
  write("eval.json", result(all_layers() + ", " + layer("d", 0.5), false));
  EXPECT_THAT(complaint(), testing::HasSubstr("zeros of the layer 'd', which 'points' does not"));
  write("eval.json", result(layer("a", 0.5) + ", " + layer("b", 0.5), false));
  EXPECT_THAT(complaint(), testing::HasSubstr("has no zeros of the layer 'c' of 'points'"));
  write("eval.json", result("", false));
  EXPECT_THAT(complaint(), testing::HasSubstr("has no layers with zeros"));
  write("eval.json", result(layer("a", 1.5), false));
  EXPECT_THAT(complaint(), testing::HasSubstr("layer 'a': input_zero_fraction 1.5 is no share"));
  write("eval.json", result(layer("a", 0.5) + ", " + layer("a", 0.5), false));
  EXPECT_THAT(complaint(), testing::HasSubstr("layer 'a' stands there twice"));
  write("eval.json", R"({"schema": "turnpike-results/1"})");
  EXPECT_THAT(complaint(), testing::HasSubstr("schema is 'turnpike-results/1'"));
  write("eval.json", "{");
  EXPECT_THAT(complaint(), testing::HasSubstr("not valid JSON: parse error at line 1"));
}

TEST_F(ZerosFrom, ASettingThatWasNotMeasuredIsRefusedWithThoseThatWere) {
  write("eval.json", result(all_layers(), false));
  for (const std::vector<std::string>& other :
       {std::vector<std::string>{"precision=2"}, {"precision=3", "highway.enabled=true"}}) {
    auto config = machine(other);
    try {
      static_cast<void>(workload().trace(config));
      FAIL() << other.front();
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("but at 3 bits with no highway"));
    }
  }
}

TEST_F(ZerosFrom, ATraceHasZerosOfItsOwn) {
  write("eval.json", result(all_layers(), false));
  Workload trace = Workload::open(TURNPIKE_SOURCE_DIR "/traces/samples/tiny_residual.npz");
  EXPECT_THROW(trace.take_zeros(path("eval.json")), InputError);
}

}  // namespace
}  // namespace turnpike
