#pragma once

#include <cstddef>
#include <vector>

#include "sim/cost/memory_figures.hpp"

namespace turnpike::cost {

/// Figures of memories over the width of a word and the number of words.
///
/// Monotone in both after make_monotone(): a memory of more words, or of wider ones, costs no less
/// energy, leakage or area. Between the points bilinear, which keeps that.
class MemoryGrid {
 public:
  struct Point {
    MemoryFigures figures;
    bool measured = false;  ///< a row of the table, as it stands
  };

  /// `widths` and `words` ascending. Every point must be set before the grid is used.
  MemoryGrid(std::vector<double> widths, std::vector<double> words);

  [[nodiscard]] const std::vector<double>& widths() const { return widths_; }
  [[nodiscard]] const std::vector<double>& words() const { return words_; }
  [[nodiscard]] Point& point(std::size_t width, std::size_t words) {
    return points_[width * words_.size() + words];
  }

  /// Lowers what a rule gave to the measured points with no narrower and no fewer words. Then
  /// raises each figure to that of every point with no wider and no more words, and a write to a
  /// read. Raised points are no longer measured.
  void make_monotone();

  /// What `at` found: `measured` only if the place is a measured point.
  [[nodiscard]] Point at(double width, double words) const;

 private:
  void hold_rules_below_rows();
  [[nodiscard]] const Point& point(std::size_t width, std::size_t words) const {
    return points_[width * words_.size() + words];
  }

  std::vector<double> widths_;
  std::vector<double> words_;
  std::vector<Point> points_;
};

}  // namespace turnpike::cost
