#include "sim/base/printable.hpp"

#include <set>

#include <gtest/gtest.h>

namespace turnpike {
namespace {

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(printable(std::string_view{"\0\x7f", 2}), "\\x00\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\x9b2J")
      << "the one-byte CSI, as UTF-8";
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b2J")
      << "and as Latin-1";
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "cba"),
            "\\u202ecba")
      << "right to left";
  EXPECT_EQ(printable_lines("a\nb\x1b"), "a\nb\\x1b");
}

TEST(Printable, KeepsUtf8AndPrintableText) {
  for (const char* text : {"layer1.0.conv1",
                           "Gr\xc3\xb6\xc3\x9f"
                           "e",
                           "\xe5\xb1\xa4", "\xf0\x9f\x9b\xa3", "a\\x1b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut off";
}

TEST(Printable, JsonKeepsItsMeaning) {
  EXPECT_EQ(printable_json("{\n \"a\": \"\xc2\x9b\x7f\xc3\xa4\"\n}"),
            "{\n \"a\": \"\\u009b\\u007f\xc3\xa4\"\n}");
}

TEST(Printable, FindsTheFirstByteThatIsNoUtf8) {
  EXPECT_EQ(utf8_prefix("caf\xc3\xa9"), 5U);
  EXPECT_EQ(utf8_prefix("caf\xe9!"), 3U);
  EXPECT_EQ(utf8_prefix(""), 0U);
}

TEST(Shortened, CutsTheMiddleOfLongNamesOnly) {
  EXPECT_EQ(shortened({"conv1", "layer2.0.downsample"}, 12),
            (std::vector<std::string>{"conv1", "layer..ample"}));
}

TEST(Shortened, KeepsDifferentNamesDifferent) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    names.push_back("encoder.block" + std::to_string(i / 10) + ".attention.head" +
                    std::to_string(i % 10) + ".projection.weight");
  }
  const std::vector<std::string> labels = shortened(names, 14);
  EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), names.size());
  for (const std::string& label : labels) {
    EXPECT_LE(columns_of(label), 14U) << label;
  }
  EXPECT_EQ(shortened({"the very same name", "the very same name"}, 8)[0],
            shortened({"the very same name", "the very same name"}, 8)[1]);
}

TEST(Shortened, NeverCutsACodePoint) {
  const std::string name =
      "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc";
  const std::string label = shortened({name}, 7)[0];
  EXPECT_EQ(columns_of(label), 7U);
  EXPECT_EQ(printable(label), label);
}

TEST(ColumnsOf, CountsWhatATerminalShows) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("conv1"), 5U);
  EXPECT_EQ(columns_of("\xc3\xa4\xc3\xb6"), 2U);          // a and o with dots
  EXPECT_EQ(columns_of("\xe5\xb1\x82\xe4\xb8\x80"), 4U);  // two Chinese characters
  EXPECT_EQ(columns_of("\xea\xb0\x80x"), 3U);             // a Hangul syllable, a letter
}

TEST(Shortened, KeepsWideCharactersWithinTheirColumns) {
  std::string name;
  for (int i = 0; i < 12; ++i) {
    name += "\xe5\xb1\x82";
  }
  for (std::size_t columns = 6; columns < 24; ++columns) {
    const std::string label = shortened({name}, columns)[0];
    EXPECT_LE(columns_of(label), columns) << label;
    EXPECT_GE(columns_of(label) + 2, columns) << label;  // no half of a character
    EXPECT_EQ(printable(label), label);
  }
}

TEST(Wrapped, BreaksLongLinesAtBlanks) {
  EXPECT_EQ(wrapped("short\n", 10), "short\n");
  EXPECT_EQ(wrapped("one two three four\n", 10), "one two\n  three\n  four\n");
  EXPECT_EQ(wrapped("  one two three", 10), "  one two\n    three");
  EXPECT_EQ(wrapped("a-word-that-is-longer x", 10), "a-word-that-is-longer\n  x");
  EXPECT_EQ(wrapped("one\n\ntwo", 3), "one\n\ntwo");
}

}  // namespace
}  // namespace turnpike
