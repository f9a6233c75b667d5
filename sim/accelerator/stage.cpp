#include "sim/accelerator/stage.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/accelerator/post/post_op.hpp"
#include "sim/accelerator/trace_widths.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::TensorEntry;
using traces::Trace;

/// Layers the post-processing unit can do while it reads psums out.
bool fusable(Op op) {
  const post::PostOp* post = post::post_op(op);
  return post != nullptr && post->on_psums;
}

int operand_bits(const TensorEntry& tensor) {
  return tensor.is_float() ? kFloatOperandBits : tensor.bits;
}

int ceil_log2(std::int64_t value) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < value) {
    ++bits;
  }
  return bits;
}

LayerShape shape_of(const Trace& trace, const LayerEntry& layer) {
  LayerShape s;
  const TensorShape& in = trace.tensor(layer.inputs[0]).data.shape();
  const TensorShape& w = trace.tensor(layer.weights[0]).data.shape();
  s.N = in[0];
  if (layer.op == Op::fc) {
    // A convolution as large as its ifmap; a flat input is a 1 x 1 map.
    s.C = in.size() == 4 ? in[1] : element_count(in) / in[0];
    s.H = s.R = in.size() == 4 ? in[2] : 1;
    s.W = s.S = in.size() == 4 ? in[3] : 1;
    s.M = w[0];
    return s;
  }
  s.G = layer.groups;
  s.M = w[0] / s.G;
  s.C = w[1];
  s.R = w[2];
  s.S = w[3];
  s.H = in[2] + layer.pad.top + layer.pad.bottom;
  s.W = in[3] + layer.pad.left + layer.pad.right;
  s.U = layer.stride[0];
  s.V = layer.stride[1];
  return s;
}

/// Widths a job runs at: the machine's, 16 bit in native16 layers, slices of the machine's if
/// composed. InputError if the operands are wider than that allows.
void set_widths(const Trace& trace, const LayerEntry& layer,
                const config::AcceleratorConfig& config, bool first_or_last, ArrayJob& job) {
  const TensorEntry& input = trace.tensor(job.input);
  const TensorEntry& weight = trace.tensor(job.weight);
  const int a = operand_bits(input);
  const int w = operand_bits(weight);
  job.floating = input.is_float() || weight.is_float();
  job.midrise = weight.kind == traces::TensorKind::midrise;
  job.weight_bits = config.precision.weight;
  job.activation_bits = config.precision.activation;
  const bool wider = a > job.activation_bits || w > job.weight_bits;
  if (first_or_last && config.layers.first_last == config::FirstLast::native16) {
    job.weight_bits = job.activation_bits = 16;
  } else if (wider &&
             (job.floating ||
              (first_or_last && (config.layers.first_last == config::FirstLast::composed ||
                                 config.layers.first_last == config::FirstLast::composed8)))) {
    if (job.floating) {
      job.weight_bits = job.activation_bits = kFloatOperandBits;
    } else {
      job.slices = ((a + job.activation_bits - 1) / job.activation_bits) *
                   ((w + job.weight_bits - 1) / job.weight_bits);
    }
  } else if (wider) {
    throw InputError{
        {"layer '" + layer.name + "'", 0, 0},
        fmt::format("its {} x {}-bit operands (weight x activation) do not fit a machine of {} x "
                    "{} bit; build it wider (precision) or choose layers.first_last",
                    w, a, job.weight_bits, job.activation_bits)};
  }
  const std::int64_t terms = job.shape.C * job.shape.R * job.shape.S;
  switch (config.psum.cost_bits.rule) {
    case config::PsumCost::Rule::fixed:
      job.psum_bits = config.psum.cost_bits.bits;
      break;
    case config::PsumCost::Rule::scaled:
      job.psum_bits = std::max(job.weight_bits, job.activation_bits);
      break;
    case config::PsumCost::Rule::overflow_free:
      job.psum_bits =
          job.weight_bits + job.activation_bits + ceil_log2(terms) + (job.midrise ? 1 : 0);
      break;
  }
}

}  // namespace

bool runs_on_array(Op op) {
  return traces::format_of(op).weights > 0;
}

const StoredTensor* Plan::stored(const std::string& tensor) const {
  const auto found = tensors.find(tensor);
  return found == tensors.end() ? nullptr : &found->second;
}

