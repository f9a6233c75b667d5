// Timeloop's problem files: `problem: {shape, instance}` of version 0.4, and the older form with
// the dimensions beside the shape. A file is one layer.

#include <algorithm>

#include <fmt/format.h>

#include "models/import/operand_choice.hpp"
#include "models/import/shape_files.hpp"
#include "models/import/shape_network.hpp"
#include "sim/base/config_map.hpp"

namespace turnpike::models::shapes {
namespace {

/// The shape that a problem without one has, and that "cnn-layer" and its kin name.
constexpr const char* kCnnLayer = R"(
name: cnn_layer
dimensions: [R, S, P, Q, C, M, N]
coefficients:
  - {name: Wstride, default: 1}
  - {name: Hstride, default: 1}
  - {name: Wdilation, default: 1}
  - {name: Hdilation, default: 1}
data_spaces:
  - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
  - {name: Inputs, projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]}
  - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
)";

/// A key in either spelling: data-spaces, data_spaces.
const ConfigNode* either(ConfigMap& map, const std::string& a, const std::string& b) {
  const ConfigNode* first = map.opt_node(a);
  const ConfigNode* second = map.opt_node(b);
  return first != nullptr ? first : second;
}

std::vector<const ConfigNode*> items_of(const ConfigNode& node, const char* what) {
  if (node.kind != ConfigNode::Kind::sequence) {
    throw FileError{node.spot, fmt::format("'{}' must be a list", what)};
  }
  std::vector<const ConfigNode*> items;
  for (const ConfigNode& item : node.items) {
    items.push_back(&item);
  }
  return items;
}

std::string word_of(const ConfigNode& node, const char* what) {
  if (node.kind != ConfigNode::Kind::scalar || node.scalar.empty()) {
    throw FileError{node.spot, fmt::format("'{}' must be a word", what)};
  }
  return node.scalar;
}

class Problem {
 public:
  Problem(const ConfigNode& file, std::string path)
      : path_{std::move(path)}, cnn_{ConfigNode::from_string(kCnnLayer, "cnn-layer")} {
    ConfigMap top{file, "(top)"};
    const ConfigNode& problem = top.get_node("problem");
    for (const char* beside :
         {"architecture", "arch", "mapper", "mapping", "variables", "components",
          "sparse_optimizations", "architecture_constraints", "version"}) {
      static_cast<void>(top.opt_node(beside));
    }
    top.finish();
    read(ConfigMap{problem, "problem"});
  }

  ImportedNetwork network(const ImportOptions& options) && {
    ShapeNetwork out{path_, options};
    PlacedLayer placed;
    placed.name = name_;
    placed.spot = einsum_.spot;
    placed.ifmap_zeros = zeros_;
    placed.shape = layer_of(einsum_);
    if (other_densities_) {
      out.note("of the densities the inputs' is read; weights are dense");
    }
    out.add(std::move(placed));
    return std::move(out).finish();
  }

 private:
  void read(ConfigMap problem) {
    static_cast<void>(problem.opt_node("version"));
    static_cast<void>(problem.opt_node("name"));
    const ConfigNode* shape = problem.opt_node("shape");
    einsum_.spot = problem.spot();
    const bool cnn = shape == nullptr || shape->kind == ConfigNode::Kind::scalar;
    if (cnn && shape != nullptr) {
      check_known(*shape);
    }
    ConfigMap map{cnn ? cnn_ : *shape, "problem.shape"};
    read_shape(map);
    if (auto instance = problem.opt_map("instance")) {
      read_instance(*instance);
      problem.finish();
    } else {
      read_instance(problem);
    }
    project();
  }

