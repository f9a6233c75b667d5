#include "models/zoo.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/branch_gain.hpp"
#include "models/network_size.hpp"
#include "models/ops/ops.hpp"
#include "models/synthetic.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

struct ConvSpec {
  std::int64_t filters = 0;
  int kernel = 1;
  int stride = 1;
  int pad = 0;
  int groups = 1;
  bool relu = true;
};

std::string conv(Network& net, const std::string& name, const std::string& input,
                 const ConvSpec& spec) {
  Layer layer;
  layer.name = name;
  layer.op = traces::Op::conv;
  layer.inputs = {input};
  layer.filters = spec.filters;
  layer.kernel = {spec.kernel, spec.kernel};
  layer.stride = {spec.stride, spec.stride};
  layer.pad = {spec.pad, spec.pad, spec.pad, spec.pad};
  layer.groups = spec.groups;
  layer.relu = spec.relu;
  return net.add(std::move(layer));
}

std::string pool(Network& net, traces::Op op, const std::string& name, const std::string& input,
                 const ConvSpec& window) {
  Layer layer;
  layer.name = name;
  layer.op = op;
  layer.inputs = {input};
  layer.kernel = {window.kernel, window.kernel};
  layer.stride = {window.stride, window.stride};
  layer.pad = {window.pad, window.pad, window.pad, window.pad};
  return net.add(std::move(layer));
}

std::string global_pool(Network& net, const std::string& input) {
  return pool(net, traces::Op::avgpool, "avgpool", input, {.kernel = 0});
}

std::string fc(Network& net, const std::string& name, const std::string& input,
               std::int64_t outputs, bool relu) {
  Layer layer;
  layer.name = name;
  layer.op = traces::Op::fc;
  layer.inputs = {input};
  layer.filters = outputs;
  layer.relu = relu;
  return net.add(std::move(layer));
}

/// The end of a residual block: `main` + skip, then ReLU.
std::string residual_add(Network& net, const std::string& name, const std::string& main,
                         const std::string& skip, const std::pair<int, int>& stride_and_pad) {
  Layer layer;
  layer.name = name;
  layer.op = traces::Op::add;
  layer.inputs = {main, skip};
  layer.skip_stride = stride_and_pad.first;
  layer.channel_pad = stride_and_pad.second;
  layer.relu = true;
  return net.add(std::move(layer));
}

/// He et al. 2016, figure 5 left: two 3x3 convolutions.
std::string basic_block(Network& net, const std::string& name, const std::string& input,
                        std::int64_t filters, int stride) {
  const bool projected = net.shape_of(input)[0] != filters || stride != 1;
  std::string skip = input;
  if (projected) {
    skip = conv(net, name + ".downsample", input,
                {.filters = filters, .kernel = 1, .stride = stride, .relu = false});
  }
  std::string main = conv(net, name + ".conv1", input,
                          {.filters = filters, .kernel = 3, .stride = stride, .pad = 1});
  main =
      conv(net, name + ".conv2", main, {.filters = filters, .kernel = 3, .pad = 1, .relu = false});
  return residual_add(net, name + ".add", main, skip, {1, 0});
}

/// He et al. 2016, figure 5 right, with the stride in the 3x3 as torchvision has it ("v1.5").
std::string bottleneck(Network& net, const std::string& name, const std::string& input,
                       std::int64_t width, int stride) {
  const std::int64_t filters = 4 * width;
  std::string skip = input;
  if (net.shape_of(input)[0] != filters || stride != 1) {
    skip = conv(net, name + ".downsample", input,
                {.filters = filters, .kernel = 1, .stride = stride, .relu = false});
  }
  std::string main = conv(net, name + ".conv1", input, {.filters = width});
  main =
      conv(net, name + ".conv2", main, {.filters = width, .kernel = 3, .stride = stride, .pad = 1});
  main = conv(net, name + ".conv3", main, {.filters = filters, .relu = false});
  return residual_add(net, name + ".add", main, skip, {1, 0});
}

using Block = std::string (*)(Network&, const std::string&, const std::string&, std::int64_t, int);

