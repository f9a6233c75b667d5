#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/base/unit_class.hpp"

/// The words that counts and prices agree on (docs/action_vocabulary.md), each in one table here. A
/// kind of array that is built of other things adds rows to kComponentRows and kActionRows; nothing
/// else names all of them.
namespace turnpike {

/// A component: what energy and area are summed by.
struct ComponentRow {
  std::string_view name;         ///< as in counts.csv and results.json
  std::string_view uncertainty;  ///< whose constants are uncertain together: cost.uncertainty
  bool area;                     ///< takes room on the chip
  bool width;                    ///< what an access costs goes with its bits
};
// In the order of results.json.
inline constexpr std::array kComponentRows = {
    ComponentRow{"mac", "logic", true, true},
    ComponentRow{"ifmap_spad", "spads", true, true},
    ComponentRow{"filter_spad", "spads", true, true},
    ComponentRow{"psum_spad", "spads", true, true},
    ComponentRow{"pe_control", "logic", true, false},
    ComponentRow{"pe_fifo", "noc", true, true},
    ComponentRow{"pe_link", "noc", true, true},
    ComponentRow{"noc", "noc", true, true},
    ComponentRow{"glb", "glb", true, true},
    ComponentRow{"glb_filter", "glb", true, true},
    ComponentRow{"post", "logic", true, true},
    ComponentRow{"rlc", "logic", true, true},
    ComponentRow{"controller", "logic", true, false},
    ComponentRow{"clock", "clock", false, false},
    ComponentRow{"leakage", "leakage", false, false},
    ComponentRow{"dram", "dram", false, true},
};
inline constexpr int kComponents = static_cast<int>(kComponentRows.size());

/// A row of kComponentRows.
class Component {
 public:
  constexpr Component() = default;
  template <std::integral Row>
  constexpr explicit Component(Row row) : row_{static_cast<std::uint8_t>(row)} {}