  static void check_known(const ConfigNode& shape) {
    std::string name;
    for (const char c : shape.scalar) {
      name += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    if (name != "cnn-layer" && name != "cnn-layer.yaml") {
      throw FileError{shape.spot, fmt::format("the shape '{}' is not known by name (cnn-layer is); "
                                              "write it out: dimensions and data_spaces",
                                              shape.scalar)};
    }
  }

  void read_shape(ConfigMap& shape) {
    if (const auto name = shape.opt_string("name")) {
      name_ = *name;
    }
    static_cast<void>(shape.opt_node("version"));
    for (const ConfigNode* each : items_of(shape.get_node("dimensions"), "dimensions")) {
      dimensions_.push_back(word_of(*each, "dimensions"));
    }
    if (const ConfigNode* list = shape.opt_node("coefficients")) {
      for (const ConfigNode* each : items_of(*list, "coefficients")) {
        ConfigMap one{*each, "problem.shape.coefficients"};
        const std::string name = one.get_string("name");
        coefficients_[name] = one.opt_int("default", 1, kMostLoop).value_or(1);
        one.finish();
      }
    }
    const ConfigNode* spaces = either(shape, "data_spaces", "data-spaces");
    if (spaces == nullptr) {
      shape.fail("name", "lacks 'data_spaces'");
    }
    for (const ConfigNode* each : items_of(*spaces, "data_spaces")) {
      spaces_.push_back(each);
    }
    shape.finish();
  }

  void read_instance(ConfigMap& instance) {
    for (const std::string& loop : dimensions_) {
      // Both letters are in use for the filters.
      const std::string twin = loop == "K" ? "M" : loop == "M" ? "K" : "";
      const bool other =
          !instance.has(loop) && !twin.empty() && instance.has(twin) &&
          std::find(dimensions_.begin(), dimensions_.end(), twin) == dimensions_.end();
      einsum_.sizes[loop] = instance.opt_int(other ? twin : loop, 1, kMostLoop).value_or(1);
    }
    for (auto& [name, value] : coefficients_) {
      value = instance.opt_int(name, 1, kMostLoop).value_or(value);
    }
    if (const ConfigNode* densities = instance.opt_node("densities")) {
      read_densities(*densities);
    } else if (const ConfigNode* old = instance.opt_node("commonDensities")) {
      read_densities(*old);
    }
    if (const auto name = instance.opt_string("name")) {
      name_ = *name;
    }
    instance.finish();
  }

  void read_densities(const ConfigNode& node) {
    ConfigMap map{node, "densities"};
    for (const std::string& space : map.keys()) {
      const ConfigNode& value = map.get_node(space);
      double density = 1.0;
      if (value.kind == ConfigNode::Kind::mapping) {
        ConfigMap one{value, "densities." + space};
        static_cast<void>(one.opt_string("distribution"));
        density = one.get_double("density", 0.0, 1.0);
        one.finish();
      } else {
        density = parse_double(value, space, 0.0, 1.0);
      }
      if (space == "Inputs" || space == "Input") {
        zeros_ = 1.0 - density;
      } else {
        other_densities_ = other_densities_ || density != 1.0;
      }
    }
  }

  /// [[R, Wdilation], [P, Wstride]] is R * Wdilation + P * Wstride.
  std::vector<Axis> projection_of(const ConfigNode& node) {
    std::vector<Axis> axes;
    for (const ConfigNode* each : items_of(node, "projection")) {
      Axis axis;
      for (const ConfigNode* term : items_of(*each, "projection")) {
        const auto words = items_of(*term, "projection");
        if (words.empty() || words.size() > 2) {
          throw FileError{term->spot,
                          "a term of a projection is [DIMENSION] or [DIMENSION, "
                          "coefficient]"};
        }
        LoopTerm out{word_of(*words[0], "projection"), 1};
        if (words.size() == 2) {
          const auto found = coefficients_.find(word_of(*words[1], "projection"));
          if (found == coefficients_.end()) {
            throw FileError{words[1]->spot,
                            fmt::format("'{}' is none of the coefficients", words[1]->scalar)};
          }
          out.factor = found->second;
          if (words[1]->scalar.starts_with('H') && einsum_.rows.empty() &&
              words[1]->scalar.find("tride") != std::string::npos) {
            einsum_.rows = out.loop;
          }
        }
        axis.push_back(std::move(out));
      }
      axes.push_back(std::move(axis));
    }
    return axes;
  }

  void project() {
    std::vector<Operand> operands;
    for (const ConfigNode* space : spaces_) {
      ConfigMap map{*space, "data_spaces"};
      Operand operand;
      operand.name = map.get_string("name");
      operand.spot = map.spot();
      operand.axes = projection_of(map.get_node("projection"));
      const bool written = flag_of(map, "read-write");
      operand.is_output = flag_of(map, "read_write") || written;
      map.finish();
      operands.push_back(std::move(operand));
    }
    einsum_.batch = "N";
    choose_operands(operands, einsum_);
  }

  std::string path_;
  ConfigNode cnn_;
  std::string name_ = "layer";
  Einsum einsum_;
  std::vector<std::string> dimensions_;
  std::map<std::string, std::int64_t> coefficients_;
  std::vector<const ConfigNode*> spaces_;
  std::optional<double> zeros_;
  bool other_densities_ = false;
};

}  // namespace

ImportedNetwork import_timeloop(const ConfigNode& file, const std::string& path,
                                const ImportOptions& options) {
  return Problem{file, path}.network(options);
}

}  // namespace turnpike::models::shapes
