#include "sim/cost/sram_table.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "sim/base/csv_table.hpp"
#include "sim/base/error.hpp"

namespace turnpike::cost {
namespace {

using Curve = std::map<std::int64_t, MemoryFigures>;

bool covers(const Curve& curve, std::int64_t capacity) {
  return !curve.empty() && curve.begin()->first <= capacity && capacity <= curve.rbegin()->first;
}

/// Linear in capacity; `capacity` must lie on the curve.
MemoryFigures along(const Curve& curve, std::int64_t capacity) {
  const auto high = curve.lower_bound(capacity);
  if (high->first == capacity) {
    return high->second;
  }
  const auto low = std::prev(high);
  return mix(
      low->second, high->second,
      static_cast<double>(capacity - low->first) / static_cast<double>(high->first - low->first));
}

std::string text_of(const SramSize& size) {
  return fmt::format("{} B in {} bank{} of {}-bit lines", size.capacity_bytes, size.banks,
                     size.banks == 1 ? "" : "s", size.line_bits);
}

bool is_power_of_two(int n) {
  return n > 0 && (n & (n - 1)) == 0;
}

}  // namespace

MemoryFigures mix(const MemoryFigures& a, const MemoryFigures& b, double t) {
  return {a.read_pj + t * (b.read_pj - a.read_pj), a.write_pj + t * (b.write_pj - a.write_pj),
          a.leakage_mw + t * (b.leakage_mw - a.leakage_mw),
          a.area_mm2 + t * (b.area_mm2 - a.area_mm2)};
}

MemoryFigures times(const MemoryFigures& a, const MemoryFigures& b) {
  return {a.read_pj * b.read_pj, a.write_pj * b.write_pj, a.leakage_mw * b.leakage_mw,
          a.area_mm2 * b.area_mm2};
}

MemoryFigures ratio(const MemoryFigures& a, const MemoryFigures& b) {
  return {a.read_pj / b.read_pj, a.write_pj / b.write_pj, a.leakage_mw / b.leakage_mw,
          a.area_mm2 / b.area_mm2};
}

SramTable::SramTable(const std::string& path)
    : path_{path}, name_{std::filesystem::path{path}.filename().string()} {
  const SourceNote note = SourceNote::beside(path);
  words_ = note.range("word_bits");
  capacities_ = note.range("capacity_bytes");
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto banks = static_cast<int>(std::lround(table.number(row, "banks")));
    const auto word = static_cast<int>(std::lround(table.number(row, "word_bits")));
    const auto capacity =
        static_cast<std::int64_t>(std::llround(table.number(row, "capacity_bytes")));
    const double read = table.number(row, "read_pj_at_1v0");
    const MemoryFigures figures{read, std::max(read, table.number(row, "write_pj_at_1v0")),
                                table.number(row, "leakage_mw"), table.number(row, "area_mm2")};
    if (!(figures.read_pj > 0.0) || !(figures.area_mm2 > 0.0) || !(figures.leakage_mw > 0.0)) {
      throw FileError{table.spot(row), "has an energy, area or leakage that is not positive"};
    }
    if (!rows_[banks][word].emplace(capacity, figures).second) {
      throw FileError{table.spot(row), "repeats banks, word_bits and capacity_bytes"};
    }
  }
}

const SramTable::Words& SramTable::banked(int banks) const {
  static const Words none;
  const auto found = rows_.find(banks);
  return found == rows_.end() ? none : found->second;
}

bool SramTable::on_rows(const SramSize& size, MemoryLookup& found) const {
  const Words& words = banked(size.banks);
  auto low = words.end();
  auto high = words.end();
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (!covers(word->second, size.capacity_bytes)) {
      continue;
    }
    if (word->first <= size.line_bits) {
      low = word;
    }
    if (word->first >= size.line_bits && high == words.end()) {
      high = word;
    }
  }
  if (low == words.end() || high == words.end()) {
    return false;
  }
  found.figures = along(low->second, size.capacity_bytes);
  if (low == high) {
    const bool measured = low->second.contains(size.capacity_bytes);
    found.from = {!measured,
                  {fmt::format("{}: {}: {}", name_, text_of(size),
                               measured ? "row" : "between the rows of neighbouring capacities")}};
    return true;
  }
  const double t = static_cast<double>(size.line_bits - low->first) / (high->first - low->first);
  found.figures = mix(found.figures, along(high->second, size.capacity_bytes), t);
  found.from = {true,
                {fmt::format("{}: {}: between the rows of {} and {} bits", name_, text_of(size),
                             low->first, high->first)}};
  return true;
}

