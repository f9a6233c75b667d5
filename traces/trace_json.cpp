#include "traces/trace_json.hpp"

#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/text.hpp"
#include "traces/json_map.hpp"

namespace turnpike::traces {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMaxExtent = 65535;  // of a stride, kernel or pad
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();

int narrow(std::int64_t value) {
  return static_cast<int>(value);
}

TensorKind parse_kind(JsonMap& map) {
  const std::string kind = map.get_string("kind");
  if (kind == "uniform") {
    return TensorKind::uniform;
  }
  if (kind == "midrise") {
    return TensorKind::midrise;
  }
  if (kind != "float") {
    map.fail(fmt::format("unknown kind '{}'{}", kind,
                         suggestion(kind, {"uniform", "midrise", "float"})));
  }
  return TensorKind::floating;
}

void parse_scale(JsonMap& map, TensorDeclaration& tensor) {
  if (tensor.is_float() && !map.has("scale")) {
    return;
  }
  const bool list = map.get_value("scale").is_array();
  tensor.scale = map.get_doubles("scale");
  for (const double scale : tensor.scale) {
    if (!(scale > 0.0)) {
      map.fail(fmt::format("scale {} is not positive", scale));
    }
  }
  if (const auto axis = map.opt_int("axis", 0, kMaxExtent)) {
    tensor.axis = narrow(*axis);
  }
  if (list != tensor.axis.has_value()) {
    map.fail(list ? "a list of scales needs 'axis', the axis they run along"
                  : "'axis' is given, but 'scale' is no list");
  }
}

void parse_zero_point(JsonMap& map, TensorDeclaration& tensor) {
  if (!tensor.is_float() || map.has("zero_point")) {
    tensor.zero_point = map.get_double("zero_point");
  }
  if (tensor.kind == TensorKind::midrise && tensor.zero_point != -0.5) {
    map.fail(fmt::format("kind midrise has zero_point -0.5, not {}", tensor.zero_point));
  }
}

ProgramTensor parse_tensor(const std::string& name, const Json& json, const SourceSpot& spot) {
  JsonMap map{json, spot, fmt::format("tensor '{}'", name)};
  ProgramTensor tensor;
  tensor.name = name;
  tensor.kind = parse_kind(map);
  tensor.bits = narrow(map.get_int("bits", 1, kFloatBits));
  parse_scale(map, tensor);
  parse_zero_point(map, tensor);
  const bool midrise = tensor.kind == TensorKind::midrise;
  const auto is_signed = map.opt_bool("signed");
  if (midrise && is_signed == false) {
    map.fail("kind midrise is signed");
  }
  tensor.is_signed = is_signed.value_or(midrise);
  tensor.highway = map.opt_bool("highway").value_or(false);
  map.ignore("mean_abs");
  map.finish();
  if (tensor.is_float() && (tensor.bits != kFloatBits || tensor.scale != std::vector{1.0} ||
                            tensor.axis.has_value() || tensor.zero_point != 0.0)) {
    map.fail("kind float holds real values: bits 32, scale 1 and zero_point 0 are all it can have");
  }
  return tensor;
}

/// {"clip": [low, high]}
PostStep parse_clip(const Json& json, const SourceSpot& spot, const std::string& layer) {
  JsonMap map{json, spot, fmt::format("a post step of layer '{}'", layer)};
  const std::vector<double> bounds = map.get_doubles("clip");
  map.finish();
  if (bounds.size() != 2 || !(bounds[0] <= bounds[1])) {
    map.fail("'clip' is [low, high], low not above high");
  }
  return {PostStep::Kind::clip, "", bounds[0], bounds[1]};
}

PostStep parse_post_step(const std::string& step, const JsonMap& map) {
  if (step == "relu") {
    return {PostStep::Kind::relu, ""};
  }
  if (step == "quantize") {
    return {PostStep::Kind::quantize, ""};
  }
  if (step.ends_with(".scale")) {
    return {PostStep::Kind::scale, step};
  }
  if (step.ends_with(".bias")) {
    return {PostStep::Kind::bias, step};
  }
  if (step.ends_with(".thresholds")) {
    return {PostStep::Kind::thresholds, step};
  }
  map.fail(
      fmt::format("post step '{}' is neither relu, quantize, clip, nor the name of a tensor ending "
                  "in .scale, .bias or .thresholds",
                  step));
}

void parse_post(JsonMap& map, const SourceSpot& spot, LayerEntry& layer) {
  const Json* const steps = map.opt_value("post");
  if (steps == nullptr) {
    return;
  }
  if (!steps->is_array()) {
    map.fail("'post' must be a list of steps");
  }
  for (const Json& step : *steps) {
    if (step.is_string()) {
      layer.post.push_back(parse_post_step(step.get<std::string>(), map));
    } else if (step.is_object()) {
      layer.post.push_back(parse_clip(step, spot, layer.name));
    } else {
      map.fail("'post' must be a list of names and {\"clip\": [low, high]}");
    }
  }
}

std::array<int, 2> pair_of(const std::vector<std::int64_t>& numbers) {
  return {narrow(numbers.front()), narrow(numbers.back())};
}

/// kernel, stride, pad, groups. The last three may be given anywhere with the values that mean
/// nothing, since exporters write them for every layer.
void parse_window(JsonMap& map, LayerEntry& layer) {
  const OpFormat& format = format_of(layer.op);
  const bool conv = format.window == Window::weights;
  if (format.window == Window::kernel) {
    if (const auto kernel = map.opt_ints("kernel", {2}, 1, kMaxExtent)) {
      layer.kernel = pair_of(*kernel);
      layer.stride = layer.kernel;
    }
  }
  const bool windowed = conv || layer.kernel[0] != 0;
  if (const auto stride = map.opt_ints("stride", {2}, 1, kMaxExtent)) {
    layer.stride = pair_of(*stride);
  }
  if (const auto pad = map.opt_ints("pad", {2, 4}, 0, kMaxExtent)) {
    const std::vector<std::int64_t>& p = *pad;
    const std::size_t last = p.size() - 1;  // [rows, columns] pad both ends alike
    layer.pad = {narrow(p[0]), narrow(p[last == 3 ? 1 : last]), narrow(p[last == 3 ? 2 : 0]),
                 narrow(p[last])};
  }
  if (!windowed && (layer.stride != std::array{1, 1} || layer.pad != Padding{})) {
    map.fail(fmt::format("stride and pad mean nothing in op {} without a window", format.name));
  }
  layer.groups = narrow(map.opt_int("groups", 1, kMaxCount).value_or(1));
  if (!conv && layer.groups != 1) {
    map.fail(fmt::format("groups mean nothing in op {}", format.name));
  }
}

void parse_mapping(JsonMap& map, LayerEntry& layer) {
  if (format_of(layer.op).weights == 0) {
    return;
  }
  if (std::optional<JsonMap> m = map.opt_map("mapping")) {
    Mapping mapping;
    mapping.kind = m->opt_string("kind").value_or(mapping.kind);
    for (const std::string& letter : Mapping::letters_among(mapping.kind, m->keys())) {
      mapping.letters.push_back({letter, m->get_int(letter, 1, kMaxCount)});
    }
    m->finish();
    layer.mapping = std::move(mapping);
  }
  if (format_of(layer.op).window == Window::weights) {
    layer.width_tile = map.opt_int("width_tile", 1, kMaxCount);
  }
}

Op parse_op(JsonMap& map) {
  const std::string name = map.get_string("op");
  Op op = Op::conv;
  if (!from_string(name, op)) {
    std::vector<std::string> known;
    for (const OpFormat& each : kOps) {
      known.emplace_back(each.name);
    }
    map.fail(fmt::format("unknown op '{}'{}", name, suggestion(name, known)));
  }
  return op;
}

LayerEntry parse_layer(const Json& json, std::size_t index, const SourceSpot& spot) {
  LayerEntry layer;
  layer.name = JsonMap{json, spot, fmt::format("layer {} (from 0)", index)}.get_string("name");
  JsonMap map{json, spot, fmt::format("layer '{}'", layer.name)};
  map.ignore("name");
  layer.op = parse_op(map);
  const OpFormat& format = format_of(layer.op);
  layer.inputs = map.get_strings("inputs");
  layer.output = map.get_string("output");
  if (format.weights > 0) {
    layer.weights = map.get_strings("weights", format.weights == 1);
  }
  parse_window(map, layer);
  parse_post(map, spot, layer);
  if (std::optional<JsonMap> requantize = map.opt_map("requantize")) {
    layer.requantize = parse_requantize(*requantize);
  }
  if (format.read != nullptr) {
    format.read(map, layer);
  }
  parse_mapping(map, layer);
  map.finish();
  return layer;
}

Provenance parse_source(JsonMap map) {
  Provenance source;
  for_each_field<Provenance>([&](const auto& field) {
    const std::string key{field.label.name};
    const auto value = map.opt_string(key);
    if (value && value->empty()) {
      map.fail(fmt::format("'{}' is empty; leave out what is not known", key));
    }
    field.place.store(source, value);
  });
  map.finish();
  if (!source.date.empty() && !is_date(source.date)) {
    map.fail(
        fmt::format("'date' is '{}'; expected YYYY-MM-DD, perhaps with T and a time", source.date));
  }
  return source;
}

HighwayEntry parse_highway(const Json& json, const SourceSpot& spot) {
  JsonMap map{json, spot, "highway"};
  HighwayEntry highway;
  const auto enabled = map.opt_bool("enabled");
  if (!enabled) {
    map.fail("lacks the required key 'enabled'");
  }
  highway.enabled = *enabled;
  if (highway.enabled || map.has("bits")) {
    highway.bits = narrow(map.get_int("bits", 4, kFloatBits));
  }
  map.ignore("bits");
  map.finish();
  return highway;
}

void clear_highway_flags(Program& program) {
  for (const ProgramTensor& tensor : program.tensors()) {
    program.tensor(tensor.name).highway = false;
  }
  for (LayerEntry& layer : program.layers) {
    if (layer.skip) {
      layer.skip->highway = false;
    }
    if (layer.recurrent) {
      layer.recurrent->highway = false;
    }
  }
}

void parse_identity(JsonMap& map) {
  const std::string format = map.get_string("format");
  if (format != kTraceFormat) {
    map.fail(fmt::format("'format' is '{}', not '{}'", format, kTraceFormat));
  }
  const std::int64_t version = map.get_int("version", INT64_MIN, INT64_MAX);
  if (version != kTraceVersion) {
    map.fail(fmt::format(
        "version {} is unknown; this program reads version {}{}", version, kTraceVersion,
        version > kTraceVersion ? "; a newer one wrote the trace, and reads it" : ""));
  }
}

void parse_layers(const Json& json, Program& program, const SourceSpot& spot, const JsonMap& map) {
  if (!json.is_array() || json.empty()) {
    map.fail("'layers' must be a list with at least one layer");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < json.size(); ++i) {
    program.layers.push_back(parse_layer(json[i], i, spot));
    if (!names.insert(program.layers.back().name).second) {
      map.fail(fmt::format("two layers are named '{}'", program.layers.back().name));
    }
  }
}

}  // namespace

