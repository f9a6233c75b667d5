#include "sim/base/config_map.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/text.hpp"

namespace turnpike {
namespace {

std::string_view kind_name(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::null:
      return "nothing";
    case ConfigNode::Kind::scalar:
      return "a single value";
    case ConfigNode::Kind::sequence:
      return "a list";
    case ConfigNode::Kind::mapping:
      return "a mapping";
  }
  return "";
}

std::string shown(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::scalar) {
    return std::string{kind_name(node)};
  }
  return node.quoted ? fmt::format("the quoted text '{}'", node.scalar)
                     : fmt::format("'{}'", node.scalar);
}

template <class T>
std::errc parse_whole(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return end != text.data() + text.size() ? std::errc::invalid_argument : error;
}

/// "010" is 8 to one reader of YAML and 10 to the next: leading zeros are refused, not guessed at.
bool padded(const std::string& text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  return text.size() > first + 1 && text[first] == '0' && text[first + 1] >= '0' &&
         text[first + 1] <= '9';
}

/// What a file without a `schema:` key seems to be, by its top-level keys.
std::string likeness(const ConfigNode& node) {
  static constexpr struct {
    const char *key, *what;
  } kTelling[] = {
      {"matrix", "it looks like a sweep: begin it with 'schema: turnpike-sweep/1'"},
      {"spads", "it looks like an accelerator: begin it with 'schema: turnpike-accelerator/1'"},
      {"glb", "it looks like an accelerator: begin it with 'schema: turnpike-accelerator/1'"},
      {"layers", "it looks like a network: begin it with 'schema: turnpike-network/1'"},
      {"cost", "it looks like a profile: begin it with 'schema: turnpike-profile/1'"},
      {"organisation", "it looks like a memory: begin it with 'schema: turnpike-dram/1'"},
      {"tck_ns", "it looks like a memory: begin it with 'schema: turnpike-dram/1'"},
      {"node_nm", "it looks like a technology: begin it with 'schema: turnpike-technology/1'"},
      {"ERT", "it is no file of this program, but an Accelergy table, for cost.energy_table"},
      {"ART", "it is no file of this program, but an Accelergy table, for cost.area_table"},
      {"architecture",
       "it is no file of this program, but a Timeloop description: write its array and buffers as "
       "an accelerator"},
      {"problem",
       "it is no file of this program, but a Timeloop problem: write its layers as a network"},
  };
  for (const auto& each : kTelling) {
    if (node.find(each.key) != nullptr) {
      return fmt::format(": {}", each.what);
    }
  }
  return ": it is no file of this program ('turnpike config schema KIND' prints the keys of a "
         "kind)";
}

/// Where a file of another kind is wanted: "; it is a sweep, for turnpike sweep".
std::string whereabouts(const std::string& schema) {
  static constexpr struct {
    const char *kind, *what, *where;
  } kKinds[] = {
      {"turnpike-accelerator/", "an accelerator", "turnpike run, map and area"},
      {"turnpike-sweep/", "a sweep", "turnpike sweep"},
      {"turnpike-network/", "a network", "--network"},
      {"turnpike-profile/", "a profile", "--profile"},
      {"turnpike-dram/", "a memory", "dram.device"},
      {"turnpike-technology/", "a technology", "technology.node_nm"},
  };
  for (const auto& each : kKinds) {
    if (schema.starts_with(each.kind)) {
      return fmt::format("; it is {}, for {}", each.what, each.where);
    }
  }
  return "";
}

}  // namespace

long parse_int(const ConfigNode& node, std::string_view what, long min, long max) {
  const std::string& text = node.scalar;
  long value = 0;
  const std::errc error = node.kind != ConfigNode::Kind::scalar || node.quoted || padded(text)
                              ? std::errc::invalid_argument
                              : parse_whole(text, value);
  if (error == std::errc::result_out_of_range) {
    throw InputError{node.spot, fmt::format("'{}' is {}, outside {}..{}", what, text, min, max)};
  }
  if (error != std::errc{}) {
    throw InputError{node.spot, fmt::format("'{}' must be an integer, not {}", what, shown(node))};
  }
  if (value < min || value > max) {
    throw InputError{node.spot, fmt::format("'{}' is {}, outside {}..{}", what, value, min, max)};
  }
  return value;
}

double parse_double(const ConfigNode& node, std::string_view what, double min, double max) {
  double value = 0.0;
  if (node.kind != ConfigNode::Kind::scalar || node.quoted || padded(node.scalar) ||
      parse_whole(node.scalar, value) != std::errc{} || !std::isfinite(value)) {
    throw InputError{node.spot, fmt::format("'{}' must be a number, not {}", what, shown(node))};
  }
  if (value < min || value > max) {
    throw InputError{node.spot, fmt::format("'{}' is {}, outside {}..{}", what, value, min, max)};
  }
  return value;
}

bool parse_bool(const ConfigNode& node, std::string_view what) {
  if (node.kind != ConfigNode::Kind::scalar || node.quoted ||
      (node.scalar != "true" && node.scalar != "false")) {
    throw InputError{node.spot,
                     fmt::format("'{}' must be true or false, not {}", what, shown(node))};
  }
  return node.scalar == "true";
}

ConfigMap::ConfigMap(const ConfigNode& node, std::string path)
    : node_{&node}, path_{std::move(path)} {
  if (node.kind != ConfigNode::Kind::mapping) {
    throw InputError{node.spot, fmt::format("'{}' must be a mapping, not {}", path_, shown(node))};
  }
}

