#include "models/zero_setting.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "models/ops/ops.hpp"
#include "models/quantize.hpp"
#include "models/synthetic.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::TensorKind;

/// Tries of the bisection; what a double can tell apart is reached before.
constexpr int kTries = 40;
/// Difference of a share that is told.
constexpr double kTold = 0.01;

bool is_relu(const PostStep& step) {
  return step.kind == PostStep::Kind::relu;
}

bool has_relu(const LayerEntry& layer) {
  return std::any_of(layer.post.begin(), layer.post.end(), is_relu);
}

double zero_share(const traces::TensorView& codes) {
  const auto zeros = codes.data.visit([&](const auto& values) {
    return std::count_if(values.begin(), values.end(), [&](auto code) {
      return static_cast<double>(code) == codes.declared.zero_point;
    });
  });
  return static_cast<double>(zeros) / static_cast<double>(codes.data.size());
}

/// Tensors of a run, some of them other than they are.
class Tried : public TensorSource {
 public:
  Tried(const traces::Program& program, LayerOperands run) : program_{program}, run_{run} {}

  [[nodiscard]] bool has(const std::string& /*tensor*/) const override { return true; }
  [[nodiscard]] traces::TensorView view(const std::string& tensor) const override {
    const auto found = made_.find(tensor);
    return found == made_.end() ? run_.view(tensor)
                                : traces::TensorView{program_.tensor(tensor), found->second};
  }
  [[nodiscard]] Target target(const std::string& tensor) const override {
    return real_ && real_->name == tensor ? Target{.declared = *real_} : run_.target(tensor);
  }

  /// Real values of the layer before its ReLU.
  RealValues before_relu(LayerEntry layer) {
    layer.post.erase(std::find_if(layer.post.begin(), layer.post.end(), is_relu), layer.post.end());
    real_ = traces::TensorDeclaration{.name = layer.output, .kind = TensorKind::floating};
    const Tensor out = operation(layer.op).execute({layer, *this}).at(layer.output);
    real_.reset();
    return {out.converted<double>(), out.shape()};
  }
  void put(LayerOutputs outputs) {
    for (auto& [name, data] : outputs) {
      made_.insert_or_assign(name, std::move(data));
    }
  }

 private:
  const traces::Program& program_;
  LayerOperands run_;
  std::map<std::string, Tensor> made_;
  std::optional<traces::TensorDeclaration> real_;
};

}  // namespace

ZeroSetting::ZeroSetting(const traces::Program& program, const ZeroShares& shares)
    : shares_{shares} {
  for (const LayerEntry& layer : program.layers) {
    const auto wanted = shares.find(layer.name);
    if (wanted == shares.end() || !program.tensor(layer.inputs[0]).has_zero()) {
      continue;
    }
    Way way{.layers = {}, .codes = layer.inputs[0], .share = wanted->second};
    std::optional<std::size_t> at = program.producer(way.codes);
    while (at) {
      const LayerEntry& maker = program.layers[*at];
      way.layers.insert(way.layers.begin(), *at);
      if (has_relu(maker)) {
        ways_.emplace(*at, std::move(way));
        break;
      }
      const bool passes =
          maker.op == Op::quantize || maker.op == Op::maxpool || maker.op == Op::avgpool;
      at = passes ? program.producer(maker.inputs[0]) : std::nullopt;
    }
  }
}

void ZeroSetting::set_inputs(const traces::Program& program, std::uint64_t seed,
                             traces::Activations& inputs) const {
  for (const LayerEntry& layer : program.layers) {
    const auto wanted = shares_.find(layer.name);
    const std::string& name = layer.inputs[0];
    if (wanted == shares_.end() || program.producer(name) || !inputs.has(name) ||
        !program.tensor(name).has_zero()) {
      continue;
    }
    const traces::ProgramTensor& tensor = program.tensor(name);
    const TensorShape shape = inputs.at(name).shape();
    const std::vector<std::int32_t> codes =
        sparse_codes({.count = element_count(shape),
                      .zero_fraction = wanted->second,
                      .low = tensor.min_code(),
                      .high = tensor.max_code(),
                      .zero = static_cast<std::int64_t>(tensor.zero_point)},
                     tensor_seed(seed, name));
    inputs.put(name, smallest_integer_tensor(shape, codes, tensor.min_code(), tensor.max_code()));
  }
}

void ZeroSetting::before_layer(std::size_t index, traces::Program& program,
                               traces::Parameters& parameters, const Execution& execution) const {
  const auto found = ways_.find(index);
  if (found == ways_.end()) {
    return;
  }
  const Way& way = found->second;
  Tried tried{program, execution.operands(index)};
  const RealValues before = tried.before_relu(program.layers[index]);
  LayerEntry after = program.layers[index];
  after.post.erase(after.post.begin(), std::find_if(after.post.begin(), after.post.end(), is_relu));
  const auto share_with = [&](double bias) {
    RealValues moved = before;
    for (double& value : moved.values) {
      value += bias;
    }
    tried.put(finished({after, tried}, std::move(moved)));
    for (std::size_t i = 1; i < way.layers.size(); ++i) {
      const LayerEntry& next = program.layers[way.layers[i]];
      tried.put(operation(next.op).execute({next, tried}));
    }
    return zero_share(tried.view(way.codes));
  };
  const auto [least, most] = std::minmax_element(before.values.begin(), before.values.end());
  const traces::ProgramTensor& codes = program.tensor(way.codes);
  const double step = codes.scale[0];
  double all_zero = -*most;          // a bias at which everything is 0
  double none_zero = step - *least;  // and one at which nothing is
  for (int i = 0; i < kTries && none_zero - all_zero > 1e-9 * step; ++i) {
    const double middle = 0.5 * (all_zero + none_zero);
    (share_with(middle) > way.share ? all_zero : none_zero) = middle;
  }
  const double bias =
      std::abs(share_with(all_zero) - way.share) < std::abs(share_with(none_zero) - way.share)
          ? all_zero
          : none_zero;
  LayerEntry& layer = program.layers[index];
  const std::string name = layer.name + ".zeros.bias";
  traces::ProgramTensor parameter;
  parameter.name = name;
  parameter.kind = TensorKind::floating;
  program.add_tensor(std::move(parameter));
  parameters.put(name,
                 Tensor{{before.shape.at(1)},
                        std::vector<double>(static_cast<std::size_t>(before.shape.at(1)), bias)});
  layer.post.insert(std::find_if(layer.post.begin(), layer.post.end(), is_relu),
                    {.kind = PostStep::Kind::bias, .tensor = name});
}

std::vector<std::string> ZeroSetting::unmet(const traces::Program& program,
                                            const traces::Activations& activations) const {
  std::vector<std::string> notes;
  for (const LayerEntry& layer : program.layers) {
    const auto wanted = shares_.find(layer.name);
    if (wanted == shares_.end()) {
      continue;
    }
    const std::string& name = layer.inputs[0];
    const double share = zero_share({program.tensor(name), activations.at(name)});
    if (std::abs(share - wanted->second) > kTold) {
      notes.push_back(fmt::format(
          "layer '{}' reads {:.1f} % zeros, measured were {:.1f} %: no ReLU of its own makes '{}'",
          layer.name, 100.0 * share, 100.0 * wanted->second, name));
    }
  }
  return notes;
}

}  // namespace turnpike::models
