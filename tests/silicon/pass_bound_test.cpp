// Simulated passes of synthetic layers against the closed-form bound of their resources.
//
// Where a pass takes longer than the bound, a mechanism of the array that the closed form leaves
// out has to explain it; docs/array.md, "How close passes come to their bounds", has the list.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataflow/closed_form.hpp"
#include "dataflow/extent.hpp"
#include "tests/silicon/run_layer.hpp"

namespace turnpike::silicon {
namespace {

using dataflow::ceil_div;
using dataflow::LayerShape;
using dataflow::Mapping;
using dataflow::PassBound;
using dataflow::ProcessingPass;

struct Case {
  LayerShape layer;
  Mapping mapping;
};

constexpr std::int64_t kChannels[] = {3, 16, 64, 512};
constexpr std::int64_t kStrides[] = {1, 2, 4};
constexpr std::int64_t kFilters[] = {1, 4, 6, 16, 24};
constexpr std::int64_t kDepth[] = {1, 2, 4, 12};
constexpr std::int64_t kSets[] = {1, 2, 4};

/// Legal mappings of a layer with every combination of the lists above.
void append_mappings(const LayerShape& layer, std::vector<Case>& cases) {
  const dataflow::ArrayGeometry array = geometry_of(chip_machine());
  const dataflow::BufferBudget roomy{.bits = 1'000'000'000};
  for (const std::int64_t e : {std::int64_t{1}, std::int64_t{7}, std::int64_t{14}}) {
    for (const std::int64_t p : kFilters) {
      for (const std::int64_t q : kDepth) {
        for (const std::int64_t r : kSets) {
          for (const std::int64_t t : kSets) {
            const Mapping mapping{.m = p * t, .n = 1, .e = e, .p = p, .q = q, .r = r, .t = t};
            if (!dataflow::illegal(layer, mapping, array, roomy)) {
              cases.push_back({layer, mapping});
            }
          }
        }
      }
    }
  }
}

/// Every 199th legal case: ofmaps 7 to 224 wide, 3 to 512 channels, kernels 1 to 11.
std::vector<Case> sampled_cases() {
  std::vector<Case> all;
  for (const std::int64_t F : {7, 14, 28, 55, 112, 224}) {
    for (const std::int64_t R : {1, 3, 5, 7, 11}) {
      for (const std::int64_t C : kChannels) {
        for (const std::int64_t U : kStrides) {
          const std::int64_t H = (F - 1) * U + R;
          append_mappings({.M = 96, .C = C, .H = H, .W = H, .R = R, .S = R, .U = U, .V = U}, all);
        }
      }
    }
  }
  std::vector<Case> sample;
  for (std::size_t at = 0; at < all.size(); at += 199) {
    sample.push_back(all[at]);
  }
  return sample;
}

/// Clocks of a pass by what the closed form has and by what it leaves out.
struct Explanation {
  PassBound bound;
  std::int64_t psum_turns = 0;  ///< of the psum buses: groups that p cuts off are turns too
  std::int64_t refill = 0;  ///< of one bottom FIFO: a group as deep as it waits till it is empty
  std::int64_t column = 0;  ///< MACs of one ofmap column: after the last ifmap value
  bool spad_full = false;   ///< no psum spad entry is spare while a column drains

  Explanation(const ProcessingPass& pass, const LayerShape& layer, const pe::PassShape& machine)
      : bound{dataflow::pass_bound(pass, layer, geometry_of(machine))} {
    const std::int64_t columns = pass.images * pass.F;
    const std::int64_t rate = machine.psum_in_rate;
    for (std::int64_t left = pass.filters; left > 0; left -= pass.p) {
      psum_turns += columns * pass.e * ceil_div(std::min(pass.p, left), rate);
    }
    const std::int64_t full_groups = rate == machine.fifo_depth ? pass.p / rate : 0;
    refill = columns * (pass.p + full_groups);
    column = pass.p * pass.q * pass.S;
    spad_full = pass.p == machine.psum_spad;
  }
  [[nodiscard]] std::int64_t strict() const {
    return bound.fill + std::max({bound.mac, psum_turns, bound.ifmap});
  }
  [[nodiscard]] std::int64_t refined() const {
    return std::max(bound.cycles(), bound.fill + std::max(psum_turns, refill) + bound.drain);
  }
};

/// The first mechanism that brings the bound within 10 % of `cycles`.
std::string mechanism(const Explanation& x, std::int64_t cycles) {
  const auto near = [cycles](std::int64_t bound) {
    return static_cast<double>(cycles) <= 1.10 * static_cast<double>(bound);
  };
  if (near(x.bound.cycles())) {
    return "bound";
  }
  if (near(std::max(x.bound.cycles(), x.bound.fill + x.psum_turns + x.bound.drain))) {
    return "part groups";
  }
  if (near(x.refined())) {
    return "FIFO refill";
  }
  if (near(x.refined() + x.column + x.bound.drain)) {
    return "last column";
  }
  const bool full = static_cast<double>(cycles) <= 1.35 * static_cast<double>(x.refined());
  return x.spad_full && full ? "psum spad full" : "";
}

struct Class {
  int passes = 0;
  double lowest = 1e9, highest = 0.0;  ///< cycles / bound
  void add(double ratio) {
    ++passes;
    lowest = std::min(lowest, ratio);
    highest = std::max(highest, ratio);
  }
};

ProcessingPass first_pass(const Case& c) {
  std::vector<ProcessingPass> passes;
  dataflow::for_each_pass(c.layer, c.mapping, geometry_of(chip_machine()),
                          [&passes](const ProcessingPass& pass) {
                            if (passes.empty()) {
                              passes.push_back(pass);
                            }
                          });
  return passes.front();
}

TEST(PassBound, IsReachedWithinTenPercentOrAMechanismTellsWhyNot) {
  PassRunner runner;
  std::map<std::string, Class> bounds, mechanisms;
  for (const Case& c : sampled_cases()) {
    const ProcessingPass pass = first_pass(c);
    const Explanation x{pass, c.layer, chip_machine()};
    const auto cycles =
        static_cast<std::int64_t>(runner.run(shape_of(pass, c.layer, chip_machine())).cycles);
    SCOPED_TRACE(fmt::format("F{} R{} U{} C{} {}: {} cycles, bound {}", c.layer.F(), c.layer.R,
                             c.layer.U, c.layer.C, dataflow::to_string(c.mapping), cycles,
                             x.bound.cycles()));
    EXPECT_GT(cycles, x.strict());
    // The closed form exposes a whole first window; PEs start on its first value.
    EXPECT_GE(cycles, x.bound.cycles() - x.bound.window);
    const std::string why = mechanism(x, cycles);
    EXPECT_NE(why, "");
    const double ratio = static_cast<double>(cycles) / static_cast<double>(x.bound.cycles());
    bounds[std::string{x.bound.bound()}].add(ratio);
    mechanisms[why].add(ratio);
  }
  const auto print = [](const char* title, const std::map<std::string, Class>& classes) {
    fmt::print("{:<16}{:>7}{:>18}\n", title, "passes", "cycles / bound");
    for (const auto& [name, c] : classes) {
      fmt::print("{:<16}{:>7}{:>10.3f} to {:.3f}\n", name, c.passes, c.lowest, c.highest);
    }
  };
  print("bound by", bounds);
  print("explained by", mechanisms);
  for (const char* name : {"mac", "psum", "ifmap"}) {
    EXPECT_GE(bounds[name].passes, 20) << name;
  }
}

}  // namespace
}  // namespace turnpike::silicon
