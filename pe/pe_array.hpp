#pragma once

#include <systemc>

#include "pe/array_core.hpp"

namespace turnpike::pe {

/// The PE array as a SystemC module: steps an ArrayCore once a clock. Its clock runs only while a
/// pass runs, so an idle array costs no events.
class PeArray : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(PeArray);
  PeArray(const sc_core::sc_module_name& name, const sc_core::sc_time& clock_period);

  /// Starts a pass at the current time. Only when idle.
  void start(const PassShape& shape, PassOperands* operands);
  /// Notified when the pass is complete: counters().cycles clocks after start().
  [[nodiscard]] const sc_core::sc_event& done() const { return done_; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const PassCounters& counters() const { return core_.counters(); }
  [[nodiscard]] const sc_core::sc_time& clock_period() const { return period_; }

 private:
  void clock_edge();  ///< SC_METHOD, retriggers itself every period while busy

  ArrayCore core_;
  sc_core::sc_time period_;
  sc_core::sc_event start_;
  sc_core::sc_event done_;
  bool busy_ = false;
};

}  // namespace turnpike::pe
