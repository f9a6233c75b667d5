// Which tensors are written to memory, at what width, and how long they are needed.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/accelerator/stage.hpp"
#include "sim/accelerator/trace_widths.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::TensorEntry;
using traces::Trace;

class Finder {
 public:
  Finder(const Trace& trace, const config::AcceleratorConfig& config, Plan& plan)
      : trace_{trace}, config_{config}, plan_{plan} {
    for (std::size_t s = 0; s < plan.stages.size(); ++s) {
      for (const std::size_t i : plan.stages[s].layers) {
        stage_of_[i] = static_cast<std::int64_t>(s);
      }
    }
  }

  void run() {
    std::set<std::string> seen;
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
      for (const std::size_t i : plan_.stages[s].layers) {
        for (const std::string& input : trace_.layers[i].inputs) {
          if (!trace_.producer(input) && seen.insert(input).second) {
            consider(input, -1);
          }
        }
        consider(trace_.layers[i].output, static_cast<std::int64_t>(s));
      }
    }
    for (const LayerEntry& layer : trace_.layers) {
      pair_copies(layer);
    }
    for (Stage& stage : plan_.stages) {
      for (ArrayJob& job : stage.jobs) {
        if (plan_.quantized_on_read.contains(job.input)) {
          job.stored_bits = plan_.source(job.input)->bits;
        }
      }
    }
    if (!trace_.highway.enabled) {
      find_wider_skips();
    }
  }

 private:
  /// Last stage that reads a tensor; the number of stages if nothing does: an output.
  [[nodiscard]] std::int64_t last_reader(const std::string& name) const {
    const auto readers = trace_.consumers(name);
    std::int64_t last = readers.empty() ? static_cast<std::int64_t>(plan_.stages.size()) : -1;
    for (const std::size_t reader : readers) {
      last = std::max(last, stage_of_.at(reader));
    }
    return last;
  }

  void consider(const std::string& name, std::int64_t first) {
    const std::int64_t last = last_reader(name);
    if (last == first) {
      return;  // read only where it is made
    }
    const TensorEntry& tensor = trace_.tensor(name);
    StoredTensor stored;
    stored.name = name;
    stored.values = tensor.data.size();
    stored.highway = tensor.highway && trace_.highway.enabled;
    stored.bits = tensor.is_float() ? (stored.highway ? trace_.highway.bits : kFloatOperandBits)
                                    : tensor.bits;
    stored.low_bits =
        stored.highway ? std::min(stored.bits, config_.precision.activation) : stored.bits;
    stored.first_stage = first;
    stored.last_stage = last;
    plan_.tensors.emplace(name, stored);
  }

  /// A tensor that is quantized, where it is made, from a highway tensor that is stored for a later
  /// skip: two copies, or with single storage one.
  void pair_copies(const LayerEntry& layer) {
    if (layer.op != Op::quantize) {
      return;
    }
    const auto high = plan_.tensors.find(layer.inputs[0]);
    const auto low = plan_.tensors.find(layer.output);
    if (high == plan_.tensors.end() || low == plan_.tensors.end() || !high->second.highway ||
        high->second.first_stage != low->second.first_stage) {
      return;
    }
    if (config_.highway.storage == config::HighwayStorage::dual) {
      high->second.second = true;
      return;
    }
    high->second.last_stage = std::max(high->second.last_stage, low->second.last_stage);
    high->second.single = true;
    plan_.quantized_on_read.emplace(low->first, high->first);
    plan_.tensors.erase(low);
  }

  /// Stored operands of adds that are wider than what a machine of low precision would store. Psums
  /// that an add alone reads are no skips.
  void find_wider_skips() {
    for (const auto& [name, stored] : plan_.tensors) {
      const std::vector<std::size_t> readers = trace_.consumers(name);
      const bool added = std::any_of(readers.begin(), readers.end(), [this](std::size_t reader) {
        return trace_.layers[reader].op == Op::add;
      });
      const int codes = codes_of(stored, readers);
      const bool psums = codes == 0 && trace_.tensor(name).is_float();
      if (added && !psums && stored.bits > (codes > 0 ? codes : codes_of_most())) {
        plan_.wider_skips.push_back(name);
      }
    }
  }

  /// Widest codes the readers but adds take of a tensor; 0 if they take none.
  [[nodiscard]] int codes_of(const StoredTensor& stored,
                             const std::vector<std::size_t>& readers) const {
    int widest = 0;
    for (const std::size_t reader : readers) {
      const LayerEntry& layer = trace_.layers[reader];
      if (layer.op == Op::quantize) {
        widest = std::max(widest, trace_.tensor(layer.output).bits);
      } else if (runs_on_array(layer.op)) {
        widest = std::max(widest, stored.bits);
      }
    }
    return widest;
  }

  /// Widest codes of the layers between the first and the last.
  [[nodiscard]] int codes_of_most() const {
    const int widest = machine_widths(trace_, config::FirstLast::native16).activation;
    return widest > 0 ? widest : kFloatOperandBits;
  }

  const Trace& trace_;
  const config::AcceleratorConfig& config_;
  Plan& plan_;
  std::map<std::size_t, std::int64_t> stage_of_;
};

}  // namespace

void find_stored_tensors(const Trace& trace, const config::AcceleratorConfig& config, Plan& plan) {
  Finder{trace, config, plan}.run();
}

std::vector<std::string> wider_skips(const Trace& trace, const config::AcceleratorConfig& config) {
  Plan plan;
  plan.stages = group_layers(trace);
  find_stored_tensors(trace, config, plan);
  return plan.wider_skips;
}

}  // namespace turnpike::accelerator
