#include "models/ops/layer_keys.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/base/text.hpp"

namespace turnpike::models {

std::vector<long> integers_of(const ConfigNode& node, const std::string& what, long min, long max) {
  if (node.kind != ConfigNode::Kind::sequence) {
    return {parse_int(node, what, min, max)};
  }
  std::vector<long> out;
  for (const ConfigNode& item : node.items) {
    out.push_back(parse_int(item, what, min, max));
  }
  return out;
}

long LayerReader::integer(const LayerKey& key) {
  return map_.get_int(std::string{key.key}, key.min, key.max);
}

long LayerReader::integer_or(const LayerKey& key, long absent) {
  return map_.opt_int(std::string{key.key}, key.min, key.max).value_or(absent);
}

bool LayerReader::flag_or(const LayerKey& key, bool absent) {
  return map_.opt_bool(std::string{key.key}).value_or(absent);
}

std::string LayerReader::choice_or(const LayerKey& key) {
  const std::string name{key.key};
  std::string chosen = map_.opt_string(name).value_or(std::string{key.absent});
  std::vector<std::string> words(1);
  for (const char c : key.form) {
    if (c == ',') {
      words.emplace_back();
    } else if (c != ' ') {
      words.back() += c;
    }
  }
  if (std::find(words.begin(), words.end(), chosen) == words.end()) {
    map_.fail(name, fmt::format("'{}' is '{}', but must be one of {}{}", name, chosen, key.form,
                                suggestion(chosen, words)));
  }
  return chosen;
}

std::array<int, 2> LayerReader::rows_and_columns(const LayerKey& key) {
  static_cast<void>(map_.get_node(std::string{key.key}));
  return rows_and_columns_or(key, {});
}

std::array<int, 2> LayerReader::rows_and_columns_or(const LayerKey& key,
                                                    const std::array<int, 2>& absent) {
  const std::string name{key.key};
  const ConfigNode* const node = map_.opt_node(name);
  if (node == nullptr) {
    return absent;
  }
  const std::vector<long> given = integers_of(*node, name, key.min, key.max);
  if (given.size() > 2 || given.empty()) {
    map_.fail(name, fmt::format("'{}' is a number or [rows, columns]", name));
  }
  return {static_cast<int>(given.front()), static_cast<int>(given.back())};
}

traces::Padding LayerReader::padding(const LayerKey& key) {
  const std::string name{key.key};
  const ConfigNode* const node = map_.opt_node(name);
  if (node == nullptr) {
    return {};
  }
  const std::vector<long> given = integers_of(*node, name, key.min, key.max);
  if (node->kind == ConfigNode::Kind::sequence && given.size() != 4) {
    map_.fail(name, fmt::format("'{}' is a number or [top, left, bottom, right]", name));
  }
  const auto at = [&](std::size_t i) { return static_cast<int>(given[given.size() == 1 ? 0 : i]); };
  return {.top = at(0), .left = at(1), .bottom = at(2), .right = at(3)};
}

}  // namespace turnpike::models
