#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/import/einsum.hpp"
#include "sim/base/config_map.hpp"

namespace turnpike::models::shapes {

/// A tensor of an einsum, as a file states it.
struct Operand {
  std::string name;
  SourceSpot spot;
  std::vector<Axis> axes;
  bool is_output = false;
  bool is_weight = false;  ///< the file says so
};

/// Sets input, weight and output of the einsum; returns their places in `operands`, in that order.
/// What a file says stands first; then the names Weights and Inputs; then the operand with a window
/// is the input; then the first. FileError unless there are three, one of them the output.
std::array<std::size_t, 3> choose_operands(const std::vector<Operand>& operands, Einsum& einsum);

/// A flag of another program's file: true and false in the spellings of YAML (True, TRUE); false if
/// absent. InputError for anything else.
[[nodiscard]] bool flag_of(ConfigMap& map, const std::string& key);

}  // namespace turnpike::models::shapes
