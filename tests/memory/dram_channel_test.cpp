#include "memory/dram_channel.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "tests/support/sc_test.hpp"

namespace turnpike::memory {
namespace {

using sc_core::SC_NS;
using sc_core::SC_PS;
using sc_core::sc_time;

DramDevice device(const std::string& name) {
  return dram_device_from_file(std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram/" +
                               name + ".yaml");
}

/// A thread for each job, all on one initiator socket.
struct Initiators : sc_core::sc_module {
  using Job = std::function<void(Initiators&)>;

  tlm_utils::simple_initiator_socket<Initiators> socket{"socket"};
  std::vector<Job> jobs;

  SC_HAS_PROCESS(Initiators);
  Initiators(const sc_core::sc_module_name& name, std::vector<Job> work)
      : sc_core::sc_module{name}, jobs{std::move(work)} {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      sc_core::sc_spawn([this, i] { jobs[i](*this); }, sc_core::sc_gen_unique_name("job"));
    }
  }

  tlm::tlm_response_status send(tlm::tlm_command command, std::uint64_t address, unsigned bytes,
                                DramTransferExtension* extension = nullptr) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_length(bytes);
    payload.set_streaming_width(bytes);
    payload.set_extension(extension);
    sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    payload.clear_extension(extension);
    return payload.get_response_status();
  }
};

struct DramChannelTest : test::SystemCTest {};

TEST_F(DramChannelTest, HoldsAReadUntilItsLastDataPassed) {
  DramChannel memory{"memory"};
  memory.configure(device("ddr3-1600"), 1, {});
  sc_time took;
  Initiators initiators{"initiators", {[&](Initiators& self) {
                          EXPECT_EQ(self.send(tlm::TLM_READ_COMMAND, 0, 64), tlm::TLM_OK_RESPONSE);
                          took = sc_core::sc_time_stamp();
                        }}};
  initiators.socket.bind(memory.socket);
  sc_core::sc_start();
  // RCD + CL + BL/2 + 1 = 11 + 11 + 4 + 1 clocks of 1.25 ns
  EXPECT_EQ(took, sc_time(27 * 1250.0, SC_PS));
}

TEST_F(DramChannelTest, SeveralThreadsAreInsideAtOnceAndEachLeavesWithItsOwn) {
  DramChannel memory{"memory"};
  memory.configure(device("eyeriss-link"), 1, {});
  sc_time first;
  sc_time second;
  Initiators initiators{"initiators",
                        {[&](Initiators&) {
                           memory.access({.address = 0, .bytes = 6000 * 8});
                           first = sc_core::sc_time_stamp();
                         },
                         [&](Initiators&) {
                           sc_core::wait(sc_time(1000, SC_NS));
                           memory.access({.address = 0, .bytes = 3 * 8, .write = true});
                           second = sc_core::sc_time_stamp();
                         }}};
  initiators.socket.bind(memory.socket);
  sc_core::sc_start();
  // 6000 words at 60 MHz are 100 us: the period of 16.667 ns does not drift.
  EXPECT_EQ(first, sc_time(100000002.0, SC_PS)) << "6000 x 16666667 fs";
  EXPECT_NEAR((second - first).to_seconds() * 1e9, 3 * 1e3 / 60, 0.002);
}

TEST_F(DramChannelTest, CountsByTheStreamOfTheExtension) {
  DramChannel memory{"memory"};
  memory.configure(device("lpddr3-1600"), 1, {});
  Initiators initiators{"initiators", {[&](Initiators& self) {
                          DramTransferExtension skip;
                          skip.stream = Stream::highway;
                          self.send(tlm::TLM_WRITE_COMMAND, 100, 70, &skip);
                          self.send(tlm::TLM_READ_COMMAND, 0, 8);
                        }}};
  initiators.socket.bind(memory.socket);
  sc_core::sc_start();
  const DramController& controller = memory.controller();
  EXPECT_EQ(controller.counts().writes, (std::array<std::uint64_t, 2>{0, 2}))
      << "bytes 100 to 169 touch bursts 1 and 2";
  EXPECT_EQ(controller.counts().reads, (std::array<std::uint64_t, 2>{1, 0}));
  EXPECT_TRUE(memory.idle());
}

TEST_F(DramChannelTest, RefusesWhatItCannotServe) {
  DramChannel memory{"memory"};
  memory.configure(device("lpddr3-1600"), 1, {});
  const auto end = static_cast<std::uint64_t>(memory.controller().capacity_bytes());
  Initiators initiators{
      "initiators", {[&](Initiators& self) {
        EXPECT_EQ(self.send(tlm::TLM_READ_COMMAND, end - 63, 64), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(self.send(tlm::TLM_READ_COMMAND, end - 64, 64), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(self.send(tlm::TLM_IGNORE_COMMAND, 0, 64), tlm::TLM_COMMAND_ERROR_RESPONSE);
        EXPECT_EQ(self.send(tlm::TLM_READ_COMMAND, 0, 0), tlm::TLM_BURST_ERROR_RESPONSE);
      }}};
  initiators.socket.bind(memory.socket);
  sc_core::sc_start();
}

TEST_F(DramChannelTest, AnIdealMemoryAnswersAtOnce) {
  DramChannel memory{"memory"};
  int answers = 0;
  Initiators initiators{"initiators", {[&](Initiators&) {
                          sc_core::wait(sc_time(3, SC_NS));
                          memory.access({.address = 0, .bytes = 1 << 20});
                          EXPECT_EQ(sc_core::sc_time_stamp(), sc_time(3, SC_NS));
                          ++answers;
                        }}};
  initiators.socket.bind(memory.socket);
  sc_core::sc_start();
  EXPECT_EQ(answers, 1);
}

TEST_F(DramChannelTest, ManyRunsAfterOneElaborationAreAlike) {
  DramChannel memory{"memory"};
  sc_core::sc_event go{"go"};
  std::vector<sc_time> took;
  std::vector<DramCounts> counts;
  Initiators initiators{"initiators", {[&](Initiators&) {
                          for (;;) {
                            sc_core::wait(go);
                            const sc_time begin = sc_core::sc_time_stamp();
                            memory.access({.address = 0, .bytes = 10000});
                            memory.access({.address = 4096, .bytes = 5000, .write = true});
                            took.push_back(sc_core::sc_time_stamp() - begin);
                          }
                        }}};
  initiators.socket.bind(memory.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (int run = 0; run < 6; ++run) {
    memory.configure(device(run % 2 == 0 ? "ddr4-2400" : "lpddr3-1600"), 1, {});
    go.notify(sc_core::SC_ZERO_TIME);
    sc_core::sc_start();
    counts.push_back(memory.controller().counts());
  }
  ASSERT_EQ(took.size(), 6U);
  for (std::size_t run = 2; run < 6; ++run) {
    EXPECT_EQ(took[run], took[run - 2]) << "run " << run;
    EXPECT_EQ(counts[run], counts[run - 2]) << "run " << run;
  }
  EXPECT_NE(took[0], took[1]);
}

}  // namespace
}  // namespace turnpike::memory
