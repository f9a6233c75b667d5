#pragma once

#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include <tlm_utils/simple_target_socket.h>

#include "memory/dram_controller.hpp"

namespace turnpike::memory {

/// Says which stream a TLM payload belongs to; without it, to the low one.
struct DramTransferExtension : tlm::tlm_extension<DramTransferExtension> {
  Stream stream = Stream::low;

  [[nodiscard]] tlm::tlm_extension_base* clone() const override;
  void copy_from(const tlm::tlm_extension_base& other) override;
};

/// The memory of the accelerator as a SystemC module: a thin shell of DramController.
///
/// Timing only: no data are stored, a payload's data pointer is not read. Transfers of any length;
/// any number of threads may be inside at once, each is held until the last burst of its own
/// transfer passed the bus. A transfer that begins between two memory clocks is taken at the next.
/// The module sleeps until a transfer may be done, not clock by clock. The memory clock begins at
/// the last configure(); its periods are added up in femtoseconds and each edge is rounded up to
/// the kernel's time resolution, so nothing drifts.
class DramChannel : public sc_core::sc_module {
 public:
  /// Loosely timed: b_transport only. TLM_ADDRESS_ERROR_RESPONSE beyond the memory,
  /// TLM_COMMAND_ERROR_RESPONSE for anything but read and write, TLM_BYTE_ENABLE_ERROR_RESPONSE and
  /// TLM_BURST_ERROR_RESPONSE for byte enables, streaming and empty payloads.
  tlm_utils::simple_target_socket<DramChannel> socket;

  /// An ideal memory until configure().
  explicit DramChannel(const sc_core::sc_module_name& name);

  /// Begins a new run with this memory at clock 0 = now and counters at zero. May be called any
  /// number of times, before and after elaboration, while no transfer is under way.
  void configure(const DramDevice& device, int channels, const DramPolicy& policy,
                 DramObserver* observer = nullptr);

  /// Begins a transfer; `done` is notified, never immediately, when it ends. `done` must live on.
  void start(const DramRequest& request, sc_core::sc_event& done);
  /// The same from an SC_THREAD, which is held until the transfer ends.
  void access(const DramRequest& request);

  /// The controller as of the current time, for its counters.
  [[nodiscard]] const DramController& controller();
  [[nodiscard]] bool idle() const { return waiting_.empty(); }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  [[nodiscard]] tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
  void wake();
  void catch_up(DramClock to);
  void schedule();
  [[nodiscard]] sc_core::sc_time time_of(DramClock clock) const;
  /// The last memory clock at or before now, the first at or after now.
  [[nodiscard]] DramClock clock_before() const;
  [[nodiscard]] DramClock clock_after() const;

  std::optional<DramController> controller_;
  std::unordered_map<DramRequestId, sc_core::sc_event*> waiting_;
  std::vector<DramCompletion> done_;
  sc_core::sc_event wake_event_;
  sc_core::sc_time epoch_;
  std::int64_t resolution_fs_ = 1000;
};

}  // namespace turnpike::memory
