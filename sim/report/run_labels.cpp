#include "sim/report/run_labels.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "sim/cost/reprice.hpp"

namespace turnpike::report {
namespace {

std::vector<std::string> varied_keys(const std::vector<results::StoredRun>& runs) {
  std::set<std::string> keys;
  for (const results::StoredRun& run : runs) {
    for (const std::string& key :
         cost::differing_keys(runs[0].config.resolved, run.config.resolved)) {
      keys.insert(key);
    }
  }
  if (keys.contains("profile")) {
    std::erase_if(keys, [](const std::string& key) { return key.starts_with("cost."); });
  }
  return {keys.begin(), keys.end()};
}

std::string value_of(const results::StoredRun& run, const std::string& key) {
  const ConfigNode* node = &run.config.resolved;
  std::size_t from = 0;
  while (node != nullptr && from <= key.size()) {
    const std::size_t dot = std::min(key.find('.', from), key.size());
    node = node->find(key.substr(from, dot - from));
    from = dot + 1;
  }
  return node == nullptr ? "-" : node->kind == ConfigNode::Kind::scalar ? node->scalar : "...";
}

std::string width_text(const results::StoredRun& run) {
  const config::OperandWidths& p = run.config.precision;
  return p.weight == p.activation ? fmt::format("{} bit", p.weight)
                                  : fmt::format("{} x {} bit", p.weight, p.activation);
}

bool said_in_words(const std::string& key) {
  return key.starts_with("precision") || key == "highway.enabled" || key == "highway.bits" ||
         key == "name" || key == "description";
}

/// "2 bit + 8-bit highway", then what else differs.
std::string label_of(const results::StoredRun& run, const std::vector<std::string>& varied,
                     bool name_network) {
  std::string label = name_network ? run.result.network + ", " : "";
  label += width_text(run);
  if (run.config.highway.enabled) {
    label += fmt::format(" + {}-bit highway", run.config.highway.bits);
  }
  for (const std::string& key : varied) {
    if (!said_in_words(key)) {
      label += fmt::format(", {}={}", key, value_of(run, key));
    }
  }
  return label;
}

}  // namespace

bool many_networks(const std::vector<results::StoredRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [&runs](const results::StoredRun& run) {
    return run.result.network != runs[0].result.network;
  });
}

std::string page_title(const std::vector<results::StoredRun>& runs) {
  return many_networks(runs)
             ? "Turnpike: " + runs[0].figures.accelerator
             : fmt::format("{} on {}", runs[0].result.network, runs[0].figures.accelerator);
}

std::vector<std::string> run_labels(const std::vector<results::StoredRun>& runs) {
  const std::vector<std::string> varied = varied_keys(runs);
  std::vector<std::string> labels;
  std::set<std::string> seen;
  for (const results::StoredRun& run : runs) {
    std::string label = label_of(run, varied, many_networks(runs));
    if (seen.contains(label)) {  // made twice, or of another sweep
      label += fmt::format(" ({})", std::filesystem::path{run.directory}.filename().string());
    }
    const std::string first = label;
    for (int again = 2; !seen.insert(label).second; ++again) {
      label = fmt::format("{} ({})", first, again);
    }
    labels.push_back(label);
  }
  return labels;
}

std::vector<std::vector<std::pair<std::string, std::string>>> run_settings(
    const std::vector<results::StoredRun>& runs) {
  const std::vector<std::string> varied = varied_keys(runs);
  std::vector<std::vector<std::pair<std::string, std::string>>> settings;
  for (const results::StoredRun& run : runs) {
    auto& own = settings.emplace_back();
    for (const std::string& key : varied) {
      own.emplace_back(key, value_of(run, key));
    }
  }
  return settings;
}

}  // namespace turnpike::report
