#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sim/accelerator/run_observer.hpp"

namespace turnpike::tools {

/// A line on a terminal's stderr that says which layer a run is at, from its second second on. It
/// is wiped when the run ends.
class RunProgress final : public accelerator::RunObserver {
 public:
  ~RunProgress() override { wipe(); }
  RunProgress() = default;
  RunProgress(const RunProgress&) = delete;
  RunProgress& operator=(const RunProgress&) = delete;
  RunProgress(RunProgress&&) = delete;
  RunProgress& operator=(RunProgress&&) = delete;

  void run_begins(const accelerator::RunFacts& facts) override;
  void begins(const accelerator::Activity& activity, Picoseconds at) override;
  void ends(const accelerator::Activity& activity, Picoseconds at) override;
  void run_ends(Picoseconds at) override;

 private:
  using Clock = std::chrono::steady_clock;
  void wipe() noexcept;

  std::vector<std::string> layers_;
  Clock::time_point start_;
  Clock::time_point next_;  ///< when to write again
  bool shown_ = false;
};

/// True if stderr is a terminal and --quiet is not given.
[[nodiscard]] bool shows_progress(bool quiet);

}  // namespace turnpike::tools
