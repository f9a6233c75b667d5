#pragma once

#include <string>

#include <fmt/format.h>

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

/// The precision-highway paper's machine at `bits`, psums of `psum` bits.
inline MachineStructure paper_machine(int bits, int psum) {
  MachineStructure machine;
  machine.weight_bits = machine.activation_bits = bits;
  machine.psum_bits = psum;
  machine.glb_bytes = 2097152LL * bits / 16;
  machine.glb_line_bits = 4 * bits;
  machine.filter_buffer_bytes = 8192LL * bits / 16;
  machine.filter_buffer_line_bits = 4 * bits;
  machine.dram = DramPrices{1000.0, 300.0, 310.0, 20000.0, 20.0, 30.0, 5.0, 1.25, 512};
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
