#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/config_node.hpp"

namespace turnpike {
namespace {

using testing::HasSubstr;

ConfigNode scalar(std::string text, bool quoted) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::scalar;
  node.scalar = std::move(text);
  node.quoted = quoted;
  return node;
}

/// Random values made of what YAML has a second meaning for.
class RandomNodes {
 public:
  explicit RandomNodes(std::uint64_t seed) : random_{seed} {}

  ConfigNode value(int depth) {
    switch (below(depth > 4 ? 2 : 5)) {
      case 0:
        return below(4) == 0 ? ConfigNode{} : scalar(text(), true);
      case 1:
        return scalar(text(), below(2) == 0);
      case 2: {
        ConfigNode list;
        list.kind = ConfigNode::Kind::sequence;
        for (std::size_t i = below(4); i > 0; --i) {
          list.items.push_back(value(depth + 1));
        }
        return list;
      }
      default:
        return mapping(depth);
    }
  }

  ConfigNode mapping(int depth) {
    ConfigNode map;
    map.kind = ConfigNode::Kind::mapping;
    for (std::size_t i = below(5); i > 0; --i) {
      const std::string key = text().substr(0, 255);
      if (map.find(key) == nullptr) {
        map.entries.emplace_back(key, value(depth + 1));
        map.entries.back().second.spot = {text(), 1, 2};
        map.entries.back().second.replaced = {{text(), {text(), 0, 0}}};
      }
    }
    return map;
  }

 private:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_);
  }

  std::string text() {
    static const std::vector<std::string> kWords = {"",
                                                    "yes",
                                                    "no",
                                                    "null",
                                                    "~",
                                                    "true",
                                                    "False",
                                                    "12",
                                                    "0x1f",
                                                    "1e3",
                                                    "-",
                                                    "010",
                                                    "?",
                                                    ":",
                                                    "a: b",
                                                    "#",
                                                    "a # b",
                                                    "  # ",
                                                    "- a",
                                                    "---",
                                                    "...",
                                                    "&a",
                                                    "*a",
                                                    "!t",
                                                    "%YAML",
                                                    "@",
                                                    "`",
                                                    "|",
                                                    ">",
                                                    "'",
                                                    "\"",
                                                    "\\",
                                                    "\\n",
                                                    "{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ",",
                                                    "a, b",
                                                    " lead",
                                                    "trail ",
                                                    "a\nb",
                                                    "\n",
                                                    "\r\n",
                                                    "\t",
                                                    "\x01",
                                                    "\x1b[2J",
                                                    "\x7f",
                                                    "\xc2\x85",
                                                    "\xe2\x80\xa8",
                                                    "\xef\xbb\xbf",
                                                    "\xc3\xa9",
                                                    "\xf0\x9f\x9a\x97",
                                                    "<<",
                                                    "=",
                                                    "-1",
                                                    ".5",
                                                    ".inf",
                                                    "1:30"};
    switch (below(4)) {
      case 0: {
        std::string out = kWords[below(kWords.size())] + kWords[below(kWords.size())];
        return out;
      }
      case 1: {
        std::string out;
        for (std::size_t i = below(12); i > 0; --i) {
          out += static_cast<char>(below(128));
        }
        return out;
      }
      case 2:
        return below(20) == 0 ? std::string(1100 + below(2000), 'x')
                              : std::string(below(90), 'y') + " z";
      default:
        return kWords[below(kWords.size())];
    }
  }

  std::mt19937_64 random_;
};

TEST(ConfigText, WhateverIsWrittenReadsBackTheSame) {
  for (std::uint64_t seed = 1; seed <= 1200; ++seed) {
    RandomNodes nodes{seed};
    const ConfigNode node = seed % 4 == 0 ? nodes.value(0) : nodes.mapping(0);
    for (const std::string& text : {node.to_yaml(), node.to_yaml(true), node.flow_text()}) {
      ASSERT_TRUE(same_value(ConfigNode::from_string(text, "a"), node)) << "seed " << seed << "\n"
                                                                        << text;
    }
  }
}

TEST(ConfigText, ALineFeedInANameStaysOne) {
  const ConfigNode node = ConfigNode::from_string("name: \"a\\nb\"\n", "a");
  EXPECT_EQ(ConfigNode::from_string(node.to_yaml(), "b").find("name")->scalar, "a\nb");
}

TEST(ConfigText, NumbersStayNumbersAndTextsTexts) {
  const std::string text = "a: \"x: y\"\nb: [1, -2, \"-z\"]\nc: {}\nd: null\ne: \"5\"\nf: true\n";
  EXPECT_EQ(ConfigNode::from_string(text, "a").to_yaml(), text);
}

TEST(ConfigText, QuotesCountWhereTheyMakeATextOfANumber) {
  EXPECT_FALSE(same_value(scalar("5", true), scalar("5", false)));
  EXPECT_FALSE(same_value(scalar("true", true), scalar("true", false)));
  EXPECT_TRUE(same_value(scalar("dual", true), scalar("dual", false)));
  EXPECT_FALSE(same_value(scalar("", true), ConfigNode{}));
}

TEST(ConfigText, AnOriginEndsItsLineWhateverItHolds) {
  ConfigNode node = ConfigNode::from_string("a: {b: 1}\n", "x  # y\nz.yaml");
  node.set("a.b=2");
  const std::string text = node.to_yaml(true);
  EXPECT_THAT(text, HasSubstr("b: 2  # --set a.b=2; over 1 of x # y\\nz.yaml:1:8"));
  EXPECT_TRUE(same_value(ConfigNode::from_string(text, "again"), node));
}

}  // namespace
}  // namespace turnpike
