#include "sim/cost/technology_tables.hpp"

#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace turnpike::cost {
namespace {

int whole(const CsvTable& table, std::size_t row, const std::string& column) {
  return static_cast<int>(whole_of(table, row, column));
}

/// The entry of `figures` that `quantity` (a row's name) stands for.
double& entry(MemoryFigures& figures, const std::string& quantity, const SourceSpot& spot) {
  if (quantity == "read_pj") {
    return figures.read_pj;
  }
  if (quantity == "write_pj") {
    return figures.write_pj;
  }
  if (quantity == "area_mm2") {
    return figures.area_mm2;
  }
  if (quantity == "leakage_mw") {
    return figures.leakage_mw;
  }
  throw FileError{spot, fmt::format("unknown quantity '{}'; known: read_pj, write_pj, area_mm2, "
                                    "leakage_mw",
                                    quantity)};
}

void demand_four_rows(const CsvTable& table) {
  std::set<std::string> quantities;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    quantities.insert(table.text(row, "quantity"));
  }
  if (table.rows() != 4 || quantities.size() != 4) {
    throw FileError{{table.name(), 0, 0},
                    "needs one row each for read_pj, write_pj, area_mm2 and leakage_mw"};
  }
}

/// A coefficient of a fit, which may be negative.
double coefficient(const CsvTable& table, std::size_t row, const char* column) {
  return figure_of(table, row, column, -1e9);
}

/// A fit must be positive where it begins and grow to where it ends.
void demand_growth(const CsvTable& table, std::size_t row, const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0.0) || (i > 0 && !(values[i] >= values[i - 1]))) {
      throw FileError{table.spot(row),
                      fmt::format("its fit for {} is not positive, or falls as sizes grow: {:.6g}",
                                  table.text(row, "quantity"), values[i])};
    }
  }
}

}  // namespace

MemoryFigures SmallSramFit::at(double words, double bits) const {
  const double total = words * bits;
  const auto value = [&](double c0, double c1, double c2, double c3) {
    return c0 + c1 * bits + c2 * std::sqrt(total) + c3 * total;
  };
  return {value(constant.read_pj, per_word_bit.read_pj, per_sqrt_total_bits.read_pj,
                per_total_bit.read_pj),
          value(constant.write_pj, per_word_bit.write_pj, per_sqrt_total_bits.write_pj,
                per_total_bit.write_pj),
          value(constant.leakage_mw, per_word_bit.leakage_mw, per_sqrt_total_bits.leakage_mw,
                per_total_bit.leakage_mw),
          value(constant.area_mm2, per_word_bit.area_mm2, per_sqrt_total_bits.area_mm2,
                per_total_bit.area_mm2)};
}

MemoryFigures SmallSramFit::depth_law(double words, double reference) const {
  return ratio(at(words, kLawWidth), at(reference, kLawWidth));
}

Technology::Tables::Tables(const std::string& from)
    : directory{from}, mac{from}, sram{from + "/sram.csv"} {
  read_datapath();
  read_register_files();
  read_requant();
  read_filter_spad();
  read_small_sram();
}

void Technology::Tables::read_datapath() {
  const std::string path = directory + "/datapath.csv";
  const SourceNote note = SourceNote::beside(path);
  const CsvTable table = CsvTable::from_file(path);
  std::map<std::string, Range> measured;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string name = table.text(row, "component") + "." + table.text(row, "op");
    const auto bits = static_cast<double>(whole_of(table, row, "bits"));
    const auto [range, added] = measured.emplace(name, Range{bits, bits});
    range->second = {std::min(range->second.low, bits), std::max(range->second.high, bits)};
  }
  for (const auto& [name, range] : measured) {
    const auto stated = note.ranges.find(name);
    datapath.emplace(name, FigureSeries{"datapath.csv", name,
                                        stated == note.ranges.end() ? range : stated->second});
  }
  for (std::size_t row = 0; row < table.rows(); ++row) {
    datapath.at(table.text(row, "component") + "." + table.text(row, "op"))
        .add(static_cast<double>(whole_of(table, row, "bits")), read_figures(table, row),
             table.spot(row));
  }
}

void Technology::Tables::read_register_files() {
  const std::string path = directory + "/register_file.csv";
  const SourceNote note = SourceNote::beside(path);
  register_file_depths = note.range("depth");
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& op = table.text(row, "op");
    const int depth = whole(table, row, "depth");
    auto& series = register_files[op]
                       .emplace(depth, FigureSeries{"register_file.csv",
                                                    fmt::format("{} of {} words", op, depth),
                                                    note.range("width")})
                       .first->second;
    series.add(static_cast<double>(whole_of(table, row, "bits")), read_positive_figures(table, row),
               table.spot(row));
  }
}

void Technology::Tables::read_requant() {
  const std::string path = directory + "/requant.csv";
  const SourceNote note = SourceNote::beside(path);
  requant_psums = note.range("psum");
  requant_widths = note.range("width");
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const int psum = whole(table, row, "bits_acc");
    auto& series =
        requant
            .emplace(psum, FigureSeries{"requant.csv", fmt::format("requant of {}-bit psums", psum),
                                        requant_widths})
            .first->second;
    series.add(static_cast<double>(whole_of(table, row, "bits")), read_positive_figures(table, row),
               table.spot(row));
  }
}

void Technology::Tables::read_filter_spad() {
  const std::string path = directory + "/filter_spad.csv";
  const SourceNote note = SourceNote::beside(path);
  filter_widths = note.range("width");
  filter_depths = note.range("depth");
  const CsvTable table = CsvTable::from_file(path);
  demand_four_rows(table);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& quantity = table.text(row, "quantity");
    const double intercept = coefficient(table, row, "intercept");
    const double slope = coefficient(table, row, "slope_per_bit");
    demand_growth(table, row,
                  {intercept + slope * filter_widths.low, intercept + slope * filter_widths.high});
    entry(filter_spad.intercept, quantity, table.spot(row)) = intercept;
    entry(filter_spad.slope_per_bit, quantity, table.spot(row)) = slope;
    filter_spad.depth_words = whole(table, row, "depth_words");
    filter_spad.voltage = figure_of(table, row, "vdd_v", 0.1);
  }
}

void Technology::Tables::read_small_sram() {
  const std::string path = directory + "/sram_small.csv";
  small_sram.total_bits = SourceNote::beside(path).range("total_bits");
  const CsvTable table = CsvTable::from_file(path);
  demand_four_rows(table);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& quantity = table.text(row, "quantity");
    const SourceSpot spot = table.spot(row);
    const double c0 = coefficient(table, row, "c0_const");
    const double c1 = coefficient(table, row, "c1_per_word_bit");
    const double c2 = coefficient(table, row, "c2_per_sqrt_total_bits");
    const double c3 = coefficient(table, row, "c3_per_total_bit");
    std::vector<double> by_depth;
    for (double bits = small_sram.total_bits.low; bits <= small_sram.total_bits.high; bits *= 2.0) {
      by_depth.push_back(c0 + c1 * SmallSramFit::kLawWidth + c2 * std::sqrt(bits) + c3 * bits);
    }
    demand_growth(table, row, by_depth);
    entry(small_sram.constant, quantity, spot) = c0;
    entry(small_sram.per_word_bit, quantity, spot) = c1;
    entry(small_sram.per_sqrt_total_bits, quantity, spot) = c2;
    entry(small_sram.per_total_bit, quantity, spot) = c3;
  }
}

}  // namespace turnpike::cost
