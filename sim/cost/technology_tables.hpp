#pragma once

#include <map>
#include <string>

#include "sim/cost/technology.hpp"

namespace turnpike::cost {

/// A straight line through CACTI macros of one depth: figures by width.
struct SpadFit {
  MemoryFigures intercept;
  MemoryFigures slope_per_bit;
  int depth_words = 0;
  double voltage = 0.0;
};

/// The general fit of small SRAMs; coefficients as the columns of sram_small.csv.
struct SmallSramFit {
  MemoryFigures constant;
  MemoryFigures per_word_bit;
  MemoryFigures per_sqrt_total_bits;
  MemoryFigures per_total_bit;
  Range total_bits;

  [[nodiscard]] MemoryFigures at(double words, double bits) const;
  /// How a memory of `words` compares to one of `reference` words, both of kLawWidth.
  [[nodiscard]] MemoryFigures depth_law(double words, double reference) const;

  static constexpr int kLawWidth = 16;
};

/// Everything read from a technology's CSV files.
struct Technology::Tables {
  explicit Tables(const std::string& directory);

  std::string directory;
  MacTable mac;
  SramTable sram;
  std::map<std::string, FigureSeries> datapath;                       ///< by component.op
  std::map<std::string, std::map<int, FigureSeries>> register_files;  ///< by op, depth
  Range register_file_depths;
  std::map<int, FigureSeries> requant;  ///< by psum width
  Range requant_psums;
  Range requant_widths;
  SpadFit filter_spad;
  Range filter_widths;
  Range filter_depths;
  SmallSramFit small_sram;

 private:
  void read_datapath();
  void read_register_files();
  void read_requant();
  void read_filter_spad();
  void read_small_sram();
};

}  // namespace turnpike::cost
