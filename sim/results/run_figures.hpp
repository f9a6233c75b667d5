#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/accelerator/run_result.hpp"
#include "sim/base/action_count.hpp"
#include "sim/base/record.hpp"

/// What results.json holds: a run and its prices, described field by field.
namespace turnpike::results {

/// A figure of each component, in the order of Component; 0 of those the machine does not have.
struct ByComponent : std::array<double, kComponents> {
  std::bitset<kComponents> of_machine;  ///< what its inventory declares: these stand in the files
};
struct ComponentFigures : ByComponent {};
/// The same, of components that have an area.
struct ComponentAreas : ByComponent {};

/// Of the whole run, for the whole batch.
struct Totals {
  std::uint64_t cycles = 0;
  std::uint64_t processing_cycles = 0;
  std::uint64_t dram_stall_cycles = 0;
  std::uint64_t post_stall_cycles = 0;
  std::optional<std::uint64_t> glb_conflict_cycles;  ///< these three: none in older files
  std::uint64_t passes = 0;
  double latency_ms = 0.0;
  std::uint64_t macs = 0;
  std::uint64_t macs_zero_gated = 0;
  double utilization = 0.0;
  double energy_uj = 0.0;
  double area_mm2 = 0.0;
  double average_power_mw = 0.0;
  double tops_per_watt = 0.0;
  std::uint64_t glb_bytes = 0;
  std::optional<std::uint64_t> glb_transfer_bytes;
  std::uint64_t dram_bytes = 0;
  std::optional<std::uint64_t> dram_packing_loss_bytes;
  double widest_psum = 0.0;
};

/// What a run comes to at its prices.
struct RunFigures {
  std::string accelerator;
  std::string profile;
  std::string policy;
  std::string highway_storage;
  Totals totals;
  ComponentAreas area_um2;
  ComponentFigures energy_pj;
  ComponentFigures energy_pj_highway;
  std::vector<ComponentFigures> layer_energy_pj;  ///< by layer
};

/// A layer with its prices: an entry of `layers`, a row of layers.csv.
struct PricedLayer : accelerator::LayerResult {
  ComponentFigures energy_pj;
};

/// results.json as a whole. Read back, `result` has no counts, and the buffer traffic of its layers
/// in whole bytes.
struct ResultsRecord {
  static constexpr std::string_view kSchema = "turnpike-results/1";

  accelerator::RunResult result;
  RunFigures figures;

  [[nodiscard]] std::vector<PricedLayer> layers() const;
};

/// `layers` of results.json.
struct LayersPlace {
  std::vector<PricedLayer> operator()(const ResultsRecord& record) const { return record.layers(); }
  void store(ResultsRecord& record, const std::vector<PricedLayer>& layers) const;
};

/// One of `totals` by its key; nullopt if there is none of this name, or the file has none.
[[nodiscard]] std::optional<double> figure_of(const Totals& totals, std::string_view key);

/// Sets one of `totals`; InternalError if there is none of this name.
void set_figure(Totals& totals, std::string_view key, double value);

/// A total as views show it.
struct TotalLabel {
  Label label;
  FieldOptions options;
};
/// The keys of `totals`: what an architect asks first, the other measured ones, what is counted.
[[nodiscard]] std::vector<TotalLabel> totals_by_interest();

}  // namespace turnpike::results

