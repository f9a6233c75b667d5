// ZigZag's workload files: a list of layers, each an equation over loops, linked by the ids of the
// layers they read.

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "models/import/shape_files.hpp"
#include "models/import/shape_network.hpp"
#include "sim/base/config_map.hpp"

namespace turnpike::models::shapes {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// O[b][k][oy]: a name and its indices.
struct Term {
  std::string name;
  std::vector<Axis> axes;
};

/// O[b][k] += W[k][c] * I[b][c], or with + between the last two.
struct Equation {
  Term output, first, second;
  bool is_product = false;
};

class EquationReader {
 public:
  EquationReader(const std::string& text, SourceSpot spot) : spot_{std::move(spot)}, whole_{text} {
    std::copy_if(text.begin(), text.end(), std::back_inserter(text_),
                 [](unsigned char c) { return std::isspace(c) == 0; });
  }

  Equation read() {
    Equation equation;
    equation.output = term();
    if (peek() == '+') {
      ++at_;
    }
    take('=');
    equation.first = term();
    equation.is_product = peek() == '*';
    take(equation.is_product ? '*' : '+');
    equation.second = term();
    if (at_ != text_.size()) {
      fail();
    }
    return equation;
  }

 private:
  [[noreturn]] void fail() const {
    throw FileError{spot_,
                    fmt::format("'{}' is no equation such as O[b][k]+=W[k][c]*I[b][c]", whole_)};
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void take(char c) {
    if (peek() != c) {
      fail();
    }
    ++at_;
  }

  Term term() {
    Term out;
    while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_') {
      out.name += text_[at_++];
    }
    while (peek() == '[') {
      const std::size_t end = text_.find(']', at_);
      if (end == std::string::npos) {
        fail();
      }
      out.axes.push_back(parse_axis(text_.substr(at_ + 1, end - at_ - 1), spot_));
      at_ = end + 1;
    }
    if (out.name.empty() || out.axes.empty()) {
      fail();
    }
    return out;
  }

  SourceSpot spot_;
  std::string whole_;
  std::string text_;
  std::size_t at_ = 0;
};

class Workload {
 public:
  Workload(const ConfigNode& file, std::string path, const ImportOptions& options)
      : network_{std::move(path), options} {
    for (std::size_t i = 0; i < file.items.size(); ++i) {
      read_layer(ConfigMap{file.items[i], fmt::format("layer {}", i)});
    }
  }

  ImportedNetwork finish() && {
    if (has_pool_) {
      network_.note("which pooling is meant is not stated: a window is reduced to its maximum");
    }
    network_.note(
        "of the operands' bits those of W and I are kept; psums are as wide as the machine's");
    return std::move(network_).finish();
  }

