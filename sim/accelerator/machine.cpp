#include "sim/accelerator/machine.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "pe/array_kinds.hpp"
#include "sim/accelerator/accounting.hpp"
#include "sim/accelerator/mismatch.hpp"
#include "sim/accelerator/observed.hpp"
#include "sim/accelerator/operands.hpp"
#include "sim/accelerator/output_comparison.hpp"
#include "sim/accelerator/post_arithmetic.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;

std::uint64_t unsigned_of(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}
memory::DramPolicy policy_of(const config::AcceleratorConfig& config) {
  memory::DramPolicy policy;
  policy.page = config.dram.page == config::PagePolicy::open ? memory::DramPolicy::Page::open
                                                             : memory::DramPolicy::Page::closed;
  policy.power_down_after = config.dram.power_down_after;
  return policy;
}

}  // namespace

Machine::Machine(const sc_core::sc_module_name& name, const traces::Trace& trace,
                 const config::AcceleratorConfig& config, const Plan& plan,
                 const Schedule& schedule, const memory::DramDevice& dram,
                 const SimulationOptions& options)
    : sc_core::sc_module{name},
      trace_{trace},
      config_{config},
      plan_{plan},
      schedule_{schedule},
      options_{options},
      period_{1e3 / config.clock_mhz, sc_core::SC_NS},
      model_{pe::make_array_model(config)},
      array_{model_->make_array("pe_array", period_.value())},
      timer_{*model_, *array_,
             options.timing == SimulationOptions::Timing::memo ? pe::PassTimer::Mode::memo
                                                               : pe::PassTimer::Mode::reference,
             options.passes},
      dram_{"dram"},
      ports_{config} {
  ensure(sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS),
         "the kernel counts picoseconds");
  memory_port_.bind(dram_.socket);
  dram_.configure(dram, static_cast<int>(config.dram.channels), policy_of(config),
                  options.dram_observer);
  result_.dram_tck_ns = dram.tck_ns;
  result_.checks.tolerance = options.tolerance;
  for (const Stage& stage : plan.stages) {  // a fetch may run ahead into the next layer
    const LayerEntry& first = trace.layers[stage.layers[0]];
    LayerResult& layer = result_.layers.emplace_back();
    layer.name = first.name;
    layer.op = std::string{to_string(first.op)};
  }
  if (options_.observer != nullptr) {
    options_.observer->run_begins(facts());
  }
  SC_THREAD(control);
  SC_THREAD(fetch);
  SC_THREAD(post);
  SC_THREAD(write);
}

/// Clocks that have passed.
std::uint64_t Machine::now() const {
  return sc_core::sc_time_stamp().value() / period_.value();
}

void Machine::wait_for(Engine engine, const sc_core::sc_event& event) {
  sc_core::wait(event);
  turns_.take(engine);
}

void Machine::wait_clocks(Engine engine, std::uint64_t clocks) {
  sc_core::wait(period_ * static_cast<double>(clocks));
  turns_.take(engine);
}

/// To the next edge of the clock; memory answers at times of its own.
void Machine::wait_for_edge(Engine engine) {
  const sc_dt::uint64 past = sc_core::sc_time_stamp().value() % period_.value();
  if (past > 0) {
    sc_core::wait(sc_core::sc_time::from_value(period_.value() - past));
    turns_.take(engine);
  }
}

RunFacts Machine::facts() const {
  RunFacts facts;
  facts.network = trace_.network;
  facts.clock_period = Picoseconds{period_.value()};
  facts.array = model_.get();
  for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
    const std::vector<ArrayJob>& jobs = plan_.stages[s].jobs;
    facts.layers.push_back({result_.layers[s].name, result_.layers[s].op,
                            jobs.empty() ? "" : jobs.back().mapped.text});
  }
  return facts;
}

/// Control waits while `blocked()`; the clocks until then are a stall of this kind.
template <class Blocked>
void Machine::stall(Track kind, const sc_core::sc_event& event, const Blocked& blocked) {
  const Observed observed{options_.observer, {.track = kind, .layer = current_}};
  const std::uint64_t from = now();
  while (blocked()) {
    wait_for(Engine::control, event);
  }
  CycleCounts& cycles = layer().cycles;
  (kind == Track::dram_stall ? cycles.dram_stall : cycles.post_stall) += now() - from;
}

