#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/trace_json.hpp"

namespace turnpike::traces {
namespace {

using Json = nlohmann::ordered_json;

std::string_view kind_name(TensorKind kind) {
  return kind == TensorKind::uniform   ? "uniform"
         : kind == TensorKind::midrise ? "midrise"
                                       : "float";
}

Json tensor_json(const TensorDeclaration& tensor) {
  Json json;
  json["bits"] = tensor.bits;
  if (tensor.axis) {
    json["scale"] = tensor.scale;
    json["axis"] = *tensor.axis;
  } else {
    json["scale"] = tensor.scale.at(0);
  }
  json["zero_point"] = tensor.zero_point;
  json["kind"] = kind_name(tensor.kind);
  if (!tensor.is_float() || tensor.is_signed) {
    json["signed"] = tensor.is_signed || tensor.kind == TensorKind::midrise;
  }
  if (tensor.highway) {
    json["highway"] = true;
  }
  return json;
}

Json post_json(const std::vector<PostStep>& post) {
  Json json = Json::array();
  for (const PostStep& step : post) {
    if (step.kind == PostStep::Kind::clip) {
      json.push_back({{"clip", {step.low, step.high}}});
      continue;
    }
    json.push_back(step.kind == PostStep::Kind::relu       ? "relu"
                   : step.kind == PostStep::Kind::quantize ? "quantize"
                                                           : step.tensor);
  }
  return json;
}

Json pair_json(const std::array<int, 2>& pair) {
  return pair[0] == pair[1] ? Json(pair[0]) : Json(pair);
}

Json pad_json(const Padding& pad) {
  if (pad == Padding{pad.top, pad.top, pad.top, pad.top}) {
    return pad.top;
  }
  return Json::array({pad.top, pad.left, pad.bottom, pad.right});
}

void add_window(const LayerEntry& layer, Json& json) {
  if (layer.kernel[0] != 0) {
    json["kernel"] = pair_json(layer.kernel);
  }
  if (format_of(layer.op).window == Window::weights || layer.kernel[0] != 0) {
    json["stride"] = pair_json(layer.stride);
    json["pad"] = pad_json(layer.pad);
  }
  if (layer.groups != 1) {
    json["groups"] = layer.groups;
  }
}

Json layer_json(const LayerEntry& layer) {
  Json json;
  json["name"] = layer.name;
  json["op"] = to_string(layer.op);
  json["inputs"] = layer.inputs;
  if (layer.weights.size() == 1) {
    json["weights"] = layer.weights.front();
  } else if (!layer.weights.empty()) {
    json["weights"] = layer.weights;
  }
  add_window(layer, json);
  if (const OpFormat& format = format_of(layer.op); format.write != nullptr) {
    format.write(layer, json);
  }
  if (!layer.post.empty()) {
    json["post"] = post_json(layer.post);
  }
  if (layer.requantize) {
    json["requantize"] = requantize_json(*layer.requantize);
  }
  if (layer.mapping) {
    json["mapping"] = {{"kind", layer.mapping->kind}};
    for (const Mapping::Letter& letter : layer.mapping->letters) {
      json["mapping"][letter.name] = letter.value;
    }
  }
  if (layer.width_tile) {
    json["width_tile"] = *layer.width_tile;
  }
  json["output"] = layer.output;
  return json;
}

}  // namespace

std::string trace_json(const Program& program, int indent) {
  Json json;
  json["format"] = kTraceFormat;
  json["version"] = kTraceVersion;
  json["network"] = program.network;
  if (!program.framework.empty()) {
    json["framework"] = program.framework;
  }
  if (!program.comment.empty()) {
    json["comment"] = program.comment;
  }
  for_each_field<Provenance>([&](const auto& field) {
    if (const auto value = fetch(field.place, program.source)) {
      json["source"][std::string{field.label.name}] = *value;
    }
  });
  json["layout"] = program.layout;
  json["batch"] = program.batch;
  json["highway"] = {{"enabled", program.highway.enabled}, {"bits", program.highway.bits}};
  json["tensors"] = Json::object();
  for (const ProgramTensor& tensor : program.tensors()) {
    json["tensors"][tensor.name] = tensor_json(tensor);
  }
  json["layers"] = Json::array();
  for (const LayerEntry& layer : program.layers) {
    json["layers"].push_back(layer_json(layer));
  }
  return json.dump(indent);
}

}  // namespace turnpike::traces
