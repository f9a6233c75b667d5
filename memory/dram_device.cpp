#include "memory/dram_device.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>

#include <fmt/format.h>

#include "sim/base/text.hpp"

namespace turnpike::memory {
namespace {

bool is_power_of_two(std::int64_t value) {
  return value > 0 && std::has_single_bit(static_cast<std::uint64_t>(value));
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
