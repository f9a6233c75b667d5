#include "sim/accelerator/simulation.hpp"

#include <systemc>

#include "sim/accelerator/accounting.hpp"
#include "sim/accelerator/conservation.hpp"
#include "sim/accelerator/machine.hpp"
#include "sim/accelerator/schedule.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

/// A kernel of its own for each run: SystemC builds no module after a simulation ran (E529). The
/// old context is left alone; modules of earlier runs may still point into it.
void fresh_kernel() {
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext();
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
}

/// The machine is described to the user before elaboration, so whatever SystemC reports is ours.
void report(const sc_core::sc_report& report, const sc_core::sc_actions&) {
  if (report.get_severity() >= sc_core::SC_ERROR) {
    throw InternalError{report.what()};
  }
}

}  // namespace

RunResult simulate(const traces::Trace& trace, const AcceleratorConfig& config, const Plan& plan,
                   const memory::DramDevice& dram, const SimulationOptions& options) {
  fresh_kernel();
  sc_core::sc_report_handler::set_handler(report);
  const Schedule schedule = make_schedule(trace, config, plan);
  Machine machine{"accelerator", trace, config, plan, schedule, dram, options};
  const bool memo = options.timing == SimulationOptions::Timing::memo && !options.memo_file.empty();
  if (memo) {
    machine.load_memo(options.memo_file);
  }
  sc_core::sc_start();
  ensure(machine.finished(), "the run comes to its end: no thread waits for ever");
  if (memo) {
    machine.save_memo(options.memo_file);
  }
  RunResult result = machine.take_result();
  describe_run(trace, config, plan, result);
  check_conservation(trace, config, plan, result);
  return result;
}

}  // namespace turnpike::accelerator
