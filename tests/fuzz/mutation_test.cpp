// The fuzz targets on mutated seeds: a fixed, fast share of what the fuzzers do for hours.

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

using Target = void (*)(std::string_view);

struct Campaign {
  Target target;
  std::vector<std::string> seeds;
  std::vector<std::string> words;  ///< put in now and then
  int trials;
};

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
    ASSERT_NO_THROW(campaign.target(text));
  }
  for (int trial = 0; trial < campaign.trials; ++trial) {
    std::string text = campaign.seeds[below(random, campaign.seeds.size())];
    for (std::int64_t i = random.integer(1, 4); i > 0; --i) {
      mutate(text, campaign, random);
    }
    ASSERT_NO_THROW(campaign.target(text)) << "trial " << trial << ": " << text;
  }
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
  campaign.seeds = {traces::trace_json(traces::read_trace(samples + "tiny_lstm.npz")),
                    traces::trace_json(traces::read_trace(samples + "tiny_gru"))};
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

TEST(Mutation, ConfigYaml) {
  Campaign campaign{config, {}, {}, 1500};
  campaign.seeds = {
      "schema: turnpike-accelerator/1\nprecision: {weight: 2, activation: 4}\n"
      "highway: {enabled: false, bits: 8}  # comment\nlist: [1, 'two', 3.5]\n",
      "layers:\n  - {name: CONV1, op: conv, input: [3, 227, 227]}\n  - name: 'CONV 2'\n"
      "    pad: [1, 2,\n      3, 4]\ntext: |\n  a\n  b\n"};
  campaign.words = {"&a ", "*a", "!!int ", "---\n", "...\n", "? ",
                    ": ",  "- ", "[",      "]",     "{",     "}",
                    "'",   "\"", "|\n",    ">\n",   "<<: ",  "%YAML 9.9\n",
                    "\t",  "\n", "#",      "~",     "\\x",   std::string{"\0", 1}};
  run(campaign, 3);
}

}  // namespace
}  // namespace turnpike::fuzz
