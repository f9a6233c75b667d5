#include "sim/base/record.hpp"

#include <gtest/gtest.h>

namespace turnpike {
namespace {

struct Part {
  int width = 0;
};
struct Thing {
  std::string name;
  Part part;
  bool here = false;
  [[nodiscard]] int twice() const { return 2 * part.width; }
};

}  // namespace

template <>
inline constexpr auto fields_of<Thing> =
    std::tuple{Field{Label{"name", "", "of it"}, OrNull{&Thing::name}},
               Field{Label{"width_mm", "mm", "of its part"}, Inside{&Thing::part, &Part::width}},
               Field{Label{"place", "", "where it is"}, Named{&Thing::here, "here", "there"}},
               Field{Label{"twice", "1", "its width doubled"}, &Thing::twice}};

namespace {

TEST(Record, PlacesFetchWhatTheyStore) {
  Thing thing;
  store(Inside{&Thing::part, &Part::width}, thing, 3);
  EXPECT_EQ(thing.part.width, 3);
  EXPECT_EQ(fetch(Inside{&Thing::part, &Part::width}, thing), 3);
  EXPECT_EQ(fetch(OrNull{&Thing::name}, thing), std::nullopt);
  store(OrNull{&Thing::name}, thing, std::optional<std::string>{"x"});
  EXPECT_EQ(fetch(OrNull{&Thing::name}, thing), "x");
  store(Named{&Thing::here, "here", "there"}, thing, std::string{"here"});
  EXPECT_TRUE(thing.here);
  EXPECT_EQ(fetch(Named{&Thing::here, "here", "there"}, thing), "here");
}

TEST(Record, WhatFollowsFromOthersIsNotStored) {
  std::string stored;
  for_each_field<Thing>([&stored](const auto& field) {
    using Place = std::remove_cvref_t<decltype(field.place)>;
    stored += is_stored<Place, Thing> ? std::string{field.label.name} + " " : "";
  });
  EXPECT_EQ(stored, "name width_mm place ");
  EXPECT_FALSE((is_stored<Always, Thing>));
  EXPECT_EQ(fetch(&Thing::twice, Thing{"", {4}, false}), 8);
}

TEST(Record, ShortNamesLackThePhysicalUnit) {
  EXPECT_EQ(short_name({"energy_uj", "uJ", ""}), "energy");
  EXPECT_EQ(short_name({"area_mm2", "mm2", ""}), "area");
  EXPECT_EQ(short_name({"processing_cycles", "cycles", ""}), "processing_cycles");
  EXPECT_EQ(short_name({"glb_bytes", "B", ""}), "glb_bytes");
  EXPECT_EQ(short_name({"average_power_mw", "mW", ""}, {.short_name = "power"}), "power");
}

}  // namespace
}  // namespace turnpike
