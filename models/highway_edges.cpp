#include "models/highway_edges.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/highway.hpp"
#include "models/layer_measurement.hpp"
#include "models/lowering.hpp"
#include "models/parallel.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;

class Edges {
 public:
  Edges(const Network& network, const QuantizeOptions& options)
      : network_{network},
        options_{options},
        low_{lower(network, options)},
        high_{lower(network, options)} {
    apply_highway(high_, options.highway_bits, options.highway_edges);
  }

  std::vector<HighwayEdge> all() const {
    std::vector<HighwayEdge> edges;
    for (const Layer& layer : network_.layers()) {
      if (layer.op == Op::add) {
        edges.push_back(skip(layer));
      } else if (layer.is_recurrent()) {
        edges.push_back(state(layer));
      } else if (layer.op == Op::concat) {
        add_concatenated(layer, edges);
      }
    }
    return edges;
  }

 private:
  [[nodiscard]] const LayerEntry& entry(const QuantizedGraph& graph,
                                        const std::string& name) const {
    const auto& layers = graph.program.layers;
    const auto found = std::find_if(layers.begin(), layers.end(),
                                    [&](const LayerEntry& each) { return each.name == name; });
    ensure(found != layers.end(), "every layer of a network is in its program");
    return *found;
  }

  [[nodiscard]] HighwayEdge skip(const Layer& add) const {
    HighwayEdge edge;
    edge.reader = add.name;
    const LayerEntry& before = entry(low_, add.name);
    const LayerEntry& after = entry(high_, add.name);
    const std::string& codes = before.inputs.at(1);
    const traces::ProgramTensor& tensor = low_.program.tensor(codes);
    const auto plan = low_.plans.find(codes);
    edge.value = plan == low_.plans.end() ? add.inputs.at(1) : plan->second.value;
    edge.bypassed = bypassed(edge.value, add);
    edge.values = element_count(network_.shape_of(edge.value));
    edge.low_bits = tensor.bits;
    edge.carried = after.skip && after.skip->highway;
    set_origin(edge);
    if (edge.carried) {
      return edge;
    }
    if (!is_chosen(add.name, options_.highway_edges)) {
      edge.why_not = "highway.edges leaves it out";
    } else if (tensor.is_float()) {
      edge.why_not = "it never leaves the post-processing unit";
    } else if (!low_.program.producer(codes)) {
      edge.why_not = "the network's input is codes";
    } else {
      edge.why_not = fmt::format("its codes have {} bits, no fewer than the highway", tensor.bits);
    }
    return edge;
  }

  [[nodiscard]] HighwayEdge state(const Layer& layer) const {
    HighwayEdge edge;
    edge.kind = HighwayEdge::Kind::state;
    edge.reader = layer.name;
    edge.value = layer.name;
    const LayerEntry& before = entry(low_, layer.name);
    const LayerEntry& after = entry(high_, layer.name);
    const bool has_cell = before.recurrent && !before.recurrent->cell.empty();
    edge.values = element_count(layer.output_shape) * (has_cell ? 2 : 1);
    edge.low_bits = low_.program.tensor(before.output).bits;
    edge.carried = after.recurrent && after.recurrent->highway;
    edge.origin = has_cell ? "cell state and output" : "output";
    if (!edge.carried) {
      edge.why_not =
          is_chosen(layer.name, options_.highway_edges)
              ? fmt::format("its codes have {} bits, no fewer than the highway", edge.low_bits)
              : "highway.edges leaves it out";
    }
    return edge;
  }

  void add_concatenated(const Layer& concat, std::vector<HighwayEdge>& edges) const {
    for (const std::string& value : concat.inputs) {
      HighwayEdge edge;
      edge.kind = HighwayEdge::Kind::concatenation;
      edge.reader = concat.name;
      edge.value = value;
      edge.bypassed = bypassed(value, concat);
      if (edge.bypassed == 0) {
        continue;
      }
      edge.values = element_count(network_.shape_of(value));
      edge.low_bits = options_.activation_bits;
      const auto place = static_cast<std::size_t>(&value - concat.inputs.data());
      edge.carried = high_.program.tensor(entry(high_, concat.name).inputs.at(place)).highway;
      if (!edge.carried) {
        edge.why_not = is_chosen(concat.name, options_.highway_edges)
                           ? "a concatenation only hands on, and not all that read it are norms"
                           : "highway.edges leaves it out";
      }
      set_origin(edge);
      edges.push_back(std::move(edge));
    }
  }

