#include "models/import/npy_folder.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/import/network_builder.hpp"
#include "models/network.hpp"
#include "sim/base/files.hpp"
#include "traces/npy.hpp"

namespace turnpike::models {
namespace {

namespace fs = std::filesystem;

/// Bits before and behind the binary point of signed fixed-point numbers.
struct FixedPoint {
  int magnitude = 0;  ///< with the sign
  int fraction = 0;

  [[nodiscard]] int bits() const { return magnitude + fraction; }
};

struct FolderLayer {
  std::string name;
  traces::Op op = traces::Op::conv;
  int stride = 1;
  int pad = 0;
  SourceSpot spot;
  FixedPoint activation{14, 2};
  FixedPoint weight{1, 15};
};

std::vector<std::string> fields_of_line(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream in{line};
  for (std::string field; std::getline(in, field, separator);) {
    std::erase_if(field, [](unsigned char c) { return std::isspace(c) != 0; });
    fields.push_back(field);
  }
  return fields;
}

int number(const std::string& text, int low, int high, const SourceSpot& spot, const char* what) {
  constexpr std::size_t kMostDigits = 7;
  const bool negative = text.starts_with('-');
  const std::string digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > kMostDigits ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    throw FileError{spot, fmt::format("{} must be a whole number, not '{}'", what, text)};
  }
  const int value = (negative ? -1 : 1) * std::stoi(digits);
  if (value < low || value > high) {
    throw FileError{spot, fmt::format("{} is {}, outside {}..{}", what, value, low, high)};
  }
  return value;
}

std::vector<FolderLayer> read_model(const std::string& path) {
  std::vector<FolderLayer> layers;
  std::istringstream in{read_input(path)};
  SourceSpot spot{path, 0, 0};
  for (std::string line; std::getline(in, line);) {
    ++spot.line;
    const std::vector<std::string> fields = fields_of_line(line, ':');
    if (fields.empty() || (fields.size() == 1 && fields[0].empty())) {
      continue;
    }
    if (fields.size() != 4) {
      throw FileError{spot, fmt::format("a line is Name:Type:Stride:Padding, not '{}'", line)};
    }
    if (layers.empty() && (fields[1] == "Type" || fields[1] == "<Type>")) {
      continue;
    }
    FolderLayer layer;
    layer.name = fields[0];
    layer.spot = spot;
    if (layer.name.empty() || layer.name.find('/') != std::string::npos ||
        layer.name.find('\0') != std::string::npos) {
      throw FileError{spot, "the name of a layer is part of the name of a file"};
    }
    if (fields[1] != "conv" && fields[1] != "fc") {
      throw FileError{spot,
                      fmt::format("layers of type '{}' are not read; conv and fc are", fields[1])};
    }
    layer.op = fields[1] == "fc" ? traces::Op::fc : traces::Op::conv;
    layer.stride = number(fields[2], 1, 1 << 20, spot, "the stride");
    layer.pad = number(fields[3], 0, 1 << 20, spot, "the padding");
    if (std::any_of(layers.begin(), layers.end(),
                    [&](const FolderLayer& each) { return each.name == layer.name; })) {
      throw FileError{spot, fmt::format("layer '{}' is given twice", layer.name)};
    }
    layers.push_back(std::move(layer));
  }
  if (layers.empty()) {
    throw FileError{{.file = path}, "names no layer"};
  }
  return layers;
}

void read_precision(const std::string& path, std::vector<FolderLayer>& layers) {
  std::istringstream in{read_input(path)};
  SourceSpot spot{path, 1, 0};
  std::string line;
  std::getline(in, line);
  const std::array<std::pair<FixedPoint FolderLayer::*, int FixedPoint::*>, 4> order = {
      std::pair{&FolderLayer::activation, &FixedPoint::magnitude},
      std::pair{&FolderLayer::activation, &FixedPoint::fraction},
      std::pair{&FolderLayer::weight, &FixedPoint::magnitude},
      std::pair{&FolderLayer::weight, &FixedPoint::fraction}};
  for (const auto& [operand, part] : order) {
    ++spot.line;
    if (!std::getline(in, line)) {
      throw FileError{spot,
                      "is missing: behind the first line stand four, magnitude and fraction "
                      "of activations and of weights"};
    }
    std::vector<std::string> fields = fields_of_line(line, ';');
    if (!fields.empty() && fields.back().empty()) {
      fields.pop_back();
    }
    if (fields.size() != layers.size()) {
      throw FileError{spot,
                      fmt::format("has {} numbers for {} layers", fields.size(), layers.size())};
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layers[i].*operand.*part = number(fields[i], -64, 64, spot, "a number of bits");
    }
  }
  for (const FolderLayer& layer : layers) {
    for (const FixedPoint& each : {layer.activation, layer.weight}) {
      if (each.bits() < 1 || each.bits() > 16) {
        throw FileError{{.file = path},
                        fmt::format("layer '{}' has operands of {} bits, outside 1..16", layer.name,
                                    each.bits())};
      }
    }
  }
}

Tensor codes_of(const Tensor& values, FixedPoint format, const std::string& path) {
  const double step = std::ldexp(1.0, -format.fraction);
  const double high = std::ldexp(1.0, format.bits() - 1) - 1.0;
  const std::vector<double> reals = values.converted<double>();
  std::vector<std::int16_t> codes(reals.size());
  for (std::size_t i = 0; i < reals.size(); ++i) {
    if (!std::isfinite(reals[i])) {
      throw FileError{{.file = path}, fmt::format("element {} is {}", i, reals[i])};
    }
    codes[i] =
        static_cast<std::int16_t>(std::clamp(std::nearbyint(reals[i] / step), -high - 1.0, high));
  }
  return Tensor{values.shape(), std::move(codes)};
}

class Folder {
 public:
  Folder(std::string path, int batch) : path_{std::move(path)}, batch_{batch} {}

