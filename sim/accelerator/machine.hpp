#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <vector>

#include <tlm_utils/simple_initiator_socket.h>

#include "memory/dram_channel.hpp"
#include "pe/array_model.hpp"
#include "pe/pass_timer.hpp"
#include "pe/pe_array.hpp"
#include "sim/accelerator/buffer_ports.hpp"
#include "sim/accelerator/operands.hpp"
#include "sim/accelerator/schedule.hpp"
#include "sim/accelerator/simulation.hpp"
#include "sim/accelerator/turns.hpp"

namespace turnpike::accelerator {

/// The accelerator: controller, PE array, fetch and write-back engines, post-processing unit and
/// DRAM, composed from a configuration. Four threads that only wait for events and act at edges of
/// the machine's clock, at one edge in the order of Engine:
///
///  control   runs the passes in order, each once its operands are in the buffer;
///  fetch     brings filters and ifmap tiles: with `overlap` those of the next pass while one runs,
///            of the filters what the filter buffer has room for beside those in use, with `serial`
///            only between passes;
///  post      requantizes finished tiles at values_per_clock, one tile behind the array;
///  write     sends finished tiles to DRAM.
///
/// A clock belongs to processing (a pass runs), a DRAM stall or a post stall, whichever control
/// waits for.
class Machine : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Machine);
  Machine(const sc_core::sc_module_name& name, const traces::Trace& trace,
          const config::AcceleratorConfig& config, const Plan& plan, const Schedule& schedule,
          const memory::DramDevice& dram, const SimulationOptions& options);

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] RunResult take_result() { return std::move(result_); }
  void load_memo(const std::string& path) { timer_.load(path); }
  void save_memo(const std::string& path) const { timer_.save(path); }

 private:
  void control();
  void fetch();
  void post();
  void write();

  void run_array_stage(std::size_t stage);
  void run_post_stage(std::size_t stage);
  void run_job(std::size_t stage, const ArrayJob& job, const JobSchedule& passes,
               std::uint64_t& active_pe_cycles);
  void run_pass(const ArrayJob& job, const PassTask& task, std::uint64_t& active_pe_cycles);
  void wait_for_banks(std::uint64_t clocks);
  void note_psums(const ArrayJob& job, double widest);
  void send_tile(const TileTask& tile);
  void finish_layer(std::size_t stage, std::uint64_t active_pe_cycles);
  void verify(std::size_t stage);
  void compute_and_compare(std::size_t stage, StageValues& found);
  [[nodiscard]] std::string values_key(std::size_t stage) const;
  [[nodiscard]] const StageValues* known_values(std::size_t stage) const;
  void transfer(Track track, const Transfer& transfer);
  void move(Track track, const Transfer& transfer);
  void fetch_operands(const PassTask& task, std::uint64_t pass, std::int64_t ifmap_ready_stage);
  void hold_filters(const Transfer& filters, std::uint64_t pass);
  void requantize(const TileTask& tile);
  template <class Blocked>
  void stall(Track kind, const sc_core::sc_event& event, const Blocked& blocked);
  [[nodiscard]] bool post_at_work() const { return post_busy_ || !tiles_.empty(); }
  [[nodiscard]] bool write_at_work() const { return write_busy_ || !writes_.empty(); }
  [[nodiscard]] RunFacts facts() const;
  void fill_buffer(Track track, const Transfer& transfer, std::uint64_t from);
  void access_dram(Engine engine, const memory::DramRequest& request);
  void wait_for(Engine engine, const sc_core::sc_event& event);
  void wait_clocks(Engine engine, std::uint64_t clocks);
  void wait_for_edge(Engine engine);
  [[nodiscard]] std::uint64_t now() const;
  LayerResult& layer() { return result_.layers[current_]; }

  const traces::Trace& trace_;
  const config::AcceleratorConfig& config_;
  const Plan& plan_;
  const Schedule& schedule_;
  SimulationOptions options_;
  sc_core::sc_time period_;
  std::unique_ptr<pe::ArrayModel> model_;
  std::unique_ptr<pe::PeArray> array_;
  pe::PassTimer timer_;
  tlm_utils::simple_initiator_socket<Machine> memory_port_{"memory_port"};
  memory::DramChannel dram_;
  BufferPorts ports_;
  Turns turns_{"turns"};

  RunResult result_;
  bool finished_ = false;
  const StageValues* known_ = nullptr;  ///< of the stage in work; null: its values are computed
  std::vector<StageValues::Job> job_values_;  ///< by job of the stage
  std::unique_ptr<pe::LayerData> data_;       ///< of the job in work, if its values are computed
  std::vector<std::vector<double>> stage_psums_, stage_weight_sums_;  ///< by job of the stage
  std::size_t current_ = 0;                                           ///< stage in work
  std::uint64_t tile_values_sent_ = 0;  ///< psums of the stage given to the post-processing unit
  std::uint64_t last_slots_ = 0;        ///< MAC slots of the last pass
  bool over_cost_ = false;              ///< a psum of the stage exceeds its priced width

  // Progress, each counter with the event that announces it.
  std::uint64_t fetched_ = 0, started_ = 0, ended_ = 0;
  sc_core::sc_event fetched_event_, pass_event_;
  /// In the filter buffer: of the pass last fetched for, and of the one before until it has ended.
  std::uint64_t filter_bits_ = 0, filter_bits_before_ = 0;
  std::uint64_t filters_of_ = 0;  ///< that pass
  std::deque<TileTask> tiles_;
  bool post_busy_ = false;
  sc_core::sc_event tile_event_, post_idle_event_;
  std::deque<Transfer> writes_;
  bool write_busy_ = false;
  sc_core::sc_event write_event_, write_idle_event_;
  std::int64_t stages_done_ = 0;
  sc_core::sc_event stage_event_;
  memory::DramCounts dram_before_;
};

}  // namespace turnpike::accelerator
