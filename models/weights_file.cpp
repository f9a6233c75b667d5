#include "models/weights_file.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/language_task.hpp"
#include "models/weights/weights_archive.hpp"

namespace turnpike::models {
namespace {

constexpr double kBatchNormEps = 1e-5;  // PyTorch's default
constexpr std::size_t kNamesShown = 6;

/// The order of axes that turns `shape` into `wanted`, as numpy's transpose takes it; empty if
/// there is none.
std::vector<std::size_t> transposition(const TensorShape& shape, const TensorShape& wanted) {
  std::vector<std::size_t> order(shape.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (shape.size() != wanted.size()) {
    return {};
  }
  // TensorFlow's order of a kernel, [rows, columns, in, out], is tried first.
  if (shape.size() == 4) {
    order = {3, 2, 0, 1};
  }
  const auto fits = [&](const std::vector<std::size_t>& axes) {
    for (std::size_t i = 0; i < axes.size(); ++i) {
      if (shape[axes[i]] != wanted[i]) {
        return false;
      }
    }
    return true;
  };
  if (fits(order)) {
    return order;
  }
  std::sort(order.begin(), order.end());
  do {
    if (fits(order)) {
      return order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return {};
}

class WeightsLoader {
 public:
  explicit WeightsLoader(const std::string& path) : file_{WeightsArchive::open(path)} {}

  void load(Layer& layer) {
    if (layer.is_recurrent()) {
      recurrent_ = true;
      const std::int64_t columns = layer.gates() * layer.filters;
      layer.weights = read("Wx", layer.weight_shapes().at(0));
      layer.recurrent_weights = read("Wh", layer.weight_shapes().at(1));
      layer.bias = read("b", {columns});
      layer.gate_order = layer.op == traces::Op::lstm ? "f,g,i,o" : layer.gate_order;
      load_learned(layer);
      return;
    }
    const std::string prefix = weight_prefix(layer);
    layer.weights = read(prefix + ".weight", layer.weight_shapes().at(0));
    layer.scale.clear();
    layer.bias.clear();
    layer.norm.reset();
    if (file_->has(prefix + ".bias")) {
      layer.bias = read(prefix + ".bias", {layer.output_channels()});
    }
    load_learned(layer);
    const auto norm = batch_norm(layer.name);
    if (norm) {
      fold(*norm, layer);
    } else if (layer.bias.empty() && layer.op == traces::Op::conv) {
      bare_.push_back(layer.name);
    }
  }

  /// What the file has that nobody took, and layers that took little.
  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    if (!bare_.empty()) {
      notes.push_back(fmt::format("{}: neither bias nor batch norm for {}; {} run{} without",
                                  file_->path(), names(bare_), bare_.size() == 1 ? "it" : "they",
                                  bare_.size() == 1 ? "s" : ""));
    }
    std::vector<std::string> left;
    for (const std::string& name : file_->names()) {
      if (!taken_.contains(name) && !name.ends_with(".num_batches_tracked") &&
          !(recurrent_ && is_word_table(name))) {
        left.push_back(name);
      }
    }
    if (!left.empty()) {
      notes.push_back(fmt::format("{}: no layer takes {}", file_->path(), names(left)));
    }
    return notes;
  }

 private:
  [[nodiscard]] std::string weight_prefix(const Layer& layer) const {
    std::vector<std::string> prefixes = {layer.name, layer.name + ".0"};
    if (layer.op == traces::Op::fc) {
      prefixes.emplace_back("linear");
    }
    for (const std::string& prefix : prefixes) {
      if (file_->has(prefix + ".weight")) {
        return prefix;
      }
    }
    throw FileError{{.file = file_->path()},
                    fmt::format("layer '{}' needs member '{}.weight', which is not there",
                                layer.name, layer.name)};
  }

  [[noreturn]] void fail(const std::string& name, const std::string& what) const {
    throw FileError{{.file = file_->path()}, fmt::format("member '{}' {}", name, what)};
  }

  static std::string names(const std::vector<std::string>& all) {
    const auto shown = static_cast<std::ptrdiff_t>(std::min(all.size(), kNamesShown));
    const std::size_t more = all.size() - static_cast<std::size_t>(shown);
    return fmt::format("{}{}", fmt::join(all.begin(), all.begin() + shown, ", "),
                       more > 0 ? fmt::format(" and {} more", more) : "");
  }

  [[nodiscard]] std::vector<float> read(const std::string& name, const TensorShape& wanted) {
    taken_.insert(name);
    if (const TensorShape shape = file_->shape(name); shape != wanted) {
      const auto order = transposition(shape, wanted);
      fail(name, fmt::format("of shape {} should be {}{}", to_string(shape), to_string(wanted),
                             order.empty() ? ""
                                           : fmt::format("; it seems to be transposed: write "
                                                         "it with .transpose({})",
                                                         fmt::join(order, ", "))));
    }
    const Tensor tensor = file_->tensor(name);
    std::vector<float> values = tensor.converted<float>();
    const auto wrong = std::find_if(values.begin(), values.end(),
                                    [](float value) { return !std::isfinite(value); });
    if (wrong != values.end()) {
      const auto index = wrong - values.begin();
      fail(name, fmt::format("has the value {} at index {}, no finite number of float32",
                             tensor.at(index), index));
    }
    return values;
  }

  /// A positive number, where one of the names has it; 0 is what training has not touched.
  [[nodiscard]] std::optional<double> learned(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (file_->has(name)) {
        taken_.insert(name);
        if (element_count(file_->shape(name)) != 1) {
          fail(name,
               fmt::format("of shape {} should be one number", to_string(file_->shape(name))));
        }
        const double value = file_->tensor(name).at(0);
        if (!std::isfinite(value) || value < 0.0) {
          fail(name, fmt::format("has the value {}, but a range is above 0", value));
        }
        return value > 0.0 ? std::optional{value} : std::nullopt;
      }
    }
    return std::nullopt;
  }

  void load_learned(Layer& layer) {
    const std::string& name = layer.name;
    std::vector<std::string> clips = {name + ".clip", name + ".alpha"};
    const std::string block = name.substr(0, name.rfind('.') + 1);
    if (name.ends_with(".conv1")) {
      clips.push_back(block + "ain.alpha");
    } else if (name.ends_with(".conv2")) {
      clips.push_back(block + "amid.alpha");
    }
    layer.learned = {.clip = learned(clips),
                     .weight_step = learned({name + ".weight_step"}),
                     .step = learned({name + ".step"}),
                     .cell_clip = learned({name + ".cell_clip"})};
  }

  /// Prefix of the batch norm behind a convolution.
  [[nodiscard]] std::optional<std::string> batch_norm(const std::string& layer) const {
    std::vector<std::string> prefixes = {layer + ".1"};
    if (const std::size_t at = layer.rfind("conv"); at != std::string::npos) {
      prefixes.push_back(std::string{layer}.replace(at, 4, "bn"));
    }
    for (const std::string& prefix : prefixes) {
      for (const char* member : {".running_var", ".running_mean"}) {
        if (file_->has(prefix + member)) {
          return prefix;  // the other members must be there, too
        }
      }
    }
    return std::nullopt;
  }

  void fold(const std::string& norm, Layer& layer) {
    const TensorShape channels{layer.output_channels()};
    const auto gain = read(norm + ".weight", channels);
    const auto shift = read(norm + ".bias", channels);
    const auto mean = read(norm + ".running_mean", channels);
    const auto variance = read(norm + ".running_var", channels);
    std::vector<float> bias(gain.size());
    layer.scale.resize(gain.size());
    for (std::size_t c = 0; c < gain.size(); ++c) {
      if (variance[c] < 0.0F) {
        fail(norm + ".running_var",
             fmt::format("has the value {} at index {}, but no variance is negative", variance[c],
                         c));
      }
      const double scale = static_cast<double>(gain[c]) /
                           std::sqrt(static_cast<double>(variance[c]) + kBatchNormEps);
      const double before = layer.bias.empty() ? 0.0 : static_cast<double>(layer.bias[c]);
      layer.scale[c] = static_cast<float>(scale);
      bias[c] = static_cast<float>(static_cast<double>(shift[c]) +
                                   (before - static_cast<double>(mean[c])) * scale);
    }
    layer.bias = std::move(bias);
    layer.norm = {.gain = gain, .shift = shift, .eps = kBatchNormEps};
  }

  std::unique_ptr<WeightsArchive> file_;
  std::set<std::string> taken_;
  bool recurrent_ = false;         ///< there is a recurrent layer
  std::vector<std::string> bare_;  ///< convolutions without bias and batch norm
};

}  // namespace

std::vector<std::string> load_weights(Network& network, const std::string& path) {
  if (path.ends_with(".onnx") || path.ends_with(".tflite") || path.ends_with(".h5")) {
    throw FileError{
        {.file = path},
        "is no .npz, .safetensors or PyTorch checkpoint; docs/weights.md says how to make "
        "one"};
  }
  WeightsLoader loader{path};
  for (const Layer& layer : network.layers()) {
    if (layer.is_array()) {
      loader.load(network.layer(layer.name));
    }
  }
  return loader.notes();
}

}  // namespace turnpike::models
