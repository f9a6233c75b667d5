#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pe/array_model.hpp"
#include "pe/pe_array.hpp"

namespace turnpike::pe {

/// Times the passes of a run. `reference` simulates every pass through the PeArray, clock by clock
/// in simulated time and with its data; `memo` steps each distinct PassKey once and lets its
/// cycles pass. Either knows a pass's cycles and counters when it begins, and `reference` makes
/// sure that they come true.
///
/// Why the memo is exact (each an invariant, asserted where it can be broken):
///  1. the array is drained at the end of a pass (PeArray asserts that its core is drained);
///  2. what moves over a bus, and when, follows from the key, never from data; a kind of which that
///     is not true says so (ArrayModel::data_matters()), and nothing of it is remembered;
///  3. zeros are gated, never skipped (likewise);
///  4. a pass's buffer contents are resident when it starts (the controller waits for them), DRAM
///     stalls lie between passes;
///  5. one clock domain inside the array.
class PassTimer {
 public:
  enum class Mode { memo, reference };

  PassTimer(const ArrayModel& model, PeArray& array, Mode mode)
      : model_{model}, array_{array}, mode_{mode} {}

  /// Whether run() wants operands: the array computes psums, or they decide its time.
  [[nodiscard]] bool wants_operands() const {
    return mode_ == Mode::reference || model_.data_matters();
  }
  /// Cycles and counts of a pass that is still to run; takes no simulated time. Valid until the
  /// next call.
  const PassResult& foresee(const PassKey& key, const PassOperands* operands);
  /// Runs one pass, of which foresee() told `foreseen`; called from an SC_THREAD, returns after its
  /// simulated time. With operands in reference mode the array computes their psums.
  const PassResult& run(const PassKey& key, const PassResult& foreseen, PassOperands* operands);

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] std::uint64_t passes_run() const { return passes_run_; }
  [[nodiscard]] std::uint64_t passes_simulated() const { return passes_simulated_; }
  /// Clocks stepped by the array, as opposed to replayed. What `reference` foresees is not in it.
  [[nodiscard]] std::uint64_t clocks_simulated() const { return clocks_simulated_; }

  /// Loads and saves the memo. A file of another model version, or a damaged one, is ignored:
  /// it is a cache. Saving adds to what is in the file, writes a temporary file and renames it: two
  /// runs may save at once, the file is always whole.
  void load(const std::string& path);
  void save(const std::string& path) const;

 private:
  const PassResult& step(const PassKey& key, const PassOperands* operands);

  const ArrayModel& model_;
  PeArray& array_;
  Mode mode_;
  std::map<PassKey, PassResult> memo_;
  PassResult unremembered_;  ///< of the last pass whose time depends on its data
  std::uint64_t passes_run_ = 0;
  std::uint64_t passes_simulated_ = 0;
  std::uint64_t clocks_simulated_ = 0;
};

/// Digest of the sources that decide timing: memo files of another version are not used.
[[nodiscard]] std::string array_model_version();

}  // namespace turnpike::pe
