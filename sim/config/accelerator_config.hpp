#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/config/array.hpp"
#include "sim/config/dram.hpp"
#include "sim/config/glb.hpp"
#include "sim/config/highway.hpp"
#include "sim/config/key.hpp"
#include "sim/config/layers.hpp"
#include "sim/config/mapper.hpp"
#include "sim/config/noc.hpp"
#include "sim/config/operand_widths.hpp"
#include "sim/config/post.hpp"
#include "sim/config/psum.hpp"
#include "sim/config/spads.hpp"
#include "sim/config/technology.hpp"
#include "sim/config/timing.hpp"
#include "sim/config/traffic.hpp"

namespace turnpike::config {

/// An accelerator as its YAML file describes it: members are named as the keys are
/// (docs/configuration.md lists them), a section is a struct that goes as it is to whoever needs
/// it. Sizes in values unless the name says otherwise.
struct AcceleratorConfig {
  std::string name;
  std::string profile = "silicon";
  double clock_mhz = 250.0;
  TechnologyConfig technology;
  OperandWidths precision;
  LayersConfig layers;
  HighwayConfig highway;
  PsumConfig psum;
  ArrayConfig array;
  SpadConfig spads;
  NocConfig noc;
  GlbConfig glb;
  PostConfig post;
  DramConfig dram;
  FeatureMaps feature_maps = FeatureMaps::keep;
  Transfers transfers = Transfers::overlap;
  RunLengthMode rlc = RunLengthMode::off;
  MapperConfig mapper;
  TimingConfig timing;
  ConfigNode cost;  ///< the `cost:` mapping, read by CostPolicy

  ConfigNode resolved;           ///< everything, with the origin of each leaf
  bool precision_given = false;  ///< on the command line: then a trace must fit it
  bool highway_given = false;    ///< on the command line: then a trace must agree with it

  /// Bits the buffers of the machine are scaled to: the wider operand.
  [[nodiscard]] int machine_bits() const { return precision.widest(); }
  [[nodiscard]] std::int64_t glb_bits() const { return glb.bits(machine_bits()); }
  [[nodiscard]] std::int64_t glb_filter_bits() const { return glb.filter_bits(machine_bits()); }
  [[nodiscard]] int line_bits() const { return glb.line_bits(machine_bits()); }
  [[nodiscard]] std::int64_t pes() const { return array.pes(); }
  /// A load of filters is rounded up to these values: a bank has 512 words, a word a clock's
  /// values.
  [[nodiscard]] std::int64_t filter_load_values() const {
    return timing.filter_load == FilterLoad::bank ? 512 * noc.filter : 1;
  }
};

/// Reads a merged configuration.
[[nodiscard]] AcceleratorConfig read_accelerator(const ConfigNode& merged);

/// Asks for the keys a profile may set but `cost`, which is CostPolicy's, and checks them.
void check_policies(ConfigMap& top);

/// Reads the keys that decide what a network is quantized to: precision, layers, highway.enabled
/// and highway.bits. The rest is as by default.
[[nodiscard]] AcceleratorConfig read_quantization(ConfigMap& top);

/// Every key of an accelerator file, in the order of the documentation.
[[nodiscard]] std::vector<KeyRow> accelerator_keys();

}  // namespace turnpike::config
