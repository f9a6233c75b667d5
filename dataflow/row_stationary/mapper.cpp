#include "dataflow/row_stationary/mapper.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "dataflow/row_stationary/mapping_space.hpp"
#include "dataflow/row_stationary/pass_kinds.hpp"
#include "sim/base/error.hpp"

namespace turnpike::dataflow::row_stationary {
namespace {

/// A mapping with what it is ranked by.
struct Ranked {
  double cost = 0.0;    ///< of the objective
  double energy = 0.0;  ///< pJ, breaks ties of the cost
  MappedLayer layer;
};

bool better(const Ranked& a, const Ranked& b) {
  const auto key = [](const Ranked& ranked) {
    const Mapping& map = ranked.layer.mapping;
    return std::tie(ranked.cost, ranked.energy, map.m, map.n, map.e, map.p, map.q, map.r, map.t,
                    map.width_tile);
  };
  return key(a) < key(b);
}

/// Cycles by what limits the passes that take them.
class BoundTally {
 public:
  void add(std::string_view bound, std::int64_t cycles) {
    const auto* const entry = std::find_if(tally_.begin(), tally_.end(),
                                           [bound](const Entry& e) { return e.name == bound; });
    ensure(entry != tally_.end(), "a pass bound without a name");
    tally_[static_cast<std::size_t>(entry - tally_.begin())].cycles += cycles;
  }
  [[nodiscard]] std::string largest() const {
    return std::string{
        std::max_element(tally_.begin(), tally_.end(), [](const Entry& a, const Entry& b) {
          return a.cycles < b.cycles;
        })->name};
  }

 private:
  struct Entry {
    std::string_view name;
    std::int64_t cycles = 0;
  };
  std::array<Entry, 5> tally_{{{"mac"}, {"psum"}, {"ifmap"}, {"filter"}, {"dram"}}};
};

/// Clocks that what a pass is the first to use is under way.
struct DramClocks {
  std::int64_t beside = 0;   ///< while a pass like it runs
  std::int64_t between = 0;  ///< when that has ended: filters without room beside its own
};

DramClocks dram_clocks(const ProcessingPass& pass, const MapperProblem& problem) {
  const std::int64_t filters = filter_values(pass);
  const std::int64_t room = problem.weights.filter_buffer_values;
  const std::int64_t late =
      room > 0 ? filters - std::clamp<std::int64_t>(room - filters, 0, filters) : 0;
  std::int64_t values = filters - late;
  if (pass.new_ifmap_tile && !problem.budget.ifmap_resident) {
    values += ifmap_tile_values(pass, problem.layer);
  }
  const auto filled = [&](std::int64_t of, std::int64_t moved) {
    const double rate = problem.weights.filter_fill_per_cycle;
    const auto fill =
        rate > 0.0 ? static_cast<std::int64_t>(std::ceil(static_cast<double>(of) / rate)) : 0;
    return std::max(transfer_cycles(moved, problem.weights), fill);
  };
  return {filled(filters - late, values), filled(late, late)};
}

/// `mapping` is legal.
Ranked evaluate(const MapperProblem& problem, const Mapping& mapping) {
  Ranked ranked;
  MappedLayer& layer = ranked.layer;
  layer.mapping = mapping;
  BoundTally tally;
  for (const PassKind& kind : pass_kinds(problem.layer, mapping, problem.array)) {
    const PassBound array = pass_bound(kind.pass, problem.layer, problem.array);
    const DramClocks dram = dram_clocks(kind.pass, problem);
    const std::int64_t cycles = kind.count * (std::max(array.cycles(), dram.beside) + dram.between);
    tally.add(dram.beside + dram.between > array.cycles() ? "dram" : array.bound(), cycles);
    layer.estimated_cycles += cycles;
    layer.passes += kind.count;
    layer.active_pes = std::max(layer.active_pes, active_pes(kind.pass));
  }
  layer.bound = tally.largest();
  const TrafficCounts counts = closed_form_counts(problem.layer, mapping, problem.array);
  const MovedValues moved{
      .filter = counts.glb_filter_reads,
      .ifmap = counts.glb_ifmap_reads,
      .psum = counts.glb_psum_reads + counts.glb_psum_writes,
      .dram_ifmap = problem.budget.ifmap_resident ? 0 : counts.dram_ifmap_reads};
  layer.estimated_energy_pj = energy_of(moved, layer.estimated_cycles, problem.weights);
  ranked.energy = layer.estimated_energy_pj;
  ranked.cost = cost_of(problem.objective, layer.estimated_cycles, ranked.energy);
  return ranked;
}

/// The best `keep` so far, best first.
class Podium {
 public:
  explicit Podium(std::size_t keep) : keep_{keep} {}

