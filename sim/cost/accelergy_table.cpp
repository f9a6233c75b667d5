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

constexpr long kMostInstances = 1'000'000'000;

/// Instances of a part of a name: "[1..168]" is 168.
double instances_of(ConfigMap& map, const std::string& full, std::string_view range) {
  const std::size_t dots = range.find("..");
  long first = 0;
  long last = 0;
  if (dots == std::string::npos || range.back() != ']' ||
      !parse_number(range.substr(1, dots - 1), first) ||
      !parse_number(range.substr(dots + 2, range.size() - dots - 3), last) || first < 0 ||
      last < first || last >= kMostInstances) {
    map.fail("name", fmt::format("'{}' must give instances as a range such as [1..168]", full));
  }
  return static_cast<double>(last - first + 1);
}

Component known_component(ConfigMap& map, const std::string& key, const std::string& name) {
  const auto component = component_of(name);
  if (!component) {
    map.fail(key, fmt::format("unknown component '{}'{}", name, suggestion(name, known_names())));
  }
  return *component;
}

/// "a.b.mac[1..168]" and "a.PE[0..167].mac" -> mac, 168. The dots of a range part no names.
Table parse_name(ConfigMap& map) {
  const std::string full = map.get_string("name");
  Table table;
  std::string name;
  for (std::size_t at = 0; at < full.size(); ++at) {
    if (full[at] == '.') {
      name.clear();
    } else if (full[at] == '[') {
      const std::size_t end = full.find(']', at);
      table.instances *= instances_of(
          map, full,
          std::string_view{full}.substr(at, end == std::string::npos ? end : end - at + 1));
      at = end;
    } else {
      name += full[at];
    }
  }
  if (table.instances > static_cast<double>(kMostInstances)) {
    map.fail("name", fmt::format("'{}' has more than {} instances", full, kMostInstances));
  }
  table.component = known_component(map, "name", name);
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

/// The energies of an action whose arguments say whether address and data change (version 0.3): the
/// one of both changing counts, as in uniform traffic.
bool is_full_change(ConfigMap& action) {
  const ConfigNode* node = action.opt_node("arguments");
  if (node == nullptr || node->kind != ConfigNode::Kind::mapping) {
    return true;
  }
  const auto is_one = [node](const char* name) {
    const ConfigNode* value = node->find(name);
    return value == nullptr || value->scalar == "1";
  };
  return is_one("address_delta") && is_one("data_delta");
}

/// Our name of an Accelergy action; empty for those without a counterpart here.
std::string action_name(ConfigMap& action) {
  const std::string name =
      action.get_choice("name", {"read", "write", "update", "compute", "gated", "idle", "leak",
                                 "mac_random", "mac_reused", "mac_gated"});
  return name == "mac_random"   ? "compute"
         : name == "mac_gated"  ? "gated"
         : name == "mac_reused" ? ""
                                : name;
}

/// Energies of one table by action name.
std::map<std::string, double> read_actions(ConfigMap& map) {
  std::map<std::string, double> energies;
  for (ConfigMap& action : map.get_map_list("actions")) {
    const std::string name = action_name(action);
    const bool counts = is_full_change(action) && !name.empty();
    const double energy = action.get_double("energy", 0.0, 1e12);
    action.finish();
    if (!counts) {
      continue;
    }
    const bool may_be_nothing = name == "gated" || name == "idle" || name == "leak";
    if (energy <= 0.0 && !may_be_nothing) {
      action.fail("energy",
                  fmt::format("a '{}' costs more than nothing; leave the action out to keep "
                              "the technology's price",
                              name));
    }
    if (!energies.emplace(name, energy).second) {
      action.fail("name", fmt::format("'{}' stands here twice: energies that depend on arguments "
                                      "other than address_delta and data_delta are not supported",
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
    prices[{table.component, action}].price =
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

/// The optional key beside ERT: turnpike: {access_bits: {mac: 16, DRAM: 64}}.
void read_access_bits(ConfigMap& file, PriceTable& prices) {
  auto ours = file.opt_map("turnpike");
  if (!ours) {
    return;
  }
  ConfigMap widths = ours->get_map("access_bits");
  for (const std::string& name : widths.keys()) {
    const Component component = known_component(widths, name, name);
    const int bits = static_cast<int>(widths.get_int(name, 1, 65536));
    bool used = false;
    for (auto& [key, price] : prices) {
      if (key.first == component && component != Component::leakage) {
        price.access_bits = bits;
        used = true;
      }
    }
    if (!used) {
      widths.fail(name, fmt::format("no energy of '{}' stands in the table", name));
    }
  }
  widths.finish();
  ours->finish();
}

}  // namespace

std::vector<Component> unscaled_components(const PriceTable& prices) {
  std::set<Component> found;
  for (const auto& [key, price] : prices) {
    if (key.first.row().width && !price.access_bits) {
      found.insert(key.first);
    }
  }
  return {found.begin(), found.end()};
}

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
  read_access_bits(file, prices);
  file.finish();
  if (leak > 0.0) {
    prices[{Component::leakage, Action::background}].price =
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
