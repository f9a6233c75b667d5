#include "sim/accelerator/conservation.hpp"

#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/accelerator/observed_run.hpp"

namespace turnpike::accelerator {
namespace {

using Falsify = std::function<void(RunResult&)>;

/// Changes the first count of some layer that `pick` selects.
template <class Pick>
Falsify count_off_by(std::uint64_t by, Pick pick) {
  return [by, pick](RunResult& result) {
    for (LayerResult& layer : result.layers) {
      for (auto& [key, count] : layer.counts) {
        if (pick(key)) {
          count += by;
          return;
        }
      }
    }
    FAIL() << "the run has no such count";
  };
}

Falsify noc_count(Item item) {
  return count_off_by(1, [item](const ActionKey& key) {
    return key.component == Component::noc && key.item == item;
  });
}

Falsify count_of(Component component, std::uint64_t by = 1) {
  return count_off_by(by, [component](const ActionKey& key) { return key.component == component; });
}

Falsify field(std::uint64_t LayerResult::*member) {
  return [member](RunResult& result) { ++(result.layers[0].*member); };
}

/// What makes each check, and no other, fail. A check without an entry fails the test below.
const std::multimap<std::string, Falsify>& falsifications() {
  static const std::multimap<std::string, Falsify> list{
      {"macs", count_of(Component::mac)},
      {"macs", field(&LayerResult::array_slots)},
      {"passes", field(&LayerResult::passes)},
      {"psum_words", noc_count("psum_in_y")},
      {"psum_words", noc_count("psum_out_y")},
      {"psum_words", field(&LayerResult::psums_read)},
      {"ifmap_words", noc_count("ifmap_y")},
      {"filter_words", noc_count("filter_y")},
      {"dram_filter_values", field(&LayerResult::dram_filter_values)},
      {"dram_ifmap_values", field(&LayerResult::dram_ifmap_values)},
      {"dram_ofmap_values", field(&LayerResult::dram_ofmap_values)},
      {"cycles_above_bounds",
       [](RunResult& result) {
         CycleCounts& cycles = result.layers[0].cycles;
         cycles.dram_stall += cycles.processing;
         cycles.processing = 0;
       }},
      {"clock_cycles", count_of(Component::clock)},
      {"clock_cycles", [](RunResult& result) { ++result.layers[0].cycles.dram_stall; }},
      {"glb_lines_within_ports", count_of(Component::glb, std::uint64_t{1} << 40U)},
      {"no_highway_stream_without_highway",
       [](RunResult& result) { result.layers[0].dram_bits.highway = 64; }},
      {"glb_lines_hold_what_moves", count_off_by(1,
                                                 [](const ActionKey& key) {
                                                   return key.component == Component::glb &&
                                                          key.action == Action::read &&
                                                          key.item == "skip";
                                                 })},
  };
  return list;
}

traces::Trace without_highway(traces::Trace trace) {
  trace.highway.enabled = false;
  return trace;
}

struct FinishedRun {
  config::AcceleratorConfig config = test::small_machine({"feature_maps=spill"});
  traces::Trace trace = without_highway(test::sample("tiny_residual.npz"));
  Plan plan = make_plan(trace, config);
  RunResult result = test::observed_run(trace, config, {});
};

TEST(Conservation, HoldsInAFinishedRun) {
  for (const auto& [name, held] : FinishedRun{}.result.checks.conservation) {
    EXPECT_TRUE(held) << name;
  }
}

TEST(Conservation, EveryCheckFailsAloneWhenItsFigureIsWrong) {
  FinishedRun run;
  for (const auto& [name, falsify] : falsifications()) {
    SCOPED_TRACE(name);
    RunResult wrong = run.result;
    falsify(wrong);
    check_conservation(run.trace, run.config, run.plan, wrong);
    for (const auto& [other, held] : wrong.checks.conservation) {
      EXPECT_EQ(held, other != name) << other;
    }
    EXPECT_FALSE(wrong.checks.all_passed());
  }
}

TEST(Conservation, EveryCheckHasAnEntryHere) {
  for (const auto& [name, held] : FinishedRun{}.result.checks.conservation) {
    EXPECT_TRUE(falsifications().contains(name))
        << "add to falsifications() what makes '" << name << "' fail";
  }
}

}  // namespace
}  // namespace turnpike::accelerator
