#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cost/figures.hpp"
#include "sim/cost/mac_table.hpp"
#include "sim/cost/sram_table.hpp"

namespace turnpike::cost {

/// A number of technology.yaml with its range and source.
struct Constant {
  double value = 0.0;
  Range range;
  std::string unit;
  std::string source;
};

/// Depth and width of a register file or spad.
struct SpadSize {
  int depth = 0;
  int bits = 0;
};

/// The tables of one technology: a directory of CSV tables, each with its `.source`, and
/// technology.yaml (schema turnpike-technology/1).
///
/// Every lookup says whether it was interpolated and how it was made. A width or size outside the
/// stated range of its table is an InputError, never zero. Energies are at voltage(); a technology
/// that names a base and scaling factors returns the base's figures scaled, flagged.
class Technology {
 public:
  /// FileError for a missing file or `.source`, InputError for a wrong one.
  static Technology load(const std::string& directory);
  /// The technology of this node among the directories of `root`, e.g. 65 -> root/65nm; InputError
  /// naming those there are.
  static Technology of_node(const std::string& root, double node_nm);
  /// Names of the technologies in `root`, sorted.
  static std::vector<std::string> names_in(const std::string& root);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] double node_nm() const { return node_nm_; }
  [[nodiscard]] double voltage() const { return voltage_; }
  /// InternalError for an unknown name: the names are the program's, load() checks they are there.
  [[nodiscard]] const Constant& constant(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, Constant>& constants() const { return constants_; }
  /// "mac_area", "filter_spad_area", "buffer_area": factor on what the tables say, 1 if
  /// technology.yaml does not say.
  [[nodiscard]] const Constant& area_factor(const std::string& name) const;
  /// Clock the tables' logic was synthesised to meet, MHz; empty if technology.yaml does not say.
  [[nodiscard]] std::optional<double> highest_clock_mhz() const;

  [[nodiscard]] Lookup mac(const MacWidths& widths) const;
  /// A row of datapath.csv by "component.op", e.g. "add_sat.add".
  [[nodiscard]] Lookup datapath(const std::string& name, int bits) const;
  [[nodiscard]] Lookup fifo(const SpadSize& size) const;
  /// op: "read", "write" or "read_write". Below the shallowest measured file all figures go
  /// as the area of 16-bit files does along the line through the first two depths.
  [[nodiscard]] Lookup register_file(const std::string& op, const SpadSize& size) const;
  /// A requantizer from `psum_bits` to `bits`.
  [[nodiscard]] Lookup requant(int psum_bits, int bits) const;
  /// Clock energy of a flip-flop per clock, in clock_pj.
  [[nodiscard]] Lookup flip_flop_clock() const;
  /// Positive, and monotone in depth and width. Source: filter_spad.csv at its own depth; other
  /// depths by one law for all widths, that of sram_small.csv down to CACTI's smallest macro and of
  /// register_file.csv below it.
  [[nodiscard]] MemoryLookup filter_spad(const SpadSize& size) const;
  [[nodiscard]] MemoryLookup sram(const SramSize& size) const;

  /// Placed area of `nand2` NAND2 equivalents.
  [[nodiscard]] SquareMicrometres logic_area(double nand2) const;
  /// Leakage of logic whose rows say `leakage_nw`.
  [[nodiscard]] Milliwatts logic_leakage(double leakage_nw) const;

 private:
  friend class TechnologyReader;
  struct Tables;  ///< technology_tables.hpp
  /// What brings a base technology's figures to this node.
  struct Scaling {
    double energy = 1.0;
    double area = 1.0;
    double leakage = 1.0;
    std::string text;
  };

  Technology() = default;
  [[nodiscard]] Lookup scaled(Lookup lookup) const;
  [[nodiscard]] Lookup register_file_row(const std::string& op, const SpadSize& size) const;
  [[nodiscard]] MemoryFigures register_file_law(int depth, int reference) const;
  std::string name_;
  double node_nm_ = 0.0;
  double voltage_ = 0.0;
  std::map<std::string, Constant> constants_;
  std::shared_ptr<const Tables> tables_;
  std::optional<Scaling> scaling_;         ///< of a technology with a base
  std::shared_ptr<const SramTable> sram_;  ///< the base's, brought to the node
  MemoryLookup spad_scaling_;              ///< of filter spads
};

}  // namespace turnpike::cost
