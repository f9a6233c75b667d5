// AccelForge's workload files: einsums of named tensors over ranks. Layers are linked by the
// tensors they share.

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "models/import/operand_choice.hpp"
#include "models/import/shape_files.hpp"
#include "models/import/shape_network.hpp"
#include "sim/base/config_map.hpp"

namespace turnpike::models::shapes {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// "0 <= m < 128": the loop and its iterations.
std::pair<std::string, std::int64_t> bound_of(const ConfigNode& node) {
  std::string text;
  if (node.kind == ConfigNode::Kind::scalar) {
    std::copy_if(node.scalar.begin(), node.scalar.end(), std::back_inserter(text),
                 [](unsigned char c) { return std::isspace(c) == 0; });
  }
  const auto number = [&](const std::string& digits) {
    constexpr std::size_t kMostDigits = 10;
    if (digits.empty() || digits.size() > kMostDigits ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      throw FileError{node.spot, fmt::format("'{}' is no bound such as 0 <= m < 128", node.scalar)};
    }
    return static_cast<std::int64_t>(std::stoll(digits));
  };
  const std::size_t low = text.find("<=");
  const std::size_t high = text.find('<', low == std::string::npos ? 0 : low + 2);
  if (low == std::string::npos || high == std::string::npos) {
    throw FileError{node.spot, fmt::format("'{}' is no bound such as 0 <= m < 128", node.scalar)};
  }
  const std::int64_t size = number(text.substr(high + 1)) - number(text.substr(0, low));
  if (size < 1) {
    throw FileError{node.spot, fmt::format("'{}' leaves nothing to do", node.scalar)};
  }
  return {text.substr(low + 2, high - low - 2), size};
}

class Workload {
 public:
  Workload(const ConfigNode& file, std::string path, const ImportOptions& options)
      : network_{std::move(path), options} {
    ConfigMap top{file, "(top)"};
    const ConfigNode& workload = top.get_node("workload");
    for (const char* beside : {"renames", "arch", "mapping", "variables", "mapper", "config"}) {
      static_cast<void>(top.opt_node(beside));
    }
    top.finish();
    ConfigMap map{workload, "workload"};
    static_cast<void>(map.opt_node("version"));
    static_cast<void>(map.opt_node("name"));
    if (const ConfigNode* sizes = map.opt_node("rank_sizes")) {
      ConfigMap ranks{*sizes, "rank_sizes"};
      for (const std::string& rank : ranks.keys()) {
        ranks_[rank] = ranks.get_int(rank, 1, kMostLoop);
      }
    }
    if (const ConfigNode* bounds = map.opt_node("iteration_space_shape")) {
      read_bounds(*bounds, bounds_);
    }
    if (const ConfigNode* bits = map.opt_node("bits_per_value")) {
      default_bits_ = bits_of(*bits);
    }
    for (ConfigMap& einsum : map.get_map_list("einsums")) {
      read_einsum(einsum);
    }
    map.finish();
  }

  ImportedNetwork finish() && { return std::move(network_).finish(); }

 private:
  struct Bits {
    std::optional<int> weight, input;
  };

  static Bits bits_of(const ConfigNode& node) {
    Bits bits;
    ConfigMap map{node, "bits_per_value"};
    for (const std::string& which : map.keys()) {
      const std::string name = upper(which);
      const int value = static_cast<int>(map.get_int(which, 1, 64));
      if (name == "ALL" || name.find("WEIGHT") != std::string::npos) {
        bits.weight = value;
      }
      if (name == "ALL" || name.find("INPUT") != std::string::npos ||
          name.find("INTERMEDIATE") != std::string::npos) {
        bits.input = value;
      }
    }
    return bits;
  }

  static void read_bounds(const ConfigNode& node, std::map<std::string, std::int64_t>& bounds) {
    std::vector<const ConfigNode*> list;
    for (const auto& [name, value] : node.entries) {
      list.push_back(&value);
    }
    for (const ConfigNode& item : node.items) {
      list.push_back(&item);
    }
    for (const ConfigNode* each : list) {
      const auto [loop, size] = bound_of(*each);
      bounds[loop] = size;
    }
  }

  /// [m, c, p+r], where loops have the size of the rank of their name; or {H: p+r, C: c}.
  static std::vector<Axis> projection_of(const ConfigNode& node, std::string& rows) {
    std::vector<Axis> axes;
    const auto take = [&](const std::string& rank, const ConfigNode& value) {
      if (value.kind != ConfigNode::Kind::scalar) {
        throw FileError{value.spot, "an index is a sum of loops such as p+r"};
      }
      axes.push_back(parse_axis(value.scalar, value.spot));
      if (upper(rank) == "H" && axes.back().size() > 1) {
        rows = axes.back().front().loop;
      }
    };
    if (node.kind == ConfigNode::Kind::sequence) {
      for (const ConfigNode& item : node.items) {
        take("", item);
      }
    } else if (node.kind == ConfigNode::Kind::mapping) {
      for (const auto& [rank, value] : node.entries) {
        take(rank, value);
      }
    } else {
      throw FileError{node.spot, "'projection' is a list or a mapping of indices"};
    }
    return axes;
  }

