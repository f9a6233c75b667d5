#pragma once

#include <array>
#include <string_view>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// What a mapping is chosen for: fewest cycles, least energy, or least product of both.
enum class Objective { cycles, energy, energy_delay };
template <>
struct ChoiceNames<Objective> {
  static constexpr std::array<std::string_view, 3> names = {"cycles", "energy", "energy_delay"};
};

/// `mapper`.
struct MapperConfig {
  Objective objective = Objective::cycles;

  friend bool operator==(const MapperConfig&, const MapperConfig&) = default;
};

template <>
inline constexpr auto kKeys<MapperConfig> = std::array{key::choice<&MapperConfig::objective>(
    {.name = "objective", .meaning = "what mappings are chosen for"})};

}  // namespace turnpike::config
