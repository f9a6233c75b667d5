#include "tests/differential/compare_pass.hpp"

#include <fmt/format.h>

#include "pe/row_stationary/array_core.hpp"
#include "tests/differential/structural_array.hpp"
#include "tests/pe/row_stationary/random_pass.hpp"

namespace turnpike::differential {
namespace {

constexpr std::uint64_t kClockLimit = 1'000'000;

/// "name: core 3, structural 4" for the first counter that differs.
std::string differing_counter(const pe::row_stationary::PassCounters& core,
                              const pe::row_stationary::PassCounters& structural) {
  struct Pair {
    const char* name;
    std::uint64_t core, structural;
  };
  const auto network = [](const char* name, const pe::row_stationary::NetworkCounters& a,
                          const pe::row_stationary::NetworkCounters& b) -> std::string {
    return a == b ? ""
                  : fmt::format("{} network: core y {} x {} hits {}, structural y {} x {} hits {}",
                                name, a.y, a.x, a.hits, b.y, b.x, b.hits);
  };
  const Pair pairs[] = {
      {"cycles", core.cycles, structural.cycles},
      {"load_cycles", core.load_cycles, structural.load_cycles},
      {"active_pes", core.active_pes, structural.active_pes},
      {"mac_slots", core.mac_slots, structural.mac_slots},
      {"ifmap_spad_writes", core.ifmap_spad_writes, structural.ifmap_spad_writes},
      {"ifmap_spad_reads", core.ifmap_spad_reads, structural.ifmap_spad_reads},
      {"filter_spad_writes", core.filter_spad_writes, structural.filter_spad_writes},
      {"psum_accumulations", core.psum_accumulations, structural.psum_accumulations},
      {"link_words", core.link_words, structural.link_words},
  };
  for (const Pair& pair : pairs) {
    if (pair.core != pair.structural) {
      return fmt::format("{}: core {}, structural {}", pair.name, pair.core, pair.structural);
    }
  }
  for (const auto& text :
       {network("filter", core.filter_network, structural.filter_network),
        network("ifmap", core.ifmap_network, structural.ifmap_network),
        network("psum in", core.psum_in_network, structural.psum_in_network),
        network("psum out", core.psum_out_network, structural.psum_out_network)}) {
    if (!text.empty()) {
      return text;
    }
  }
  return core == structural ? "" : "a counter this comparison does not know";
}

std::string compare(const pe::row_stationary::PassShape& shape, const pe::PassOperands& operands,
                    std::uint64_t& clocks) {
  pe::PassOperands of_core = operands;
  pe::row_stationary::ArrayCore core;
  core.begin(shape, &of_core);
  bool done = false;
  for (std::uint64_t clock = 0; !done && clock < kClockLimit; ++clock) {
    done = core.step();
  }
  if (done) {
    core.finish();
  }
  clocks = core.counters().cycles;
  pe::PassOperands of_structural = operands;
  const StructuralResult structural = run_structural(shape, of_structural, kClockLimit);
  if (!done || !structural.finished) {
    return fmt::format("deadlock: core {}, structural {}", done ? "done" : "stuck",
                       structural.finished ? "done" : "stuck");
  }
  if (!core.drained() || !structural.empty) {
    return fmt::format("not drained: core {}, structural {}", core.drained(), structural.empty);
  }
  if (of_structural.psum != pe::row_stationary::test::naive_pass(shape, operands)) {
    return "psums: the structural array differs from plain loops";
  }
  if (of_core.psum != of_structural.psum) {
    return "psums: core differs from the structural array";
  }
  return differing_counter(core.counters(), structural.counters);
}

}  // namespace

std::string to_string(const pe::row_stationary::PassShape& s) {
  return fmt::format(
      "R{} S{} U{} V{} p{} t{} filters{} q{} r{} channels{} e{} F{} n{}{}{} on {}x{}, spads {}/{}, "
      "rates {}/{}/{}/{}, depth {}, latency {}, load unit {}",
      s.R, s.S, s.U, s.V, s.p, s.t, s.filters, s.q, s.r, s.channels, s.e, s.F, s.n, s.follows != 0 ? " follows" : "", s.leads != 0 ? " leads" : "", s.rows,
      s.columns, s.ifmap_spad, s.psum_spad, s.filter_rate, s.ifmap_rate, s.psum_in_rate,
      s.psum_out_rate, s.fifo_depth, s.buffer_latency, s.filter_load_unit);
}

Comparison compare_random_pass(std::uint64_t seed) {
  Random random{seed};
  Comparison comparison{
      .shape = pe::row_stationary::test::random_shape(random), .clocks = 0, .mismatch = {}};
  const pe::PassOperands operands =
      pe::row_stationary::test::random_operands(comparison.shape, random);
  comparison.mismatch = compare(comparison.shape, operands, comparison.clocks);
  return comparison;
}

Comparison compare_pass(const pe::row_stationary::PassShape& shape, std::uint64_t seed) {
  Random random{seed};
  Comparison comparison{.shape = shape, .clocks = 0, .mismatch = {}};
  const pe::PassOperands operands = pe::row_stationary::test::random_operands(shape, random);
  comparison.mismatch = compare(shape, operands, comparison.clocks);
  return comparison;
}

}  // namespace turnpike::differential
