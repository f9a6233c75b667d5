#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sim/base/range.hpp"
#include "sim/config/choice.hpp"

namespace turnpike {
class ConfigMap;
class ConfigNode;
}  // namespace turnpike

/// Tables of keys. Beside the struct of a section stands kKeys<Section>: a row per key with what
/// its value may be and what it means. The reader, `config schema`, the JSON Schema and the tables
/// of docs/configuration.md all come from these rows; a default is the member's initializer.
namespace turnpike::config {

/// Forms of a value.
enum class Form {
  integer,            ///< low..high
  number,             ///< low..high
  truth,              ///< true or false
  choice,             ///< one of `choices`
  text,               ///< any, `allowed` says which make sense
  integer_or_choice,  ///< low..high, or one of `choices`
  widths,             ///< bits low..high, or {weight: bits, activation: bits}
  layer_widths,       ///< {pattern: widths}
  band,               ///< [low..1, 1..high], factors around 1
  range,              ///< [low, high], both in low..high
  mapping,            ///< free, `allowed` says of what
  section,            ///< a mapping with a table of its own
};

/// What a row says of its key.
struct KeyFacts {
  std::string_view name;
  Form form = Form::text;
  double low = 0.0;
  double high = 0.0;
  std::string_view high_key = {};  ///< sibling whose value bounds this one; `high` bounds that
  std::span<const std::string_view> choices = {};
  std::string_view allowed = {};  ///< printed instead of the range if not empty
  std::string_view note = {};     ///< printed behind the range: what else has to hold
  bool required = false;
  std::string_view absent = {};  ///< printed as the default if not empty
  bool policy = false;           ///< a profile may set it
  bool quantization = false;     ///< it decides what a network is quantized to
  std::string_view meaning = {};
  std::string_view unit = {};
  std::string_view more = {};  ///< printed behind the unit
};

/// Which keys a reader takes: all of a machine, those a profile may set, or those that decide what
/// a network is quantized to.
enum class Scope { all, policies, quantization };

[[nodiscard]] constexpr bool within(Scope scope, const KeyFacts& facts) {
  return scope == Scope::all || (scope == Scope::policies ? facts.policy : facts.quantization);
}

/// A row as it is printed.
struct KeyRow {
  std::string key;  ///< dotted
  KeyFacts facts;
  std::string absent;  ///< "required", or what holds without the key
};

/// A row: its facts, and how the value gets in and out of a section.
template <class Section>
struct Key {
  KeyFacts facts;
  void (*read)(ConfigMap& map, const KeyFacts& facts, Section& section, Scope scope);
  /// The value as a file would state it.
  std::string (*shown)(const Section& section);
  /// Adds the rows of a section below this key; null for a value.
  void (*nested)(std::vector<KeyRow>& rows, const std::string& prefix);
};

/// The table of a section, specialised beside it.
template <class Section>
inline constexpr std::array<Key<Section>, 0> kKeys{};

/// Makers of rows: `key::integer<&ArrayConfig::rows>({.name = "rows", .low = 1, ...})`.
namespace key {

// One value of each form: nullopt if the key is absent, InputError at its spot if it is wrong.
[[nodiscard]] const ConfigNode* value_of(ConfigMap& map, const KeyFacts& facts);
[[nodiscard]] std::optional<std::int64_t> read_integer(ConfigMap& map, const KeyFacts& facts,
                                                       std::int64_t high);
[[nodiscard]] std::optional<double> read_number(ConfigMap& map, const KeyFacts& facts);
[[nodiscard]] std::optional<bool> read_truth(ConfigMap& map, const KeyFacts& facts);
[[nodiscard]] std::optional<std::string> read_text(ConfigMap& map, const KeyFacts& facts);
/// Its place among the choices.
[[nodiscard]] std::optional<std::size_t> read_choice(ConfigMap& map, const KeyFacts& facts);
[[nodiscard]] std::optional<Range> read_band(ConfigMap& map, const KeyFacts& facts);
[[nodiscard]] std::optional<Range> read_range(ConfigMap& map, const KeyFacts& facts);

[[nodiscard]] std::string shown(std::int64_t value);
[[nodiscard]] std::string shown(double value);
[[nodiscard]] std::string shown(bool value);

template <auto Member>
struct MemberOf;
template <class Section, class Value, Value Section::*Member>
struct MemberOf<Member> {
  using section = Section;
  using value = Value;
};

/// Bounded by `high`, or by another member of the section.
template <auto Member, auto HighMember = nullptr>
[[nodiscard]] constexpr auto integer(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  using T = typename MemberOf<Member>::value;
  facts.form = Form::integer;
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& section, Scope) {
                  auto high = static_cast<std::int64_t>(row.high);
                  if constexpr (!std::is_null_pointer_v<decltype(HighMember)>) {
                    high = section.*HighMember;
                  }
                  if (const auto value = read_integer(map, row, high)) {
                    section.*Member = static_cast<T>(*value);
                  }
                },
                [](const S& section) { return shown(std::int64_t{section.*Member}); }, nullptr};
}

