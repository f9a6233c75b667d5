#include "sim/report/result_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/csv_table.hpp"
#include "sim/base/printable.hpp"
#include "sim/base/text.hpp"

namespace turnpike::report {
namespace {

using accelerator::LayerResult;
using Json = nlohmann::ordered_json;

Json totals(const PricedRun& run) {
  const accelerator::CycleCounts cycles = run.result.cycles();
  std::uint64_t gated = 0;
  std::uint64_t transfers = 0;
  std::uint64_t packing = 0;
  for (const LayerResult& layer : run.result.layers) {
    gated += layer.macs_zero_gated;
    transfers += layer.glb_transfer_bits;
    packing += layer.packing_loss_bits;
  }
  return {{"cycles", cycles.total()},
          {"processing_cycles", cycles.processing},
          {"dram_stall_cycles", cycles.dram_stall},
          {"post_stall_cycles", cycles.post_stall},
          {"glb_conflict_cycles", run.result.glb_conflict_cycles()},
          {"latency_ms", run.latency_ms()},
          {"macs", run.result.macs()},
          {"macs_zero_gated", gated},
          {"utilization", run.utilization()},
          {"energy_uj", run.energy_uj()},
          {"area_mm2", run.area_mm2()},
          {"average_power_mw", run.average_power_mw()},
          {"tops_per_watt", run.tops_per_watt()},
          {"glb_bytes", run.glb_bytes()},
          {"glb_transfer_bytes", bytes_of(transfers)},
          {"dram_bytes", run.dram_bytes()},
          {"dram_packing_loss_bytes", bytes_of(packing)}};
}

Json by_component(const cost::ComponentEnergies& energies) {
  Json out = Json::object();
  for (int c = 0; c < kComponents; ++c) {
    out[std::string{to_string(static_cast<Component>(c))}] =
        energies[static_cast<std::size_t>(c)].count();
  }
  return out;
}

Json areas(const PricedRun& run) {
  Json out = Json::object();
  for (int c = 0; c < kComponents; ++c) {
    const auto component = static_cast<Component>(c);
    if (component.row().area) {
      out[std::string{to_string(component)}] = run.area_of(component).count();
    }
  }
  return out;
}

Json layer_json(const PricedRun& run, std::size_t index) {
  const LayerResult& l = run.result.layers[index];
  return {{"name", l.name},
          {"op", l.op},
          {"mapping", l.mapping.empty() ? Json(nullptr) : Json(l.mapping)},
          {"passes", l.passes},
          {"active_pes", l.active_pes},
          {"cycles", l.cycles.total()},
          {"processing_cycles", l.cycles.processing},
          {"dram_stall_cycles", l.cycles.dram_stall},
          {"post_stall_cycles", l.cycles.post_stall},
          {"glb_conflict_cycles", l.glb_conflict_cycles},
          {"macs", l.macs},
          {"macs_zero_gated", l.macs_zero_gated},
          {"bound", l.bound.empty() ? Json(nullptr) : Json(l.bound)},
          {"ifmap_place", l.ifmap_place},
          {"ofmap_place", l.ofmap_place},
          {"glb_bytes",
           {{"ifmap", bytes_of(l.glb_bits.ifmap)},
            {"filter", bytes_of(l.glb_bits.filter)},
            {"psum", bytes_of(l.glb_bits.psum)},
            {"ofmap", bytes_of(l.glb_bits.ofmap)},
            {"highway", bytes_of(l.glb_bits.highway)}}},
          {"dram_bytes",
           {{"ifmap", bytes_of(l.dram_bits.ifmap)},
            {"filter", bytes_of(l.dram_bits.filter)},
            {"ofmap", bytes_of(l.dram_bits.ofmap)},
            {"highway", bytes_of(l.dram_bits.highway)}}},
          {"dram_packing_loss_bits", l.packing_loss_bits},
          {"energy_pj", by_component(run.energy.by_layer[index])}};
}

Json checks_json(const accelerator::Checks& checks) {
  const auto optional = [](const std::optional<bool>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json conservation = Json::object();
  for (const auto& [name, held] : checks.conservation) {
    conservation[name] = held;
  }
  return {{"passed", checks.all_passed()},
          {"ofmap_bit_exact", optional(checks.ofmap_bit_exact)},
          {"outputs_compared", checks.outputs_compared},
          {"float_max_error", checks.float_max_error},
          {"accumulators_exact", optional(checks.accumulators_exact)},
          {"first_difference", checks.first_difference},
          {"codes_compared", checks.codes_compared},
          {"codes_differing", checks.codes_differing},
          {"codes_off_by_one", checks.codes_off_by_one},
          {"codes_within_tolerance", checks.codes_within_tolerance},
          {"tensors_differing", checks.tensors_differing},
          {"largest_code_difference", checks.largest_code_difference},
          {"tolerance", checks.tolerance},
          {"likely_cause", checks.likely_cause},
          {"conservation", conservation}};
}

}  // namespace

std::string results_json(const PricedRun& run) {
  const accelerator::RunResult& r = run.result;
  Json layers = Json::array();
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    layers.push_back(layer_json(run, i));
  }
  Json off_array = Json::array();
  for (const accelerator::OffArrayLayer& layer : r.off_array) {
    off_array.push_back({{"name", layer.name}, {"share_of_macs", layer.share_of_macs}});
  }
  Json residency = Json::array();
  for (const accelerator::Residency& tensor : r.residency) {
    residency.push_back({{"tensor", tensor.tensor},
                         {"bits", tensor.bits},
                         {"values", tensor.values},
                         {"highway", tensor.highway},
                         {"place", tensor.in_glb ? "glb" : "dram"},
                         {"reason", tensor.reason}});
  }
  const Json json = {
      {"schema", "turnpike-results/1"},
      {"accelerator", run.config.name},
      {"profile", run.config.profile},
      {"network", r.network},
      {"batch", r.batch},
      {"policy", run.policy},
      {"precision",
       {{"weight", r.weight_bits},
        {"activation", r.activation_bits},
        {"psum", r.psum_bits},
        {"float_layers", r.float_layers}}},
      {"highway",
       {{"enabled", r.highway_enabled},
        {"bits", r.highway_bits},
        {"storage", to_string(run.config.highway.storage)},
        {"wider_skips", r.wider_skips}}},
      {"totals", totals(run)},
      {"area_um2", areas(run)},
      {"energy_pj", by_component(run.energy.by_component)},
      {"energy_pj_highway", by_component(run.energy.by_component_highway)},
      {"operations",
       {{"low_precision_macs", r.operations.low_precision_macs},
        {"high_precision_adds", r.operations.high_precision_adds},
        {"nonlinear", r.operations.nonlinear},
        {"elementwise_multiplies", r.operations.elementwise_multiplies}}},
      {"off_array", off_array},
      {"checks", checks_json(r.checks)},
      {"psums", {{"widest", r.widest_psum}, {"layers_over_cost_bits", r.layers_over_cost}}},
      {"residency", residency},
      {"layers", layers}};
  return json.dump(2) + "\n";
}

std::string layers_csv(const PricedRun& run) {
  std::string out =
      "name,op,mapping,bound,passes,active_pes,cycles,processing_cycles,dram_stall_cycles,"
      "post_stall_cycles,macs,macs_zero_gated,glb_bytes_ifmap,glb_bytes_filter,glb_bytes_psum,"
      "glb_bytes_ofmap,glb_bytes_highway,dram_bytes_ifmap,dram_bytes_filter,dram_bytes_ofmap,"
      "dram_bytes_highway,energy_pj\n";
  for (std::size_t i = 0; i < run.result.layers.size(); ++i) {
    const LayerResult& l = run.result.layers[i];
    out += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(l.name),
        l.op, l.mapping, l.bound, l.passes, l.active_pes, l.cycles.total(), l.cycles.processing,
        l.cycles.dram_stall, l.cycles.post_stall, l.macs, l.macs_zero_gated,
        bytes_of(l.glb_bits.ifmap), bytes_of(l.glb_bits.filter), bytes_of(l.glb_bits.psum),
        bytes_of(l.glb_bits.ofmap), bytes_of(l.glb_bits.highway), bytes_of(l.dram_bits.ifmap),
        bytes_of(l.dram_bits.filter), bytes_of(l.dram_bits.ofmap), bytes_of(l.dram_bits.highway),
        shortest(run.energy.of_layer(i).count()));
  }
  return out;
}

