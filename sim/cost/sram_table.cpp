#include "sim/cost/sram_table.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "sim/base/csv_table.hpp"
#include "sim/base/error.hpp"
#include "sim/cost/figures.hpp"

namespace turnpike::cost {
namespace {

using Curve = std::map<std::int64_t, MemoryFigures>;

bool covers(const Curve& curve, double capacity) {
  return static_cast<double>(curve.begin()->first) <= capacity &&
         capacity <= static_cast<double>(curve.rbegin()->first);
}

/// Linear in capacity; `capacity` must lie on the curve.
MemoryFigures along(const Curve& curve, double capacity) {
  const auto high = curve.lower_bound(static_cast<std::int64_t>(std::ceil(capacity)));
  const auto first = static_cast<double>(high->first);
  if (first == capacity) {
    return high->second;
  }
  const auto low = std::prev(high);
  const auto last = static_cast<double>(low->first);
  return mix(low->second, high->second, (capacity - last) / (first - last));
}

double words_of(int width, std::int64_t capacity) {
  return static_cast<double>(capacity) * 8.0 / width;
}

/// Bytes of so many words; whole ones are whole whatever the width.
double capacity_of(int width, double words) {
  const double bytes = words * width / 8.0;
  const double whole = std::round(bytes);
  return std::fabs(bytes - whole) < 1e-6 ? whole : bytes;
}

std::string text_of(const SramSize& size) {
  return fmt::format("{} B in {} bank{} of {}-bit lines", size.capacity_bytes, size.banks,
                     size.banks == 1 ? "" : "s", size.line_bits);
}

bool is_power_of_two(int n) {
  return n > 0 && (n & (n - 1)) == 0;
}

}  // namespace

SramTable::SramTable(const std::string& path)
    : path_{path}, name_{std::filesystem::path{path}.filename().string()} {
  read(path);
  build_single();
  for (const auto& [banks, rows] : rows_) {
    if (banks > 1) {
      build_banked(banks);
    }
  }
  for (auto& [banks, grid] : grids_) {
    grid.make_monotone();
  }
}

void SramTable::read(const std::string& path) {
  const SourceNote note = SourceNote::beside(path);
  words_ = note.range("word_bits");
  capacities_ = note.range("capacity_bytes");
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto banks = static_cast<int>(whole_of(table, row, "banks"));
    const auto word = static_cast<int>(whole_of(table, row, "word_bits"));
    const std::int64_t capacity = whole_of(table, row, "capacity_bytes");
    const double read_pj = figure_of(table, row, "read_pj_at_1v0");
    const MemoryFigures figures{
        read_pj, std::max(read_pj, figure_of(table, row, "write_pj_at_1v0")),
        figure_of(table, row, "leakage_mw"), figure_of(table, row, "area_mm2")};
    if (!all_positive(figures)) {
      throw FileError{table.spot(row), "has an energy, area or leakage that is not positive"};
    }
    if (!rows_[banks][word].emplace(capacity, figures).second) {
      throw FileError{table.spot(row), "repeats banks, word_bits and capacity_bytes"};
    }
  }
  if (!rows_.contains(1)) {
    throw FileError{{path, 0, 0}, "has no single-bank rows"};
  }
}

/// A single-bank macro: along the rows of its width; with fewer words than any, as the smallest;
/// with more, growing as the nearest width that has as many.
MemoryFigures SramTable::macro(int width, double words) const {
  const Words& rows = rows_.at(1);
  const Curve& own = rows.at(width);
  const double capacity = capacity_of(width, words);
  if (covers(own, capacity)) {
    return along(own, capacity);
  }
  if (capacity < static_cast<double>(own.begin()->first)) {
    return own.begin()->second;
  }
  const double end = words_of(width, own.rbegin()->first);
  const Curve* nearest = nullptr;
  int nearest_width = 0;
  double best = std::numeric_limits<double>::infinity();
  for (const auto& [other, curve] : rows) {
    const double distance = std::fabs(std::log(static_cast<double>(other) / width));
    if (covers(curve, capacity_of(other, end)) && covers(curve, capacity_of(other, words)) &&
        distance < best) {
      best = distance;
      nearest = &curve;
      nearest_width = other;
    }
  }
  if (nearest == nullptr) {  // no row has so many words: in proportion to them
    const double factor = words / end;
    return times(own.rbegin()->second, {factor, factor, factor, factor});
  }
  return times(own.rbegin()->second, ratio(along(*nearest, capacity_of(nearest_width, words)),
                                           along(*nearest, capacity_of(nearest_width, end))));
}

