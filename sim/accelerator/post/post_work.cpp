#include "sim/accelerator/post/post_work.hpp"

#include <algorithm>

#include "sim/accelerator/buffer_access.hpp"
#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/post/recurrent.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::PostStep;
using traces::TensorEntry;
using traces::Trace;

constexpr int kGateBits = 16;  ///< products and gates of recurrent layers

/// Width a value inside the unit is worked on at.
int working_bits(const TensorEntry& tensor, const config::AcceleratorConfig& config) {
  return tensor.is_float() ? (tensor.highway ? 32 : 16)
                           : std::max(tensor.bits, config.machine_bits());
}

/// The unit a post step goes through. Scale and bias are the requantizer's.
Item unit_of(PostStep::Kind step) {
  return step == PostStep::Kind::relu || step == PostStep::Kind::clip             ? Item{"relu"}
         : step == PostStep::Kind::quantize || step == PostStep::Kind::thresholds ? Item{"quantize"}
                                                                                  : Item{"requant"};
}

/// Walks the layers of a stage and adds up what they are to the unit.
class Counter {
 public:
  Counter(const Trace& trace, const config::AcceleratorConfig& config, const Plan& plan,
          std::size_t stage)
      : trace_{trace},
        config_{config},
        plan_{plan},
        stage_{plan.stages[stage]},
        at_{static_cast<std::int64_t>(stage)} {}

  PostWork run() {
    for (const std::size_t index : stage_.layers) {
      const LayerEntry& layer = trace_.layers[index];
      const post::PostOp* op = post::post_op(layer.op);
      if (op != nullptr) {
        operate(layer, *op);
        read_inputs(layer, *op);
      } else if (stage_.has_array) {
        read_out(layer);
      }
      write_output(layer.output, repeated_writes(layer, op));
      if (layer.recurrent && stage_.has_array) {
        write_output(layer.recurrent->cell, 0);
      }
    }
    count_lanes();
    return std::move(work_);
  }

 private:
  void add(const post::Operations& operations, int bits) {
    if (operations.values > 0) {
      work_.counts[{Component::post, Action::compute, operations.stream, operations.unit, bits, 0,
                    0, false}] += operations.values;
    }
  }

  void access(const BufferAccess& what) {
    (what.item == "psum" ? work_.lines.psum : work_.lines.maps) +=
        count_buffer(config_, what, work_.counts, work_.buffer_bits);
  }

  [[nodiscard]] std::uint64_t size_of(const std::string& tensor) const {
    return unsigned_of(trace_.tensor(tensor).data.size());
  }

  /// Psums of the stage's array jobs: one read-out a psum, a requantization each.
  void read_out(const LayerEntry& layer) {
    for (const ArrayJob& job : stage_.jobs) {
      const std::uint64_t psums = unsigned_of(job.shape.ofmap_values());
      access({.item = "psum",
              .action = Action::read,
              .values = psums,
              .bits = job.psum_bits,
              .low_bits = job.psum_bits,
              .line_bits = line_bits_of(config_, std::max(job.weight_bits, job.activation_bits))});
      work_.values += psums;
    }
    const int bits = std::max(stage_.jobs[0].weight_bits, stage_.jobs[0].activation_bits);
    add({"requant", work_.values}, bits);
    for (const PostStep& step : layer.post) {
      if (unit_of(step.kind) == Item{"relu"}) {
        add({"relu", work_.values}, bits);
      }
    }
    if (layer.recurrent) {
      recurrent(layer);
    }
  }

  /// Gates of all steps; c is read and written at its stored width.
  void recurrent(const LayerEntry& layer) {
    const traces::Recurrent& r = *layer.recurrent;
    const TensorEntry& state = trace_.tensor(r.cell.empty() ? layer.output : r.cell);
    // Products are as wide as their widest stored operand; integer gates have a sign bit of their
    // own.
    const TensorEntry* gate = r.gates.empty() ? nullptr : &trace_.tensor(r.gates);
    const int gate_bits = gate == nullptr || gate->is_float() ? 0 : gate->bits;
    const int state_bits = std::max(working_bits(state, config_), gate_bits);
    for (const post::GateWork& work : post::gate_work(layer)) {
      add(work.operations, work.of_state ? state_bits : kGateBits);
    }
    const bool highway = state.highway && trace_.highway.enabled;
    const int stored = state.is_float() ? (highway ? trace_.highway.bits : 16) : state.bits;
    const int low = highway ? std::min(stored, config_.precision.activation) : stored;
    for (const Action action : {Action::read, Action::write}) {
      access({.item = "skip",
              .action = action,
              .values = unsigned_of(r.hidden * r.steps),
              .bits = stored,
              .low_bits = low,
              .line_bits = config_.line_bits()});
    }
  }

