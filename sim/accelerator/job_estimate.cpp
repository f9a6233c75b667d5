#include "sim/accelerator/job_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "memory/bank_conflicts.hpp"
#include "memory/dram_energy.hpp"
#include "sim/accelerator/accounting.hpp"
#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::accelerator {
namespace {

using dataflow::MappedJob;
using dataflow::MapperWeights;
using dataflow::MappingProblem;

std::vector<int> banks_from(std::int64_t first, std::int64_t count, std::int64_t all) {
  const std::int64_t begin = std::clamp<std::int64_t>(first, 0, all - 1);
  std::vector<int> banks(static_cast<std::size_t>(std::clamp<std::int64_t>(count, 1, all - begin)));
  std::iota(banks.begin(), banks.end(), static_cast<int>(begin));
  return banks;
}

Transfer fetch_of(Operand operand, std::uint64_t values, int bits) {
  Transfer t;
  t.operand = operand;
  t.values = values;
  t.bits = t.low_bits = bits;
  t.words = t.low_words = words_for(values, bits);
  return t;
}

auto cost_fields(const JobToMap& job) {
  const ArrayJob& j = job.job;
  return std::tuple{j.weight_bits,       j.activation_bits, j.psum_bits,   j.midrise,
                    j.floating,          j.slices,          j.stored_bits, job.dram_weight_bits,
                    job.dram_ifmap_bits, job.ifmap_resident};
}

}  // namespace

bool JobToMap::same_as(const JobToMap& other) const {
  return job.shape == other.job.shape && cost_fields(*this) == cost_fields(other);
}

/// Passes that are alike in time and transfers.
struct JobEstimator::Kind {
  pe::PassKey key;
  std::uint64_t filters = 0, ifmap = 0, psums = 0;  ///< values fetched, fetched, final
  bool first_psums = false;                         ///< as PassFootprint

  std::uint64_t count = 0;
  std::uint64_t cycles = 0;                           ///< a lower bound until `result` is known
  const pe::PassResult* result = nullptr;             ///< of the stepped pass
  Transfer filter;                                    ///< of `filters`
  std::uint64_t filter_bits = 0;                      ///< it takes in the filter buffer
  std::uint64_t filter_clocks = 0, ifmap_clocks = 0;  ///< of the transfers

  [[nodiscard]] bool is(const Kind& other) const {
    return filters == other.filters && ifmap == other.ifmap && psums == other.psums &&
           first_psums == other.first_psums && key == other.key;
  }
};

/// A job's passes in order.
struct JobEstimator::Passes {
  std::vector<Kind> kinds;
  std::vector<std::uint32_t> order;  ///< places in `kinds`
  std::vector<std::uint32_t> next;   ///< what came behind a kind when it was last met

  void add(const Kind& kind) {
    std::uint32_t at = order.empty() ? 0 : next[order.back()];
    if (at >= kinds.size() || !kinds[at].is(kind)) {
      const auto found = std::find_if(kinds.begin(), kinds.end(),
                                      [&kind](const Kind& other) { return other.is(kind); });
      at = static_cast<std::uint32_t>(found - kinds.begin());
      if (found == kinds.end()) {
        kinds.push_back(kind);
        next.push_back(at);
      }
      if (!order.empty()) {
        next[order.back()] = at;
      }
    }
    ++kinds[at].count;
    order.push_back(at);
  }
  [[nodiscard]] std::uint64_t cycles() const {
    std::uint64_t sum = 0;
    for (const Kind& kind : kinds) {
      sum += kind.count * kind.cycles;
    }
    return sum;
  }
};

JobEstimator::JobEstimator(const config::AcceleratorConfig& config, const pe::ArrayModel& array,
                           const PlanningAids& aids)
    : config_{config},
      array_{array},
      prices_{aids.prices == nullptr ? relative_ : *aids.prices},
      memo_{aids.passes == nullptr ? own_ : *aids.passes},
      dram_{aids.dram} {
  if (dram_ != nullptr && dram_->kind != memory::DramKind::ideal) {
    dram_bits_per_clock_ = dram_->peak_bytes_per_second() * 8.0 *
                           static_cast<double>(config.dram.channels) / (config.clock_mhz * 1e6);
  }
}

