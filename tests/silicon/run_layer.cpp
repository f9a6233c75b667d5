#include "tests/silicon/run_layer.hpp"

#include <algorithm>

#include "dataflow/row_stationary/closed_form.hpp"
#include "pe/row_stationary/array_core.hpp"
#include "sim/base/error.hpp"

namespace turnpike::silicon {
pe::row_stationary::PassShape chip_machine() {
  pe::row_stationary::PassShape machine;
  machine.rows = 12;
  machine.columns = 14;
  machine.ifmap_spad = 12;
  machine.psum_spad = 24;
  machine.filter_rate = machine.psum_in_rate = machine.psum_out_rate = 4;
  machine.ifmap_rate = 1;
  machine.fifo_depth = 4;
  machine.buffer_latency = 1;
  machine.filter_load_unit = 2048;
  return machine;
}

dataflow::row_stationary::ArrayGeometry geometry_of(const pe::row_stationary::PassShape& machine) {
  return {.rows = machine.rows,
          .columns = machine.columns,
          .ifmap_spad = machine.ifmap_spad,
          .filter_spad = 224,
          .psum_spad = machine.psum_spad,
          .filter_rate = machine.filter_rate,
          .ifmap_rate = machine.ifmap_rate,
          .psum_in_rate = machine.psum_in_rate,
          .psum_out_rate = machine.psum_out_rate,
          .filter_load_values = machine.filter_load_unit};
}

const pe::row_stationary::PassCounters& PassRunner::run(
    const pe::row_stationary::PassShape& shape) {
  const auto [found, is_new] = done_.try_emplace(shape);
  if (is_new) {
    pe::row_stationary::ArrayCore core;
    core.begin(shape, nullptr);
    for (std::uint64_t clock = 0; !core.step(); ++clock) {
      ensure(clock < 10'000'000, "a pass ends");
    }
    core.finish();
    found->second = core.counters();
  }
  return found->second;
}

LayerRun run_layer(const LayerShape& layer, const dataflow::row_stationary::Mapping& mapping,
                   const pe::row_stationary::PassShape& machine, PassRunner& runner) {
  LayerRun run;
  const dataflow::row_stationary::ArrayGeometry array = geometry_of(machine);
  dataflow::row_stationary::for_each_pass(
      layer, mapping, array, [&](const dataflow::row_stationary::ProcessingPass& pass) {
        const auto& counters = runner.run(pe::row_stationary::pass_shape(pass, layer, machine));
        run.cycles += counters.cycles;
        run.bound += static_cast<std::uint64_t>(
            dataflow::row_stationary::pass_bound(pass, layer, array).cycles());
        run.macs += counters.mac_slots;
        run.active_pes = std::max(run.active_pes, counters.active_pes);
        ++run.passes;
      });
  return run;
}

}  // namespace turnpike::silicon
