#include "models/network_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/ops/ops.hpp"
#include "models/zoo.hpp"
#include "sim/base/config_map.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

/// One element of `layers`.
class LayerEntryReader {
 public:
  explicit LayerEntryReader(ConfigMap& map) : map_{map} {}

  Layer read() {
    layer_.name = map_.get_string("name");
    ensure(from_string(map_.get_choice("op", network_ops()), layer_.op),
           "every choice is an operation");
    read_from();
    read_input();
    LayerReader keys{map_};
    operation(layer_.op).read(keys, layer_);
    if (input_ && layer_.is_recurrent()) {
      input_->insert(input_->begin(), layer_.steps);
    }
    read_requests();
    map_.finish();
    return std::move(layer_);
  }

  /// The `input` key as a shape; nullopt if it is absent.
  [[nodiscard]] const std::optional<TensorShape>& input() const { return input_; }

 private:
  void read_from() {
    const ConfigNode* const node = map_.opt_node("from");
    if (node == nullptr) {
      return;
    }
    const std::vector<ConfigNode> items =
        node->kind == ConfigNode::Kind::sequence ? node->items : std::vector<ConfigNode>{*node};
    for (const ConfigNode& item : items) {
      if (item.kind != ConfigNode::Kind::scalar) {
        throw InputError{item.spot, "'from' is the name of a layer or a list of names"};
      }
      layer_.inputs.push_back(item.scalar);
    }
  }

  void read_input() {
    const ConfigNode* const node = map_.opt_node("input");
    if (node == nullptr) {
      return;
    }
    const std::vector<long> given = integers_of(*node, "input", 1, kMaxExtent);
    if (given.size() != 1 && (given.size() != 3 || layer_.is_recurrent())) {
      map_.fail("input", layer_.is_recurrent()
                             ? "'input' is the number of features per step"
                             : "'input' is [channels, rows, columns] or [features]");
    }
    input_ = TensorShape{given.begin(), given.end()};
  }

  void read_requests() {
    LayerRequests& requests = layer_.requests;
    if (!layer_.is_array()) {
      return;
    }
    if (auto bits = map_.opt_map("bits")) {
      const auto narrow = [](std::optional<long> value) {
        return value ? std::optional{static_cast<int>(*value)} : std::nullopt;
      };
      requests.weight_bits = narrow(bits->opt_int("weight", 1, 16));
      requests.activation_bits = narrow(bits->opt_int("activation", 1, 16));
      bits->finish();
    }
    if (auto mapping = map_.opt_map("mapping")) {
      Mapping request;
      request.kind = mapping->opt_string("kind").value_or(request.kind);
      for (const std::string& letter : Mapping::letters_among(request.kind, mapping->keys())) {
        request.letters.push_back({letter, mapping->get_int(letter, 1, kMaxExtent)});
      }
      mapping->finish();
      requests.mapping = std::move(request);
    }
    requests.width_tile = map_.opt_int("width_tile", 1, kMaxExtent);
    if (!layer_.is_recurrent()) {
      read_zeros();
    }
  }

  void read_zeros() {
    auto zeros = map_.opt_map("zeros");
    if (!zeros) {
      return;
    }
    layer_.requests.ifmap_zeros = zeros->opt_double("ifmap", 0.0, 1.0);
    layer_.requests.ofmap_zeros = zeros->opt_double("ofmap", 0.0, 1.0);
    if (layer_.requests.ofmap_zeros && !layer_.relu) {
      zeros->fail("ofmap", "'zeros.ofmap' needs the ReLU that 'relu: false' takes away");
    }
    zeros->finish();
  }

  ConfigMap& map_;
  Layer layer_;
  std::optional<TensorShape> input_;
};

/// InputError if the layer before has another output than the input this layer states. Looked at
/// before any other shape: what follows from a wrong input is no help.
void check_arrival(const Network& network, const Layer& layer, const TensorShape& stated,
                   const ConfigMap& map) {
  const std::string before =
      network.layers().empty() ? std::string{Network::kInput} : network.layers().back().name;
  const std::string& source = layer.inputs.empty() ? before : layer.inputs[0];
  if (source != Network::kInput && !network.has_layer(source)) {
    return;  // Network::add says so
  }
  const TensorShape& arrives = network.shape_of(source);
  if (stated == arrives) {
    return;
  }
  const bool detachable = layer.is_array() && !layer.is_recurrent() && source != Network::kInput;
  map.fail("input",
           fmt::format("'input' is {}, but {} arrives{}", to_string(stated), to_string(arrives),
                       detachable ? "; 'from' names another layer, and 'zeros: {ifmap: 0.5}' "
                                    "detaches this one: it reads data of its own, half of them "
                                    "zero"
                                  : ""));
}

Network build(ConfigMap file, const std::string& default_name, const NetworkSource& source) {
  static_cast<void>(file.get_choice("schema", {"turnpike-network/1"}));
  const std::string name = file.opt_string("name").value_or(default_name);
  const std::int64_t batch = source.batch.value_or(file.opt_int("batch", 1, 1 << 16).value_or(1));
  const auto seed = static_cast<std::uint64_t>(file.opt_int("seed", 0, 1L << 62).value_or(1));
  std::vector<ConfigMap> layers = file.get_map_list("layers");
  file.finish();
  if (layers.empty()) {
    file.fail("layers", "a network has at least one layer");
  }
  std::optional<Network> network;
  for (ConfigMap& map : layers) {
    LayerEntryReader reader{map};
    Layer layer = reader.read();
    if (!network) {
      if (!reader.input()) {
        map.fail("input", "the first layer needs 'input': [channels, rows, columns] or [features]");
      }
      network.emplace(name, *reader.input(), batch);
    }
    const SourceSpot spot = map.spot("name");
    const bool synthetic = layer.requests.ifmap_zeros.has_value();
    if (reader.input() && !synthetic) {
      check_arrival(*network, layer, *reader.input(), map);
    }
    network->add(std::move(layer), spot, synthetic ? reader.input() : std::optional<TensorShape>{});
  }
  network->seed = source.seed.value_or(seed);
  fill_synthetic(*network);
  return std::move(*network);
}

}  // namespace

Network read_network(const std::string& path) {
  return build(ConfigMap::from_file(path), path, {});
}

Network parse_network(const std::string& text, const std::string& name) {
  return build(ConfigMap::from_string(text, name), name, {});
}

bool is_network(const std::string& name) {
  return name.starts_with("zoo:") || name.ends_with(".yaml") || name.ends_with(".yml");
}

Network open_network(const std::string& name, const NetworkSource& source) {
  if (name.starts_with("zoo:")) {
    return make_zoo(name, source.seed.value_or(1), source.batch.value_or(1));
  }
  if (is_network(name)) {
    return build(ConfigMap::from_file(name), name, source);
  }
  std::vector<std::string> known = zoo_names();
  for (std::string& each : known) {
    each.insert(0, "zoo:");
  }
  throw InputError{{.file = name},
                   fmt::format("a network is zoo:NAME or a .yaml file{}", suggestion(name, known))};
}

}  // namespace turnpike::models