double JobEstimator::price_of(KnownAction action, int bits) const {
  return prices_.price(key_of(action, bits)).count();
}

double JobEstimator::standby_pj() const {
  if (dram_ == nullptr || dram_->kind != memory::DramKind::dram) {
    return 0.0;
  }
  const double clocks = 1e3 / config_.clock_mhz / dram_->tck_ns *
                        static_cast<double>(config_.dram.channels) * dram_->organisation.ranks;
  if (config_.dram.power_down_after) {
    return clocks * price_of({Component::dram, Action::background, "powerdown"}, 0);
  }
  return clocks * (config_.dram.page == config::PagePolicy::open
                       ? price_of({Component::dram, Action::background, "active"}, 0)
                       : price_of({Component::dram, Action::background, "precharged"}, 0));
}

double JobEstimator::idle_clock_pj() const {
  return price_of({Component::leakage, Action::background}, 0) +
         price_of({Component::controller, Action::background}, 0) +
         static_cast<double>(config_.pes()) *
             price_of({Component::clock, Action::background, "gated"}, 0) +
         standby_pj();
}

MapperWeights JobEstimator::weights(const JobToMap& to_map) const {
  const ArrayJob& job = to_map.job;
  const int line = line_bits_of(config_, std::max(job.weight_bits, job.activation_bits));
  const int filter_line = line_bits_of(config_, job.weight_bits);
  const auto lines_a_value = [&](int bits, int of) {
    const memory::LineGroup group = memory::group_of(bits, line_of(config_, of));
    return static_cast<double>(group.lines) / static_cast<double>(group.values);
  };
  const double burst_bits =
      dram_ != nullptr ? static_cast<double>(dram_->burst_bytes()) * 8.0 : 64.0;
  const auto dram_value = [&](int bits) {
    return price_of({Component::dram, Action::read}, 0) * 64.0 / (64 / bits) / burst_bits;
  };
  const int stored = job.stored_bits > 0 ? job.stored_bits : job.activation_bits;
  const double psum_lines = lines_a_value(job.psum_bits, line);
  MapperWeights weights;
  weights.glb_ifmap =
      lines_a_value(stored, line) * price_of({Component::glb, Action::read, "ifmap"}, line);
  weights.glb_psum = psum_lines / 2.0 *
                     (price_of({Component::glb, Action::read, "psum"}, line) +
                      price_of({Component::glb, Action::write, "psum"}, line));
  weights.glb_filter = lines_a_value(job.weight_bits, filter_line) *
                       (price_of({Component::glb_filter, Action::read}, filter_line) +
                        price_of({Component::glb_filter, Action::write}, filter_line));
  weights.dram_filter = dram_value(to_map.dram_weight_bits);
  weights.dram_ifmap =
      dram_value(to_map.dram_ifmap_bits) +
      lines_a_value(to_map.dram_ifmap_bits, config_.line_bits()) *
          price_of({Component::glb, Action::write, "transfer"}, config_.line_bits());
  weights.per_cycle = idle_clock_pj();
  if (config_.timing.filter_prefetch == config::FilterPrefetch::fitting &&
      config_.transfers == config::Transfers::overlap) {
    weights.filter_buffer_values = config_.glb_filter_bits() / to_map.dram_weight_bits;
  }
  weights.filter_fill_per_cycle = 1.0 / lines_a_value(job.weight_bits, filter_line);
  weights.dram_values_per_cycle =
      dram_bits_per_clock_ / std::min(to_map.dram_weight_bits, to_map.dram_ifmap_bits);
  return weights;
}

/// As long as the memory gives and the buffer takes, a line a clock and bank.
std::uint64_t JobEstimator::fetch_clocks(const Transfer& t) const {
  const double given =
      dram_bits_per_clock_ > 0.0 ? static_cast<double>(t.words) * 64.0 / dram_bits_per_clock_ : 0.0;
  const std::uint64_t banks = unsigned_of(config_.glb.banks);
  const std::uint64_t taken =
      filter_buffer_lines(config_, t) + (transfer_lines(config_, t).ifmap + banks - 1) / banks;
  return std::max(static_cast<std::uint64_t>(std::ceil(given)), taken);
}

