#include "sim/accelerator/simulation.hpp"

#include <systemc>

#include "sim/accelerator/accounting.hpp"
#include "sim/accelerator/conservation.hpp"
#include "sim/accelerator/machine.hpp"
#include "sim/accelerator/schedule.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

/// The machine is described to the user before elaboration, so whatever SystemC reports is ours.
void report(const sc_core::sc_report& report, const sc_core::sc_actions&) {
  if (report.get_severity() >= sc_core::SC_WARNING) {
    throw InternalError{report.what()};
  }
}

/// A kernel of its own for each run, because SystemC builds no module after a simulation ran
/// (E529). Declared before the modules, which it outlives; the process gets its kernel and its
/// report handler back.
class Kernel {
 public:
  Kernel() {
    sc_core::sc_curr_simcontext = &context_;
    sc_core::sc_default_global_context = &context_;
  }
  ~Kernel() {
    sc_core::sc_curr_simcontext = current_;
    sc_core::sc_default_global_context = default_;
    sc_core::sc_report_handler::set_handler(handler_);
  }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  Kernel(Kernel&&) = delete;
  Kernel& operator=(Kernel&&) = delete;

 private:
  sc_core::sc_simcontext* current_ = sc_core::sc_curr_simcontext;
  sc_core::sc_simcontext* default_ = sc_core::sc_default_global_context;
  sc_core::sc_report_handler_proc handler_ = sc_core::sc_report_handler::set_handler(report);
  sc_core::sc_simcontext context_;
};

}  // namespace

RunResult simulate(const traces::Trace& trace, const config::AcceleratorConfig& config,
                   const Plan& plan, const memory::DramDevice& dram,
                   const SimulationOptions& options) {
  const Kernel kernel;
  const Schedule schedule = make_schedule(trace, config, plan);
  Machine machine{"accelerator", trace, config, plan, schedule, dram, options};
  const bool memo = options.timing == SimulationOptions::Timing::memo && !options.memo_file.empty();
  if (memo && options.passes == nullptr) {
    machine.load_memo(options.memo_file);
  }
  sc_core::sc_start();
  machine.check_readable();
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
