#include "sim/run/workload.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/dataset.hpp"
#include "models/derived_trace.hpp"
#include "models/import/import_model.hpp"
#include "models/import/npy_folder.hpp"
#include "models/measured_zeros.hpp"
#include "models/network_file.hpp"
#include "models/parallel.hpp"
#include "models/quantize.hpp"
#include "models/stated_lowering.hpp"
#include "models/weights_file.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/accelerator/trace_widths.hpp"
#include "sim/config/sources.hpp"
#include "traces/other_formats.hpp"
#include "traces/trace_file.hpp"

namespace turnpike {
namespace {

namespace fs = std::filesystem;
using config::AcceleratorConfig;
using config::OperandWidths;
using traces::Trace;

/// Lays keys that the workload decides over the configuration; config.resolved.yaml says so.
void resolve(AcceleratorConfig& config, const std::string& yaml) {
  const auto mark = [](auto& self, ConfigNode& node) -> void {
    node.spot = node.key_spot = {"the workload's own", 0, 0};
    for (auto& [name, child] : node.entries) {
      self(self, child);
    }
  };
  ConfigNode decided = ConfigNode::from_string(yaml, "workload");
  mark(mark, decided);
  config.resolved.merge(decided);
}

/// The machine is as wide as the workload's own operands.
void follow_widths(const Trace& trace, AcceleratorConfig& config) {
  const OperandWidths widest = accelerator::machine_widths(trace, config.layers.first_last);
  if (!config.precision_given && widest.weight > 0 && widest.activation > 0) {
    config.precision = widest;
    resolve(config, fmt::format("precision: {{weight: {}, activation: {}}}", widest.weight,
                                widest.activation));
  }
}

/// InputError if highway.bits or highway.edges was set by --set or by a point of a sweep, and the
/// trace has others.
void check_highway_keys(const Trace& trace, const AcceleratorConfig& config) {
  const ConfigNode* highway = config.resolved.find("highway");
  const auto set = [highway](const char* key) -> const ConfigNode* {
    const ConfigNode* value = highway == nullptr ? nullptr : highway->find(key);
    return value != nullptr && value->spot.file.starts_with("--set ") ? value : nullptr;
  };
  if (const ConfigNode* edges = set("edges")) {
    throw InputError{edges->spot,
                     "a trace brings its own highway: leave 'highway.edges' out, or give the "
                     "network"};
  }
  const ConfigNode* bits = set("bits");
  if (bits == nullptr || (trace.highway.enabled && config.highway.bits == trace.highway.bits)) {
    return;
  }
  throw InputError{
      bits->spot,
      fmt::format("'highway.bits' is {}, but the trace has {}; a trace brings its own "
                  "highway: leave the key out",
                  config.highway.bits,
                  trace.highway.enabled ? fmt::format("a highway of {} bits", trace.highway.bits)
                                        : "no highway")};
}

/// A trace file decides widths and highway; what contradicts it on the command line is an error,
/// but for the highway's being on or off.
void follow_trace(const Trace& trace, AcceleratorConfig& config) {
  accelerator::check_overrides(trace, config);
  follow_widths(trace, config);
  if (config.highway_given && config.highway.enabled != trace.highway.enabled) {
    return;  // another trace is derived from it
  }
  check_highway_keys(trace, config);
  if (config.highway.enabled != trace.highway.enabled) {
    config.highway.enabled = trace.highway.enabled;
    resolve(config, fmt::format("highway: {{enabled: {}}}", trace.highway.enabled));
  }
  if (trace.highway.enabled && config.highway.bits != trace.highway.bits) {
    config.highway.bits = trace.highway.bits;
    resolve(config, fmt::format("highway: {{bits: {}}}", trace.highway.bits));
  }
}

/// What to do with a file of a kind that is not read.
std::string way_out(const std::string& name) {
  const std::string way = traces::way_in(name);
  return way.empty() ? "give zoo:NAME, a network .yaml, or a trace (.npz or directory; "
                       "traces/FORMAT.md), a model (.onnx, .tflite), or a topology (.csv)"
                     : way;
}

std::optional<models::Normalization> normalization_of(const AccuracyRequest& data) {
  return data.mean.empty() ? std::nullopt
                           : std::optional{models::Normalization{data.mean, data.deviation}};
}

}  // namespace

struct Workload::Impl {
  std::shared_ptr<const Trace> file_trace;   ///< for trace files
  std::unique_ptr<models::Network> network;  ///< else
  std::vector<std::string> notes;            ///< on its weights
  std::vector<float> calibration_inputs;     ///< empty: the network's own input
  mutable std::unique_ptr<models::Calibration> calibration;
  mutable std::shared_ptr<const Trace> derived;  ///< of the file's, the last that was asked for
  mutable models::HighwayWanted derived_as;
  mutable std::shared_ptr<const Trace> quantized;  ///< of the network, the last that was asked for
  mutable models::QuantizeOptions quantized_as;
  std::optional<models::MeasuredZeros> zeros;
  mutable std::vector<std::string> unmet_zeros;  ///< of the last trace