  /// Most array layers on a way from `value` to `reader` that is not the edge itself.
  [[nodiscard]] std::int64_t bypassed(const std::string& value, const Layer& reader) const {
    std::map<std::string, std::int64_t> reach = {{value, 0}};
    for (const Layer& layer : network_.layers()) {
      if (layer.name == value) {
        continue;  // what lies before it is no way around
      }
      std::int64_t most = -1;
      for (const std::string& input : layer.inputs) {
        if (const auto found = reach.find(input); found != reach.end()) {
          most = std::max(most, found->second);
        }
      }
      if (most >= 0) {
        reach[layer.name] = most + (layer.is_array() ? 1 : 0);
      }
      if (layer.name == reader.name) {
        return std::max<std::int64_t>(most, 0);
      }
    }
    return 0;
  }

  /// Back over what the post-processing unit does, to a sum or to an array layer.
  void set_origin(HighwayEdge& edge) const {
    std::string value = edge.value;
    while (value != Network::kInput) {
      const Layer& maker = network_.layer(value);
      if (maker.op == Op::add) {
        const bool goes_on = is_chosen(maker.name, options_.highway_edges);
        edge.origin =
            fmt::format("{} {}", goes_on ? "goes on from" : "begins at the sum", maker.name);
        edge.interrupted = !goes_on;
        return;
      }
      if (maker.is_array()) {
        set_array_origin(edge, maker);
        return;
      }
      value = maker.inputs.at(0);
    }
    edge.origin = "begins at the input";
  }

  void set_array_origin(HighwayEdge& edge, const Layer& maker) const {
    // What only the edge reads is a projection of the skip: computed from codes.
    const bool first = maker.inputs.at(0) == Network::kInput;
    const bool projection = !first && network_.consumers(maker.name).size() == 1;
    edge.interrupted = projection;
    if (projection) {
      edge.bypassed = bypassed(maker.inputs.at(0), network_.layer(edge.reader));
    }
    edge.origin = projection
                      ? fmt::format("interrupted: {} computes it from codes of {} bits", maker.name,
                                    layer_bits(network_, maker, options_).activation)
                      : fmt::format("begins at {}", maker.name);
  }

  const Network& network_;
  const QuantizeOptions& options_;
  QuantizedGraph low_;
  QuantizedGraph high_;
};

/// The network's last output in float, and quantized in several ways.
class LastOutput {
 public:
  LastOutput(const Network& network, const Calibration& calibration, const HighwaySearch& search)
      : network_{network}, calibration_{calibration}, search_{search} {
    const std::string& last = network.layers().back().name;
    forward(network, {search.inputs, search.count}, FloatVisitor{[&](const FloatValue& value) {
              if (value.name == last) {
                reference_ = {value.values.begin(), value.values.end()};
              }
            }});
  }

  /// Its cosine error.
  [[nodiscard]] double error(const QuantizeOptions& options) const {
    const QuantizedNetwork quantized =
        repaired(network_, calibration_, options,
                 {.repair = search_.repair, .inputs = search_.inputs, .threads = 1});
    Execution execution{quantized.program, quantized.parameters,
                        input_codes(quantized.program, search_.inputs,
                                    with_batch(network_.input_shape(), search_.count)),
                        Keep::outputs};
    LayerMeasurement unused;
    const std::vector<double> values = run_measured(quantized.program, execution, nullptr, unused);
    return angle_sums(values, reference_).cosine_error();
  }

 private:
  const Network& network_;
  const Calibration& calibration_;
  const HighwaySearch& search_;
  std::vector<float> reference_;
};

}  // namespace

std::vector<HighwayEdge> highway_edges(const Network& network, const QuantizeOptions& options) {
  check_options(network, options);
  return Edges{network, options}.all();
}

std::vector<HighwayStep> search_highway(const Network& network, const Calibration& calibration,
                                        QuantizeOptions options, const HighwaySearch& search) {
  options.highway = false;
  std::vector<HighwayEdge> left;
  for (HighwayEdge& edge : highway_edges(network, options)) {
    if (edge.carried) {
      left.push_back(std::move(edge));
    }
  }
  if (left.empty()) {
    throw InputError{{.file = network.name()}, "has no edge that a highway could carry"};
  }
  const LastOutput output{network, calibration, search};
  std::vector<HighwayStep> steps = {{"", 0, output.error(options)}};
  options.highway = true;
  std::string chosen;
  while (!left.empty()) {
    std::vector<double> errors(left.size());
    parallel_for(static_cast<std::int64_t>(left.size()), search.threads, [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      QuantizeOptions with = options;
      with.highway_edges = chosen + left[at].reader;
      errors[at] = output.error(with);
    });
    const auto worth = [&](std::size_t i) {
      return (steps.back().error - errors[i]) /
             static_cast<double>(left[i].values * options.highway_bits);
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < left.size(); ++i) {
      best = worth(i) > worth(best) ? i : best;
    }
    steps.push_back({left[best].reader,
                     steps.back().bits + left[best].values * options.highway_bits, errors[best]});
    chosen += left[best].reader + " ";
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return steps;
}

}  // namespace turnpike::models
