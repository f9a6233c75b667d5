#include "sim/report/explanation.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> component_names() {
  std::vector<std::string> names;
  for (int c = 0; c < kComponents; ++c) {
    names.emplace_back(to_string(static_cast<Component>(c)));
  }
  return names;
}

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  for (int a = 0; a < kActions; ++a) {
    names.emplace_back(to_string(static_cast<Action>(a)));
  }
  return names;
}

std::string described(const ActionKey& key) {
  std::string out = fmt::format("{}.{}", to_string(key.component), to_string(key.action));
  if (!key.item.empty()) {
    out += fmt::format(" {}", key.item.text());
  }
  if (const std::string widths = widths_text(key); !widths.empty()) {
    out += fmt::format(", {} bit", widths);
  }
  return out + (key.stream == Stream::highway ? ", highway" : "");
}

std::vector<std::string> matching_layers(const results::StoredRun& run, const Question& question) {
  std::vector<std::string> all;
  std::vector<std::string> found;
  for (const accelerator::LayerResult& layer : run.result.layers) {
    all.push_back(layer.name);
    if (glob_match(question.layers, layer.name)) {
      found.push_back(layer.name);
    }
  }
  if (found.empty()) {
    throw InputError{{question.text, 0, 0},
                     fmt::format("the run has no layer '{}'{}", question.layers,
                                 suggestion(question.layers, all))};
  }
  return found;
}

void explain_energy(const results::StoredRun& run, const pricing::PricedRun& priced,
                    const cost::CostModel& model, Explanation& out) {
  const Question& question = out.question;
  const auto asked = [&](const ActionKey& key, const std::string& layer) {
    return key.component == question.component &&
           (!question.action || key.action == *question.action) &&
           std::find(out.layers.begin(), out.layers.end(), layer) != out.layers.end();
  };
  std::map<ActionKey, ExplainedItem> items;
  for (const cost::EnergyRow& row : priced.energy.rows) {
    if (!asked(row.key, priced.energy.layers[row.layer])) {
      continue;
    }
    ExplainedItem& item = items[row.key];
    if (item.what.empty()) {
      const cost::Price price = model.price(row.key);
      item.what = described(row.key);
      item.each = price.energy.count();
      item.interpolated = price.interpolated;
      item.steps = price.steps;
    }
    item.count += row.count;
    item.total += row.energy.count();
  }
  for (const results::StoredCount& line : run.counts) {
    if (asked(line.key, line.layer)) {
      items[line.key].stored += line.energy_pj;
    }
  }
  for (auto& [key, item] : items) {
    out.total += item.total;
    out.items.push_back(std::move(item));
  }
  const double whole = priced.energy.total.count();
  out.share = whole > 0.0 ? out.total / whole : 0.0;
}

void explain_area(const results::StoredRun& run, const pricing::PricedRun& priced,
                  Explanation& out) {
  const double stored = run.figures.area_um2[static_cast<std::size_t>(out.question.component)];
  for (const cost::AreaItem& item : priced.area) {
    if (item.component == out.question.component) {
      out.items.push_back({item.part + (item.stream == Stream::highway ? ", highway" : ""), 0, 0.0,
                           item.area.count(), stored, item.interpolated, item.steps});
      out.total += item.area.count();
    }
  }
  const double whole = priced.area_mm2() * 1e6;
  out.share = whole > 0.0 ? out.total / whole : 0.0;
}

/// Empty if the tables of today give what the run was stored with.
std::string changed_since(const Explanation& e) {
  double stored = 0.0;
  for (const ExplainedItem& item : e.items) {
    stored = e.question.area ? item.stored : stored + item.stored;
  }
  return stored == e.total
             ? std::string{}
             : fmt::format(
                   "the run was stored with {:.6g} {}: tables or policies have changed "
                   "since, or it was made by another version\n",
                   stored, e.unit);
}

}  // namespace

Question parse_question(const std::string& text) {
  const SourceSpot spot{text, 0, 0};
  Question question;
  question.text = text;
  std::string name = text;
  if (const std::size_t at = name.find('@'); at != std::string::npos) {
    question.layers = name.substr(at + 1);
    name.resize(at);
  }
  if (name.starts_with("area.")) {
    question.area = true;
    name.erase(0, 5);
  }
  std::string action;
  if (const std::size_t dot = name.find('.'); dot != std::string::npos) {
    action = name.substr(dot + 1);
    name.resize(dot);
  }
  if (!from_string(name, question.component)) {
    throw InputError{
        spot, fmt::format("'{}' is no component{}", name, suggestion(name, component_names()))};
  }
  if (!action.empty()) {
    Action found{};
    if (question.area || !from_string(action, found)) {
      throw InputError{
          spot, fmt::format("'{}' is no action{}", action, suggestion(action, action_names()))};
    }
    question.action = found;
  }
  return question;
}

Explanation explain(const results::StoredRun& run, const Question& question,
                    const std::string& config_root) {
  Explanation out;
  out.question = question;
  out.unit = question.area ? "um2" : "pJ";
  const pricing::PricedRun priced = results::price_stored_run(run, run.config, config_root);
  out.policy = priced.policy;
  if (question.area) {
    explain_area(run, priced, out);
  } else {
    out.layers = matching_layers(run, question);
    explain_energy(run, priced, pricing::make_cost_model(run.config, &run.result, config_root),
                   out);
  }
  if (out.items.empty()) {
    throw InputError{
        {question.text, 0, 0},
        question.area ? "this component has no area" : "the run counts no such action"};
  }
  return out;
}

std::string to_text(const Explanation& e) {
  std::string out =
      fmt::format("{}: {:.6g} {}, {:.3f} % of the run's {}\n", e.question.text, e.total, e.unit,
                  100.0 * e.share, e.question.area ? "area" : "energy");
  if (!e.question.area) {
    out += fmt::format("{} of the run's layers\n",
                       e.question.layers == "*" ? "all" : fmt::format("{}", e.layers.size()));
  }
  for (const ExplainedItem& item : e.items) {
    out += '\n' + item.what;
    out += e.question.area
               ? fmt::format(": {:.6g} um2", item.total)
               : fmt::format(": {} x {:.6g} pJ = {:.6g} pJ", item.count, item.each, item.total);
    out += item.interpolated ? " (interpolated)\n" : "\n";
    for (const std::string& step : item.steps) {
      out += "  " + step + '\n';
    }
  }
  return out + '\n' + changed_since(e) + e.policy + '\n';
}

std::string to_json(const Explanation& e) {
  Json items = Json::array();
  for (const ExplainedItem& item : e.items) {
    Json json = {{"what", item.what}};
    if (!e.question.area) {
      json["count"] = item.count;
      json["each_pj"] = item.each;
      json["stored_pj"] = item.stored;
    }
    json[e.question.area ? "area_um2" : "energy_pj"] = item.total;
    json["interpolated"] = item.interpolated;
    json["steps"] = item.steps;
    items.push_back(std::move(json));
  }
  const Json json = {{"schema", "turnpike-explanation/1"},
                     {"what", e.question.text},
                     {"unit", e.unit},
                     {"total", e.total},
                     {"share", e.share},
                     {"layers", e.layers},
                     {"policy", e.policy},
                     {"items", std::move(items)}};
  return json.dump(2) + '\n';
}

}  // namespace turnpike::report
