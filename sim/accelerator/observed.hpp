#pragma once

#include <systemc>

#include "sim/accelerator/run_observer.hpp"

namespace turnpike::accelerator {

[[nodiscard]] inline Picoseconds time_now() {
  return Picoseconds{sc_core::sc_time_stamp().value()};
}

/// Tells the observer, if there is one, that an activity begins, and at the end of the scope that
/// it ends.
class Observed {
 public:
  Observed(RunObserver* observer, const Activity& activity)
      : observer_{observer}, activity_{activity} {
    if (observer_ != nullptr) {
      observer_->begins(activity_, time_now());
    }
  }
  ~Observed() {
    if (observer_ != nullptr) {
      observer_->ends(activity_, time_now());
    }
  }
  Observed(const Observed&) = delete;
  Observed& operator=(const Observed&) = delete;
  Observed(Observed&&) = delete;
  Observed& operator=(Observed&&) = delete;

 private:
  RunObserver* observer_;
  Activity activity_;
};

}  // namespace turnpike::accelerator
