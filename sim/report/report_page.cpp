#include "sim/report/report_page.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/cost/reprice.hpp"
#include "sim/report/result_files.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;

/// The files of sim/report/page as the build found them.
constexpr const char* kPage =
#include "sim/report/report_page_html.inc"
    ;
constexpr const char* kStyle =
#include "sim/report/report_page_css.inc"
    ;
constexpr const char* kScript =
#include "sim/report/report_page_bundle.inc"
    ;

/// Keys by which at least two of the runs differ; file names and the like are no settings.
std::vector<std::string> varied_keys(const std::vector<StoredRun>& runs) {
  std::set<std::string> keys;
  for (const StoredRun& run : runs) {
    for (const std::string& key :
         cost::differing_keys(runs[0].config.resolved, run.config.resolved)) {
      keys.insert(key);
    }
  }
  // The profile names what it sets.
  if (keys.contains("profile")) {
    std::erase_if(keys, [](const std::string& key) { return key.starts_with("cost."); });
  }
  return {keys.begin(), keys.end()};
}

std::string value_of(const StoredRun& run, const std::string& key) {
  const ConfigNode* node = &run.config.resolved;
  std::size_t from = 0;
  while (node != nullptr && from <= key.size()) {
    const std::size_t dot = std::min(key.find('.', from), key.size());
    node = node->find(key.substr(from, dot - from));
    from = dot + 1;
  }
  return node == nullptr ? "-" : node->kind == ConfigNode::Kind::scalar ? node->scalar : "...";
}

std::string width_text(const StoredRun& run) {
  const accelerator::OperandWidths& p = run.config.precision;
  return p.weight == p.activation ? fmt::format("{} bit", p.weight)
                                  : fmt::format("{} x {} bit", p.weight, p.activation);
}

/// "2 bit + 8-bit highway", then what else differs.
std::string label_of(const StoredRun& run, const std::vector<std::string>& varied,
                     bool many_networks) {
  std::string label = many_networks ? run.result.network + ", " : "";
  label += width_text(run);
  if (run.config.highway_enabled) {
    label += fmt::format(" + {}-bit highway", run.config.highway_bits);
  }
  for (const std::string& key : varied) {
    if (!key.starts_with("precision") && key != "highway.enabled" && key != "highway.bits" &&
        key != "name" && key != "description") {
      label += fmt::format(", {}={}", key, value_of(run, key));
    }
  }
  return label;
}

/// The run of the same network on the same machine without highway, if it is there.
std::optional<std::size_t> without_highway(const std::vector<StoredRun>& runs, std::size_t index) {
  const StoredRun& run = runs[index];
  if (!run.config.highway_enabled) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto keys = cost::differing_keys(runs[i].config.resolved, run.config.resolved);
    const bool only_highway = std::all_of(keys.begin(), keys.end(), [](const std::string& key) {
      return key.starts_with("highway.");
    });
    if (!runs[i].config.highway_enabled && only_highway &&
        runs[i].result.network == run.result.network && runs[i].result.batch == run.result.batch) {
      return i;
    }
  }
  return std::nullopt;
}

Json figures_json(const std::array<double, kComponents>& figures) {
  Json out = Json::object();
  for (int c = 0; c < kComponents; ++c) {
    const double value = figures[static_cast<std::size_t>(c)];
    if (value != 0.0) {
      out[std::string{to_string(static_cast<Component>(c))}] = value;
    }
  }
  return out;
}

Json layers_json(const StoredRun& run) {
  std::map<std::string, std::array<double, kComponents>> energy;
  for (const StoredCount& count : run.counts) {
    energy[count.layer][static_cast<std::size_t>(count.key.component)] += count.energy_pj;
  }
  const auto bytes = [](const accelerator::Traffic& bits) {
    return Json{{"ifmap", bytes_of(bits.ifmap)},
                {"filter", bytes_of(bits.filter)},
                {"psum", bytes_of(bits.psum)},
                {"ofmap", bytes_of(bits.ofmap)},
                {"highway", bytes_of(bits.highway)}};
  };
  Json out = Json::array();
  for (const accelerator::LayerResult& layer : run.result.layers) {
    out.push_back({{"name", layer.name},
                   {"mapping", layer.mapping.empty() ? Json(nullptr) : Json(layer.mapping)},
                   {"bound", layer.bound.empty() ? Json(nullptr) : Json(layer.bound)},
                   {"active_pes", layer.active_pes},
                   {"processing", layer.cycles.processing},
                   {"dram_stall", layer.cycles.dram_stall},
                   {"post_stall", layer.cycles.post_stall},
                   {"conflicts", layer.glb_conflict_cycles},
                   {"dram_bytes", bytes(layer.dram_bits)},
                   {"glb_bytes", bytes(layer.glb_bits)},
                   {"energy_pj", figures_json(energy[layer.name])}});
  }
  return out;
}