Network imagenet_resnet(const std::string& name, std::int64_t batch, Block block,
                        const std::array<int, 4>& depths) {
  Network net{name, {3, 224, 224}, batch};
  std::string x = conv(net, "conv1", "input", {.filters = 64, .kernel = 7, .stride = 2, .pad = 3});
  x = pool(net, traces::Op::maxpool, "maxpool", x, {.kernel = 3, .stride = 2, .pad = 1});
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    for (int i = 0; i < depths[stage]; ++i) {
      const int stride = stage > 0 && i == 0 ? 2 : 1;
      x = block(net, fmt::format("layer{}.{}", stage + 1, i), x, std::int64_t{64} << stage, stride);
    }
  }
  fc(net, "fc", global_pool(net, x), 1000, false);
  return net;
}

/// He et al. 2016, section 4.2, with parameter-free shortcuts (option A).
Network resnet20(std::int64_t batch) {
  Network net{"resnet20", {3, 32, 32}, batch};
  std::string x = conv(net, "conv1", "input", {.filters = 16, .kernel = 3, .pad = 1});
  for (int stage = 0; stage < 3; ++stage) {
    const std::int64_t filters = std::int64_t{16} << stage;
    for (int i = 0; i < 3; ++i) {
      const std::string name = fmt::format("layer{}.{}", stage + 1, i);
      const int stride = stage > 0 && i == 0 ? 2 : 1;
      std::string main = conv(net, name + ".conv1", x,
                              {.filters = filters, .kernel = 3, .stride = stride, .pad = 1});
      main = conv(net, name + ".conv2", main,
                  {.filters = filters, .kernel = 3, .pad = 1, .relu = false});
      const int channel_pad = static_cast<int>(filters - net.shape_of(x)[0]) / 2;
      x = residual_add(net, name + ".add", main, x, {stride, channel_pad});
    }
  }
  fc(net, "fc", global_pool(net, x), 10, false);
  return net;
}

Network alexnet(std::int64_t batch) {
  Network net{"alexnet", {3, 227, 227}, batch};
  const auto pooled = [&](const std::string& name, const std::string& input) {
    return pool(net, traces::Op::maxpool, name, input, {.kernel = 3, .stride = 2});
  };
  std::string x = conv(net, "conv1", "input", {.filters = 96, .kernel = 11, .stride = 4});
  x = pooled("pool1", x);
  x = conv(net, "conv2", x, {.filters = 256, .kernel = 5, .pad = 2, .groups = 2});
  x = pooled("pool2", x);
  x = conv(net, "conv3", x, {.filters = 384, .kernel = 3, .pad = 1});
  x = conv(net, "conv4", x, {.filters = 384, .kernel = 3, .pad = 1, .groups = 2});
  x = conv(net, "conv5", x, {.filters = 256, .kernel = 3, .pad = 1, .groups = 2});
  x = pooled("pool5", x);
  x = fc(net, "fc6", x, 4096, true);
  x = fc(net, "fc7", x, 4096, true);
  fc(net, "fc8", x, 1000, false);
  return net;
}

Network vgg16(std::int64_t batch) {
  Network net{"vgg16", {3, 224, 224}, batch};
  constexpr std::array<std::pair<int, int>, 5> kStages = {
      {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}};  // filters, convolutions
  std::string x = "input";
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    for (int i = 1; i <= kStages[stage].second; ++i) {
      x = conv(net, fmt::format("conv{}_{}", stage + 1, i), x,
               {.filters = kStages[stage].first, .kernel = 3, .pad = 1});
    }
    x = pool(net, traces::Op::maxpool, fmt::format("pool{}", stage + 1), x,
             {.kernel = 2, .stride = 2});
  }
  x = fc(net, "fc6", x, 4096, true);
  x = fc(net, "fc7", x, 4096, true);
  fc(net, "fc8", x, 1000, false);
  return net;
}

/// The recurrent layer of the paper's table 6: 300 inputs, 300 cells.
Network lstm300(std::int64_t batch) {
  Network net{"lstm300", {1, 300}, batch};
  Layer layer;
  layer.name = "lstm";
  layer.op = traces::Op::lstm;
  layer.inputs = {"input"};
  layer.filters = 300;
  net.add(std::move(layer));
  return net;
}

