#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/base/csv_table.hpp"
#include "sim/base/error.hpp"
#include "sim/base/record.hpp"
#include "sim/base/text.hpp"
#include "sim/results/run_figures.hpp"

/// Described records as rows of a CSV file: a column a field, `a.b` as `a_b`.
namespace turnpike::results {

/// A field of a row, with its place among the columns.
struct CsvCell {
  Column column = Column::added;
  std::string name;
  std::string text;
};

inline std::string cell_text(const std::string& value) {
  return csv_field(value);
}
inline std::string cell_text(const std::optional<std::string>& value) {
  return csv_field(value.value_or(""));
}
inline std::string cell_text(double value) {
  return shortest(value);
}
template <std::integral Value>
std::string cell_text(Value value) {
  return fmt::format("{}", value);
}
template <class Word>
requires requires(Word word) {
  to_string(word);
}
std::string cell_text(Word word) {
  return std::string{to_string(word)};
}
inline std::string cell_text(Item item) {
  return std::string{item.text()};
}

template <class Value>
requires std::is_arithmetic_v<Value> std::string cell_text(const std::optional<Value>& value) {
  return value ? cell_text(*value) : "";
}

template <class Value>
void add_cells(std::vector<CsvCell>& cells, CsvCell cell, const Value& value) {
  cell.text = cell_text(value);
  cells.push_back(std::move(cell));
}

/// Their sum, and behind all other columns one for each component.
inline void add_cells(std::vector<CsvCell>& cells, CsvCell cell, const ComponentFigures& figures) {
  cell.text = shortest(std::accumulate(figures.begin(), figures.end(), 0.0));
  cells.push_back(cell);
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (figures.of_machine[c]) {
      cells.push_back({Column::added, fmt::format("{}_{}", cell.name, to_string(Component{c})),
                       shortest(figures[c])});
    }
  }
}

template <Described Record>
std::vector<CsvCell> csv_cells(const Record& record) {
  std::vector<CsvCell> cells;
  for_each_field<Record>([&](const auto& field) {
    if (!field.options.elsewhere) {
      std::string name{field.label.name};
      std::replace(name.begin(), name.end(), '.', '_');
      add_cells(cells, {field.options.column, std::move(name), ""}, fetch(field.place, record));
    }
  });
  std::stable_sort(cells.begin(), cells.end(),
                   [](const CsvCell& a, const CsvCell& b) { return a.column < b.column; });
  return cells;
}

/// The cells' names or texts as a line.
[[nodiscard]] inline std::string csv_line(const std::vector<CsvCell>& cells,
                                          std::string CsvCell::*part) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += (i == 0 ? "" : ",") + cells[i].*part;
  }
  return out + '\n';
}

/// The names of a record's columns; `like` is one of those that follow.
template <Described Record>
std::string csv_header(const Record& like = {}) {
  return csv_line(csv_cells(like), &CsvCell::name);
}

template <Described Record>
std::string csv_row(const Record& record) {
  return csv_line(csv_cells(record), &CsvCell::text);
}

}  // namespace turnpike::results
