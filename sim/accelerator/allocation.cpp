// Which tensors stay in the global buffer, and the mapping of every job in what room is left.

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "pe/array_kinds.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::accelerator {
namespace {

using dataflow::MappedJob;
using dataflow::MappingProblem;

/// How many good mappings are looked at for a small working set, and what it may cost.
constexpr std::size_t kCandidates = 200;
constexpr double kReserveSlack = 1.01;

class Allocator {
 public:
  Allocator(const traces::Trace& trace, const config::AcceleratorConfig& config, Plan& plan)
      : trace_{trace},
        config_{config},
        plan_{plan},
        shape_{glb_shape_of(config)},
        array_{pe::make_array_model(config)} {}

  void run() {
    for (auto& [name, tensor] : plan_.tensors) {
      tensor.lines = shape_.lines_for(tensor.values, tensor.bits);
    }
    used_.assign(plan_.stages.size(), 0);
    reserve_.assign(plan_.stages.size(), 0);
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      reserve_[s] = working_set(plan_.stages[s]);
    }
    if (config_.feature_maps == config::FeatureMaps::spill) {
      for (auto& [name, tensor] : plan_.tensors) {
        tensor.reason = "feature_maps: spill";
      }
    } else {
      place(false);  // low-precision maps first: every convolution reads them
      place(true);
    }
    map_all();
  }

 private:
  [[nodiscard]] bool resident(const std::string& tensor) const {
    const StoredTensor* stored = plan_.source(tensor);
    return stored != nullptr && stored->in_glb;
  }

  /// The mapping a job gets while its ifmap is resident, whatever else lies in the buffer: of the
  /// mappings an empty buffer would get that cost at most kReserveSlack times the best's cycles,
  /// the one with the smallest psum tile. So a wide tile does not drive out a feature map for next
  /// to nothing, and a layer is mapped alike with and without highway.
  [[nodiscard]] MappedJob modest(const ArrayJob& job) {
    const auto problem = modest_problem(job);
    for (const auto& [solved, mapped] : modest_) {
      if (solved == problem) {
        return mapped;
      }
    }
    const auto candidates = array_->map(problem, layer_name(job), kCandidates);
    const MappedJob* chosen = &candidates[0];
    for (const MappedJob& candidate : candidates) {
      if (static_cast<double>(candidate.estimated_cycles) <=
              kReserveSlack * static_cast<double>(candidates[0].estimated_cycles) &&
          psum_tile_bits(job, candidate) < psum_tile_bits(job, *chosen)) {
        chosen = &candidate;
      }
    }
    modest_.emplace_back(problem, *chosen);
    return *chosen;
  }

  [[nodiscard]] MappingProblem modest_problem(const ArrayJob& job) const {
    return mapper_problem(job, config_, config_.glb_bits(), true);
  }

  [[nodiscard]] std::int64_t psum_tile_bits(const ArrayJob& job, const MappedJob& mapped) const {
    return shape_.lines_for(mapped.psum_tile, job.psum_bits) * config_.line_bits();
  }

  /// Bits of buffer a stage needs besides stored tensors: psums of its modest mapping.
  [[nodiscard]] std::int64_t working_set(const Stage& stage) {
    std::int64_t most = 0;
    for (const ArrayJob& job : stage.jobs) {
      if (job.step > 0) {
        break;  // as the first time step
      }
      most = std::max(most, psum_tile_bits(job, modest(job)));
    }
    return most;
  }

  /// Tensors in order of production; one is placed if it fits in every stage of its life.
  void place(bool highway) {
    std::vector<StoredTensor*> order;
    for (auto& [name, tensor] : plan_.tensors) {
      if (tensor.highway == highway) {
        order.push_back(&tensor);
      }
    }
    std::stable_sort(order.begin(), order.end(), [](const StoredTensor* a, const StoredTensor* b) {
      return a->first_stage < b->first_stage;
    });
    const auto stages = static_cast<std::int64_t>(plan_.stages.size());
    for (StoredTensor* tensor : order) {
      if (tensor->first_stage < 0 || tensor->last_stage >= stages) {
        tensor->reason = tensor->first_stage < 0 ? "input of the network" : "output of the network";
        continue;
      }
      const std::int64_t bits = stored_bits(*tensor);
      tensor->over = overwritable(*tensor);
      std::int64_t free = config_.glb_bits();
      for (std::int64_t s = occupied_from(*tensor); s <= tensor->last_stage; ++s) {
        const auto at = static_cast<std::size_t>(s);
        free = std::min(free, config_.glb_bits() - used_[at] - reserve_[at]);
      }
      tensor->in_glb = bits <= free;
      tensor->reason =
          fmt::format("{} bits, {} free while it lives", bits, std::max<std::int64_t>(free, 0));
      if (tensor->in_glb) {
        occupy(*tensor, bits);
      } else {
        tensor->over.clear();
      }
    }
  }

