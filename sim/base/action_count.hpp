#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace turnpike {

/// The components that cost energy or area. Names as in results.json (DESIGN contract).
enum class Component {
  mac,
  ifmap_spad,
  filter_spad,
  psum_spad,
  pe_control,
  pe_fifo,
  pe_link,
  noc,
  glb,
  glb_filter,
  post,
  rlc,
  controller,
  clock,
  leakage,
  dram,
};
inline constexpr int kComponents = 16;

enum class Action { read, write, compute, gated, idle, activate, refresh, background };
inline constexpr int kActions = 8;

/// Low-precision traffic, or what the precision highway adds to it.
enum class Stream { low, highway };

[[nodiscard]] std::string_view to_string(Component component);
[[nodiscard]] std::string_view to_string(Action action);
[[nodiscard]] std::string_view to_string(Stream stream);
/// InternalError-free lookups: false if there is no such name.
[[nodiscard]] bool from_string(std::string_view name, Component& component);
[[nodiscard]] bool from_string(std::string_view name, Action& action);
[[nodiscard]] bool from_string(std::string_view name, Stream& stream);

/// What an action works on. `bits` is the width of the datum (activation for a MAC); `weight_bits`
/// and `psum_bits` are set where the price depends on them (mac: all three; 0 elsewhere).
/// `item` tells actions of one component apart, e.g. noc "filter_y", "ifmap_x"; post "requant",
/// "add"; dram "rd". Counts are of `item`'s natural unit: accesses, words, cycles, commands.
struct ActionKey {
  Component component = Component::mac;
  Action action = Action::read;
  Stream stream = Stream::low;
  std::string item;
  int bits = 0;
  int weight_bits = 0;
  int psum_bits = 0;
  bool midrise = false;

  friend auto operator<=>(const ActionKey&, const ActionKey&) = default;  // NOLINT: clang-tidy 14
  friend bool operator==(const ActionKey&, const ActionKey&) = default;
};

/// "16", or "2x2+16" for a mac (activation x weight + psum), "2x2m+16" if the weight is mid-rise.
[[nodiscard]] std::string widths_text(const ActionKey& key);

/// Action counts of one layer (Accelergy's "action counts"), in a fixed order.
using ActionCounts = std::map<ActionKey, std::uint64_t>;

/// Adds `from` to `into`.
void accumulate(ActionCounts& into, const ActionCounts& from);

}  // namespace turnpike
