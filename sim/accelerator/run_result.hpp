#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/base/record.hpp"
#include "traces/provenance.hpp"

/// What a run yields before prices. A record that results.json holds has its fields described
/// behind it: that table is all there is to say of a figure, wherever it is written, read or shown.
namespace turnpike::accelerator {

/// Bytes that hold `bits`.
[[nodiscard]] constexpr std::uint64_t bytes_of(std::uint64_t bits) {
  return (bits + 7) / 8;
}

/// Where the cycles of a layer went. Every clock is exactly one of the three.
struct CycleCounts {
  std::uint64_t processing = 0;
  std::uint64_t dram_stall = 0;
  std::uint64_t post_stall = 0;
  [[nodiscard]] std::uint64_t total() const { return processing + dram_stall + post_stall; }
};

/// Figures that a layer and the whole run have.
namespace label {
inline constexpr Label kCycles{"cycles", "cycles", "processing + DRAM stall + post stall"};
inline constexpr Label kProcessing{"processing_cycles", "cycles", "the array runs a pass"};
inline constexpr Label kDramStall{"dram_stall_cycles", "cycles", "it waits for DRAM"};
inline constexpr Label kPostStall{"post_stall_cycles", "cycles",
                                  "it waits for the post-processing unit"};
inline constexpr Label kConflicts{
    "glb_conflict_cycles", "cycles",
    "of the processing cycles: banks of the buffer asked for too often"};
inline constexpr Label kPasses{"passes", "passes", "processing passes"};
inline constexpr Label kMacs{"macs", "MACs", "multiply-accumulates, zero-gated ones included"};
inline constexpr Label kGated{"macs_zero_gated", "MACs",
                              "of these, whose activation is the real value 0"};
}  // namespace label

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

/// Operations of one inference (Table 6 of the paper).
struct OperationCounts {
  std::uint64_t low_precision_macs = 0;
  std::uint64_t high_precision_adds = 0;
  std::uint64_t nonlinear = 0;
  std::uint64_t elementwise_multiplies = 0;
};

/// A layer that runs on the array, with the element-wise layers that work on its psums; or a group
/// of element-wise layers alone.
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
  std::uint64_t array_slots = 0;  ///< MAC slots of the array (= macs unless bit-composed)
  std::uint64_t glb_conflict_cycles = 0;
  Traffic glb_bits;  ///< array and post-processing side; fills from DRAM are not in it
  Traffic dram_bits;
  std::uint64_t glb_transfer_bits = 0;  ///< fills from and drains to DRAM
  std::uint64_t packing_loss_bits = 0;
  std::uint64_t psums_read = 0;          ///< values the array took from the buffer
  std::uint64_t dram_filter_values = 0;  ///< weights fetched
  std::uint64_t dram_ifmap_values = 0;   ///< ifmap values fetched for the array
  std::uint64_t dram_ofmap_values = 0;   ///< output values written, highway ones included
  std::string ifmap_place;
  std::string ofmap_place;
  ActionCounts counts;

  [[nodiscard]] std::uint64_t all_cycles() const { return cycles.total(); }
  [[nodiscard]] std::uint64_t glb_bytes() const { return bytes_of(glb_bits.total()); }
  [[nodiscard]] std::uint64_t dram_bytes() const { return bytes_of(dram_bits.total()); }
};

/// One kind of a layer's traffic in bytes. Read back it is whole bytes: of the buffer the exact
/// bits follow from the counts; DRAM words are whole bytes.
struct TrafficBytes {
  Traffic LayerResult::*traffic;
  std::uint64_t Traffic::*kind;