template <auto Member>
[[nodiscard]] constexpr auto number(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  facts.form = Form::number;
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& section, Scope) {
                  section.*Member = read_number(map, row).value_or(section.*Member);
                },
                [](const S& section) { return shown(section.*Member); }, nullptr};
}

template <auto Member>
[[nodiscard]] constexpr auto truth(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  facts.form = Form::truth;
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& section, Scope) {
                  section.*Member = read_truth(map, row).value_or(section.*Member);
                },
                [](const S& section) { return shown(section.*Member); }, nullptr};
}

/// A text, or one that may be missing (std::optional).
template <auto Member>
[[nodiscard]] constexpr auto text(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  facts.form = Form::text;
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& section, Scope) {
                  if (auto value = read_text(map, row)) {
                    section.*Member = std::move(*value);
                  }
                },
                [](const S& section) {
                  if constexpr (std::is_same_v<typename MemberOf<Member>::value, std::string>) {
                    return section.*Member;
                  } else {
                    return (section.*Member).value_or("");
                  }
                },
                nullptr};
}

template <auto Member>
[[nodiscard]] constexpr auto choice(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  using Enum = typename MemberOf<Member>::value;
  facts.form = Form::choice;
  facts.choices = ChoiceNames<Enum>::names;
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& section, Scope) {
                  if (const auto at = read_choice(map, row)) {
                    section.*Member = static_cast<Enum>(*at);
                  }
                },
                [](const S& section) { return std::string{to_string(section.*Member)}; }, nullptr};
}

/// A value with a reader of its own, `void Read(ConfigMap&, const KeyFacts&, Section&)`, and text,
/// `std::string Shown(const Section&)`.
template <class Section, auto Read, auto Shown>
[[nodiscard]] constexpr Key<Section> own(const KeyFacts& facts) {
  return {
      facts,
      [](ConfigMap& map, const KeyFacts& row, Section& section, Scope) { Read(map, row, section); },
      [](const Section& section) -> std::string { return Shown(section); }, nullptr};
}

/// Asks `read_all` for the keys of the mapping and refuses others. Nothing if it may be absent and
/// is.
void read_mapping(ConfigMap& map, const KeyFacts& facts,
                  const std::function<void(ConfigMap&)>& read_all);

}  // namespace key

/// A section may have rules beyond its rows: `void check(const Section&, const ConfigMap&)`.
template <class Section>
concept Checked = requires(const Section& section, const ConfigMap& map) {
  check(section, map);
};

/// Reads what of the table is in the scope. Keys that bound others come first.
template <class Section>
void read_keys(ConfigMap& map, Section& section, Scope scope) {
  const auto bounds = [](const Key<Section>& key) {
    for (const Key<Section>& other : kKeys<Section>) {
      if (other.facts.high_key == key.facts.name) {
        return true;
      }
    }
    return false;
  };
  for (const bool first : {true, false}) {
    for (const Key<Section>& key : kKeys<Section>) {
      if (bounds(key) == first && within(scope, key.facts)) {
        key.read(map, key.facts, section, scope);
      }
    }
  }
  if constexpr (Checked<Section>) {
    if (scope == Scope::all) {
      check(section, map);
    }
  }
}

/// The rows of a table and of the sections in it.
template <class Section>
void add_rows(std::vector<KeyRow>& rows, const std::string& prefix) {
  for (const Key<Section>& each : kKeys<Section>) {
    std::string name = prefix + std::string{each.facts.name};
    if (each.nested != nullptr) {
      each.nested(rows, name + '.');
      continue;
    }
    std::string absent{each.facts.required ? "required" : each.facts.absent};
    rows.push_back(
        {std::move(name), each.facts, absent.empty() ? each.shown(Section{}) : std::move(absent)});
  }
}

namespace key {

/// A mapping with a table of its own: it must be there if one of its keys must.
template <auto Member>
[[nodiscard]] constexpr auto section(KeyFacts facts) {
  using S = typename MemberOf<Member>::section;
  using Inner = typename MemberOf<Member>::value;
  facts.form = Form::section;
  for (const Key<Inner>& each : kKeys<Inner>) {
    facts.required = facts.required || each.facts.required;
    facts.policy = facts.policy || each.facts.policy;
    facts.quantization = facts.quantization || each.facts.quantization;
  }
  return Key<S>{facts,
                [](ConfigMap& map, const KeyFacts& row, S& outer, Scope scope) {
                  KeyFacts wanted = row;
                  wanted.required = row.required && scope == Scope::all;
                  read_mapping(map, wanted,
                               [&](ConfigMap& inner) { read_keys(inner, outer.*Member, scope); });
                },
                [](const S&) { return std::string{}; }, add_rows<Inner>};
}

}  // namespace key
}  // namespace turnpike::config
