#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>

namespace turnpike::config {

/// The names of an enum's values as a file writes them, in the enum's order: specialised beside the
/// enum with `static constexpr std::array names`.
template <class Enum>
struct ChoiceNames;

template <class Enum>
concept Choice = requires {
  { ChoiceNames<Enum>::names[0] } -> std::convertible_to<std::string_view>;
};

template <Choice Enum>
[[nodiscard]] constexpr std::string_view to_string(Enum value) {
  return ChoiceNames<Enum>::names.at(static_cast<std::size_t>(value));
}

template <Choice Enum>
[[nodiscard]] constexpr std::optional<Enum> choice_named(std::string_view name) {
  for (std::size_t i = 0; i < ChoiceNames<Enum>::names.size(); ++i) {
    if (ChoiceNames<Enum>::names[i] == name) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

}  // namespace turnpike::config
