#include "sim/config/sources.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/accelerator/small_machine.hpp"

namespace turnpike::config {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

/// The `cost` mapping every profile has to have.
constexpr const char* kCost = R"(cost:
  clock: none
  clock_factor: 0.0
  idle_pe_clock: 0.0
  access_clock: false
  control: false
  leakage: true
  dram_background: false
  first_last_area: false
  uncertainty: {logic: [0.5, 2], spads: [0.5, 2], noc: [0.5, 2], glb: [0.5, 2], clock: [0.5, 2], leakage: [0.5, 2], dram: [0.5, 2]}
)";

class ConfigurationLayers : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "profiles");
    profile("own", "psum: {cost_bits: 20}\ndram: {device: lpddr3-1600}\nfeature_maps: keep\n");
    profile("other", "psum: {cost_bits: 24}\nlayers: {first_last: native16}\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ / name} << text;
  }
  void profile(const std::string& name, const std::string& keys) const {
    write("profiles/" + name + ".yaml", "schema: turnpike-profile/1\nname: " + name +
                                            "\ndescription: of a test\n" + keys + kCost);
  }
  /// The small machine without the keys of profiles, and `keys`.
  [[nodiscard]] AcceleratorConfig load(const std::string& keys,
                                       std::optional<std::string> chosen = {},
                                       std::vector<std::string> settings = {}) const {
    std::string text = accelerator::test::kSmallMachine;
    for (const std::string key :
         {"psum: {cost_bits: 16, arithmetic: exact}\n",
          "dram: {device: lpddr3-1600, channels: 1, page: open}\n", "feature_maps: keep\n"}) {
      text.erase(text.find(key), key.size());
    }
    write("machine.yaml", text + "profile: own\n" + keys);
    return load_accelerator({(folder_ / "machine.yaml").string(), folder_.string(),
                             std::move(chosen), std::move(settings)});
  }

  fs::path folder_ = fs::path{testing::TempDir()} / "turnpike_layers";
};

TEST_F(ConfigurationLayers, TheProfileAFileNamesFillsWhatTheFileLeavesOpen) {
  const AcceleratorConfig config = load("");
  EXPECT_EQ(config.psum.cost_bits.bits, 20);
  EXPECT_EQ(config.dram.channels, 1);
}

TEST_F(ConfigurationLayers, EveryKeyOfTheFileWinsOverItsProfile) {
  const AcceleratorConfig config = load(
      "psum: {cost_bits: 22}\nlayers: {first_last: composed}\ndram: {device: ideal}\n"
      "feature_maps: spill\ncost: {leakage: false}\n");
  EXPECT_EQ(config.psum.cost_bits.bits, 22);
  EXPECT_EQ(config.layers.first_last, FirstLast::composed);
  EXPECT_EQ(config.dram.device, "ideal");
  EXPECT_EQ(config.feature_maps, FeatureMaps::spill);
  EXPECT_EQ(config.cost.find("leakage")->scalar, "false");
  EXPECT_EQ(config.cost.find("clock")->scalar, "none");
}

TEST_F(ConfigurationLayers, AChosenProfileWinsOverTheFileAndASettingOverBoth) {
  const std::string keys = "psum: {cost_bits: 22}\nfeature_maps: spill\n";
  EXPECT_EQ(load(keys, "other").psum.cost_bits.bits, 24);
  EXPECT_EQ(load(keys, "other").profile, "other");
  EXPECT_EQ(load(keys, "other").feature_maps, FeatureMaps::spill);  // `other` does not say
  EXPECT_EQ(load(keys, "other", {"psum.cost_bits=28"}).psum.cost_bits.bits, 28);
}

TEST_F(ConfigurationLayers, ASetProfileIsLaidBeforeTheOtherSettingsWhereverItStands) {
  EXPECT_EQ(load("", "own", {"psum.cost_bits=28", "profile=other"}).psum.cost_bits.bits, 28);
  EXPECT_EQ(load("", "own", {"profile=other"}).psum.cost_bits.bits, 24);
}

TEST_F(ConfigurationLayers, WhatAProfileOrASettingReplacesIsReadStrictlyAllTheSame) {
  for (const std::string wrong :
       {"feature_maps: banana\n", "psum: {cost_bits: -7}\n", "layers: {first_last: [1]}\n",
        "dram: {device: {a: 1}}\n", "cost: {leakage: banana}\n", "cost: {leakege: true}\n",
        "cost: 5\n", "cost:\n", "psum: {cost_bits: {a: 1}}\n"}) {
    EXPECT_THAT([&] { static_cast<void>(load(wrong)); },
                ThrowsMessage<InputError>(HasSubstr("machine.yaml:")))
        << wrong;
    EXPECT_THAT(([&] {
                  static_cast<void>(load(wrong, "other",
                                         {"feature_maps=keep", "psum.cost_bits=16",
                                          "dram.device=ideal", "cost.leakage=true"}));
                }),
                ThrowsMessage<InputError>(HasSubstr("machine.yaml:")))
        << wrong;
  }
}

