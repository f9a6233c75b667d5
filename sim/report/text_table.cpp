#include "sim/report/text_table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace turnpike::report {

std::string TextTable::to_string() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], row[c].size());
    }
  }
  std::string out;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows_[r].size(); ++c) {
      const bool flush_left = c == 0 || std::find(left_.begin(), left_.end(), c) != left_.end();
      line += c == 0 ? "" : "  ";
      line += flush_left ? fmt::format("{:<{}}", rows_[r][c], widths[c])
                         : fmt::format("{:>{}}", rows_[r][c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
    if (r == 0) {
      out += std::string(line.size(), '-') + '\n';
    }
  }
  return out;
}

}  // namespace turnpike::report
