#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/config_node.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// Operand widths, bits: those a machine is built for and networks are quantized to (`precision`),
/// or those of some layers.
struct OperandWidths {
  int weight = 16;
  int activation = 16;

  /// The wider operand.
  [[nodiscard]] constexpr int widest() const { return std::max(weight, activation); }
  friend bool operator==(const OperandWidths&, const OperandWidths&) = default;
};

/// "4" or "{weight: 4, activation: 8}", bits within the row's bounds; `name` is for messages.
[[nodiscard]] OperandWidths parse_widths(const ConfigNode& node, const std::string& name,
                                         const KeyFacts& facts);
[[nodiscard]] std::string shown(const OperandWidths& widths);

namespace key {

[[nodiscard]] std::optional<OperandWidths> read_widths(ConfigMap& map, const KeyFacts& facts);

template <auto Member>
[[nodiscard]] constexpr auto widths(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  facts.form = Form::widths;
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& section, Scope) {
                  section.*Member = read_widths(map, row).value_or(section.*Member);
                },
                [](const S& section) { return config::shown(section.*Member); }, nullptr};
}

}  // namespace key
}  // namespace turnpike::config
