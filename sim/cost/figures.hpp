#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "sim/base/csv_table.hpp"
#include "sim/cost/provenance.hpp"
#include "sim/cost/source_note.hpp"

namespace turnpike::cost {

/// The measured columns of a synthesised component.
enum class Figure {
  nand2,        ///< area, NAND2 equivalents
  flip_flops,   ///< number of flip-flops
  leakage_nw,   ///< nW
  random_pj,    ///< uniform operands, pJ
  activity_pj,  ///< activations behind a ReLU, Laplace weights, pJ
  idle_pj,      ///< a clocked, disabled slot, pJ
  clock_pj,     ///< part of the energies that is the clock pins', pJ
};
inline constexpr std::size_t kFigures = 7;

/// The CSV column of a figure.
[[nodiscard]] const std::string& column_of(Figure figure);

/// One row's figures; NaN where the table has none.
struct Figures {
  std::array<double, kFigures> values{};

  [[nodiscard]] double& at(Figure figure) { return values[static_cast<std::size_t>(figure)]; }
  [[nodiscard]] double at(Figure figure) const { return values[static_cast<std::size_t>(figure)]; }

  friend Figures operator+(const Figures& a, const Figures& b);
  friend Figures operator-(const Figures& a, const Figures& b);
  friend Figures operator*(const Figures& a, double k);
};

/// a + t (b - a), figure by figure; t may lie outside 0..1.
[[nodiscard]] Figures mix(const Figures& a, const Figures& b, double t);

/// A figure of a table in whatever unit its column has: FileError with the line unless its size is
/// 0 or lies between 1e-12 and 1e9. `least` is 0, or less for the coefficients of a fit.
[[nodiscard]] double figure_of(const CsvTable& table, std::size_t row, const std::string& column,
                               double least = 0.0);
/// A width, depth or number of banks: FileError with the line unless it is whole and positive.
[[nodiscard]] std::int64_t whole_of(const CsvTable& table, std::size_t row,
                                    const std::string& column);

[[nodiscard]] Figures read_figures(const CsvTable& table, std::size_t row);
/// The same of a component with gates in it: FileError if its area, leakage or energy is 0.
[[nodiscard]] Figures read_positive_figures(const CsvTable& table, std::size_t row);

/// Figures with where they come from.
struct Lookup {
  Figures figures;
  Provenance from;

  /// A figure that must be there: InputError if it was not measured or the rows do not reach it.
  [[nodiscard]] double get(Figure figure) const;
};

/// Rows of one component along one width.
///
/// A width with a row gets the row; between rows the figures are linear; past the last row they
/// follow the last two, within the stated range; so below the first, but in proportion to the width
/// where that line reaches zero within the range, as a multiplier's does. Past the range:
/// InputError. A figure whose line reaches zero above the last row is as good as not measured.
class FigureSeries {
 public:
  FigureSeries() = default;
  FigureSeries(std::string table, std::string name, Range range)
      : table_{std::move(table)}, name_{std::move(name)}, range_{range} {}

  /// FileError if the width has a row already.
  void add(double width, const Figures& figures, const SourceSpot& spot);
  [[nodiscard]] Lookup at(double width) const;
  [[nodiscard]] bool has(double width) const { return rows_.contains(width); }
  [[nodiscard]] const std::map<double, Figures>& rows() const { return rows_; }

 private:
  [[nodiscard]] Lookup between(double width) const;

  std::string table_;
  std::string name_;
  Range range_;
  std::map<double, Figures> rows_;
};

}  // namespace turnpike::cost
