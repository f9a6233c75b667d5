#include "sim/cost/memory_grid.hpp"

#include <algorithm>
#include <limits>

#include "sim/base/error.hpp"

namespace turnpike::cost {
namespace {

/// Where a value lies on an axis: between `low` and `low` + 1, at share `t`.
struct Place {
  std::size_t low = 0;
  double t = 0.0;
};

Place place_on(const std::vector<double>& axis, double value) {
  ensure(!axis.empty() && axis.front() <= value && value <= axis.back(), "a place on the grid");
  const auto above = std::upper_bound(axis.begin(), axis.end(), value);
  const auto low = static_cast<std::size_t>(above - axis.begin()) - 1;
  return {low, axis[low] == value ? 0.0 : (value - axis[low]) / (axis[low + 1] - axis[low])};
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

MemoryFigures larger(const MemoryFigures& a, const MemoryFigures& b) {
  return {std::max(a.read_pj, b.read_pj), std::max(a.write_pj, b.write_pj),
          std::max(a.leakage_mw, b.leakage_mw), std::max(a.area_mm2, b.area_mm2)};
}

MemoryFigures smaller(const MemoryFigures& a, const MemoryFigures& b) {
  return {std::min(a.read_pj, b.read_pj), std::min(a.write_pj, b.write_pj),
          std::min(a.leakage_mw, b.leakage_mw), std::min(a.area_mm2, b.area_mm2)};
}

MemoryFigures copies(const MemoryFigures& a, double n) {
  return {a.read_pj, a.write_pj, a.leakage_mw * n, a.area_mm2 * n};
}

bool all_positive(const MemoryFigures& a) {
  return a.read_pj > 0.0 && a.write_pj > 0.0 && a.leakage_mw > 0.0 && a.area_mm2 > 0.0;
}

MemoryGrid::MemoryGrid(std::vector<double> widths, std::vector<double> words)
    : widths_{std::move(widths)},
      words_{std::move(words)},
      points_(widths_.size() * words_.size()) {}

void MemoryGrid::hold_rules_below_rows() {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::vector<MemoryFigures> ceiling(points_.size(), {kNone, kNone, kNone, kNone});
  for (std::size_t width = widths_.size(); width-- > 0;) {
    for (std::size_t n = words_.size(); n-- > 0;) {
      MemoryFigures& here = ceiling[width * words_.size() + n];
      if (width + 1 < widths_.size()) {
        here = smaller(here, ceiling[(width + 1) * words_.size() + n]);
      }
      if (n + 1 < words_.size()) {
        here = smaller(here, ceiling[width * words_.size() + n + 1]);
      }
      Point& at = point(width, n);
      if (at.measured) {
        here = smaller(here, at.figures);
      } else {
        at.figures = smaller(at.figures, here);
      }
    }
  }
}

void MemoryGrid::make_monotone() {
  hold_rules_below_rows();
  const auto raise = [](Point& point, const MemoryFigures& floor) {
    const MemoryFigures raised = larger(point.figures, floor);
    point.measured = point.measured && raised == point.figures;
    point.figures = raised;
  };
  for (std::size_t width = 0; width < widths_.size(); ++width) {
    for (std::size_t n = 0; n < words_.size(); ++n) {
      Point& here = point(width, n);
      MemoryFigures floor;
      if (width > 0) {
        floor = larger(floor, point(width - 1, n).figures);
      }
      if (n > 0) {
        floor = larger(floor, point(width, n - 1).figures);
      }
      floor.write_pj = std::max({floor.write_pj, floor.read_pj, here.figures.read_pj});
      raise(here, floor);
      ensure(all_positive(here.figures), "every memory of a grid has positive figures");
    }
  }
}

MemoryGrid::Point MemoryGrid::at(double width, double words) const {
  const Place w = place_on(widths_, width);
  const Place n = place_on(words_, words);
  const auto along = [&](std::size_t row) {
    return n.t == 0.0 ? point(row, n.low).figures
                      : mix(point(row, n.low).figures, point(row, n.low + 1).figures, n.t);
  };
  if (w.t == 0.0) {
    return {along(w.low), n.t == 0.0 && point(w.low, n.low).measured};
  }
  return {mix(along(w.low), along(w.low + 1), w.t), false};
}

}  // namespace turnpike::cost
