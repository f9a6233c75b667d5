#pragma once

#include <systemc>
#include <vector>

#include "pe/pass_timer.hpp"

namespace turnpike::pe::test {

/// Runs passes one after the other in an SC_THREAD.
class Driver : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Driver);
  Driver(PassTimer& timer, std::vector<PassKey> keys)
      : sc_core::sc_module{sc_core::sc_module_name{"driver"}},
        timer_{timer},
        keys_{std::move(keys)} {
    SC_THREAD(run);
  }
  std::vector<PassResult> results;
  std::vector<double> ends_ns;

 private:
  void run() {
    for (const PassKey& key : keys_) {
      results.push_back(timer_.run(key, timer_.foresee(key, nullptr), nullptr));
      ends_ns.push_back(sc_core::sc_time_stamp().to_seconds() * 1e9);
    }
  }
  PassTimer& timer_;
  std::vector<PassKey> keys_;
};

}  // namespace turnpike::pe::test
