#pragma once

#include <systemc>

#include "pe/array_pass.hpp"
#include "sim/base/error.hpp"

namespace turnpike::pe {

/// A PE array as a SystemC module, whatever its kind.
class PeArray : public sc_core::sc_module {
 public:
  PeArray(const sc_core::sc_module_name& name, std::uint64_t period_ps)
      : sc_core::sc_module{name}, period_{sc_core::sc_time::from_value(period_ps)} {}

  /// Starts a pass at the current time. Only when idle. Computes psums if there are operands.
  virtual void start(const PassKey& key, PassOperands* operands) = 0;
  /// Of the pass that ended last.
  [[nodiscard]] virtual PassResult result() const = 0;
  /// Notified when the pass is complete: result().cycles clocks after start().
  [[nodiscard]] const sc_core::sc_event& done() const { return done_; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const sc_core::sc_time& clock_period() const { return period_; }

 protected:
  sc_core::sc_time period_;
  sc_core::sc_event done_;
  bool busy_ = false;
};

/// Steps a `Core` once a clock. The clock runs only while a pass runs, so an idle array costs no
/// events.
///
/// A Core has: `Shape`, its description of a pass; begin(Shape, PassOperands*); skip_load(), which
/// passes over first clocks in which nothing happens and returns how many; step(), one clock, true
/// once the pass is complete; finish(), what is left to do after its last clock; drained();
/// result().
template <class Core>
class SteppedArray final : public PeArray {
 public:
  SC_HAS_PROCESS(SteppedArray);
  SteppedArray(const sc_core::sc_module_name& name, std::uint64_t period_ps)
      : PeArray{name, period_ps} {
    SC_METHOD(clock_edge);
    sensitive << start_;
    dont_initialize();
  }

  void start(const PassKey& key, PassOperands* operands) override {
    ensure(!busy_, "a pass starts on an idle array");
    busy_ = true;
    core_.begin(shape_of<typename Core::Shape>(key), operands);
    const std::uint64_t skipped = core_.skip_load();
    start_.notify(period_ * static_cast<double>(skipped + 1));
  }
  [[nodiscard]] PassResult result() const override { return core_.result(); }

 private:
  void clock_edge() {
    if (!core_.step()) {
      next_trigger(period_);
      return;
    }
    core_.finish();
    ensure(core_.drained(), "the array is drained at the end of a pass");
    busy_ = false;
    done_.notify(sc_core::SC_ZERO_TIME);
    next_trigger(start_);
  }

  Core core_;
  sc_core::sc_event start_;
};

/// Steps a pass of a Core outside simulated time.
template <class Core>
[[nodiscard]] PassResult step_through(const PassKey& key) {
  Core core;
  core.begin(shape_of<typename Core::Shape>(key), nullptr);
  core.skip_load();
  while (!core.step()) {
  }
  core.finish();
  ensure(core.drained(), "the array is drained at the end of a pass");
  return core.result();
}

}  // namespace turnpike::pe