  void operate(const LayerEntry& layer, const post::PostOp& op) {
    const std::uint64_t outputs = size_of(layer.output);
    const int bits = working_bits(trace_.tensor(layer.output), config_);
    for (const post::Operations& operations :
         op.operations({trace_, plan_, layer, size_of(layer.inputs[0]), outputs})) {
      add(operations, bits);
    }
    for (const PostStep& step : layer.post) {
      add({unit_of(step.kind), outputs}, bits);
    }
  }

  /// Inputs that do not come out of this stage are read from the buffer (from DRAM through it).
  void read_inputs(const LayerEntry& layer, const post::PostOp& op) {
    for (const std::string& input : layer.inputs) {
      const StoredTensor* stored = plan_.source(input);
      if (stored == nullptr || stored->first_stage == at_) {
        continue;
      }
      const std::uint64_t values = unsigned_of(stored->values);
      access({.item = op.takes_skip ? Item{"skip"} : Item{"ifmap"},
              .action = Action::read,
              .values = values,
              .bits = stored->bits,
              .low_bits = stored->low_bits,
              .line_bits = config_.line_bits()});
      if (stored->name != input) {
        add({"quantize", values, Stream::highway}, stored->bits);
      }
    }
  }

  /// Values written in addition to the map itself, of a layer that makes its rows of several rows
  /// of psums as they are read out.
  [[nodiscard]] std::uint64_t repeated_writes(const LayerEntry& layer,
                                              const post::PostOp* op) const {
    const StoredTensor* stored = final_store(layer);
    if (op == nullptr || op->writes == nullptr || !stage_.has_array || stored == nullptr) {
      return 0;
    }
    return unsigned_of(stored->values) * (op->writes(layer) - 1);
  }

  /// The stored tensor a map ends in: itself, or what a quantize of this stage makes of it.
  [[nodiscard]] const StoredTensor* final_store(const LayerEntry& layer) const {
    if (const StoredTensor* own = plan_.stored(layer.output)) {
      return own;
    }
    for (const std::size_t reader : trace_.consumers(layer.output)) {
      if (const StoredTensor* made = plan_.stored(trace_.layers[reader].output)) {
        return made;
      }
    }
    return nullptr;
  }

  /// A tensor that goes to DRAM leaves the unit without a write to the buffer, as the chip's ofmaps
  /// do; one that comes from there is filled in by a transfer, which the fetch counts. The second
  /// copy of a highway tensor is written for the highway alone.
  void write_output(const std::string& tensor, std::uint64_t repeated) {
    const StoredTensor* stored = plan_.stored(tensor);
    if (stored == nullptr || stored->first_stage != at_) {
      return;
    }
    BufferAccess map{.item = "ofmap",
                     .action = Action::write,
                     .values = unsigned_of(stored->values),
                     .bits = stored->bits,
                     .low_bits = stored->low_bits,
                     .line_bits = config_.line_bits()};
    if (stored->in_glb) {
      map.low_bits = stored->second ? 0 : stored->low_bits;
      access(map);
    }
    map.low_bits = stored->low_bits;
    map.values = repeated;
    for (const Action action : {Action::write, Action::read}) {
      map.action = action;
      access(map);
    }
  }

  void count_lanes() {
    for (const std::size_t index : stage_.layers) {
      const LayerEntry& layer = trace_.layers[index];
      if (stage_.jobs.empty()) {
        work_.values = std::max({work_.values, size_of(layer.inputs[0]), size_of(layer.output)});
      }
    }
  }

  const Trace& trace_;
  const config::AcceleratorConfig& config_;
  const Plan& plan_;
  const Stage& stage_;
  std::int64_t at_;
  PostWork work_;
};

}  // namespace

PostWork post_work(const Trace& trace, const config::AcceleratorConfig& config, const Plan& plan,
                   std::size_t stage) {
  return Counter{trace, config, plan, stage}.run();
}

Cycles post_clocks(const config::AcceleratorConfig& config, std::uint64_t values) {
  const auto rate = static_cast<std::uint64_t>(config.post.values_per_clock);
  return Cycles{(values + rate - 1) / rate};
}

}  // namespace turnpike::accelerator
