// The request trace of a run: complete, and enough to do the memory's work again.

#include <algorithm>
#include <sstream>
#include <tuple>

#include <gtest/gtest.h>

#include "memory/dram_controller.hpp"
#include "memory/request_trace.hpp"
#include "tests/sim/accelerator/observed_run.hpp"

namespace turnpike::accelerator {
namespace {

using Command = std::tuple<memory::DramClock, int, int, int, int, int, std::int64_t, std::int64_t>;

/// Keeps every command, and writes the trace.
class Recorder : public memory::DramObserver {
 public:
  explicit Recorder(std::ostream& out) : writer_{out, memory::RequestTraceFormat::dramsim3} {}
  void burst(std::int64_t address, bool write, memory::DramClock at) override {
    writer_.burst(address, write, at);
  }
  void command(memory::DramCommand command, const memory::DramLocation& w,
               memory::DramClock at) override {
    commands.emplace_back(at, static_cast<int>(command), w.channel, w.rank, w.group, w.bank, w.row,
                          w.column);
  }
  [[nodiscard]] std::uint64_t bursts() const { return writer_.bursts(); }
  std::vector<Command> commands;

 private:
  memory::RequestTraceWriter writer_;
};

memory::DramDevice device_of(const config::AcceleratorConfig& config) {
  return memory::find_dram_device(
      config.dram.device, std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/dram", {});
}

/// Commands of a fresh controller that is asked for the lines of a trace at their clocks.
std::vector<Command> replay(const std::string& text, const config::AcceleratorConfig& config) {
  std::ostringstream ignored;
  Recorder recorder{ignored};
  const memory::DramDevice device = device_of(config);
  memory::DramPolicy policy;
  policy.power_down_after = config.dram.power_down_after;
  memory::DramController controller{device, static_cast<int>(config.dram.channels), policy,
                                    &recorder};
  std::istringstream lines{text};
  std::string address, kind;
  memory::DramClock at = 0;
  while (lines >> address >> kind >> at) {
    EXPECT_TRUE(kind == "READ" || kind == "WRITE") << kind;
    controller.submit({.address = std::stoll(address, nullptr, 16),
                       .bytes = device.burst_bytes(),
                       .write = kind == "WRITE"},
                      at);
  }
  std::vector<memory::DramCompletion> done;
  controller.finish(done);
  return recorder.commands;
}

class DramTraces : public testing::TestWithParam<const char*> {};

TEST_P(DramTraces, HaveALineABurstAndReplayToTheSameCommands) {
  const traces::Trace trace = test::sample(GetParam());
  for (const char* memory : {"lpddr3-1600", "ddr4-2400", "eyeriss-link"}) {
    SCOPED_TRACE(memory);
    const config::AcceleratorConfig config = test::small_machine(
        {std::string{"dram.device="} + memory, "feature_maps=spill", "dram.page=open"});
    std::ostringstream out;
    Recorder recorder{out};
    SimulationOptions options;
    options.dram_observer = &recorder;
    const RunResult result = test::observed_run(trace, config, options);
    std::uint64_t bursts = 0;
    for (const LayerResult& layer : result.layers) {
      for (const auto& [key, count] : layer.counts) {
        const bool moves = key.action == Action::read || key.action == Action::write;
        bursts += key.component == Component::dram && moves ? count : 0;
      }
    }
    const std::string text = out.str();
    EXPECT_GT(bursts, 0U);
    EXPECT_EQ(recorder.bursts(), bursts);
    EXPECT_EQ(static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')), bursts);
    // The run may go on with refreshes after its last burst.
    std::vector<Command> again = replay(text, config);
    ASSERT_LE(again.size(), recorder.commands.size());
    EXPECT_TRUE(std::equal(again.begin(), again.end(), recorder.commands.begin()));
    for (std::size_t i = again.size(); i < recorder.commands.size(); ++i) {
      const auto command = static_cast<memory::DramCommand>(std::get<1>(recorder.commands[i]));
      EXPECT_TRUE(command != memory::DramCommand::read && command != memory::DramCommand::write &&
                  command != memory::DramCommand::activate);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(DramTrace, DramTraces,
                         testing::Values("tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"));

}  // namespace
}  // namespace turnpike::accelerator
