#include "memory/dram_keys.hpp"

#include <array>
#include <bit>
#include <initializer_list>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "memory/dram_device.hpp"

namespace turnpike::memory {
namespace {

/// `key` must be at least `least`, which is what `of` stands for.
void require_at_least(const ConfigMap& map, const std::string& key, int value, int least,
                      const std::string& of) {
  if (value < least) {
    map.fail(key, fmt::format("'{}' is {} clocks, less than {} = {}", key, value, of, least));
  }
}

}  // namespace

// Rules between keys, found by config::read_keys.

void check(const DramOrganisation& o, const ConfigMap& map) {
  if (o.burst_length < 2) {
    map.fail("burst_length", "'burst_length' is 1; a burst takes whole clocks of two transfers");
  }
  if (o.channel_bits < 8) {
    map.fail("channel_bits", "'channel_bits' must be whole bytes");
  }
  if (o.devices_per_rank * o.device_bits != o.channel_bits) {
    map.fail(
        "devices_per_rank",
        fmt::format("{} devices of {} bits make a channel of {}, not {} bits", o.devices_per_rank,
                    o.device_bits, o.devices_per_rank * o.device_bits, o.channel_bits));
  }
  if (o.page_bytes * 8 != o.columns * o.device_bits) {
    map.fail("page_bytes",
             fmt::format("'page_bytes' is {}, but {} columns of {} bits are {} bytes", o.page_bytes,
                         o.columns, o.device_bits, o.columns * o.device_bits / 8));
  }
  if (o.columns < o.burst_length) {
    map.fail("columns", "'columns' is less than 'burst_length': a row must hold a burst");
  }
}

void check(const DramTiming& t, const ConfigMap& map) {
  require_at_least(map, "RC", t.RC, t.RAS + t.RP, "RAS + RP");
  require_at_least(map, "RAS", t.RAS, t.RCD, "RCD");
  require_at_least(map, "RRD_L", t.RRD_L, t.RRD_S, "RRD_S");
  require_at_least(map, "FAW", t.FAW, t.RRD_S, "RRD_S");
  require_at_least(map, "CCD_L", t.CCD_L, t.CCD_S, "CCD_S");
  require_at_least(map, "WTR_L", t.WTR_L, t.WTR_S, "WTR_S");
  require_at_least(map, "CL", t.CL, t.CWL, "CWL");
  if (t.REFI <= t.RFC) {
    map.fail("REFI", fmt::format("'REFI' is {} clocks, not more than RFC = {}: refreshing would "
                                 "leave no time for data",
                                 t.REFI, t.RFC));
  }
}

namespace {

constexpr std::array<std::string_view, 1> kSchemas = {"turnpike-dram/1"};
constexpr double kMostPicojoules = 1e9;
constexpr double kMostMilliwatts = 1e6;

void read_schema(ConfigMap& map, const config::KeyFacts& facts, DramDevice& /*device*/) {
  static_cast<void>(config::key::read_choice(map, facts));
}

void read_link_clock(ConfigMap& map, const config::KeyFacts& facts, DramDevice& device) {
  if (const auto mhz = config::key::read_number(map, facts)) {
    device.tck_ns = 1000.0 / *mhz;
  }
}

void read_word(ConfigMap& map, const config::KeyFacts& facts, DramDevice& device) {
  const auto bits = config::key::read_integer(map, facts, static_cast<std::int64_t>(facts.high));
  if (bits && *bits % 8 != 0) {
    map.fail("word_bits", "'word_bits' must be whole bytes");
  }
  device.organisation.channel_bits = static_cast<int>(bits.value_or(8));
}

void read_mapping(ConfigMap& map, const config::KeyFacts& facts, DramDevice& device) {
  const auto read = config::key::read_text(map, facts);
  if (!read) {
    return;
  }
  const std::string& text = *read;
  std::set<std::string> fields;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    fields.insert(text.substr(at, 2));
  }
  if (text.size() != 12 || fields != std::set<std::string>{"ba", "bg", "ch", "co", "ra", "ro"}) {
    map.fail("address_mapping",
             fmt::format("'address_mapping' is '{}'; expected each of ro ra ba bg co ch once, most "
                         "significant first, as in 'rorababgcoch'",
                         text));
  }
  device.address_mapping = text;
}

std::string nothing(const DramDevice& /*device*/) {
  return "";
}

template <auto Member>
constexpr auto clocks(std::string_view name, std::string_view meaning, double low = 1) {
  return config::key::integer<Member>({.name = name,
                                       .low = low,
                                       .high = 1'000'000,
                                       .required = true,
                                       .meaning = meaning,
                                       .unit = "clocks"});
}

/// An integer of 1..high, and a power of two.
template <auto Member>
constexpr auto power_of_two(std::string_view name, double high, std::string_view meaning,
                            std::string_view note = ", a power of two") {
  using Value = typename config::key::MemberOf<Member>::value;
  auto key = config::key::integer<Member>(
      {.name = name, .low = 1, .high = high, .note = note, .required = true, .meaning = meaning});
  key.read = [](ConfigMap& map, const config::KeyFacts& facts, DramOrganisation& organisation,
                config::Scope) {
    const auto value =
        config::key::read_integer(map, facts, static_cast<std::int64_t>(facts.high)).value_or(1);
    if (!std::has_single_bit(static_cast<std::uint64_t>(value))) {
      map.fail(std::string{facts.name},
               fmt::format("'{}' is {}, not a power of two", facts.name, value));
    }
    organisation.*Member = static_cast<Value>(value);
  };
  return key;
}

}  // namespace
}  // namespace turnpike::memory

