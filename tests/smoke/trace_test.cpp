// Traces on the command line: what they cannot obey, what differs, what is noted.

#include <algorithm>
#include <regex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"
#include "traces/npz.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::smoke {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

/// A text with one blank wherever a line breaks.
std::string words(const std::string& text) {
  return std::regex_replace(text, std::regex{"\\s+"}, " ");
}

std::string residual() {
  return repository("traces/samples/tiny_residual.npz");
}

/// The sample, with one code of its first 2-bit layer changed by `by`.
std::string with_wrong_code(int by) {
  traces::Trace trace = traces::read_trace(residual());
  auto codes = trace.tensor("b1.q2").data.converted<std::uint8_t>();
  const auto code = std::find_if(codes.begin(), codes.end(), [by](std::uint8_t each) {
    return each + by >= 0 && each + by <= 3;
  });
  *code = static_cast<std::uint8_t>(*code + by);
  trace.tensor("b1.q2").data = Tensor{trace.tensor("b1.q2").data.shape(), codes};
  traces::write_trace(trace, scratch("wrong.npz"));
  return scratch("wrong.npz");
}

TEST(TraceRun, KeysThatATraceCannotObeyAreRefusedByEveryCommand) {
  for (const char* command : {"run", "map"}) {
    expect_refused({command, accelerator(), "--network", residual(), "--set",
                    "layers.overrides={\"b1.*\": 4}"},
                   2, "a trace brings its own bits");
    expect_refused({command, accelerator(), "--network", residual(), "--set",
                    "highway.enabled=true", "--set", "highway.bits=16"},
                   2, "the trace has a highway of 8 bits");
    expect_refused({command, accelerator(), "--network", residual(), "--set",
                    "highway.enabled=true", "--set", "highway.edges=b1.*"},
                   2, "a trace brings its own highway");
  }
  expect_refused({"spill", accelerator(), "--network", residual()}, 2, "give zoo:NAME");
}

TEST(TraceRun, OneTraceGivesBothAnswers) {
  const auto highway_of = [](const std::string& trace, const char* enabled) {
    const Outcome outcome = turnpike({"run", accelerator(), "--network", trace, "--json", "--check",
                                      "--set", std::string{"highway.enabled="} + enabled});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const bool derived = outcome.err.find("is derived from it") != std::string::npos;
    const Json results = Json::parse(outcome.out);
    EXPECT_TRUE(results.at("checks").at("ofmap_bit_exact"));
    return std::pair{derived, results};
  };
  const auto [as_it_is, on] = highway_of(residual(), "true");
  const auto [changed, off] = highway_of(residual(), "false");
  EXPECT_FALSE(as_it_is);
  EXPECT_TRUE(changed);
  EXPECT_TRUE(on.at("highway").at("enabled"));
  EXPECT_FALSE(off.at("highway").at("enabled"));
  EXPECT_EQ(on.at("totals").at("macs"), off.at("totals").at("macs"));
  EXPECT_GT(on.at("totals").at("glb_bytes"), off.at("totals").at("glb_bytes"));
  // The trace that is written is the one that ran.
  const std::string written = scratch("derived.npz");
  EXPECT_EQ(
      turnpike({"trace", "derive", residual(), "--highway", "off", "-o", written, "--force"}).code,
      0);
  const Outcome again = turnpike({"run", accelerator(), "--network", written, "--json"});
  const Json results = Json::parse(again.out);
  EXPECT_EQ(results.at("totals"), off.at("totals"));
  EXPECT_EQ(results.at("layers"), off.at("layers"));
  // A sweep over both.
  const std::string file =
      put("both.yaml", fmt::format("schema: turnpike-sweep/1\naccelerator: {}\nnetwork: {}\n"
                                   "matrix: {{highway.enabled: [false, true]}}\n",
                                   accelerator(), residual()));
  const Outcome sweep = turnpike({"sweep", file, "-o", scratch("both")});
  EXPECT_EQ(sweep.code, 0) << sweep.err;
  EXPECT_THAT(sweep.err, HasSubstr("2 ok"));
}