  void take_images(const AccuracyRequest& data) {
    if (!network || network->is_recurrent()) {
      throw InputError{{"--data", 0, 0}, "goes with a network that reads images"};
    }
    const models::LabelledImages images =
        models::LabelledImages::load(data.file, network->input_shape(), normalization_of(data));
    if (images.count() < network->batch()) {
      throw FileError{
          {.file = data.file},
          fmt::format("has {} images for a batch of {}", images.count(), network->batch())};
    }
    network->set_input(images.input(models::evenly_spaced(images.count(), network->batch())));
    const models::LabelledImages others =
        data.calibration.empty()
            ? images
            : models::LabelledImages::load(data.calibration, network->input_shape(),
                                           normalization_of(data));
    calibration_inputs =
        others.input(models::evenly_spaced(others.count(), data.calibration_images));
  }
};

Workload::Workload() : impl_{std::make_unique<Impl>()} {}
Workload::Workload(Workload&&) noexcept = default;
Workload& Workload::operator=(Workload&&) noexcept = default;
Workload::~Workload() = default;

Workload Workload::open(const std::string& name, const std::optional<std::string>& weights,
                        const std::optional<AccuracyRequest>& data) {
  Workload workload;
  workload.name_ = name;
  std::error_code ignored;  // what cannot be looked at is told when it is opened
  if (models::is_importable(name)) {
    models::ImportedNetwork imported = models::import_network(name);
    workload.impl_->notes = std::move(imported.notes);
    if (imported.network.is_stated()) {
      // Its quantization is the file's: it runs as a trace does.
      workload.impl_->file_trace =
          std::make_shared<const Trace>(models::stated_trace(imported.network));
    } else {
      workload.impl_->network = std::make_unique<models::Network>(std::move(imported.network));
    }
  } else if (models::is_network(name)) {
    workload.impl_->network = std::make_unique<models::Network>(models::open_network(name));
  } else if (models::is_npy_folder(name)) {
    workload.impl_->file_trace = std::make_shared<const Trace>(models::read_npy_folder(name));
  } else if (name.ends_with(".npz") || fs::is_directory(name, ignored)) {
    workload.impl_->file_trace = std::make_shared<const Trace>(traces::read_trace(name));
  } else if (!fs::exists(name, ignored)) {
    throw FileError{{name, 0, 0},
                    "no such workload; give zoo:NAME, a network .yaml, a trace (.npz or "
                    "directory), a model (.onnx, .tflite) or a topology (.csv)"};
  } else {
    throw FileError{{name, 0, 0}, "is of an unsupported kind; " + way_out(name)};
  }
  if (weights) {
    if (!workload.impl_->network) {
      throw InputError{{"--weights", 0, 0}, "goes with a network, not with a trace"};
    }
    workload.impl_->notes = models::load_weights(*workload.impl_->network, *weights);
  }
  if (data) {
    workload.impl_->take_images(*data);
  }
  return workload;
}

void Workload::take_zeros(const std::string& file) {
  if (!impl_->network) {
    throw InputError{{"--zeros-from", 0, 0}, "goes with a network: a trace has zeros of its own"};
  }
  impl_->zeros = models::MeasuredZeros::read(file);
  impl_->zeros->check(*impl_->network);
}

void Workload::check(AcceleratorConfig config) const {
  if (impl_->file_trace) {
    follow_trace(*impl_->file_trace, config);
  }
  config::check_highway_settings(config);
}

void Workload::prepare() const {
  if (impl_->network && !impl_->calibration) {
    const models::Network& network = *impl_->network;
    impl_->calibration = std::make_unique<models::Calibration>(
        impl_->calibration_inputs.empty()
            ? models::calibrate(network)
            : models::calibrate(network, impl_->calibration_inputs, models::all_cores()));
  }
}

std::shared_ptr<const Trace> Workload::trace(AcceleratorConfig& config) const {
  std::shared_ptr<const Trace> trace = impl_->file_trace;
  const bool from_file = trace != nullptr;
  if (is_derived(config)) {
    const models::HighwayWanted wanted{config.highway.enabled, config.highway.bits,
                                       config.highway.edges};
    if (!impl_->derived || !(impl_->derived_as == wanted)) {
      impl_->derived = std::make_shared<const Trace>(models::with_highway_as(*trace, wanted));
      impl_->derived_as = wanted;
    }
    trace = impl_->derived;
  }
  if (!from_file) {
    prepare();
    const models::QuantizeOptions wanted = models::quantize_options(config);
    if (!impl_->quantized || !(impl_->quantized_as == wanted)) {
      impl_->quantized.reset();  // before the next one is made: one is in memory at a time
      if (impl_->zeros) {
        models::ZerosWanted zeros{.shares = impl_->zeros->of(wanted)};
        impl_->quantized = std::make_shared<const Trace>(
            models::quantize(*impl_->network, *impl_->calibration, wanted, zeros));
        impl_->unmet_zeros = std::move(zeros.unmet);
      } else {
        impl_->quantized = std::make_shared<const Trace>(
            models::quantize(*impl_->network, *impl_->calibration, wanted));
      }
      impl_->quantized_as = wanted;
    }
    trace = impl_->quantized;
  }
  const bool own_bits =
      std::any_of(trace->layers.begin(), trace->layers.end(), [&](const traces::LayerEntry& l) {
        return impl_->network && impl_->network->has_layer(l.name) &&
               impl_->network->layer(l.name).requests.weight_bits.has_value();
      });
  if (is_derived(config)) {
    accelerator::check_overrides(*trace, config);
    follow_widths(*trace, config);
  } else if (from_file) {
    follow_trace(*trace, config);
  } else if (own_bits) {
    follow_widths(*trace, config);
  }
  config::check_highway_settings(config);
  return trace;
}

std::string Workload::trace_name(const AcceleratorConfig& config) const {
  const std::string highway =
      config.highway.enabled
          ? fmt::format("highway {} {}", config.highway.bits, config.highway.edges)
          : "no highway";
  if (impl_->file_trace) {
    return is_derived(config) ? highway : "as it is";
  }
  // Every key of layers.* that quantizes, and those that do not: no fewer.
  const ConfigNode* layers = config.resolved.find("layers");
  return fmt::format("{} {} {} {}", config.precision.weight, config.precision.activation, highway,
                     layers == nullptr ? "" : layers->to_yaml());
}

bool Workload::is_derived(const AcceleratorConfig& config) const {
  return impl_->file_trace && config.highway_given &&
         config.highway.enabled != impl_->file_trace->highway.enabled;
}

bool Workload::is_trace() const {
  return impl_->file_trace != nullptr;
}

std::vector<std::string> Workload::notes(const AcceleratorConfig& config) const {
  std::vector<std::string> notes = impl_->notes;
  notes.insert(notes.end(), impl_->unmet_zeros.begin(), impl_->unmet_zeros.end());
  if (!is_trace()) {
    return notes;
  }
  if (is_derived(config)) {
    notes.push_back(fmt::format(
        "the trace has its highway {}: what the machine {} one computes is derived from it, and "
        "its "
        "reference outputs are this program's",
        config.highway.enabled ? "off" : "on", config.highway.enabled ? "with" : "without"));
    return notes;
  }
  const Trace& trace = *impl_->file_trace;
  if (std::string width = accelerator::width_note(trace, config); !width.empty()) {
    notes.push_back(std::move(width));
  }
  if (const auto skips = accelerator::wider_skips(trace, config); !skips.empty()) {
    notes.push_back(fmt::format(
        "the trace has no highway, but its skip{} {} {} wider than the codes the other "
        "readers take: moved as low stream, so this run is no baseline of a highway's "
        "cost",
        skips.size() == 1 ? "" : "s", fmt::join(skips, ", "), skips.size() == 1 ? "is" : "are"));
  }
  return notes;
}

}  // namespace turnpike