ConfigMap ConfigMap::from_file(const std::string& path) {
  auto node = std::make_shared<const ConfigNode>(ConfigNode::from_file(path));
  ConfigMap map{*node, "(top)"};
  map.owned_ = std::move(node);
  return map;
}

ConfigMap ConfigMap::from_string(const std::string& text, const std::string& name) {
  auto node = std::make_shared<const ConfigNode>(ConfigNode::from_string(text, name));
  if (node->kind == ConfigNode::Kind::null) {
    throw InputError{{name, 0, 0}, "is empty"};
  }
  ConfigMap map{*node, "(top)"};
  map.owned_ = std::move(node);
  return map;
}

bool ConfigMap::has(const std::string& key) const {
  return node_->find(key) != nullptr;
}

const ConfigNode* ConfigMap::opt_node(const std::string& key) {
  asked_.insert(key);
  return node_->find(key);
}

const ConfigNode& ConfigMap::require(const std::string& key) {
  const ConfigNode* found = opt_node(key);
  if (found == nullptr) {
    throw InputError{node_->spot, fmt::format("'{}' lacks the required key '{}'{}", path_, key,
                                              key == "schema" ? likeness(*node_) : "")};
  }
  return *found;
}

const ConfigNode& ConfigMap::get_node(const std::string& key) {
  return require(key);
}

long ConfigMap::get_int(const std::string& key, long min, long max) {
  return parse_int(require(key), key, min, max);
}

std::optional<long> ConfigMap::opt_int(const std::string& key, long min, long max) {
  const ConfigNode* node = opt_node(key);
  return node == nullptr ? std::nullopt : std::optional{parse_int(*node, key, min, max)};
}

double ConfigMap::get_double(const std::string& key, double min, double max) {
  return parse_double(require(key), key, min, max);
}

std::optional<double> ConfigMap::opt_double(const std::string& key, double min, double max) {
  const ConfigNode* node = opt_node(key);
  return node == nullptr ? std::nullopt : std::optional{parse_double(*node, key, min, max)};
}

bool ConfigMap::get_bool(const std::string& key) {
  return parse_bool(require(key), key);
}

std::optional<bool> ConfigMap::opt_bool(const std::string& key) {
  const ConfigNode* node = opt_node(key);
  return node == nullptr ? std::nullopt : std::optional{parse_bool(*node, key)};
}

std::string ConfigMap::get_string(const std::string& key) {
  const ConfigNode& node = require(key);
  if (node.kind != ConfigNode::Kind::scalar || node.scalar.empty()) {
    throw InputError{node.spot, fmt::format("'{}' must be a text, not {}", key, shown(node))};
  }
  return node.scalar;
}

std::optional<std::string> ConfigMap::opt_string(const std::string& key) {
  return opt_node(key) == nullptr ? std::nullopt : std::optional{get_string(key)};
}

std::string ConfigMap::get_choice(const std::string& key, const std::vector<std::string>& allowed) {
  const ConfigNode& node = require(key);
  if (node.kind != ConfigNode::Kind::scalar ||
      std::find(allowed.begin(), allowed.end(), node.scalar) == allowed.end()) {
    throw InputError{node.spot,
                     fmt::format("'{}' must be one of {}, not {}{}", key, fmt::join(allowed, ", "),
                                 shown(node), key == "schema" ? whereabouts(node.scalar) : "")};
  }
  return node.scalar;
}

std::optional<std::string> ConfigMap::opt_choice(const std::string& key,
                                                 const std::vector<std::string>& allowed) {
  return opt_node(key) == nullptr ? std::nullopt : std::optional{get_choice(key, allowed)};
}

ConfigMap ConfigMap::get_map(const std::string& key) {
  ConfigMap map{require(key), path_ == "(top)" ? key : path_ + "." + key};
  map.owned_ = owned_;
  return map;
}

std::optional<ConfigMap> ConfigMap::opt_map(const std::string& key) {
  return opt_node(key) == nullptr ? std::nullopt : std::optional{get_map(key)};
}

std::vector<ConfigMap> ConfigMap::get_map_list(const std::string& key) {
  const ConfigNode& node = require(key);
  if (node.kind != ConfigNode::Kind::sequence) {
    throw InputError{node.spot, fmt::format("'{}' must be a list, not {}", key, shown(node))};
  }
  std::vector<ConfigMap> maps;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    maps.emplace_back(node.items[i], fmt::format("{}[{}]", key, i));
    maps.back().owned_ = owned_;
  }
  return maps;
}

SourceSpot ConfigMap::spot(const std::string& key) const {
  const ConfigNode* found = node_->find(key);
  return found == nullptr ? node_->spot : found->spot;
}

void ConfigMap::fail(const std::string& key, std::string_view what) const {
  throw InputError{spot(key), what};
}

std::vector<std::string> ConfigMap::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : node_->entries) {
    names.push_back(key);
  }
  return names;
}

void ConfigMap::finish() const {
  for (const auto& [key, value] : node_->entries) {
    if (!asked_.contains(key)) {
      throw InputError{
          value.key_spot,
          fmt::format("unknown key '{}' in '{}'{}", key, path_,
                      suggestion(key, std::vector<std::string>(asked_.begin(), asked_.end())))};
    }
  }
}

}  // namespace turnpike
