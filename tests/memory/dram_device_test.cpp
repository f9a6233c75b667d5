#include "memory/dram_device.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory/address_mapping.hpp"
#include "memory/dram_keys.hpp"
#include "sim/base/random.hpp"
#include "tests/memory/dram_support.hpp"

namespace turnpike::memory {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string text_of(const std::string& name) {
  std::ifstream in{test::device_directory() + "/" + name + ".yaml"};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The text of ddr4-2400 with one line changed.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = text_of("ddr4-2400");
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

int line_of(const std::string& text, const std::string& part) {
  return 1 + static_cast<int>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find(part)), '\n'));
}

TEST(DramDevice, ShippedDevicesAreListed) {
  EXPECT_THAT(list_devices(test::device_directory()),
              ElementsAre("ddr3-1600", "ddr4-2400", "ddr4-3200", "eyeriss-link", "hbm2", "ideal",
                          "lpddr3-1600", "lpddr4-3200"));
}

TEST(DramDevice, ShippedDevicesReadAndAreNamedAsTheirFiles) {
  for (const std::string& name : list_devices(test::device_directory())) {
    const DramDevice device = test::device(name);
    EXPECT_EQ(device.name, name);
    EXPECT_FALSE(device.source.empty());
  }
}

TEST(DramDevice, PeakBandwidthsAreTheStandards) {
  const auto peak = [](const char* name) {
    return test::device(name).peak_bytes_per_second() / 1e9;
  };
  EXPECT_NEAR(peak("lpddr3-1600"), 12.8, 1e-9);
  EXPECT_NEAR(peak("ddr3-1600"), 12.8, 1e-9);
  EXPECT_NEAR(peak("ddr4-2400"), 19.2, 0.1);
  EXPECT_NEAR(peak("ddr4-3200"), 25.6, 0.25);
  EXPECT_NEAR(peak("lpddr4-3200"), 12.8, 1e-9);
  EXPECT_NEAR(peak("hbm2"), 32.0, 1e-9);
  EXPECT_NEAR(peak("eyeriss-link"), 0.48, 1e-12);
}

TEST(DramDevice, CapacitiesAreThoseOfTheirDevices) {
  EXPECT_EQ(test::device("lpddr3-1600").capacity_bytes(), 2LL << 30);
  EXPECT_EQ(test::device("ddr4-2400").capacity_bytes(), 8LL << 30);
  EXPECT_EQ(test::device("lpddr4-3200").capacity_bytes(), 2LL << 30);
  EXPECT_EQ(test::device("hbm2").capacity_bytes(), 1LL << 29);
}

TEST(DramDevice, PlaceholderEnergiesAreMarked) {
  EXPECT_EQ(test::device("hbm2").energy.quality, EnergyQuality::placeholder);
  EXPECT_EQ(test::device("lpddr3-1600").energy.quality, EnergyQuality::datasheet);
  EXPECT_EQ(test::device("eyeriss-link").energy.quality, EnergyQuality::none);
}

struct Contradiction {
  const char* from;
  const char* to;
  const char* message;
};

TEST(DramDevice, ContradictionsAreRefusedWhereTheyStand) {
  const std::vector<Contradiction> cases{
      {"RC: 56", "RC: 55", "'RC' is 55 clocks, less than RAS + RP = 56"},
      {"RAS: 39", "RAS: 16", "'RAS' is 16 clocks, less than RCD = 17"},
      {"RRD_L: 6", "RRD_L: 3", "'RRD_L' is 3 clocks, less than RRD_S = 4"},
      {"FAW: 26", "FAW: 3", "'FAW' is 3 clocks, less than RRD_S = 4"},
      {"CCD_L: 6", "CCD_L: 3", "'CCD_L' is 3 clocks, less than CCD_S = 4"},
      {"WTR_L: 9", "WTR_L: 2", "'WTR_L' is 2 clocks, less than WTR_S = 3"},
      {"REFI: 9360", "REFI: 420", "'REFI' is 420 clocks, not more than RFC = 420"},
      {"banks_per_group: 4", "banks_per_group: 0", "'banks_per_group' is 0, outside 1..32"},
      {"burst_length: 8", "burst_length: 6", "'burst_length' is 6, not a power of two"},
      {"page_bytes: 1024", "page_bytes: 2048", "1024 columns of 8 bits are 1024 bytes"},
      {"devices_per_rank: 8", "devices_per_rank: 4", "make a channel of 32, not 64 bits"},
      {"rorababgcoch", "rorababgcoco", "expected each of ro ra ba bg co ch once"},
      {"CL: 17", "CL: fast", "'CL' must be an integer, not 'fast'"},
      {"  RTP: 9\n", "", "'timing' lacks the required key 'RTP'"},
      {"RTP: 9", "RTP: 9\n  tRTP: 9", "unknown key 'tRTP' in 'timing'; did you mean 'RTP'?"},
      {"quality: datasheet", "quality: good", "'quality'"},
      {"turnpike-dram/1", "turnpike-dram/2", "'schema'"},
      {"tck_ns: 0.83", "tck_ns: 0", "'tck_ns' is 0, outside"},
  };
  for (const Contradiction& c : cases) {
    SCOPED_TRACE(c.to);
    const std::string text = changed(c.from, c.to);
    EXPECT_THAT([&] { static_cast<void>(dram_device_from_string(text, "x.yaml")); },
                ThrowsMessage<InputError>(HasSubstr(c.message)));
  }
}

