#include "models/model_info.hpp"

#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/highway.hpp"
#include "models/lowering.hpp"
#include "models/stated_lowering.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models {
namespace {

std::vector<HighwayInfo> highway_of(const Network& network, const QuantizeOptions& options) {
  std::vector<HighwayInfo> found;
  if (!options.highway || network.is_stated()) {
    return found;
  }
  QuantizedGraph graph = lower(network, options);
  apply_highway(graph, options.highway_bits, options.highway_edges);
  for (const traces::ProgramTensor& tensor : graph.program.tensors()) {
    if (!tensor.highway) {
      continue;
    }
    HighwayInfo info{
        .tensor = tensor.name, .written_by = {}, .read_by = {}, .values = 0, .bits = tensor.bits};
    const std::string& value = graph.plans.at(tensor.name).value;
    // A cell state, "<layer>.cell", has the shape of its layer's output.
    const bool named = value == Network::kInput || network.has_layer(value);
    info.values =
        element_count(network.shape_of(named ? value : value.substr(0, value.rfind('.'))));
    for (const traces::LayerEntry& layer : graph.program.layers) {
      if (layer.output == tensor.name ||
          (layer.recurrent && layer.recurrent->cell == tensor.name)) {
        info.written_by = layer.name;
      }
    }
    for (const std::size_t reader : graph.program.consumers(tensor.name)) {
      info.read_by.push_back(graph.program.layers[reader].name);
    }
    found.push_back(std::move(info));
  }
  return found;
}

}  // namespace

ModelInfo model_info(const Network& network, const QuantizeOptions& options) {
  check_options(network, options);
  ModelInfo info;
  info.name = network.name();
  info.batch = network.batch();
  info.input = network.input_shape();
  for (const Layer& layer : network.layers()) {
    LayerInfo row{.name = layer.name,
                  .op = layer.op,
                  .input = layer.input_shape,
                  .output = layer.output_shape,
                  .parameters = layer.weight_count() + layer.recurrent_weight_count(),
                  .macs = layer.macs()};
    if (layer.is_array()) {
      const LayerBits bits =
          network.is_stated() ? stated_bits(network, layer) : layer_bits(network, layer, options);
      row.weight_bits = bits.weight;
      row.activation_bits = bits.activation;
      info.macs_by_bits[{bits.weight, bits.activation}] += row.macs;
    }
    info.macs += row.macs;
    info.parameters += row.parameters;
    info.layers.push_back(std::move(row));
  }
  info.highway = highway_of(network, options);
  return info;
}

namespace {

/// "64x56x56".
std::string extents(const TensorShape& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

}  // namespace

std::string to_text(const ModelInfo& info) {
  std::string text = fmt::format("{}: input {}, batch {}, {} MACs per inference, {} weights\n\n",
                                 printable(info.name), to_string(info.input), info.batch, info.macs,
                                 info.parameters);
  auto out = std::back_inserter(text);
  constexpr const char* kRow = "{:<20} {:<8} {:<11} {:<11} {:>5} {:>9} {:>10}\n";  // 80 columns
  fmt::format_to(out, kRow, "layer", "op", "input", "output", "bits", "weights", "MACs");
  std::vector<std::string> names;
  for (const LayerInfo& row : info.layers) {
    names.push_back(row.name);
  }
  names = shortened(names, 20);
  for (const LayerInfo& row : info.layers) {
    const std::string bits =
        row.weight_bits == 0 ? "" : fmt::format("{}x{}", row.weight_bits, row.activation_bits);
    fmt::format_to(out, kRow, names[static_cast<std::size_t>(&row - info.layers.data())],
                   to_string(row.op), extents(row.input), extents(row.output), bits, row.parameters,
                   row.macs);
  }
  fmt::format_to(out, "\nMACs by weight x activation bits\n");
  for (const auto& [bits, macs] : info.macs_by_bits) {
    fmt::format_to(
        out, "  {:>2} x {:<2} {:>16} {:6.2f} %\n", bits.first, bits.second, macs,
        info.macs == 0 ? 0.0 : 100.0 * static_cast<double>(macs) / static_cast<double>(info.macs));
  }
  fmt::format_to(out, "\nTensors on the precision highway\n");
  if (info.highway.empty()) {
    fmt::format_to(out,
                   "  none: the highway is off, no wider than the codes, or the network has no "
                   "skip edge and no recurrent state\n");
  }
  for (const HighwayInfo& edge : info.highway) {
    fmt::format_to(
        out, "  {:<22} {:>2} bits {:>10} values, written by {}, read by {}\n", edge.tensor,
        edge.bits, edge.values, edge.written_by,
        edge.read_by.empty() ? "the next step" : fmt::format("{}", fmt::join(edge.read_by, ", ")));
  }
  return text;
}

}  // namespace turnpike::models
