#include "models/highway.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::models {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::PostStep;
using traces::Program;
using traces::ProgramTensor;
using traces::TensorKind;

class Rewrite {
 public:
  Rewrite(QuantizedGraph& graph, int bits, const std::string& edges)
      : graph_{graph}, program_{graph.program}, bits_{bits}, edges_{edges} {}

  void run() {
    find_joins();
    // By index: splitting a producer inserts layers before the reader.
    for (std::size_t i = 0; i < program_.layers.size(); ++i) {
      if (!is_chosen(program_.layers[i].name, edges_)) {
        continue;
      }
      if (program_.layers[i].skip) {
        i += move_skip(i);
      } else if (joins_.contains(program_.layers[i].name)) {
        i += widen_join(i);
      } else if (program_.layers[i].recurrent) {
        widen_recurrent(program_.layers[i]);
      }
    }
    let_norms_read_the_highway();
  }

 private:
  /// Puts the skip of the add at `index` on the highway; returns how many layers were inserted
  /// before it.
  std::size_t move_skip(std::size_t index) {
    const std::string low = program_.layers[index].inputs.at(1);
    const ProgramTensor& entry = program_.tensor(low);
    const auto producer = program_.producer(low);
    if (entry.highway) {
      program_.layers[index].skip->highway = true;
      return 0;
    }
    if (entry.is_float() || std::max(bits_, entry.bits) == entry.bits || !producer) {
      return 0;
    }
    std::size_t inserted = 0;
    std::string high = low;
    if (program_.layers[*producer].op == Op::quantize) {
      high = program_.layers[*producer].inputs.at(0);
      if (const auto source = program_.producer(high); source && !program_.tensor(high).highway) {
        widen(high, program_.layers[*source]);
      }
    } else if (only_chosen_skips_read(low)) {
      widen(low, program_.layers[*producer]);
    } else {
      high = split(low, *producer);
      inserted = 1;
    }
    LayerEntry& add = program_.layers[index + inserted];
    add.inputs[1] = high;
    add.skip->highway = true;
    return inserted;
  }

  /// Joins whose readers are all norms that stand alone, or joins like them: from the last on. One
  /// that a single norm reads never leaves the post-processing unit, but what it joins does.
  void find_joins() {
    for (std::size_t i = program_.layers.size(); i-- > 0;) {
      const LayerEntry& layer = program_.layers[i];
      const ProgramTensor& whole = program_.tensor(layer.output);
      const bool narrow =
          whole.is_float() || (bits_ > whole.bits && graph_.plans.contains(layer.output));
      if (layer.op == Op::concat && is_chosen(layer.name, edges_) && narrow &&
          !program_.consumers(layer.output).empty() && only_norms_and_joins_read(layer.output)) {
        joins_.insert(layer.name);
      }
    }
  }

  [[nodiscard]] bool only_norms_and_joins_read(const std::string& tensor) const {
    const std::vector<std::size_t> readers = program_.consumers(tensor);
    return std::all_of(readers.begin(), readers.end(), [&](std::size_t reader) {
      const LayerEntry& layer = program_.layers[reader];
      return layer.op == Op::affine || joins_.contains(layer.name);
    });
  }

  /// Makes what the concat at `index` writes and what it reads highway tensors; returns how many
  /// layers were inserted before it.
  std::size_t widen_join(std::size_t index) {
    std::size_t inserted = 0;
    for (std::size_t k = 0; k < program_.layers[index].inputs.size(); ++k) {
      const std::string part = program_.layers[index + inserted].inputs[k];
      const auto producer = program_.producer(part);
      const ProgramTensor& entry = program_.tensor(part);
      if (entry.highway || entry.is_float() || !producer || bits_ <= entry.bits) {
        continue;
      }
      const LayerEntry& maker = program_.layers[*producer];
      if (maker.op == Op::quantize && program_.tensor(maker.inputs.at(0)).highway) {
        program_.layers[index + inserted].inputs[k] = maker.inputs.at(0);
      } else if (maker.op != Op::quantize && only_norms_and_joins_read(part)) {
        widen(part, program_.layers[*producer]);
      } else if (maker.op != Op::quantize) {
        const std::string high = split(part, *producer);
        ++inserted;
        program_.layers[index + inserted].inputs[k] = high;
      }
    }
    LayerEntry& join = program_.layers[index + inserted];
    if (!program_.tensor(join.output).is_float()) {
      widen(join.output, join);
    }
    return inserted;
  }

  [[nodiscard]] bool only_chosen_skips_read(const std::string& tensor) const {
    const std::vector<std::size_t> readers = program_.consumers(tensor);
    return std::all_of(readers.begin(), readers.end(), [&](std::size_t reader) {
      return program_.layers[reader].skip.has_value() &&
             is_chosen(program_.layers[reader].name, edges_);
    });
  }

  /// Makes a tensor a highway tensor; its producer quantizes unless the highway is floating.
  void widen(const std::string& name, LayerEntry& producer) {
    make_highway(program_.tensor(name));
    std::erase_if(producer.post,
                  [](const PostStep& step) { return step.kind == PostStep::Kind::quantize; });
    if (bits_ != traces::kFloatBits) {
      producer.post.push_back({.kind = PostStep::Kind::quantize, .tensor = ""});
    }
  }