TEST(DramDevice, MessagesNameFileLineAndColumn) {
  const std::string text = changed("FAW: 26", "FAW: 3");
  const std::string spot = "x.yaml:" + std::to_string(line_of(text, "FAW: 3")) + ":8: ";
  EXPECT_THAT([&] { static_cast<void>(dram_device_from_string(text, "x.yaml")); },
              ThrowsMessage<InputError>(HasSubstr(spot)));
}

TEST(DramDevice, UnknownNamesGetASuggestion) {
  EXPECT_THAT(
      [] {
        static_cast<void>(
            find_dram_device("lpddr3-1500", test::device_directory(), {"a.yaml", 9, 16}));
      },
      ThrowsMessage<InputError>(
          AllOf(HasSubstr("a.yaml:9:16: no DRAM device 'lpddr3-1500'"), HasSubstr("lpddr3-1600"))));
  EXPECT_THROW(static_cast<void>(list_devices("/no/such/directory")), FileError);
  EXPECT_EQ(find_dram_device("hbm2", test::device_directory(), {}).name, "hbm2");
}

TEST(DramDevice, ChannelsArePowersOfTwoAndALinkHasOne) {
  EXPECT_NO_THROW(check_channels(test::device("hbm2"), 8, {}));
  EXPECT_THROW(check_channels(test::device("hbm2"), 3, {}), InputError);
  EXPECT_THROW(check_channels(test::device("hbm2"), 0, {}), InputError);
  EXPECT_THROW(check_channels(test::device("eyeriss-link"), 2, {}), InputError);
}

TEST(AddressMapping, TakesApartWhatItPutsTogether) {
  for (const std::string mapping :
       {"rorababgcoch", "rochrababgco", "corobabgrach", "chrabgbacoro"}) {
    SCOPED_TRACE(mapping);
    DramDevice device = test::device("ddr4-2400");
    device.address_mapping = mapping;
    device.organisation.ranks = 2;
    const AddressMapping map{device, 4};
    Random random{11};
    for (int i = 0; i < 1000; ++i) {
      const std::int64_t address = random.integer(0, map.capacity_bytes() / 64 - 1) * 64;
      const DramLocation where = map.locate(address + random.integer(0, 63));
      EXPECT_EQ(map.address_of(where), address);
      EXPECT_LT(where.row, 65536);
      EXPECT_LT(where.rank, 2);
    }
  }
}

TEST(AddressMapping, AStreamFillsARowBeforeItGoesToTheNextBankGroup) {
  const AddressMapping map{test::device("ddr4-2400"), 1};
  EXPECT_EQ(map.locate(0), (DramLocation{}));
  EXPECT_EQ(map.locate(8128), (DramLocation{.column = 127}));
  EXPECT_EQ(map.locate(8192), (DramLocation{.group = 1}));
  EXPECT_EQ(map.locate(4 * 8192), (DramLocation{.bank = 1}));
  EXPECT_EQ(map.locate(16 * 8192), (DramLocation{.row = 1}));
  const AddressMapping two{test::device("ddr4-2400"), 2};
  EXPECT_EQ(two.locate(64), (DramLocation{.channel = 1}));
}

/// ddr4-2400, or the link, with one value replaced.
void read_with(const std::string& device, const std::string& key, const std::string& value) {
  ConfigNode node = ConfigNode::from_string(text_of(device), device);
  node.set(key + '=' + value);
  ConfigMap map{node, "(top)"};
  static_cast<void>(read_dram_device(map));
}

TEST(DramDevice, AValueOutsideTheRangeOfItsRowIsRefused) {
  int checked = 0;
  for (const config::KeyRow& row : dram_keys()) {
    if (row.facts.high == row.facts.low) {
      continue;
    }
    const std::string device = row.absent == "required for link" ? "eyeriss-link" : "ddr4-2400";
    for (const double beyond : {row.facts.low - 1, 2 * row.facts.high}) {
      ++checked;
      EXPECT_THAT([&] { read_with(device, row.key, fmt::format("{}", beyond)); },
                  ThrowsMessage<InputError>(AllOf(
                      HasSubstr(fmt::format("'{}' is ", row.facts.name)),
                      HasSubstr(fmt::format("outside {}..{}", row.facts.low, row.facts.high)))))
          << row.key;
    }
  }
  EXPECT_EQ(checked, 2 * (3 + 10 + 20 + 7));
}

TEST(DramDevice, EveryKeyOfItsKindIsDemanded) {
  for (const config::KeyRow& row : dram_keys()) {
    const bool link = row.absent == "required for link";
    ConfigNode node = ConfigNode::from_string(text_of(link ? "eyeriss-link" : "ddr4-2400"), "a");
    const std::size_t dot = row.key.find('.');
    ConfigNode& section = dot == std::string::npos ? node : *node.find(row.key.substr(0, dot));
    EXPECT_EQ(std::erase_if(section.entries,
                            [&](const auto& entry) { return entry.first == row.facts.name; }),
              1U)
        << row.key;
    ConfigMap map{node, "(top)"};
    EXPECT_THAT([&] { static_cast<void>(read_dram_device(map)); },
                ThrowsMessage<InputError>(
                    HasSubstr(fmt::format("lacks the required key '{}'", row.facts.name))));
  }
}

}  // namespace
}  // namespace turnpike::memory
