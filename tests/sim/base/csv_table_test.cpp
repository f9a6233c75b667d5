#include "sim/base/csv_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnpike {
namespace {

using testing::ThrowsMessage;

TEST(CsvTable, ReadsQuotedFields) {
  const auto table = CsvTable::from_string("a,b\n1,\"x, \"\"y\"\"\"\n\n2.5,\n", "t.csv");
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.text(0, "b"), "x, \"y\"");
  EXPECT_DOUBLE_EQ(table.number(1, "a"), 2.5);
  EXPECT_THAT([&] { static_cast<void>(table.number(1, "b")); },
              ThrowsMessage<InputError>("t.csv:4: column 'b' must be a number, not ''"));
}

TEST(CsvTable, ARaggedRowNamesItsLine) {
  EXPECT_THAT([] { static_cast<void>(CsvTable::from_string("a,b\n1,2\n3\n", "t.csv")); },
              ThrowsMessage<InputError>("t.csv:3: 1 fields where the header has 2"));
}

TEST(CsvTable, AnUnknownColumnSuggestsTheNearest) {
  const auto table = CsvTable::from_string("width,depth\n1,2\n", "t.csv");
  EXPECT_THAT([&] { static_cast<void>(table.text(0, "widht")); },
              ThrowsMessage<InputError>("t.csv:1: has no column 'widht'; did you mean 'width'?"));
}

TEST(CsvTable, FieldsAreQuotedOnlyWhereNeeded) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

TEST(CsvTable, TextThatASpreadsheetWouldRunIsNeutralisedAndReadBack) {
  EXPECT_EQ(csv_field("=1+1"), "'=1+1");
  EXPECT_EQ(csv_field("@x"), "'@x");
  EXPECT_EQ(csv_field("-cmd|' /C calc'!A0"), "'-cmd|' /C calc'!A0");
  EXPECT_EQ(csv_field("\t=1"), "'\t=1");
  EXPECT_EQ(csv_field("+a,b"), "\"'+a,b\"");
  for (const char* number : {"-3.5", "+2", "-1e-9"}) {
    EXPECT_EQ(csv_field(number), number);
  }
  for (const std::string text :
       {"=1+1", "'=1+1", "''@x", "'quoted", "'", "-3.5", "'-3.5", "+", "-", "\r=x", "\n=x", "\"=\"",
        "=\"a\",b\n\"\"", "@SUM(1,2)", "plain", ""}) {
    const auto table = CsvTable::from_string("a,b\n" + csv_field(text) + ",1\n", "t.csv");
    ASSERT_EQ(table.rows(), 1U);
    EXPECT_EQ(table.text(0, "a"), text);
  }
}

}  // namespace
}  // namespace turnpike
