// Runs an imported model that brings its own quantization on labelled images; prints top-1 and
// writes what its last layer made, for other programs to compare with.
//
//   import_run MODEL IMAGES.npz DIVIDE ROUNDING [OUTPUTS.npz [all]]
//
// Pixels are divided by DIVIDE; ROUNDING is once or twice (TensorFlow Lite's requantization).
// With "all" every tensor of the first batch is written.

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/import/import_model.hpp"
#include "models/metrics.hpp"
#include "models/stated_lowering.hpp"
#include "traces/npz.hpp"

namespace {

using namespace turnpike;

/// Images [first, first + count) as [N][C][rows][columns].
std::vector<float> input_of(const Tensor& x, std::int64_t first, std::int64_t count, float divide) {
  const TensorShape& shape = x.shape();
  const std::int64_t channels = shape.size() == 4 ? shape[3] : 1;
  const std::int64_t area = shape[1] * shape[2];
  std::vector<float> out;
  for (std::int64_t n = first; n < first + count; ++n) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t i = 0; i < area; ++i) {
        out.push_back(static_cast<float>(x.at((n * area + i) * channels + c)) / divide);
      }
    }
  }
  return out;
}

int run(const std::vector<std::string>& args) {
  const traces::NpzFile file = traces::NpzFile::open(args[1]);
  const Tensor x = file.tensor("x");
  const std::vector<std::int64_t> labels = file.tensor("y").converted<std::int64_t>();
  const float divide = std::stof(args[2]);
  const auto rounding =
      args[3] == "once" ? traces::Requantize::Rounding::once : traces::Requantize::Rounding::twice;
  constexpr std::int64_t kBatch = 100;
  models::ImportedNetwork imported = models::import_network(args[0], {.batch = kBatch});
  models::Network& network = imported.network;
  network.set_input(input_of(x, 0, kBatch, divide));
  const models::StatedProgram stated = models::lower_stated(network, rounding);
  const std::string output = stated.program.layers.back().output;
  std::vector<double> logits;
  traces::NamedTensors written;
  const auto images = static_cast<std::int64_t>(labels.size()) / kBatch * kBatch;
  for (std::int64_t first = 0; first < images; first += kBatch) {
    network.set_input(input_of(x, first, kBatch, divide));
    traces::Activations made =
        models::execute(stated.program, stated.parameters, models::stated_inputs(stated, network),
                        models::Keep::all);
    const std::vector<double> values = made.at(output).converted<double>();
    logits.insert(logits.end(), values.begin(), values.end());
    if (first == 0 && args.size() > 5) {
      for (const traces::LayerEntry& layer : stated.program.layers) {
        written.emplace_back(layer.output, made.at(layer.output));
      }
    }
  }
  const Tensor all{{images, static_cast<std::int64_t>(logits.size()) / images}, logits};
  const std::vector<std::int64_t> used(labels.begin(), labels.begin() + images);
  std::cout << fmt::format("{} images, top-1 {:.2f} %\n", images,
                           100.0 * models::top1_accuracy(all, used));
  if (args.size() > 4) {
    written.emplace_back("logits", all);
    traces::write_npz(args[4], written);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() < 4) {
      std::cerr << "usage: import_run MODEL IMAGES.npz DIVIDE once|twice [OUTPUTS.npz [all]]\n";
      return 2;
    }
    return run(args);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 3;
  }
}
