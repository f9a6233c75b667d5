#include "pe/pass_timer.hpp"

#include "sim/base/error.hpp"

namespace turnpike::pe {

const PassResult& PassTimer::foresee(const PassKey& key, const PassOperands* operands) {
  if (model_.data_matters()) {
    ensure(operands != nullptr, "a pass whose time depends on its data comes with them");
    unremembered_ = model_.time(key, operands);
    note_stepped(unremembered_);
    return unremembered_;
  }
  if (const PassResult* known = passes_->find(key)) {
    return *known;
  }
  const PassResult& result = passes_->time(model_, key);
  note_stepped(result);
  return result;
}

void PassTimer::note_stepped(const PassResult& result) {
  if (mode_ == Mode::memo) {
    ++passes_simulated_;
    clocks_simulated_ += result.cycles;
  }
}

const PassResult& PassTimer::run(const PassKey& key, const PassResult& foreseen,
                                 PassOperands* operands) {
  ++passes_run_;
  if (mode_ == Mode::memo) {
    sc_core::wait(array_.clock_period() * static_cast<double>(foreseen.cycles));
    return foreseen;
  }
  array_.start(key, operands);
  sc_core::wait(array_.done());
  ++passes_simulated_;
  const PassResult result = array_.result();
  clocks_simulated_ += result.cycles;
  ensure(result == foreseen, "passes of one shape take the same clocks and counts");
  return foreseen;
}

}  // namespace turnpike::pe
