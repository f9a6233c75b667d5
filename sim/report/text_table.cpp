#include "sim/report/text_table.hpp"

#include <algorithm>
#include <numeric>

#include "sim/base/printable.hpp"

namespace turnpike::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShortestNames = 20;
constexpr std::size_t kLongestNames = 40;  ///< where there are several blocks anyway

using Rows = std::vector<std::vector<std::string>>;

/// Printable cells, as many in every row.
Rows filled(const Rows& rows) {
  std::size_t columns = 0;
  for (const auto& row : rows) {
    columns = std::max(columns, row.size());
  }
  Rows out;
  for (const auto& row : rows) {
    out.emplace_back(columns);
    std::transform(row.begin(), row.end(), out.back().begin(), printable);
  }
  return out;
}

std::size_t width_of(const Rows& rows, std::size_t column) {
  std::size_t width = 0;
  for (const auto& row : rows) {
    width = std::max(width, columns_of(row[column]));
  }
  return width;
}

/// Shortens the first cells below the header to `columns`.
void shorten_names(Rows& rows, std::size_t columns) {
  std::vector<std::string> names;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    names.push_back(rows[r][0]);
  }
  names = shortened(names, columns);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    rows[r][0] = names[r - 1];
  }
}

/// Columns 1, 2, ... in blocks that fit, each beside the first column.
std::vector<std::vector<std::size_t>> blocks_of(const std::vector<std::size_t>& widths,
                                                std::size_t limit) {
  std::vector<std::vector<std::size_t>> blocks{{0}};
  std::size_t used = widths[0];
  for (std::size_t c = 1; c < widths.size(); ++c) {
    if (blocks.back().size() > 1 && used + kGap + widths[c] > limit) {
      blocks.push_back({0});
      used = widths[0];
    }
    blocks.back().push_back(c);
    used += kGap + widths[c];
  }
  return blocks;
}

}  // namespace

std::string TextTable::to_string(TableWidth width) const {
  Rows rows = filled(rows_);
  std::vector<std::size_t> widths(rows[0].size());
  for (std::size_t c = 0; c < widths.size(); ++c) {
    widths[c] = width_of(rows, c);
  }
  std::vector<std::vector<std::size_t>> blocks(1, std::vector<std::size_t>(widths.size()));
  std::iota(blocks[0].begin(), blocks[0].end(), std::size_t{0});
  if (width == TableWidth::standard && !widths.empty()) {
    const std::size_t all =
        std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
    if (all > kStandardColumns) {
      const std::size_t others = all - widths[0];
      shorten_names(rows, others + kShortestNames <= kStandardColumns ? kStandardColumns - others
                                                                      : kLongestNames);
      widths[0] = width_of(rows, 0);
    }
    blocks = blocks_of(widths, kStandardColumns);
  }
  std::string out;
  for (const std::vector<std::size_t>& block : blocks) {
    out += out.empty() ? "" : "\n";
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::string line;
      for (const std::size_t c : block) {
        const bool flush_left = c == 0 || std::find(left_.begin(), left_.end(), c) != left_.end();
        const std::string padding(widths[c] - columns_of(rows[r][c]), ' ');
        line += c == 0 ? "" : std::string(kGap, ' ');
        line += flush_left ? rows[r][c] + padding : padding + rows[r][c];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
      if (r == 0) {
        out += std::string(columns_of(line), '-') + '\n';
      }
    }
  }
  return out;
}

}  // namespace turnpike::report