std::string counts_csv(const PricedRun& run) {
  std::string out = "component,action,item,stream,layer,bits,count,energy_pj,interpolated\n";
  for (const cost::EnergyRow& row : run.energy.rows) {
    out += fmt::format("{},{},{},{},{},{},{},{},{}\n", to_string(row.key.component),
                       to_string(row.key.action), row.key.item.text(), to_string(row.key.stream),
                       csv_field(run.energy.layers[row.layer]), widths_text(row.key), row.count,
                       shortest(row.energy.count()), row.interpolated);
  }
  return out;
}

std::string stats_text(const PricedRun& run) {
  const accelerator::RunResult& r = run.result;
  const accelerator::CycleCounts cycles = r.cycles();
  const auto line = [](const char* name, const std::string& value, const char* unit,
                       const char* description) {
    return fmt::format("{:<28} {:>18} {:<7} # {}\n", name, value, unit, description);
  };
  const auto whole = [](std::uint64_t value) { return fmt::format("{}", value); };
  const auto real = [](double value) { return fmt::format("{:.6g}", value); };
  std::string out;
  out += line("cycles", whole(cycles.total()), "cycles", "processing + DRAM stall + post stall");
  out += line("processing_cycles", whole(cycles.processing), "cycles", "the array runs a pass");
  out += line("dram_stall_cycles", whole(cycles.dram_stall), "cycles", "it waits for DRAM");
  out += line("post_stall_cycles", whole(cycles.post_stall), "cycles",
              "it waits for the post-processing unit");
  out += line("glb_conflict_cycles", whole(r.glb_conflict_cycles()), "cycles",
              "of the processing cycles: banks of the buffer asked for too often");
  out += line("passes", whole(r.layers.empty() ? 0 : r.passes), "passes", "processing passes");
  out += line("latency", real(run.latency_ms()), "ms", "of the batch");
  out += line("macs", whole(r.macs()), "MACs", "multiply-accumulates, zero-gated ones included");
  out += line("utilization", real(run.utilization()), "1", "macs / (processing cycles x PEs)");
  out += line("energy", real(run.energy_uj()), "uJ", "what the policy line counts");
  out += line("area", real(run.area_mm2()), "mm2", "of the whole machine");
  out += line("average_power", real(run.average_power_mw()), "mW", "energy / latency");
  out += line("glb_bytes", whole(run.glb_bytes()), "B", "global buffer, whole lines");
  out += line("dram_bytes", whole(run.dram_bytes()), "B", "DRAM, whole 64-bit words");
  out += line("widest_psum", real(r.widest_psum), "1", "largest |psum| a pass wrote back");
  return out + "policy: " + printable(run.policy) + "\n";
}

}  // namespace turnpike::report