MemoryLookup SramTable::bank_ratio(const SramSize& size) const {
  double best = std::numeric_limits<double>::infinity();
  MemoryLookup found;
  for (const auto& [word, curve] : banked(size.banks)) {
    for (const auto& [capacity, figures] : curve) {
      const double distance = std::fabs(std::log(static_cast<double>(word) / size.line_bits)) +
                              std::fabs(std::log(static_cast<double>(capacity) /
                                                 static_cast<double>(size.capacity_bytes)));
      MemoryLookup macro;
      if (distance < best && capacity % size.banks == 0 &&
          on_rows({capacity / size.banks, word, 1}, macro)) {
        best = distance;
        macro.figures.leakage_mw *= size.banks;
        macro.figures.area_mm2 *= size.banks;
        found.figures = ratio(figures, macro.figures);
        found.from.steps = {fmt::format("times banked / single-bank rows at {}",
                                        text_of({capacity, word, size.banks}))};
      }
    }
  }
  if (!std::isfinite(best)) {
    throw InputError{{path_, 0, 0}, fmt::format("has no rows for {}", text_of(size))};
  }
  return found;
}

MemoryLookup SramTable::from_macros(const SramSize& size) const {
  MemoryLookup found;
  if (size.banks == 1 || size.capacity_bytes % size.banks != 0 ||
      !on_rows({size.capacity_bytes / size.banks, size.line_bits, 1}, found)) {
    throw InputError{{path_, 0, 0}, fmt::format("no row and no rule reaches {}", text_of(size))};
  }
  found.figures.leakage_mw *= size.banks;
  found.figures.area_mm2 *= size.banks;
  found.from.add(fmt::format("{} such macros; an access reaches one of them", size.banks));
  if (is_power_of_two(size.banks)) {
    const MemoryLookup factor = bank_ratio(size);
    found.figures = times(found.figures, factor.figures);
    found.from.include(factor.from);
    found.from.interpolated = true;
  }
  return found;
}

MemoryLookup SramTable::at(const SramSize& size) const {
  if (size.banks < 1 || !words_.contains(size.line_bits) ||
      !capacities_.contains(static_cast<double>(size.capacity_bytes))) {
    throw InputError{
        {path_, 0, 0},
        fmt::format("SRAMs are known for {} to {} B and lines of {} to {} bits, not "
                    "for {}",
                    capacities_.low, capacities_.high, words_.low, words_.high, text_of(size))};
  }
  MemoryLookup found;
  return on_rows(size, found) ? found : from_macros(size);
}

MemoryLookup SramTable::ratio_of(const SramTable& other, const SramSize& size) const {
  const Words& mine = banked(1);
  const Words& theirs = other.banked(1);
  double best = std::numeric_limits<double>::infinity();
  MemoryLookup found;
  for (const auto& [word, curve] : theirs) {
    const auto same = mine.find(word);
    if (same == mine.end() || curve.empty()) {
      continue;
    }
    const std::int64_t low = std::max(curve.begin()->first, same->second.begin()->first);
    const std::int64_t high = std::min(curve.rbegin()->first, same->second.rbegin()->first);
    const std::int64_t capacity = std::clamp(size.capacity_bytes, low, std::max(low, high));
    const double distance = std::fabs(std::log(static_cast<double>(word) / size.line_bits)) +
                            std::fabs(std::log(static_cast<double>(capacity) /
                                               static_cast<double>(size.capacity_bytes)));
    if (low <= high && distance < best) {
      best = distance;
      found.figures = ratio(along(curve, capacity), along(same->second, capacity));
      found.from.steps = {
          fmt::format("times {} / {} at {}", other.path_, path_, text_of({capacity, word, 1}))};
    }
  }
  if (!std::isfinite(best)) {
    throw InputError{{other.path_, 0, 0}, "has no single-bank rows to compare"};
  }
  found.from.interpolated = true;
  return found;
}

}  // namespace turnpike::cost
