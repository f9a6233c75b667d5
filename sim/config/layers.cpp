#include "sim/config/layers.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {

namespace {

template <Choice Enum>
std::optional<Enum> opt_choice(ConfigMap& map, const std::string& key) {
  const auto& names = ChoiceNames<Enum>::names;
  const auto chosen = map.opt_choice(key, {names.begin(), names.end()});
  return chosen ? choice_named<Enum>(*chosen) : std::nullopt;
}

QuantizerChoice read_quantizers(ConfigMap& map) {
  constexpr double kLeast = 1e-30;
  constexpr double kMost = 1e30;
  QuantizerChoice choice;
  choice.weights = opt_choice<WeightQuantizer>(map, "weights");
  choice.weight_scale = opt_choice<WeightScale>(map, "weight_scale");
  choice.activations = opt_choice<ActivationQuantizer>(map, "activations");
  choice.clip = map.opt_double("clip", kLeast, kMost);
  choice.weight_step = map.opt_double("weight_step", kLeast, kMost);
  choice.step = map.opt_double("step", kLeast, kMost);
  return choice;
}

LayerOverride read_override(const ConfigNode& node, const std::string& pattern,
                            const KeyFacts& facts) {
  if (node.kind != ConfigNode::Kind::mapping) {
    return {pattern, parse_widths(node, pattern, facts)};
  }
  ConfigMap map{node, pattern};
  const auto bits = [&](const char* key) {
    return static_cast<int>(
        map.get_int(key, static_cast<long>(facts.low), static_cast<long>(facts.high)));
  };
  LayerOverride read{pattern, {bits("weight"), bits("activation")}, read_quantizers(map)};
  map.finish();
  return read;
}

std::string shown_override(const LayerOverride& each) {
  if (each.quantizers == QuantizerChoice{}) {
    return shown(each.widths);
  }
  std::string out =
      fmt::format("{{weight: {}, activation: {}", each.widths.weight, each.widths.activation);
  const auto add = [&](const char* key, const auto& value) {
    if (value) {
      out += fmt::format(", {}: {}", key, *value);
    }
  };
  const auto named = [](const auto& choice) {
    return choice ? std::optional{std::string{to_string(*choice)}} : std::nullopt;
  };
  add("weights", named(each.quantizers.weights));
  add("weight_scale", named(each.quantizers.weight_scale));
  add("activations", named(each.quantizers.activations));
  add("clip", each.quantizers.clip);
  add("weight_step", each.quantizers.weight_step);
  add("step", each.quantizers.step);
  return out + '}';
}

}  // namespace

void read_overrides(ConfigMap& map, const KeyFacts& facts, LayersConfig& layers) {
  if (auto overrides = map.opt_map(std::string{facts.name})) {
    layers.overrides.clear();
    for (const std::string& pattern : overrides->keys()) {
      layers.overrides.push_back(read_override(overrides->get_node(pattern), pattern, facts));
    }
    overrides->finish();
  }
}

std::string shown_overrides(const LayersConfig& layers) {
  std::string out;
  for (const LayerOverride& each : layers.overrides) {
    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", each.pattern, shown_override(each));
  }
  return '{' + out + '}';
}

}  // namespace turnpike::config
