#include "sim/cost/mac_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {
namespace {

constexpr int kWidestPsum = 32;

/// Psum width of the rows: products of a + w bits, 8192 of them, at most 32 bits.
int row_psum(int activation, int weight) {
  return std::min(kWidestPsum, activation + weight + 13);
}

/// Flip-flops of the pipelined MAC: operands, product, accumulator, two valid bits.
int flip_flops(int activation, int weight, int psum) {
  return 2 * (activation + weight) + psum + 2;
}

int read_width(const CsvTable& table, std::size_t row, const char* column) {
  return static_cast<int>(whole_of(table, row, column));
}

template <class Map>
typename Map::const_iterator nearest(const Map& map, int key) {
  auto best = map.begin();
  for (auto it = map.begin(); it != map.end(); ++it) {
    if (std::abs(it->first - key) < std::abs(best->first - key)) {
      best = it;
    }
  }
  return best;
}

struct PsumMove {
  int to = 0;
  int from = 0;
};

/// Figures moved along the slope of the psum's width. What the line brings to zero before a psum of
/// 1 bit goes in proportion to the width instead: an area, a leakage, an energy without its clock.
Figures along_psum(const Figures& base, const Figures& slope, const PsumMove& move) {
  Figures line = base + slope * static_cast<double>(move.to - move.from);
  const Figures at_one = base + slope * static_cast<double>(1 - move.from);
  const double share = static_cast<double>(move.to) / move.from;
  if (move.to >= move.from) {
    return line;
  }
  for (const Figure figure : {Figure::nand2, Figure::leakage_nw}) {
    if (at_one.at(figure) <= 0.0) {
      line.at(figure) = base.at(figure) * share;
    }
  }
  const auto net = [](const Figures& f, Figure figure) {
    return f.at(figure) - f.at(Figure::clock_pj);
  };
  for (const Figure figure : {Figure::random_pj, Figure::activity_pj}) {
    if (net(at_one, figure) <= 0.0) {
      line.at(figure) = line.at(Figure::clock_pj) + net(base, figure) * share;
    }
  }
  return line;
}

/// Where `x` lies between `low` and `high` as the NAND2 formula goes from one to the other.
double formula_share(double x, double low, double high) {
  return (x - low) / (high - low);
}

}  // namespace

double mac_nand2_formula(double activation, double weight, double psum) {
  return 7.05 * activation * weight + 7.17 * psum - 7.71 * (activation + weight);
}

MacTable::MacTable(const std::string& directory) : path_{directory + "/mac_pipe.csv"} {
  read_unpipelined(directory + "/mac.csv");
  read_pipelined(path_);
  read_slopes(directory + "/mac_psum_slope.csv");
}

void MacTable::read_unpipelined(const std::string& path) {
  width_range_ = SourceNote::beside(path).range("width");
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const int a = read_width(table, row, "bits_a");
    const int w = read_width(table, row, "bits_w");
    if (table.text(row, "weights") == "midrise") {
      midrise_[a] = read_positive_figures(table, row);
    } else {
      integer_[{a, w}] = read_positive_figures(table, row);
    }
  }
  if (integer_.empty() || midrise_.empty()) {
    throw FileError{{path, 0, 0}, "needs rows with integer and with midrise weights"};
  }
}

void MacTable::read_pipelined(const std::string& path) {
  static_cast<void>(SourceNote::beside(path));
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const int bits = read_width(table, row, "bits");
    const int psum = read_width(table, row, "bits_acc");
    pipelined_[{bits, psum}] = read_positive_figures(table, row);
    const auto [base, added] = base_psum_.emplace(bits, psum);
    base->second = std::min(base->second, psum);
  }
  registers_ = FigureSeries{path, "pipeline registers (mac_pipe - mac)", {1, 256}};
  for (const auto& [bits, psum] : base_psum_) {
    const auto unpipelined_row = integer_.find({bits, bits});
    if (unpipelined_row == integer_.end()) {
      throw FileError{{path, 0, 0}, fmt::format("mac.csv has no row {0} x {0} to go with", bits)};
    }
    registers_.add(flip_flops(bits, bits, psum),
                   pipelined_.at({bits, psum}) - unpipelined_row->second, {path, 0, 0});
  }
}

void MacTable::read_slopes(const std::string& path) {
  static_cast<void>(SourceNote::beside(path));
  const CsvTable table = CsvTable::from_file(path);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Figures slope = read_positive_figures(table, row);
    slope.at(Figure::idle_pj) = 0.0;  // a gated slot costs the same at every width
    slope_[read_width(table, row, "bits")] = slope;
  }
  if (slope_.empty()) {
    throw FileError{{path, 0, 0}, "has no rows"};
  }
}

void MacTable::check_range(const MacWidths& widths) const {
  if (!width_range_.contains(widths.activation) || !width_range_.contains(widths.weight) ||
      widths.psum < 1) {
    throw InputError{
        {path_, 0, 0},
        fmt::format("a MAC is known for operands of {} to {} bits and psums from 1 bit, not for "
                    "{} x {} + {}",
                    width_range_.low, width_range_.high, widths.activation, widths.weight,
                    widths.psum)};
  }
}

Lookup MacTable::weight_between(int activation, int weight) const {
  const auto row = integer_.find({activation, weight});
  if (row != integer_.end()) {
    return {row->second,
            {false, {fmt::format("mac.csv: {} x {}: measured row", activation, weight)}}};
  }
  const auto high = integer_.upper_bound({activation, weight});
  const auto low = std::prev(high);
  const auto area = [activation](int w) {
    return mac_nand2_formula(activation, w, row_psum(activation, w));
  };
  const double t = formula_share(area(weight), area(low->first.second), area(high->first.second));
  return {mix(low->second, high->second, t),
          {true,
           {fmt::format("mac.csv: {} x {}: between weights of {} and {} bits by the NAND2 formula",
                        activation, weight, low->first.second, high->first.second)}}};
}

