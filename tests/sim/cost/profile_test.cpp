#include "sim/cost/profile.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::string text_of(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Profile load_changed(const std::string& from, const std::string& to) {
  const std::string path = testing::TempDir() + "/changed_profile.yaml";
  std::ofstream{path} << with(text_of(test::profile_path("silicon")), from, to);
  return Profile::load(path);
}

TEST(Profile, TheThreeProfilesDifferAsTheirAccountingDoes) {
  const CostPolicy silicon = test::policy_of("silicon");
  EXPECT_EQ(silicon.clock, ClockRule::flip_flops);
  EXPECT_GT(silicon.clock_factor, 0.0);
  EXPECT_FALSE(silicon.access_clock);
  EXPECT_TRUE(silicon.leakage);
  EXPECT_TRUE(silicon.dram_background);
  const CostPolicy access = test::policy_of("access");
  EXPECT_EQ(access.clock, ClockRule::none);
  EXPECT_TRUE(access.access_clock);
  EXPECT_FALSE(access.leakage);
  const CostPolicy paper = test::policy_of("paper");
  EXPECT_EQ(paper.clock, ClockRule::none);
  EXPECT_FALSE(paper.access_clock);
  EXPECT_FALSE(paper.dram_background);
  const Profile profile = Profile::load(test::profile_path("paper"));
  EXPECT_EQ(profile.name, "paper");
  EXPECT_EQ(profile.overlay.find("psum")->find("cost_bits")->scalar, "scaled");
  EXPECT_EQ(profile.overlay.find("layers")->find("first_last")->scalar, "native16");
  EXPECT_EQ(profile.overlay.find("schema"), nullptr);
}

TEST(Profile, DirectoryListsItsProfiles) {
  EXPECT_THAT(Profile::names_in(std::string{TURNPIKE_SOURCE_DIR} + "/configs/profiles"),
              testing::IsSupersetOf({"access", "paper", "silicon"}));
  EXPECT_THROW(static_cast<void>(Profile::names_in("/nowhere")), FileError);
}

TEST(Profile, BandsAreThoseOfTheGroups) {
  const CostPolicy policy = test::policy_of("silicon");
  EXPECT_DOUBLE_EQ(policy.uncertainty[static_cast<std::size_t>(Group::logic)].low, 0.55);
  EXPECT_DOUBLE_EQ(policy.uncertainty[static_cast<std::size_t>(Group::dram)].high, 3.5);
  EXPECT_EQ(group_of(Component::pe_link), Group::noc);
  EXPECT_EQ(group_of(Component::psum_spad), Group::spads);
}

TEST(Profile, PolicyLineSaysEveryPolicy) {
  const PolicyContext context{"silicon", "16 bit", "same", "lpddr3-1600", "keep", {}};
  CostPolicy silicon = test::policy_of("silicon");
  silicon.clock_factor = 0.25;
  EXPECT_EQ(policy_line(context, silicon),
            "profile silicon: psum 16 bit; first/last layer same; clock flip_flops x 0.25; "
            "control out; leakage in; DRAM lpddr3-1600, standby in; feature maps keep");
  PolicyContext departing = context;
  departing.departures = {"dram.device", "cost.leakage"};
  EXPECT_THAT(policy_line(departing, silicon),
              HasSubstr("feature maps keep; departs: dram.device, cost.leakage"));
  EXPECT_THAT(policy_line(context, test::policy_of("access")),
              HasSubstr("clock inside accesses only"));
  EXPECT_THAT(policy_line(context, test::policy_of("paper")), HasSubstr("; no clock;"));
}

TEST(Profile, SaysWhereANumberComesFrom) {
  const Profile silicon = Profile::load(test::profile_path("silicon"));
  ASSERT_TRUE(silicon.sources.contains("cost.clock_factor"));
  EXPECT_THAT(silicon.sources.at("cost.clock_factor"), HasSubstr("turnpike calibrate clock"));
  EXPECT_EQ(silicon.overlay.find("source"), nullptr);
  EXPECT_THAT([] { load_changed("cost.clock_factor:", "cost.clock_facter:"); },
              ThrowsMessage<InputError>(HasSubstr("this profile sets no key 'cost.clock_facter'")));
  EXPECT_THAT([] { load_changed("source:", "sources:"); },
              ThrowsMessage<InputError>(HasSubstr("did you mean 'source'?")));
}

TEST(Profile, WrongKeysNameTheirPlace) {
  EXPECT_THAT([] { load_changed("  leakage: true", "  leakege: true"); },
              ThrowsMessage<InputError>(HasSubstr("lacks the required key 'leakage'")));
  EXPECT_THAT([] { load_changed("  control: false", "  control: false\n  contrl: true"); },
              ThrowsMessage<InputError>(
                  HasSubstr("unknown key 'contrl' in 'cost'; did you mean 'control'?")));
  EXPECT_THAT([] { load_changed("clock: flip_flops", "clock: fast"); },
              ThrowsMessage<InputError>(HasSubstr("must be one of none, flip_flops")));
  EXPECT_THAT([] { load_changed("access_clock: false", "access_clock: true"); },
              ThrowsMessage<InputError>(HasSubstr("paid for twice")));
  EXPECT_THAT([] { load_changed("noc: [0.5, 2.0]", "noc: [1.5, 2.0]"); },
              ThrowsMessage<InputError>(HasSubstr("outside 0.001..1")));
  EXPECT_THAT([] { load_changed("feature_maps: keep", "array: {rows: 3}"); },
              ThrowsMessage<InputError>(HasSubstr("unknown key 'array'")));
  EXPECT_THAT([] { load_changed("cost_bits: 16", "cost_bits: 65"); },
              ThrowsMessage<InputError>(HasSubstr("'psum.cost_bits' is 65, outside 1..64")));
  EXPECT_THAT([] { load_changed("turnpike-profile/1", "turnpike-profile/9"); },
              ThrowsMessage<InputError>(HasSubstr("'schema' must be one of turnpike-profile/1")));
}

}  // namespace
}  // namespace turnpike::cost
