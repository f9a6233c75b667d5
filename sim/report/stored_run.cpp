#include "sim/report/stored_run.hpp"

#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/csv_table.hpp"
#include "sim/base/error.hpp"
#include "traces/json_map.hpp"

namespace turnpike::report {
namespace {

using accelerator::LayerResult;
using accelerator::RunResult;
using traces::JsonMap;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::uint64_t count_of(JsonMap& map, const std::string& key) {
  return static_cast<std::uint64_t>(map.get_int(key, 0, kMost));
}

bool flag_of(JsonMap& map, const std::string& key) {
  const std::optional<bool> value = map.opt_bool(key);
  if (!value) {
    map.fail(fmt::format("lacks the required key '{}'", key));
  }
  return *value;
}

/// true, false, or null.
std::optional<bool> tristate_of(JsonMap& map, const std::string& key) {
  return map.get_value(key).is_null() ? std::nullopt : std::optional{flag_of(map, key)};
}

std::string text_or_null(JsonMap& map, const std::string& key) {
  return map.get_value(key).is_null() ? std::string{} : map.get_string(key);
}

/// Texts that may be empty.
std::string free_text(JsonMap& map, const std::string& key) {
  const Json& value = map.get_value(key);
  if (!value.is_string()) {
    map.fail(fmt::format("'{}' must be a text", key));
  }
  return value.get<std::string>();
}

/// Reads results.json. Unknown keys are passed over: later versions may add some.
class ResultsReader {
 public:
  ResultsReader(const Json& json, const std::string& path)
      : spot_{path, 0, 0}, top_{json, spot_, "results"} {}

  void read(StoredResults& run) {
    if (top_.get_string("schema") != "turnpike-results/1") {
      top_.fail(fmt::format("'schema' is '{}', expected 'turnpike-results/1'",
                            top_.get_string("schema")));
    }
    RunResult& result = run.result;
    result.network = free_text(top_, "network");
    result.batch = top_.get_int("batch", 1, kMost);
    read_figures(run.figures);
    read_machine(result);
    read_checks(result.checks);
    for (const Json& layer : list("layers")) {
      result.layers.push_back(read_layer(layer));
    }
  }

 private:
  JsonMap map(const std::string& key) { return {top_.get_value(key), spot_, key}; }

  const Json& list(const std::string& key) {
    const Json& value = top_.get_value(key);
    if (!value.is_array()) {
      top_.fail(fmt::format("'{}' must be a list", key));
    }
    return value;
  }

  static std::array<double, kComponents> by_component(JsonMap values, bool all) {
    std::array<double, kComponents> out{};
    for (int c = 0; c < kComponents; ++c) {
      const std::string name{to_string(static_cast<Component>(c))};
      if (all || values.has(name)) {
        out[static_cast<std::size_t>(c)] = values.get_double(name);
      }
    }
    return out;
  }

  void read_figures(StoredFigures& figures) {
    figures.accelerator = free_text(top_, "accelerator");
    figures.profile = free_text(top_, "profile");
    figures.policy = free_text(top_, "policy");
    JsonMap totals = map("totals");
    for (const char* key :
         {"cycles", "processing_cycles", "dram_stall_cycles", "post_stall_cycles", "latency_ms",
          "macs", "macs_zero_gated", "utilization", "energy_uj", "area_mm2", "average_power_mw",
          "tops_per_watt", "glb_bytes", "dram_bytes"}) {
      figures.totals[key] = totals.get_double(key);
    }
    figures.totals_json = top_.get_value("totals").dump();
    for (const auto& [key, value] : top_.get_value("totals").items()) {
      if (value.is_number()) {
        figures.totals.emplace(key, value.get<double>());
      }
    }
    figures.energy_pj = by_component(map("energy_pj"), true);
    figures.energy_pj_highway = by_component(map("energy_pj_highway"), true);
    figures.area_um2 = by_component(map("area_um2"), false);
  }

