#include "sim/run/run.hpp"

#include <cstdlib>
#include <set>
#include <utility>

#include "memory/dram_device.hpp"
#include "sim/accelerator/trace_widths.hpp"
#include "sim/base/text.hpp"
#include "sim/pricing/mapping_prices.hpp"

namespace turnpike {

using config::AcceleratorConfig;
using traces::Trace;

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

namespace {

memory::DramDevice device_of(const AcceleratorConfig& config, const std::string& config_root) {
  const SourceSpot spot =
      config.resolved.find("dram") != nullptr ? config.resolved.find("dram")->spot : SourceSpot{};
  memory::DramDevice device =
      memory::find_dram_device(config.dram.device, config_root + "/technology/dram", spot);
  memory::check_channels(device, config.dram.channels, spot);
  return device;
}

/// The file of the pass memo, empty for none: `reference` takes nothing from earlier runs.
std::string memo_file(const accelerator::SimulationOptions& options) {
  return options.timing == accelerator::SimulationOptions::Timing::memo ? options.memo_file : "";
}

}  // namespace

PlannedRun plan_run(AcceleratorConfig config, const Workload& workload, const RunOptions& options) {
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
  const memory::DramDevice device = device_of(config, options.config_root);
  const auto prices = pricing::mapping_prices(config, options.config_root);
  auto passes = options.passes ? options.passes : std::make_shared<pe::PassMemo>();
  const std::string file = options.passes ? "" : memo_file(options.simulation);
  if (!file.empty()) {
    passes->load(file);
  }
  accelerator::Plan plan =
      accelerator::make_plan(*trace, config, std::move(first_last),
                             {.prices = prices.get(), .passes = passes.get(), .dram = &device});
  if (!file.empty()) {
    passes->save(file);  // now, for processes that plan alike
  }
  return {std::move(config), std::move(trace), std::move(plan), std::move(passes)};
}

pricing::PricedRun run(AcceleratorConfig config, const Workload& workload,
                       const RunOptions& options) {
  // Whatever is wrong with prices or devices is said before anything is simulated.
  pricing::check_prices(config, options.config_root);
  static_cast<void>(pricing::mapping_prices(config, options.config_root));
  const memory::DramDevice device = device_of(config, options.config_root);
  const PlannedRun planned = plan_run(std::move(config), workload, options);
  accelerator::SimulationOptions simulation = options.simulation;
  simulation.passes = planned.passes.get();
  if (options.passes) {
    simulation.memo_file.clear();
  }
  accelerator::RunResult result =
      accelerator::simulate(*planned.trace, planned.config, planned.plan, device, simulation);
  return pricing::price_run(planned.config, std::move(result), options.config_root);
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

}  // namespace turnpike