Json run_json(const StoredRun& run, const std::string& label,
              const std::vector<std::string>& varied) {
  Json settings = Json::object();
  for (const std::string& key : varied) {
    settings[key] = value_of(run, key);
  }
  std::uint64_t dram = 0;
  std::uint64_t glb = 0;
  for (const accelerator::LayerResult& layer : run.result.layers) {
    dram += bytes_of(layer.dram_bits.highway);
    glb += bytes_of(layer.glb_bits.highway);
  }
  Json residency = Json::array();
  for (const accelerator::Residency& tensor : run.result.residency) {
    residency.push_back({{"tensor", tensor.tensor},
                         {"bits", tensor.bits},
                         {"values", tensor.values},
                         {"place", tensor.in_glb ? "glb" : "dram"}});
  }
  return {{"label", label},
          {"directory", run.directory},
          {"weight_bits", run.config.precision.weight},
          {"activation_bits", run.config.precision.activation},
          {"highway", run.config.highway_enabled},
          {"highway_bits", run.config.highway_bits},
          {"settings", settings},
          {"totals", run.figures.totals},
          {"area_um2", figures_json(run.figures.area_um2)},
          {"energy_pj", figures_json(run.figures.energy_pj)},
          {"energy_pj_highway", figures_json(run.figures.energy_pj_highway)},
          {"highway_bytes", {{"dram", dram}, {"glb", glb}}},
          {"policy", run.figures.policy},
          {"checks", run.result.checks.all_passed() ? "all passed" : "FAILED"},
          {"residency", residency},
          {"layers", layers_json(run)}};
}

bool many_networks(const std::vector<StoredRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [&runs](const StoredRun& run) {
    return run.result.network != runs[0].result.network;
  });
}

/// The page with its marks, in their order, replaced; what is put in is never looked at again.
std::string filled(std::string_view page,
                   std::initializer_list<std::pair<std::string_view, std::string>> parts) {
  std::string out;
  for (const auto& [mark, text] : parts) {
    const std::size_t at = page.find(mark);
    ensure(at != std::string_view::npos, "the page has a place for everything");
    out += page.substr(0, at);
    out += text;
    page.remove_prefix(at + mark.size());
  }
  return out.append(page);
}

/// JSON that can stand in a script element: no "</script" and no "<!--" inside.
std::string island(const std::string& json) {
  std::string out;
  for (const char c : json) {
    out += c == '<' ? "\\u003c" : std::string(1, c);
  }
  return out;
}

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

std::string title_of(const std::vector<StoredRun>& runs) {
  return many_networks(runs)
             ? "Turnpike: " + runs[0].figures.accelerator
             : fmt::format("{} on {}", runs[0].result.network, runs[0].figures.accelerator);
}

}  // namespace

std::vector<std::string> run_labels(const std::vector<StoredRun>& runs) {
  const std::vector<std::string> varied = varied_keys(runs);
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const StoredRun& run : runs) {
    std::string label = label_of(run, varied, many_networks(runs));
    if (!seen.insert(label).second) {  // made twice, or of another sweep
      label += fmt::format(" ({})", std::filesystem::path{run.directory}.filename().string());
    }
    labels.push_back(label);
  }
  return labels;
}

std::string page_data(const std::vector<StoredRun>& runs) {
  ensure(!runs.empty(), "a page shows at least one run");
  const std::vector<std::string> varied = varied_keys(runs);
  const std::vector<std::string> labels = run_labels(runs);
  Json out = {{"schema", "turnpike-page/1"},
              {"title", title_of(runs)},
              {"network", many_networks(runs) ? "" : runs[0].result.network},
              {"runs", Json::array()}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Json run = run_json(runs[i], labels[i], varied);
    const auto base = without_highway(runs, i);
    run["without"] = base ? static_cast<std::int64_t>(*base) : -1;
    out["runs"].push_back(run);
  }
  return out.dump();
}

std::string report_page(const std::vector<StoredRun>& runs, const std::string& version) {
  return filled(kPage, {{"@TITLE@", html_text(title_of(runs))},
                        {"@STYLE@", kStyle},
                        {"@VERSION@", html_text(version)},
                        {"@DATA@", island(page_data(runs))},
                        {"@SCRIPT@", kScript}});
}

}  // namespace turnpike::report