JobEstimator::Passes JobEstimator::passes_of(const JobToMap& to_map,
                                             const MappedJob& mapped) const {
  const ArrayJob& job = to_map.job;
  const auto whole = [&job](std::int64_t channel0, std::int64_t channels) {
    return (channel0 + channels) / job.slices - channel0 / job.slices;
  };
  Passes passes;
  array_.for_each_pass(job.array_shape(), mapped.mapping,
                       [&](const pe::ArrayPass& pass, const pe::PassFootprint& footprint) {
                         Kind kind;
                         kind.key = pass.key;
                         kind.first_psums = footprint.first_psums;
                         kind.psums = unsigned_of(footprint.final_psums);
                         if (footprint.new_filter) {
                           const pe::FilterPart& part = footprint.filter;
                           kind.filters = unsigned_of(
                               part.filters * whole(part.channel0, part.channels) * part.taps);
                         }
                         if (footprint.new_ifmap && !to_map.ifmap_resident) {
                           pe::IfmapPart part = footprint.ifmap;
                           part.channels = whole(part.channel0, part.channels);
                           kind.ifmap = unsigned_of(part.values());
                         }
                         passes.add(kind);
                       });
  for (Kind& kind : passes.kinds) {
    kind.cycles = array_.least_cycles(kind.key);
    kind.filter = fetch_of(Operand::filter, kind.filters, to_map.dram_weight_bits);
    kind.filter_bits = filter_buffer_bits(config_, kind.filter);
    kind.filter_clocks = fetch_clocks(kind.filter);
    kind.ifmap_clocks = fetch_clocks(fetch_of(Operand::ifmap, kind.ifmap, to_map.dram_ifmap_bits));
  }
  return passes;
}

/// As BufferPorts lays out tiles; of a resident ifmap, which lies where there was room, all banks.
std::uint64_t JobEstimator::bank_clocks(const JobToMap& to_map, const MappingProblem& problem,
                                        const MappedJob& mapped, const Kind& kind) const {
  const dataflow::BufferNeed need =
      dataflow::buffer_need(mapped.ifmap_tile, mapped.psum_tile, problem.budget);
  const std::int64_t all = config_.glb.banks;
  const std::int64_t bank = problem.budget.bank_bits;
  const auto banks = [&](std::int64_t first, std::int64_t bits) {
    return bank > 0 ? banks_from(first, bits / bank, all)
                    : banks_from(0, bits / config_.line_bits(), all);
  };
  const BufferLines lines = pass_lines(config_, to_map.job, *kind.result, kind.first_psums);
  return unsigned_of(memory::busiest_bank_accesses(
      {{signed_of(lines.psum), banks(0, need.psum_bits)},
       {signed_of(lines.ifmap),
        to_map.ifmap_resident ? banks_from(0, all, all)
                              : banks(bank > 0 ? need.psum_bits / bank : 0, need.ifmap_bits)}}));
}

/// Those that take most clocks first. False once more than `most` clocks are sure.
bool JobEstimator::step(const JobToMap& to_map, const MappingProblem& problem,
                        const MappedJob& mapped, Passes& passes, std::uint64_t most) {
  std::vector<Kind*> kinds;
  for (Kind& kind : passes.kinds) {
    kinds.push_back(&kind);
  }
  std::stable_sort(kinds.begin(), kinds.end(), [](const Kind* a, const Kind* b) {
    return a->count * a->cycles > b->count * b->cycles;
  });
  for (Kind* kind : kinds) {
    if (passes.cycles() > most) {
      return false;
    }
    kind->result = &memo_.time(array_, kind->key);
    kind->cycles = std::max(kind->result->cycles, bank_clocks(to_map, problem, mapped, *kind));
  }
  return true;
}

