// The fuzz targets on mutated seeds: a fixed, fast share of what the fuzzers do for hours.

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/fuzz/fuzz_targets.hpp"
#include "traces/npy.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_json.hpp"

namespace turnpike::fuzz {
namespace {

using Target = bool (*)(std::string_view);

struct Campaign {
  Target target;
  std::vector<std::string> seeds;  ///< all of them accepted
  std::vector<std::string> words;  ///< put in now and then
  int trials;
};

/// A file of the source tree.
std::string shipped(const std::string& path) {
  std::ifstream in{std::string{TURNPIKE_SOURCE_DIR} + "/" + path, std::ios::binary};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::size_t below(Random& random, std::size_t end) {
  return static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(end) - 1));
}

void mutate(std::string& text, const Campaign& campaign, Random& random) {
  const std::size_t at = below(random, text.size() + 1);
  const std::size_t length = std::min(text.size() - at, below(random, 12));
  switch (random.integer(0, 5)) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      text.insert(at, text.substr(at, length));
      break;
    case 2:
      text.insert(at, campaign.words[below(random, campaign.words.size())]);
      break;
    case 3:
      text.replace(at, length, campaign.words[below(random, campaign.words.size())]);
      break;
    case 4:
      text.resize(at);
      break;
    default:
      if (at < text.size()) {
        text[at] = static_cast<char>(random.integer(0, 255));
      }
  }
}

void run(const Campaign& campaign, std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random{seed};
  for (const std::string& text : campaign.seeds) {
    ASSERT_TRUE(campaign.target(text)) << text;
  }
  int accepted = 0;
  for (int trial = 0; trial < campaign.trials; ++trial) {
    std::string text = campaign.seeds[below(random, campaign.seeds.size())];
    for (std::int64_t i = random.integer(1, 4); i > 0; --i) {
      mutate(text, campaign, random);
    }
    ASSERT_NO_THROW(accepted += campaign.target(text) ? 1 : 0) << "trial " << trial << ": " << text;
  }
  EXPECT_GT(accepted, 0) << "no mutant got past the reader";
  EXPECT_LT(accepted, campaign.trials) << "no mutant was refused";
}

TEST(Mutation, NpyImages) {
  const traces::NpyPlace place{{"seed"}, ""};
  Campaign campaign{npy, {}, {}, 3000};
  campaign.seeds = {
      traces::encode_npy(Tensor{{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}}),
      traces::encode_npy(Tensor{{4}, std::vector<std::uint8_t>{1, 2, 3, 4}}),
      traces::encode_npy(Tensor{{}, std::vector<std::int64_t>{-1}}),
  };
  campaign.words = {"'descr'",
                    "'<f2'",
                    "'>i8'",
                    "'|b1'",
                    "'|O'",
                    "True",
                    "(",
                    ")",
                    ",",
                    "-1",
                    "99999999999999999999",
                    "4611686018427387904",
                    "'shape': (2, 2)",
                    "{",
                    "}",
                    std::string{"\x02\x00", 2},
                    std::string{"\xff\xff\xff\xff"}};
  run(campaign, 1);
}

TEST(Mutation, TraceJson) {
  const std::string samples = std::string{TURNPIKE_SOURCE_DIR} + "/traces/samples/";
  Campaign campaign{trace_json, {}, {}, 1500};
  campaign.seeds = {traces::trace_json(traces::read_trace(samples + "tiny_lstm.npz").program()),
                    traces::trace_json(traces::read_trace(samples + "tiny_gru").program())};
  campaign.words = {"null",
                    "NaN",
                    "1e999",
                    "-1",
                    "0",
                    "0.5",
                    "18446744073709551615",
                    "true",
                    "[]",
                    "{}",
                    "\"\"",
                    ",",
                    ":",
                    "\"x.q\"",
                    "\"axis\": 0,",
                    "\"op\": \"conv\",",
                    "\"post\": [\"relu\"],",
                    "\"scale\": [1, 2],",
                    "\\u0000",
                    "\xc3\x28"};
  run(campaign, 2);
}

const std::vector<std::string>& yaml_words() {
  static const std::vector<std::string> words = {
      "&a ",       "*a",          "!!int ",   "---\n",
      "...\n",     "? ",          ": ",       "- ",
      "[",         "]",           "{",        "}",
      "'",         "\"",          "|\n",      ">\n",
      "<<: ",      "%YAML 9.9\n", "\t",       "\n",
      "#",         "~",           "\\x",      "1e999",
      "-1",        "0",           "0.5",      "1",
      "999999999", "yes",         "\xc3\x28", "18446744073709551616",
      ".inf",      ".nan",        "null",     "true",
      "''",        "010",         "0x10",     std::string{"\0", 1}};
  return words;
}

