#include "pe/row_stationary/model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "dataflow/row_stationary/closed_form.hpp"
#include "dataflow/row_stationary/pass_kinds.hpp"
#include "pe/pe_array.hpp"
#include "pe/row_stationary/array_core.hpp"
#include "pe/row_stationary/array_probe.hpp"
#include "pe/row_stationary/product_store.hpp"
#include "pe/row_stationary/units.hpp"
#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
namespace {

namespace rs = dataflow::row_stationary;

Expected exactly(std::int64_t value) {
  return Expected::exactly(unsigned_of(value));
}

dataflow::MappedJob job_of(const rs::MappedLayer& mapped, const LayerShape& layer,
                           const ArrayGeometry& array) {
  const rs::Mapping& m = mapped.mapping;
  return {.mapping = rs::to_letters(m),
          .text = rs::to_string(m),
          .estimated_cycles = mapped.estimated_cycles,
          .estimated_energy_pj = mapped.estimated_energy_pj,
          .passes = mapped.passes,
          .active_pes = mapped.active_pes,
          .ifmap_tile = rs::ifmap_tile(layer, m, array),
          .psum_tile = rs::psum_tile(layer, m),
          .bound = mapped.bound};
}

/// Psums of the tile that is final after the pass.
std::int64_t final_psums(const ProcessingPass& pass, const LayerShape& layer, std::int64_t m) {
  const std::int64_t filters = std::min(m, layer.M - pass.filter0 / m * m);
  return pass.ends_tile ? filters * pass.images * pass.e * pass.F : 0;
}

/// The rows the pass uses, in the columns its tile spans, as closed_form.hpp counts them.
IfmapPart ifmap_of(const ProcessingPass& pass, const LayerShape& layer) {
  const bool gaps = layer.U > pass.R;  // between the rows of neighbouring ofmap rows
  return {.image0 = pass.image0,
          .images = pass.images,
          .channel0 = pass.channel0,
          .channels = pass.channels,
          .row0 = pass.row0 * layer.U + pass.kernel_row0,
          .rows = gaps ? pass.R : dataflow::span_of(pass.e, pass.R, layer.U),
          .bands = gaps ? pass.e : 1,
          .band_step = layer.U,
          .column0 = pass.column0 * layer.V + pass.kernel_column0,
          .columns = dataflow::span_of(pass.F, pass.S, layer.V)};
}

PassFootprint footprint_of(const ProcessingPass& pass, const LayerShape& layer, std::int64_t m) {
  return {.group = pass.group,
          .filter = {.filter0 = pass.filter0,
                     .filters = pass.filters,
                     .channel0 = pass.channel0,
                     .channels = pass.channels,
                     .taps = pass.R * pass.S},
          .ifmap = ifmap_of(pass, layer),
          .new_ifmap = pass.new_ifmap_tile,
          .first_psums = pass.first_accumulation,
          .final_psums = final_psums(pass, layer, m)};
}

PassShape machine_of(const config::AcceleratorConfig& config) {
  PassShape s;
  s.rows = narrow(config.array.rows);
  s.columns = narrow(config.array.columns);
  s.ifmap_spad = narrow(config.spads.ifmap);
  s.psum_spad = narrow(config.spads.psum);
  s.filter_rate = narrow(config.noc.filter);
  s.ifmap_rate = narrow(config.noc.ifmap);
  s.psum_in_rate = narrow(config.noc.psum_in);
  s.psum_out_rate = narrow(config.noc.psum_out);
  s.fifo_depth = narrow(config.noc.fifo_depth);
  s.buffer_latency = narrow(config.glb.latency_cycles);
  s.filter_load_unit = narrow(config.filter_load_values());
  return s;
}

/// The same machine as a mapping sees it.
ArrayGeometry geometry_of(const PassShape& machine, const config::AcceleratorConfig& config) {
  return {.rows = machine.rows,
          .columns = machine.columns,
          .ifmap_spad = machine.ifmap_spad,
          .filter_spad = config.spads.filter,
          .psum_spad = machine.psum_spad,
          .filter_rate = machine.filter_rate,
          .ifmap_rate = machine.ifmap_rate,
          .psum_in_rate = machine.psum_in_rate,
          .psum_out_rate = machine.psum_out_rate,
          .filter_load_values = machine.filter_load_unit,
          .spread_short_strips = config.timing.short_strips == config::ShortStrips::spread};
}

}  // namespace

RowStationary::RowStationary(const config::AcceleratorConfig& config)
    : machine_{machine_of(config)},
      geometry_{geometry_of(machine_, config)},
      array_{config.array},
      spads_{config.spads},
      noc_{config.noc} {}

rs::MapperProblem RowStationary::problem_of(const dataflow::MappingProblem& problem) const {
  return {problem.layer,     geometry_,       problem.budget,
          problem.objective, problem.weights, problem.most_cycles};
}

