#include "sim/accelerator/conservation.hpp"

#include <algorithm>

#include "pe/array_kinds.hpp"
#include "sim/accelerator/operation_counts.hpp"
#include "sim/accelerator/post/post_op.hpp"
#include "sim/base/integers.hpp"
#include "traces/trace_summary.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Trace;

/// Sum over the counts of a layer that `pick` selects.
template <class Pick>
std::uint64_t sum_of(const LayerResult& layer, Pick pick) {
  std::uint64_t total = 0;
  for (const auto& [key, count] : layer.counts) {
    total += pick(key) ? count : 0;
  }
  return total;
}

std::uint64_t noc_values(const LayerResult& layer, Item item) {
  return sum_of(layer, [item](const ActionKey& key) {
    return key.component == Component::noc && key.item == item;
  });
}

/// Whatever a layer books on the highway: counts, buffer and DRAM bits.
std::uint64_t highway_traffic(const LayerResult& layer) {
  return sum_of(layer, [](const ActionKey& key) { return key.stream == Stream::highway; }) +
         layer.glb_bits.highway + layer.dram_bits.highway;
}

std::uint64_t glb_lines(const LayerResult& layer, Action action, Item item) {
  return sum_of(layer, [&](const ActionKey& key) {
    return key.component == Component::glb && key.action == action && key.item == item;
  });
}

/// The lines of skip operands read and of ofmaps written once are no more than the plan holds for
/// those tensors. Recurrent layers (c goes both ways in every step) and vertical pooling inside a
/// read-out (its maps move several times) say nothing about it.
bool lines_hold(const Trace& trace, const Plan& plan, std::size_t stage, const LayerResult& layer) {
  const auto at = static_cast<std::int64_t>(stage);
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  bool once = true;
  for (const std::size_t index : plan.stages[stage].layers) {
    const LayerEntry& entry = trace.layers[index];
    const post::PostOp* op = post::post_op(entry.op);
    const bool by_rows = op != nullptr && op->writes != nullptr && plan.stages[stage].has_array;
    once = once && !entry.recurrent && !by_rows;
    for (const std::string& input : entry.inputs) {
      const StoredTensor* tensor = plan.source(input);
      const bool skip = op != nullptr && op->takes_skip;
      read +=
          skip && tensor != nullptr && tensor->first_stage != at ? unsigned_of(tensor->lines) : 0;
    }
  }
  for (const auto& [name, tensor] : plan.tensors) {
    written += tensor.in_glb && tensor.first_stage == at ? unsigned_of(tensor.lines) : 0;
  }
  return !once || (glb_lines(layer, Action::read, "skip") <= read &&
                   glb_lines(layer, Action::write, "ofmap") <= written);
}

/// What the jobs of a stage must come to, by what the array's model expects of them.
struct StageExpectation {
  pe::ExpectedJob array;
  pe::Expected dram_filter, dram_ifmap;
};

pe::Expected parts_of(const pe::Expected& whole, std::int64_t slices) {
  return {whole.least / unsigned_of(slices), whole.most / unsigned_of(slices)};
}

StageExpectation expected_of(const Plan& plan, const Stage& stage, const pe::ArrayModel& array) {
  StageExpectation out;
  for (const ArrayJob& job : stage.jobs) {
    const pe::ExpectedJob expected = array.expect(job.array_shape(), job.mapped.mapping);
    out.array += expected;
    out.dram_filter += parts_of(expected.dram_filter_values, job.slices);
    const StoredTensor* input = plan.source(job.input);
    if (input != nullptr && !input->in_glb) {
      out.dram_ifmap += parts_of(expected.dram_ifmap_values, job.slices);
    }
  }
  return out;
}

/// Values of the stage's outputs that lie in DRAM.
std::uint64_t spilled_values(const Plan& plan, std::size_t stage) {
  std::uint64_t values = 0;
  for (const auto& [name, tensor] : plan.tensors) {
    if (!tensor.in_glb && tensor.first_stage == static_cast<std::int64_t>(stage)) {
      values += unsigned_of(tensor.values);
    }
  }
  return values;
}

}  // namespace