  [[nodiscard]] std::int64_t stored_bits(const StoredTensor& tensor) const {
    const std::int64_t unit =
        config_.glb.allocation == config::AllocationUnit::bank ? shape_.lines_per_bank : 1;
    return (tensor.lines + unit - 1) / unit * unit * config_.line_bits();
  }

  /// The skip operand of an add may be overwritten by the sum: value by value, the post-processing
  /// unit reads the one and writes the other. Needs the same size and no reader after the add.
  [[nodiscard]] std::string overwritable(const StoredTensor& tensor) const {
    const Stage& stage = plan_.stages[static_cast<std::size_t>(tensor.first_stage)];
    for (const std::size_t index : stage.layers) {
      const traces::LayerEntry& layer = trace_.layers[index];
      if (layer.op != traces::Op::add || !makes_from(stage, layer.output, tensor.name)) {
        continue;
      }
      for (const std::string& input : layer.inputs) {
        const StoredTensor* old = plan_.stored(input);
        if (old != nullptr && old->in_glb && old->first_stage != tensor.first_stage &&
            old->last_stage == tensor.first_stage && old->values == tensor.values &&
            old->bits == tensor.bits) {
          return input;
        }
      }
    }
    return "";
  }

  /// True if `to` is `from`, or a quantize of the stage makes it from that.
  [[nodiscard]] bool makes_from(const Stage& stage, const std::string& from,
                                const std::string& to) const {
    return from == to || std::any_of(stage.layers.begin(), stage.layers.end(), [&](std::size_t i) {
             const traces::LayerEntry& layer = trace_.layers[i];
             return layer.op == traces::Op::quantize && layer.inputs[0] == from &&
                    layer.output == to;
           });
  }

  /// First stage in which a tensor takes room of its own.
  [[nodiscard]] static std::int64_t occupied_from(const StoredTensor& tensor) {
    return tensor.first_stage + (tensor.over.empty() ? 0 : 1);
  }

  void occupy(const StoredTensor& tensor, std::int64_t bits) {
    for (std::int64_t s = occupied_from(tensor); s <= tensor.last_stage; ++s) {
      used_[static_cast<std::size_t>(s)] += bits;
    }
  }

  [[nodiscard]] MappedJob best(const ArrayJob& job) {
    for (const auto& [solved, mapped] : solved_) {
      if (solved == job.problem) {
        return mapped;
      }
    }
    solved_.emplace_back(job.problem, array_->map(job.problem, layer_name(job), 1).front());
    return solved_.back().second;
  }

  [[nodiscard]] const std::string& layer_name(const ArrayJob& job) const {
    const auto found = std::find_if(
        trace_.layers.begin(), trace_.layers.end(), [&job](const traces::LayerEntry& layer) {
          return std::find(layer.weights.begin(), layer.weights.end(), job.weight) !=
                 layer.weights.end();
        });
    return found->name;
  }