  /// True if nothing whose cost and energy are at least those of `bound` can enter.
  [[nodiscard]] bool beyond_reach(const CostBound& bound) const {
    if (ranked_.size() < keep_) {
      return false;
    }
    // The sums behind a bound and behind a cost are rounded differently.
    constexpr double kRounding = 1.0 - 1e-9;
    const Ranked& worst = ranked_.back();
    return bound.cost * kRounding > worst.cost ||
           (bound.cost >= worst.cost && bound.energy * kRounding > worst.energy);
  }
  void offer(Ranked entry) {
    ranked_.insert(std::upper_bound(ranked_.begin(), ranked_.end(), entry, better),
                   std::move(entry));
    if (ranked_.size() > keep_) {
      ranked_.pop_back();
    }
  }
  [[nodiscard]] std::vector<MappedLayer> layers() && {
    std::vector<MappedLayer> result;
    for (Ranked& entry : ranked_) {
      result.push_back(std::move(entry.layer));
    }
    return result;
  }

 private:
  std::size_t keep_;
  std::vector<Ranked> ranked_;
};

SourceSpot spot_of(const std::string& layer_name) {
  return {.file = fmt::format("layer '{}'", layer_name)};
}

/// The smallest mapping breaks a rule only if every mapping does, so it decides beforehand; this
/// also keeps malformed layers and arrays out of the search.
void require_mappable(const MapperProblem& problem, const std::string& layer_name) {
  const Mapping smallest{.width_tile = 1};
  if (const auto reason = illegal(problem.layer, smallest, problem.array, problem.budget)) {
    throw InputError{spot_of(layer_name), fmt::format("no legal mapping; even the smallest ({}) is "
                                                      "impossible: {}",
                                                      to_string(smallest), *reason)};
  }
}

}  // namespace

std::vector<MappedLayer> search_mappings(const MapperProblem& problem,
                                         const std::string& layer_name, std::size_t keep) {
  ensure(keep > 0, "a mapping search that keeps nothing");
  require_mappable(problem, layer_name);
  const MappingSpace space{problem};
  Podium podium{keep};
  const auto too_slow = [most = problem.most_cycles](std::int64_t cycles) {
    return most > 0 && cycles > most;
  };
  for (const Footprint& footprint : space.footprints()) {
    if (too_slow(footprint.bound.cycles) || podium.beyond_reach(footprint.bound)) {
      continue;
    }
    space.for_each_mapping(footprint, [&](const Mapping& mapping, const CostBound& bound) {
      if (too_slow(bound.cycles) || podium.beyond_reach(bound)) {
        return;
      }
      Ranked entry = evaluate(problem, mapping);
      if (!too_slow(entry.layer.estimated_cycles)) {
        podium.offer(std::move(entry));
      }
    });
  }
  std::vector<MappedLayer> best = std::move(podium).layers();
  ensure(!best.empty() || problem.most_cycles > 0, "the search missed the smallest mapping");
  return best;
}

MappedLayer evaluate_mapping(const MapperProblem& problem, const Mapping& mapping,
                             const std::string& layer_name) {
  if (const auto reason = illegal(problem.layer, mapping, problem.array, problem.budget)) {
    throw InputError{spot_of(layer_name),
                     fmt::format("mapping {} is illegal: {}", to_string(mapping), *reason)};
  }
  return evaluate(problem, mapping).layer;
}

}  // namespace turnpike::dataflow::row_stationary
