#include "sim/sweep/claims.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/report/paper_claims.hpp"
#include "sim/report/sensitivity_report.hpp"

namespace turnpike::sweep {
namespace {

using Json = nlohmann::ordered_json;
using pricing::PricedRun;

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_claim_key(const std::string& key) {
  return key == "precision" || key == "highway.enabled" || key == "highway.bits";
}

/// Settings besides precision and highway width; without highway those of `highway.*` say nothing.
std::string setting_of(const StoredPoint& point, bool with_highway_keys) {
  PointSettings rest;
  for (const auto& [key, value] : point.settings.settings) {
    if (!is_claim_key(key) && (with_highway_keys || !key.starts_with("highway."))) {
      rest.settings.emplace_back(key, value);
    }
  }
  return rest.text();
}

std::optional<double> percent(double from, double to) {
  return 100.0 * (to / from - 1.0);
}

std::optional<double> difference(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? std::optional{*a - *b} : std::nullopt;
}

Claims against(const Claims& claims, const Claims& base) {
  return {difference(claims.area, base.area), difference(claims.energy, base.energy),
          difference(claims.highway, base.highway)};
}

/// The set with what is uncertain set otherwise.
ClaimSet drawn(const ClaimSet& set, const cost::Draw& draw) {
  ClaimSet made = set;
  for (ClaimPoint& point : made.points) {
    point.energy_uj = cost::scaled_total(point.uncertain, draw).count() * 1e-6;
  }
  return made;
}

/// Points that belong to the base set: no settings besides precision and highway.
std::vector<StoredPoint> base_points(const std::vector<StoredPoint>& points,
                                     const std::string& setting) {
  std::vector<StoredPoint> base;
  std::copy_if(points.begin(), points.end(), std::back_inserter(base),
               [&setting](const StoredPoint& point) { return setting_of(point, true) == setting; });
  return base;
}

/// Gives each set the points without highway that the sweep made for its other settings only.
void share_runs_without_highway(std::vector<ClaimSet>& sets, const std::vector<StoredPoint>& points,
                                const std::vector<std::pair<std::string, ClaimPoint>>& without) {
  for (ClaimSet& set : sets) {
    for (const auto& [setting, point] : without) {
      const bool same = std::any_of(
          points.begin(), points.end(), [&, &setting = setting](const StoredPoint& each) {
            return setting_of(each, true) == set.setting && setting_of(each, false) == setting;
          });
      if (same && set.find(point.bits, 0) == nullptr) {
        set.points.push_back(point);
      }
    }
  }
}

}  // namespace

ClaimPoint claim_point(const StoredPoint& point, const PricedRun& priced) {
  ClaimPoint made;
  made.bits = point.run.config.precision.weight;
  const std::string asked = point.settings.value("highway.enabled");
  const bool highway = asked.empty() ? point.run.config.highway.enabled : asked == "true";
  made.highway_bits = highway ? point.run.config.highway.bits : 0;
  made.uncertain = cost::UncertainEnergies{priced.energy};
  made.energy_uj = priced.energy_uj();
  made.highway_uj = priced.energy.of_stream(Stream::highway).count() * 1e-6;
  made.area_mm2 = priced.area_mm2();
  for (const cost::AreaItem& item : priced.area) {
    made.areas.at(static_cast<std::size_t>(cost::area_group_of(item.component))) += item.area;
  }
  made.cycles = static_cast<double>(priced.result.cycles().total());
  made.dram_mbit = static_cast<double>(priced.dram_bytes()) * 8e-6;
  made.glb_mbit = static_cast<double>(priced.glb_bytes()) * 8e-6;
  made.accuracy = point.run.accuracy;
  return made;
}

std::optional<AccuracyGain> accuracy_gain(const ClaimPoint& from, const ClaimPoint& to) {
  if (!from.accuracy || !to.accuracy) {
    return std::nullopt;
  }
  return AccuracyGain{
      100.0 * (to.accuracy->top1 - from.accuracy->top1),
      100.0 * std::hypot(from.accuracy->standard_error, to.accuracy->standard_error)};
}

cost::AreaRanges area_ranges_of(const config::AcceleratorConfig& config,
                                const std::string& config_root) {
  return cost::area_ranges(cost::Technology::load(
      fmt::format("{}/technology/{}nm", config_root, config.technology.node_nm)));
}

bool is_sweep_directory(const std::string& directory) {
  std::error_code ignored;
  return std::filesystem::exists(directory + "/sweep.json", ignored);
}

std::vector<StoredPoint> read_sweep_directory(const std::string& directory,
                                              const pricing::PriceChanges& changes,
                                              const std::string& config_root) {
  const std::string path = directory + "/sweep.json";
  std::vector<StoredPoint> points;
  try {
    const Json json = Json::parse(read_input(path));
    for (const Json& entry : json.at("points")) {
      const std::string status = entry.at("status");
      if (status != "ok" && status != "check_failed") {
        continue;
      }
      StoredPoint point;
      for (const auto& [key, value] : entry.at("settings").items()) {
        point.settings.settings.emplace_back(key, scalar_text(value));
      }
      const std::string id = entry.at("id");
      const std::string folder = directory + "/" + id;
      point.run = results::read_stored_run(
          std::filesystem::is_directory(folder) ? folder : directory + "#" + id);
      point.run.config = pricing::repriced_config(point.run.config, changes, config_root);
      points.push_back(std::move(point));
    }
  } catch (const Json::exception& e) {
    throw FileError{{path, 0, 0}, fmt::format("is not a sweep of this version: {}", e.what())};
  }
  if (points.empty()) {
    throw FileError{{path, 0, 0}, "has no finished point"};
  }
  return points;
}

const ClaimPoint* ClaimSet::find(int bits, int highway_bits) const {
  const auto found = std::find_if(points.begin(), points.end(), [&](const ClaimPoint& point) {
    return point.bits == bits && point.highway_bits == highway_bits;
  });
  return found == points.end() ? nullptr : &*found;
}

std::vector<int> ClaimSet::highway_widths(int bits) const {
  std::set<int> widths;
  for (const ClaimPoint& point : points) {
    if (point.bits == bits && point.highway_bits > 0) {
      widths.insert(point.highway_bits);
    }
  }
  return {widths.begin(), widths.end()};
}

std::vector<ClaimSet> claim_sets(const std::vector<StoredPoint>& points,
                                 const std::vector<std::string>& price_settings,
                                 const std::string& config_root) {
  std::vector<ClaimSet> sets;
  std::vector<std::pair<std::string, ClaimPoint>> without;  // by setting less highway.*
  for (const StoredPoint& point : points) {
    if (point.run.config.precision.weight != point.run.config.precision.activation) {
      continue;
    }
    config::AcceleratorConfig config =
        pricing::repriced_config(point.run.config, {{}, {}, price_settings}, config_root);
    config.mapper.prices = config.mapper.prices.value_or(point.run.config.profile);
    const PricedRun priced = results::price_stored_run(point.run, config, config_root);
    const std::string setting = setting_of(point, true);
    auto set = std::find_if(sets.begin(), sets.end(),
                            [&](const ClaimSet& each) { return each.setting == setting; });
    if (set == sets.end()) {
      sets.push_back({setting,
                      point.run.result.network,
                      {},
                      pricing::cost_policy(config),
                      area_ranges_of(config, config_root),
                      priced.policy});
      set = std::prev(sets.end());
    }
    set->points.push_back(claim_point(point, priced));
    if (set->points.back().highway_bits == 0) {
      without.emplace_back(setting_of(point, false), set->points.back());
    }
  }
  share_runs_without_highway(sets, points, without);
  std::stable_sort(sets.begin(), sets.end(), [](const ClaimSet& a, const ClaimSet& b) {
    return a.setting.empty() && !b.setting.empty();
  });
  return sets;
}

cost::Band area_change_band(const ClaimPoint& from, const ClaimPoint& to,
                            const cost::AreaRanges& ranges, const cost::MonteCarlo& settings) {
  return cost::area_band_of(
      {from.areas, to.areas}, ranges,
      [](const std::vector<double>& mm2) { return 100.0 * (mm2[1] / mm2[0] - 1.0); }, settings);
}

Change energy_change(const ClaimPoint& from, const ClaimPoint& to, const cost::CostPolicy& policy,
                     const cost::MonteCarlo& settings) {
  const auto metric = [](const std::vector<Picojoules>& totals) {
    return 100.0 * (totals[1] / totals[0] - 1.0);
  };
  return {*percent(from.energy_uj, to.energy_uj),
          cost::band_of({from.uncertain, to.uncertain}, policy, metric, settings)};
}

ClaimEnds ends_of(const ClaimSet& set, const report::PaperClaim& claim, int highway_bits) {
  return {set.find(claim.from_bits, 0),
          set.find(claim.to_bits, claim.to_highway ? highway_bits : 0)};
}

Claims claims_of(const ClaimSet& set, int highway_bits) {
  const auto change = [&](const report::PaperClaim& claim) -> std::optional<double> {
    const ClaimEnds ends = ends_of(set, claim, highway_bits);
    const auto figure = claim.figure == report::PaperClaim::Figure::area ? &ClaimPoint::area_mm2
                                                                         : &ClaimPoint::energy_uj;
    return ends ? percent(ends.from->*figure, ends.to->*figure) : std::nullopt;
  };
  return {.area = change(report::kAreaClaim),
          .energy = change(report::kEnergyClaim),
          .highway = change(report::kHighwayClaim)};
}

double Swing::size() const {
  return std::max(std::fabs(low.energy.value_or(0.0)), std::fabs(high.energy.value_or(0.0)));
}

std::vector<Swing> swings(const std::vector<ClaimSet>& sets, const std::vector<StoredPoint>& points,
                          int highway_bits, const std::string& config_root) {
  const ClaimSet& base = sets.front();
  const Claims nominal = claims_of(base, highway_bits);
  std::vector<Swing> rows;
  for (std::size_t i = 1; i < sets.size(); ++i) {
    const Claims moved = against(claims_of(sets[i], highway_bits), nominal);
    rows.push_back({sets[i].setting, "own runs", moved, moved});
  }
  const auto own = base_points(points, base.setting);
  for (const auto& [name, settings] : report::price_variants(base.policy, config_root)) {
    const auto priced = claim_sets(own, settings, config_root);
    const Claims moved = against(claims_of(priced.front(), highway_bits), nominal);
    rows.push_back({name, "same counts, other prices", moved, moved});
  }
  for (const cost::Uncertain& each : cost::uncertain(base.policy)) {
    const Range& range = each.range;
    const auto at = [&](double value) {
      Claims moved = against(claims_of(drawn(base, each.at(value)), highway_bits), nominal);
      moved.area.reset();  // the ranges are of energies
      return moved;
    };
    rows.push_back(
        {std::string{each.name},
         fmt::format("{} {}..{}", each.parameter ? "values" : "constants x", range.low, range.high),
         at(range.low), at(range.high)});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Swing& a, const Swing& b) { return a.size() > b.size(); });
  return rows;
}

}  // namespace turnpike::sweep
