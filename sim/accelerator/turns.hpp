#pragma once

#include <array>
#include <systemc>

namespace turnpike::accelerator {

/// The threads of the machine, in the order they are served at one instant.
enum class Engine { control, post, fetch, write };
inline constexpr std::size_t kEngines = 4;

/// Decides in which order the engines act at one instant.
///
/// SystemC runs what happens at one time in delta cycles, and an engine's delta says how it was
/// woken, not what the hardware would do first. So an engine that is woken takes its turn before it
/// acts: when nothing else is going to happen at this time, the first of those that ask, in the
/// order of Engine, is served; what it sets off at the same time settles, whoever that wakes asks
/// too, and again the first is served.
class Turns : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Turns);
  explicit Turns(const sc_core::sc_module_name& name);

  /// From the thread of `engine`: returns when it is its turn.
  void take(Engine engine);

 private:
  void serve();

  std::array<bool, kEngines> asks_{};
  std::array<sc_core::sc_event, kEngines> turn_;
  sc_core::sc_event asked_;
};

}  // namespace turnpike::accelerator
