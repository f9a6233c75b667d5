#include "sim/cost/figures.hpp"

#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {

const std::string& column_of(Figure figure) {
  static const std::array<std::string, kFigures> names = {
      "nand2_eq",       "n_ff",  "leakage_nw", "energy_pj_random", "energy_pj_relu_laplace",
      "energy_pj_idle", "clk_pj"};
  return names[static_cast<std::size_t>(figure)];
}

Figures operator+(const Figures& a, const Figures& b) {
  Figures sum;
  for (std::size_t i = 0; i < kFigures; ++i) {
    sum.values[i] = a.values[i] + b.values[i];
  }
  return sum;
}

Figures operator-(const Figures& a, const Figures& b) {
  return a + b * -1.0;
}

Figures operator*(const Figures& a, double k) {
  Figures product;
  for (std::size_t i = 0; i < kFigures; ++i) {
    product.values[i] = a.values[i] * k;
  }
  return product;
}

Figures mix(const Figures& a, const Figures& b, double t) {
  return a + (b - a) * t;
}

double figure_of(const CsvTable& table, std::size_t row, const std::string& column, double least) {
  constexpr double kSmallest = 1e-12;
  constexpr double kLargest = 1e9;
  const double value = table.number(row, column);
  const double size = std::fabs(value);
  if (value < least || size > kLargest || (size > 0.0 && size < kSmallest)) {
    throw FileError{table.spot(row),
                    fmt::format("column '{}' is {}: no plausible figure; expected 0 or {} to {}",
                                column, table.text(row, column), kSmallest, kLargest)};
  }
  return value;
}

std::int64_t whole_of(const CsvTable& table, std::size_t row, const std::string& column) {
  constexpr double kLargest = 1e9;
  const double value = table.number(row, column);
  if (value < 1.0 || value > kLargest || value != std::floor(value)) {
    throw FileError{table.spot(row),
                    fmt::format("column '{}' is {}: expected a whole number of 1 to {}", column,
                                table.text(row, column), kLargest)};
  }
  return std::llround(value);
}

Figures read_positive_figures(const CsvTable& table, std::size_t row) {
  const Figures figures = read_figures(table, row);
  for (const Figure figure :
       {Figure::nand2, Figure::leakage_nw, Figure::random_pj, Figure::activity_pj}) {
    if (figures.at(figure) == 0.0) {
      throw FileError{table.spot(row), fmt::format("column '{}' is 0", column_of(figure))};
    }
  }
  return figures;
}

Figures read_figures(const CsvTable& table, std::size_t row) {
  Figures figures;
  for (std::size_t i = 0; i < kFigures; ++i) {
    const std::string& column = column_of(static_cast<Figure>(i));
    // A column the table lacks, or an empty field, was not measured; asking for it later fails.
    const bool measured = table.has_column(column) && !table.text(row, column).empty();
    figures.values[i] =
        measured ? figure_of(table, row, column) : std::numeric_limits<double>::quiet_NaN();
  }
  return figures;
}

double Lookup::get(Figure figure) const {
  const double value = figures.at(figure);
  if (std::isnan(value)) {
    throw InputError{{"technology tables", 0, 0},
                     fmt::format("no {} is known for {}", column_of(figure),
                                 from.steps.empty() ? "this row" : from.steps.front())};
  }
  return value;
}

void FigureSeries::add(double width, const Figures& figures, const SourceSpot& spot) {
  if (!rows_.emplace(width, figures).second) {
    throw FileError{spot, fmt::format("{} has a second row for {} bits", name_, width)};
  }
}

Lookup FigureSeries::at(double width) const {
  if (rows_.empty() || !range_.contains(width)) {
    throw InputError{
        {table_, 0, 0},
        fmt::format("{} is known for {} to {}, not for {}", name_, range_.low, range_.high, width)};
  }
  const auto row = rows_.find(width);
  if (row == rows_.end()) {
    return between(width);
  }
  return {row->second, {false, {fmt::format("{}: {}, {}: measured row", table_, name_, width)}}};
}

Lookup FigureSeries::between(double width) const {
  if (rows_.size() < 2) {
    throw InputError{{table_, 0, 0},
                     fmt::format("{} has one row only and none for {}", name_, width)};
  }
  auto high = rows_.upper_bound(width);
  if (high == rows_.begin()) {
    ++high;
  } else if (high == rows_.end()) {
    --high;
  }
  const auto low = std::prev(high);
  const double t = (width - low->first) / (high->first - low->first);
  Lookup found{mix(low->second, high->second, t), {true, {}}};
  const bool below = width < low->first;
  const Figures at_end =
      mix(low->second, high->second, (range_.low - low->first) / (high->first - low->first));
  for (std::size_t i = 0; i < kFigures; ++i) {
    const double first = low->second.values[i];
    if (below && first > 0.0 && at_end.values[i] <= 0.0) {
      found.figures.values[i] = first * width / low->first;
    } else if (found.figures.values[i] <= 0.0 && first > 0.0) {
      found.figures.values[i] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  found.from.add(fmt::format("{}: {}, {}: on the line through {} and {}", table_, name_, width,
                             low->first, high->first));
  return found;
}

}  // namespace turnpike::cost
