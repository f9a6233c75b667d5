#include "sim/sweep/condition.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "sim/base/text.hpp"

namespace turnpike::sweep {
namespace {

bool is_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

bool begins_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// End of the token of `text` that begins at `at`.
std::size_t end_of_token(const std::string& text, std::size_t at) {
  const char c = text[at];
  if (c == '\'' || c == '"') {
    const std::size_t end = text.find(c, at + 1);
    return end == std::string::npos ? text.size() : end + 1;
  }
  std::size_t end = at + 1;
  while (is_of_name(c) && end < text.size() && is_of_name(text[end])) {
    ++end;
  }
  return end;
}

/// SQL's own words in a condition.
bool is_word_of_sql(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr const char* kWords[] = {"and",  "or",   "not",  "in",   "is",    "null", "between",
                                    "like", "glob", "min",  "max",  "round", "abs",  "escape",
                                    "case", "when", "then", "else", "end",   "true", "false"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&word](const char* known) { return word == known; });
}

}  // namespace

Rows::Rows(std::vector<std::string> names)
    : names_{std::move(names)}, database_{Database::in_memory()} {
  std::string columns;
  for (const std::string& name : names_) {
    columns += ", " + quoted_name(name);  // without a type: compared as the values are
  }
  database_.execute(fmt::format("CREATE TABLE rows (\"#\"{})", columns));
}

void Rows::add(const std::vector<DatabaseValue>& values) {
  std::string marks = "?1";
  for (std::size_t i = 0; i < values.size(); ++i) {
    marks += fmt::format(", ?{}", i + 2);
  }
  auto insert = database_.prepare(fmt::format("INSERT INTO rows VALUES ({})", marks));
  insert.bind(1, rows_++);
  for (std::size_t i = 0; i < values.size(); ++i) {
    insert.bind(static_cast<int>(i + 2), values[i]);
  }
  insert.next();
}

std::string Rows::with_quoted_names(const std::string& condition, const SourceSpot& spot) const {
  std::string out;
  for (std::size_t at = 0; at < condition.size();) {
    const std::size_t end = end_of_token(condition, at);
    const std::string word = condition.substr(at, end - at);
    at = end;
    if (!begins_name(word[0])) {
      out += word;
    } else if (std::find(names_.begin(), names_.end(), word) != names_.end()) {
      out += quoted_name(word);
    } else if (is_word_of_sql(word)) {
      out += word;
    } else {
      throw InputError{
          spot, fmt::format("'{}' is no figure or setting here{}", word, suggestion(word, names_))};
    }
  }
  return out;
}

std::vector<std::size_t> Rows::that_meet(const std::string& condition, const SourceSpot& spot) {
  const std::string sql = with_quoted_names(condition, spot);
  std::vector<std::size_t> out;
  auto chosen = database_.prepare(
      fmt::format("SELECT \"#\" FROM rows WHERE ({}) ORDER BY \"#\"", sql), condition, spot);
  while (chosen.next()) {
    out.push_back(static_cast<std::size_t>(std::get<std::int64_t>(chosen.value(0))));
  }
  return out;
}

}  // namespace turnpike::sweep