const StoredTensor* Plan::source(const std::string& tensor) const {
  const auto found = quantized_on_read.find(tensor);
  return stored(found == quantized_on_read.end() ? tensor : found->second);
}

LayerShape ArrayJob::array_shape() const {
  LayerShape layer = shape;
  layer.C *= slices;
  return layer;
}

/// Element-wise layers join the stage that is being built if one of their inputs is made there.
/// Where an add's other operand comes from a later array layer (a projection shortcut), the array
/// layer whose psums the add works on is moved behind that one, so that its sum is never stored.
std::vector<Stage> group_layers(const Trace& trace) {
  std::vector<Stage> stages;
  const auto makes = [&trace](const Stage& stage, const std::string& tensor) {
    return std::any_of(stage.layers.begin(), stage.layers.end(),
                       [&](std::size_t i) { return trace.layers[i].output == tensor; });
  };
  const auto reads_from = [&](const Stage& reader, const Stage& writer) {
    return std::any_of(reader.layers.begin(), reader.layers.end(), [&](std::size_t i) {
      const auto& inputs = trace.layers[i].inputs;
      return std::any_of(inputs.begin(), inputs.end(),
                         [&](const std::string& input) { return makes(writer, input); });
    });
  };
  for (std::size_t i = 0; i < trace.layers.size(); ++i) {
    const LayerEntry& layer = trace.layers[i];
    ensure(runs_on_array(layer.op) || post::post_op(layer.op) != nullptr,
           "a layer runs on the array or in the post-processing unit");
    if (fusable(layer.op) && stages.size() >= 2 && layer.op == Op::add &&
        trace.tensor(layer.inputs[0]).is_float() && !trace.tensor(layer.inputs[0]).highway &&
        trace.consumers(layer.inputs[0]).size() == 1) {
      Stage& before = stages[stages.size() - 2];
      if (makes(before, layer.inputs[0]) && before.has_array &&
          !reads_from(stages.back(), before)) {
        std::swap(before, stages.back());
      }
    }
    const bool joins =
        fusable(layer.op) && !stages.empty() &&
        std::any_of(layer.inputs.begin(), layer.inputs.end(),
                    [&](const std::string& input) { return makes(stages.back(), input); });
    if (joins) {
      stages.back().layers.push_back(i);
    } else {
      stages.push_back({{i}, runs_on_array(layer.op), {}});
    }
  }
  return stages;
}

void make_jobs(const Trace& trace, const config::AcceleratorConfig& config, Plan& plan) {
  for (Stage& stage : plan.stages) {
    if (!stage.has_array) {
      continue;
    }
    const std::size_t index = stage.layers[0];
    const LayerEntry& layer = trace.layers[index];
    const bool edge = plan.first_last.contains(layer.name);
    if (edge && config.layers.first_last == config::FirstLast::excluded) {
      plan.excluded.push_back(index);
      stage.has_array = false;
      continue;
    }
    if (layer.op == Op::conv || layer.op == Op::fc) {
      ArrayJob job;
      job.shape = shape_of(trace, layer);
      job.input = layer.inputs[0];
      job.weight = layer.weights[0];
      set_widths(trace, layer, config, edge, job);
      stage.jobs.push_back(job);
      continue;
    }
    for (std::int64_t step = 0; step < layer.recurrent->steps; ++step) {
      for (std::size_t operand = 0; operand < 2; ++operand) {
        ArrayJob job;
        job.input = layer.inputs[operand];
        job.weight = layer.weights[operand];
        job.step = step;
        const TensorShape& w = trace.tensor(job.weight).data.shape();
        job.shape.C = w[0];
        job.shape.M = w[1];
        set_widths(trace, layer, config, false, job);
        stage.jobs.push_back(job);
      }
    }
  }
}

Plan make_plan(const Trace& trace, const config::AcceleratorConfig& config,
               const PlanningAids& aids) {
  return make_plan(trace, config, first_and_last(trace), aids);
}

Plan make_plan(const Trace& trace, const config::AcceleratorConfig& config,
               std::set<std::string> first_last, const PlanningAids& aids) {
  Plan plan;
  plan.first_last = std::move(first_last);
  plan.stages = group_layers(trace);
  make_jobs(trace, config, plan);
  find_stored_tensors(trace, config, plan);
  allocate_and_map(trace, config, aids, plan);
  return plan;
}

}  // namespace turnpike::accelerator
