#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/action_count.hpp"

namespace turnpike::accelerator {

/// Where the cycles of a layer went. Every clock is exactly one of the three.
struct CycleCounts {
  std::uint64_t processing = 0;  ///< the array runs a pass (filter load included)
  std::uint64_t dram_stall = 0;  ///< it waits for data from or to DRAM
  std::uint64_t post_stall = 0;  ///< it waits for the post-processing unit
  [[nodiscard]] std::uint64_t total() const { return processing + dram_stall + post_stall; }
};

/// Bits moved, as whole lines (buffer) or whole 64-bit words (DRAM): packing loss included.
struct Traffic {
  std::uint64_t ifmap = 0, filter = 0, psum = 0, ofmap = 0, highway = 0;
  [[nodiscard]] std::uint64_t total() const { return ifmap + filter + psum + ofmap + highway; }
  Traffic& operator+=(const Traffic& other) {
    ifmap += other.ifmap;
    filter += other.filter;
    psum += other.psum;
    ofmap += other.ofmap;
    highway += other.highway;
    return *this;
  }
};

/// Operations of one inference (Table 6 of the paper; rule in docs/results.md).
struct OperationCounts {
  std::uint64_t low_precision_macs = 0;
  std::uint64_t high_precision_adds = 0;
  std::uint64_t nonlinear = 0;
  std::uint64_t elementwise_multiplies = 0;
};

struct LayerResult {
  std::string name;
  std::string op;
  std::string mapping;  ///< "" for layers that do not run on the array
  std::string bound;
  std::uint64_t passes = 0;
  std::uint64_t active_pes = 0;
  CycleCounts cycles;
  std::uint64_t macs = 0;
  std::uint64_t macs_zero_gated = 0;
  std::uint64_t array_slots = 0;          ///< MAC slots of the array (= macs unless bit-composed)
  std::uint64_t glb_conflict_cycles = 0;  ///< of the processing cycles: banks asked for too often
  Traffic glb_bits;  ///< array and post-processing side; fills from DRAM are not in it
  Traffic dram_bits;
  std::uint64_t glb_transfer_bits = 0;   ///< fills from and drains to DRAM
  std::uint64_t packing_loss_bits = 0;   ///< in DRAM words
  std::uint64_t dram_filter_values = 0;  ///< weights fetched
  std::uint64_t dram_ifmap_values = 0;   ///< ifmap values fetched for the array
  std::uint64_t dram_ofmap_values = 0;   ///< output values written, highway ones included
  std::string ifmap_place;               ///< "glb", "dram": where the input lies
  std::string ofmap_place;  ///< "glb", "dram", "none" (stays inside the post-processing unit)
  ActionCounts counts;
};

/// One stored tensor and where the allocation put it.
struct Residency {
  std::string tensor;
  int bits = 0;
  std::int64_t values = 0;
  bool highway = false;
  bool in_glb = false;
  std::string reason;
};

struct Checks {
  std::optional<bool> ofmap_bit_exact;  ///< null: the trace has no integer reference output
  std::uint64_t outputs_compared = 0;
  double float_max_error = 0.0;  ///< of float outputs, relative to the range of the reference
  std::optional<bool> accumulators_exact;  ///< --check: against plain loops
  std::map<std::string, bool> conservation;
  std::string first_difference;  ///< the first output that differs: where, how many, by how much
  std::uint64_t codes_compared = 0;  ///< integer outputs,
  std::uint64_t codes_differing = 0;
  std::uint64_t codes_off_by_one = 0;        ///< of the differing ones
  std::uint64_t codes_within_tolerance = 0;  ///< of the differing ones
  std::uint64_t tensors_differing = 0;
  std::int64_t largest_code_difference = 0;
  int tolerance = 0;         ///< difference of codes that is accepted (--tolerance)
  std::string likely_cause;  ///< of the first difference; empty if none was found
  /// Every integer output is right or within the tolerance.
  [[nodiscard]] bool codes_passed() const;
  [[nodiscard]] bool all_passed() const;
};

struct OffArrayLayer {
  std::string name;
  double share_of_macs = 0.0;
};

/// Everything a run yields before prices: stored in the run directory, re-priced without
/// simulation.
struct RunResult {
  std::string network;
  std::int64_t batch = 1;
  int weight_bits = 16, activation_bits = 16;
  int psum_bits = 16;  ///< widest priced on the machine's own width
  bool psum_bits_seen = false;
  bool midrise = false;
  std::uint64_t float_layers = 0;  ///< with a float operand on the array, priced as 16 bit
  bool highway_enabled = false;
  int highway_bits = 0;                  ///< effective width; 0 when off
  std::vector<std::string> wider_skips;  ///< without highway: Plan::wider_skips
  std::vector<LayerResult> layers;
  std::vector<OffArrayLayer> off_array;
  std::vector<Residency> residency;
  OperationCounts operations;
  Checks checks;
  double widest_psum = 0.0;            ///< largest |psum| seen, in units of the accumulator
  std::uint64_t layers_over_cost = 0;  ///< layers whose widest psum exceeds the priced width
  double dram_tck_ns = 0.0;
  std::uint64_t clocks = 0;  ///< simulated time from the first clock to the last
  std::uint64_t passes = 0;
  std::uint64_t passes_simulated = 0;  ///< of these, stepped clock by clock
  std::uint64_t clocks_simulated = 0;

  [[nodiscard]] CycleCounts cycles() const;
  [[nodiscard]] std::uint64_t macs() const;
  [[nodiscard]] std::uint64_t glb_conflict_cycles() const;
};

}  // namespace turnpike::accelerator
