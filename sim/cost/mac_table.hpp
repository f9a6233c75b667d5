#pragma once

#include <string>
#include <utility>

#include "sim/cost/figures.hpp"

namespace turnpike::cost {

/// What the price of a multiply-accumulate depends on, in bits.
struct MacWidths {
  int activation = 0;
  int weight = 0;
  int psum = 0;
  bool midrise = false;
};

/// NAND2 equivalents of an unpipelined MAC by the formula fitted to the rows of mac.csv
/// (a x w array multiplier, P-bit adder); used for the shape between rows, never for a row.
[[nodiscard]] double mac_nand2_formula(double activation, double weight, double psum);

/// The two-stage, clock-gated MAC of a PE at any operand and psum width.
///
/// Source: mac.csv, mac_pipe.csv and mac_psum_slope.csv with the rules in their `.source`.
class MacTable {
 public:
  /// Reads the three tables of a technology directory.
  explicit MacTable(const std::string& directory);

  /// Area, flip-flops, leakage and energies. activity_pj is an executed operation, idle_pj a gated
  /// slot. InputError for an operand outside 1..16 bits or a psum below 1 bit.
  [[nodiscard]] Lookup at(const MacWidths& widths) const;

 private:
  using Pair = std::pair<int, int>;

  void read_unpipelined(const std::string& path);
  void read_pipelined(const std::string& path);
  void read_slopes(const std::string& path);

  [[nodiscard]] Lookup unpipelined(int activation, int weight) const;
  [[nodiscard]] Lookup weight_between(int activation, int weight) const;
  [[nodiscard]] Lookup midrise_extra(int activation, int weight) const;
  [[nodiscard]] Lookup at_base_psum(int activation, int weight) const;
  void move_psum(Lookup& mac, const MacWidths& widths, int base) const;
  void check_range(const MacWidths& widths) const;

  std::string path_;
  Range width_range_;
  std::map<Pair, Figures> integer_;    ///< by activation, weight
  std::map<int, Figures> midrise_;     ///< equal widths
  std::map<Pair, Figures> pipelined_;  ///< by width, psum
  std::map<int, int> base_psum_;       ///< narrowest psum with a pipelined row
  std::map<int, Figures> slope_;       ///< per psum bit
  FigureSeries registers_;             ///< pipelined - unpipelined, by flip-flops
};

}  // namespace turnpike::cost