  void make_highway(ProgramTensor& entry) {
    entry.highway = true;
    entry.zero_point = 0.0;
    entry.axis.reset();
    entry.is_signed = bits_ != traces::kFloatBits;
    entry.kind = bits_ == traces::kFloatBits ? TensorKind::floating : TensorKind::uniform;
    entry.bits = bits_;
    TensorPlan& plan = graph_.plans.at(entry.name);
    plan.grid = Grid::symmetric;
    if (plan.quantizer != config::ActivationQuantizer::mse) {
      plan.clip.reset();  // a clip is that of the narrow codes
    }
    plan.quantizer = plan.on_highway;
  }

  /// A producer that writes codes directly writes the highway tensor instead, and a new quantize
  /// node behind it the codes. Returns the highway tensor's name.
  std::string split(const std::string& low, std::size_t producer) {
    const std::string value = graph_.plans.at(low).value;
    ProgramTensor entry;
    entry.name = value + ".h";
    graph_.plans[entry.name] = graph_.plans.at(low);
    make_highway(entry);
    std::string high = entry.name;
    program_.add_tensor(std::move(entry));
    program_.layers[producer].output = high;
    widen(high, program_.layers[producer]);
    LayerEntry quantizer;
    quantizer.name = value + ".quant";
    quantizer.op = Op::quantize;
    quantizer.inputs = {high};
    quantizer.output = low;
    const auto place = program_.layers.begin() + static_cast<std::ptrdiff_t>(producer) + 1;
    program_.layers.insert(place, std::move(quantizer));
    return high;
  }

  /// Codes that nobody reads any more are not made.
  void let_norms_read_the_highway() {
    for (LayerEntry& layer : program_.layers) {
      if (layer.op != Op::affine) {
        continue;
      }
      const auto maker = program_.producer(layer.inputs.at(0));
      if (maker && program_.layers[*maker].op == Op::quantize &&
          program_.tensor(program_.layers[*maker].inputs.at(0)).highway) {
        layer.inputs[0] = program_.layers[*maker].inputs.at(0);
      }
    }
    for (std::size_t i = program_.layers.size(); i-- > 0;) {
      const std::string codes = program_.layers[i].output;
      if (program_.layers[i].op == Op::quantize && program_.consumers(codes).empty() &&
          program_.tensor(program_.layers[i].inputs.at(0)).highway) {
        program_.layers.erase(program_.layers.begin() + static_cast<std::ptrdiff_t>(i));
        program_.remove_tensor(codes);
        graph_.plans.erase(codes);
      }
    }
  }

  void widen_recurrent(LayerEntry& layer) {
    ProgramTensor& output = program_.tensor(layer.output);
    if (std::max(bits_, output.bits) == output.bits) {
      return;  // one copy: a highway no wider than the operands
    }
    layer.recurrent->highway = true;
    make_highway(output);
    if (!layer.recurrent->cell.empty()) {
      make_highway(program_.tensor(layer.recurrent->cell));
    }
    for (const std::string& name :
         {layer.recurrent->gates, layer.recurrent->candidate, layer.recurrent->cell_tanh}) {
      if (!name.empty()) {
        ProgramTensor& gates = program_.tensor(name);
        gates.kind = TensorKind::floating;
        gates.bits = traces::kFloatBits;
        gates.is_signed = false;
      }
    }
  }

  QuantizedGraph& graph_;
  Program& program_;
  int bits_;
  const std::string& edges_;
  std::set<std::string> joins_;  ///< concats that carry the highway
};

std::vector<std::string> patterns_of(const std::string& edges) {
  std::vector<std::string> patterns;
  std::istringstream words{edges};
  for (std::string word; words >> word;) {
    patterns.push_back(word);
  }
  return patterns;
}

}  // namespace

bool is_chosen(const std::string& layer, const std::string& edges) {
  if (edges == "all") {
    return true;
  }
  const std::vector<std::string> patterns = patterns_of(edges);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_match(pattern, layer); });
}

void check_edges(const Network& network, const std::string& edges) {
  if (edges == "all") {
    return;
  }
  std::vector<std::string> names;
  for (const Layer& layer : network.layers()) {
    if (layer.op == Op::add || layer.op == Op::concat || layer.is_recurrent()) {
      names.push_back(layer.name);
    }
  }
  const std::vector<std::string> patterns = patterns_of(edges);
  if (patterns.empty()) {
    throw InputError{{.file = network.name()},
                     "highway.edges names no layer; switch the highway off instead"};
  }
  for (const std::string& pattern : patterns) {
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return glob_match(pattern, name); })) {
      throw InputError{
          {.file = network.name()},
          fmt::format("no add, concat or recurrent layer matches '{}' of highway.edges{}", pattern,
                      suggestion(pattern, names))};
    }
  }
}

void apply_highway(QuantizedGraph& graph, int bits, const std::string& edges) {
  Rewrite{graph, bits, edges}.run();
}

}  // namespace turnpike::models
