#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text of users on its way to a terminal: names of layers, networks, files, values quoted in
/// messages.
namespace turnpike {

/// `text` on one line that no terminal obeys: control characters (C0, DEL, C1, line separators,
/// changes of writing direction) and bytes that are no UTF-8 become "\x1b", "\n", "\u202e"; the
/// rest of UTF-8 stays. Printable text comes back unchanged.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for text of several lines: line feeds stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// A JSON document that means the same and steers no terminal: what JSON would leave raw of the
/// above becomes "\u009b".
[[nodiscard]] std::string printable_json(std::string_view json);

/// Bytes of `text` before the first that is no UTF-8; its size if all is.
[[nodiscard]] std::size_t utf8_prefix(std::string_view text);

/// Columns of a terminal that printable text takes: two for what East Asian scripts and emoji need.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// Printable names, those longer than `columns` with ".." for their middle. Different names stay
/// different: the cut moves until they are, or a number stands at the end.
[[nodiscard]] std::vector<std::string> shortened(const std::vector<std::string>& names,
                                                 std::size_t columns);

/// Lines longer than `columns` broken at blanks, continued two columns further in; a word that is
/// longer stays whole.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t columns);

}  // namespace turnpike
