#include "models/network_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/zoo.hpp"
#include "sim/base/config_map.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

constexpr long kMaxExtent = 1L << 20;

std::vector<long> numbers(const ConfigNode& node, const std::string& what, long min, long max) {
  if (node.kind != ConfigNode::Kind::sequence) {
    return {parse_int(node, what, min, max)};
  }
  std::vector<long> out;
  for (const ConfigNode& item : node.items) {
    out.push_back(parse_int(item, what, min, max));
  }
  return out;
}

/// A number for both directions, or [rows, columns].
std::array<int, 2> rows_and_columns(ConfigMap& map, const std::string& key, int absent) {
  const ConfigNode* const node = map.opt_node(key);
  if (node == nullptr) {
    return {absent, absent};
  }
  const std::vector<long> given = numbers(*node, key, 1, kMaxExtent);
  if (given.size() > 2 || given.empty()) {
    map.fail(key, fmt::format("'{}' is a number or [rows, columns]", key));
  }
  return {static_cast<int>(given.front()), static_cast<int>(given.back())};
}

traces::Padding padding(ConfigMap& map) {
  const ConfigNode* const node = map.opt_node("pad");
  if (node == nullptr) {
    return {};
  }
  const std::vector<long> given = numbers(*node, "pad", 0, kMaxExtent);
  if (node->kind == ConfigNode::Kind::sequence && given.size() != 4) {
    map.fail("pad", "'pad' is a number or [top, left, bottom, right]");
  }
  const auto at = [&](std::size_t i) { return static_cast<int>(given[given.size() == 1 ? 0 : i]); };
  return {.top = at(0), .left = at(1), .bottom = at(2), .right = at(3)};
}

/// One element of `layers`.
class LayerReader {
 public:
  explicit LayerReader(ConfigMap& map) : map_{map} {}

  Layer read() {
    layer_.name = map_.get_string("name");
    const std::string op = map_.get_choice(
        "op", {"conv", "fc", "lstm", "gru", "add", "mul", "maxpool", "avgpool", "concat"});
    ensure(from_string(op, layer_.kind), "every choice is a layer kind");
    read_from();
    read_input();
    read_shape();
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
    const std::vector<long> given = numbers(*node, "input", 1, kMaxExtent);
    if (given.size() != 1 && (given.size() != 3 || layer_.is_recurrent())) {
      map_.fail("input", layer_.is_recurrent()
                             ? "'input' is the number of features per step"
                             : "'input' is [channels, rows, columns] or [features]");
    }
    input_ = TensorShape{given.begin(), given.end()};
  }

  void read_shape() {
    switch (layer_.kind) {
      case LayerKind::conv:
        layer_.filters = map_.get_int("filters", 1, kMaxExtent);
        static_cast<void>(map_.get_node("kernel"));
        layer_.kernel = rows_and_columns(map_, "kernel", 1);
        layer_.stride = rows_and_columns(map_, "stride", 1);
        layer_.pad = padding(map_);
        layer_.groups = static_cast<int>(map_.opt_int("groups", 1, kMaxExtent).value_or(1));
        break;
      case LayerKind::fc:
        layer_.filters = map_.get_int("filters", 1, kMaxExtent);
        break;
      case LayerKind::lstm:
      case LayerKind::gru:
        read_recurrent();
        break;
      case LayerKind::maxpool:
      case LayerKind::avgpool:
        layer_.kernel = rows_and_columns(map_, "kernel", 0);
        layer_.stride = map_.has("stride")      ? rows_and_columns(map_, "stride", 1)
                        : layer_.kernel[0] == 0 ? std::array<int, 2>{1, 1}
                                                : layer_.kernel;
        layer_.pad = padding(map_);
        break;
      case LayerKind::add:
        read_skip();
        break;
      default:
        break;
    }
    if (layer_.kind == LayerKind::conv || layer_.kind == LayerKind::fc ||
        layer_.kind == LayerKind::add) {
      layer_.relu = map_.opt_bool("relu").value_or(true);
    }
  }

  void read_recurrent() {
    layer_.filters = map_.get_int("hidden", 1, kMaxExtent);
    layer_.steps = map_.opt_int("steps", 1, kMaxExtent).value_or(1);
    if (input_) {
      input_->insert(input_->begin(), layer_.steps);
    }
    const bool lstm = layer_.kind == LayerKind::lstm;
    layer_.gate_order = map_.opt_string("gate_order").value_or(lstm ? "i,f,g,o" : "r,z,n");
    std::string letters = layer_.gate_order;
    std::sort(letters.begin(), letters.end());
    if (letters != (lstm ? ",,,fgio" : ",,nrz") || layer_.gate_order[1] != ',' ||
        layer_.gate_order[3] != ',' || layer_.gate_order.back() == ',') {
      map_.fail("gate_order", fmt::format("'gate_order' is '{}', but must be an order of {}",
                                          layer_.gate_order, lstm ? "i,f,g,o" : "r,z,n"));
    }
  }

  void read_skip() {
    if (auto skip = map_.opt_map("skip")) {
      layer_.skip_stride = static_cast<int>(skip->opt_int("stride", 1, kMaxExtent).value_or(1));
      layer_.channel_pad =
          static_cast<int>(skip->opt_int("channel_pad", 0, kMaxExtent).value_or(0));
      skip->finish();
    }
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
      const auto get = [&](const char* key) { return mapping->get_int(key, 1, kMaxExtent); };
      requests.mapping = traces::MappingRequest{.m = get("m"),
                                                .n = get("n"),
                                                .e = get("e"),
                                                .p = get("p"),
                                                .q = get("q"),
                                                .r = get("r"),
                                                .t = get("t")};
      mapping->finish();
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
    LayerReader reader{map};
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

Network open_network(const std::string& name, const NetworkSource& source) {
  if (name.starts_with("zoo:")) {
    return make_zoo(name, source.seed.value_or(1), source.batch.value_or(1));
  }
  if (name.ends_with(".yaml") || name.ends_with(".yml")) {
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