  traces::Trace read() && {
    std::vector<FolderLayer> layers = read_model(path_ + "/model.csv");
    std::error_code ignored;
    if (fs::exists(path_ + "/precision.txt", ignored)) {
      read_precision(path_ + "/precision.txt", layers);
    }
    program_.network = fs::path{path_}.lexically_normal().filename().string();
    if (program_.network.empty()) {
      program_.network = path_;
    }
    program_.framework = "NumPy arrays";
    for (const FolderLayer& layer : layers) {
      add(layer);
    }
    traces::Activations made = execute(program_, parameters_, std::move(inputs_), Keep::all);
    return traces::Trace{program_, std::move(parameters_), std::move(made)};
  }

 private:
  [[nodiscard]] std::string array_of(const std::string& kind, const std::string& name) const {
    const std::string base = fmt::format("{}/{}-{}", path_, kind, name);
    if (kind == "wgt") {
      return base + ".npy";
    }
    std::error_code ignored;
    const std::string numbered = fmt::format("{}-{}.npy", base, batch_);
    return fs::exists(numbered, ignored) || !fs::exists(base + ".npy", ignored) ? numbered
                                                                                : base + ".npy";
  }

  void declare(const std::string& name, int bits, double scale) {
    traces::ProgramTensor tensor;
    tensor.name = name;
    tensor.bits = bits;
    tensor.scale = {scale};
    tensor.is_signed = true;
    program_.add_tensor(std::move(tensor));
  }

  void add(const FolderLayer& from) {
    const std::string weights_file = array_of("wgt", from.name);
    const std::string input_file = array_of("act", from.name);
    Tensor weights = codes_of(traces::read_npy(weights_file), from.weight, weights_file);
    Tensor input = codes_of(traces::read_npy(input_file), from.activation, input_file);
    check(from, weights, weights_file, input, input_file);
    traces::LayerEntry entry;
    entry.name = unique_layer_name(from.name, names_);
    entry.op = from.op;
    entry.inputs = {entry.name + ".x"};
    entry.weights = {entry.name + ".w"};
    entry.output = entry.name;
    if (from.op == traces::Op::conv) {
      entry.stride = {from.stride, from.stride};
      entry.pad = {from.pad, from.pad, from.pad, from.pad};
      entry.groups = static_cast<int>(input.shape()[1] / weights.shape()[1]);
    } else if (input.shape().size() == 4) {
      input = Tensor{{input.shape()[0], input.size() / input.shape()[0]},
                     input.converted<std::int16_t>()};
    }
    declare(entry.inputs[0], from.activation.bits(), std::ldexp(1.0, -from.activation.fraction));
    declare(entry.weights[0], from.weight.bits(), std::ldexp(1.0, -from.weight.fraction));
    traces::ProgramTensor output;
    output.name = entry.output;
    output.kind = traces::TensorKind::floating;
    program_.add_tensor(std::move(output));
    inputs_.put(entry.inputs[0], std::move(input));
    parameters_.put(entry.weights[0], std::move(weights));
    program_.layers.push_back(std::move(entry));
  }

  void check(const FolderLayer& layer, const Tensor& weights, const std::string& weights_file,
             const Tensor& input, const std::string& input_file) {
    const bool conv = layer.op == traces::Op::conv;
    const TensorShape& w = weights.shape();
    const TensorShape& x = input.shape();
    const auto refuse = [](const std::string& file, const std::string& what) {
      throw FileError{{.file = file}, what};
    };
    if (weights.empty() || w.size() != (conv ? 4U : 2U)) {
      refuse(weights_file, fmt::format("is {}; the weights of a {} layer have {} axes",
                                       turnpike::to_string(w), conv ? "conv" : "fc", conv ? 4 : 2));
    }
    if (input.empty() || (x.size() != 4 && (conv || x.size() != 2))) {
      refuse(input_file,
             fmt::format("is {}; a {} layer reads {}", turnpike::to_string(x), conv ? "conv" : "fc",
                         conv ? "[images][channels][rows][columns]" : "[images][inputs]"));
    }
    if (program_.layers.empty()) {
      program_.batch = x[0];
    } else if (x[0] != program_.batch) {
      refuse(input_file, fmt::format("has {} images, those before {}", x[0], program_.batch));
    }
    if (!conv) {
      if (input.size() / x[0] != w[1]) {
        refuse(input_file, fmt::format("has {} values an image for {} inputs of {}",
                                       input.size() / x[0], w[1], weights_file));
      }
      return;
    }
    if (x[1] % w[1] != 0 || w[0] % (x[1] / w[1]) != 0) {
      refuse(weights_file,
             fmt::format("{} does not fit {} channels", turnpike::to_string(w), x[1]));
    }
    for (std::size_t i = 2; i < 4; ++i) {
      if (layer.pad >= w[i] || !window_count(x[i], 2 * layer.pad, w[i], layer.stride)) {
        throw FileError{layer.spot, fmt::format("a window of {} with padding {} does not fit {}",
                                                w[i], layer.pad, turnpike::to_string(x))};
      }
    }
  }

  std::string path_;
  int batch_;
  std::set<std::string> names_;
  traces::Program program_;
  traces::Parameters parameters_;
  traces::Activations inputs_;
};

}  // namespace

bool is_npy_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path + "/model.csv", ignored);
}

traces::Trace read_npy_folder(const std::string& path, int batch) {
  return Folder{path, batch}.read();
}

}  // namespace turnpike::models