 private:
  void read_layer(ConfigMap map) {
    const long id = map.get_int("id", 0, 1L << 31);
    name_ = map.opt_string("name").value_or(fmt::format("layer{}", id));
    spot_ = map.spot("id");
    const std::string type = lower(map.get_string("operator_type"));
    const std::string text = map.get_string("equation");
    Equation equation = EquationReader{text, map.spot("equation")}.read();
    Einsum einsum;
    einsum.spot = spot_;
    read_loops(map, einsum);
    const std::map<std::string, Axis> relations = read_relations(map);
    for (Term* term : {&equation.output, &equation.first, &equation.second}) {
      for (Axis& axis : term->axes) {
        if (const auto found = relations.find(axis.size() == 1 ? axis[0].loop : "");
            found != relations.end()) {
          axis = found->second;
        }
      }
    }
    const std::map<std::string, long> bits = read_integers(map, "operand_precision", 0, 64);
    const std::map<std::string, long> sources = read_sources(map);
    const std::optional<traces::Padding> padding = read_padding(map);
    for (const char* unused :
         {"memory_operand_links", "constant_operands", "core_allocation", "spatial_mapping",
          "temporal_ordering", "layer_relevance", "pr_loop_sizes"}) {
      static_cast<void>(map.opt_node(unused));
    }
    map.finish();
    if (!ids_.emplace(id, name_).second) {
      throw FileError{spot_, fmt::format("layer {} is given twice", id)};
    }
    if (type == "add" || (!equation.is_product && type.find("add") != std::string::npos)) {
      add_sum(id, equation, sources);
      return;
    }
    if (!equation.is_product) {
      throw FileError{spot_, fmt::format("operator '{}' is not read: convolutions, products of "
                                         "matrices, pooling and Add are",
                                         type)};
    }
    const bool second_is_weight = equation.second.name == "W" || equation.first.name == "I";
    const Term& weight = second_is_weight ? equation.second : equation.first;
    const Term& input = second_is_weight ? equation.first : equation.second;
    einsum.input = input.axes;
    einsum.weight = weight.axes;
    einsum.output = equation.output.axes;
    einsum.batch = "b";
    einsum.rows = "oy";
    PlacedLayer placed;
    placed.name = name_;
    placed.spot = spot_;
    placed.pad = padding;
    const bool pool = type.find("pool") != std::string::npos;
    placed.shape = pool ? pool_of(einsum) : layer_of(einsum);
    has_pool_ = has_pool_ || pool;
    if (!pool) {
      placed.shape.layer.requests.weight_bits = operand_bits(bits, weight.name);
      placed.shape.layer.requests.activation_bits = operand_bits(bits, input.name);
    }
    int depth = pool ? 0 : 1;
    if (const auto from = source_of(id, input.name, sources)) {
      placed.from = {*from};
      depth += depth_.at(*from);
    }
    depth_[name_] = depth;
    network_.add(std::move(placed));
  }

  void add_sum(long id, const Equation& equation, const std::map<std::string, long>& sources) {
    std::vector<std::string> of;
    for (const Term* term : {&equation.first, &equation.second}) {
      const auto from = source_of(id, term->name, sources);
      if (!from) {
        throw FileError{
            spot_, fmt::format("'operand_source' does not say which layer makes {}", term->name)};
      }
      of.push_back(*from);
    }
    // The skip is the one with fewer products behind it, of equals the earlier one.
    const auto place = [this](const std::string& name) {
      return std::pair{depth_.at(name), std::find(order_.begin(), order_.end(), name)};
    };
    if (place(of[0]) < place(of[1])) {
      std::swap(of[0], of[1]);
    }
    order_.push_back(name_);
    depth_[name_] = depth_.at(of[0]);
    network_.add_sum(name_, of, spot_);
  }

  /// The layer that makes an operand; none if that is this layer itself or nobody.
  std::optional<std::string> source_of(long id, const std::string& operand,
                                       const std::map<std::string, long>& sources) {
    if (order_.empty() || order_.back() != name_) {
      order_.push_back(name_);
    }
    const auto found = sources.find(operand);
    if (found == sources.end() || found->second == id) {
      return std::nullopt;
    }
    const auto producer = ids_.find(found->second);
    if (producer == ids_.end()) {
      throw FileError{spot_,
                      fmt::format("reads layer {}, which does not stand before it", found->second)};
    }
    return producer->second;
  }

  std::optional<int> operand_bits(const std::map<std::string, long>& bits,
                                  const std::string& operand) {
    const auto found = bits.find(operand);
    if (found == bits.end() || found->second == 0) {
      return std::nullopt;
    }
    if (found->second > 16) {
      network_.note("operands of more than 16 bits are computed with 16");
    }
    return static_cast<int>(std::min<long>(found->second, 16));
  }

  static std::vector<const ConfigNode*> list_of(ConfigMap& map, const std::string& key) {
    const ConfigNode& node = map.get_node(key);
    if (node.kind != ConfigNode::Kind::sequence) {
      map.fail(key, fmt::format("'{}' must be a list", key));
    }
    std::vector<const ConfigNode*> list;
    for (const ConfigNode& item : node.items) {
      list.push_back(&item);
    }
    return list;
  }

