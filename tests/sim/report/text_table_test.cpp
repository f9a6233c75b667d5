#include "sim/report/text_table.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace turnpike::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::size_t widest(const std::string& text) {
  std::size_t width = 0;
  for (const std::string& line : lines_of(text)) {
    width = std::max(width, line.size());
  }
  return width;
}

TEST(TextTable, CellsNeverSteerATerminal) {
  TextTable table{{"layer", "uJ"}};
  table.add({"\x1b[2Jconv\n1", "1.0"});
  EXPECT_EQ(table.to_string(),
            "layer            uJ\n"
            "-------------------\n"
            "\\x1b[2Jconv\\n1  1.0\n");
}

TEST(TextTable, Utf8IsPaddedByItsCharacters) {
  TextTable table{{"name", "n"}};
  table.add({"\xc3\xa4\xc3\xb6", "1"});
  table.add({"abcd", "2"});
  EXPECT_EQ(lines_of(table.to_string())[2], "\xc3\xa4\xc3\xb6    1");
}

TEST(TextTable, LongNamesGiveWayToNumbers) {
  TextTable table{{"layer", "a", "b"}};
  for (int i = 0; i < 12; ++i) {
    table.add({std::string(60, 'x') + std::to_string(i) + std::string(60, 'y'),
               std::string(20, '1'), std::string(20, '2')});
  }
  const std::string text = table.to_string(TableWidth::standard);
  const auto lines = lines_of(text);
  EXPECT_EQ(widest(text), kStandardColumns);
  EXPECT_EQ(std::set<std::string>(lines.begin() + 2, lines.end()).size(), 12U);
  EXPECT_GT(widest(table.to_string(TableWidth::wide)), 120U);
}

TEST(TextTable, ColumnsWithoutRoomFollowBelow) {
  std::vector<std::string> header{"run"};
  std::vector<std::string> row{"total"};
  for (int i = 0; i < 12; ++i) {
    header.push_back("column " + std::to_string(i));
    row.push_back(std::to_string(1000 + i));
  }
  TextTable table{header};
  table.add(row);
  const std::string text = table.to_string(TableWidth::standard);
  EXPECT_LE(widest(text), kStandardColumns);
  for (int i = 0; i < 12; ++i) {
    EXPECT_NE(text.find("column " + std::to_string(i)), std::string::npos);
    EXPECT_NE(text.find(std::to_string(1000 + i)), std::string::npos);
  }
  const auto lines = lines_of(text);
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.starts_with("total"); }),
            2);
}

}  // namespace
}  // namespace turnpike::report