std::vector<dataflow::MappedJob> RowStationary::map(const dataflow::MappingProblem& problem,
                                                    const std::string& layer,
                                                    std::size_t keep) const {
  std::vector<dataflow::MappedJob> jobs;
  for (const rs::MappedLayer& mapped : rs::search_mappings(problem_of(problem), layer, keep)) {
    jobs.push_back(job_of(mapped, problem.layer, geometry_));
  }
  return jobs;
}

dataflow::MappedJob RowStationary::evaluate(const dataflow::MappingProblem& problem,
                                            const turnpike::Mapping& mapping,
                                            const std::string& layer) const {
  return job_of(rs::evaluate_mapping(problem_of(problem), rs::from_letters(mapping, layer), layer),
                problem.layer, geometry_);
}

void RowStationary::for_each_pass(
    const LayerShape& layer, const turnpike::Mapping& mapping,
    const std::function<void(const ArrayPass&, const PassFootprint&)>& visit) const {
  const rs::Mapping letters = rs::from_letters(mapping);
  rs::for_each_pass(layer, letters, geometry_, [&](const ProcessingPass& pass) {
    visit(array_pass(pass, layer, machine_), footprint_of(pass, layer, letters.m));
  });
}

ExpectedJob RowStationary::expect(const LayerShape& layer, const turnpike::Mapping& mapping) const {
  const rs::Mapping letters = rs::from_letters(mapping);
  const rs::TrafficCounts counts = rs::closed_form_counts(layer, letters, geometry_);
  ExpectedJob job{.mac_slots = exactly(counts.macs),
                  .passes = exactly(counts.passes),
                  .filter_words = exactly(counts.glb_filter_reads),
                  .ifmap_words = exactly(counts.glb_ifmap_reads),
                  .psum_in_words = exactly(counts.array_psum_words),
                  .psum_out_words = exactly(counts.glb_psum_writes),
                  .psum_reads = exactly(counts.glb_psum_reads),
                  .dram_filter_values = exactly(counts.dram_filter_reads),
                  .dram_ifmap_values = exactly(counts.dram_ifmap_reads)};
  for (const rs::PassKind& kind : rs::pass_kinds(layer, letters, geometry_)) {
    job.least_cycles +=
        unsigned_of(kind.count * rs::pass_bound(kind.pass, layer, geometry_).cycles());
  }
  return job;
}

std::uint64_t RowStationary::least_cycles(const PassKey& key) const {
  const auto shape = shape_of<PassShape>(key);
  LayerShape strides;
  strides.U = shape.U;
  strides.V = shape.V;
  return unsigned_of(rs::pass_bound(processing_pass({key, {}}), strides, geometry_).cycles());
}

PassResult RowStationary::time(const PassKey& key, const PassOperands* /*operands*/) const {
  return step_through<ArrayCore>(key);
}

std::unique_ptr<PeArray> RowStationary::make_array(const std::string& name,
                                                   std::uint64_t period_ps) const {
  return std::make_unique<SteppedArray<ArrayCore>>(name.c_str(), period_ps);
}

std::unique_ptr<LayerData> RowStationary::data(const LayerShape& layer,
                                               const std::vector<std::int32_t>& ifmap,
                                               const std::vector<std::int32_t>& filter) const {
  return make_product_store(layer, ifmap, filter);
}
std::unique_ptr<LayerData> RowStationary::data(const LayerShape& layer,
                                               const std::vector<double>& ifmap,
                                               const std::vector<double>& filter) const {
  return make_product_store(layer, ifmap, filter);
}

/// Every psum takes the same channels and taps in the same order, whatever tile it lies in.
std::string RowStationary::sums_order(const LayerShape& layer,
                                      const turnpike::Mapping& mapping) const {
  const rs::Mapping letters = rs::from_letters(mapping);
  const rs::KernelPart part = rs::largest_kernel_part(layer, geometry_);
  return fmt::format("rs{}x{}x{}", std::min(letters.q * letters.r, layer.C), part.rows,
                     part.columns);
}

std::vector<Unit> RowStationary::parts(const DatumWidths& widths) const {
  return units_of(array_, spads_, noc_, widths);
}

std::string RowStationary::describe(const PassKey& key) const {
  const auto s = shape_of<PassShape>(key);
  return fmt::format("{}x{} kernel, {} filters, {} channels, {} rows, {} columns, {} images", s.R,
                     s.S, s.filters, s.channels, s.e, s.F, s.n);
}

std::vector<ProbeSignal> RowStationary::signals(PePosition chosen) const {
  return probe_signals(machine_.columns, chosen);
}

std::unique_ptr<PassProbe> RowStationary::probe(const PassKey& key, PePosition chosen) const {
  return std::make_unique<ArrayProbe>(shape_of<PassShape>(key), chosen);
}

}  // namespace turnpike::pe::row_stationary
