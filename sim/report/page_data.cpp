#include "sim/report/page_data.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/cost/area_band.hpp"
#include "sim/cost/reprice.hpp"
#include "sim/cost/sensitivity.hpp"
#include "sim/report/page_shown.hpp"
#include "sim/report/paper_claims.hpp"
#include "sim/report/run_labels.hpp"
#include "sim/results/record_json.hpp"
#include "sim/results/result_files.hpp"

namespace turnpike::report {
namespace {

using accelerator::bytes_of;
using Json = nlohmann::ordered_json;
using Figures = std::array<double, kComponents>;  // by component

/// Samples and seed of every band of the page.
constexpr cost::MonteCarlo kMonteCarlo;

bool is_highway_key(const std::string& key) {
  return key.starts_with("highway.");
}

bool is_precision_key(const std::string& key) {
  return key == "precision" || key.starts_with("precision.");
}

/// True if the runs are of one network and batch and their configurations differ in nothing that
/// `may_differ` does not name.
bool alike(const results::StoredRun& a, const results::StoredRun& b,
           bool (*may_differ)(const std::string&)) {
  if (a.result.network != b.result.network || a.result.batch != b.result.batch) {
    return false;
  }
  const auto keys = cost::differing_keys(a.config.resolved, b.config.resolved);
  return std::all_of(keys.begin(), keys.end(), may_differ);
}

/// The run of the same network on the same machine without highway, if it is there.
std::optional<std::size_t> without_highway(const std::vector<results::StoredRun>& runs,
                                           std::size_t index) {
  const results::StoredRun& run = runs[index];
  for (std::size_t i = 0; run.config.highway.enabled && i < runs.size(); ++i) {
    if (!runs[i].config.highway.enabled && alike(runs[i], run, is_highway_key)) {
      return i;
    }
  }
  return std::nullopt;
}

Json figures_json(const Figures& figures) {
  Json out = Json::object();
  for (int c = 0; c < kComponents; ++c) {
    const double value = figures[static_cast<std::size_t>(c)];
    if (value != 0.0) {
      out[std::string{to_string(static_cast<Component>(c))}] = value;
    }
  }
  return out;
}

/// Energy that follows from time and chip, not from what is moved or computed: clock, leakage,
/// DRAM standby and refresh.
bool of_time(const ActionKey& key) {
  return key.component == Component::clock || key.component == Component::leakage ||
         key.action == Action::background || key.action == Action::refresh;
}

Json time_json(const results::StoredRun& run) {
  Figures figures{};
  for (const results::StoredCount& count : run.counts) {
    if (of_time(count.key)) {
      figures[static_cast<std::size_t>(count.key.component)] += count.energy_pj;
    }
  }
  return figures_json(figures);
}

Json layers_json(const results::StoredRun& run) {
  std::map<std::string, Figures> own;
  for (const results::StoredCount& count : run.counts) {
    if (count.key.stream == Stream::highway) {
      own[count.layer][static_cast<std::size_t>(count.key.component)] += count.energy_pj;
    }
  }
  Json out = Json::array();
  for (const results::PricedLayer& layer :
       results::ResultsRecord{run.result, run.figures}.layers()) {
    Json shown = to_json(layer);
    shown["energy_pj"] = figures_json(layer.energy_pj);
    shown["energy_pj_highway"] = figures_json(own[layer.name]);
    out.push_back(std::move(shown));
  }
  return out;
}

Json highway_bytes_json(const results::StoredRun& run) {
  std::uint64_t dram = 0;
  std::uint64_t glb = 0;
  for (const accelerator::LayerResult& layer : run.result.layers) {
    dram += bytes_of(layer.dram_bits.highway);
    glb += bytes_of(layer.glb_bits.highway);
  }
  return {{"dram", dram}, {"glb", glb}};
}

Json residency_json(const results::StoredRun& run) {
  Json residency = Json::array();
  for (const accelerator::Residency& tensor : run.result.residency) {
    residency.push_back({{"tensor", tensor.tensor},
                         {"bits", tensor.bits},
                         {"values", tensor.values},
                         {"place", tensor.in_glb ? "glb" : "dram"}});
  }
  return residency;
}

Json band_json(const cost::Band& band) {
  return {band.p5, band.p50, band.p95};
}

cost::UncertainEnergies uncertain_of(const results::StoredRun& run) {
  cost::ComponentEnergies energies;
  std::transform(run.figures.energy_pj.begin(), run.figures.energy_pj.end(), energies.begin(),
                 [](double energy) { return Picojoules{energy}; });
  cost::ClockRows clock;
  for (const results::StoredCount& count : run.counts) {
    clock.add(count.key, count.count, Picojoules{count.energy_pj});
  }
  const config::OperandWidths& widths = run.config.precision;
  return {cost::by_group(energies), clock.energies(pricing::cost_policy(run.config),
                                                   std::max(widths.weight, widths.activation))};
}

Json energy_band(const results::StoredRun& run) {
  const auto metric = [](const std::vector<Picojoules>& totals) {
    return totals[0].count() * 1e-6;
  };
  return band_json(
      cost::band_of({uncertain_of(run)}, pricing::cost_policy(run.config), metric, kMonteCarlo));
}

/// Of the change of energy in percent; the runs are charged alike.
Json change_band(const results::StoredRun& from, const results::StoredRun& to) {
  const auto metric = [](const std::vector<Picojoules>& totals) {
    return 100.0 * (totals[1] / totals[0] - 1.0);
  };
  return band_json(cost::band_of({uncertain_of(from), uncertain_of(to)},
                                 pricing::cost_policy(from.config), metric, kMonteCarlo));
}

cost::GroupAreas areas_of(const results::StoredRun& run) {
  cost::GroupAreas areas{};
  for (int c = 0; c < kComponents; ++c) {
    const auto component = static_cast<std::size_t>(c);
    areas.at(static_cast<std::size_t>(cost::area_group_of(static_cast<Component>(c)))) +=
        SquareMicrometres{run.figures.area_um2[component]};
  }
  return areas;
}

Json area_change_band(const results::StoredRun& from, const results::StoredRun& to,
                      const std::string& config_root) {
  const auto technology = cost::Technology::load(
      fmt::format("{}/technology/{}nm", config_root, from.config.technology.node_nm));
  return band_json(cost::area_band_of(
      {areas_of(from), areas_of(to)}, cost::area_ranges(technology),
      [](const std::vector<double>& mm2) { return 100.0 * (mm2[1] / mm2[0] - 1.0); }, kMonteCarlo));
}

Json accuracy_json(const results::StoredRun& run) {
  return run.accuracy ? Json{{"top1", run.accuracy->top1},
                             {"standard_error", run.accuracy->standard_error},
                             {"images", run.accuracy->images}}
                      : Json(nullptr);
}

/// True if no run of the same network is at least as accurate for at most this energy, and better
/// in one of them.
bool on_front(const std::vector<results::StoredRun>& runs, const results::StoredRun& run) {
  const auto better = [&run](const results::StoredRun& other) {
    if (!other.accuracy || other.result.network != run.result.network) {
      return false;
    }
    const double energy = other.figures.totals.energy_uj - run.figures.totals.energy_uj;
    const double right = other.accuracy->top1 - run.accuracy->top1;
    return energy <= 0.0 && right >= 0.0 && (energy < 0.0 || right > 0.0);
  };
  return run.accuracy && std::none_of(runs.begin(), runs.end(), better);
}

Json run_json(const results::StoredRun& run, const std::string& label,
              const std::vector<std::pair<std::string, std::string>>& own_settings) {
  Json settings = Json::object();
  for (const auto& [key, value] : own_settings) {
    settings[key] = value;
  }
  return {{"label", label},
          {"directory", run.directory},
          {"weight_bits", run.config.precision.weight},
          {"activation_bits", run.config.precision.activation},
          {"highway", run.config.highway.enabled},
          {"highway_bits", run.config.highway.bits},
          {"settings", settings},
          {"source", run.result.source ? to_string(*run.result.source) : ""},
          {"totals", to_json(run.figures.totals)},
          {"energy_uj_band", energy_band(run)},
          {"area_um2", figures_json(run.figures.area_um2)},
          {"energy_pj", figures_json(run.figures.energy_pj)},
          {"energy_pj_highway", figures_json(run.figures.energy_pj_highway)},
          {"energy_pj_time", time_json(run)},
          {"highway_bytes", highway_bytes_json(run)},
          {"policy", run.figures.policy},
          {"passed", run.result.checks.all_passed()},
          {"checks", run.result.checks.all_passed() ? "all passed" : "FAILED"},
          {"residency", residency_json(run)},
          {"layers", layers_json(run)}};
}

bool has_widths(const results::StoredRun& run, int bits, bool highway) {
  return run.config.precision.weight == bits && run.config.precision.activation == bits &&
         run.config.highway.enabled == highway;
}

/// The run that a claim sets against `from`: of several highways the paper's, else the narrowest.
std::optional<std::size_t> claim_end(const std::vector<results::StoredRun>& runs,
                                     const results::StoredRun& from, const PaperClaim& claim) {
  const auto may_differ = [](const std::string& key) {
    return is_highway_key(key) || is_precision_key(key);
  };
  const auto rank = [](const results::StoredRun& run) {
    return run.config.highway.bits == kPaperHighwayBits ? 0 : run.config.highway.bits;
  };
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (has_widths(runs[i], claim.to_bits, claim.to_highway) && alike(from, runs[i], may_differ) &&
        (!found || rank(runs[i]) < rank(runs[*found]))) {
      found = i;
    }
  }
  return found;
}

/// The paper's claims that the runs answer; once for each machine that has the runs.
Json claims_json(const std::vector<results::StoredRun>& runs, const std::string& config_root) {
  Json out = Json::array();
  for (const PaperClaim& claim : kPaperClaims) {
    for (std::size_t from = 0; from < runs.size(); ++from) {
      if (!is_papers_network(runs[from].result.network) ||
          !has_widths(runs[from], claim.from_bits, false)) {
        continue;
      }
      const auto to = claim_end(runs, runs[from], claim);
      if (!to) {
        continue;
      }
      const bool area = claim.figure == PaperClaim::Figure::area;
      const auto figure = area ? &results::Totals::area_mm2 : &results::Totals::energy_uj;
      const double change =
          100.0 * (runs[*to].figures.totals.*figure / runs[from].figures.totals.*figure - 1.0);
      out.push_back({{"what", claim_text(claim, runs[*to].config.highway.bits, "\u2192")},
                     {"from", from},
                     {"to", *to},
                     {"paper", claim.percent},
                     {"ours", change},
                     {"band", area ? area_change_band(runs[from], runs[*to], config_root)
                                   : change_band(runs[from], runs[*to])}});
    }
  }
  return out;
}

}  // namespace

std::string page_data(const std::vector<results::StoredRun>& runs, const std::string& config_root) {
  ensure(!runs.empty(), "a page shows at least one run");
  const std::vector<std::string> labels = run_labels(runs);
  const auto settings = run_settings(runs);
  Json out = {
      {"schema", "turnpike-page/3"},
      {"title", page_title(runs)},
      {"network", many_networks(runs) ? "" : runs[0].result.network},
      {"samples", kMonteCarlo.samples},
      {"groups", groups_json()},
      {"shown", shown_json(std::any_of(runs.begin(), runs.end(),
                                       [](const auto& run) { return run.accuracy.has_value(); }))},
      {"claims", claims_json(runs, config_root)},
      {"runs", Json::array()}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Json run = run_json(runs[i], labels[i], settings[i]);
    const auto base = without_highway(runs, i);
    run["without"] = base ? static_cast<std::int64_t>(*base) : -1;
    run["accuracy"] = accuracy_json(runs[i]);
    run["on_front"] = on_front(runs, runs[i]);
    run["added_percent_band"] = base ? change_band(runs[*base], runs[i]) : Json(nullptr);
    out["runs"].push_back(run);
  }
  return out.dump();
}

}  // namespace turnpike::report
