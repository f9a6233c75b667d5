#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataflow/mapping_problem.hpp"
#include "pe/array_model.hpp"
#include "sim/accelerator/planning_aids.hpp"
#include "sim/accelerator/stage.hpp"
#include "sim/accelerator/transfer.hpp"

namespace turnpike::accelerator {

/// A job as the mapper weighs it: what a mapping does not change.
struct JobToMap {
  ArrayJob job;
  int dram_weight_bits = 16;  ///< of a value in DRAM
  int dram_ifmap_bits = 16;
  bool ifmap_resident = false;

  /// Whether a mapping costs both the same. Names and time steps do not count.
  [[nodiscard]] bool same_as(const JobToMap& other) const;
};

/// What a job takes under a mapping.
struct JobCost {
  std::uint64_t cycles = 0;
  double energy_pj = 0.0;
};

/// Cycles and energy of a job alone, before anything is simulated: its passes stepped by the array
/// model and run in order with the machine's rules for transfers, banks and the post-processing
/// unit; its counts made by the rules of accounting.hpp and priced.
///
/// What a run knows better is left out: DRAM gives its full rate at once, opens a row for each row
/// it streams and stands by as its policy has it; nobody else uses it; the tiles' own skip operands
/// and outputs take no time; no value is zero and nothing is run-length coded, so no mapping
/// depends on data.
class JobEstimator {
 public:
  JobEstimator(const config::AcceleratorConfig& config, const pe::ArrayModel& array,
               const PlanningAids& aids);

  /// What the search of mappings weighs traffic by.
  [[nodiscard]] dataflow::MapperWeights weights(const JobToMap& job) const;

  /// nullopt as soon as it takes more than `most` cycles; then its passes may not all be stepped.
  [[nodiscard]] std::optional<JobCost> estimate(const JobToMap& job,
                                                const dataflow::MappingProblem& problem,
                                                const dataflow::MappedJob& mapped,
                                                std::uint64_t most);

 private:
  struct Kind;
  struct Passes;
  [[nodiscard]] Passes passes_of(const JobToMap& job, const dataflow::MappedJob& mapped) const;
  [[nodiscard]] bool step(const JobToMap& job, const dataflow::MappingProblem& problem,
                          const dataflow::MappedJob& mapped, Passes& passes, std::uint64_t most);
  [[nodiscard]] std::uint64_t bank_clocks(const JobToMap& job,
                                          const dataflow::MappingProblem& problem,
                                          const dataflow::MappedJob& mapped,
                                          const Kind& kind) const;
  [[nodiscard]] std::uint64_t run(const Passes& passes) const;
  [[nodiscard]] std::uint64_t fetch_clocks(const Transfer& transfer) const;
  [[nodiscard]] double energy(const JobToMap& job, const Passes& passes,
                              std::uint64_t cycles) const;
  [[nodiscard]] double price_of(KnownAction action, int bits) const;
  /// Of the memory, a clock of the machine.
  [[nodiscard]] double standby_pj() const;
  /// Of a clock of the whole machine in which every PE is unmapped.
  [[nodiscard]] double idle_clock_pj() const;

  const config::AcceleratorConfig& config_;
  const pe::ArrayModel& array_;
  dataflow::RelativePrices relative_;
  const dataflow::ActionPrices& prices_;
  pe::PassMemo own_;
  pe::PassMemo& memo_;
  const memory::DramDevice* dram_;
  double dram_bits_per_clock_ = 0.0;  ///< 0: any number
};

}  // namespace turnpike::accelerator
