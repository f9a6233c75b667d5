#include "memory/dram_channel.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"

namespace turnpike::memory {
namespace {

DramDevice ideal_memory() {
  DramDevice device;
  device.name = "ideal";
  device.kind = DramKind::ideal;
  return device;
}

}  // namespace

tlm::tlm_extension_base* DramTransferExtension::clone() const {
  return new DramTransferExtension{*this};
}

void DramTransferExtension::copy_from(const tlm::tlm_extension_base& other) {
  *this = static_cast<const DramTransferExtension&>(other);
}

DramChannel::DramChannel(const sc_core::sc_module_name& name)
    : sc_core::sc_module{name}, socket{"socket"}, wake_event_{"may_be_done"} {
  socket.register_b_transport(this, &DramChannel::b_transport);
  SC_HAS_PROCESS(DramChannel);
  SC_METHOD(wake);
  sensitive << wake_event_;
  dont_initialize();
  configure(ideal_memory(), 1, {});
}

void DramChannel::configure(const DramDevice& device, int channels, const DramPolicy& policy,
                            DramObserver* observer) {
  ensure(waiting_.empty(), "the memory is configured while no transfer is under way");
  controller_.emplace(device, channels, policy, observer);
  epoch_ = sc_core::sc_time_stamp();
  resolution_fs_ = std::llround(sc_core::sc_get_time_resolution().to_seconds() * 1e15);
  ensure(resolution_fs_ > 0, "the kernel's time resolution is a femtosecond or coarser");
  wake_event_.cancel();
}

sc_core::sc_time DramChannel::time_of(DramClock clock) const {
  const std::int64_t fs = clock * controller_->device().tck_fs();
  const std::int64_t ticks = (fs + resolution_fs_ - 1) / resolution_fs_;
  return epoch_ + sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(ticks));
}

DramClock DramChannel::clock_before() const {
  const auto ticks = static_cast<std::int64_t>((sc_core::sc_time_stamp() - epoch_).value());
  return ticks * resolution_fs_ / controller_->device().tck_fs();
}

DramClock DramChannel::clock_after() const {
  const DramClock before = clock_before();
  return time_of(before) < sc_core::sc_time_stamp() ? before + 1 : before;
}

void DramChannel::start(const DramRequest& request, sc_core::sc_event& done) {
  // The clock of a transfer that began within the same memory clock may already be "after" now.
  const DramClock at = std::max(clock_after(), controller_->now());
  waiting_.emplace(controller_->submit(request, at), &done);
  catch_up(at);
  schedule();
}

void DramChannel::access(const DramRequest& request) {
  sc_core::sc_event done;
  start(request, done);
  sc_core::wait(done);
}

const DramController& DramChannel::controller() {
  catch_up(std::max(clock_before(), controller_->now()));
  schedule();
  return *controller_;
}

void DramChannel::wake() {
  catch_up(std::max(clock_before(), controller_->now()));
  schedule();
}

void DramChannel::catch_up(DramClock to) {
  done_.clear();
  controller_->advance(to, done_);
  for (const DramCompletion& completion : done_) {
    const auto waiting = waiting_.find(completion.id);
    ensure(waiting != waiting_.end(), "a DRAM transfer ends once");
    waiting->second->notify(std::max(time_of(completion.at), sc_core::sc_time_stamp()) -
                            sc_core::sc_time_stamp());
    waiting_.erase(waiting);
  }
}

void DramChannel::schedule() {
  wake_event_.cancel();
  if (const auto next = controller_->next_event()) {
    const sc_core::sc_time& now = sc_core::sc_time_stamp();
    wake_event_.notify(std::max(time_of(*next), now) - now);
  }
}

tlm::tlm_response_status DramChannel::check(const tlm::tlm_generic_payload& payload) const {
  if (!payload.is_read() && !payload.is_write()) {
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  }
  if (payload.get_byte_enable_ptr() != nullptr) {
    return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  }
  const std::uint64_t bytes = payload.get_data_length();
  if (bytes == 0 || payload.get_streaming_width() < bytes) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  const auto capacity = static_cast<std::uint64_t>(controller_->capacity_bytes());
  if (bytes > capacity || payload.get_address() > capacity - bytes) {
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

void DramChannel::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_response_status(check(payload));
  if (!payload.is_response_ok()) {
    return;
  }
  if (delay > sc_core::SC_ZERO_TIME) {
    sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  DramRequest request{.address = static_cast<std::int64_t>(payload.get_address()),
                      .bytes = static_cast<std::int64_t>(payload.get_data_length()),
                      .write = payload.is_write()};
  if (const auto* extension = payload.get_extension<DramTransferExtension>()) {
    request.stream = extension->stream;
  }
  access(request);
}

}  // namespace turnpike::memory
