#include "sim/config/key.hpp"

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/config_map.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/config/key_text.hpp"
#include "sim/config/profile.hpp"
#include "sim/config/sources.hpp"

namespace turnpike::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kConfigs = std::string{TURNPIKE_SOURCE_DIR} + "/configs";

/// The shipped accelerator with one key laid over it. `cost` is read as well.
AcceleratorConfig load(const std::string& setting) {
  return load_accelerator(
      {kConfigs + "/accelerators/precision-highway.yaml", kConfigs, {}, {setting}});
}

auto loading(const std::string& setting) {
  return [setting] { static_cast<void>(load(setting)); };
}

/// Keys of an accelerator and of its `cost` mapping, which profiles have, too.
std::vector<KeyRow> all_keys() {
  std::vector<KeyRow> rows = accelerator_keys();
  for (KeyRow& row : profile_keys()) {
    if (row.key.starts_with("cost.")) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

bool is_ranged(const KeyFacts& facts) {
  return facts.form == Form::integer || facts.form == Form::number ||
         facts.form == Form::integer_or_choice || facts.form == Form::widths;
}

TEST(Key, EveryRowSaysWhatItsValueMayBeAndWhatItMeans) {
  std::set<std::string> seen;
  for (const KeyRow& row : all_keys()) {
    SCOPED_TRACE(row.key);
    EXPECT_TRUE(seen.insert(row.key).second);
    EXPECT_FALSE(row.facts.meaning.empty());
    EXPECT_FALSE(row.absent.empty());
    EXPECT_LE(row.facts.low, row.facts.high);
    EXPECT_EQ(is_ranged(row.facts) || row.facts.form == Form::layer_widths ||
                  row.facts.form == Form::band || row.facts.form == Form::range,
              row.facts.low != row.facts.high);
    EXPECT_EQ(row.facts.form == Form::choice || row.facts.form == Form::integer_or_choice,
              !row.facts.choices.empty());
  }
  EXPECT_GT(seen.size(), 50U);
}

TEST(Key, EveryDefaultIsInItsOwnRange) {
  int checked = 0;
  for (const KeyRow& row : accelerator_keys()) {
    if (row.absent == "required" || !row.facts.absent.empty()) {
      continue;
    }
    ++checked;
    EXPECT_NO_THROW(loading(fmt::format("{}={}", row.key, row.absent))()) << row.key;
  }
  EXPECT_GE(checked, 20);
}

TEST(Key, AValueOutsideARangeIsRefusedWithKeyAndRange) {
  int checked = 0;
  for (const KeyRow& row : all_keys()) {
    if (!is_ranged(row.facts)) {
      continue;
    }
    const std::string key = row.key.substr(row.key.rfind('.') + 1);
    const double step = row.facts.form == Form::number ? 0.01 : 1.0;
    for (const double beyond : {row.facts.low - step, row.facts.high + step}) {
      const std::string setting = fmt::format("{}={}", row.key, beyond);
      if (row.key == "psum.cost_bits" && beyond < 0) {
        continue;  // "-1" is no number of bits to it
      }
      ++checked;
      const std::string outside = row.facts.high_key.empty()
                                      ? fmt::format("outside {}..{}", row.facts.low, row.facts.high)
                                      : fmt::format("outside {}..", row.facts.low);
      EXPECT_THAT(loading(setting),
                  ThrowsMessage<InputError>(AllOf(HasSubstr("--set " + setting),
                                                  HasSubstr(key + "' is "), HasSubstr(outside))));
    }
  }
  EXPECT_GE(checked, 50);
}

TEST(Key, TheEndsOfARangeAreInIt) {
  int checked = 0;
  for (const KeyRow& row : accelerator_keys()) {
    // Two keys are bound by others besides: whole lines of the buffer, and depth of the FIFOs.
    if (!is_ranged(row.facts) || row.key == "glb.bytes_at_16_bit" || row.key == "noc.fifo_depth") {
      continue;
    }
    const double high = row.facts.high_key.empty() ? row.facts.high : 4;
    for (const double end : {row.facts.low, row.key == "noc.filter" ? 32 : high}) {
      ++checked;
      const std::string setting = fmt::format("{}={}", row.key, end);
      EXPECT_NO_THROW(loading(setting)()) << setting;
    }
  }
  EXPECT_GE(checked, 35);
}

TEST(Key, AnUnknownChoiceIsAnsweredWithTheKnownOnes) {
  for (const KeyRow& row : all_keys()) {
    if (row.facts.form == Form::choice && row.key != "psum.arithmetic") {
      EXPECT_THAT(loading(row.key + "=neither"),
                  ThrowsMessage<InputError>(
                      AllOf(HasSubstr("must be one of "), HasSubstr(allowed_text(row.facts)))));
    }
  }
}

TEST(Key, AMistypedKeyIsAnsweredWithTheNearestOne) {
  for (const KeyRow& row : all_keys()) {
    const std::string key = row.key.substr(row.key.rfind('.') + 1);
    const std::string wrong = row.key + key.back();
    EXPECT_THAT(loading(wrong + "=1"),
                ThrowsMessage<InputError>(
                    AllOf(HasSubstr(fmt::format("unknown key '{}{}'", key, key.back())),
                          HasSubstr("did you mean '"))))
        << wrong;
  }
}

TEST(Key, AMappingIsNoScalar) {
  for (const KeyRow& row : all_keys()) {
    if (row.facts.form != Form::layer_widths && row.facts.form != Form::mapping) {
      EXPECT_THROW(loading(row.key + "={a: 1}")(), InputError) << row.key;
    }
  }
}

TEST(Key, ProfilesMaySetPoliciesAndNothingOfTheMachine) {
  std::vector<std::string> policies;
  for (const KeyRow& row : accelerator_keys()) {
    if (row.facts.policy) {
      policies.push_back(row.key);
    }
  }
  EXPECT_THAT(policies,
              ElementsAre("layers.first_last", "psum.cost_bits", "dram.device", "feature_maps"));
}

TEST(Key, AnEmptySectionIsThatOfTheDefaults) {
  EXPECT_EQ(load("mapper={}").mapper, MapperConfig{});
  ConfigNode node = load("name=x").resolved;
  for (const char* const section : {"post", "timing", "highway", "technology"}) {
    *node.find(section) = ConfigNode::from_string("{}", "empty.yaml");
  }
  const AcceleratorConfig config = read_accelerator(node);
  EXPECT_EQ(config.post, PostConfig{});
  EXPECT_EQ(config.timing, TimingConfig{});
  EXPECT_EQ(config.highway, HighwayConfig{});
  EXPECT_EQ(config.technology, TechnologyConfig{});
  *node.find("array") = ConfigNode::from_string("{}", "empty.yaml");
  EXPECT_THAT([&] { static_cast<void>(read_accelerator(node)); },
              ThrowsMessage<InputError>("empty.yaml:1:1: 'array' lacks the required key 'rows'"));
}

TEST(Key, WhatANetworkIsQuantizedToIsReadByTheSameRows) {
  ConfigNode node = ConfigNode::from_string(
      "precision: {weight: 2, activation: 4}\nlayers: {first_last: composed8, overrides: {'a*': "
      "3}}\n"
      "highway: {enabled: true, bits: 6}\n",
      "a.yaml");
  ConfigMap map{node, "(top)"};
  const AcceleratorConfig asked = read_quantization(map);
  map.finish();
  EXPECT_EQ(asked.precision, (OperandWidths{2, 4}));
  EXPECT_EQ(asked.layers.first_last, FirstLast::composed8);
  EXPECT_THAT(asked.layers.overrides, ElementsAre(LayerOverride{"a*", {3, 3}}));
  EXPECT_TRUE(asked.highway.enabled);
  EXPECT_EQ(asked.highway.bits, 6);
  node.set("highway.storage=single");  // of the machine
  ConfigMap again{node, "(top)"};
  EXPECT_THAT([&] { static_cast<void>(read_quantization(again)); },
              ThrowsMessage<InputError>(HasSubstr("unknown key 'storage' in 'highway'")));
}

TEST(Key, ChoicesHaveEachNameOnce) {
  EXPECT_EQ(to_string(FirstLast::composed8), "composed8");
  EXPECT_EQ(choice_named<RunLengthMode>("where_it_helps"), RunLengthMode::where_it_helps);
  EXPECT_EQ(choice_named<PagePolicy>("ajar"), std::nullopt);
  for (const KeyRow& row : all_keys()) {
    EXPECT_EQ(std::set<std::string_view>(row.facts.choices.begin(), row.facts.choices.end()).size(),
              row.facts.choices.size())
        << row.key;
  }
}

}  // namespace
}  // namespace turnpike::config