  void map_all() {
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      while (!map_stage(s)) {
        evict_largest(s);
      }
    }
  }

  /// False if a job has no mapping in the room left by resident tensors.
  bool map_stage(std::size_t s) {
    Stage& stage = plan_.stages[s];
    if (stage.jobs.empty()) {
      return true;
    }
    const traces::LayerEntry& layer = trace_.layers[stage.layers[0]];
    const std::int64_t free = config_.glb_bits() - used_[s];
    for (ArrayJob& job : stage.jobs) {
      try {
        map_job(layer, job, free);
      } catch (const InputError&) {
        if (used_[s] == 0) {
          throw;
        }
        return false;
      }
    }
    return true;
  }

  /// A mapping of another kind of array says nothing about this one.
  [[nodiscard]] bool is_for_this_array(const traces::LayerEntry& layer) const {
    if (!layer.mapping) {
      return false;
    }
    if (!config::choice_named<config::ArrayKind>(layer.mapping->kind)) {
      constexpr auto& kKinds = config::ChoiceNames<config::ArrayKind>::names;
      throw InputError{
          {"layer '" + layer.name + "'", 0, 0},
          fmt::format("its mapping is for an array of kind '{}', which there is not{}",
                      layer.mapping->kind,
                      suggestion(layer.mapping->kind, {kKinds.begin(), kKinds.end()}))};
    }
    return layer.mapping->kind == array_->kind();
  }

  /// As the network asks, else modest where that fits beside a resident ifmap, else the best.
  void map_job(const traces::LayerEntry& layer, ArrayJob& job, std::int64_t free) {
    const bool in_glb = resident(job.input);
    job.problem = mapper_problem(job, config_, free, in_glb);
    if (is_for_this_array(layer)) {
      Mapping asked = *layer.mapping;
      if (layer.width_tile) {
        asked.letters.push_back({"width_tile", *layer.width_tile});
      }
      job.mapped = array_->evaluate(job.problem, asked, layer.name);
      return;
    }
    if (in_glb && config_.glb.allocation == config::AllocationUnit::line) {
      const MappedJob mapped = modest(job);
      if (psum_tile_bits(job, mapped) <= free) {
        job.problem = modest_problem(job);
        job.mapped = mapped;
        return;
      }
    }
    job.mapped = best(job);
  }

  void evict_largest(std::size_t s) {
    StoredTensor* largest = nullptr;
    for (auto& [name, tensor] : plan_.tensors) {
      const auto at = static_cast<std::int64_t>(s);
      if (tensor.in_glb && tensor.first_stage <= at && at <= tensor.last_stage &&
          (largest == nullptr || stored_bits(tensor) > stored_bits(*largest))) {
        largest = &tensor;
      }
    }
    ensure(largest != nullptr, "a full buffer holds a tensor");
    largest->in_glb = false;
    largest->reason +=
        fmt::format("; makes room for layer '{}'", trace_.layers[plan_.stages[s].layers[0]].name);
    occupy(*largest, -stored_bits(*largest));
    for (auto& [name, tensor] : plan_.tensors) {  // what lay over it now needs its own room
      if (tensor.in_glb && tensor.over == largest->name) {
        tensor.over.clear();
        used_[static_cast<std::size_t>(tensor.first_stage)] += stored_bits(tensor);
      }
    }
  }

  const traces::Trace& trace_;
  const config::AcceleratorConfig& config_;
  Plan& plan_;
  memory::GlbShape shape_;
  std::vector<std::int64_t> used_;     ///< bits of stored tensors, by stage
  std::vector<std::int64_t> reserve_;  ///< bits kept for the working set, by stage
  std::unique_ptr<pe::ArrayModel> array_;
  std::vector<std::pair<MappingProblem, MappedJob>> solved_, modest_;
};

/// Bits of the buffer a value of `bits` takes: its share of the whole lines of its group.
int width_in_lines(const config::AcceleratorConfig& config, int bits) {
  const auto lines =
      memory::lines_for(config.glb.line_values, bits, {config.glb.line_values, config.line_bits()});
  return static_cast<int>(lines) * config.machine_bits();
}

}  // namespace

dataflow::MappingProblem mapper_problem(const ArrayJob& job,
                                        const config::AcceleratorConfig& config,
                                        std::int64_t free_bits, bool ifmap_resident) {
  dataflow::MappingProblem problem;
  problem.layer = job.array_shape();
  problem.budget.bits = std::max<std::int64_t>(0, free_bits);
  problem.budget.bank_bits = config.glb.allocation == config::AllocationUnit::bank
                                 ? config.glb_bits() / config.glb.banks
                                 : 0;
  problem.budget.line_values = config.glb.line_values;
  problem.budget.ifmap_bits =
      width_in_lines(config, job.stored_bits > 0 ? job.stored_bits : job.activation_bits);
  problem.budget.psum_bits = width_in_lines(config, job.psum_bits);
  problem.budget.ifmap_resident = ifmap_resident;
  problem.objective = config.mapper.objective;
  // Prices relative to a 16-bit MAC: buffer 6, DRAM 200 (Chen, Emer, Sze, ISCA 2016, table IV);
  // a cycle of the whole array 224: 197 mW of clock at 200 MHz (AlexNet on the chip, docs/cost.md)
  // over 4.4 pJ a MAC (configs/technology/65nm/mac_pipe.csv).
  problem.weights = {.glb_ifmap = 6.0,
                     .glb_filter = 6.0,
                     .glb_psum = 6.0,
                     .dram_filter = 200.0,
                     .dram_ifmap = 200.0,
                     .per_cycle = 224.0};
  return problem;
}

void allocate_and_map(const traces::Trace& trace, const config::AcceleratorConfig& config,
                      Plan& plan) {
  Allocator{trace, config, plan}.run();
}

}  // namespace turnpike::accelerator
