#include "sim/cost/accelergy_table.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::cost {
namespace {

struct Table {
  Component component = Component::mac;
  double instances = 1.0;
};

constexpr std::array<std::pair<std::string_view, Component>, 7> kNames = {{
    {"weights_spad", Component::filter_spad},
    {"shared_glb", Component::glb},
    {"global_buffer", Component::glb},
    {"weights_glb", Component::glb_filter},
    {"filter_glb", Component::glb_filter},
    {"DRAM", Component::dram},
    {"MAC", Component::mac},
}};

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  names.reserve(kComponents + kNames.size());
  for (int i = 0; i < kComponents; ++i) {
    names.emplace_back(to_string(static_cast<Component>(i)));
  }
  for (const auto& [name, component] : kNames) {
    names.emplace_back(name);
  }
  return names;
}

std::optional<Component> component_of(const std::string& name) {
  Component component = Component::mac;
  if (from_string(name, component)) {
    return component;
  }
  for (const auto& [known, meant] : kNames) {
    if (name == known) {
      return meant;
    }
  }
  return std::nullopt;
}

bool parse_number(std::string_view text, long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// "a.b.mac[1..168]" -> mac, 168.
Table parse_name(ConfigMap& map) {
  const std::string full = map.get_string("name");
  std::string name = full.substr(full.rfind('.', full.find('[')) + 1);
  Table table;
  const std::size_t bracket = name.find('[');
  if (bracket != std::string::npos) {
    const std::string range = name.substr(bracket);
    const std::size_t dots = range.find("..");
    long first = 0;
    long last = 0;
    if (dots == std::string::npos || range.back() != ']' ||
        !parse_number(std::string_view{range}.substr(1, dots - 1), first) ||
        !parse_number(std::string_view{range}.substr(dots + 2, range.size() - dots - 3), last) ||
        last < first) {
      map.fail("name", fmt::format("'{}' must end in a range such as [1..168]", full));
    }
    table.instances = static_cast<double>(last - first + 1);
    name = name.substr(0, bracket);
  }
  const auto component = component_of(name);
  if (!component) {
    map.fail("name",
             fmt::format("unknown component '{}'{}", name, suggestion(name, known_names())));
  }
  table.component = *component;
  return table;
}

ConfigMap open(ConfigMap& file, const char* kind) {
  ConfigMap top = file.get_map(kind);
  const std::string text = top.get_string("version");
  if (text != "0.3" && text != "0.4") {
    top.fail("version", fmt::format("version {} is not supported; 0.3 and 0.4 are", text));
  }
  return top;
}

/// Energies of one table by action name.
std::map<std::string, double> read_actions(ConfigMap& map) {
  std::map<std::string, double> energies;
  for (ConfigMap& action : map.get_map_list("actions")) {
    const std::string name =
        action.get_choice("name", {"read", "write", "update", "compute", "gated", "idle", "leak"});
    static_cast<void>(action.opt_node("arguments"));
    const double energy = action.get_double("energy", 0.0, 1e12);
    action.finish();
    if (!energies.emplace(name, energy).second) {
      action.fail("name", fmt::format("'{}' stands here twice: energies that depend on arguments "
                                      "are not supported",
                                      name));
    }
  }
  return energies;
}

Price price_of(double picojoules, const std::string& path, const std::string& what) {
  const Picojoules energy{picojoules};
  return {energy, false, {fmt::format("{}: {} = {:.6g}", path, what, energy)}};
}

/// Turns one table's energies into prices; what it leaks is returned, in pJ per cycle.
double add_prices(PriceTable& prices, ConfigMap& map, const Table& table, const std::string& path) {
  std::map<std::string, double> energies = read_actions(map);
  if (energies.contains("update") && !energies.contains("write")) {
    energies["write"] = energies["update"];
  }
  if (table.component == Component::psum_spad && energies.contains("write")) {
    if (!energies.contains("read")) {
      map.fail("actions", "psum_spad needs 'read' beside 'write': an accumulation does both");
    }
    energies["write"] += energies["read"];
  }
  for (const auto& [name, energy] : energies) {
    Action action = Action::read;
    if (!from_string(name, action)) {
      continue;  // update and leak
    }
    prices[{table.component, action}] =
        price_of(energy, path, fmt::format("{} {}", to_string(table.component), name));
  }
  const auto leak = energies.find("leak");
  if (leak == energies.end()) {
    return 0.0;
  }
  if (table.component == Component::dram && leak->second > 0.0) {
    map.fail("actions", "a DRAM that leaks: its standby is counted by state, set leak to 0");
  }
  return leak->second * table.instances;
}

void once(std::set<Component>& seen, ConfigMap& map, const Table& table) {
  if (!seen.insert(table.component).second) {
    map.fail("name", fmt::format("{} has a second table", to_string(table.component)));
  }
}

}  // namespace

PriceTable read_energy_table(const std::string& path) {
  ConfigMap file = ConfigMap::from_file(path);
  ConfigMap top = open(file, "ERT");
  PriceTable prices;
  std::set<Component> seen;
  double leak = 0.0;
  for (ConfigMap& map : top.get_map_list("tables")) {
    const Table table = parse_name(map);
    once(seen, map, table);
    leak += add_prices(prices, map, table, path);
    map.finish();
  }
  top.finish();
  file.finish();
  if (leak > 0.0) {
    prices[{Component::leakage, Action::background}] =
        price_of(leak, path, "leak of all instances");
  }
  return prices;
}

std::map<Component, SquareMicrometres> read_area_table(const std::string& path) {
  ConfigMap file = ConfigMap::from_file(path);
  ConfigMap top = open(file, "ART");
  std::map<Component, SquareMicrometres> areas;
  std::set<Component> seen;
  for (ConfigMap& map : top.get_map_list("tables")) {
    const Table table = parse_name(map);
    once(seen, map, table);
    areas[table.component] = SquareMicrometres{map.get_double("area", 0.0, 1e12) * table.instances};
    map.finish();
  }
  top.finish();
  file.finish();
  return areas;
}

}  // namespace turnpike::cost
