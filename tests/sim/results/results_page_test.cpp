// The tables of docs/results.md are those of the records.

#include <set>
#include <type_traits>

#include <gtest/gtest.h>

#include "sim/results/counts_file.hpp"
#include "sim/results/run_directory.hpp"
#include "sim/results/run_figures.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::results {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : std::string(1, c);
  }
  return out;
}

template <Described Record>
std::string markdown() {
  std::string out = "| key | unit | meaning |\n|---|---|---|\n";
  for_each_field<Record>([&out](const auto& field) {
    if (!field.options.elsewhere) {
      out += fmt::format("| `{}` | {}{}| {} |\n", field.label.name, field.label.unit,
                         field.label.unit.empty() ? "" : " ", escaped(field.label.text));
    }
  });
  return out;
}

/// What stands between '<!-- fields of NAME -->' and '<!-- end of fields of NAME -->'.
std::string block(const std::string& name) {
  const std::string page = test::bytes_of(std::string{TURNPIKE_SOURCE_DIR} + "/docs/results.md");
  const std::string mark = "<!-- fields of " + name + " -->\n";
  const std::size_t at = page.find(mark);
  const std::size_t end = page.find("<!-- end of fields of " + name + " -->");
  return at == std::string::npos || end == std::string::npos
             ? "no such marks"
             : page.substr(at + mark.size(), end - at - mark.size());
}

TEST(ResultsPage, HasTheFieldsOfEachRecord) {
  EXPECT_EQ(block("results.json"), markdown<ResultsRecord>());
  EXPECT_EQ(block("source"), markdown<traces::Provenance>());
  EXPECT_EQ(block("totals"), markdown<Totals>());
  EXPECT_EQ(block("operations"), markdown<accelerator::OperationCounts>());
  EXPECT_EQ(block("off_array"), markdown<accelerator::OffArrayLayer>());
  EXPECT_EQ(block("checks"), markdown<accelerator::Checks>());
  EXPECT_EQ(block("residency"), markdown<accelerator::Residency>());
  EXPECT_EQ(block("layers"), markdown<PricedLayer>());
  EXPECT_EQ(block("counts.csv"), markdown<StoredCount>());
  EXPECT_EQ(block("run.json"), markdown<RunRecord>());
}

TEST(ResultsPage, EveryFigureHasANameOfItsOwnAndAText) {
  const auto check = []<Described Record>(std::type_identity<Record>) {
    std::set<std::string> names;
    for_each_field<Record>([&names](const auto& field) {
      EXPECT_FALSE(field.label.text.empty()) << field.label.name;
      EXPECT_TRUE(field.options.elsewhere || names.insert(std::string{field.label.name}).second)
          << field.label.name << " is there twice";
    });
  };
  check(std::type_identity<ResultsRecord>{});
  check(std::type_identity<Totals>{});
  check(std::type_identity<accelerator::Checks>{});
  check(std::type_identity<PricedLayer>{});
  check(std::type_identity<StoredCount>{});
  check(std::type_identity<RunRecord>{});
}

}  // namespace
}  // namespace turnpike::results