const std::vector<std::pair<std::string, std::function<Network(std::int64_t)>>>& zoo() {
  static const std::vector<std::pair<std::string, std::function<Network(std::int64_t)>>> nets = {
      {"resnet18",
       [](std::int64_t n) {
         return imagenet_resnet("resnet18", n, basic_block, {2, 2, 2, 2});
       }},
      {"resnet50",
       [](std::int64_t n) {
         return imagenet_resnet("resnet50", n, bottleneck, {3, 4, 6, 3});
       }},
      {"resnet20", resnet20},
      {"alexnet", alexnet},
      {"vgg16", vgg16},
      {"lstm300", lstm300}};
  return nets;
}

/// The nearest name; all of them where it is another member of a family that was asked for, such as
/// resnet34 beside resnet18.
std::string zoo_hint(const std::string& bare) {
  const auto family = [](const std::string& name) {
    return name.substr(0, name.find_first_of("0123456789"));
  };
  const std::vector<std::string> known = zoo_names();
  const bool relative = std::any_of(known.begin(), known.end(), [&](const std::string& name) {
    return family(name) == family(bare);
  });
  return relative ? fmt::format("; known: {}; a network of your own is a network .yaml or a trace",
                                fmt::join(known, ", "))
                  : suggestion(bare, known);
}

}  // namespace

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : zoo()) {
    names.push_back(name);
  }
  return names;
}

Network zoo_shapes(const std::string& name, std::int64_t batch) {
  const std::string bare = name.starts_with("zoo:") ? name.substr(4) : name;
  if (batch < 1) {
    throw InputError{{.file = name}, fmt::format("batch is {}, but must be at least 1", batch)};
  }
  for (const auto& [known, make] : zoo()) {
    if (known == bare) {
      return make(batch);
    }
  }
  throw InputError{{.file = name},
                   fmt::format("the zoo has no network '{}'{}", bare, zoo_hint(bare))};
}

Network make_zoo(const std::string& name, std::uint64_t seed, std::int64_t batch) {
  Network net = zoo_shapes(name, batch);
  net.seed = seed;
  fill_synthetic(net);
  return net;
}

void fill_synthetic(Network& network) {
  const auto seed = [&](const std::string& tensor) { return tensor_seed(network.seed, tensor); };
  check_memory(network);
  const std::map<std::string, double> gains = branch_gains(network);
  for (const Layer& shape : network.layers()) {
    Layer& layer = network.layer(shape.name);
    const Operation& known = operation(layer.op);
    const auto gain = gains.find(layer.name);
    const double mean_abs =
        std::sqrt(1.0 / static_cast<double>(std::max<std::int64_t>(layer.fan_in(), 1))) *
        (gain == gains.end() ? 1.0 : gain->second);
    if (layer.is_array() && layer.weights.empty()) {
      layer.weights = laplace_values(layer.weight_count(), mean_abs, seed(layer.name + ".w"));
    }
    if (layer.is_recurrent() && layer.recurrent_weights.empty()) {
      layer.recurrent_weights =
          laplace_values(layer.recurrent_weight_count(), mean_abs, seed(layer.name + ".wh"));
    }
    if (layer.scale.empty() && known.has_scale) {
      layer.scale.assign(static_cast<std::size_t>(layer.output_channels()), 1.0F);
    }
    if (layer.bias.empty() && known.has_bias) {
      layer.bias = uniform_values(layer.output_channels(), -0.1, 0.1, seed(layer.name + ".bias"));
    }
  }
  set_synthetic_input(network);
}

void set_synthetic_input(Network& network) {
  if (network.input().empty()) {
    const double bound = network.is_recurrent() ? 1.0 : 2.0;
    const std::int64_t count = network.batch() * element_count(network.input_shape());
    network.set_input(uniform_values(count, -bound, bound, tensor_seed(network.seed, "input")));
  }
}

}  // namespace turnpike::models
