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

  [[nodiscard]] Lookup mac(const MacWidths& widths) const;
  /// A row of datapath.csv by "component.op", e.g. "add_sat.add".
  [[nodiscard]] Lookup datapath(const std::string& name, int bits) const;
  [[nodiscard]] Lookup fifo(const SpadSize& size) const;
  /// op: "read", "write" or "read_write".
  [[nodiscard]] Lookup register_file(const std::string& op, const SpadSize& size) const;
  /// A requantizer from `psum_bits` to `bits`.
  [[nodiscard]] Lookup requant(int psum_bits, int bits) const;
  /// Clock energy of a flip-flop per clock, in clock_pj.
  [[nodiscard]] Lookup flip_flop_clock() const;
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
  [[nodiscard]] MemoryLookup scaled(MemoryLookup lookup, const SramSize& size) const;

  std::string name_;
  double node_nm_ = 0.0;
  double voltage_ = 0.0;
  std::map<std::string, Constant> constants_;
  std::shared_ptr<const Tables> tables_;
  std::optional<Scaling> scaling_;              ///< of a technology with a base
  std::shared_ptr<const SramTable> node_sram_;  ///< single-bank macros of such a node
};

}  // namespace turnpike::cost