  std::uint64_t operator()(const LayerResult& layer) const {
    return bytes_of(layer.*traffic.*kind);
  }
  void store(LayerResult& layer, std::uint64_t bytes) const { layer.*traffic.*kind = 8 * bytes; }
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

/// Error of a floating output, relative to the range of its reference, that passes.
inline constexpr double kFloatTolerance = 1e-5;

struct Checks {
  std::optional<bool> ofmap_bit_exact;
  std::uint64_t outputs_compared = 0;
  double float_max_error = 0.0;
  std::optional<bool> accumulators_exact;
  std::map<std::string, bool> conservation;
  std::string first_difference;
  std::uint64_t codes_compared = 0;
  std::uint64_t codes_differing = 0;
  std::uint64_t codes_off_by_one = 0;
  std::uint64_t codes_within_tolerance = 0;
  std::uint64_t tensors_differing = 0;
  std::int64_t largest_code_difference = 0;
  int tolerance = 0;
  std::string likely_cause;
  /// Every integer output is right or within the tolerance.
  [[nodiscard]] bool codes_passed() const;
  [[nodiscard]] bool float_passed() const { return float_max_error <= kFloatTolerance; }
  /// The verdict on the run.
  [[nodiscard]] bool all_passed() const;
  /// The same as the status of a sweep's point.
  [[nodiscard]] const char* status() const { return all_passed() ? "ok" : "check_failed"; }
};

struct OffArrayLayer {
  std::string name;
  double share_of_macs = 0.0;
};

/// Everything a run yields before prices: stored in the run directory, re-priced without
/// simulation.
struct RunResult {
  std::string network;
  std::optional<traces::Provenance> source;  ///< of a trace that says where it comes from
  std::int64_t batch = 1;
  int weight_bits = 16, activation_bits = 16;
  int psum_bits = 16;  ///< widest priced on the machine's own width
  bool psum_bits_seen = false;
  bool midrise = false;
  std::uint64_t float_layers = 0;
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
  std::uint64_t stages_known = 0;   ///< whose values an earlier run computed and checked
  std::uint64_t values_digest = 0;  ///< of the outputs that were found right; 0: nobody asked

  [[nodiscard]] CycleCounts cycles() const;
  [[nodiscard]] std::uint64_t macs() const;
  [[nodiscard]] std::uint64_t glb_conflict_cycles() const;
};

}  // namespace turnpike::accelerator