TEST(TraceRun, ASweepWithAPointThatATraceCannotObeyRunsNothing) {
  const std::string file =
      put("bits.yaml", fmt::format("schema: turnpike-sweep/1\naccelerator: {}\nnetwork: {}\n"
                                   "matrix: {{highway.enabled: [true], highway.bits: [8, 16]}}\n",
                                   accelerator(), residual()));
  expect_refused({"sweep", file, "-o", scratch("bits")}, 2, "the trace has a highway of 8 bits");
  EXPECT_FALSE(std::filesystem::exists(scratch("bits") + "/sweep.json"));
}

TEST(TraceRun, AToleranceOfOneCodePassesWhatIsOffByOneAndSaysSo) {
  const std::string wrong = with_wrong_code(-1);
  const Outcome strict = turnpike({"run", accelerator(), "--network", wrong});
  EXPECT_EQ(strict.code, 1);
  EXPECT_THAT(words(strict.out), HasSubstr("integer outputs WRONG"));
  EXPECT_THAT(strict.err, HasSubstr("in 1 tensor differ, all by one"));
  EXPECT_THAT(strict.err, HasSubstr("layer 'b1.conv1', tensor 'b1.q2': 1 of "));
  EXPECT_THAT(strict.err, HasSubstr("expected 0, got 1"));
  EXPECT_THAT(strict.err, HasSubstr("--tolerance 1 accepts codes that are off by one"));
  const Outcome tolerant = turnpike({"run", accelerator(), "--network", wrong, "--layers",
                                     "b1.conv1", "--tolerance", "1", "-o", scratch("tolerant")});
  EXPECT_EQ(tolerant.code, 0);
  EXPECT_THAT(words(tolerant.out), HasSubstr("within 1 of the reference, not bit-exact (1 of "));
  const auto checks =
      nlohmann::json::parse(bytes_of(scratch("tolerant") + "/results.json"))["checks"];
  EXPECT_EQ(checks["ofmap_bit_exact"], false);
  EXPECT_EQ(checks["tolerance"], 1);
  const Outcome two = turnpike({"run", accelerator(), "--network", with_wrong_code(-2), "--layers",
                                "b1.conv1", "--tolerance", "1"});
  EXPECT_EQ(two.code, 1);
  EXPECT_THAT(two.err, HasSubstr("by 2 at most, 0 of them by one"));
}

TEST(TraceRun, SkipsThatAreWideWithoutAHighwayAreNotedAndNoBaseline) {
  traces::Trace trace = traces::read_trace(residual());
  trace.highway.enabled = false;
  traces::write_trace(trace, scratch("off.npz"));
  for (const char* command : {"run", "map"}) {
    const Outcome outcome = turnpike({command, accelerator(), "--network", scratch("off.npz")});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("its skips b1.out, conv1.y are wider than the codes"));
    EXPECT_THAT(words(outcome.out), HasSubstr("no baseline: 2 skips wider than the codes"));
  }
}

TEST(TraceRun, WeightsGoIntoEveryCommandOfANetwork) {
  const std::string weights = put("weights.npz", "");
  expect_refused({"run", accelerator(), "--network", "zoo:lstm300", "--weights", weights}, 3,
                 "is empty");
  traces::write_npz(scratch("lstm.npz"),
                    {{"Wx", Tensor{{1200, 300}, std::vector<float>(360000, 0.01F)}},
                     {"Wh", Tensor{{300, 1200}, std::vector<float>(360000, 0.01F)}},
                     {"b", Tensor{{1200}, std::vector<float>(1200, 0.0F)}}});
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"run", accelerator(), "--network", "zoo:lstm300"},
        {"model", "eval", "zoo:lstm300"},
        {"model", "quantize", "zoo:lstm300", "-o", scratch("q.npz")}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--weights", scratch("lstm.npz")});
    expect_refused(arguments, 3,
                   "member 'Wx' of shape [1200, 300] should be [300, 1200]; it seems to be "
                   "transposed: write it with .transpose(1, 0)");
  }
}

}  // namespace
}  // namespace turnpike::smoke
