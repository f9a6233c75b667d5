#include "sim/config/key_text.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace turnpike::config {
namespace {

/// Large powers of two are written as such.
std::string bound(double value) {
  constexpr double kLarge = 1 << 20;
  if (value >= kLarge && std::exp2(std::floor(std::log2(value))) == value) {
    return fmt::format("2^{}", std::log2(value));
  }
  return fmt::format("{}", value);
}

std::string range(const KeyFacts& facts) {
  return fmt::format("{}..{}", bound(facts.low),
                     facts.high_key.empty() ? bound(facts.high) : std::string{facts.high_key});
}

std::string values(const KeyFacts& facts) {
  switch (facts.form) {
    case Form::integer:
    case Form::number:
      return range(facts);
    case Form::choice:
      return fmt::format("{}", fmt::join(facts.choices, ", "));
    case Form::integer_or_choice:
      return fmt::format("{}, {}", range(facts), fmt::join(facts.choices, ", "));
    case Form::widths:
      return fmt::format("{0}, or {{weight: {0}, activation: {0}}}", range(facts));
    case Form::layer_widths:
      return "{pattern: bits or {weight, activation, weights, weight_scale, activations, clip, "
             "weight_step, step}}";
    case Form::band:
      return fmt::format("[{}..1, 1..{}]", bound(facts.low), bound(facts.high));
    case Form::range:
      return fmt::format("[low, high] in {}", range(facts));
    case Form::truth:
    case Form::text:
    case Form::mapping:
    case Form::section:
      return "";
  }
  return "";
}

}  // namespace

std::string type_text(const KeyFacts& facts) {
  switch (facts.form) {
    case Form::integer:
      return "integer";
    case Form::number:
      return "number";
    case Form::truth:
      return "true|false";
    case Form::choice:
      return "choice";
    case Form::text:
      return "text";
    case Form::integer_or_choice:
      return "integer or choice";
    case Form::widths:
      return "integer or mapping";
    case Form::band:
    case Form::range:
      return "list";
    case Form::layer_widths:
    case Form::mapping:
    case Form::section:
      return "mapping";
  }
  return "";
}

std::string allowed_text(const KeyFacts& facts) {
  return (facts.allowed.empty() ? values(facts) : std::string{facts.allowed}) +
         std::string{facts.note};
}

std::string meaning_text(const KeyFacts& facts) {
  std::string out{facts.meaning};
  for (const auto& [mark, part] : {std::pair{", ", facts.unit}, {"; ", facts.more}}) {
    out += part.empty() ? "" : mark + std::string{part};
  }
  return out;
}

}  // namespace turnpike::config