namespace turnpike {

template <>
inline constexpr auto fields_of<accelerator::OperationCounts> = std::tuple{
    Field{Label{"low_precision_macs", "", "MACs of the layers that run on the array"},
          &accelerator::OperationCounts::low_precision_macs},
    Field{Label{"high_precision_adds", "",
                "residual adds, one an element; adds of the cell state, one a cell and step"},
          &accelerator::OperationCounts::high_precision_adds},
    Field{Label{"nonlinear", "",
                "ReLUs; sigmoids and tanhs (5 a cell and step of an LSTM, 3 of a GRU)"},
          &accelerator::OperationCounts::nonlinear},
    Field{Label{"elementwise_multiplies", "",
                "3 a cell and step of an LSTM or GRU; one an element of a product of maps"},
          &accelerator::OperationCounts::elementwise_multiplies}};

template <>
inline constexpr auto fields_of<accelerator::OffArrayLayer> =
    std::tuple{Field{Label{"name", "", "of the layer"}, &accelerator::OffArrayLayer::name},
               Field{Label{"share_of_macs", "1", "of all MACs of the network"},
                     &accelerator::OffArrayLayer::share_of_macs}};

template <>
inline constexpr auto fields_of<accelerator::Residency> = std::tuple{
    Field{Label{"tensor", "", "name of the stored tensor"}, &accelerator::Residency::tensor},
    Field{Label{"bits", "bit", "width it is stored at"},
          &accelerator::Residency::bits,
          {.least = 1, .most = 64}},
    Field{Label{"values", "", "how many"}, &accelerator::Residency::values},
    Field{Label{"highway", "", "whether it is there for the highway alone"},
          &accelerator::Residency::highway},
    Field{Label{"place", "", "`glb` or `dram`"},
          Named{&accelerator::Residency::in_glb, "glb", "dram"}},
    Field{Label{"reason", "", "why it is not in the buffer"}, &accelerator::Residency::reason}};

template <>
inline constexpr auto fields_of<accelerator::Checks> = std::tuple{
    Field{Label{"passed", "",
                "the verdict: no check below failed. Exit code 1 and `check_failed` if false; "
                "absent in files of older versions, which the checks below decide"},
          &accelerator::Checks::all_passed},
    Field{Label{"ofmap_bit_exact", "",
                "every integer output equals the trace's reference; null if it has none"},
          &accelerator::Checks::ofmap_bit_exact},
    Field{Label{"outputs_compared", "values", "outputs compared, floating ones included"},
          &accelerator::Checks::outputs_compared},
    Field{Label{"float_max_error", "1",
                "largest error of a floating output / range of its reference"},
          &accelerator::Checks::float_max_error},
    Field{Label{"accumulators_exact", "", "`--check`: every psum equals plain loops; else null"},
          &accelerator::Checks::accumulators_exact},
    Field{Label{"first_difference", "",
                "the first wrong output: layer, tensor, how many of its codes differ, index, code "
                "expected (the trace's) and got, whether all differ by one; else empty"},
          &accelerator::Checks::first_difference},
    Field{Label{"codes_compared", "values", "integer outputs compared"},
          &accelerator::Checks::codes_compared,
          {.later = true}},
    Field{Label{"codes_differing", "values", "of these, the ones that differ"},
          &accelerator::Checks::codes_differing,
          {.later = true}},
    Field{Label{"codes_off_by_one", "values", "of the differing ones, by one"},
          &accelerator::Checks::codes_off_by_one,
          {.later = true}},
    Field{Label{"codes_within_tolerance", "values",
                "of the differing ones, by no more than `tolerance`"},
          &accelerator::Checks::codes_within_tolerance,
          {.later = true}},
    Field{Label{"tensors_differing", "", "integer output tensors with a difference"},
          &accelerator::Checks::tensors_differing,
          {.later = true}},
    Field{Label{"largest_code_difference", "codes", "the largest"},
          &accelerator::Checks::largest_code_difference,
          {.later = true}},
    Field{Label{"tolerance", "codes",
                "`run --tolerance`: difference that passes; 0: none. `ofmap_bit_exact` stays false "
                "whatever is tolerated"},
          &accelerator::Checks::tolerance,
          {.later = true, .most = 65535}},
    Field{Label{"likely_cause", "",
                "what would explain every code of the first layer that differs ([a run that is not "
                "bit-exact](../traces/FORMAT.md#a-run-that-is-not-bit-exact)); else empty"},
          &accelerator::Checks::likely_cause,
          {.later = true}},
    Field{Label{"conservation", "",
                "what the run counted against what is known of it otherwise, each true or false: "
                "closed forms of the array's words, MACs, passes and transfers; cycles not below "
                "the bounds of the passes; the layers' cycles against the simulated time; buffer "
                "lines against what its banks can answer; energy summed twice"},
          &accelerator::Checks::conservation}};

template <>
inline constexpr auto fields_of<accelerator::LayerResult> = [] {
  using accelerator::CycleCounts;
  using accelerator::LayerResult;
  using accelerator::Traffic;
  using Bytes = accelerator::TrafficBytes;
  namespace label = accelerator::label;
  constexpr FieldOptions kEarly{.column = Column::early};
  constexpr Label kGlb{"glb_bytes", "B", "buffer traffic, all kinds"};
  constexpr Label kDram{"dram_bytes", "B", "DRAM traffic, all kinds"};
  return std::tuple{
      Field{Label{"name", "", "of the first layer of the group"},
            &LayerResult::name,
            {.column = Column::first, .page = {"layer"}}},
      Field{Label{"op", "", "of the first layer of the group"},
            &LayerResult::op,
            {.column = Column::first}},
      Field{Label{"mapping", "",
                  "\"m64 n1 e14 p22 q1 r1 t1\", letters of the kind of array; null off the "
                  "array"},
            OrNull{&LayerResult::mapping},
            {.column = Column::first, .page = {"mapping"}}},
      Field{label::kPasses, &LayerResult::passes, {.none_at_zero = true, .column = Column::early}},
      Field{Label{"active_pes", "", "PEs with work in the fullest pass"},
            &LayerResult::active_pes,
            {.none_at_zero = true, .column = Column::early, .page = {"active PEs", 1.0, 0}}},
      Field{label::kCycles,
            &LayerResult::all_cycles,
            {.column = Column::early, .page = {"kilocycles", 1e-3}}},
      Field{label::kProcessing,
            Inside{&LayerResult::cycles, &CycleCounts::processing},
            {.column = Column::early, .bar = {"cycles", "processing"}}},
      Field{label::kDramStall,
            Inside{&LayerResult::cycles, &CycleCounts::dram_stall},
            {.column = Column::early, .bar = {"cycles", "DRAM stall", "DRAM"}}},
      Field{label::kPostStall,
            Inside{&LayerResult::cycles, &CycleCounts::post_stall},
            {.column = Column::early, .bar = {"cycles", "post stall", "post-processing"}}},
      Field{label::kConflicts,
            &LayerResult::glb_conflict_cycles,
            {.bar = {"cycles", "bank conflicts", "GLB", "processing_cycles"}}},
      Field{label::kMacs, &LayerResult::macs, kEarly},
      Field{label::kGated, &LayerResult::macs_zero_gated, kEarly},
      Field{Label{"bound", "",
                  "what the mapper expects to limit most cycles: `mac`, `psum`, `ifmap`, `filter`, "
                  "`dram`; null off the array"},
            OrNull{&LayerResult::bound},
            {.column = Column::first, .page = {"bound"}}},
      Field{Label{"ifmap_place", "",
                  "`glb` or `dram`; empty for a layer that does not run on the array"},
            &LayerResult::ifmap_place},
      Field{Label{"ofmap_place", "",
                  "`glb` or `dram`; `none`: it never leaves the post-processing unit"},
            &LayerResult::ofmap_place},
      Field{kGlb, &LayerResult::glb_bytes, {.elsewhere = true, .page = {"GLB kbit", 8e-3}}},
      Field{Label{"glb_bytes.ifmap", "B", "buffer traffic of input maps"},
            Bytes{&LayerResult::glb_bits, &Traffic::ifmap}, kEarly},
      Field{Label{"glb_bytes.filter", "B", "weights read from the filter buffer"},
            Bytes{&LayerResult::glb_bits, &Traffic::filter}, kEarly},
      Field{Label{"glb_bytes.psum", "B", "psums written and read again"},
            Bytes{&LayerResult::glb_bits, &Traffic::psum}, kEarly},
      Field{Label{"glb_bytes.ofmap", "B", "output maps and skip operands"},
            Bytes{&LayerResult::glb_bits, &Traffic::ofmap}, kEarly},
      Field{Label{"glb_bytes.highway", "B", "what only the highway adds"},
            Bytes{&LayerResult::glb_bits, &Traffic::highway},
            {.column = Column::early,
             .page = {"GLB highway kbit", 8e-3},
             .bar = {"highway", "GLB", "GLB"}}},
      Field{kDram, &LayerResult::dram_bytes, {.elsewhere = true, .page = {"DRAM kbit", 8e-3}}},
      Field{Label{"dram_bytes.ifmap", "B", "DRAM traffic of input maps and skip operands"},
            Bytes{&LayerResult::dram_bits, &Traffic::ifmap}, kEarly},
      Field{Label{"dram_bytes.filter", "B", "weights fetched"},
            Bytes{&LayerResult::dram_bits, &Traffic::filter}, kEarly},
      Field{Label{"dram_bytes.ofmap", "B", "output maps written"},
            Bytes{&LayerResult::dram_bits, &Traffic::ofmap}, kEarly},
      Field{Label{"dram_bytes.highway", "B", "what only the highway adds"},
            Bytes{&LayerResult::dram_bits, &Traffic::highway},
            {.column = Column::early,
             .page = {"DRAM highway kbit", 8e-3},
             .bar = {"highway", "DRAM", "DRAM"}}},
      Field{Label{"dram_packing_loss_bits", "bit", "unused bits of those words"},
            &LayerResult::packing_loss_bits}};
}();

}  // namespace turnpike