namespace turnpike {

template <>
inline constexpr auto fields_of<results::Totals> = [] {
  using results::Totals;
  namespace label = accelerator::label;
  constexpr FieldOptions kLater{.later = true};
  constexpr FieldOptions kElsewhere{.elsewhere = true};
  return std::tuple{
      Field{label::kCycles, &Totals::cycles, {.page = {"cycles", 1.0, 0}}},
      Field{label::kProcessing, &Totals::processing_cycles},
      Field{label::kDramStall, &Totals::dram_stall_cycles},
      Field{label::kPostStall, &Totals::post_stall_cycles},
      Field{label::kConflicts, &Totals::glb_conflict_cycles, kLater},
      Field{label::kPasses, &Totals::passes, kElsewhere},
      Field{Label{"latency_ms", "ms", "of the batch"},
            &Totals::latency_ms,
            {.page = {"latency ms", 1.0, 2}}},
      Field{label::kMacs, &Totals::macs},
      Field{label::kGated, &Totals::macs_zero_gated},
      Field{Label{"utilization", "1", "macs / (processing cycles x PEs)"},
            &Totals::utilization,
            {.page = {"utilization %", 100.0, 1}}},
      Field{Label{"energy_uj", "uJ", "what the policy line counts"},
            &Totals::energy_uj,
            {.page = {"energy µJ"}}},
      Field{Label{"area_mm2", "mm2", "of the whole machine"},
            &Totals::area_mm2,
            {.page = {"area mm²", 1.0, 3}}},
      Field{Label{"average_power_mw", "mW", "energy / latency"},
            &Totals::average_power_mw,
            {.short_name = "power"}},
      Field{Label{"tops_per_watt", "TOPS/W", "2 operations a MAC, zero-gated ones too, / energy"},
            &Totals::tops_per_watt,
            {.short_name = "efficiency"}},
      Field{Label{"glb_bytes", "B", "global buffer, whole lines"},
            &Totals::glb_bytes,
            {.page = {"GLB Mbit", 8e-6}}},
      Field{Label{"glb_transfer_bytes", "B", "between the buffer and DRAM, not in glb_bytes"},
            &Totals::glb_transfer_bytes, kLater},
      Field{Label{"dram_bytes", "B", "DRAM, whole 64-bit words"},
            &Totals::dram_bytes,
            {.page = {"DRAM Mbit", 8e-6}}},
      Field{Label{"dram_packing_loss_bytes", "B",
                  "of them unused: a word holds floor(64 / bits) values"},
            &Totals::dram_packing_loss_bytes, kLater},
      Field{Label{"widest_psum", "1", "largest |psum| a pass wrote back"}, &Totals::widest_psum,
            kElsewhere}};
}();

template <>
inline constexpr auto fields_of<results::PricedLayer> =
    std::tuple_cat(fields_of<accelerator::LayerResult>,
                   std::tuple{Field{Label{"energy_pj", "pJ",
                                          "by component; its sum over the layers is "
                                          "`energy_pj` of the run, to the last bit"},
                                    &results::PricedLayer::energy_pj,
                                    {.column = Column::early, .page = {"energy µJ", 1e-6}}}});

template <>
inline constexpr auto fields_of<results::ResultsRecord> = [] {
  using accelerator::RunResult;
  using results::ResultsRecord;
  using results::RunFigures;
  const auto run = [](auto member) { return Inside{&ResultsRecord::result, member}; };
  const auto priced = [](auto member) { return Inside{&ResultsRecord::figures, member}; };
  constexpr FieldOptions kBits{.least = 1, .most = 64};
  return std::tuple{
      Field{Label{"schema", "", "`turnpike-results/1`"}, Always{ResultsRecord::kSchema}},
      Field{Label{"accelerator", "", "its name"}, priced(&RunFigures::accelerator)},
      Field{Label{"profile", "", "its name"}, priced(&RunFigures::profile)},
      Field{Label{"network", "", "its name"}, run(&RunResult::network)},
      Field{Label{"source", "",
                  "where its trace comes from, as the trace says; absent if it says nothing"},
            run(&RunResult::source),
            {.later = true}},
      Field{Label{"batch", "images", "sequences for recurrent nets"},
            run(&RunResult::batch),
            {.least = 1}},
      Field{Label{"policy", "", "the policy line"}, priced(&RunFigures::policy)},
      Field{Label{"precision.weight", "bit", "operands the machine is built for"},
            run(&RunResult::weight_bits), kBits},
      Field{Label{"precision.activation", "bit", "operands the machine is built for"},
            run(&RunResult::activation_bits), kBits},
      Field{Label{"precision.psum", "bit",
                  "widest psum priced, of layers at the machine's own width"},
            run(&RunResult::psum_bits),
            {.least = 1, .most = 1024}},
      Field{Label{"precision.float_layers", "",
                  "layers on the array with an operand in floating point, priced as 16 bit"},
            run(&RunResult::float_layers),
            {.later = true}},
      Field{Label{"highway.enabled", "", "whether skip tensors are kept at high precision"},
            run(&RunResult::highway_enabled)},
      Field{Label{"highway.bits", "bit", "their width; 0 when off"},
            run(&RunResult::highway_bits),
            {.most = 64}},
      Field{Label{"highway.storage", "", "`dual` or `single`"},
            priced(&RunFigures::highway_storage)},
      Field{Label{"highway.wider_skips", "",
                  "list: of a trace without highway, the stored skips that are wider than the "
                  "codes their other readers take. They move as stream `low`; the policy line then "
                  "says `no baseline`"},
            run(&RunResult::wider_skips),
            {.later = true}},
      Field{Label{"totals", "", "of the whole run"}, priced(&RunFigures::totals)},
      Field{Label{"area_um2", "um2", "by component"}, priced(&RunFigures::area_um2)},
      Field{Label{"energy_pj", "pJ", "by component"}, priced(&RunFigures::energy_pj)},
      Field{Label{"energy_pj_highway", "pJ",
                  "by component: the share that exists only because of the highway"},
            priced(&RunFigures::energy_pj_highway)},
      Field{Label{"operations", "", "of one inference"}, run(&RunResult::operations)},
      Field{Label{"off_array", "", "layers not run on the array (`first_last: excluded`)"},
            run(&RunResult::off_array)},
      Field{Label{"checks", "", "what was compared, and the verdict"}, run(&RunResult::checks)},
      Field{Label{"psums.widest", "1",
                  "largest absolute psum that a pass wrote back, in units of the accumulator"},
            run(&RunResult::widest_psum)},
      Field{Label{"psums.layers_over_cost_bits", "",
                  "layers whose widest psum does not fit the priced width"},
            run(&RunResult::layers_over_cost)},
      Field{Label{"residency", "", "where each stored tensor lies"}, run(&RunResult::residency)},
      Field{Label{"layers", "", "in execution order"}, results::LayersPlace{}}};
}();

}  // namespace turnpike
