#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace turnpike {

/// Levenshtein distance.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// "; did you mean 'x'?" for the nearest known word, or "; known: a, b" if none is near.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// True if `text` matches a shell pattern, by fnmatch(3): '*' (any run), '?' (one character),
/// [a-z] (a set); a backslash stands for itself.
[[nodiscard]] bool glob_match(const std::string& pattern, const std::string& text);

/// 64-bit FNV-1a: a seed from a name. Files are told apart by sim/base/digest.hpp.
[[nodiscard]] std::uint64_t fnv1a(std::string_view bytes);

/// A double as the shortest decimal that reads back to the same value.
[[nodiscard]] std::string shortest(double value);

}  // namespace turnpike
