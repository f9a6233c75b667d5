#include "sim/sweep/experiment.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memory/dram_device.hpp"
#include "models/network_file.hpp"
#include "models/quantize.hpp"
#include "models/weights_file.hpp"
#include "sim/accelerator/trace_widths.hpp"
#include "sim/base/text.hpp"
#include "sim/config/sources.hpp"
#include "traces/other_formats.hpp"
#include "traces/trace_file.hpp"

namespace turnpike::sweep {
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

/// InputError if highway.bits was set by --set or by a point of a sweep, and the trace has others.
void check_highway_bits(const Trace& trace, const AcceleratorConfig& config) {
  const ConfigNode* highway = config.resolved.find("highway");
  const ConfigNode* bits = highway == nullptr ? nullptr : highway->find("bits");
  if (bits == nullptr || !bits->spot.file.starts_with("--set ") ||
      (trace.highway.enabled && config.highway.bits == trace.highway.bits)) {
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

/// A trace file decides widths and highway; what contradicts it on the command line is an error.
void follow_trace(const Trace& trace, AcceleratorConfig& config) {
  accelerator::check_overrides(trace, config);
  follow_widths(trace, config);
  if (config.highway_given && config.highway.enabled != trace.highway.enabled) {
    throw InputError{{"highway.enabled", 0, 0},
                     fmt::format("is {} on the command line, but the trace has its highway {}",
                                 config.highway.enabled, trace.highway.enabled ? "on" : "off")};
  }
  check_highway_bits(trace, config);
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
                       "traces/FORMAT.md)"
                     : way;
}

}  // namespace

struct Workload::Impl {
  std::shared_ptr<const Trace> file_trace;   ///< for trace files
  std::unique_ptr<models::Network> network;  ///< else
  std::vector<std::string> notes;            ///< on its weights
  mutable std::unique_ptr<models::Calibration> calibration;
};

Workload::Workload() : impl_{std::make_unique<Impl>()} {}
Workload::Workload(Workload&&) noexcept = default;
Workload& Workload::operator=(Workload&&) noexcept = default;
Workload::~Workload() = default;

Workload Workload::open(const std::string& name, const std::optional<std::string>& weights) {
  Workload workload;
  workload.name_ = name;
  const bool zoo = name.starts_with("zoo:");
  std::error_code ignored;  // what cannot be looked at is told when it is opened
  if (zoo || name.ends_with(".yaml") || name.ends_with(".yml")) {
    workload.impl_->network = std::make_unique<models::Network>(models::open_network(name));
  } else if (name.ends_with(".npz") || fs::is_directory(name, ignored)) {
    workload.impl_->file_trace = std::make_shared<const Trace>(traces::read_trace(name));
  } else if (!fs::exists(name, ignored)) {
    throw FileError{{name, 0, 0},
                    "no such workload; give zoo:NAME, a network .yaml, or a trace (.npz or "
                    "directory)"};
  } else {
    throw FileError{{name, 0, 0}, "is of an unsupported kind; " + way_out(name)};
  }
  if (weights) {
    if (!zoo) {
      throw InputError{{"--weights", 0, 0}, "goes with a zoo network only"};
    }
    workload.impl_->notes = models::load_weights(*workload.impl_->network, *weights);
  }
  return workload;
}

void Workload::check(AcceleratorConfig config) const {
  if (impl_->file_trace) {
    follow_trace(*impl_->file_trace, config);
  }
  config::check_highway_settings(config);
}

void Workload::prepare() const {
  if (impl_->network && !impl_->calibration) {
    impl_->calibration = std::make_unique<models::Calibration>(models::calibrate(*impl_->network));
  }
}

std::shared_ptr<const Trace> Workload::trace(AcceleratorConfig& config) const {
  std::shared_ptr<const Trace> trace = impl_->file_trace;
  const bool from_file = trace != nullptr;
  if (!from_file) {
    prepare();
    trace = std::make_shared<const Trace>(
        models::quantize(*impl_->network, *impl_->calibration, models::quantize_options(config)));
  }
  const bool own_bits =
      std::any_of(trace->layers.begin(), trace->layers.end(), [&](const traces::LayerEntry& l) {
        return impl_->network && impl_->network->has_layer(l.name) &&
               impl_->network->layer(l.name).requests.weight_bits.has_value();
      });
  if (from_file) {
    follow_trace(*trace, config);
  } else if (own_bits) {
    follow_widths(*trace, config);
  }
  config::check_highway_settings(config);
  return trace;
}

bool Workload::is_trace() const {
  return impl_->file_trace != nullptr;
}

std::vector<std::string> Workload::notes(const AcceleratorConfig& config) const {
  std::vector<std::string> notes = impl_->notes;
  if (!is_trace()) {
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

Trace select_layers(const Trace& trace, const std::string& pattern) {
  if (pattern == "*") {
    return trace;
  }
  Trace part = trace;
  std::erase_if(part.layers, [&pattern](const traces::LayerEntry& layer) {
    return !glob_match(pattern, layer.name);
  });
  if (part.layers.empty()) {
    std::vector<std::string> names;
    for (const traces::LayerEntry& layer : trace.layers) {
      names.push_back(layer.name);
    }
    throw InputError{{"--layers " + pattern, 0, 0},
                     "matches no layer" + suggestion(pattern, names)};
  }
  return part;
}

DryRun plan_experiment(AcceleratorConfig config, const Workload& workload,
                       const ExperimentOptions& options) {
  auto trace = workload.trace(config);
  if (options.note) {
    for (const std::string& note : workload.notes(config)) {
      options.note(note);
    }
  }
  std::set<std::string> first_last = accelerator::first_and_last(*trace);
  if (options.layers != "*") {
    trace = std::make_shared<const Trace>(select_layers(*trace, options.layers));
  }
  accelerator::Plan plan = accelerator::make_plan(*trace, config, std::move(first_last));
  return {std::move(config), std::move(trace), std::move(plan)};
}

report::PricedRun run_experiment(AcceleratorConfig config, const Workload& workload,
                                 const ExperimentOptions& options) {
  // Whatever is wrong with prices or devices is said before anything is simulated.
  static_cast<void>(report::make_cost_model(config, nullptr, options.config_root));
  const SourceSpot spot =
      config.resolved.find("dram") != nullptr ? config.resolved.find("dram")->spot : SourceSpot{};
  const memory::DramDevice device =
      memory::find_dram_device(config.dram.device, options.config_root + "/technology/dram", spot);
  memory::check_channels(device, config.dram.channels, spot);
  const DryRun plan = plan_experiment(std::move(config), workload, options);
  accelerator::RunResult result =
      accelerator::simulate(*plan.trace, plan.config, plan.plan, device, options.simulation);
  return report::price_run(plan.config, std::move(result), options.config_root);
}

std::string default_memo_file() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string{value == nullptr ? "" : value};
  };
  std::string cache = variable("XDG_CACHE_HOME");
  if (cache.empty() && !variable("HOME").empty()) {
    cache = variable("HOME") + "/.cache";
  }
  return cache.empty() ? cache : cache + "/turnpike/passes.bin";
}

}  // namespace turnpike::sweep