TEST(Mutation, ConfigYaml) {
  run({config,
       {"schema: turnpike-accelerator/1\nprecision: {weight: 2, activation: 4}\n"
        "highway: {enabled: false, bits: 8}  # comment\nlist: [1, 'two', 3.5]\n",
        "layers:\n  - {name: CONV1, op: conv, input: [3, 227, 227]}\n  - name: 'CONV 2'\n"
        "    pad: [1, 2,\n      3, 4]\ntext: |\n  a\n  b\n"},
       yaml_words(),
       1500},
      3);
}

TEST(Mutation, AcceleratorFiles) {
  run({accelerator,
       {shipped("configs/accelerators/precision-highway.yaml"),
        shipped("configs/accelerators/eyeriss-chip.yaml")},
       yaml_words(),
       150},
      4);
}

TEST(Mutation, NetworkFiles) {
  run({network,
       {shipped("configs/networks/residual_example.yaml"),
        shipped("configs/networks/lstm_example.yaml")},
       yaml_words(),
       600},
      5);
}

TEST(Mutation, SweepFiles) {
  run({sweep,
       {shipped("configs/sweeps/paper_fig6.yaml"), shipped("configs/sweeps/highway_bits.yaml")},
       yaml_words(),
       800},
      6);
}

std::vector<std::string> binary_words() {
  return {std::string{"\0", 1},
          std::string{"\xff\xff\xff\xff", 4},
          std::string{"\0\0\0\x80", 4},
          std::string{"\x01\0\0\0", 4},
          "Conv",
          "Reshape",
          "\x7f",
          "\x80\x80\x80\x80\x08",
          std::string{"\0\0\xc0\x7f", 4},
          "x"};
}

TEST(Mutation, OnnxModels) {
  Campaign campaign{onnx, {}, binary_words(), 3000};
  for (const char* name : {"residual", "qcdq", "qonnx", "gru"}) {
    campaign.seeds.push_back(shipped(std::string{"tests/models/import/models/"} + name + ".onnx"));
  }
  run(campaign, 10);
}

TEST(Mutation, TensorFlowLiteModels) {
  run({tflite, {shipped("tests/models/import/models/small.tflite")}, binary_words(), 3000}, 11);
}

TEST(Mutation, WorkloadsOfOtherSimulators) {
  const std::string folder = "tests/models/import/models/";
  run({workload,
       {"s" + shipped(folder + "topology.csv"), "t" + shipped(folder + "timeloop.yaml"),
        "a" + shipped(folder + "accelforge.yaml"), "z" + shipped(folder + "zigzag.yaml")},
       {"0",        "-1",
        "3",        "1e9",
        "999999",   ",",
        ";",        "\t",
        "[",        "]",
        "{",        "}",
        ":",        "*",
        "+",        "=",
        "&a",       "*a",
        "{{",       "p+r",
        "2*p",      "I: 7",
        "\n",       "\r\n",
        "\xc3\x28", std::string{"\0", 1}},
       500},
      14);
}

TEST(Mutation, Pickles) {
  run({pickle, {shipped("tests/models/import/models/small.pkl")}, binary_words(), 3000}, 12);
}

TEST(Mutation, Safetensors) {
  run({safetensors, {shipped("tests/models/import/models/small.safetensors")}, binary_words(), 500},
      13);
}

TEST(Mutation, AccelergyTables) {
  run({accelergy,
       {shipped("tests/fuzz/seeds/ert.yaml"), shipped("tests/fuzz/seeds/art.yaml")},
       yaml_words(),
       800},
      7);
}

TEST(Mutation, TraceArchives) {
  run({zip,
       {shipped("traces/samples/tiny_lstm.npz"), shipped("traces/samples/tiny_residual.npz")},
       {"PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "'shape': (2, 2)", "\"bits\": 33", "NaN",
        std::string{"\xff\xff\xff\xff"}, std::string{"\0\0\0\0", 4}, "__trace__", "../x.npy"},
       400},
      8);
}

TEST(Mutation, StoredRuns) {
  const std::string folder = "tests/fuzz/seeds/stored_run/";
  run({stored_run,
       {"c" + shipped(folder + "config.resolved.yaml"), "r" + shipped(folder + "results.json"),
        "u" + shipped(folder + "counts.csv"), "j" + shipped(folder + "run.json")},
       {"null", "NaN", "1e999", "-1", "0", "18446744073709551615", "true", "[]", "{}", "\"", ",",
        ":", "highway", "mac", "\n", "\r\n", "=1+1", "\xc3\x28", std::string{"\0", 1}},
       200},
      9);
}

}  // namespace
}  // namespace turnpike::fuzz
