// lstm and gru: matrix-vector products per time step, then element-wise gates.

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/json_map.hpp"
#include "traces/ops/layer_check.hpp"

namespace turnpike::traces::ops {
namespace {

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();

void check_gate_order(const LayerCheck& layer) {
  const std::string& order = layer.entry().recurrent->gate_order;
  const std::string_view wanted = format_of(layer.entry().op).gates;
  bool good = order.size() == wanted.size() &&
              std::is_permutation(order.begin(), order.end(), wanted.begin());
  for (std::size_t i = 1; good && i < order.size(); i += 2) {
    good = order[i] == ',';
  }
  if (!good) {
    layer.fail(fmt::format("gate_order '{}' is no permutation of '{}'", order, wanted));
  }
}

void check_extents(const LayerCheck& layer, std::int64_t gates) {
  const Recurrent& cell = *layer.entry().recurrent;
  const ProgramTensor& input = layer.input();
  layer.expect_rank(input, 2, "[steps, inputs]");
  layer.expect_shape(input, {cell.steps, input.shape[1]}, "[steps, inputs]");
  layer.expect_shape(layer.input(1), {cell.steps, cell.hidden},
                     "[steps, hidden], h of the step before");
  layer.expect_shape(layer.weights(0), {input.shape[1], gates}, "[inputs, gates * hidden]");
  layer.expect_shape(layer.weights(1), {cell.hidden, gates}, "[hidden, gates * hidden]");
  layer.expect_shape(layer.output(), {cell.steps, cell.hidden}, "[steps, hidden]");
  const auto expect_optional = [&layer](const std::string& name, const TensorShape& wanted,
                                        std::string_view why) {
    if (!name.empty()) {
      layer.expect_shape(layer.tensor(name), wanted, why);
    }
  };
  expect_optional(cell.bias, {gates}, "[gates * hidden]");
  expect_optional(cell.recurrent_bias, {gates}, "[gates * hidden]");
  expect_optional(cell.preact, {cell.steps, gates}, "[steps, gates * hidden]");
  const bool apart = !cell.candidate.empty();
  expect_optional(cell.gates, {cell.steps, apart ? gates - cell.hidden : gates},
                  apart ? "[steps, gates * hidden], without those of the candidate"
                        : "[steps, gates * hidden]");
  expect_optional(cell.candidate, {cell.steps, cell.hidden}, "[steps, hidden]");
  expect_optional(cell.cell_tanh, {cell.steps, cell.hidden}, "[steps, hidden]");
  expect_optional(cell.cell, {cell.steps, cell.hidden}, "[steps, hidden]");
}

}  // namespace

void check_recurrent(const LayerCheck& layer) {
  const OpFormat& format = format_of(layer.entry().op);
  if (layer.program().layout != "TC") {
    layer.fail(fmt::format("op {} needs layout TC, not {}", format.name, layer.program().layout));
  }
  check_gate_order(layer);
  const Recurrent& cell = *layer.entry().recurrent;
  check_extents(layer, format.gate_count() * cell.hidden);
  for (const std::string& name : {cell.bias, cell.recurrent_bias, cell.preact}) {
    if (!name.empty() && !layer.tensor(name).is_float()) {
      layer.fail(fmt::format("tensor '{}' must be of kind float", name));
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    layer.check_product({.input = layer.input(i),
                         .weights = layer.weights(i),
                         .terms = layer.weights(i).shape[0],
                         .channel_axis = 1,
                         .padded = false});
  }
}

/// Wx [inputs][gates * H] and Wh [H][gates * H], once a step.
std::int64_t macs_of_recurrent(const TensorShape& output, const std::vector<TensorShape>& weights) {
  return output.at(0) * (weights.at(0).at(0) + weights.at(1).at(0)) * weights.at(0).at(1);
}

void read_recurrent(JsonMap& keys, LayerEntry& layer) {
  Recurrent cell;
  cell.bias = keys.opt_string("bias").value_or("");
  cell.gate_order = keys.get_string("gate_order");
  cell.hidden = keys.get_int("hidden", 1, kMaxCount);
  cell.steps = keys.get_int("steps", 1, kMaxCount);
  cell.preact = keys.opt_string("preact").value_or("");
  cell.gates = keys.opt_string("gates").value_or("");
  cell.candidate = keys.opt_string("candidate").value_or("");
  if (layer.op == Op::gru) {
    cell.recurrent_bias = keys.opt_string("recurrent_bias").value_or("");
  } else {
    cell.cell = keys.opt_string("cell").value_or("");
    cell.cell_tanh = keys.opt_string("cell_tanh").value_or("");
    const std::string of = keys.opt_string("tanh_of").value_or("stored");
    if (of != "stored" && of != "computed") {
      keys.fail(fmt::format("'tanh_of' is '{}', but must be stored or computed", of));
    }
    cell.tanh_of_computed = of == "computed";
  }
  cell.highway = keys.opt_bool("highway").value_or(false);
  layer.recurrent = cell;
}

void write_recurrent(const LayerEntry& layer, nlohmann::ordered_json& json) {
  const Recurrent& cell = *layer.recurrent;
  const auto add_name = [&json](const char* key, const std::string& name) {
    if (!name.empty()) {
      json[key] = name;
    }
  };
  add_name("bias", cell.bias);
  add_name("recurrent_bias", cell.recurrent_bias);
  json["gate_order"] = cell.gate_order;
  json["hidden"] = cell.hidden;
  json["steps"] = cell.steps;
  add_name("preact", cell.preact);
  add_name("gates", cell.gates);
  add_name("cell", cell.cell);
  add_name("candidate", cell.candidate);
  add_name("cell_tanh", cell.cell_tanh);
  if (cell.tanh_of_computed) {
    json["tanh_of"] = "computed";
  }
  json["highway"] = cell.highway;
}

}  // namespace turnpike::traces::ops