  [[nodiscard]] static constexpr std::optional<Component> named(std::string_view name) {
    for (int row = 0; row < kComponents; ++row) {
      if (kComponentRows[static_cast<std::size_t>(row)].name == name) {
        return Component{row};
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] constexpr const ComponentRow& row() const { return kComponentRows.at(row_); }
  [[nodiscard]] constexpr explicit operator std::size_t() const { return row_; }
  friend constexpr auto operator<=>(Component, Component) = default;

  static const Component mac, ifmap_spad, filter_spad, psum_spad, pe_control, pe_fifo, pe_link, noc,
      glb, glb_filter, post, rlc, controller, clock, leakage, dram;

 private:
  std::uint8_t row_ = 0;
};
inline constexpr Component Component::mac = Component::named("mac").value();
inline constexpr Component Component::ifmap_spad = Component::named("ifmap_spad").value();
inline constexpr Component Component::filter_spad = Component::named("filter_spad").value();
inline constexpr Component Component::psum_spad = Component::named("psum_spad").value();
inline constexpr Component Component::pe_control = Component::named("pe_control").value();
inline constexpr Component Component::pe_fifo = Component::named("pe_fifo").value();
inline constexpr Component Component::pe_link = Component::named("pe_link").value();
inline constexpr Component Component::noc = Component::named("noc").value();
inline constexpr Component Component::glb = Component::named("glb").value();
inline constexpr Component Component::glb_filter = Component::named("glb_filter").value();
inline constexpr Component Component::post = Component::named("post").value();
inline constexpr Component Component::rlc = Component::named("rlc").value();
inline constexpr Component Component::controller = Component::named("controller").value();
inline constexpr Component Component::clock = Component::named("clock").value();
inline constexpr Component Component::leakage = Component::named("leakage").value();
inline constexpr Component Component::dram = Component::named("dram").value();

/// What is done. `compute` is whatever a component is for; `background` goes with time.
enum class Action { read, write, compute, gated, idle, activate, refresh, background };
inline constexpr std::array<std::string_view, 8> kActionNames = {
    "read", "write", "compute", "gated", "idle", "activate", "refresh", "background"};
inline constexpr int kActions = static_cast<int>(kActionNames.size());

/// Low-precision traffic, or what the precision highway adds to it.
enum class Stream { low, highway };
inline constexpr std::array<std::string_view, 2> kStreamNames = {"low", "highway"};

/// Streams an action may be counted on.
enum class Streams { low, both };

/// What the units do that pay for an action.
enum class Work {
  read,
  write,
  update,  ///< read, modify, write
  compute,
  gate,      ///< a clock in which nothing is computed
  transfer,  ///< a value goes by
  accept,    ///< a value that goes by is taken
  state,     ///< a command or a clock in a state: the action says which
};

/// Whose bits stand in an action's key.
enum class Datum { none, mac, weight, activation, psum, data, result, line };

/// An action of a component. Its price is the sum of what the units of its component cost that pay
/// for it (sim/base/inventory.hpp): those of the classes named here, in this order, that serve its
/// item.
struct ActionRow {
  Component component;
  Action action;
  std::string_view item;  ///< tells actions of one component apart; may be empty
  Work work;
  Datum datum;
  Streams streams;
  UnitClass paid_by;
  std::optional<UnitClass> also_paid_by = std::nullopt;
};

inline constexpr std::array kActionRows = [] {
  using C = Component;
  using A = Action;
  using D = Datum;
  using W = Work;
  using S = Streams;
  using U = UnitClass;
  return std::array{
      ActionRow{C::mac, A::compute, "", W::compute, D::mac, S::low, U::mac},
      ActionRow{C::mac, A::gated, "", W::gate, D::mac, S::low, U::mac},
      ActionRow{C::ifmap_spad, A::read, "", W::read, D::activation, S::low, U::register_file},
      ActionRow{C::ifmap_spad, A::write, "", W::write, D::activation, S::low, U::register_file},
      ActionRow{C::filter_spad, A::read, "", W::read, D::weight, S::low, U::spad_sram},
      ActionRow{C::filter_spad, A::write, "", W::write, D::weight, S::low, U::spad_sram},
      ActionRow{C::psum_spad, A::read, "", W::read, D::psum, S::low, U::register_file},
      ActionRow{C::psum_spad, A::write, "", W::update, D::psum, S::low, U::register_file},
      ActionRow{C::ifmap_spad, A::write, "register", W::write, D::activation, S::low,
                U::register_file},
      ActionRow{C::filter_spad, A::write, "register", W::write, D::weight, S::low,
                U::register_file},
      ActionRow{C::psum_spad, A::write, "register", W::update, D::psum, S::low, U::register_file},
      ActionRow{C::psum_spad, A::write, "shift", W::write, D::psum, S::low, U::register_file},
      ActionRow{C::pe_control, A::compute, "", W::compute, D::none, S::low, U::pe_control},
      ActionRow{C::pe_fifo, A::write, "ifmap", W::transfer, D::activation, S::low, U::fifo},
      ActionRow{C::pe_fifo, A::write, "filter", W::transfer, D::weight, S::low, U::fifo},
      ActionRow{C::pe_fifo, A::write, "psum_in", W::transfer, D::psum, S::low, U::fifo},
      ActionRow{C::pe_fifo, A::write, "psum_out", W::transfer, D::psum, S::low, U::fifo},
      ActionRow{C::pe_link, A::compute, "", W::compute, D::psum, S::low, U::adder},
      ActionRow{C::pe_link, A::write, "", W::transfer, D::psum, S::low, U::fifo, U::wire},
      ActionRow{C::pe_link, A::write, "ifmap", W::transfer, D::activation, S::low, U::wire},
      ActionRow{C::pe_link, A::write, "filter", W::transfer, D::weight, S::low, U::wire},
      ActionRow{C::pe_link, A::write, "psum", W::transfer, D::psum, S::low, U::wire},
      ActionRow{C::noc, A::write, "filter_y", W::transfer, D::weight, S::low, U::wire, U::selector},
      ActionRow{C::noc, A::write, "filter_x", W::transfer, D::weight, S::low, U::wire, U::selector},
      ActionRow{C::noc, A::write, "filter_hit", W::accept, D::weight, S::low, U::selector},
      ActionRow{C::noc, A::write, "ifmap_y", W::transfer, D::activation, S::low, U::wire,
                U::selector},
      ActionRow{C::noc, A::write, "ifmap_x", W::transfer, D::activation, S::low, U::wire,
                U::selector},
      ActionRow{C::noc, A::write, "ifmap_hit", W::accept, D::activation, S::low, U::selector},
      ActionRow{C::noc, A::write, "psum_in_y", W::transfer, D::psum, S::low, U::wire, U::selector},
      ActionRow{C::noc, A::write, "psum_in_x", W::transfer, D::psum, S::low, U::wire, U::selector},
      ActionRow{C::noc, A::write, "psum_in_hit", W::accept, D::psum, S::low, U::selector},
      ActionRow{C::noc, A::write, "psum_out_y", W::transfer, D::psum, S::low, U::wire},
      ActionRow{C::noc, A::write, "psum_out_x", W::transfer, D::psum, S::low, U::wire},
      ActionRow{C::glb, A::read, "ifmap", W::read, D::line, S::both, U::sram},
      ActionRow{C::glb, A::read, "psum", W::read, D::line, S::both, U::sram},
      ActionRow{C::glb, A::read, "ofmap", W::read, D::line, S::both, U::sram},
      ActionRow{C::glb, A::read, "skip", W::read, D::line, S::both, U::sram},
      ActionRow{C::glb, A::read, "transfer", W::read, D::line, S::both, U::sram},
      ActionRow{C::glb, A::write, "ifmap", W::write, D::line, S::both, U::sram},
      ActionRow{C::glb, A::write, "psum", W::write, D::line, S::both, U::sram},
      ActionRow{C::glb, A::write, "ofmap", W::write, D::line, S::both, U::sram},
      ActionRow{C::glb, A::write, "skip", W::write, D::line, S::both, U::sram},
      ActionRow{C::glb, A::write, "transfer", W::write, D::line, S::both, U::sram},
      ActionRow{C::glb_filter, A::read, "", W::read, D::line, S::low, U::sram},
      ActionRow{C::glb_filter, A::write, "", W::write, D::line, S::low, U::sram},
      ActionRow{C::post, A::compute, "requant", W::compute, D::result, S::low, U::requantizer},
      ActionRow{C::post, A::compute, "add", W::compute, D::data, S::both, U::saturating_adder},
      ActionRow{C::post, A::compute, "relu", W::compute, D::data, S::low, U::rectifier},
      ActionRow{C::post, A::compute, "quantize", W::compute, D::data, S::both, U::requantizer},
      ActionRow{C::post, A::compute, "max", W::compute, D::data, S::low, U::comparator},
      ActionRow{C::post, A::compute, "pool", W::compute, D::data, S::low, U::adder},
      ActionRow{C::post, A::compute, "mul", W::compute, D::data, S::low, U::multiplier},
      ActionRow{C::post, A::compute, "sigmoid", W::compute, D::data, S::low, U::lut},
      ActionRow{C::post, A::compute, "tanh", W::compute, D::data, S::low, U::lut},
      ActionRow{C::rlc, A::write, "", W::compute, D::data, S::low, U::encoder},
      ActionRow{C::rlc, A::read, "", W::compute, D::data, S::low, U::decoder},
      ActionRow{C::controller, A::background, "", W::state, D::none, S::low, U::chip_control},
      ActionRow{C::clock, A::background, "active", W::state, D::none, S::low, U::flip_flops},
      ActionRow{C::clock, A::background, "stalled", W::state, D::none, S::low, U::flip_flops},
      ActionRow{C::clock, A::background, "gated", W::state, D::none, S::low, U::flip_flops},
      ActionRow{C::clock, A::background, "networks", W::state, D::none, S::low, U::flip_flops},
      ActionRow{C::clock, A::background, "buffers", W::state, D::none, S::low, U::flip_flops},
      ActionRow{C::leakage, A::background, "", W::state, D::none, S::low, U::leakage},
      ActionRow{C::dram, A::activate, "", W::state, D::none, S::both, U::dram},
      ActionRow{C::dram, A::read, "", W::state, D::none, S::both, U::dram},
      ActionRow{C::dram, A::write, "", W::state, D::none, S::both, U::dram},
      ActionRow{C::dram, A::refresh, "", W::state, D::none, S::low, U::dram},
      ActionRow{C::dram, A::background, "precharged", W::state, D::none, S::low, U::dram},
      ActionRow{C::dram, A::background, "active", W::state, D::none, S::low, U::dram},
      ActionRow{C::dram, A::background, "powerdown", W::state, D::none, S::low, U::dram},
  };
}();

/// The texts of all items, sorted, each once; empty texts fill the end.
inline constexpr auto kItemTexts = [] {
  std::array<std::string_view, kActionRows.size()> texts{};
  std::transform(kActionRows.begin(), kActionRows.end(), texts.begin(),
                 [](const ActionRow& row) { return row.item; });
  std::sort(texts.begin(), texts.end());
  std::fill(std::unique(texts.begin(), texts.end()), texts.end(), std::string_view{});
  return texts;
}();

/// The item of an action: one of those in kActionRows, ordered as their texts are.
class Item {
 public:
  constexpr Item() = default;
  /// Of a text in the source; one that no action has does not compile.
  consteval Item(const char* text) : Item{named(text).value()} {}  // NOLINT: reads as its text

  [[nodiscard]] static constexpr std::optional<Item> named(std::string_view text) {
    for (std::size_t rank = 0; rank < kItemTexts.size(); ++rank) {
      if (kItemTexts[rank] == text) {
        Item item;
        item.rank_ = static_cast<std::uint8_t>(rank);
        return item;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] constexpr std::string_view text() const { return kItemTexts.at(rank_); }
  [[nodiscard]] constexpr bool empty() const { return rank_ == 0; }
  friend constexpr auto operator<=>(Item, Item) = default;

 private:
  std::uint8_t rank_ = 0;  ///< of its text; the empty one comes first
};

/// Where in kActionRows an action stands, if it does.
[[nodiscard]] constexpr std::optional<std::size_t> action_index(Component component, Action action,
                                                                Item item) {
  for (std::size_t i = 0; i < kActionRows.size(); ++i) {
    const ActionRow& row = kActionRows.at(i);
    if (row.component == component && row.action == action && row.item == item.text()) {
      return i;
    }
  }
  return std::nullopt;
}

/// The row of an action, or null if there is none.
[[nodiscard]] inline const ActionRow* find_action(Component component, Action action, Item item) {
  const std::optional<std::size_t> index = action_index(component, action, item);
  return index ? &kActionRows.at(*index) : nullptr;
}

/// An action that is counted; one that has no row does not compile.
struct KnownAction {
  consteval KnownAction(Component of, Action what, Item with = {})
      : component{of}, action{what}, item{with} {
    if (!action_index(of, what, with)) {
      throw "no such action in kActionRows";
    }
  }
  Component component;
  Action action;
  Item item;
};

[[nodiscard]] constexpr std::string_view to_string(Component component) {
  return component.row().name;
}
[[nodiscard]] constexpr std::string_view to_string(Action action) {
  return kActionNames.at(static_cast<std::size_t>(action));
}
[[nodiscard]] constexpr std::string_view to_string(Stream stream) {
  return kStreamNames.at(static_cast<std::size_t>(stream));
}
/// False if there is no such name.
[[nodiscard]] bool from_string(std::string_view name, Component& component);
[[nodiscard]] bool from_string(std::string_view name, Action& action);
[[nodiscard]] bool from_string(std::string_view name, Stream& stream);

}  // namespace turnpike
