#include "sim/base/printable.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace turnpike {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  ///< 0: no UTF-8
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
    return {};
  }
  char32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) {
      return {};
    }
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  return value < kSmallest[bytes] || value > 0x10ffff || surrogate ? CodePoint{}
                                                                   : CodePoint{value, bytes};
}

bool obeyed_by_terminals(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

std::string escape(char32_t c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return c < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c))
                       : fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

std::string made_printable(std::string_view text, bool keep_lines) {
  std::string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    if (c.bytes == 0) {
      out += escape(static_cast<unsigned char>(text[0]));
    } else if (obeyed_by_terminals(c.value) && !(keep_lines && c.value == '\n')) {
      out += escape(c.value);
    } else {
      out += text.substr(0, c.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return out;
}

/// Code points of printable text, one string each.
std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t bytes = std::max<std::size_t>(first_code_point(text).bytes, 1);
    out.emplace_back(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return out;
}

/// As many of the first characters as take `columns`.
std::string start_of(const std::vector<std::string>& letters, std::size_t columns) {
  std::string out;
  for (std::size_t i = 0; i < letters.size() && columns_of(out + letters[i]) <= columns; ++i) {
    out += letters[i];
  }
  return out;
}

/// What fits `head` columns, "..", and as many of the last characters as fit.
std::string without_middle(const std::vector<std::string>& letters, std::size_t head,
                           std::size_t columns) {
  std::string tail;
  for (auto letter = letters.rbegin();
       letter != letters.rend() && columns_of(*letter + tail) <= columns - 2 - head; ++letter) {
    tail = *letter + tail;
  }
  return start_of(letters, head) + ".." + tail;
}

/// A short form of `name` that is not in `taken`: the cut as near to the middle as it can be.
std::string short_name(const std::string& name, std::size_t columns,
                       const std::set<std::string>& taken) {
  const std::vector<std::string> letters = characters(name);
  const std::size_t kept = columns - 2;
  for (std::size_t step = 0; step <= kept; ++step) {
    const std::size_t middle = kept / 2;
    for (const std::size_t head : {middle + step, middle - step}) {  // wraps around: too large
      if (head <= kept) {
        std::string candidate = without_middle(letters, head, columns);
        if (!taken.contains(candidate)) {
          return candidate;
        }
      }
    }
  }
  for (std::size_t number = 2;; ++number) {
    const std::string end = fmt::format("..{}", number);
    std::string candidate = start_of(letters, columns - end.size()) + end;
    if (!taken.contains(candidate)) {
      return candidate;
    }
  }
}

/// The blank to break `line` at: the last that leaves at most `columns`, else the first behind the
/// margin; npos without one.
std::size_t break_of(std::string_view line, std::size_t columns) {
  std::size_t cut = std::string_view::npos;
  const std::size_t text = std::min(line.find_first_not_of(' '), line.size());
  for (std::size_t at = line.find(' ', text); at != std::string_view::npos;
       at = line.find(' ', at + 1)) {
    if (cut != std::string_view::npos && columns_of(line.substr(0, at)) > columns) {
      break;
    }
    cut = at;
  }
  return cut;
}

std::string wrapped_line(std::string_view line, std::size_t columns) {
  const std::string margin(std::min(line.find_first_not_of(' '), line.size()) + 2, ' ');
  std::string out;
  std::string rest{line};
  while (columns_of(rest) > columns) {
    const std::size_t cut = break_of(rest, columns);
    const std::size_t next = cut == std::string::npos ? cut : rest.find_first_not_of(' ', cut);
    if (next == std::string::npos) {
      break;
    }
    out += rest.substr(0, cut) + '\n';
    rest = margin + rest.substr(next);
  }
  return out + rest;
}

}  // namespace

std::string printable(std::string_view text) {
  return made_printable(text, false);
}

std::string printable_lines(std::string_view text) {
  return made_printable(text, true);
}

std::string printable_json(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const CodePoint c = first_code_point(json);
    const std::size_t bytes = std::max<std::size_t>(c.bytes, 1);
    if (c.bytes != 0 && c.value != '\n' && obeyed_by_terminals(c.value)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.value));
    } else {
      out += json.substr(0, bytes);
    }
    json.remove_prefix(bytes);
  }
  return out;
}

std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t bytes = first_code_point(text.substr(at)).bytes;
    if (bytes == 0) {
      break;
    }
    at += bytes;
  }
  return at;
}

std::size_t columns_of(std::string_view text) {
  // fmt knows how wide a code point is and says it by what it adds to reach a width.
  const std::size_t wide = 2 * text.size() + 1;
  return wide + text.size() - fmt::formatted_size("{:<{}}", text, wide);
}

std::vector<std::string> shortened(const std::vector<std::string>& names, std::size_t columns) {
  columns = std::max<std::size_t>(columns, 6);
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    out.push_back(printable(name));
    if (columns_of(out.back()) <= columns) {
      taken.insert(out.back());
    }
  }
  std::map<std::string, std::string> known;  // by the whole name
  for (std::string& name : out) {
    if (columns_of(name) > columns) {
      const auto found = known.find(name);
      const std::string label =
          found != known.end() ? found->second : short_name(name, columns, taken);
      taken.insert(label);
      known.emplace(name, label);
      name = label;
    }
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += wrapped_line(text.substr(0, end), columns);
    text.remove_prefix(end);
    if (!text.empty()) {
      out += '\n';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace turnpike