Lookup MacTable::unpipelined(int activation, int weight) const {
  int low = 0;
  int high = 0;
  for (const auto& [widths, figures] : integer_) {
    if (widths.first <= activation) {
      low = widths.first;
    }
    if (widths.first >= activation && high == 0) {
      high = widths.first;
    }
  }
  Lookup a = weight_between(low, weight);
  if (low == high) {
    return a;
  }
  const Lookup b = weight_between(high, weight);
  const auto area = [weight](int x) { return mac_nand2_formula(x, weight, row_psum(x, weight)); };
  a.figures = mix(a.figures, b.figures, formula_share(area(activation), area(low), area(high)));
  a.from.include(b.from);
  a.from.interpolated = true;
  a.from.add(fmt::format("activations of {} bits: between {} and {} by the NAND2 formula",
                         activation, low, high));
  return a;
}

Lookup MacTable::midrise_extra(int activation, int weight) const {
  const auto row = midrise_.find(weight);
  if (row != midrise_.end() && activation == weight) {
    return {row->second - integer_.at({weight, weight}),
            {true,
             {fmt::format("mac.csv: mid-rise minus integer row at {0} x {0}, added to the "
                          "pipelined MAC",
                          weight)}}};
  }
  const auto near = nearest(midrise_, weight);
  const Figures& integer = integer_.at({near->first, near->first});
  const Figures here = unpipelined(activation, weight).figures;
  Lookup extra{Figures{}, {true, {}}};
  for (const Figure figure : {Figure::random_pj, Figure::activity_pj}) {
    extra.figures.at(figure) =
        here.at(figure) * (near->second.at(figure) / integer.at(figure) - 1.0);
  }
  const int psum = row_psum(activation, weight);
  extra.figures.at(Figure::nand2) = mac_nand2_formula(activation, weight + 1, psum + 1) -
                                    mac_nand2_formula(activation, weight, psum);
  extra.figures.at(Figure::leakage_nw) =
      here.at(Figure::leakage_nw) * extra.figures.at(Figure::nand2) / here.at(Figure::nand2);
  extra.from.add(fmt::format(
      "mid-rise weight: area of one weight and one psum bit more by the NAND2 formula, energy by "
      "the ratio mid-rise / integer at {0} x {0}",
      near->first));
  return extra;
}

Lookup MacTable::at_base_psum(int activation, int weight) const {
  const int psum = row_psum(activation, weight);
  const auto row = pipelined_.find({activation, psum});
  if (activation == weight && row != pipelined_.end()) {
    return {
        row->second,
        {false, {fmt::format("mac_pipe.csv: {0} x {0} + {1}: measured row", activation, psum)}}};
  }
  Lookup mac = unpipelined(activation, weight);
  const Lookup registers = registers_.at(flip_flops(activation, weight, psum));
  mac.figures = mac.figures + registers.figures;
  mac.from.include(registers.from);
  mac.from.interpolated = true;
  mac.figures.at(Figure::flip_flops) = flip_flops(activation, weight, psum);
  return mac;
}

void MacTable::move_psum(Lookup& mac, const MacWidths& widths, int base) const {
  const auto wide = pipelined_.find({widths.activation, kWidestPsum});
  const bool equal = widths.activation == widths.weight;
  if (equal && widths.psum > base && wide != pipelined_.end()) {
    const double t = static_cast<double>(widths.psum - base) / (kWidestPsum - base);
    mac.figures = widths.psum == kWidestPsum ? wide->second : mix(mac.figures, wide->second, t);
    mac.from.add(fmt::format("psum of {} bits: on the line through the rows of {} and {}",
                             widths.psum, base, kWidestPsum));
    mac.from.interpolated = mac.from.interpolated || widths.psum != kWidestPsum;
    return;
  }
  const auto slope = nearest(slope_, (widths.activation + widths.weight + 1) / 2);
  mac.figures = along_psum(mac.figures, slope->second, {widths.psum, base});
  mac.from.add(fmt::format("psum of {} instead of {} bits: along mac_psum_slope.csv at {} bits",
                           widths.psum, base, slope->first));
  mac.from.interpolated = true;
}

Lookup MacTable::at(const MacWidths& widths) const {
  check_range(widths);
  MacWidths priced = widths;
  priced.psum = std::min(widths.psum, kWidestPsum);
  const int base = row_psum(widths.activation, widths.weight);
  Lookup mac = at_base_psum(widths.activation, widths.weight);
  if (priced.psum != base) {
    move_psum(mac, priced, base);
  }
  if (widths.psum > kWidestPsum) {
    mac.from.add(fmt::format("psum of {} bits priced as {}", widths.psum, kWidestPsum));
    mac.from.interpolated = true;
  }
  if (widths.midrise) {
    const Lookup extra = midrise_extra(widths.activation, widths.weight);
    for (const Figure figure :
         {Figure::nand2, Figure::leakage_nw, Figure::random_pj, Figure::activity_pj}) {
      mac.figures.at(figure) += extra.figures.at(figure);
    }
    mac.from.include(extra.from);
  }
  const double energy = mac.figures.at(Figure::activity_pj) - mac.figures.at(Figure::clock_pj);
  if (!(mac.figures.at(Figure::nand2) > 0.0) || !(energy > 0.0)) {
    throw InputError{{path_, 0, 0},
                     fmt::format("the rows do not reach as far as {} x {} + {}: the energy or area "
                                 "would not be positive",
                                 widths.activation, widths.weight, widths.psum)};
  }
  return mac;
}

}  // namespace turnpike::cost
