#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace turnpike::report {

/// How wide the tables of a terminal may be: 80 columns whatever the terminal, so that a result is
/// the same text everywhere, or as wide as they come (`--wide`).
enum class TableWidth { standard, wide };
inline constexpr std::size_t kStandardColumns = 80;

/// Columns of text, padded to the widest cell; the first column is flush left, the others right.
/// Cells are made printable.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{1, std::move(header)} {}
  /// Missing cells are empty.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Columns (from 0) that are flush left besides the first.
  void left(std::vector<std::size_t> columns) { left_ = std::move(columns); }
  /// At `standard` width long first cells are shortened in the middle, down to 20 columns if the
  /// rest of the table fits then; else columns follow in further blocks, each beside the first one.
  [[nodiscard]] std::string to_string(TableWidth width = TableWidth::wide) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> left_;
};

}  // namespace turnpike::report