template <>
struct turnpike::config::ChoiceNames<turnpike::memory::DramKind> {
  static constexpr std::array<std::string_view, 3> names = {"dram", "link", "ideal"};
};
template <>
struct turnpike::config::ChoiceNames<turnpike::memory::EnergyQuality> {  // `none` is not written
  static constexpr std::array<std::string_view, 2> names = {"datasheet", "placeholder"};
};

namespace turnpike::config {

using memory::clocks;
using memory::DramDevice;
using memory::DramEnergy;
using memory::DramKind;
using memory::DramOrganisation;
using memory::DramTiming;
using memory::kMostMilliwatts;
using memory::kMostPicojoules;
using memory::power_of_two;

template <>
inline constexpr auto kKeys<DramOrganisation> = std::array{
    power_of_two<&DramOrganisation::channel_bits>("channel_bits", 4096, "data wires of a channel",
                                                  ", a power of two from 8"),
    power_of_two<&DramOrganisation::device_bits>("device_bits", 4096, "data wires of a device"),
    power_of_two<&DramOrganisation::burst_length>(
        "burst_length", 64, "transfers of a read or write command", ", a power of two from 2"),
    power_of_two<&DramOrganisation::bank_groups>("bank_groups", 16, "bank groups of a rank"),
    power_of_two<&DramOrganisation::banks_per_group>("banks_per_group", 32, "banks of a group"),
    power_of_two<&DramOrganisation::rows>("rows", 1 << 24, "rows of a bank"),
    power_of_two<&DramOrganisation::columns>("columns", 1 << 16, "transfers of a row"),
    key::integer<&DramOrganisation::page_bytes>({.name = "page_bytes",
                                                 .low = 1,
                                                 .high = 1 << 20,
                                                 .required = true,
                                                 .meaning = "row of a device",
                                                 .unit = "bytes"}),
    key::integer<&DramOrganisation::devices_per_rank>({.name = "devices_per_rank",
                                                       .low = 1,
                                                       .high = 256,
                                                       .required = true,
                                                       .meaning = "devices that make a channel"}),
    power_of_two<&DramOrganisation::ranks>("ranks", 8, "ranks of a channel")};

template <>
inline constexpr auto kKeys<DramTiming> = std::array{
    clocks<&DramTiming::CL>("CL", "read command to first data"),
    clocks<&DramTiming::CWL>("CWL", "write command to first data"),
    clocks<&DramTiming::RCD>("RCD", "activate to read or write"),
    clocks<&DramTiming::RP>("RP", "precharge to activate"),
    clocks<&DramTiming::RAS>("RAS", "activate to precharge"),
    clocks<&DramTiming::RC>("RC", "activate to activate, same bank"),
    clocks<&DramTiming::RRD_S>("RRD_S", "activate to activate, other bank group"),
    clocks<&DramTiming::RRD_L>("RRD_L", "activate to activate, same bank group"),
    clocks<&DramTiming::FAW>("FAW", "a window with at most four activates of a rank"),
    clocks<&DramTiming::CCD_S>("CCD_S", "CAS to CAS, other bank group"),
    clocks<&DramTiming::CCD_L>("CCD_L", "CAS to CAS, same bank group"),
    clocks<&DramTiming::WR>("WR", "end of write data to precharge"),
    clocks<&DramTiming::WTR_S>("WTR_S", "end of write data to read, other bank group"),
    clocks<&DramTiming::WTR_L>("WTR_L", "end of write data to read, same bank group"),
    clocks<&DramTiming::RTP>("RTP", "read to precharge"),
    clocks<&DramTiming::RTRS>("RTRS", "bubble on the data bus when its driver changes", 0),
    clocks<&DramTiming::RFC>("RFC", "refresh to next command of the rank"),
    clocks<&DramTiming::REFI>("REFI", "mean distance of two refreshes of a rank"),
    clocks<&DramTiming::XP>("XP", "power-down exit to first command"),
    clocks<&DramTiming::CKE>("CKE", "shortest stay in power-down")};

template <>
inline constexpr auto kKeys<DramEnergy> = std::array{
    key::choice<&DramEnergy::quality>({.name = "quality",
                                       .required = true,
                                       .meaning = "whether absolute energies can be trusted"}),
    key::number<&DramEnergy::act_pre_pj>({.name = "act_pre_pj",
                                          .low = 0,
                                          .high = kMostPicojoules,
                                          .required = true,
                                          .meaning = "an activate with its precharge",
                                          .unit = "pJ of one device"}),
    key::number<&DramEnergy::read_pj_per_bit>({.name = "read_pj_per_bit",
                                               .low = 0,
                                               .high = kMostPicojoules,
                                               .required = true,
                                               .meaning = "a bit read",
                                               .unit = "pJ of one device"}),
    key::number<&DramEnergy::write_pj_per_bit>({.name = "write_pj_per_bit",
                                                .low = 0,
                                                .high = kMostPicojoules,
                                                .required = true,
                                                .meaning = "a bit written",
                                                .unit = "pJ of one device"}),
    key::number<&DramEnergy::refresh_pj>({.name = "refresh_pj",
                                          .low = 0,
                                          .high = kMostPicojoules,
                                          .required = true,
                                          .meaning = "a refresh of all banks",
                                          .unit = "pJ of one device"}),
    key::number<&DramEnergy::background_precharged_mw>(
        {.name = "background_precharged_mw",
         .low = 0,
         .high = kMostMilliwatts,
         .required = true,
         .meaning = "standing power, every bank closed",
         .unit = "mW of one device"}),
    key::number<&DramEnergy::background_active_mw>(
        {.name = "background_active_mw",
         .low = 0,
         .high = kMostMilliwatts,
         .required = true,
         .meaning = "standing power, a bank open or a refresh running",
         .unit = "mW of one device"}),
    key::number<&DramEnergy::background_powerdown_mw>(
        {.name = "background_powerdown_mw",
         .low = 0,
         .high = kMostMilliwatts,
         .required = true,
         .meaning = "standing power, clock enable low",
         .unit = "mW of one device"})};

template <>
inline constexpr auto kKeys<DramDevice> = std::array{
    key::own<DramDevice, memory::read_schema, memory::nothing>(
        {.name = "schema",
         .form = Form::choice,
         .choices = memory::kSchemas,
         .required = true,
         .meaning = "kind and version of the file"}),
    key::text<&DramDevice::name>(
        {.name = "name", .required = true, .meaning = "name of the device"}),
    key::text<&DramDevice::source>(
        {.name = "source", .required = true, .meaning = "where the figures come from"}),
    key::choice<&DramDevice::kind>(
        {.name = "kind",
         .required = true,
         .meaning = "banks and rows; a serial link; answers at once. The keys below are those of a "
                    "dram unless they say link"}),
    key::own<DramDevice, memory::read_word, memory::nothing>({.name = "word_bits",
                                                              .form = Form::integer,
                                                              .low = 8,
                                                              .high = 4096,
                                                              .note = ", whole bytes",
                                                              .absent = "required for link",
                                                              .meaning = "link: bits of a word"}),
    key::own<DramDevice, memory::read_link_clock, memory::nothing>(
        {.name = "clock_mhz",
         .form = Form::number,
         .low = 0.001,
         .high = 20000,
         .absent = "required for link",
         .meaning = "link: words per us"}),
    key::number<&DramDevice::tck_ns>({.name = "tck_ns",
                                      .low = 0.05,
                                      .high = 1000,
                                      .absent = "required for dram",
                                      .meaning = "clock period",
                                      .unit = "ns"}),
    key::own<DramDevice, memory::read_mapping, memory::nothing>(
        {.name = "address_mapping",
         .form = Form::text,
         .allowed = "each of ro ra ba bg co ch once",
         .absent = "required for dram",
         .meaning = "address bits from the most significant down"}),
    key::section<&DramDevice::organisation>(
        {.name = "organisation", .absent = "required for dram"}),
    key::section<&DramDevice::timing>({.name = "timing", .absent = "required for dram"}),
    key::section<&DramDevice::energy>({.name = "energy", .absent = "required for dram"})};

}  // namespace turnpike::config

namespace turnpike::memory {

namespace {

/// Reads these keys of the device, which its kind demands.
void read_demanded(ConfigMap& map, DramDevice& device,
                   std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    for (const auto& key : config::kKeys<DramDevice>) {
      if (key.facts.name == name) {
        config::KeyFacts facts = key.facts;
        facts.required = true;
        key.read(map, facts, device, config::Scope::all);
      }
    }
  }
}

}  // namespace

DramDevice read_dram_device(ConfigMap& map) {
  DramDevice device;
  read_demanded(map, device, {"schema", "name", "source", "kind"});
  if (device.kind == DramKind::dram) {
    read_demanded(map, device, {"tck_ns", "organisation", "timing", "energy", "address_mapping"});
  } else if (device.kind == DramKind::link) {
    read_demanded(map, device, {"clock_mhz", "word_bits"});
  }
  map.finish();
  return device;
}

std::vector<config::KeyRow> dram_keys() {
  std::vector<config::KeyRow> rows;
  config::add_rows<DramDevice>(rows, "");
  return rows;
}

}  // namespace turnpike::memory
