#include "sim/cost/source_note.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::cost {
namespace {

Range read_range(const ConfigNode& node, const std::string& what) {
  if (node.kind != ConfigNode::Kind::sequence || node.items.size() != 2) {
    throw InputError{node.spot, fmt::format("'{}' must be [low, high]", what)};
  }
  const Range range{parse_double(node.items[0], what, 0.0, 1e12),
                    parse_double(node.items[1], what, 0.0, 1e12)};
  if (range.low > range.high) {
    throw InputError{node.spot, fmt::format("'{}' has its low end above its high end", what)};
  }
  return range;
}

}  // namespace

Range SourceNote::range(const std::string& name) const {
  const auto found = ranges.find(name);
  if (found == ranges.end()) {
    throw InputError{{path, 0, 0}, fmt::format("'ranges' lacks '{}'", name)};
  }
  return found->second;
}

SourceNote SourceNote::beside(const std::string& table_path) {
  const std::filesystem::path table{table_path};
  std::filesystem::path path{table};
  path.replace_extension(".source");
  if (!std::filesystem::exists(path)) {
    throw FileError{{table_path, 0, 0},
                    fmt::format("has no source: {} must stand beside it and say where its numbers "
                                "come from",
                                path.filename().string())};
  }
  ConfigMap map = ConfigMap::from_file(path.string());
  static_cast<void>(map.get_choice("schema", {"turnpike-source/1"}));
  SourceNote note;
  note.path = path.string();
  note.table = map.get_string("table");
  if (note.table != table.filename().string()) {
    map.fail("table", fmt::format("'table' is {}, but the file stands beside {}", note.table,
                                  table.filename().string()));
  }
  note.obtained = map.get_string("obtained");
  note.units = map.get_string("units");
  note.rule = map.get_string("rule");
  note.attribution = map.get_string("attribution");
  note.node_nm = map.get_double("node_nm", 1.0, 1000.0);
  note.voltage = map.get_double("voltage", 0.1, 10.0);
  note.uncertainty = read_range(map.get_node("uncertainty"), "uncertainty");
  static_cast<void>(map.get_string("uncertainty_why"));
  ConfigMap ranges = map.get_map("ranges");
  for (const std::string& key : ranges.keys()) {
    note.ranges[key] = read_range(ranges.get_node(key), key);
  }
  for (const char* text : {"scaling", "columns", "not_included"}) {
    static_cast<void>(map.opt_string(text));
  }
  map.finish();
  return note;
}

}  // namespace turnpike::cost
