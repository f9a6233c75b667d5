// The vocabulary of counts: one table, closed, and the one the documentation shows.

#include "sim/base/vocabulary.hpp"

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/base/action_count.hpp"
#include "sim/base/inventory.hpp"

namespace turnpike {
namespace {

static_assert(Item{}.empty());
static_assert(Item{"add"} < Item{"mul"} && Item{} < Item{"add"});
static_assert(!Item::named("divide").has_value());
static_assert(action_index(Component::noc, Action::write, "psum_out_y").has_value());
static_assert(!action_index(Component::noc, Action::read, "psum_out_y").has_value());

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in{line};
  for (std::string cell; std::getline(in, cell, '|');) {
    cell.erase(0, cell.find_first_not_of(' '));
    cell.erase(cell.find_last_not_of(' ') + 1);
    cells.push_back(cell);
  }
  return cells;
}

std::vector<std::string> list_in(const std::string& cell) {
  std::vector<std::string> out;
  std::istringstream in{cell};
  for (std::string each; std::getline(in, each, ',');) {
    out.push_back(each.substr(each.find_first_not_of(' ')));
  }
  return out.empty() ? std::vector<std::string>{""} : out;
}

std::string payers_of(const ActionRow& row) {
  std::string out{to_string(row.paid_by)};
  return row.also_paid_by ? fmt::format("{}, {}", out, to_string(*row.also_paid_by)) : out;
}

/// "component action item" with its streams and payers.
using Vocabulary = std::map<std::string, std::string>;

Vocabulary of_the_page() {
  std::ifstream page{std::string{TURNPIKE_SOURCE_DIR} + "/docs/action_vocabulary.md"};
  Vocabulary out;
  for (std::string line; std::getline(page, line);) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != 8 || !Component::named(cells[1])) {
      continue;
    }
    for (const std::string& action : list_in(cells[2])) {
      for (const std::string& item : list_in(cells[3])) {
        const std::string name = fmt::format("{} {} {}", cells[1], action, item);
        EXPECT_TRUE(out.emplace(name, fmt::format("{}; {}", cells[5], cells[6])).second)
            << name << " stands there twice";
      }
    }
  }
  return out;
}

Vocabulary of_the_table() {
  Vocabulary out;
  for (const ActionRow& row : kActionRows) {
    const std::string name =
        fmt::format("{} {} {}", to_string(row.component), to_string(row.action), row.item);
    const char* streams = row.streams == Streams::both ? "low, highway" : "low";
    EXPECT_TRUE(out.emplace(name, fmt::format("{}; {}", streams, payers_of(row))).second)
        << name << " stands there twice";
  }
  return out;
}

TEST(Vocabulary, IsWhatItsPageSays) {
  EXPECT_EQ(of_the_page(), of_the_table());
}

TEST(Vocabulary, ItemsAreOrderedAsTheirTextsAre) {
  std::set<std::string_view> texts;
  std::set<Item> items;
  for (const ActionRow& row : kActionRows) {
    texts.insert(row.item);
    items.insert(Item::named(row.item).value());
  }
  std::vector<std::string_view> in_order;
  for (const Item item : items) {
    in_order.push_back(item.text());
  }
  EXPECT_TRUE(std::equal(texts.begin(), texts.end(), in_order.begin(), in_order.end()));
}

TEST(Vocabulary, EveryActionBelongsToAComponentAndEveryComponentHasOne) {
  std::set<Component> acting;
  for (const ActionRow& row : kActionRows) {
    acting.insert(row.component);
  }
  EXPECT_EQ(acting.size(), static_cast<std::size_t>(kComponents));
}

TEST(Vocabulary, RefusesKeysThatNobodyCounts) {
  ActionKey key{Component::noc, Action::write, Stream::low, "filter_y", 8, 0, 0, false};
  EXPECT_EQ(refusal(key), "");
  key.stream = Stream::highway;
  EXPECT_EQ(refusal(key), "'noc write filter_y' is never counted on the highway");
  key = {Component::noc, Action::read, Stream::low, "filter_y", 8, 0, 0, false};
  EXPECT_EQ(refusal(key), "'noc read filter_y' is no action of docs/action_vocabulary.md");
  key = {Component::noc, Action::write, Stream::low, "filter_y", 8, 8, 16, false};
  EXPECT_EQ(refusal(key), "'noc write filter_y' has other widths than '8x8+16'");
  key = {Component::mac, Action::compute, Stream::low, {}, 8, 0, 0, false};
  EXPECT_EQ(refusal(key), "'mac compute ' has other widths than '8'");
}

TEST(Inventory, NamesItsComponentsInTheOrderOfTheResults) {
  Inventory machine;
  machine.units = {{.component = Component::dram, .name = "DRAM"},
                   {.component = Component::mac, .name = "MAC"},
                   {.component = Component::dram, .name = "more DRAM"}};
  EXPECT_EQ(machine.components(), (std::vector<Component>{Component::mac, Component::dram}));
}

TEST(Inventory, AUnitPaysForTheItemsItServes) {
  Inventory machine;
  machine.units = {{.component = Component::noc,
                    .name = "vertical bus",
                    .unit_class = UnitClass::wire,
                    .serves = {"filter_y"}},
                   {.component = Component::noc, .name = "bus", .unit_class = UnitClass::wire}};
  EXPECT_EQ(machine.payer(UnitClass::wire, Component::noc, "filter_y")->name, "vertical bus");
  EXPECT_EQ(machine.payer(UnitClass::wire, Component::noc, "filter_x")->name, "bus");
  EXPECT_EQ(machine.payer(UnitClass::fifo, Component::noc, "filter_x"), nullptr);
}

}  // namespace
}  // namespace turnpike
