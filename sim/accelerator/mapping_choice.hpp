#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/accelerator/job_estimate.hpp"

namespace turnpike::accelerator {

/// Chooses the mapping of a job for `mapper.objective`: candidates come from the array's search,
/// which ranks by bounds, and are weighed by JobEstimator, which steps their passes.
///
/// cycles         first the fewest cycles F: candidates by rising bound, until no bound is below
///                what was found; then, of those whose bound is within F * (1 + slack), the ones of
///                least estimated energy. The least energy of all that turn out to be within
///                F * (1 + slack) wins.
/// energy,        the best of the candidates that rank first by estimates.
/// energy_delay
///
/// At most kCandidates are stepped in each round. Equal jobs get equal answers, on every machine
/// and whatever is known of their passes beforehand. An array whose time depends on data has no
/// passes to step: there the estimates decide.
class MappingChooser {
 public:
  static constexpr std::size_t kCandidates = 20;

  MappingChooser(const config::AcceleratorConfig& config, const pe::ArrayModel& array,
                 const PlanningAids& aids)
      : config_{config}, array_{array}, estimator_{config, array, aids} {}

  /// Best first; last those dropped on the way, without stepped_cycles. InputError if nothing is
  /// legal.
  [[nodiscard]] const std::vector<dataflow::MappedJob>& choose(const JobToMap& job,
                                                               dataflow::MappingProblem problem,
                                                               const std::string& layer);
  /// What a given mapping takes.
  void weigh(const JobToMap& job, const dataflow::MappingProblem& problem,
             dataflow::MappedJob& mapped);

 private:
  class Candidates;
  [[nodiscard]] std::vector<dataflow::MappedJob> search(const JobToMap& job,
                                                        const dataflow::MappingProblem& problem,
                                                        const std::string& layer);
  struct Solved {
    JobToMap job;
    dataflow::MappingProblem problem;
    std::vector<dataflow::MappedJob> ranked;
  };

  const config::AcceleratorConfig& config_;
  const pe::ArrayModel& array_;
  JobEstimator estimator_;
  std::vector<std::unique_ptr<Solved>> solved_;
};

}  // namespace turnpike::accelerator
