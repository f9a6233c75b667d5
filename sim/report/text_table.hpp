#pragma once

#include <string>
#include <vector>

namespace turnpike::report {

/// Columns of text, padded to the widest cell; the first column is flush left, the others right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{1, std::move(header)} {}
  /// Missing cells are empty.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Columns (from 0) that are flush left besides the first.
  void left(std::vector<std::size_t> columns) { left_ = std::move(columns); }
  [[nodiscard]] std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> left_;
};

}  // namespace turnpike::report
