#include "sim/base/csv_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "sim/base/files.hpp"
#include "sim/base/text.hpp"

namespace turnpike {
namespace {

bool is_number(std::string_view text) {
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

/// True if a spreadsheet would run what follows the leading apostrophes, were there none.
bool formula_behind_apostrophes(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('\''), text.size()));
  return !text.empty() && std::string_view{"=+-@\t\r\n"}.find(text[0]) != std::string_view::npos &&
         !is_number(text);
}

struct Record {
  std::vector<std::string> fields;
  int line = 0;
};

/// Splits `text` into records, honouring quotes. Boost.Tokenizer's escaped_list_separator reads no
/// RFC 4180: it drops a doubled quote, takes one that is never closed for closed, and knows neither
/// records over several lines nor the line where one starts.
std::vector<Record> split_records(const std::string& text, const std::string& name) {
  std::vector<Record> records;
  Record record;
  std::string field;
  bool quoted = false;
  int line = 1;
  record.line = 1;
  const auto end_field = [&] {
    if (field.starts_with('\'') && formula_behind_apostrophes(field)) {
      field.erase(0, 1);
    }
    record.fields.push_back(std::move(field));
    field.clear();
  };
  const auto end_record = [&] {
    end_field();
    if (record.fields.size() > 1 || !record.fields[0].empty()) {
      records.push_back(std::move(record));
    }
    record = Record{{}, line};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
    }
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      end_field();
    } else if (c == '\n') {
      end_record();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) {
    throw FileError{{name, record.line, 0}, "a quoted field is not closed"};
  }
  end_record();
  return records;
}

}  // namespace

CsvTable CsvTable::from_file(const std::string& path) {
  return from_string(read_input(path), path);
}

CsvTable CsvTable::from_string(const std::string& text, const std::string& name) {
  CsvTable table;
  table.name_ = name;
  auto records = split_records(text, name);
  if (records.empty()) {
    throw FileError{{name, 0, 0}, "has no header line"};
  }
  table.columns_ = std::move(records[0].fields);
  for (std::size_t i = 0; i < table.columns_.size(); ++i) {
    if (!table.index_.emplace(table.columns_[i], i).second) {
      throw FileError{{name, 1, 0}, fmt::format("column '{}' is given twice", table.columns_[i])};
    }
  }
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i].fields.size() != table.columns_.size()) {
      throw FileError{{name, records[i].line, 0},
                      fmt::format("{} fields where the header has {}", records[i].fields.size(),
                                  table.columns_.size())};
    }
    table.rows_.push_back(std::move(records[i].fields));
    table.lines_.push_back(records[i].line);
  }
  return table;
}

const std::string& CsvTable::text(std::size_t row, const std::string& column) const {
  const auto found = index_.find(column);
  if (found == index_.end()) {
    throw FileError{{name_, 1, 0},
                    fmt::format("has no column '{}'{}", column, suggestion(column, columns_))};
  }
  return rows_.at(row)[found->second];
}

double CsvTable::number(std::size_t row, const std::string& column) const {
  const std::string& field = text(row, column);
  double value = 0.0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc{} || end != field.data() + field.size() || !std::isfinite(value)) {
    throw FileError{spot(row),
                    fmt::format("column '{}' must be a number, not '{}'", column, field)};
  }
  return value;
}

SourceSpot CsvTable::spot(std::size_t row) const {
  return {name_, lines_.at(row), 0};
}

std::string csv_field(const std::string& text) {
  const std::string safe = formula_behind_apostrophes(text) ? "'" + text : text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) {
    return safe;
  }
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') {
      quoted += '"';
    }
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace turnpike