  static void read_loops(ConfigMap& map, Einsum& einsum) {
    const auto names = list_of(map, "loop_dims");
    const auto sizes = list_of(map, "loop_sizes");
    if (names.size() != sizes.size()) {
      map.fail("loop_sizes",
               fmt::format("'loop_sizes' has {} entries for {} loops", sizes.size(), names.size()));
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string loop = lower(names[i]->scalar);
      if (loop.empty() ||
          !einsum.sizes.emplace(loop, parse_int(*sizes[i], "loop_sizes", 1, kMostLoop)).second) {
        throw FileError{names[i]->spot,
                        fmt::format("loop '{}' is given twice or has no name", names[i]->scalar)};
      }
    }
  }

  /// ix=2*ox+1*fx, each by its left side.
  static std::map<std::string, Axis> read_relations(ConfigMap& map) {
    std::map<std::string, Axis> relations;
    if (!map.has("dimension_relations")) {
      return relations;
    }
    for (const ConfigNode* each : list_of(map, "dimension_relations")) {
      const std::size_t equals = each->scalar.find('=');
      if (equals == std::string::npos) {
        throw FileError{each->spot,
                        fmt::format("'{}' is no relation such as ix=2*ox+1*fx", each->scalar)};
      }
      const Axis left = parse_axis(each->scalar.substr(0, equals), each->spot);
      relations[left.front().loop] = parse_axis(each->scalar.substr(equals + 1), each->spot);
    }
    return relations;
  }

  static std::map<std::string, long> read_integers(ConfigMap& map, const std::string& key, long min,
                                                   long max) {
    std::map<std::string, long> values;
    if (auto given = map.opt_map(key)) {
      for (const std::string& name : given->keys()) {
        values[name] = given->get_int(name, min, max);
      }
    }
    return values;
  }

  /// An id, or a list of one; an empty list is no source.
  static std::map<std::string, long> read_sources(ConfigMap& map) {
    std::map<std::string, long> sources;
    if (auto given = map.opt_map("operand_source")) {
      for (const std::string& operand : given->keys()) {
        const ConfigNode& node = given->get_node(operand);
        if (node.kind == ConfigNode::Kind::sequence && node.items.size() > 1) {
          given->fail(operand, fmt::format("'{}' has several sources", operand));
        }
        if (node.kind != ConfigNode::Kind::sequence) {
          sources[operand] = parse_int(node, operand, 0, 1L << 31);
        } else if (!node.items.empty()) {
          sources[operand] = parse_int(node.items[0], operand, 0, 1L << 31);
        }
      }
    }
    return sources;
  }

  /// [[before, after], [before, after]] in the order of pr_loop_dims, IX first if that is absent.
  static std::optional<traces::Padding> read_padding(ConfigMap& map) {
    bool rows_first = false;
    if (map.has("pr_loop_dims")) {
      const auto dims = list_of(map, "pr_loop_dims");
      rows_first = !dims.empty() && lower(dims[0]->scalar) == "iy";
    }
    if (!map.has("padding")) {
      return std::nullopt;
    }
    const auto sides = list_of(map, "padding");
    std::array<std::array<int, 2>, 2> pads{};
    if (sides.size() != 2) {
      map.fail("padding", "'padding' is [[before, after], [before, after]]");
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (sides[i]->items.size() != 2) {
        map.fail("padding", "'padding' is [[before, after], [before, after]]");
      }
      for (std::size_t k = 0; k < 2; ++k) {
        pads[i][k] = static_cast<int>(parse_int(sides[i]->items[k], "padding", 0, 1L << 20));
      }
    }
    const auto& rows = pads[rows_first ? 0 : 1];
    const auto& columns = pads[rows_first ? 1 : 0];
    return traces::Padding{rows[0], columns[0], rows[1], columns[1]};
  }

  ShapeNetwork network_;
  std::string name_;
  SourceSpot spot_;
  std::map<long, std::string> ids_;
  std::vector<std::string> order_;
  std::map<std::string, int> depth_;  ///< products on the longest way to a layer's output
  bool has_pool_ = false;
};

}  // namespace

ImportedNetwork import_zigzag(const ConfigNode& file, const std::string& path,
                              const ImportOptions& options) {
  return Workload{file, path, options}.finish();
}

}  // namespace turnpike::models::shapes
