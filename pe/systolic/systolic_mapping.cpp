#include "pe/systolic/systolic_mapping.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "dataflow/extent.hpp"
#include "dataflow/search_costs.hpp"
#include "sim/base/error.hpp"

namespace turnpike::pe::systolic {
namespace {

using dataflow::ceil_div;
using dataflow::Cut;
using dataflow::MappedJob;
using dataflow::MappingProblem;

constexpr std::string_view kKindName = "systolic";

std::int64_t depth_of(const LayerShape& layer) {
  return layer.C * layer.R * layer.S;
}

/// Calls visit(pixels, filters, count) for each size of tile.
template <class Visit>
void for_each_size(const LayerShape& layer, const TileMapping& mapping, const Visit& visit) {
  Cut{layer.N, mapping.n}.for_each_size([&](std::int64_t images, std::int64_t groups) {
    Cut{layer.E(), mapping.e}.for_each_size([&](std::int64_t rows, std::int64_t strips) {
      const Cut pixels{images * rows * layer.F(), mapping.x};
      pixels.for_each_size([&](std::int64_t x, std::int64_t pieces) {
        Cut{layer.M, mapping.m}.for_each_size([&](std::int64_t m, std::int64_t blocks) {
          visit(x, m, layer.G * groups * strips * pieces * blocks);
        });
      });
    });
  });
}

TileShape shape_of_tile(std::int64_t pixels, std::int64_t filters, const LayerShape& layer,
                        const SystolicMachine& machine) {
  TileShape shape = machine.rates;
  shape.rows = static_cast<std::int32_t>(pixels);
  shape.columns = static_cast<std::int32_t>(filters);
  shape.depth = static_cast<std::int32_t>(depth_of(layer));
  return shape;
}

/// The weights of a block of filters stay while its pixels go by.
bool filters_stay(const LayerShape& layer, const TileMapping& mapping,
                  const SystolicMachine& machine) {
  return std::min(mapping.m, layer.M) * depth_of(layer) <= machine.filter_values;
}

std::int64_t strips_of(const LayerShape& layer, const TileMapping& mapping) {
  return ceil_div(layer.N, mapping.n) * ceil_div(layer.E(), mapping.e);
}

/// Values of the ifmap tile of a strip: the rows it uses, in the columns they span.
std::int64_t ifmap_tile(const LayerShape& layer, const TileMapping& mapping) {
  return mapping.n * layer.C * dataflow::used_of(mapping.e, layer.R, layer.U) *
         dataflow::span_of(layer.F(), layer.S, layer.V);
}

/// A mapping with what it is ranked by.
struct Ranked {
  double cost = 0.0;
  TileMapping mapping;
  MappedJob job;
};

bool better(const Ranked& a, const Ranked& b) {
  const auto key = [](const Ranked& r) {
    return std::tie(r.cost, r.job.estimated_energy_pj, r.mapping.n, r.mapping.e, r.mapping.x,
                    r.mapping.m);
  };
  return key(a) < key(b);
}

Ranked rank(const MappingProblem& problem, const TileMapping& mapping,
            const SystolicMachine& machine) {
  const LayerShape& layer = problem.layer;
  Ranked out;
  out.mapping = mapping;
  MappedJob& job = out.job;
  job.mapping = to_letters(mapping);
  job.text = fmt::format("n{} e{} x{} m{}", mapping.n, mapping.e, mapping.x, mapping.m);
  job.ifmap_tile = ifmap_tile(layer, mapping);
  job.psum_tile = machine.rows * machine.columns;
  job.active_pes = mapping.x * mapping.m;
  std::int64_t longest = 0;
  for_each_size(layer, mapping, [&](std::int64_t x, std::int64_t m, std::int64_t count) {
    const TileBound bound = tile_bound(shape_of_tile(x, m, layer, machine));
    job.estimated_cycles += count * bound.cycles();
    job.passes += count;
    if (count * bound.cycles() > longest) {
      longest = count * bound.cycles();
      job.bound = bound.bound();
    }
  });
  const ExpectedJob expected = expect(layer, mapping, machine);
  const auto values = [](const Expected& e) { return static_cast<double>(e.most); };
  const dataflow::MapperWeights& w = problem.weights;
  job.estimated_energy_pj =
      values(expected.filter_words) * w.glb_filter +
      values(expected.dram_filter_values) * w.dram_filter +
      values(expected.ifmap_words) * w.glb_ifmap + values(expected.psum_out_words) * w.glb_psum +
      (problem.budget.ifmap_resident ? 0.0 : values(expected.dram_ifmap_values) * w.dram_ifmap) +
      static_cast<double>(job.estimated_cycles) * w.per_cycle;
  out.cost = dataflow::cost_of(problem.objective, job.estimated_cycles, job.estimated_energy_pj);
  return out;
}

SourceSpot spot_of(const std::string& layer) {
  return {.file = fmt::format("layer '{}'", layer)};
}

std::optional<std::string> beyond(const char* letter, std::int64_t value, const char* what,
                                  std::int64_t limit) {
  if (value <= limit) {
    return std::nullopt;
  }
  return fmt::format("{} = {} exceeds {} = {}", letter, value, what, limit);
}

}  // namespace

Mapping to_letters(const TileMapping& mapping) {
  return {std::string{kKindName},
          {{"n", mapping.n}, {"e", mapping.e}, {"x", mapping.x}, {"m", mapping.m}}};
}

TileMapping from_letters(const Mapping& letters, const std::string& layer) {
  dataflow::require_letters(letters, kKindName, {"n", "e", "x", "m"}, {}, layer);
  return {letters.value("n"), letters.value("e"), letters.value("x"), letters.value("m")};
}

TileShape tile_shape(const Tile& tile, const LayerShape& layer, const SystolicMachine& machine) {
  return shape_of_tile(tile.pixels, tile.filters, layer, machine);
}

void for_each_tile(const LayerShape& layer, const TileMapping& mapping,
                   const SystolicMachine& machine, const std::function<void(const Tile&)>& visit) {
  const bool stay = filters_stay(layer, mapping, machine);
  Tile tile;
  std::int64_t group_there = -1;
  std::int64_t filter_there = -1;
  const auto visit_block = [&](std::int64_t first, std::int64_t pixels) {
    for (std::int64_t done = 0; done < pixels; done += mapping.x) {
      tile.pixel0 = first + done;
      tile.pixels = std::min(mapping.x, pixels - done);
      tile.new_filter = !stay || tile.group != group_there || tile.filter0 != filter_there;
      group_there = tile.group;
      filter_there = tile.filter0;
      visit(tile);
      tile.new_ifmap = false;
    }
  };
  for (tile.group = 0; tile.group < layer.G; ++tile.group) {
    for (tile.image0 = 0; tile.image0 < layer.N; tile.image0 += mapping.n) {
      tile.images = std::min(mapping.n, layer.N - tile.image0);
      for (tile.row0 = 0; tile.row0 < layer.E(); tile.row0 += mapping.e) {
        tile.e = std::min(mapping.e, layer.E() - tile.row0);
        tile.new_ifmap = true;
        for (tile.filter0 = 0; tile.filter0 < layer.M; tile.filter0 += mapping.m) {
          tile.filters = std::min(mapping.m, layer.M - tile.filter0);
          visit_block((tile.image0 * layer.E() + tile.row0) * layer.F(),
                      tile.images * tile.e * layer.F());
        }
      }
    }
  }
}

std::int64_t TileBound::cycles() const {
  return start + std::max({steps, ifmap, filter}) + drain;
}

std::string TileBound::bound() const {
  const std::int64_t most = std::max({steps, ifmap, filter});
  return drain > most ? "psum" : most == steps ? "mac" : most == ifmap ? "ifmap" : "filter";
}

TileBound tile_bound(const TileShape& tile) {
  const std::int64_t rows = tile.rows;
  const std::int64_t columns = tile.columns;
  const std::int64_t depth = tile.depth;
  return {.start = tile.buffer_latency + 1,
          .steps = depth + rows + columns - 2,
          .ifmap = ceil_div(rows * depth, tile.ifmap_rate) + columns - 1,
          .filter = ceil_div(columns * depth, tile.filter_rate) + rows - 1,
          .drain = std::max(rows, ceil_div(rows * columns, tile.psum_out_rate)) + 1};
}

ExpectedJob expect(const LayerShape& layer, const TileMapping& mapping,
                   const SystolicMachine& machine) {
  const std::int64_t depth = depth_of(layer);
  ExpectedJob job;
  const auto add = [](Expected& to, std::int64_t value) {
    to += Expected::exactly(static_cast<std::uint64_t>(value));
  };
  for_each_size(layer, mapping, [&](std::int64_t x, std::int64_t m, std::int64_t count) {
    add(job.passes, count);
    add(job.mac_slots, count * x * m * depth);
    add(job.ifmap_words, count * x * depth);
    add(job.filter_words, count * m * depth);
    add(job.psum_out_words, count * x * m);
    job.least_cycles += static_cast<std::uint64_t>(
        count * tile_bound(shape_of_tile(x, m, layer, machine)).cycles());
  });
  const std::int64_t weights = layer.G * layer.M * depth;
  if (filters_stay(layer, mapping, machine)) {
    add(job.dram_filter_values, weights * (mapping.m >= layer.M ? 1 : strips_of(layer, mapping)));
  } else {
    job.dram_filter_values = job.filter_words;
  }
  const std::int64_t rows = Cut{layer.E(), mapping.e}.sum(
      [&layer](std::int64_t e) { return dataflow::used_of(e, layer.R, layer.U); });
  add(job.dram_ifmap_values,
      layer.N * layer.G * layer.C * rows * dataflow::span_of(layer.F(), layer.S, layer.V));
  return job;
}

std::optional<std::string> illegal(const MappingProblem& problem, const TileMapping& mapping,
                                   const SystolicMachine& machine) {
  const LayerShape& layer = problem.layer;
  if (auto reason = dataflow::malformed(layer)) {
    return reason;
  }
  if (auto reason = dataflow::below_one(
          {{"n", mapping.n}, {"e", mapping.e}, {"x", mapping.x}, {"m", mapping.m}})) {
    return reason;
  }
  for (const auto& reason :
       {beyond("n", mapping.n, "N", layer.N), beyond("e", mapping.e, "E", layer.E()),
        beyond("m", mapping.m, "M", layer.M),
        beyond("x", mapping.x, "the pixels of a strip", mapping.n * mapping.e * layer.F()),
        beyond("x", mapping.x, "the PE rows", machine.rows),
        beyond("m", mapping.m, "the PE columns", machine.columns),
        beyond("C*R*S", depth_of(layer), "the longest sum", std::int64_t{1} << 24)}) {
    if (reason) {
      return reason;
    }
  }
  if (mapping.n > 1 && mapping.e < layer.E()) {
    return fmt::format("n = {} images are a strip only with all E = {} rows, not {}", mapping.n,
                       layer.E(), mapping.e);
  }
  const dataflow::BufferNeed need = dataflow::buffer_need(
      ifmap_tile(layer, mapping), machine.rows * machine.columns, problem.budget);
  if (need.bits() > problem.budget.bits) {
    return fmt::format("the tile needs {} bits ({} of ifmap, {} of psums), the buffer has {} free",
                       need.bits(), need.ifmap_bits, need.psum_bits, problem.budget.bits);
  }
  return std::nullopt;
}

std::vector<MappedJob> search(const MappingProblem& problem, const SystolicMachine& machine,
                              const std::string& layer, std::size_t keep) {
  if (const auto reason = illegal(problem, {}, machine)) {
    throw InputError{spot_of(layer),
                     fmt::format("no legal mapping; even the smallest (n1 e1 x1 m1) is "
                                 "impossible: {}",
                                 *reason)};
  }
  const LayerShape& shape = problem.layer;
  std::vector<Ranked> ranked;
  for (const std::int64_t n : dataflow::even_pieces(shape.N)) {
    for (const std::int64_t e : dataflow::even_pieces(shape.E())) {
      for (const std::int64_t x : dataflow::even_pieces(n * e * shape.F())) {
        if (x > machine.rows) {
          continue;
        }
        for (const std::int64_t m : dataflow::even_pieces(shape.M)) {
          const TileMapping mapping{n, e, x, m};
          if (illegal(problem, mapping, machine)) {
            continue;
          }
          Ranked entry = rank(problem, mapping, machine);
          if (problem.most_cycles == 0 || entry.job.estimated_cycles <= problem.most_cycles) {
            ranked.push_back(std::move(entry));
          }
        }
      }
    }
  }
  const std::size_t kept = std::min(keep, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(kept),
                    ranked.end(), better);
  std::vector<MappedJob> jobs;
  for (std::size_t i = 0; i < kept; ++i) {
    jobs.push_back(std::move(ranked[i].job));
  }
  return jobs;
}

MappedJob evaluate(const MappingProblem& problem, const TileMapping& mapping,
                   const SystolicMachine& machine, const std::string& layer) {
  if (const auto reason = illegal(problem, mapping, machine)) {
    throw InputError{spot_of(layer),
                     fmt::format("mapping n{} e{} x{} m{} is illegal: {}", mapping.n, mapping.e,
                                 mapping.x, mapping.m, *reason)};
  }
  return rank(problem, mapping, machine).job;
}

}  // namespace turnpike::pe::systolic
