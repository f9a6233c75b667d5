#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sim/config/choice.hpp"
#include "sim/config/key.hpp"

namespace turnpike::config {

/// The width psums are priced and stored at (`psum.cost_bits`); never what they compute.
struct PsumCost {
  enum class Rule {
    overflow_free,  ///< as wide as the layer's sums can get
    scaled,         ///< the wider operand's
    fixed,          ///< `bits`
  };
  Rule rule = Rule::fixed;
  int bits = 16;  ///< of `fixed`

  friend bool operator==(const PsumCost&, const PsumCost&) = default;
};

template <>
struct ChoiceNames<PsumCost::Rule> {  // a fixed width is written as its number
  static constexpr std::array<std::string_view, 2> names = {"overflow_free", "scaled"};
};

/// `psum`. Sums are exact whatever they cost (`psum.arithmetic: exact`).
struct PsumConfig {
  PsumCost cost_bits;

  friend bool operator==(const PsumConfig&, const PsumConfig&) = default;
};

inline constexpr std::array<std::string_view, 1> kArithmetic = {"exact"};
void read_cost_bits(ConfigMap& map, const KeyFacts& facts, PsumConfig& psum);
[[nodiscard]] std::string shown_cost_bits(const PsumConfig& psum);
void read_arithmetic(ConfigMap& map, const KeyFacts& facts, PsumConfig& psum);
[[nodiscard]] std::string shown_arithmetic(const PsumConfig& psum);

template <>
inline constexpr auto kKeys<PsumConfig> = std::array{
    key::own<PsumConfig, read_cost_bits, shown_cost_bits>(
        {.name = "cost_bits",
         .form = Form::integer_or_choice,
         .low = 1,
         .high = 64,
         .choices = ChoiceNames<PsumCost::Rule>::names,
         .policy = true,
         .meaning = "bits a psum is priced and stored at",
         .more = "changes no value"}),
    key::own<PsumConfig, read_arithmetic, shown_arithmetic>({.name = "arithmetic",
                                                             .form = Form::choice,
                                                             .choices = kArithmetic,
                                                             .meaning = "how psums are added"})};

[[nodiscard]] std::string to_string(const PsumCost& cost);

}  // namespace turnpike::config
