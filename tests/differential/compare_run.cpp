#include "tests/differential/compare_run.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "memory/request_trace.hpp"
#include "sim/accelerator/schedule.hpp"
#include "sim/accelerator/timeline.hpp"
#include "sim/accelerator/waveform.hpp"
#include "sim/base/error.hpp"
#include "sim/results/result_files.hpp"

namespace turnpike::differential {
namespace {

using accelerator::SimulationOptions;

struct Outcome {
  std::string files;
  std::string failed_checks;
  std::uint64_t cycles = 0;
};

Outcome run(const PreparedRun& prepared, const Folders& folders, const SimulationOptions& options) {
  const PlannedRun& plan = prepared.plan;
  const pricing::PricedRun priced = pricing::price_run(
      plan.config,
      accelerator::simulate(*plan.trace, plan.config, plan.plan, prepared.device, options),
      folders.source + "/configs");
  Outcome out;
  out.files =
      results::results_json(priced) + results::layers_csv(priced) + results::counts_csv(priced);
  out.cycles = priced.result.cycles().total();
  for (const auto& [name, held] : priced.result.checks.conservation) {
    out.failed_checks += held ? "" : " " + name;
  }
  if (!priced.result.checks.all_passed() && out.failed_checks.empty()) {
    out.failed_checks = " outputs: " + priced.result.checks.first_difference;
  }
  return out;
}

/// With everything that can be told of a run.
Outcome observed_run(const PreparedRun& prepared, const Folders& folders,
                     SimulationOptions options) {
  const std::string stem = fmt::format("{}/observed_{}", folders.scratch, ::getpid());
  accelerator::Timeline timeline{stem + ".json", accelerator::TimelineDetail::passes};
  accelerator::Waveform waveform{stem + ".vcd", {100, 400}, {0, 0}};
  std::ostringstream bursts;
  memory::RequestTraceWriter requests{bursts, memory::RequestTraceFormat::dramsim3};
  accelerator::RunObservers observers;
  observers.add(timeline);
  observers.add(waveform);
  options.observer = &observers;
  options.dram_observer = &requests;
  return run(prepared, folders, options);
}

/// The first line two texts differ in.
std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left{a};
  std::istringstream right{b};
  std::string of_a;
  std::string of_b;
  while (std::getline(left, of_a) && std::getline(right, of_b)) {
    if (of_a != of_b) {
      return fmt::format("'{}' against '{}'", of_a, of_b);
    }
  }
  return a == b ? "" : "one is longer";
}

void describe(const PreparedRun& prepared, RunComparison& out) {
  const accelerator::Plan& plan = prepared.plan.plan;
  for (const auto& [name, tensor] : plan.tensors) {
    out.spills = out.spills || !tensor.in_glb;
  }
  const auto schedule =
      accelerator::make_schedule(*prepared.plan.trace, prepared.plan.config, plan);
  for (const accelerator::StageSchedule& stage : schedule.stages) {
    out.skips_from_dram = out.skips_from_dram || !stage.whole.reads.empty();
  }
}

}  // namespace

RunComparison compare_modes(const RandomRun& whole, bool watched, const Folders& folders) {
  RunComparison out;
  bool accepted = false;
  try {
    const PreparedRun prepared = prepare(whole, folders.source, folders.scratch);
    describe(prepared, out);
    SimulationOptions memo;
    memo.memo_file = fmt::format("{}/passes_{}.bin", folders.scratch, ::getpid());
    std::filesystem::remove(memo.memo_file);
    const Outcome cold = run(prepared, folders, memo);
    accepted = true;
    const Outcome warm = run(prepared, folders, memo);
    SimulationOptions stepped;
    stepped.timing = SimulationOptions::Timing::reference;
    const Outcome reference =
        watched ? observed_run(prepared, folders, stepped) : run(prepared, folders, stepped);
    out.cycles = cold.cycles;
    if (cold.files != warm.files) {
      out.difference = "memo, cold and warm: " + first_difference(cold.files, warm.files);
    } else if (cold.files != reference.files) {
      out.difference = "memo and reference: " + first_difference(cold.files, reference.files);
    } else if (!cold.failed_checks.empty()) {
      out.difference = "checks failed:" + cold.failed_checks;
    }
  } catch (const std::exception& e) {
    out.refused = !accepted && dynamic_cast<const InputError*>(&e) != nullptr;
    out.difference = out.refused ? "" : fmt::format("ends with: {}", e.what());
  }
  return out;
}

RunComparison compare_random_run(std::uint64_t seed, const Folders& folders) {
  return compare_modes(random_run(seed), seed % 3 == 0, folders);
}

}  // namespace turnpike::differential
