#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/base/error.hpp"

namespace turnpike {

/// A CSV file with a header line (RFC 4180: quoted fields, doubled quotes), held as text. The
/// apostrophe that csv_field puts before what a spreadsheet would run is taken off again.
///
/// Every row must have as many fields as the header; FileError with the line otherwise.
class CsvTable {
 public:
  static CsvTable from_file(const std::string& path);
  static CsvTable from_string(const std::string& text, const std::string& name);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] bool has_column(const std::string& column) const { return index_.contains(column); }

  /// Field of row `row` (0-based, header not counted). FileError for an unknown column.
  [[nodiscard]] const std::string& text(std::size_t row, const std::string& column) const;
  /// The same as a number; FileError if it is empty or not a finite number.
  [[nodiscard]] double number(std::size_t row, const std::string& column) const;
  [[nodiscard]] SourceSpot spot(std::size_t row) const;

 private:
  std::string name_;
  std::vector<std::string> columns_;
  std::map<std::string, std::size_t> index_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<int> lines_;  ///< line each row starts at
};

/// A field of text: an apostrophe before what a spreadsheet would take for a formula (a first = + -
/// @, tab, CR or LF, unless the whole is a number), quotes where RFC 4180 demands them. CsvTable
/// reads the same text back: a field that has apostrophes before such a character gets one more.
[[nodiscard]] std::string csv_field(const std::string& text);

}  // namespace turnpike