  void read_machine(RunResult& result) {
    JsonMap precision = map("precision");
    result.weight_bits = static_cast<int>(precision.get_int("weight", 1, 64));
    result.activation_bits = static_cast<int>(precision.get_int("activation", 1, 64));
    result.psum_bits = static_cast<int>(precision.get_int("psum", 1, 1024));
    // Absent in files of older versions.
    result.float_layers =
        static_cast<std::uint64_t>(precision.opt_int("float_layers", 0, kMost).value_or(0));
    JsonMap highway = map("highway");
    result.highway_enabled = flag_of(highway, "enabled");
    result.highway_bits = static_cast<int>(highway.get_int("bits", 0, 64));
    if (highway.has("wider_skips")) {
      result.wider_skips = highway.get_strings("wider_skips");
    }
    JsonMap operations = map("operations");
    result.operations = {
        count_of(operations, "low_precision_macs"), count_of(operations, "high_precision_adds"),
        count_of(operations, "nonlinear"), count_of(operations, "elementwise_multiplies")};
    JsonMap psums = map("psums");
    result.widest_psum = psums.get_double("widest");
    result.layers_over_cost = count_of(psums, "layers_over_cost_bits");
    for (const Json& entry : list("off_array")) {
      JsonMap layer{entry, spot_, "off_array"};
      result.off_array.push_back({free_text(layer, "name"), layer.get_double("share_of_macs")});
    }
    for (const Json& entry : list("residency")) {
      JsonMap tensor{entry, spot_, "residency"};
      result.residency.push_back(
          {free_text(tensor, "tensor"), static_cast<int>(tensor.get_int("bits", 1, 64)),
           tensor.get_int("values", 0, kMost), flag_of(tensor, "highway"),
           free_text(tensor, "place") == "glb", free_text(tensor, "reason")});
    }
  }

  void read_checks(accelerator::Checks& checks) {
    JsonMap map_of = map("checks");
    checks.ofmap_bit_exact = tristate_of(map_of, "ofmap_bit_exact");
    checks.outputs_compared = count_of(map_of, "outputs_compared");
    checks.float_max_error = map_of.get_double("float_max_error");
    checks.accumulators_exact = tristate_of(map_of, "accumulators_exact");
    checks.first_difference = free_text(map_of, "first_difference");
    read_differences(map_of, checks);
    JsonMap conservation{map_of.get_value("conservation"), spot_, "conservation"};
    for (const auto& [name, held] : map_of.get_value("conservation").items()) {
      checks.conservation[name] = flag_of(conservation, name);
    }
    // Absent in files of versions that stored the single checks only.
    if (map_of.opt_bool("passed").value_or(checks.all_passed()) != checks.all_passed()) {
      map_of.fail("'passed' contradicts the single checks");
    }
  }

  /// Absent in runs of versions that did not count them; then nothing was tolerated.
  static void read_differences(JsonMap& map_of, accelerator::Checks& checks) {
    if (!map_of.has("codes_differing")) {
      return;
    }
    checks.codes_compared = count_of(map_of, "codes_compared");
    checks.codes_differing = count_of(map_of, "codes_differing");
    checks.codes_off_by_one = count_of(map_of, "codes_off_by_one");
    checks.codes_within_tolerance = count_of(map_of, "codes_within_tolerance");
    checks.tensors_differing = count_of(map_of, "tensors_differing");
    checks.largest_code_difference = map_of.get_int("largest_code_difference", 0, kMost);
    checks.tolerance = static_cast<int>(map_of.get_int("tolerance", 0, 65535));
    checks.likely_cause = free_text(map_of, "likely_cause");
  }

  LayerResult read_layer(const Json& json) {
    JsonMap map_of{json, spot_, "layers"};
    LayerResult layer;
    layer.name = free_text(map_of, "name");
    map_of = JsonMap{json, spot_, "layer '" + layer.name + "'"};
    layer.op = free_text(map_of, "op");
    layer.mapping = text_or_null(map_of, "mapping");
    layer.bound = text_or_null(map_of, "bound");
    layer.passes = count_of(map_of, "passes");
    layer.active_pes = count_of(map_of, "active_pes");
    layer.cycles = {count_of(map_of, "processing_cycles"), count_of(map_of, "dram_stall_cycles"),
                    count_of(map_of, "post_stall_cycles")};
    layer.glb_conflict_cycles = count_of(map_of, "glb_conflict_cycles");
    layer.macs = count_of(map_of, "macs");
    layer.macs_zero_gated = count_of(map_of, "macs_zero_gated");
    layer.ifmap_place = free_text(map_of, "ifmap_place");
    layer.ofmap_place = free_text(map_of, "ofmap_place");
    layer.packing_loss_bits = count_of(map_of, "dram_packing_loss_bits");
    JsonMap dram{map_of.get_value("dram_bytes"), spot_, "dram_bytes of " + layer.name};
    // Whole 64-bit words: bytes lose nothing.
    layer.dram_bits.ifmap = 8 * count_of(dram, "ifmap");
    layer.dram_bits.filter = 8 * count_of(dram, "filter");
    layer.dram_bits.ofmap = 8 * count_of(dram, "ofmap");
    layer.dram_bits.highway = 8 * count_of(dram, "highway");
    JsonMap glb{map_of.get_value("glb_bytes"), spot_, "glb_bytes of " + layer.name};
    // Bytes for now; the exact bits follow from the counts.
    layer.glb_bits.ifmap = count_of(glb, "ifmap");
    layer.glb_bits.filter = count_of(glb, "filter");
    layer.glb_bits.psum = count_of(glb, "psum");
    layer.glb_bits.ofmap = count_of(glb, "ofmap");
    layer.glb_bits.highway = count_of(glb, "highway");
    return layer;
  }