/// Clocks from the first transfer until the last psum is processed: the rules of Machine's threads.
std::uint64_t JobEstimator::run(const Passes& passes) const {
  const bool overlap = config_.transfers == config::Transfers::overlap;
  std::uint64_t now = 0;      // of control
  std::uint64_t began = 0;    // the pass before
  std::uint64_t fetched = 0;  // the operands of the pass
  std::uint64_t post_idle = 0;
  std::uint64_t held = 0;  // bits of the filter buffer
  for (const std::uint32_t at : passes.order) {
    const Kind& kind = passes.kinds[at];
    std::uint64_t late = 0;
    if (kind.filter.words > 0) {
      const std::uint64_t ahead =
          overlap ? filter_words_ahead(config_, kind.filter, held) : kind.filter.words;
      late = kind.filter_clocks * (kind.filter.words - ahead) / kind.filter.words;
      held = kind.filter_bits;
    }
    fetched =
        std::max(fetched, overlap ? began : now) + kind.filter_clocks - late + kind.ifmap_clocks;
    if (late > 0) {
      fetched = std::max(fetched, now) + late;
    }
    began = std::max(now, fetched);
    now = began + kind.cycles;
    if (kind.psums > 0) {
      now = std::max(now, post_idle);
      post_idle = now + post_clocks(config_, kind.psums).count();
    }
  }
  return std::max(now, post_idle);
}

double JobEstimator::energy(const JobToMap& to_map, const Passes& passes,
                            std::uint64_t cycles) const {
  const ArrayJob& job = to_map.job;
  ActionCounts counts;
  std::uint64_t slots = 0;
  std::uint64_t active_pe_cycles = 0;
  memory::DramCounts dram;
  const auto fetch = [&](LayerResult& layer, Operand operand, std::uint64_t values, int bits) {
    const Transfer t = fetch_of(operand, values, bits);
    count_transfer(config_, t, layer);
    return t.words * 8;
  };
  for (const Kind& kind : passes.kinds) {
    LayerResult one;
    count_pass(config_, job, array_, *kind.result, kind.first_psums, one);
    std::uint64_t bytes = 0;
    if (kind.filters > 0) {
      bytes += fetch(one, Operand::filter, kind.filters, to_map.dram_weight_bits);
    }
    if (kind.ifmap > 0) {
      bytes += fetch(one, Operand::ifmap, kind.ifmap, to_map.dram_ifmap_bits);
    }
    for (const auto& [key, count] : one.counts) {
      counts[key] += count * kind.count;
    }
    slots += kind.result->mac_slots * kind.count;
    active_pe_cycles += kind.result->active_pes * kind.cycles * kind.count;
    const std::uint64_t burst = dram_ != nullptr ? unsigned_of(dram_->burst_bytes()) : 8;
    const std::uint64_t bursts = (bytes + burst - 1) / burst;
    dram.reads[0] += bursts * kind.count;
    if (dram_ != nullptr && dram_->kind == memory::DramKind::dram) {
      const auto row = unsigned_of(dram_->organisation.bursts_per_row());
      dram.activates[0] += (bursts + row - 1) / row * kind.count;
    }
  }
  LayerResult whole;
  whole.counts = std::move(counts);
  whole.cycles.processing = passes.cycles();
  whole.cycles.dram_stall = cycles - whole.cycles.processing;  // whatever is waited for
  count_macs(job, array_, slots, 0, whole);
  count_time(config_, active_pe_cycles, whole);
  accumulate(whole.counts, memory::dram_actions(dram));
  double energy = standby_pj() * static_cast<double>(cycles);
  for (const auto& [key, count] : whole.counts) {
    energy += prices_.price(key).count() * static_cast<double>(count);
  }
  return energy;
}

std::optional<JobCost> JobEstimator::estimate(const JobToMap& job, const MappingProblem& problem,
                                              const MappedJob& mapped, std::uint64_t most) {
  Passes passes = passes_of(job, mapped);
  if (run(passes) > most || !step(job, problem, mapped, passes, most)) {
    return std::nullopt;
  }
  const std::uint64_t cycles = run(passes);
  if (cycles > most) {
    return std::nullopt;
  }
  return JobCost{cycles, energy(job, passes, cycles)};
}

}  // namespace turnpike::accelerator