std::vector<SramTable::BankRatio> SramTable::bank_ratios(int banks) const {
  std::vector<BankRatio> ratios;
  for (const auto& [word, curve] : rows_.at(banks)) {
    for (const auto& [capacity, figures] : curve) {
      if (rows_.at(1).contains(word)) {
        ratios.push_back(
            {std::log(static_cast<double>(word)), std::log(static_cast<double>(capacity)),
             ratio(figures, copies(macro(word, words_of(word, capacity) / banks), banks))});
      }
    }
  }
  return ratios;
}

/// All widths of the single-bank rows by all numbers of words of the rows, in `banks` banks.
MemoryGrid SramTable::empty_grid(int banks) const {
  std::vector<double> widths;
  std::vector<double> words;
  for (const auto& [bank_count, by_width] : rows_) {
    for (const auto& [width, curve] : by_width) {
      for (const auto& [capacity, figures] : curve) {
        if (bank_count == 1) {
          words.push_back(words_of(width, capacity) * banks);
        } else if (bank_count == banks) {
          words.push_back(words_of(width, capacity));
        }
      }
    }
  }
  for (const auto& [width, curve] : rows_.at(1)) {
    widths.push_back(width);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return {std::move(widths), std::move(words)};
}

void SramTable::build_single() {
  MemoryGrid grid = empty_grid(1);
  for (std::size_t w = 0; w < grid.widths().size(); ++w) {
    const int width = static_cast<int>(grid.widths()[w]);
    const Curve& own = rows_.at(1).at(width);
    for (std::size_t n = 0; n < grid.words().size(); ++n) {
      grid.point(w, n) = {macro(width, grid.words()[n]), false};
    }
    for (const auto& [capacity, figures] : own) {
      const auto at =
          std::lower_bound(grid.words().begin(), grid.words().end(), words_of(width, capacity));
      grid.point(w, static_cast<std::size_t>(at - grid.words().begin())).measured = true;
    }
  }
  grids_.emplace(1, std::move(grid));
}

/// Along the rows of these banks and this width; elsewhere macros times the ratio of banked to
/// single-bank rows at the nearest size.
void SramTable::build_banked(int banks) {
  const std::vector<BankRatio> ratios = bank_ratios(banks);
  if (ratios.empty()) {
    return;
  }
  MemoryGrid grid = empty_grid(banks);
  for (std::size_t w = 0; w < grid.widths().size(); ++w) {
    const int width = static_cast<int>(grid.widths()[w]);
    const auto own = rows_.at(banks).find(width);
    for (std::size_t n = 0; n < grid.words().size(); ++n) {
      const double words = grid.words()[n];
      const double capacity = capacity_of(width, words);
      if (own != rows_.at(banks).end() && covers(own->second, capacity)) {
        grid.point(w, n) = {along(own->second, capacity),
                            own->second.contains(std::llround(capacity))};
        continue;
      }
      const auto distance = [&](const BankRatio& r) {
        return std::fabs(r.log_width - std::log(width)) +
               std::fabs(r.log_capacity - std::log(capacity));
      };
      const auto near = std::min_element(
          ratios.begin(), ratios.end(),
          [&](const BankRatio& a, const BankRatio& b) { return distance(a) < distance(b); });
      grid.point(w, n) = {times(copies(macro(width, words / banks), banks), near->factor), false};
    }
  }
  grids_.emplace(banks, std::move(grid));
}

MemoryLookup SramTable::in_grid(const SramSize& size) const {
  MemoryLookup found;
  const auto own = grids_.find(size.banks);
  const int widest_tree = grids_.rbegin()->first;
  // Banks without rows: a power of two is groups of the largest number that has some, any other
  // number separate macros without a shared tree.
  const int group = own != grids_.end()                                       ? size.banks
                    : is_power_of_two(size.banks) && size.banks > widest_tree ? widest_tree
                                                                              : 1;
  const MemoryGrid& grid = grids_.at(group);
  const double groups = static_cast<double>(size.banks) / group;
  const double width = std::clamp(static_cast<double>(size.line_bits), words_.low, words_.high);
  const double words = static_cast<double>(size.capacity_bytes) * 8.0 / size.line_bits / groups;
  const double most = grid.words().back();
  const double macros = std::max(1.0, words / most);
  const MemoryGrid::Point point = grid.at(width, std::clamp(words, grid.words().front(), most));
  found.figures = copies(point.figures, groups * macros);
  found.from.interpolated = !point.measured || macros > 1.0 || (groups > 1.0 && group > 1);
  found.from.add(fmt::format("{}: {}: {}", name_, text_of(size),
                             point.measured ? "row" : "between the rows and rules of the table"));
  if (groups > 1.0) {
    found.from.add(group == 1 ? fmt::format("{} such macros; an access reaches one of them", groups)
                              : fmt::format("{} groups of {} banks", groups, group));
  }
  if (macros > 1.0) {
    found.from.add(
        fmt::format("{:.6g} of the longest macros a bank, of {} lines each", macros, most / group));
  }
  if (size.line_bits > words_.high) {
    const double parts = size.line_bits / words_.high;
    found.figures = times(found.figures, {parts, parts, parts, parts});
    found.from.interpolated = true;
    found.from.add(fmt::format("x {:.6g}: lines of {} bits side by side", parts, words_.high));
  } else if (size.line_bits < words_.low) {
    found.from.interpolated = true;
    found.from.add(fmt::format("lines of {} bits priced as {}", size.line_bits, words_.low));
  }
  return found;
}

MemoryLookup SramTable::at(const SramSize& size) const {
  if (size.banks < 1 || size.line_bits < 1 || size.capacity_bytes < 1 ||
      static_cast<double>(size.capacity_bytes) > capacities_.high) {
    throw InputError{
        {path_, 0, 0},
        fmt::format("SRAMs are known for up to {} B, not for {}", capacities_.high, text_of(size))};
  }
  MemoryLookup found = in_grid(size);
  if (!scaling_.empty()) {
    found.from.add(scaling_);
  }
  return found;
}

MemoryFigures SramTable::ratio_at(const SramTable& node, int width, std::int64_t capacity) const {
  double best = std::numeric_limits<double>::infinity();
  MemoryFigures found;
  for (const auto& [word, theirs] : node.rows_.at(1)) {
    const auto mine = rows_.at(1).find(word);
    if (mine == rows_.at(1).end()) {
      continue;
    }
    const Curve& here = mine->second;
    const std::int64_t low = std::max(theirs.begin()->first, here.begin()->first);
    const std::int64_t high = std::min(theirs.rbegin()->first, here.rbegin()->first);
    const std::int64_t at = std::clamp(capacity, low, std::max(low, high));
    const double distance =
        std::fabs(std::log(static_cast<double>(word) / width)) +
        std::fabs(std::log(static_cast<double>(at) / static_cast<double>(capacity)));
    if (low <= high && distance < best) {
      best = distance;
      found = ratio(along(theirs, static_cast<double>(at)), along(here, static_cast<double>(at)));
    }
  }
  if (!std::isfinite(best)) {
    throw InputError{{node.path_, 0, 0}, "has no single-bank rows to compare"};
  }
  return found;
}

SramTable SramTable::scaled_to(const SramTable& node) const {
  SramTable scaled = *this;
  scaled.scaling_ = fmt::format("times {} / {}, at the nearest size", node.path_, path_);
  for (auto& [banks, grid] : scaled.grids_) {
    for (std::size_t w = 0; w < grid.widths().size(); ++w) {
      for (std::size_t n = 0; n < grid.words().size(); ++n) {
        const int width = static_cast<int>(grid.widths()[w]);
        const auto capacity = std::llround(grid.words()[n] * width / 8.0);
        MemoryGrid::Point& point = grid.point(w, n);
        point.figures = times(point.figures, ratio_at(node, width, std::max(capacity, 1LL)));
        point.measured = false;
      }
    }
    grid.make_monotone();
  }
  return scaled;
}

}  // namespace turnpike::cost