  SourceSpot spot_;
  JsonMap top_;
};

std::uint64_t whole_number(const CsvTable& table, std::size_t row, const std::string& column) {
  const std::string& text = table.text(row, column);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw FileError{table.spot(row),
                    fmt::format("'{}' must be a whole number, not '{}'", column, text)};
  }
  return value;
}

template <class Enum>
Enum named(const CsvTable& table, std::size_t row, const std::string& column) {
  Enum value{};
  if (!from_string(table.text(row, column), value)) {
    throw FileError{table.spot(row), fmt::format("'{}' is no {}", table.text(row, column), column)};
  }
  return value;
}

StoredCount read_count(const CsvTable& table, std::size_t row) {
  StoredCount line;
  line.layer = table.text(row, "layer");
  line.key.component = named<Component>(table, row, "component");
  line.key.action = named<Action>(table, row, "action");
  line.key.stream = named<Stream>(table, row, "stream");
  const std::optional<Item> item = Item::named(table.text(row, "item"));
  if (!item) {
    throw FileError{table.spot(row), fmt::format("'{}' is no item of docs/action_vocabulary.md",
                                                 table.text(row, "item"))};
  }
  line.key.item = *item;
  if (!parse_widths(table.text(row, "bits"), line.key)) {
    throw FileError{table.spot(row),
                    fmt::format("'{}' is no width of an action", table.text(row, "bits"))};
  }
  if (const std::string why = refusal(line.key); !why.empty()) {
    throw FileError{table.spot(row), why};
  }
  line.count = whole_number(table, row, "count");
  line.energy_pj = table.number(row, "energy_pj");
  line.interpolated = table.text(row, "interpolated") == "true";
  return line;
}

/// Rows of a layer stand together, layers in the order of results.json. A layer may have no rows.
void read_counts(const RunDirectory& directory, StoredRun& run) {
  const CsvTable table =
      CsvTable::from_string(directory.text("counts.csv"), directory.path("counts.csv"));
  std::size_t layer = 0;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const StoredCount line = read_count(table, row);
    while (layer < run.result.layers.size() && run.result.layers[layer].name != line.layer) {
      ++layer;
    }
    if (layer == run.result.layers.size()) {
      throw FileError{
          table.spot(row),
          fmt::format("layer '{}' is not in results.json, or not in this order", line.layer)};
    }
    LayerResult& of = run.result.layers[layer];
    if (!of.counts.emplace(line.key, line.count).second) {
      throw FileError{table.spot(row), "this action of the layer stands here twice"};
    }
    run.result.midrise = run.result.midrise || line.key.midrise;
    run.counts.push_back(line);
  }
}

/// Buffer bits of a layer from its counted lines (accounting.cpp counts both in one place).
void complete_layer(const std::string& directory, LayerResult& layer) {
  accelerator::Traffic bits;
  std::uint64_t slots = 0;
  for (const auto& [key, count] : layer.counts) {
    const std::uint64_t moved = count * static_cast<std::uint64_t>(key.bits);
    if (key.component == Component::mac) {
      slots += count;
    } else if (key.component == Component::glb_filter && key.action == Action::read) {
      bits.filter += moved;
    } else if (key.component == Component::glb && key.item == "transfer") {
      layer.glb_transfer_bits += moved;
    } else if (key.component == Component::glb) {
      (key.stream == Stream::highway ? bits.highway
       : key.item == "ifmap"         ? bits.ifmap
       : key.item == "psum"          ? bits.psum
                                     : bits.ofmap) += moved;
    }
  }
  const auto same = [](std::uint64_t counted, std::uint64_t stated) {
    return bytes_of(counted) == stated;
  };
  const accelerator::Traffic& stated = layer.glb_bits;
  if (!same(bits.ifmap, stated.ifmap) || !same(bits.filter, stated.filter) ||
      !same(bits.psum, stated.psum) || !same(bits.ofmap, stated.ofmap) ||
      !same(bits.highway, stated.highway) || slots < layer.macs) {
    throw FileError{{directory + "/counts.csv", 0, 0},
                    fmt::format("does not belong to results.json: the counts of layer '{}' give "
                                "other buffer bytes or MACs",
                                layer.name)};
  }
  layer.glb_bits = bits;
}

