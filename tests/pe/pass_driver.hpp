#pragma once

#include <systemc>
#include <vector>

#include "pe/pass_timer.hpp"

namespace turnpike::pe::test {

/// Runs passes one after the other in an SC_THREAD.
class Driver : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Driver);
  Driver(PassTimer& timer, std::vector<PassShape> shapes)
      : sc_core::sc_module{sc_core::sc_module_name{"driver"}},
        timer_{timer},
        shapes_{std::move(shapes)} {
    SC_THREAD(run);
  }
  std::vector<PassCounters> results;
  std::vector<double> ends_ns;

 private:
  void run() {
    for (const PassShape& shape : shapes_) {
      results.push_back(timer_.run(shape, nullptr));
      ends_ns.push_back(sc_core::sc_time_stamp().to_seconds() * 1e9);
    }
  }
  PassTimer& timer_;
  std::vector<PassShape> shapes_;
};

}  // namespace turnpike::pe::test
