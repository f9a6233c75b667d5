#include "sim/accelerator/turns.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sc_test.hpp"

namespace turnpike::accelerator {
namespace {

using sc_core::sc_time;

constexpr const char* kNames = "cpfw";

/// Four engines whose threads are given by the test; each writes its letter when it is served.
class Engines : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Engines);
  Engines() : sc_core::sc_module{sc_core::sc_module_name{"engines"}} {
    SC_THREAD(control);
    SC_THREAD(post);
    SC_THREAD(fetch);
    SC_THREAD(write);
  }
  void serve(Engine engine) {
    turns.take(engine);
    served += kNames[static_cast<std::size_t>(engine)];
  }
  Turns turns{"turns"};
  std::string served;
  std::vector<std::function<void(Engine)>> threads{kEngines, [](Engine) {}};

 private:
  void run(Engine engine) { threads[static_cast<std::size_t>(engine)](engine); }
  void control() { run(Engine::control); }
  void post() { run(Engine::post); }
  void fetch() { run(Engine::fetch); }
  void write() { run(Engine::write); }
};

class TurnsTest : public turnpike::test::SystemCTest {};

/// Lets `deltas` delta cycles pass.
void wait_deltas(int deltas) {
  for (int i = 0; i < deltas; ++i) {
    sc_core::wait(sc_core::SC_ZERO_TIME);
  }
}

TEST_F(TurnsTest, EnginesOfAnInstantAreServedInTheirOrderWhateverTheirDeltaCycle) {
  for (int shift = 0; shift < 4; ++shift) {
    fresh_kernel();
    Engines engines;
    for (std::size_t e = 0; e < kEngines; ++e) {
      engines.threads[e] = [&engines, shift, e](Engine engine) {
        sc_core::wait(sc_time{4, sc_core::SC_NS});
        wait_deltas((static_cast<int>(e) + shift) % 4 * 3);
        engines.serve(engine);
      };
    }
    sc_core::sc_start();
    EXPECT_EQ(engines.served, "cpfw") << "shift " << shift;
  }
}

TEST_F(TurnsTest, WhatATurnSetsOffSettlesBeforeTheNext) {
  Engines engines;
  sc_core::sc_event tile;
  engines.threads[0] = [&](Engine engine) {
    sc_core::wait(tile);
    wait_deltas(5);
    engines.serve(engine);  // woken by post: goes before fetch, which has been waiting
  };
  engines.threads[1] = [&](Engine engine) {
    engines.serve(engine);
    tile.notify(sc_core::SC_ZERO_TIME);
  };
  engines.threads[2] = [&](Engine engine) { engines.serve(engine); };
  sc_core::sc_start();
  EXPECT_EQ(engines.served, "pcf");
}

TEST_F(TurnsTest, AnEngineMayActSeveralTimesInAnInstantAndLaterOnesAreNotHeldUp) {
  Engines engines;
  engines.threads[3] = [&](Engine engine) {
    engines.serve(engine);
    engines.serve(engine);
    sc_core::wait(sc_time{1, sc_core::SC_NS});
    engines.serve(engine);
    EXPECT_EQ(sc_core::sc_time_stamp(), (sc_time{1, sc_core::SC_NS}));
  };
  engines.threads[2] = [&](Engine engine) {
    sc_core::wait(sc_time{2, sc_core::SC_NS});
    engines.serve(engine);
  };
  sc_core::sc_start();
  EXPECT_EQ(engines.served, "wwwf");
}

}  // namespace
}  // namespace turnpike::accelerator
