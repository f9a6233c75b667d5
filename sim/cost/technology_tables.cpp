#include "sim/cost/technology_tables.hpp"

#include <cmath>

#include <fmt/format.h>

namespace turnpike::cost {
namespace {

int whole(const CsvTable& table, std::size_t row, const std::string& column) {
  return static_cast<int>(std::lround(table.number(row, column)));
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
  if (table.rows() != 4) {
    throw FileError{{table.name(), 0, 0},
                    "needs one row each for read_pj, write_pj, area_mm2 and leakage_mw"};
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
    const double bits = table.number(row, "bits");
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
        .add(table.number(row, "bits"), read_figures(table, row), table.spot(row));
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
    series.add(table.number(row, "bits"), read_figures(table, row), table.spot(row));
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
    series.add(table.number(row, "bits"), read_figures(table, row), table.spot(row));
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
    entry(filter_spad.intercept, quantity, table.spot(row)) = table.number(row, "intercept");
    entry(filter_spad.slope_per_bit, quantity, table.spot(row)) =
        table.number(row, "slope_per_bit");
    filter_spad.depth_words = whole(table, row, "depth_words");
    filter_spad.voltage = table.number(row, "vdd_v");
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
    entry(small_sram.constant, quantity, spot) = table.number(row, "c0_const");
    entry(small_sram.per_word_bit, quantity, spot) = table.number(row, "c1_per_word_bit");
    entry(small_sram.per_sqrt_total_bits, quantity, spot) =
        table.number(row, "c2_per_sqrt_total_bits");
    entry(small_sram.per_total_bit, quantity, spot) = table.number(row, "c3_per_total_bit");
  }
}

}  // namespace turnpike::cost