void describe_run(const Trace& trace, const config::AcceleratorConfig& config, const Plan& plan,
                  RunResult& result) {
  result.network = trace.network;
  if (trace.source != traces::Provenance{}) {
    result.source = trace.source;
  }
  result.batch = trace.batch;
  result.weight_bits = config.precision.weight;
  result.activation_bits = config.precision.activation;
  result.highway_enabled = trace.highway.enabled;
  result.highway_bits = trace.highway.enabled ? trace.highway.bits : 0;
  result.wider_skips = plan.wider_skips;
  for (const Stage& stage : plan.stages) {
    result.float_layers += std::any_of(stage.jobs.begin(), stage.jobs.end(),
                                       [](const ArrayJob& job) { return job.floating; })
                               ? 1U
                               : 0U;
    for (const ArrayJob& job : stage.jobs) {
      result.midrise = result.midrise || job.midrise;
      if (job.weight_bits == config.precision.weight) {
        result.psum_bits = std::max(result.psum_bits_seen ? result.psum_bits : 0, job.psum_bits);
        result.psum_bits_seen = true;
      }
    }
  }
  for (const auto& [name, tensor] : plan.tensors) {
    result.residency.push_back(
        {name, tensor.bits, tensor.values, tensor.highway, tensor.in_glb, tensor.reason});
  }
  std::int64_t all_macs = 0;
  for (const LayerEntry& layer : trace.layers) {
    all_macs += traces::macs_of(trace, layer);
  }
  for (const std::size_t index : plan.excluded) {
    const LayerEntry& layer = trace.layers[index];
    result.off_array.push_back({layer.name, static_cast<double>(traces::macs_of(trace, layer)) /
                                                static_cast<double>(all_macs)});
  }
  result.operations = operation_counts(trace, result.macs());
}

void check_conservation(const Trace& trace, const config::AcceleratorConfig& config,
                        const Plan& plan, RunResult& result) {
  std::map<std::string, bool>& checks = result.checks.conservation;
  for (const char* name : {"macs", "passes", "psum_words", "ifmap_words", "filter_words",
                           "dram_filter_values", "dram_ifmap_values", "dram_ofmap_values",
                           "cycles_above_bounds", "clock_cycles", "glb_lines_within_ports",
                           "no_highway_stream_without_highway", "glb_lines_hold_what_moves"}) {
    checks[name] = true;
  }
  const auto array = pe::make_array_model(config);
  std::uint64_t lines = 0;
  std::uint64_t clocked = 0;
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const LayerResult& layer = result.layers[s];
    const StageExpectation expected = expected_of(plan, plan.stages[s], *array);
    const std::uint64_t macs =
        sum_of(layer, [](const ActionKey& key) { return key.component == Component::mac; });
    checks["macs"] &= macs == layer.array_slots && expected.array.mac_slots.holds(macs);
    checks["passes"] &= expected.array.passes.holds(layer.passes);
    checks["psum_words"] &= expected.array.psum_in_words.holds(noc_values(layer, "psum_in_y")) &&
                            expected.array.psum_out_words.holds(noc_values(layer, "psum_out_y")) &&
                            expected.array.psum_reads.holds(layer.psums_read);
    checks["ifmap_words"] &= expected.array.ifmap_words.holds(noc_values(layer, "ifmap_y"));
    checks["filter_words"] &= expected.array.filter_words.holds(noc_values(layer, "filter_y"));
    checks["dram_filter_values"] &= expected.dram_filter.holds(layer.dram_filter_values);
    checks["dram_ifmap_values"] &= expected.dram_ifmap.holds(layer.dram_ifmap_values);
    checks["dram_ofmap_values"] &= layer.dram_ofmap_values == spilled_values(plan, s);
    checks["cycles_above_bounds"] &= layer.cycles.processing >= expected.array.least_cycles;
    clocked += sum_of(layer, [](const ActionKey& key) {
      return key.component == Component::clock && key.item != "networks" && key.item != "buffers";
    });
    checks["no_highway_stream_without_highway"] &=
        trace.highway.enabled || highway_traffic(layer) == 0;
    checks["glb_lines_hold_what_moves"] &= lines_hold(trace, plan, s, layer);
    lines += sum_of(layer, [](const ActionKey& key) { return key.component == Component::glb; });
  }
  checks["clock_cycles"] = result.cycles().total() == result.clocks &&
                           clocked == result.clocks * unsigned_of(config.pes());
  checks["glb_lines_within_ports"] = lines <= result.clocks * unsigned_of(config.glb.banks);
}

}  // namespace turnpike::accelerator