/// The origin that to_yaml(true) wrote behind the line of a spot, or "".
std::string origin_at(const std::vector<std::string>& lines, const SourceSpot& spot) {
  if (spot.line < 1 || static_cast<std::size_t>(spot.line) > lines.size()) {
    return "";
  }
  const std::string& line = lines[static_cast<std::size_t>(spot.line) - 1];
  const std::size_t comment = line.rfind("  # ");
  return comment == std::string::npos ? "" : line.substr(comment + 4);
}

/// Gives each value the origin that to_yaml(true) wrote behind it.
void restore_origins(const std::vector<std::string>& lines, ConfigNode& node) {
  for (auto& [key, child] : node.entries) {
    const bool nested = child.kind == ConfigNode::Kind::mapping && !child.entries.empty();
    const std::string origin = origin_at(lines, nested ? child.key_spot : child.spot);
    restore_origins(lines, child);
    if (!origin.empty()) {
      child.restore_origin(origin);
      child.key_spot = child.spot;
    }
  }
}

config::AcceleratorConfig read_config(const RunDirectory& directory) {
  const std::string path = directory.path("config.resolved.yaml");
  const std::string& text = directory.text("config.resolved.yaml");
  try {
    ConfigNode node = ConfigNode::from_string(text, path);
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
      lines.push_back(line);
    }
    // Read once with the file's own lines, so that an error points into it.
    static_cast<void>(config::read_accelerator(node));
    restore_origins(lines, node);
    return config::read_accelerator(node);
  } catch (const FileError&) {
    throw;
  } catch (const InputError& error) {
    throw FileError{{path, 0, 0}, fmt::format("is damaged: {}", error.what())};
  }
}

void read_record(const RunDirectory& directory, StoredRun& run) {
  const SourceSpot spot{directory.path("run.json"), 0, 0};
  const Json json = traces::parse_json(directory.text("run.json"), spot, "run");
  JsonMap map{json, spot, "run"};
  run.timing = free_text(map, "timing");
  run.result.passes_simulated = count_of(map, "passes_simulated");
  run.result.clocks_simulated = count_of(map, "clocks_simulated");
}

}  // namespace

double StoredFigures::total(const std::string& key) const {
  const auto found = totals.find(key);
  ensure(found != totals.end(), "total " + key);
  return found->second;
}

bool parse_widths(const std::string& text, ActionKey& key) {
  key.bits = key.weight_bits = key.psum_bits = 0;
  key.midrise = false;
  if (text.empty()) {
    return true;
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&at, end](int& value) {
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc{} && value > 0;
  };
  const auto sign = [&at, end](char c) { return at != end && *at == c && ++at != end; };
  if (!number(key.bits)) {
    return false;
  }
  if (at == end) {
    return true;
  }
  if (!sign('x') || !number(key.weight_bits)) {
    return false;
  }
  key.midrise = sign('m');
  return sign('+') && number(key.psum_bits) && at == end;
}

StoredResults read_results(const RunDirectory& directory) {
  const std::string path = directory.path("results.json");
  const Json json = traces::parse_json(directory.text("results.json"), {path, 0, 0}, "results");
  StoredResults out;
  ResultsReader{json, path}.read(out);
  return out;
}

StoredRun read_stored_run(const std::string& path) {
  const RunDirectory directory = RunDirectory::open(path);
  StoredResults results = read_results(directory);
  StoredRun run;
  run.directory = path;
  run.result = std::move(results.result);
  run.figures = std::move(results.figures);
  read_record(directory, run);
  run.config = read_config(directory);
  use_kept_price_tables(path, run.config);
  read_counts(directory, run);
  for (LayerResult& layer : run.result.layers) {
    complete_layer(path, layer);
    run.result.passes += layer.passes;
  }
  return run;
}

PricedRun price_stored_run(const StoredRun& run, const config::AcceleratorConfig& config,
                           const std::string& config_root) {
  return price_run(config, run.result, config_root);
}

}  // namespace turnpike::report
