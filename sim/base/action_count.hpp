#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "sim/base/vocabulary.hpp"

namespace turnpike {

/// What is counted: an action of the vocabulary, its stream and its widths. `bits` is the width of
/// the datum (activation for a MAC); `weight_bits` and `psum_bits` are set where the price depends
/// on them (mac: all three; 0 elsewhere). Counts are of the item's natural unit: accesses, words,
/// cycles, commands.
struct ActionKey {
  Component component = Component::mac;
  Action action = Action::read;
  Stream stream = Stream::low;
  Item item;
  int bits = 0;
  int weight_bits = 0;
  int psum_bits = 0;
  bool midrise = false;

  friend auto operator<=>(const ActionKey&, const ActionKey&) = default;  // NOLINT: clang-tidy 14
  friend bool operator==(const ActionKey&, const ActionKey&) = default;
};

/// A key of an action whose price depends on one width at most.
[[nodiscard]] constexpr ActionKey key_of(KnownAction what, int bits, Stream stream = Stream::low) {
  return {what.component, what.action, stream, what.item, bits, 0, 0, false};
}

/// Why a key is not one of the vocabulary: no such action, not on this stream, or not with these
/// widths. Empty if it is one.
[[nodiscard]] std::string refusal(const ActionKey& key);

/// "16", or "2x2+16" for a mac (activation x weight + psum), "2x2m+16" if the weight is mid-rise.
[[nodiscard]] std::string widths_text(const ActionKey& key);

/// Action counts of one layer (Accelergy's "action counts"), in a fixed order.
using ActionCounts = std::map<ActionKey, std::uint64_t>;

/// Adds `from` to `into`.
void accumulate(ActionCounts& into, const ActionCounts& from);

}  // namespace turnpike
