// Prices times counts against the closed-form study of ResNet-18: the same tables and counts,
// priced by an independent program. Counts and energies below are that program's output.

#include <cmath>

#include <gtest/gtest.h>

#include "sim/cost/energy_table.hpp"
#include "tests/sim/cost/fixtures.hpp"

namespace turnpike::cost {
namespace {

using test::key;

/// Network totals of one inference at 50 % zeros, and the study's energies in uJ.
struct StudyRun {
  int bits;
  double executed, gated, filter_writes, ifmap_writes, ifmap_reads, accumulations;
  double glb_ifmap, glb_filter, glb_psum_reads, glb_psum_writes, glb_ofmap;
  double bus_ifmap, bus_filter, bus_psum, cycles, first_ifmap;
  double mac, filter_spad, ifmap_spad, psum_spad, pe_link, noc, glb, clock;  // uJ
};

void PrintTo(const StudyRun& run, std::ostream* out) {
  *out << run.bits << " bits";
}

constexpr double kSkip = 752640;
constexpr double kPoolReads = 802816;
constexpr double kPoolWrites = 200704;

class Counter {
 public:
  void add(ActionKey action, double count) {
    counts_[std::move(action)] += static_cast<std::uint64_t>(std::llround(count));
  }
  [[nodiscard]] ActionCounts take() { return std::move(counts_); }

 private:
  ActionCounts counts_;
};

void add_networks(Counter& to, const StudyRun& run) {
  const int k = run.bits;
  for (const Item item : std::initializer_list<Item>{"ifmap_x", "ifmap_hit"}) {
    to.add(key(Component::noc, Action::write, k, item), run.bus_ifmap);
  }
  for (const Item item : std::initializer_list<Item>{"filter_x", "filter_hit"}) {
    to.add(key(Component::noc, Action::write, k, item), run.bus_filter);
  }
  for (const Item item : std::initializer_list<Item>{"psum_in_y", "psum_in_x", "psum_in_hit",
                                                     "psum_out_y", "psum_out_x"}) {
    to.add(key(Component::noc, Action::write, 16, item), run.bus_psum / 2);
  }
  to.add(key(Component::noc, Action::write, k, "ifmap_y"), run.glb_ifmap);
  to.add(key(Component::noc, Action::write, k, "filter_y"), run.glb_filter);
  to.add(key(Component::pe_fifo, Action::write, k, "ifmap"), run.ifmap_writes);
  to.add(key(Component::pe_fifo, Action::write, k, "filter"), run.filter_writes);
  to.add(key(Component::pe_fifo, Action::write, 16, "psum_in"), run.bus_psum / 2);
  to.add(key(Component::pe_fifo, Action::write, 16, "psum_out"), run.bus_psum / 2);
}

void add_buffers(Counter& to, const StudyRun& run) {
  const int k = run.bits;
  const double line = 4.0 * k;
  const double read_bits = (run.glb_ifmap + kPoolReads + kSkip) * k + run.glb_psum_reads * 16.0;
  const double write_bits =
      (run.glb_ofmap + kPoolWrites + run.first_ifmap) * k + run.glb_psum_writes * 16.0;
  to.add(key(Component::glb, Action::read, 4 * k, "ifmap"), read_bits / line);
  to.add(key(Component::glb, Action::write, 4 * k, "psum"), write_bits / line);
  to.add(key(Component::glb_filter, Action::read, 4 * k), run.glb_filter * k / line);
  to.add(key(Component::glb_filter, Action::write, 4 * k), run.glb_filter * k / line);
}

ActionCounts counts_of(const StudyRun& run) {
  const int k = run.bits;
  Counter counts;
  ActionKey mac = test::mac_key(k, 16);
  mac.midrise = k == 2;  // the study corrects its 2-bit row, whose integer weights are biased
  counts.add(mac, run.executed);
  mac.action = Action::gated;
  counts.add(mac, run.gated);
  counts.add(key(Component::filter_spad, Action::read, k), run.executed);
  counts.add(key(Component::filter_spad, Action::write, k), run.filter_writes);
  counts.add(key(Component::ifmap_spad, Action::read, k), run.ifmap_reads);
  counts.add(key(Component::ifmap_spad, Action::write, k), run.ifmap_writes);
  counts.add(key(Component::psum_spad, Action::write, 16), run.executed);
  counts.add(key(Component::psum_spad, Action::read, 16), run.accumulations);
  counts.add(key(Component::pe_link, Action::compute, 16), run.accumulations);
  counts.add(key(Component::pe_link, Action::write, 16), run.accumulations);
  add_networks(counts, run);
  add_buffers(counts, run);
  counts.add(key(Component::clock, Action::background, 0, "active"), run.cycles * 168);
  return counts.take();
}

class Breakdown : public testing::TestWithParam<StudyRun> {};

TEST_P(Breakdown, AgreesWithTheStudyByComponent) {
  const StudyRun& run = GetParam();
  CostPolicy policy = test::flip_flop_policy();
  policy.clock_factor = 0.5164;  // the study's own fit
  const CostModel model{test::technology_65nm(), policy, test::paper_machine(run.bits, 16)};
  const EnergyTable table = price_counts({{"all", counts_of(run)}}, model);
  const auto microjoules = [&table](Component component) {
    return table.by_component[static_cast<std::size_t>(component)].count() * 1e-6;
  };
  const auto near = [](double got, double want) { EXPECT_NEAR(got, want, 0.03 * want); };
  near(microjoules(Component::mac), run.mac);
  near(microjoules(Component::filter_spad), run.filter_spad);
  // The study leaves the clock gate's 0.01 pJ in register-file reads.
  EXPECT_NEAR(microjoules(Component::ifmap_spad), run.ifmap_spad, 0.1 * run.ifmap_spad);
  near(microjoules(Component::psum_spad), run.psum_spad);
  near(microjoules(Component::pe_link), run.pe_link);
  near(microjoules(Component::noc) + microjoules(Component::pe_fifo), run.noc);
  near(microjoules(Component::glb) + microjoules(Component::glb_filter), run.glb);
  near(microjoules(Component::clock), run.clock);
}

INSTANTIATE_TEST_SUITE_P(
    ResNet18, Breakdown,
    testing::Values(
        StudyRun{16,       966299648, 847773696, 112583680, 43274176, 106147840, 179769344,
                 8456608,  13573120,  24262096,  21777384,  2484712,  43274176,  13573120,
                 48524192, 17050892,  150528,    2826.0,    930.4,    49.4,      1638.7,
                 159.6,    576.7,     2337.0,    16846.4},
        StudyRun{3,        966299648, 847773696, 112583680, 46370752, 113373184, 168178688,
                 9245600,  14752768,  19119056,  16634344,  2484712,  46370752,  14752768,
                 38238112, 17552316,  199828,    389.1,     218.8,    15.6,      1634.6,
                 149.4,    300.9,     1454.2,    11786.8},
        StudyRun{2,        966299648, 847773696, 112583680, 46370752, 113373184, 168178688,
                 9245600,  14752768,  19119056,  16634344,  2484712,  46370752,  14752768,
                 38238112, 17552316,  399655,    361.5,     164.0,    12.6,      1634.6,
                 149.4,    282.3,     1471.9,    11359.5}));

}  // namespace
}  // namespace turnpike::cost
