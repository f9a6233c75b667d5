#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/cost/psum_cost.hpp"

namespace turnpike::accelerator {

/// Operand widths the machine is built for and networks are quantized to.
struct OperandWidths {
  int weight = 16;
  int activation = 16;
  friend bool operator==(const OperandWidths&, const OperandWidths&) = default;
};

enum class FirstLast { same, native16, composed, composed8, excluded };
enum class HighwayStorage { dual, single };
enum class FeatureMaps { keep, spill };
enum class Transfers { overlap, serial };
enum class RunLengthCoding { off, on, where_it_helps };

using cost::PsumCost;

/// Hardware-order saturating arithmetic, if asked for.
struct SaturatingPsum {
  int bits = 16;
  int product_shift = 0;
};

struct LayerOverride {
  std::string pattern;  ///< glob on layer names
  OperandWidths widths;
};

/// An accelerator as its YAML file describes it (docs/configuration.md lists every key). Sizes in
/// values unless the name says otherwise.
struct AcceleratorConfig {
  std::string name;
  std::string profile;
  double clock_mhz = 250.0;
  int node_nm = 65;
  double voltage = 1.0;
  OperandWidths precision;
  bool precision_given = false;  ///< on the command line: then a trace must fit it
  FirstLast first_last = FirstLast::same;
  std::vector<LayerOverride> overrides;
  bool highway_enabled = false;
  bool highway_given = false;  ///< on the command line: then a trace must agree with it
  int highway_bits = 8;
  HighwayStorage highway_storage = HighwayStorage::dual;
  PsumCost psum_cost;
  std::optional<SaturatingPsum> saturating_psum;
  std::int64_t rows = 12, columns = 14;
  std::int64_t ifmap_spad = 12, filter_spad = 224, psum_spad = 24;
  std::int64_t filter_rate = 4, ifmap_rate = 1, psum_in_rate = 4, psum_out_rate = 4;
  std::int64_t fifo_depth = 4;
  std::int64_t glb_bytes_at_16_bit = 0;
  std::int64_t glb_banks = 1;
  std::int64_t glb_line_values = 4;
  std::int64_t glb_latency_cycles = 2;
  std::int64_t glb_filter_bytes_at_16_bit = 8192;
  bool glb_bank_per_type = false;  ///< glb.allocation: bank (the chip) or line
  std::int64_t post_values_per_clock = 4;
  std::string dram_device = "lpddr3-1600";
  std::int64_t dram_channels = 1;
  bool dram_open_page = true;
  std::optional<std::int64_t> dram_power_down_after;  ///< idle DRAM clocks; never if empty
  FeatureMaps feature_maps = FeatureMaps::keep;
  Transfers transfers = Transfers::overlap;
  RunLengthCoding rlc = RunLengthCoding::off;
  std::string mapper_objective = "cycles";
  bool filter_load_whole_banks = true;
  ConfigNode cost;      ///< the `cost:` mapping, read by sim/cost
  ConfigNode resolved;  ///< everything, with the origin of each leaf

  /// Bits the buffers of the machine are scaled to: the wider operand.
  [[nodiscard]] int machine_bits() const {
    return precision.weight > precision.activation ? precision.weight : precision.activation;
  }
  [[nodiscard]] std::int64_t glb_bits() const {
    return glb_bytes_at_16_bit * 8 * machine_bits() / 16;
  }
  [[nodiscard]] std::int64_t glb_filter_bits() const {
    return glb_filter_bytes_at_16_bit * 8 * machine_bits() / 16;
  }
  [[nodiscard]] int line_bits() const { return static_cast<int>(glb_line_values) * machine_bits(); }
  [[nodiscard]] std::int64_t pes() const { return rows * columns; }
  /// Highway width that is really stored: the wider of highway and activation.
  [[nodiscard]] int effective_highway_bits() const {
    return highway_bits > precision.activation ? highway_bits : precision.activation;
  }
};

/// Where configuration files are looked for besides the given path: the repository's or the
/// installation's configs/ folder.
struct ConfigSources {
  std::string accelerator_file;
  std::string config_root;             ///< folder with profiles/ and technology/
  std::optional<std::string> profile;  ///< --profile
  std::vector<std::string> settings;   ///< --set key=value, in order
};

/// Built-in default < the profile the file names < the file's own keys < `profile` < `settings`.
/// The file, each profile and the whole are read strictly before anything is laid over anything.
/// InputError with the spot of the origin that is wrong.
[[nodiscard]] AcceleratorConfig load_accelerator(const ConfigSources& sources);

/// Lays what a user chose over a configuration: the profile (the last `profile=` of `settings`,
/// else `profile`), then the settings. InputError for a profile that is wrong and for a key set
/// twice.
void lay_choices(ConfigNode& node, const std::optional<std::string>& profile,
                 const std::vector<std::string>& settings, const std::string& config_root);

/// Keys whose value is not that of the configuration's profile.
[[nodiscard]] std::vector<std::string> departures(const AcceleratorConfig& config);

/// InputError if highway.bits or highway.storage was set by --set or by a point of a sweep although
/// the machine has no highway: it would change nothing. A file may state them for when it has one.
void check_highway_settings(const AcceleratorConfig& config);

/// Reads a merged configuration.
[[nodiscard]] AcceleratorConfig read_accelerator(const ConfigNode& merged);

/// Path of a profile: a file as given, or <config_root>/profiles/<name>.yaml. InputError at `spot`
/// if there is none of that name.
[[nodiscard]] std::string profile_path(const std::string& name, const std::string& config_root,
                                       const SourceSpot& spot = {});

[[nodiscard]] std::string to_string(FirstLast policy);

}  // namespace turnpike::accelerator
