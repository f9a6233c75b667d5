#pragma once

#include <cstdint>
#include <string>

#include "pe/array_model.hpp"
#include "pe/pass_memo.hpp"
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

  /// `passes`: what is known already and may be added to; null: nothing, and it stays here.
  PassTimer(const ArrayModel& model, PeArray& array, Mode mode, PassMemo* passes = nullptr)
      : model_{model}, array_{array}, mode_{mode}, passes_{passes == nullptr ? &own_ : passes} {}
  PassTimer(const PassTimer&) = delete;
  PassTimer& operator=(const PassTimer&) = delete;
  PassTimer(PassTimer&&) = delete;
  PassTimer& operator=(PassTimer&&) = delete;
  ~PassTimer() = default;

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

  void load(const std::string& path) { passes_->load(path); }
  void save(const std::string& path) const { passes_->save(path); }

 private:
  void note_stepped(const PassResult& result);

  const ArrayModel& model_;
  PeArray& array_;
  Mode mode_;
  PassMemo own_;
  PassMemo* passes_;
  PassResult unremembered_;  ///< of the last pass whose time depends on its data
  std::uint64_t passes_run_ = 0;
  std::uint64_t passes_simulated_ = 0;
  std::uint64_t clocks_simulated_ = 0;
};

}  // namespace turnpike::pe