Program parse_trace_json(std::string_view text, const SourceSpot& spot) {
  const Json json = parse_json(text, spot, "trace JSON");
  JsonMap map{json, spot, "trace JSON"};
  parse_identity(map);
  Program program;
  program.network = map.get_string("network");
  program.framework = map.opt_string("framework").value_or("");
  program.comment = map.opt_string("comment").value_or("");
  if (const Json* source = map.opt_value("source")) {
    program.source = parse_source({*source, spot, "source"});
  }
  program.layout = map.get_string("layout");
  if (program.layout != "NCHW" && program.layout != "TC") {
    map.fail(fmt::format("unknown layout '{}'; known: NCHW, TC", program.layout));
  }
  program.batch = map.opt_int("batch", 1, kMaxCount).value_or(1);
  if (const Json* highway = map.opt_value("highway")) {
    program.highway = parse_highway(*highway, spot);
  }
  const Json& tensors = map.get_value("tensors");
  static_cast<void>(JsonMap{tensors, spot, "tensors"});  // an object, or an error
  for (const auto& [name, entry] : tensors.items()) {
    program.add_tensor(parse_tensor(name, entry, spot));
  }
  parse_layers(map.get_value("layers"), program, spot, map);
  map.finish();
  if (!program.highway.enabled) {
    clear_highway_flags(program);
  }
  return program;
}

}  // namespace turnpike::traces