void Machine::control() {
  turns_.take(Engine::control);
  for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
    current_ = s;
    const Observed observed{options_.observer, {.track = Track::layer, .layer = s}};
    if (plan_.stages[s].has_array) {
      run_array_stage(s);
    } else {
      run_post_stage(s);
    }
  }
  result_.clocks = now();
  result_.passes = timer_.passes_run();
  result_.passes_simulated = timer_.passes_simulated();
  result_.clocks_simulated = timer_.clocks_simulated();
  finished_ = true;
  if (options_.observer != nullptr) {
    options_.observer->run_ends(time_now());
  }
}

void Machine::run_array_stage(std::size_t s) {
  const Stage& stage = plan_.stages[s];
  stage_psums_.clear();
  stage_weight_sums_.clear();
  std::uint64_t active_pe_cycles = 0;
  for (std::size_t j = 0; j < stage.jobs.size(); ++j) {
    run_job(s, stage.jobs[j], schedule_.stages[s].jobs[j], active_pe_cycles);
  }
  stall(Track::post_stall, post_idle_event_, [this] { return post_at_work(); });
  finish_layer(s, active_pe_cycles);
}

void Machine::run_job(std::size_t s, const ArrayJob& job, const JobSchedule& passes,
                      std::uint64_t& active_pe_cycles) {
  const LayerEntry& entry = trace_.layers[plan_.stages[s].layers[0]];
  JobOperands operands = make_operands(trace_, entry, job);
  const std::uint64_t gated = pe::zero_macs(operands.shape, operands.is_zero);
  stage_weight_sums_.push_back(weight_sums(operands));
  data_ = make_layer_data(*model_, operands, job.floating);
  if (!options_.check_accumulators) {
    operands = {};  // big layers have copies enough
  }
  ports_.place(plan_, s, job);
  std::uint64_t slots = 0;
  for (const PassTask& task : passes.passes) {
    stall(Track::dram_stall, fetched_event_, [this] { return fetched_ <= started_; });
    run_pass(job, task, active_pe_cycles);
    slots += last_slots_;
    if (task.final_psums > 0) {
      send_tile(tile_share(schedule_.stages[s], tile_values_sent_, task.final_psums));
      tile_values_sent_ += task.final_psums;
    }
  }
  layer().mapping = job.mapped.text;
  layer().bound = job.mapped.bound;
  layer().active_pes = std::max(layer().active_pes, unsigned_of(job.mapped.active_pes));
  layer().macs += unsigned_of(job.shape.macs());
  layer().macs_zero_gated += gated;
  count_macs(job, *model_, slots, gated * unsigned_of(job.slices), layer());
  if (job.slices > 1) {
    data_->run_layer();  // the passes timed slices; the sums are those of the whole operands
  }
  note_psums(job);
  if (options_.check_accumulators && !job.floating) {
    const bool same = plain_accumulators(operands) == data_->psums_as_integer();
    result_.checks.accumulators_exact = result_.checks.accumulators_exact.value_or(true) && same;
  }
  stage_psums_.push_back(data_->psums_as_double());
  data_.reset();
}

/// Keeps the widest psum and whether it exceeds the width psums are priced at.
void Machine::note_psums(const ArrayJob& job) {
  if (job.floating) {
    return;
  }
  const double widest = data_->widest_psum();
  result_.widest_psum = std::max(result_.widest_psum, widest);
  over_cost_ = over_cost_ || widest >= std::ldexp(1.0, job.psum_bits - 1);
}

void Machine::run_pass(const ArrayJob& job, const PassTask& task, std::uint64_t& active_pe_cycles) {
  const pe::PassKey& key = task.pass.key;
  pe::PassOperands copy;
  pe::PassOperands* operands = nullptr;
  if (timer_.wants_operands() && !job.floating && job.slices == 1) {
    copy = data_->operands(task.pass);
    operands = &copy;
  }
  const Observed observed{
      options_.observer,
      {.track = Track::pass, .layer = current_, .number = started_, .pass = &key}};
  ++started_;
  pass_event_.notify(sc_core::SC_ZERO_TIME);
  const std::uint64_t from = now();
  const pe::PassResult& result = timer_.foresee(key, operands);
  const BufferLines lines = pass_lines(config_, job, result, task.first_psums);
  const std::uint64_t cycles = std::max(result.cycles, ports_.clocks_for(lines));
  ports_.begins(PortUser::array, from, lines, cycles);
  timer_.run(key, result, operands);
  turns_.take(Engine::control);
  ensure(now() - from == result.cycles, "a pass takes the clocks it counts");
  if (operands != nullptr && timer_.mode() == pe::PassTimer::Mode::reference) {
    data_->store_psums(task.pass, copy);
  } else if (job.slices == 1) {
    data_->run_pass(task.pass);
  }
  wait_for_banks(cycles - result.cycles);
  ports_.settle(now());
  ++ended_;
  pass_event_.notify(sc_core::SC_ZERO_TIME);
  ++layer().passes;
  layer().cycles.processing += cycles;
  active_pe_cycles += cycles * result.active_pes;
  last_slots_ = result.mac_slots;
  count_pass(config_, job, *model_, result, task.first_psums, layer());
}

