#include "models/measured_zeros.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sim/base/files.hpp"
#include "sim/base/text.hpp"
#include "traces/json_map.hpp"

namespace turnpike::models {
namespace {

using traces::JsonMap;
constexpr std::string_view kSchema = "turnpike-model-eval/2";

/// An object inside another one that has to be there.
JsonMap inner(JsonMap& map, const std::string& key) {
  std::optional<JsonMap> found = map.opt_map(key);
  if (!found) {
    map.fail(fmt::format("lacks '{}'", key));
  }
  return *found;
}

const nlohmann::ordered_json& list(JsonMap& map, const std::string& key) {
  const nlohmann::ordered_json& value = map.get_value(key);
  if (!value.is_array()) {
    map.fail(fmt::format("'{}' is no list", key));
  }
  return value;
}

ZeroShares read_shares(JsonMap& setting, const std::string& path, const std::string& what) {
  ZeroShares shares;
  for (const auto& each : list(setting, "layers")) {
    JsonMap layer{each, {path, 0, 0}, what};
    const std::string name = layer.get_string("layer");
    if (!layer.has("input_zero_fraction")) {
      continue;
    }
    const double share = layer.get_double("input_zero_fraction");
    if (share < 0.0 || share > 1.0) {
      layer.fail(fmt::format("layer '{}': input_zero_fraction {} is no share", name, share));
    }
    if (!shares.emplace(name, share).second) {
      layer.fail(fmt::format("layer '{}' stands there twice", name));
    }
  }
  if (shares.empty()) {
    setting.fail(
        "has no layers with zeros: measure them (model eval --data ... --json, --layer-images "
        "above 0)");
  }
  return shares;
}

}  // namespace

MeasuredZeros MeasuredZeros::read(const std::string& path) {
  const SourceSpot spot{path, 0, 0};
  const std::string text = read_input(path);
  const nlohmann::ordered_json json = traces::parse_json(text, spot, "result of model eval");
  JsonMap map{json, spot, "result of model eval"};
  const std::string schema = map.opt_string("schema").value_or("");
  if (schema != kSchema) {
    map.fail(
        fmt::format("schema is '{}', not '{}': take what `turnpike model eval --data ... "
                    "--json` prints",
                    schema, kSchema));
  }
  MeasuredZeros zeros;
  zeros.path_ = path;
  for (const auto& each : list(map, "settings")) {
    const std::string what = fmt::format("setting {}", zeros.settings_.size() + 1);
    JsonMap setting{each, spot, what};
    JsonMap precision = inner(setting, "precision");
    JsonMap highway = inner(setting, "highway");
    Setting read;
    read.weight_bits = static_cast<int>(precision.get_int("weight", 1, 16));
    read.activation_bits = static_cast<int>(precision.get_int("activation", 1, 16));
    read.highway = highway.opt_bool("enabled").value_or(false);
    read.highway_bits = static_cast<int>(highway.opt_int("bits", 4, 32).value_or(8));
    read.shares = read_shares(setting, path, what);
    zeros.settings_.push_back(std::move(read));
  }
  if (zeros.settings_.empty()) {
    map.fail("has no settings");
  }
  return zeros;
}

std::string MeasuredZeros::Setting::text() const {
  return fmt::format("{} with {}",
                     weight_bits == activation_bits
                         ? fmt::format("{} bits", weight_bits)
                         : fmt::format("{}x{} bits", weight_bits, activation_bits),
                     highway ? fmt::format("a highway of {}", highway_bits) : "no highway");
}

void MeasuredZeros::check(const Network& network) const {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers()) {
    if (layer.is_array()) {
      names.push_back(layer.name);
    }
  }
  for (const Setting& setting : settings_) {
    for (const auto& [name, share] : setting.shares) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw InputError{{path_, 0, 0},
                         fmt::format("has zeros of the layer '{}', which '{}' does not run on the "
                                     "array{}",
                                     name, network.name(), suggestion(name, names))};
      }
    }
    for (const std::string& name : names) {
      if (!setting.shares.contains(name)) {
        throw InputError{
            {path_, 0, 0},
            fmt::format("has no zeros of the layer '{}' of '{}'", name, network.name())};
      }
    }
  }
}

const ZeroShares& MeasuredZeros::of(const QuantizeOptions& options) const {
  const auto found = std::find_if(settings_.begin(), settings_.end(), [&](const Setting& each) {
    return each.weight_bits == options.weight_bits &&
           each.activation_bits == options.activation_bits && each.highway == options.highway &&
           (!each.highway || each.highway_bits == options.highway_bits);
  });
  if (found == settings_.end()) {
    std::vector<std::string> there;
    std::transform(settings_.begin(), settings_.end(), std::back_inserter(there),
                   [](const Setting& each) { return each.text(); });
    const Setting wanted{.weight_bits = options.weight_bits,
                         .activation_bits = options.activation_bits,
                         .highway = options.highway,
                         .highway_bits = options.highway_bits,
                         .shares = {}};
    throw InputError{
        {path_, 0, 0},
        fmt::format("was not measured at {}, but at {}", wanted.text(), fmt::join(there, "; "))};
  }
  return found->shares;
}

}  // namespace turnpike::models
