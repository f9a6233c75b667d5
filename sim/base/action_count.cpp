#include "sim/base/action_count.hpp"

#include <array>

#include <fmt/format.h>

namespace turnpike {
namespace {

constexpr std::array<std::string_view, kComponents> kComponentNames = {
    "mac", "ifmap_spad", "filter_spad", "psum_spad", "pe_control", "pe_fifo", "pe_link", "noc",
    "glb", "glb_filter", "post",        "rlc",       "controller", "clock",   "leakage", "dram"};
constexpr std::array<std::string_view, kActions> kActionNames = {
    "read", "write", "compute", "gated", "idle", "activate", "refresh", "background"};
constexpr std::array<std::string_view, 2> kStreamNames = {"low", "highway"};

template <class Enum, std::size_t N>
bool look_up(const std::array<std::string_view, N>& names, std::string_view name, Enum& value) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) {
      value = static_cast<Enum>(i);
      return true;
    }
  }
  return false;
}

}  // namespace

std::string_view to_string(Component component) {
  return kComponentNames.at(static_cast<std::size_t>(component));
}
std::string_view to_string(Action action) {
  return kActionNames.at(static_cast<std::size_t>(action));
}
std::string_view to_string(Stream stream) {
  return kStreamNames.at(static_cast<std::size_t>(stream));
}
bool from_string(std::string_view name, Component& component) {
  return look_up(kComponentNames, name, component);
}
bool from_string(std::string_view name, Action& action) {
  return look_up(kActionNames, name, action);
}
bool from_string(std::string_view name, Stream& stream) {
  return look_up(kStreamNames, name, stream);
}

std::string widths_text(const ActionKey& key) {
  if (key.weight_bits == 0) {
    return key.bits == 0 ? std::string{} : fmt::format("{}", key.bits);
  }
  return fmt::format("{}x{}{}+{}", key.bits, key.weight_bits, key.midrise ? "m" : "",
                     key.psum_bits);
}

void accumulate(ActionCounts& into, const ActionCounts& from) {
  for (const auto& [key, count] : from) {
    into[key] += count;
  }
}

}  // namespace turnpike
