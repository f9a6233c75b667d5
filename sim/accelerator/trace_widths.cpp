#include "sim/accelerator/trace_widths.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Trace;

constexpr std::size_t kNamesShown = 4;

/// Widest integer operands of a layer; 0 where they are floating.
config::OperandWidths operands_of(const Trace& trace, const LayerEntry& layer) {
  config::OperandWidths widest{0, 0};
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    const traces::TensorEntry& weight = trace.tensor(layer.weights[i]);
    const traces::TensorEntry& input = trace.tensor(layer.inputs[i]);
    widest.weight = std::max(widest.weight, weight.is_float() ? 0 : weight.bits);
    widest.activation = std::max(widest.activation, input.is_float() ? 0 : input.bits);
  }
  return widest;
}

void widen(config::OperandWidths& widest, const config::OperandWidths& by) {
  widest.weight = std::max(widest.weight, by.weight);
  widest.activation = std::max(widest.activation, by.activation);
}

/// "4", or "2 x 4" (weight x activation).
std::string width_text(const config::OperandWidths& widths) {
  return widths.weight == widths.activation
             ? fmt::format("{}", widths.weight)
             : fmt::format("{} x {}", widths.weight, widths.activation);
}

std::string names_text(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kNamesShown);
  return fmt::format("{}{}",
                     fmt::join(names.begin(), names.begin() + static_cast<long>(shown), ", "),
                     shown < names.size() ? fmt::format(" and {} more", names.size() - shown) : "");
}

SourceSpot spot_of(const config::AcceleratorConfig& config, const std::string& pattern) {
  const ConfigNode* node = config.resolved.find("layers");
  for (const std::string& key : {std::string{"overrides"}, pattern}) {
    node = node == nullptr ? nullptr : node->find(key);
  }
  return node == nullptr ? SourceSpot{"layers.overrides", 0, 0} : node->spot;
}

}  // namespace

std::set<std::string> first_and_last(const Trace& trace) {
  std::vector<std::string> weighted;
  for (const LayerEntry& layer : trace.layers) {
    if (layer.op == traces::Op::conv || layer.op == traces::Op::fc) {
      weighted.push_back(layer.name);
    }
  }
  return weighted.empty() ? std::set<std::string>{} : std::set{weighted.front(), weighted.back()};
}

config::OperandWidths widest_operands(const Trace& trace, const std::set<std::string>& without) {
  config::OperandWidths widest{0, 0};
  for (const LayerEntry& layer : trace.layers) {
    if (!without.contains(layer.name)) {
      widen(widest, operands_of(trace, layer));
    }
  }
  return widest;
}

config::OperandWidths machine_widths(const Trace& trace, config::FirstLast first_last) {
  if (first_last != config::FirstLast::same) {
    const config::OperandWidths others = widest_operands(trace, first_and_last(trace));
    if (others.weight > 0 && others.activation > 0) {
      return others;
    }
  }
  return widest_operands(trace);
}

std::string width_note(const Trace& trace, const config::AcceleratorConfig& config) {
  if (config.precision_given) {
    return "";
  }
  const std::set<std::string> aside = config.layers.first_last == config::FirstLast::same
                                          ? std::set<std::string>{}
                                          : first_and_last(trace);
  std::vector<std::pair<std::string, config::OperandWidths>> layers;
  for (const LayerEntry& layer : trace.layers) {
    const config::OperandWidths own = operands_of(trace, layer);
    if (!aside.contains(layer.name) && own.weight > 0 && own.activation > 0) {
      layers.emplace_back(layer.name, own);
    }
  }
  const config::OperandWidths& machine = config.precision;
  const auto narrower = [&](int config::OperandWidths::*operand) {
    return std::any_of(layers.begin(), layers.end(),
                       [&](const auto& layer) { return layer.second.*operand < machine.*operand; });
  };
  const bool weights_vary = narrower(&config::OperandWidths::weight);
  const bool activations_vary = narrower(&config::OperandWidths::activation);
  std::vector<std::string> widest;
  config::OperandWidths others{0, 0};
  for (const auto& [name, own] : layers) {
    if ((weights_vary && own.weight == machine.weight) ||
        (activations_vary && own.activation == machine.activation)) {
      widest.push_back(name);
    } else {
      widen(others, own);
    }
  }
  if (widest.empty()) {
    return "";
  }
  const std::size_t rest = layers.size() - widest.size();
  return fmt::format(
      "the machine is {} x {} bit because of {}; {} (--set precision, or "
      "layers.first_last for the first and last layer)",
      machine.weight, machine.activation, names_text(widest),
      rest == 0 ? "no layer needs both"
                : fmt::format("{} of {} layers need {}", rest, layers.size(), width_text(others)));
}

void check_overrides(const Trace& trace, const config::AcceleratorConfig& config) {
  std::vector<std::string> names;
  for (const LayerEntry& layer : trace.layers) {
    names.push_back(layer.name);
  }
  for (const config::LayerOverride& each : config.layers.overrides) {
    if (std::none_of(names.begin(), names.end(),
                     [&each](const std::string& name) { return glob_match(each.pattern, name); })) {
      throw InputError{spot_of(config, each.pattern),
                       fmt::format("no layer of the trace matches the override '{}'{}",
                                   each.pattern, suggestion(each.pattern, names))};
    }
  }
  for (const LayerEntry& layer : trace.layers) {
    const auto last = std::find_if(config.layers.overrides.rbegin(), config.layers.overrides.rend(),
                                   [&layer](const config::LayerOverride& each) {
                                     return glob_match(each.pattern, layer.name);
                                   });
    if (last == config.layers.overrides.rend() || layer.weights.empty()) {
      continue;
    }
    const config::OperandWidths own = operands_of(trace, layer);
    if (own != last->widths) {
      throw InputError{
          spot_of(config, last->pattern),
          fmt::format("layers.overrides asks for {} x {}-bit operands (weight x activation) in "
                      "layer '{}', but those of the trace are {}; a trace brings its own bits: "
                      "leave the override out",
                      last->widths.weight, last->widths.activation, layer.name,
                      own.weight == 0 || own.activation == 0
                          ? "floating"
                          : fmt::format("{} x {}-bit", own.weight, own.activation))};
    }
  }
}

}  // namespace turnpike::accelerator