/// A pass whose banks were asked for more than they can answer takes that much longer.
void Machine::wait_for_banks(std::uint64_t clocks) {
  const Observed observed{options_.observer, {.track = Track::bank_wait, .layer = current_}};
  if (clocks > 0) {
    wait_clocks(Engine::control, clocks);
  }
  layer().glb_conflict_cycles += clocks;
}

/// Hands a finished tile to the post-processing unit, which works one tile behind the array.
void Machine::send_tile(const TileTask& tile) {
  stall(Track::post_stall, post_idle_event_, [this] { return post_at_work(); });
  tiles_.push_back(tile);
  tile_event_.notify(sc_core::SC_ZERO_TIME);
}

void Machine::run_post_stage(std::size_t s) {
  // Its operands must be complete: what earlier stages sent to DRAM has arrived there.
  stall(Track::dram_stall, write_idle_event_, [this] { return write_at_work(); });
  ports_.place(plan_, s);
  tiles_.push_back(schedule_.stages[s].whole);
  tile_event_.notify(sc_core::SC_ZERO_TIME);
  stall(Track::post_stall, post_idle_event_, [this] { return post_at_work(); });
  stage_psums_.clear();
  stage_weight_sums_.clear();
  finish_layer(s, 0);
}

void Machine::finish_layer(std::size_t s, std::uint64_t active_pe_cycles) {
  if (s + 1 == plan_.stages.size()) {  // the run ends when the last output is in DRAM
    stall(Track::dram_stall, write_idle_event_, [this] { return write_at_work(); });
  }
  count_post(schedule_.stages[s].post, layer());
  count_time(config_, active_pe_cycles, layer());
  const memory::DramCounts counts = dram_.controller().counts();
  count_dram(dram_before_, counts, layer());
  dram_before_ = counts;
  const Stage& stage = plan_.stages[s];
  if (stage.has_array) {
    const StoredTensor* input = plan_.source(stage.jobs[0].input);
    layer().ifmap_place = input != nullptr && input->in_glb ? "glb" : "dram";
  }
  const StoredTensor* output = plan_.source(trace_.layers[stage.layers.back()].output);
  layer().ofmap_place = output == nullptr ? "none" : output->in_glb ? "glb" : "dram";
  result_.layers_over_cost += over_cost_ ? 1 : 0;
  over_cost_ = false;
  tile_values_sent_ = 0;
  verify(s);
  stages_done_ = static_cast<std::int64_t>(s) + 1;
  stage_event_.notify(sc_core::SC_ZERO_TIME);
}

/// Every layer of the stage against the trace's own reference outputs.
void Machine::verify(std::size_t s) {
  const Stage& stage = plan_.stages[s];
  const ArrayPsums psums{stage_psums_, stage_weight_sums_};
  Checks& checks = result_.checks;
  for (const std::size_t index : stage.layers) {
    const LayerEntry& entry = trace_.layers[index];
    if (runs_on_array(entry.op) && !stage.has_array) {
      continue;  // excluded from the array: nothing was computed
    }
    const bool right_before = checks.codes_differing == 0;
    for (const OutputValues& output : post_process(trace_, entry, psums)) {
      const traces::TensorEntry& reference = trace_.tensor(output.tensor);
      note_comparison(entry, reference,
                      compare_output(reference, output.values, options_.tolerance), checks);
    }
    if (right_before && checks.codes_differing > 0) {
      checks.likely_cause = likely_cause(trace_, entry, psums, *model_,
                                         runs_on_array(entry.op) ? &stage.jobs.front() : nullptr);
    }
  }
}

}  // namespace turnpike::accelerator
