#pragma once

#include <array>
#include <optional>
#include <string>
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
  /// Of objective cycles: how much longer than the fewest a mapping may take that spends less.
  double slack = 0.01;
  std::optional<std::string>
      prices;  ///< profile whose prices mappings are chosen by; the run's own

  friend bool operator==(const MapperConfig&, const MapperConfig&) = default;
};

template <>
inline constexpr auto kKeys<MapperConfig> = std::array{
    key::choice<&MapperConfig::objective>(
        {.name = "objective", .meaning = "what mappings are chosen for"}),
    key::number<&MapperConfig::slack>(
        {.name = "slack",
         .low = 0,
         .high = 1,
         .meaning = "objective cycles: the least energy of the mappings that take at most this "
                    "share more than the fewest"}),
    key::text<&MapperConfig::prices>({.name = "prices",
                                      .allowed = "a profile",
                                      .absent = "the run's own",
                                      .meaning = "whose `cost:` decides between mappings"})};

}  // namespace turnpike::config
