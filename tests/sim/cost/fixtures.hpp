#pragma once

#include <optional>
#include <string>

#include <fmt/format.h>

#include "sim/accelerator/machine_inventory.hpp"
#include "sim/config/profile.hpp"
#include "sim/cost/cost_model.hpp"
#include "sim/cost/policy.hpp"
#include "sim/cost/technology.hpp"

namespace turnpike::cost::test {

inline const Technology& technology_65nm() {
  static const Technology technology =
      Technology::load(std::string{TURNPIKE_SOURCE_DIR} + "/configs/technology/65nm");
  return technology;
}

inline std::string profile_path(const std::string& name) {
  return std::string{TURNPIKE_SOURCE_DIR} + "/configs/profiles/" + name + ".yaml";
}

inline CostPolicy policy_of(const std::string& name) {
  const config::Profile profile = config::Profile::load(profile_path(name));
  ConfigMap map{profile.overlay, "(top)"};
  return CostPolicy::read(map);
}

/// `silicon` by the clock rule `flip_flops`: every flip-flop of every PE, none in accesses.
inline CostPolicy flip_flop_policy() {
  CostPolicy policy = policy_of("silicon");
  policy.clock = ClockRule::flip_flops;
  policy.clock_factor = 0.537;
  policy.idle_pe_clock = 1.0;
  policy.access_clock = false;
  return policy;
}

/// A machine as a configuration and a network describe it.
struct Machine {
  config::AcceleratorConfig config;
  accelerator::MachineUse use;
  std::optional<DramPrices> dram =
      DramPrices{1000.0, 300.0, 310.0, 20000.0, 20.0, 30.0, 5.0, 1.25, 512};

  operator Inventory() const {  // NOLINT: it is one
    Inventory machine = accelerator::machine_inventory(config, use);
    machine.dram = dram;
    return machine;
  }
};

/// The precision-highway paper's machine at `bits`, psums of `psum` bits.
inline Machine paper_machine(int bits, int psum) {
  Machine machine;
  machine.config.precision.weight = machine.config.precision.activation = bits;
  machine.config.glb.bytes_at_16_bit = 2097152;
  machine.config.glb.banks = 16;
  machine.use.widths = {.weight = bits, .activation = bits, .psum = psum};
  return machine;
}

inline CostModel model_of(const std::string& profile, int bits, int psum) {
  return CostModel{technology_65nm(), policy_of(profile), paper_machine(bits, psum)};
}

inline double picojoules(const CostModel& model, const ActionKey& key) {
  return model.price(key).energy.count();
}

inline ActionKey key(Component component, Action action, int bits = 0, Item item = {}) {
  ActionKey made;
  made.component = component;
  made.action = action;
  made.bits = bits;
  made.item = item;
  return made;
}

/// Names an action in a failure.
inline std::string named(const ActionKey& key) {
  return fmt::format("{} {} {}, {}", to_string(key.component), to_string(key.action),
                     key.item.text(), widths_text(key));
}

inline ActionKey mac_key(int bits, int psum, Action action = Action::compute) {
  ActionKey made = key(Component::mac, action, bits);
  made.weight_bits = bits;
  made.psum_bits = psum;
  return made;
}

}  // namespace turnpike::cost::test
