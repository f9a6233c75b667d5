#include "memory/dram_device.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/text.hpp"

namespace turnpike::memory {
namespace {

constexpr long kMostClocks = 1'000'000;
constexpr double kMostPicojoules = 1e9;

bool is_power_of_two(std::int64_t value) {
  return value > 0 && std::has_single_bit(static_cast<std::uint64_t>(value));
}

std::int64_t read_power_of_two(ConfigMap& map, const std::string& key, long max) {
  const long value = map.get_int(key, 1, max);
  if (!is_power_of_two(value)) {
    map.fail(key, fmt::format("'{}' is {}, not a power of two", key, value));
  }
  return value;
}

/// `key` must be at least `least`, which is what `of` stands for.
void require_at_least(const ConfigMap& map, const std::string& key, int value, int least,
                      const std::string& of) {
  if (value < least) {
    map.fail(key, fmt::format("'{}' is {} clocks, less than {} = {}", key, value, of, least));
  }
}

DramOrganisation read_organisation(ConfigMap map) {
  DramOrganisation o;
  o.channel_bits = static_cast<int>(read_power_of_two(map, "channel_bits", 4096));
  o.device_bits = static_cast<int>(read_power_of_two(map, "device_bits", 4096));
  o.burst_length = static_cast<int>(read_power_of_two(map, "burst_length", 64));
  o.bank_groups = static_cast<int>(read_power_of_two(map, "bank_groups", 16));
  o.banks_per_group = static_cast<int>(read_power_of_two(map, "banks_per_group", 32));
  o.rows = read_power_of_two(map, "rows", 1L << 24U);
  o.columns = read_power_of_two(map, "columns", 1L << 16U);
  o.page_bytes = map.get_int("page_bytes", 1, 1L << 20U);
  o.devices_per_rank = static_cast<int>(map.get_int("devices_per_rank", 1, 256));
  o.ranks = static_cast<int>(read_power_of_two(map, "ranks", 8));
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
  map.finish();
  return o;
}

void check_timing(const ConfigMap& map, const DramTiming& t) {
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

DramTiming read_timing(ConfigMap map) {
  const auto clocks = [&map](const char* key, long min) {
    return static_cast<int>(map.get_int(key, min, kMostClocks));
  };
  DramTiming t;
  t.CL = clocks("CL", 1);
  t.CWL = clocks("CWL", 1);
  t.RCD = clocks("RCD", 1);
  t.RP = clocks("RP", 1);
  t.RAS = clocks("RAS", 1);
  t.RC = clocks("RC", 1);
  t.RRD_S = clocks("RRD_S", 1);
  t.RRD_L = clocks("RRD_L", 1);
  t.FAW = clocks("FAW", 1);
  t.CCD_S = clocks("CCD_S", 1);
  t.CCD_L = clocks("CCD_L", 1);
  t.WR = clocks("WR", 1);
  t.WTR_S = clocks("WTR_S", 1);
  t.WTR_L = clocks("WTR_L", 1);
  t.RTP = clocks("RTP", 1);
  t.RTRS = clocks("RTRS", 0);
  t.RFC = clocks("RFC", 1);
  t.REFI = clocks("REFI", 1);
  t.XP = clocks("XP", 1);
  t.CKE = clocks("CKE", 1);
  check_timing(map, t);
  map.finish();
  return t;
}

DramEnergy read_energy(ConfigMap map) {
  DramEnergy e;
  const std::string quality = map.get_choice("quality", {"datasheet", "placeholder"});
  e.quality = quality == "datasheet" ? EnergyQuality::datasheet : EnergyQuality::placeholder;
  e.act_pre_pj = map.get_double("act_pre_pj", 0.0, kMostPicojoules);
  e.read_pj_per_bit = map.get_double("read_pj_per_bit", 0.0, kMostPicojoules);
  e.write_pj_per_bit = map.get_double("write_pj_per_bit", 0.0, kMostPicojoules);
  e.refresh_pj = map.get_double("refresh_pj", 0.0, kMostPicojoules);
  e.background_precharged_mw = map.get_double("background_precharged_mw", 0.0, 1e6);
  e.background_active_mw = map.get_double("background_active_mw", 0.0, 1e6);
  e.background_powerdown_mw = map.get_double("background_powerdown_mw", 0.0, 1e6);
  map.finish();
  return e;
}

std::string read_mapping(ConfigMap& map) {
  std::string text = map.get_string("address_mapping");
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
  return text;
}

}  // namespace

std::int64_t DramDevice::burst_bytes() const {
  switch (kind) {
    case DramKind::dram:
      return organisation.burst_bytes();
    case DramKind::link:
      return organisation.channel_bits / 8;
    case DramKind::ideal:
      break;
  }
  return 8;
}

double DramDevice::peak_bytes_per_second() const {
  if (kind == DramKind::ideal) {
    return std::numeric_limits<double>::infinity();
  }
  const int clocks =
      kind == DramKind::link ? 1 : std::max(organisation.burst_length / 2, timing.CCD_S);
  return static_cast<double>(burst_bytes()) / (clocks * tck_ns * 1e-9);
}

std::int64_t DramDevice::capacity_bytes() const {
  return kind == DramKind::dram ? organisation.capacity_bytes()
                                : std::numeric_limits<std::int64_t>::max();
}

std::int64_t DramDevice::tck_fs() const {
  return std::llround(tck_ns * 1e6);
}

DramDevice read_dram_device(ConfigMap& map) {
  DramDevice device;
  static_cast<void>(map.get_choice("schema", {"turnpike-dram/1"}));
  device.name = map.get_string("name");
  device.source = map.get_string("source");
  const std::string kind = map.get_choice("kind", {"dram", "link", "ideal"});
  if (kind == "dram") {
    device.kind = DramKind::dram;
    device.tck_ns = map.get_double("tck_ns", 0.05, 1000.0);
    device.organisation = read_organisation(map.get_map("organisation"));
    device.timing = read_timing(map.get_map("timing"));
    device.energy = read_energy(map.get_map("energy"));
    device.address_mapping = read_mapping(map);
  } else if (kind == "link") {
    device.kind = DramKind::link;
    device.tck_ns = 1000.0 / map.get_double("clock_mhz", 0.001, 20000.0);
    device.organisation.channel_bits = static_cast<int>(map.get_int("word_bits", 8, 4096));
    if (device.organisation.channel_bits % 8 != 0) {
      map.fail("word_bits", "'word_bits' must be whole bytes");
    }
  }
  map.finish();
  return device;
}

DramDevice dram_device_from_file(const std::string& path) {
  ConfigMap map = ConfigMap::from_file(path);
  return read_dram_device(map);
}

DramDevice dram_device_from_string(const std::string& text, const std::string& name) {
  ConfigMap map = ConfigMap::from_string(text, name);
  return read_dram_device(map);
}

DramDevice find_dram_device(const std::string& name, const std::string& directory,
                            const SourceSpot& spot) {
  if (name.ends_with(".yaml")) {
    return dram_device_from_file(name);
  }
  const std::vector<std::string> known = list_devices(directory);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw InputError{
        spot, fmt::format("no DRAM device '{}' in {}{}", name, directory, suggestion(name, known))};
  }
  return dram_device_from_file((std::filesystem::path{directory} / (name + ".yaml")).string());
}

std::vector<std::string> list_devices(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  if (error) {
    throw FileError{{directory, 0, 0}, "cannot be listed: " + error.message()};
  }
  std::sort(names.begin(), names.end());
  return names;
}

void check_channels(const DramDevice& device, long channels, const SourceSpot& spot) {
  if (device.kind == DramKind::link && channels != 1) {
    throw InputError{
        spot, fmt::format("'{}' is a link and has one channel, not {}", device.name, channels)};
  }
  if (channels > 64 || !is_power_of_two(channels)) {
    throw InputError{spot,
                     fmt::format("{} DRAM channels; expected a power of two up to 64", channels)};
  }
}

}  // namespace turnpike::memory
