#include "sim/cost/reprice.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::cost {
namespace {

/// Prefixes of dotted keys; the first match counts.
constexpr std::array<std::pair<std::string_view, KeyEffect>, 18> kEffects = {{
    {"cost", KeyEffect::price},
    {"technology", KeyEffect::price},
    {"name", KeyEffect::price},
    {"description", KeyEffect::price},
    {"profile", KeyEffect::price},
    {"schema", KeyEffect::price},
    {"layers.first_last", KeyEffect::function},
    {"layers.overrides", KeyEffect::function},
    {"layers.weights", KeyEffect::function},
    {"layers.weight_scale", KeyEffect::function},
    {"layers.activations", KeyEffect::function},
    {"layers.signed_grid", KeyEffect::function},
    {"precision", KeyEffect::function},
    {"highway.enabled", KeyEffect::function},
    {"highway.bits", KeyEffect::function},
    {"psum.arithmetic", KeyEffect::function},
    // Everything else: array, spads, noc, glb, post, dram, feature_maps, transfers, rlc, mapper,
    // timing, clock_mhz (the DRAM's time in core clocks), psum.cost_bits, highway.storage.
    {"psum.cost_bits", KeyEffect::cycles},
    {"", KeyEffect::cycles},
}};

bool has_prefix(const std::string& key, std::string_view prefix) {
  return prefix.empty() || key == prefix || (key.starts_with(prefix) && key[prefix.size()] == '.');
}

void collect(const ConfigNode* a, const ConfigNode* b, const std::string& name,
             std::vector<std::string>& keys) {
  const bool maps = (a == nullptr || a->kind == ConfigNode::Kind::mapping) &&
                    (b == nullptr || b->kind == ConfigNode::Kind::mapping);
  if (!maps) {
    if (a == nullptr || b == nullptr || !same_value(*a, *b)) {
      keys.push_back(name);
    }
    return;
  }
  const auto child_name = [&name](const std::string& key) {
    return name.empty() ? key : name + "." + key;
  };
  if (a != nullptr) {
    for (const auto& [key, value] : a->entries) {
      collect(&value, b == nullptr ? nullptr : b->find(key), child_name(key), keys);
    }
  }
  if (b != nullptr) {
    for (const auto& [key, value] : b->entries) {
      if (a == nullptr || a->find(key) == nullptr) {
        collect(nullptr, &value, child_name(key), keys);
      }
    }
  }
}

}  // namespace

KeyEffect effect_of(const std::string& key) {
  for (const auto& [prefix, effect] : kEffects) {
    if (has_prefix(key, prefix)) {
      return effect;
    }
  }
  return KeyEffect::cycles;
}

std::vector<std::string> differing_keys(const ConfigNode& a, const ConfigNode& b) {
  std::vector<std::string> keys;
  collect(&a, &b, "", keys);
  return keys;
}

void check_repricing(const ConfigNode& simulated, const ConfigNode& wanted) {
  for (const std::string& key : differing_keys(simulated, wanted)) {
    const KeyEffect effect = effect_of(key);
    if (effect != KeyEffect::price) {
      throw InputError{
          wanted.spot,
          fmt::format("'{}' differs from the run's configuration and changes {}: "
                      "repricing cannot show it, simulate again",
                      key,
                      effect == KeyEffect::function ? "what is computed" : "cycles or counts")};
    }
  }
}

}  // namespace turnpike::cost