TEST_F(ConfigurationLayers, AProfileMaySetPoliciesOnlyWhoeverReadsIt) {
  profile("wide", "array: {rows: 6}\n");
  EXPECT_THAT([&] { static_cast<void>(load("", "wide")); },
              ThrowsMessage<InputError>(HasSubstr("unknown key 'array'")));
  EXPECT_THAT([&] { static_cast<void>(load("", {}, {"profile=wide"})); },
              ThrowsMessage<InputError>(HasSubstr("unknown key 'array'")));
  profile("odd", "psum: {cost_bits: 65}\n");
  EXPECT_THAT([&] { static_cast<void>(load("", "odd", {"psum.cost_bits=16"})); },
              ThrowsMessage<InputError>(HasSubstr("odd.yaml:4:19")));
}

TEST_F(ConfigurationLayers, AnUnknownProfileIsBlamedOnWhoNamesIt) {
  EXPECT_THAT([&] { static_cast<void>(load("", "othr")); },
              ThrowsMessage<InputError>(HasSubstr("did you mean 'other'?")));
  EXPECT_THAT([&] { static_cast<void>(load("", {}, {"profile=" + std::string(5000, 'x')})); },
              ThrowsMessage<InputError>(HasSubstr("is unknown")));
}

TEST_F(ConfigurationLayers, AKeyIsSetOnce) {
  EXPECT_THAT(
      [&] {
        static_cast<void>(load("", {}, {"rlc=on", "rlc=off"}));
      },
      ThrowsMessage<InputError>("--set rlc=off: 'rlc' is set already, by rlc=on"));
}

TEST_F(ConfigurationLayers, ShowsWhomEachKeyOverrode) {
  const std::string shown =
      load("psum: {cost_bits: 22}\n", "other", {"psum.cost_bits=28"}).resolved.to_yaml(true);
  EXPECT_THAT(shown, HasSubstr("cost_bits: 28  # --set psum.cost_bits=28; over 24 of " +
                               (folder_ / "profiles/other.yaml").string() + ":4:19; over 22 of " +
                               (folder_ / "machine.yaml").string()));
  EXPECT_THAT(shown, HasSubstr("; over 20 of " + (folder_ / "profiles/own.yaml").string()));
  EXPECT_THAT(shown, HasSubstr("profile: other  # --profile other; over own of "));
}

TEST_F(ConfigurationLayers, NamesTheKeysThatDepartFromTheProfile) {
  EXPECT_THAT(departures(load("")), IsEmpty());
  EXPECT_THAT(departures(load("dram: {device: lpddr3-1600}\n")), IsEmpty());
  EXPECT_THAT(departures(load("dram: {device: ideal}\n", {}, {"cost.leakage=false"})),
              ElementsAre("dram.device", "cost.leakage"));
  EXPECT_THAT(departures(load("psum: {cost_bits: 22}\n", "other")), IsEmpty());
  EXPECT_THAT(departures(load("feature_maps: spill\n", "own", {"cost.uncertainty.glb=[0.1, 9]"})),
              ElementsAre("cost.uncertainty.glb"));
}

TEST_F(ConfigurationLayers, AHighwaysKeysAreNotSetForAMachineWithoutOne) {
  const auto checked = [this](const std::vector<std::string>& settings) {
    return [this, settings] { check_highway_settings(load("", {}, settings)); };
  };
  EXPECT_NO_THROW(checked({})());  // the file states bits and storage
  EXPECT_NO_THROW(checked({"highway.enabled=true", "highway.bits=16"})());
  EXPECT_NO_THROW(checked({"highway={enabled: true, storage: single}"})());
  EXPECT_THAT(checked({"highway.bits=16"}),
              ThrowsMessage<InputError>(HasSubstr("--set highway.bits=16: 'highway.bits' changes "
                                                  "nothing")));
  for (const std::string setting :
       {"highway.storage=single", "highway={bits: 16}", "highway={enabled: false, bits: 16}"}) {
    EXPECT_THROW(checked({setting})(), InputError) << setting;
  }
}

}  // namespace
}  // namespace turnpike::config
