#include "sim/config/key.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config::key {

const ConfigNode* value_of(ConfigMap& map, const KeyFacts& facts) {
  const std::string name{facts.name};
  return facts.required ? &map.get_node(name) : map.opt_node(name);
}

std::optional<std::int64_t> read_integer(ConfigMap& map, const KeyFacts& facts, std::int64_t high) {
  const ConfigNode* node = value_of(map, facts);
  return node == nullptr ? std::nullopt
                         : std::optional<std::int64_t>{
                               parse_int(*node, facts.name, static_cast<long>(facts.low), high)};
}

std::optional<double> read_number(ConfigMap& map, const KeyFacts& facts) {
  const ConfigNode* node = value_of(map, facts);
  return node == nullptr ? std::nullopt
                         : std::optional{parse_double(*node, facts.name, facts.low, facts.high)};
}

std::optional<bool> read_truth(ConfigMap& map, const KeyFacts& facts) {
  const ConfigNode* node = value_of(map, facts);
  return node == nullptr ? std::nullopt : std::optional{parse_bool(*node, facts.name)};
}

std::optional<std::string> read_text(ConfigMap& map, const KeyFacts& facts) {
  return value_of(map, facts) == nullptr ? std::nullopt
                                         : std::optional{map.get_string(std::string{facts.name})};
}

std::optional<std::size_t> read_choice(ConfigMap& map, const KeyFacts& facts) {
  if (value_of(map, facts) == nullptr) {
    return std::nullopt;
  }
  const std::string chosen =
      map.get_choice(std::string{facts.name}, {facts.choices.begin(), facts.choices.end()});
  return static_cast<std::size_t>(std::find(facts.choices.begin(), facts.choices.end(), chosen) -
                                  facts.choices.begin());
}

std::optional<Range> read_band(ConfigMap& map, const KeyFacts& facts) {
  const ConfigNode* node = value_of(map, facts);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != ConfigNode::Kind::sequence || node->items.size() != 2) {
    throw InputError{node->spot,
                     fmt::format("'{}' must be [low, high], factors around 1", facts.name)};
  }
  return Range{parse_double(node->items[0], facts.name, facts.low, 1.0),
               parse_double(node->items[1], facts.name, 1.0, facts.high)};
}

std::optional<Range> read_range(ConfigMap& map, const KeyFacts& facts) {
  const ConfigNode* node = value_of(map, facts);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (node->kind != ConfigNode::Kind::sequence || node->items.size() != 2) {
    throw InputError{node->spot, fmt::format("'{}' must be [low, high]", facts.name)};
  }
  const double low = parse_double(node->items[0], facts.name, facts.low, facts.high);
  return Range{low, parse_double(node->items[1], facts.name, low, facts.high)};
}

void read_mapping(ConfigMap& map, const KeyFacts& facts,
                  const std::function<void(ConfigMap&)>& read_all) {
  if (value_of(map, facts) != nullptr) {
    ConfigMap inner = map.get_map(std::string{facts.name});
    read_all(inner);
    inner.finish();
  }
}

std::string shown(std::int64_t value) {
  return fmt::format("{}", value);
}

std::string shown(double value) {
  const std::string text = fmt::format("{}", value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string shown(bool value) {
  return value ? "true" : "false";
}

}  // namespace turnpike::config::key
