#include "sim/config/profile.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/config/cost_policy.hpp"

namespace turnpike::config {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::string shipped_profile(const std::string& name) {
  return std::string{TURNPIKE_SOURCE_DIR} + "/configs/profiles/" + name + ".yaml";
}

CostPolicy policy_of(const std::string& name) {
  const Profile profile = Profile::load(shipped_profile(name));
  ConfigMap map{profile.overlay, "(top)"};
  return CostPolicy::read(map);
}

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
  std::ofstream{path} << with(text_of(shipped_profile("silicon")), from, to);
  return Profile::load(path);
}

TEST(Profile, TheThreeProfilesDifferAsTheirAccountingDoes) {
  const CostPolicy silicon = policy_of("silicon");
  EXPECT_EQ(silicon.clock, ClockRule::share);
  EXPECT_GT(silicon.clock_factor, 0.0);
  EXPECT_TRUE(silicon.access_clock);
  EXPECT_TRUE(silicon.uncertainty.fixed_share->contains(silicon.fixed_share));
  EXPECT_TRUE(silicon.uncertainty.stalled_pe_clock->contains(silicon.stalled_pe_clock));
  EXPECT_TRUE(silicon.leakage);
  EXPECT_TRUE(silicon.dram_background);
  const CostPolicy access = policy_of("access");
  EXPECT_EQ(access.clock, ClockRule::none);
  EXPECT_TRUE(access.access_clock);
  EXPECT_FALSE(access.leakage);
  const CostPolicy paper = policy_of("paper");
  EXPECT_EQ(paper.clock, ClockRule::none);
  EXPECT_FALSE(paper.access_clock);
  EXPECT_FALSE(paper.dram_background);
  const Profile profile = Profile::load(shipped_profile("paper"));
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
  const CostPolicy policy = policy_of("silicon");
  EXPECT_DOUBLE_EQ(policy.uncertainty[static_cast<std::size_t>(Group::logic)].low, 0.55);
  EXPECT_DOUBLE_EQ(policy.uncertainty[static_cast<std::size_t>(Group::dram)].high, 3.5);
}

TEST(Profile, SaysWhereANumberComesFrom) {
  const Profile silicon = Profile::load(shipped_profile("silicon"));
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
  EXPECT_THAT([] { load_changed("clock: share", "clock: fast"); },
              ThrowsMessage<InputError>(HasSubstr("must be one of none, flip_flops")));
  EXPECT_THAT([] { load_changed("clock: share", "clock: constant"); },
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
}  // namespace turnpike::config
