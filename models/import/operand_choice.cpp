#include "models/import/operand_choice.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace turnpike::models::shapes {
namespace {

std::string lower_case(const std::string& text) {
  std::string lower;
  for (const char c : text) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return lower;
}

bool is_named_weight(const Operand& operand) {
  const std::string name = lower_case(operand.name);
  return name == "w" || name.starts_with("weight") || name.starts_with("filter");
}

bool has_window(const Operand& operand) {
  return std::any_of(operand.axes.begin(), operand.axes.end(),
                     [](const Axis& axis) { return axis.size() > 1; });
}

}  // namespace

std::array<std::size_t, 3> choose_operands(const std::vector<Operand>& operands, Einsum& einsum) {
  std::vector<std::size_t> read;
  std::vector<std::size_t> written;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    (operands[i].is_output ? written : read).push_back(i);
  }
  if (read.size() != 2 || written.size() != 1) {
    throw FileError{einsum.spot,
                    fmt::format("reads {} tensors and writes {}; a layer with weights reads two "
                                "and writes one",
                                read.size(), written.size())};
  }
  const auto second_is_input = [&] {
    const Operand& a = operands[read[0]];
    const Operand& b = operands[read[1]];
    if (a.is_weight != b.is_weight) {
      return a.is_weight;
    }
    if (is_named_weight(a) != is_named_weight(b)) {
      return is_named_weight(a);
    }
    return has_window(b) && !has_window(a);
  };
  if (second_is_input()) {
    std::swap(read[0], read[1]);
  }
  einsum.input = operands[read[0]].axes;
  einsum.weight = operands[read[1]].axes;
  einsum.output = operands[written[0]].axes;
  return {read[0], read[1], written[0]};
}

bool flag_of(ConfigMap& map, const std::string& key) {
  const ConfigNode* node = map.opt_node(key);
  if (node == nullptr) {
    return false;
  }
  ConfigNode lower = *node;
  if (node->scalar == "True" || node->scalar == "TRUE" || node->scalar == "False" ||
      node->scalar == "FALSE") {
    lower.scalar = lower_case(node->scalar);
  }
  return parse_bool(lower, key);
}

}  // namespace turnpike::models::shapes
