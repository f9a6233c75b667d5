// Which tensors stay in the global buffer, and the mapping of every job in what room is left.

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "pe/array_kinds.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/mapping_choice.hpp"
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
  Allocator(const traces::Trace& trace, const config::AcceleratorConfig& config,
            const PlanningAids& aids, Plan& plan)
      : trace_{trace},
        config_{config},
        plan_{plan},
        shape_{glb_shape_of(config)},
        array_{pe::make_array_model(config)},
        chooser_{config, *array_, aids} {}

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

  /// Of the mappings that take at most kReserveSlack times the fewest cycles (by bounds) in an
  /// empty buffer, the one with the smallest psum tile: what is kept free for a layer, so that a
  /// wide tile does not drive out a feature map for next to nothing.
  [[nodiscard]] MappedJob modest(const ArrayJob& job) {
    MappingProblem problem = mapper_problem(job, config_, config_.glb_bits(), true);
    problem.objective = dataflow::Objective::cycles;
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
        map_job(layer, s, job, free);
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

  /// Bits of stored tensors without which the stage is none: what its jobs read and it writes, the
  /// highway's copies aside. The same with and without a highway.
  [[nodiscard]] std::int64_t own_bits(std::size_t s) const {
    std::int64_t bits = 0;
    for (const auto& [name, tensor] : plan_.tensors) {
      const auto& jobs = plan_.stages[s].jobs;
      const bool read = std::any_of(jobs.begin(), jobs.end(), [&](const ArrayJob& job) {
        return plan_.source(job.input) == &tensor;
      });
      const bool written =
          tensor.first_stage == static_cast<std::int64_t>(s) && (!tensor.highway || tensor.single);
      bits += tensor.in_glb && (read || written) ? stored_bits(tensor) : 0;
    }
    return bits;
  }

  [[nodiscard]] std::int64_t highway_bits(std::size_t s) const {
    const auto at = static_cast<std::int64_t>(s);
    std::int64_t bits = 0;
    for (const auto& [name, tensor] : plan_.tensors) {
      if (tensor.in_glb && tensor.highway && occupied_from(tensor) <= at &&
          at <= tensor.last_stage) {
        bits += stored_bits(tensor);
      }
    }
    return bits;
  }

  [[nodiscard]] JobToMap to_map(const ArrayJob& job, bool resident) const {
    const traces::TensorEntry& weight = trace_.tensor(job.weight);
    const StoredTensor* input = plan_.source(job.input);
    return {.job = job,
            .dram_weight_bits = weight.is_float() ? job.weight_bits : weight.bits,
            .dram_ifmap_bits = input == nullptr ? job.activation_bits : input->bits,
            .ifmap_resident = resident};
  }

  /// As the network asks; else the best beside what the stage itself keeps in the buffer, where
  /// that fits beside everything else, too: so a layer is mapped alike with and without highway;
  /// else the best in the room there is.
  void map_job(const traces::LayerEntry& layer, std::size_t s, ArrayJob& job, std::int64_t free) {
    const bool in_glb = resident(job.input);
    const JobToMap asked_for = to_map(job, in_glb);
    job.problem = mapper_problem(job, config_, free, in_glb);
    job.forced.clear();
    job.runners_up.clear();
    if (is_for_this_array(layer)) {
      Mapping asked = *layer.mapping;
      if (layer.width_tile) {
        asked.letters.push_back({"width_tile", *layer.width_tile});
      }
      job.mapped = array_->evaluate(job.problem, asked, layer.name);
      chooser_.weigh(asked_for, job.problem, job.mapped);
      return;
    }
    const std::int64_t plain = config_.glb_bits() - own_bits(s);
    const MappingProblem roomy = mapper_problem(job, config_, std::max(plain, free), in_glb);
    const std::vector<MappedJob>* ranked = &chooser_.choose(asked_for, roomy, layer_name(job));
    const dataflow::BufferNeed need =
        dataflow::buffer_need(ranked->front().ifmap_tile, ranked->front().psum_tile, roomy.budget);
    if (need.bits() <= free) {
      job.problem = roomy;
    } else {
      job.forced =
          fmt::format("{} bits short of {}{}", need.bits() - free, ranked->front().text,
                      need.bits() <= free + highway_bits(s) ? ", because of the highway" : "");
      ranked = &chooser_.choose(asked_for, job.problem, layer_name(job));
    }
    job.mapped = ranked->front();
    job.runners_up.assign(
        ranked->begin() + 1,
        ranked->begin() + static_cast<std::ptrdiff_t>(std::min(ranked->size(), std::size_t{4})));
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
  MappingChooser chooser_;
  std::vector<std::pair<MappingProblem, MappedJob>> modest_;
};

/// How values of `bits` lie in the machine's buffer.
dataflow::ValueGroup value_group(const config::AcceleratorConfig& config, int bits) {
  const memory::LineGroup group = memory::group_of(bits, line_of(config, config.line_bits()));
  return {group.values, group.lines * config.line_bits()};
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
  problem.budget.ifmap =
      value_group(config, job.stored_bits > 0 ? job.stored_bits : job.activation_bits);
  problem.budget.psum = value_group(config, job.psum_bits);
  problem.budget.ifmap_resident = ifmap_resident;
  problem.objective = config.mapper.objective;
  return problem;
}

void allocate_and_map(const traces::Trace& trace, const config::AcceleratorConfig& config,
                      const PlanningAids& aids, Plan& plan) {
  Allocator{trace, config, aids, plan}.run();
}

}  // namespace turnpike::accelerator
