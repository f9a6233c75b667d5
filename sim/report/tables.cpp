#include "sim/report/tables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/printable.hpp"

namespace turnpike::report {
namespace {

using accelerator::bytes_of;
using accelerator::LayerResult;

std::string kilobytes(std::uint64_t bits) {
  return fmt::format("{:.1f}", static_cast<double>(bytes_of(bits)) / 1024.0);
}

double megabytes(std::uint64_t bits) {
  return static_cast<double>(bytes_of(bits)) * 1e-6;
}

std::string percent(double part, double whole) {
  return whole > 0.0 ? fmt::format("{:.1f}", 100.0 * part / whole) : "-";
}

/// "m64 n1 e14 p22 q1 r1 t1" without its letters, which head the column.
std::string bare_mapping(const std::string& mapping) {
  std::string out;
  for (const char c : mapping) {
    if (c == ' ') {
      out += '/';
    } else if (c >= '0' && c <= '9') {
      out += c;
    }
  }
  return out;
}

/// Digits behind the point at which the largest value has four places or so.
int decimals(double largest) {
  return largest >= 1000.0 ? 1 : largest >= 10.0 ? 2 : 3;
}

/// What an architect asks first, in 80 columns.
std::string short_layer_rows(const pricing::PricedRun& run) {
  double most_energy = 0.0;
  double most_dram = 0.0;
  for (std::size_t i = 0; i < run.result.layers.size(); ++i) {
    most_energy = std::max(most_energy, run.energy.of_layer(i).count() * 1e-6);
    most_dram = std::max(most_dram, megabytes(run.result.layers[i].dram_bits.total()));
  }
  TextTable table{{"layer", "m/n/e/p/q/r/t", "cycles", "bound", "stall%", "uJ", "MB"}};
  table.left({1, 3});
  for (std::size_t i = 0; i < run.result.layers.size(); ++i) {
    const LayerResult& l = run.result.layers[i];
    table.add({l.name, l.mapping.empty() ? l.op : bare_mapping(l.mapping),
               fmt::format("{}", l.cycles.total()), l.bound,
               percent(static_cast<double>(l.cycles.dram_stall + l.cycles.post_stall),
                       static_cast<double>(l.cycles.total())),
               fmt::format("{:.{}f}", run.energy.of_layer(i).count() * 1e-6, decimals(most_energy)),
               fmt::format("{:.{}f}", megabytes(l.dram_bits.total()), decimals(most_dram))});
  }
  return table.to_string(TableWidth::standard) +
         "bound: of most passes; stall%: cycles for DRAM and post; MB: DRAM; more: --wide\n";
}

std::string layer_rows(const pricing::PricedRun& run) {
  TextTable table{{"layer", "op", "mapping", "bound", "passes", "PEs", "cycles", "util %",
                   "zeros %", "GLB KiB", "DRAM KiB", "highway KiB", "uJ"}};
  table.left({1, 2, 3});
  for (std::size_t i = 0; i < run.result.layers.size(); ++i) {
    const LayerResult& l = run.result.layers[i];
    const double macs = static_cast<double>(l.macs);
    table.add({l.name, l.op, l.mapping, l.bound, l.passes > 0 ? fmt::format("{}", l.passes) : "",
               l.active_pes > 0 ? fmt::format("{}", l.active_pes) : "",
               fmt::format("{}", l.cycles.total()),
               l.passes > 0 ? percent(macs, static_cast<double>(l.cycles.processing) *
                                                static_cast<double>(run.config.pes()))
                            : "",
               l.macs > 0 ? percent(static_cast<double>(l.macs_zero_gated), macs) : "",
               kilobytes(l.glb_bits.total()), kilobytes(l.dram_bits.total()),
               kilobytes(l.glb_bits.highway + l.dram_bits.highway),
               fmt::format("{:.2f}", run.energy.of_layer(i).count() * 1e-6)});
  }
  return table.to_string();
}

std::string component_rows(const pricing::PricedRun& run) {
  TextTable table{{"component", "energy uJ", "%", "highway uJ", "area mm2"}};
  const double total = run.energy.total.count();
  for (const Component component : run.energy.components) {
    const auto at = static_cast<std::size_t>(component);
    const double energy = run.energy.by_component[at].count();
    const double area = run.area_of(component).count();
    table.add({std::string{to_string(component)}, fmt::format("{:.2f}", energy * 1e-6),
               percent(energy, total),
               fmt::format("{:.2f}", run.energy.by_component_highway[at].count() * 1e-6),
               area > 0.0 ? fmt::format("{:.4f}", area * 1e-6) : ""});
  }
  table.add({"total", fmt::format("{:.2f}", run.energy_uj()), "100.0",
             fmt::format("{:.2f}", run.energy.of_stream(Stream::highway).count() * 1e-6),
             fmt::format("{:.4f}", run.area_mm2())});
  return table.to_string();
}

/// "5 of 512 codes in 2 tensors, all by one".
std::string differences_text(const accelerator::Checks& checks) {
  return fmt::format("{} of {} codes in {} tensor{} differ, {}", checks.codes_differing,
                     checks.codes_compared, checks.tensors_differing,
                     checks.tensors_differing == 1 ? "" : "s",
                     checks.codes_off_by_one == checks.codes_differing
                         ? "all by one"
                         : fmt::format("by {} at most, {} of them by one",
                                       checks.largest_code_difference, checks.codes_off_by_one));
}

std::string check_lines(const accelerator::RunResult& result) {
  const accelerator::Checks& checks = result.checks;
  std::string held;
  for (const auto& [name, ok] : checks.conservation) {
    held += fmt::format("{}{}{}", held.empty() ? "" : ", ", name, ok ? "" : " FAILED");
  }
  std::string out = fmt::format(
      "outputs: {} values compared, integer outputs {}, float outputs within {:.1e} of their "
      "range\n",
      checks.outputs_compared,
      !checks.ofmap_bit_exact   ? "none"
      : *checks.ofmap_bit_exact ? "bit-exact"
      : checks.codes_passed()   ? fmt::format("within {} of the reference, not bit-exact ({})",
                                              checks.tolerance, differences_text(checks))
                                : "WRONG",
      checks.float_max_error);
  if (checks.accumulators_exact) {
    out += fmt::format("psums against plain loops: {}\n",
                       *checks.accumulators_exact ? "equal" : "DIFFERENT");
  }
  return out + fmt::format("conservation: {}\n", held);
}

}  // namespace

std::string run_table(const pricing::PricedRun& run, TableWidth width) {
  const accelerator::RunResult& r = run.result;
  const accelerator::CycleCounts cycles = r.cycles();
  std::string out =
      fmt::format("{} on {}: {} x {} bit (w x a), highway {}, batch {}\n\n", printable(r.network),
                  printable(run.config.name), r.weight_bits, r.activation_bits,
                  r.highway_enabled ? fmt::format("{} bit", r.highway_bits) : "off", r.batch);
  if (r.source) {
    out.insert(out.size() - 1, fmt::format("source: {}\n", printable(to_string(*r.source))));
  }
  out += (width == TableWidth::wide ? layer_rows(run) : short_layer_rows(run)) + '\n';
  out += component_rows(run) + '\n';
  out += fmt::format(
      "{} cycles = {} processing + {} DRAM stall + {} post stall; {:.3f} ms, {} MACs, utilization "
      "{:.1f} %\n",
      cycles.total(), cycles.processing, cycles.dram_stall, cycles.post_stall, run.latency_ms(),
      r.macs(), 100.0 * run.utilization());
  if (const std::uint64_t conflicts = r.glb_conflict_cycles(); conflicts > 0) {
    out += fmt::format("of the processing cycles {} for banks of the buffer asked for too often\n",
                       conflicts);
  }
  out += fmt::format("{:.1f} uJ, {:.1f} mW, {:.3f} TOPS/W, {:.3f} mm2; GLB {} B, DRAM {} B\n",
                     run.energy_uj(), run.average_power_mw(), run.tops_per_watt(), run.area_mm2(),
                     run.glb_bytes(), run.dram_bytes());
  out += fmt::format(
      "operations per inference: {} low-precision MACs, {} high-precision adds, {} "
      "non-linear, {} element-wise multiplies\n",
      r.operations.low_precision_macs, r.operations.high_precision_adds, r.operations.nonlinear,
      r.operations.elementwise_multiplies);
  return out + check_lines(r) + run.policy + '\n';
}

std::string plan_table(const traces::Trace& trace, const config::AcceleratorConfig& config,
                       const accelerator::Plan& plan, TableWidth width) {
  TextTable mappings{{"layer", "shape", "bits w x a", "psum", "mapping", "passes", "PEs", "cycles",
                      "bound", "ifmap"}};
  mappings.left({1, 4, 8, 9});
  std::string forced;
  for (const accelerator::Stage& stage : plan.stages) {
    for (const accelerator::ArrayJob& job : stage.jobs) {
      if (job.step > 0) {
        continue;
      }
      const LayerShape& s = job.shape;
      const auto* input = plan.source(job.input);
      mappings.add({trace.layers[stage.layers[0]].name,
                    fmt::format("N{} G{} M{} C{} H{} W{} R{} S{} U{}", s.N, s.G, s.M, s.C, s.H, s.W,
                                s.R, s.S, s.U),
                    fmt::format("{} x {}", job.weight_bits, job.activation_bits),
                    fmt::format("{}", job.psum_bits), job.mapped.text,
                    fmt::format("{}", job.mapped.passes), fmt::format("{}", job.mapped.active_pes),
                    fmt::format("{}", dataflow::expected_cycles(job.mapped)), job.mapped.bound,
                    input != nullptr && input->in_glb ? "glb" : "dram"});
      if (!job.forced.empty()) {
        forced +=
            fmt::format("mapping of '{}': {}\n", trace.layers[stage.layers[0]].name, job.forced);
      }
    }
  }
  TextTable tensors{{"stored tensor", "bits", "values", "stream", "place", "why"}};
  tensors.left({3, 4, 5});
  for (const auto& [name, tensor] : plan.tensors) {
    tensors.add({name, fmt::format("{}", tensor.bits), fmt::format("{}", tensor.values),
                 tensor.highway ? "highway" : "low", tensor.in_glb ? "glb" : "dram",
                 tensor.reason});
  }
  return mappings.to_string(width) + forced + '\n' + tensors.to_string(width) +
         fmt::format("\nglobal buffer: {} bits\n{}\n", config.glb_bits(),
                     pricing::policy_line_of(config, plan.wider_skips));
}

std::string area_table(const config::AcceleratorConfig& config, const std::string& policy,
                       const std::vector<cost::AreaItem>& area) {
  TextTable table{{"component", "part", "stream", "um2", ""}};
  table.left({1, 2, 4});
  double total = 0.0;
  for (const cost::AreaItem& item : area) {
    total += item.area.count();
    table.add({std::string{to_string(item.component)}, item.part,
               std::string{to_string(item.stream)}, fmt::format("{:.0f}", item.area.count()),
               item.interpolated ? "interpolated" : ""});
  }
  table.add({"total", "", "", fmt::format("{:.0f}", total), ""});
  return fmt::format("{}: {} x {} bit, {} nm\n\n", printable(config.name), config.precision.weight,
                     config.precision.activation, config.technology.node_nm) +
         table.to_string() + policy + '\n';
}

std::string failed_checks(const pricing::PricedRun& run) {
  const accelerator::Checks& checks = run.result.checks;
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  if (!checks.codes_passed()) {
    add(fmt::format(
        "outputs differ from the trace's reference: {}. The first: {}. {}{}",
        differences_text(checks), checks.first_difference,
        checks.likely_cause.empty() ? "No cause was found by computing this layer in other ways"
                                    : "What would explain this layer: " + checks.likely_cause,
        checks.largest_code_difference == 1 ? "; --tolerance 1 accepts codes that are off by one"
                                            : ""));
  }
  if (!checks.accumulators_exact.value_or(true)) {
    add("psums differ from plain loops");
  }
  if (!checks.float_passed()) {
    add(fmt::format("float outputs are off by {:.2e} of their range", checks.float_max_error));
  }
  for (const auto& [name, held] : checks.conservation) {
    if (!held) {
      add("conservation of " + name);
    }
  }
  return out;
}

}  // namespace turnpike::report