  void read_einsum(ConfigMap& map) {
    const std::string name = map.get_string("name");
    Einsum einsum;
    einsum.spot = map.spot("name");
    std::map<std::string, std::int64_t> bounds = bounds_;
    if (const ConfigNode* own = map.opt_node("iteration_space_shape")) {
      read_bounds(*own, bounds);
    }
    std::string said_weight;
    if (auto renames = map.opt_map("renames")) {
      for (const std::string& key : renames->keys()) {
        const ConfigNode& value = renames->get_node(key);
        if (key == "weight" && value.kind == ConfigNode::Kind::scalar) {
          said_weight = value.scalar;
        }
      }
    }
    std::vector<Operand> operands;
    std::vector<std::optional<long>> bits;
    for (ConfigMap& access : map.get_map_list("tensor_accesses")) {
      Operand operand;
      operand.name = access.get_string("name");
      operand.spot = access.spot();
      operand.axes = projection_of(access.get_node("projection"), einsum.rows);
      operand.is_output = flag_of(access, "output");
      // What no layer before has made, beside something that one has, is the weights.
      operand.is_weight = operand.name == said_weight;
      bits.push_back(access.opt_int("bits_per_value", 1, 64));
      for (const char* unused : {"persistent", "density", "backing_storage_size_scale"}) {
        static_cast<void>(access.opt_node(unused));
      }
      access.finish();
      operands.push_back(std::move(operand));
    }
    map.finish();
    add_layer(name, std::move(einsum), bounds, std::move(operands), bits);
  }

  void add_layer(const std::string& name, Einsum einsum,
                 const std::map<std::string, std::int64_t>& bounds, std::vector<Operand> operands,
                 const std::vector<std::optional<long>>& bits) {
    if (std::none_of(operands.begin(), operands.end(),
                     [](const Operand& each) { return each.is_weight; })) {
      const auto made = [this](const Operand& each) { return producers_.contains(each.name); };
      const auto reads = [](const Operand& each) { return !each.is_output; };
      const auto count = std::count_if(operands.begin(), operands.end(), [&](const Operand& each) {
        return reads(each) && made(each);
      });
      for (Operand& each : operands) {
        each.is_weight = count == 1 && reads(each) && !made(each);
      }
      if (count == 2) {
        network_.note(
            fmt::format("both operands of '{}' are computed; the second is taken for "
                        "weights that are known beforehand",
                        name));
      }
    }
    for (const Operand& operand : operands) {
      for (const Axis& axis : operand.axes) {
        for (const LoopTerm& term : axis) {
          const auto bound = bounds.find(term.loop);
          const auto rank = ranks_.find(upper(term.loop));
          if (bound != bounds.end()) {
            einsum.sizes[term.loop] = bound->second;
          } else if (rank != ranks_.end()) {
            einsum.sizes[term.loop] = rank->second;
          }
        }
      }
    }
    const auto [input, weight, output] = choose_operands(operands, einsum);
    einsum.batch = einsum.sizes.contains("b") ? "b" : "n";
    if (einsum.batch == "n" && !operands[input].axes.empty() &&
        std::none_of(operands[input].axes.begin(), operands[input].axes.end(),
                     [](const Axis& axis) { return axis.size() > 1; })) {
      einsum.batch.clear();  // in products of matrices n is any letter
    }
    PlacedLayer placed;
    placed.name = name;
    placed.spot = einsum.spot;
    placed.shape = layer_of(einsum);
    set_bits(placed.shape.layer.requests, bits[input], bits[weight]);
    if (const auto from = producers_.find(operands[input].name); from != producers_.end()) {
      placed.from = {from->second};
    }
    producers_[operands[output].name] = name;
    network_.add(std::move(placed));
  }

  void set_bits(LayerRequests& requests, std::optional<long> input, std::optional<long> weight) {
    const auto narrow = [this](std::optional<long> stated, std::optional<int> other) {
      std::optional<int> bits = stated ? std::optional{static_cast<int>(*stated)} : other;
      if (bits && *bits > 16) {
        network_.note("operands of more than 16 bits are computed with 16");
        bits = 16;
      }
      return bits;
    };
    requests.activation_bits = narrow(input, default_bits_.input);
    requests.weight_bits = narrow(weight, default_bits_.weight);
  }

  ShapeNetwork network_;
  std::map<std::string, std::int64_t> ranks_, bounds_;
  std::map<std::string, std::string> producers_;  ///< of tensors
  Bits default_bits_;
};

}  // namespace

ImportedNetwork import_accelforge(const ConfigNode& file, const std::string& path,
                                  const ImportOptions& options) {
  return Workload{file, path, options}.finish();
}

}  // namespace turnpike::models::shapes
