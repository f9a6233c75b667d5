#include "sim/accelerator/mapping_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "dataflow/search_costs.hpp"

namespace turnpike::accelerator {
namespace {

using dataflow::MappedJob;
using dataflow::MappingProblem;
using dataflow::Objective;

constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();

}  // namespace

/// The candidates of a job that were weighed.
class MappingChooser::Candidates {
 public:
  Candidates(JobEstimator& estimator, const JobToMap& job, const MappingProblem& problem)
      : estimator_{estimator}, job_{job}, problem_{problem} {}

  /// Weighs one that is not known yet, if it takes at most `most` cycles.
  void add(MappedJob candidate, std::int64_t most) {
    const bool known = std::any_of(tried_.begin(), tried_.end(), [&](const Mapping& other) {
      return other == candidate.mapping;
    });
    if (known) {
      return;
    }
    tried_.push_back(candidate.mapping);
    const auto cost =
        estimator_.estimate(job_, problem_, candidate, static_cast<std::uint64_t>(most));
    if (cost) {
      candidate.stepped_cycles = static_cast<std::int64_t>(cost->cycles);
      candidate.stepped_energy_pj = cost->energy_pj;
      fewest_ = std::min(fewest_, candidate.stepped_cycles);
      weighed_.push_back(std::move(candidate));
    } else {
      dropped_.push_back(std::move(candidate));
    }
  }
  [[nodiscard]] std::int64_t fewest() const { return fewest_; }

  /// By rising value of `cost_of`, the earlier of two equal ones first; then those dropped.
  template <class Cost>
  [[nodiscard]] std::vector<MappedJob> sorted(const Cost& cost_of) && {
    std::stable_sort(weighed_.begin(), weighed_.end(), [&](const MappedJob& a, const MappedJob& b) {
      return cost_of(a) < cost_of(b);
    });
    weighed_.insert(weighed_.end(), dropped_.begin(), dropped_.end());
    return std::move(weighed_);
  }

 private:
  JobEstimator& estimator_;
  const JobToMap& job_;
  const MappingProblem& problem_;
  std::vector<Mapping> tried_;
  std::vector<MappedJob> weighed_, dropped_;
  std::int64_t fewest_ = kAny;
};

std::vector<MappedJob> MappingChooser::search(const JobToMap& job, const MappingProblem& problem,
                                              const std::string& layer) {
  if (array_.data_matters()) {
    return array_.map(problem, layer, kCandidates);
  }
  Candidates candidates{estimator_, job, problem};
  if (problem.objective != Objective::cycles) {
    for (MappedJob& candidate : array_.map(problem, layer, kCandidates)) {
      candidates.add(std::move(candidate), kAny);
    }
    return std::move(candidates).sorted([&problem](const MappedJob& mapped) {
      return dataflow::cost_of(problem.objective, mapped.stepped_cycles, mapped.stepped_energy_pj);
    });
  }
  const auto allowed = [&] {
    const std::int64_t fewest = candidates.fewest();
    return fewest == kAny ? kAny
                          : static_cast<std::int64_t>(std::floor(static_cast<double>(fewest) *
                                                                 (1.0 + config_.mapper.slack)));
  };
  for (MappedJob& candidate : array_.map(problem, layer, kCandidates)) {
    if (candidate.estimated_cycles >= candidates.fewest()) {
      break;
    }
    candidates.add(std::move(candidate), allowed());
  }
  MappingProblem frugal = problem;
  frugal.objective = Objective::energy;
  frugal.most_cycles = allowed();
  for (MappedJob& candidate : array_.map(frugal, layer, kCandidates)) {
    candidates.add(std::move(candidate), allowed());
  }
  return std::move(candidates).sorted([most = allowed()](const MappedJob& mapped) {
    return std::pair{mapped.stepped_cycles > most, mapped.stepped_energy_pj};
  });
}

const std::vector<MappedJob>& MappingChooser::choose(const JobToMap& job, MappingProblem problem,
                                                     const std::string& layer) {
  problem.weights = estimator_.weights(job);
  for (const auto& solved : solved_) {
    if (solved->problem == problem && solved->job.same_as(job)) {
      return solved->ranked;
    }
  }
  std::vector<MappedJob> ranked = search(job, problem, layer);
  solved_.push_back(std::make_unique<Solved>(Solved{job, problem, std::move(ranked)}));
  return solved_.back()->ranked;
}

void MappingChooser::weigh(const JobToMap& job, const MappingProblem& problem, MappedJob& mapped) {
  if (array_.data_matters()) {
    return;
  }
  const auto cost = estimator_.estimate(job, problem, mapped, static_cast<std::uint64_t>(kAny));
  mapped.stepped_cycles = static_cast<std::int64_t>(cost->cycles);
  mapped.stepped_energy_pj = cost->energy_pj;
}

}  // namespace turnpike::accelerator
