#include "sim/sweep/claims_report.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "sim/base/printable.hpp"
#include "sim/report/paper_claims.hpp"

namespace turnpike::sweep {
namespace {

using Json = nlohmann::ordered_json;
using report::TableWidth;
using report::TextTable;

/// Percentages asked of "costs less than"; 3.9 is the paper's figure.
constexpr std::array<double, 5> kLimits = {1.0, 2.0, report::kHighwayClaim.percent, 5.0, 10.0};

double percent_change(double from, double to) {
  return 100.0 * (to / from - 1.0);
}

/// Width of the claim: the paper's 8 if it was run, else the narrowest.
int claimed_width(const ClaimSet& base) {
  const std::vector<int> widths = base.highway_widths(report::kHighwayClaim.to_bits);
  if (widths.empty() ||
      std::find(widths.begin(), widths.end(), report::kPaperHighwayBits) != widths.end()) {
    return report::kPaperHighwayBits;
  }
  return widths.front();
}

std::vector<ClaimRow> claim_rows(const ClaimSet& base, int highway_bits,
                                 const cost::MonteCarlo& settings) {
  const Claims ours = claims_of(base, highway_bits);
  std::vector<ClaimRow> rows;
  const auto add = [&](const report::PaperClaim& claim, const std::optional<double>& change) {
    if (change) {
      const ClaimEnds ends = ends_of(base, claim, highway_bits);
      const bool area = claim.figure == report::PaperClaim::Figure::area;
      rows.push_back({report::claim_text(claim, highway_bits), claim.percent, *change,
                      area ? area_change_band(*ends.from, *ends.to, base.area_ranges, settings)
                           : energy_change(*ends.from, *ends.to, base.policy, settings).band});
    }
  };
  add(report::kAreaClaim, ours.area);
  add(report::kEnergyClaim, ours.energy);
  add(report::kHighwayClaim, ours.highway);
  return rows;
}

std::vector<Overhead> overheads_of(const ClaimSet& set, const cost::MonteCarlo& settings) {
  std::vector<Overhead> rows;
  for (const ClaimPoint& with : set.points) {
    const ClaimPoint* without = with.highway_bits > 0 ? set.find(with.bits, 0) : nullptr;
    if (without == nullptr) {
      continue;
    }
    rows.push_back(
        {set.setting, with.bits, with.highway_bits, with.energy_uj - without->energy_uj,
         with.highway_uj, with.dram_mbit - without->dram_mbit, with.glb_mbit - without->glb_mbit,
         percent_change(without->area_mm2, with.area_mm2),
         percent_change(without->cycles, with.cycles),
         energy_change(*without, with, set.policy, settings), accuracy_gain(*without, with)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Overhead& a, const Overhead& b) {
    return std::pair{-a.bits, a.highway_bits} < std::pair{-b.bits, b.highway_bits};
  });
  return rows;
}

std::vector<WidthLimit> limits_of(const std::vector<Overhead>& overheads) {
  std::vector<WidthLimit> rows;
  for (auto first = overheads.begin(); first != overheads.end();) {
    const int bits = first->bits;
    const auto last =
        std::find_if(first, overheads.end(), [bits](const Overhead& o) { return o.bits != bits; });
    for (const double limit : kLimits) {
      const auto beyond = std::find_if(
          first, last, [limit](const Overhead& o) { return o.energy.percent > limit; });
      const int up_to = beyond == first ? 0 : std::prev(beyond)->highway_bits;
      if (last - first > 2) {
        rows.push_back({bits, limit, up_to, beyond == last});
      }
    }
    first = last;
  }
  return rows;
}

std::vector<Alternative> alternatives_of(const ClaimSet& set, const cost::MonteCarlo& settings) {
  std::vector<Alternative> rows;
  for (const ClaimPoint& with : set.points) {
    int wider = 0;  // the next precision that was run
    for (const ClaimPoint& point : set.points) {
      if (point.highway_bits == 0 && point.bits > with.bits && (wider == 0 || point.bits < wider)) {
        wider = point.bits;
      }
    }
    for (const int against : {wider, 8}) {
      const ClaimPoint* other = set.find(against, 0);
      if (with.highway_bits == 0 || other == nullptr || with.bits >= against ||
          (against == 8 && wider == 8 && !rows.empty() && rows.back().bits == with.bits &&
           rows.back().highway_bits == with.highway_bits)) {
        continue;
      }
      rows.push_back(
          {with.bits, with.highway_bits, against, percent_change(other->area_mm2, with.area_mm2),
           percent_change(other->cycles, with.cycles),
           energy_change(*other, with, set.policy, settings), accuracy_gain(*other, with)});
    }
  }
  return rows;
}

/// "16 bit without highway" and so on, of those that the set has no finished point for.
std::string absent(const ClaimSet& set, const std::vector<std::pair<int, int>>& wanted) {
  std::string out;
  for (const auto& [bits, highway] : wanted) {
    if (set.find(bits, highway) == nullptr) {
      out += fmt::format(
          "{}{} bit {}", out.empty() ? "" : ", ", bits,
          highway == 0 ? "without highway" : fmt::format("with {}-bit highway", highway));
    }
  }
  return out;
}

std::vector<std::string> missing_parts(const ClaimsReport& report, const ClaimSet& base) {
  std::vector<std::string> out;
  constexpr const report::PaperClaim& kNarrow = report::kEnergyClaim;
  constexpr int kHighwayAt = report::kHighwayClaim.to_bits;
  if (const auto points = absent(base, {{kNarrow.from_bits, 0}, {kNarrow.to_bits, 0}});
      !points.empty()) {
    out.push_back(fmt::format("the claims from {} to {} bit and what moves them need {}",
                              kNarrow.from_bits, kNarrow.to_bits, points));
  }
  if (const auto points = absent(base, {{kHighwayAt, 0}, {kHighwayAt, report.highway_bits}});
      !points.empty()) {
    out.push_back(fmt::format("the claim of the highway at {} bit needs {}", kHighwayAt, points));
  }
  if (report.overheads.empty()) {
    out.emplace_back(
        "what the highway adds needs highway.enabled false and true at the same precision");
  }
  if (report.alternatives.empty()) {
    out.emplace_back("k bits with highway need more bits without to be set against");
  }
  return out;
}

std::string missing_text(const ClaimsReport& report) {
  std::string out;
  for (const std::string& part : report.missing) {
    out += fmt::format("not answered by the finished points: {}\n", part);
  }
  return out.empty() ? "" : out + '\n';
}

std::string signed_percent(const std::optional<double>& value) {
  return value ? fmt::format("{:+.1f}", *value) : "";
}

std::string swing_text(const std::optional<double>& low, const std::optional<double>& high) {
  return low == high ? signed_percent(low)
                     : fmt::format("{} .. {}", signed_percent(low), signed_percent(high));
}

std::string claims_text(const ClaimsReport& report, TableWidth width) {
  TextTable table{{"claim (paper, section 5.5)", "paper %", "5 %", "50 %", "95 %", "point"}};
  for (const ClaimRow& row : report.claims) {
    std::vector<std::string> cells{row.what, fmt::format("{:+.1f}", row.paper)};
    for (const double value : {row.band->p5, row.band->p50, row.band->p95}) {
      cells.push_back(fmt::format("{:+.1f}", value));
    }
    cells.push_back(fmt::format("{:+.1f}", row.ours));
    table.add(cells);
  }
  return report.claims.empty() ? "" : table.to_string(width) + '\n';
}

template <class Row>
bool any_measured(const std::vector<Row>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const Row& row) { return row.accuracy.has_value(); });
}

/// The header and cells with the change of accuracy behind them, if some row has one.
template <class Row>
std::vector<std::string> with_accuracy(const std::vector<Row>& rows,
                                       std::vector<std::string> header) {
  if (any_measured(rows)) {
    header.emplace_back("top-1 points");
  }
  return header;
}
template <class Row>
void add_row(TextTable& table, const std::vector<Row>& rows, const Row& row,
             std::vector<std::string> cells) {
  if (any_measured(rows)) {
    cells.push_back(row.accuracy ? fmt::format("{:+.1f} +- {:.1f}", row.accuracy->points,
                                               row.accuracy->standard_error)
                                 : "");
  }
  table.add(std::move(cells));
}

std::string overheads_text(const ClaimsReport& report, TableWidth width) {
  TextTable table{
      with_accuracy(report.overheads, {"the highway adds", "uJ", "own uJ", "DRAM Mbit", "GLB Mbit",
                                       "5 %", "50 %", "95 %", "energy %", "area %", "cycles %"})};
  for (const Overhead& row : report.overheads) {
    add_row(
        table, report.overheads, row,
        {fmt::format("{} bit + {}-bit highway{}{}", row.bits, row.highway_bits,
                     row.setting.empty() ? "" : ", ", row.setting),
         fmt::format("{:.1f}", row.added_uj), fmt::format("{:.1f}", row.stream_uj),
         fmt::format("{:.2f}", row.dram_mbit), fmt::format("{:.2f}", row.glb_mbit),
         fmt::format("{:+.2f}", row.energy.band.p5), fmt::format("{:+.2f}", row.energy.band.p50),
         fmt::format("{:+.2f}", row.energy.band.p95), fmt::format("{:+.2f}", row.energy.percent),
         fmt::format("{:+.2f}", row.area_percent), fmt::format("{:+.2f}", row.cycles_percent)});
  }
  return report.overheads.empty() ? "" : table.to_string(width) + '\n';
}

std::string limits_text(const ClaimsReport& report) {
  std::string out;
  for (const WidthLimit& limit : report.limits) {
    out +=
        limit.up_to == 0
            ? fmt::format("{} bit: every highway costs more than {} %\n", limit.bits, limit.percent)
            : fmt::format("{} bit: the highway costs at most {} % up to h = {}{}\n", limit.bits,
                          limit.percent, limit.up_to, limit.all ? " (the widest run)" : "");
  }
  return out.empty() ? "" : out + '\n';
}

std::string alternatives_text(const ClaimsReport& report, TableWidth width) {
  TextTable table{with_accuracy(
      report.alternatives,
      {"with highway, against without", "5 %", "50 %", "95 %", "energy %", "area %", "cycles %"})};
  for (const Alternative& row : report.alternatives) {
    add_row(
        table, report.alternatives, row,
        {fmt::format("{} bit + {}-bit highway vs {} bit", row.bits, row.highway_bits, row.against),
         fmt::format("{:+.1f}", row.energy.band.p5), fmt::format("{:+.1f}", row.energy.band.p50),
         fmt::format("{:+.1f}", row.energy.band.p95), fmt::format("{:+.1f}", row.energy.percent),
         fmt::format("{:+.1f}", row.area_percent), fmt::format("{:+.1f}", row.cycles_percent)});
  }
  return report.alternatives.empty() ? "" : table.to_string(width) + '\n';
}

std::string swings_text(const ClaimsReport& report, TableWidth width) {
  const auto widths = [](const report::PaperClaim& claim) {
    return fmt::format("{} -> {}", claim.from_bits, claim.to_bits);
  };
  TextTable table{
      {"one assumption otherwise, percentage points", "from",
       "energy " + widths(report::kEnergyClaim),
       fmt::format("{}-bit highway at {}", report.highway_bits, report::kHighwayClaim.to_bits),
       "area " + widths(report::kAreaClaim)}};
  table.left({1});
  for (const Swing& row : report.swings) {
    table.add({row.name, row.how, swing_text(row.low.energy, row.high.energy),
               swing_text(row.low.highway, row.high.highway),
               swing_text(row.low.area, row.high.area)});
  }
  return report.swings.empty() ? "" : table.to_string(width) + '\n';
}

Json band_json(const cost::Band& band) {
  return {band.p5, band.p50, band.p95};
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ends_json(const std::optional<double>& low, const std::optional<double>& high) {
  return {optional_json(low), optional_json(high)};
}

/// The row with its change of accuracy, if it has one.
Json with_gain(Json row, const std::optional<AccuracyGain>& gain) {
  if (gain) {
    row["top1_points"] = gain->points;
    row["top1_standard_error"] = gain->standard_error;
  }
  return row;
}

Json overheads_json(const ClaimsReport& report) {
  Json list = Json::array();
  for (const Overhead& row : report.overheads) {
    list.push_back(with_gain({{"setting", row.setting},
                              {"bits", row.bits},
                              {"highway_bits", row.highway_bits},
                              {"added_uj", row.added_uj},
                              {"own_uj", row.stream_uj},
                              {"dram_mbit", row.dram_mbit},
                              {"glb_mbit", row.glb_mbit},
                              {"energy_percent", row.energy.percent},
                              {"band_percent", band_json(row.energy.band)},
                              {"area_percent", row.area_percent},
                              {"cycles_percent", row.cycles_percent}},
                             row.accuracy));
  }
  return list;
}

Json alternatives_json(const ClaimsReport& report) {
  Json list = Json::array();
  for (const Alternative& row : report.alternatives) {
    list.push_back(with_gain({{"bits", row.bits},
                              {"highway_bits", row.highway_bits},
                              {"against_bits", row.against},
                              {"energy_percent", row.energy.percent},
                              {"band_percent", band_json(row.energy.band)},
                              {"area_percent", row.area_percent},
                              {"cycles_percent", row.cycles_percent}},
                             row.accuracy));
  }
  return list;
}

}  // namespace

ClaimsReport claims_report(const std::vector<StoredPoint>& points, const cost::MonteCarlo& settings,
                           const std::string& config_root) {
  const std::vector<ClaimSet> sets = claim_sets(points, {}, config_root);
  if (sets.empty()) {
    throw InputError{{"sensitivity", 0, 0},
                     "the sweep has no point with equal weight and activation bits"};
  }
  const ClaimSet& base = sets.front();
  ClaimsReport report;
  report.network = base.network;
  report.policy = base.policy_line;
  report.settings = settings;
  report.highway_bits = claimed_width(base);
  report.claims = claim_rows(base, report.highway_bits, settings);
  for (const ClaimSet& set : sets) {
    for (Overhead& row : overheads_of(set, settings)) {
      report.overheads.push_back(std::move(row));
    }
  }
  report.limits = limits_of(overheads_of(base, settings));
  report.alternatives = alternatives_of(base, settings);
  if (ends_of(base, report::kEnergyClaim, 0)) {
    report.swings = swings(sets, points, report.highway_bits, config_root);
  }
  report.missing = missing_parts(report, base);
  if (report.claims.empty() && report.overheads.empty() && report.alternatives.empty()) {
    throw InputError{{"sensitivity", 0, 0},
                     fmt::format("the sweep's finished points answer nothing: {}",
                                 fmt::join(report.missing, "; "))};
  }
  return report;
}

std::string to_text(const ClaimsReport& report, TableWidth width) {
  return fmt::format("{}; bands: 5, 50 and 95 % of {} samples of the constants\n\n",
                     printable(report.network), report.settings.samples) +
         claims_text(report, width) + overheads_text(report, width) + limits_text(report) +
         alternatives_text(report, width) + swings_text(report, width) + missing_text(report) +
         report.policy + '\n';
}

std::string to_json(const ClaimsReport& report) {
  Json claims = Json::array();
  for (const ClaimRow& row : report.claims) {
    claims.push_back({{"what", row.what},
                      {"paper", row.paper},
                      {"ours", row.ours},
                      {"band", row.band ? band_json(*row.band) : Json(nullptr)}});
  }
  Json limits = Json::array();
  for (const WidthLimit& row : report.limits) {
    limits.push_back({{"bits", row.bits},
                      {"percent", row.percent},
                      {"up_to", row.up_to},
                      {"widest_run", row.all}});
  }
  Json swings = Json::array();
  for (const Swing& row : report.swings) {
    swings.push_back({{"name", row.name},
                      {"from", row.how},
                      {"energy", ends_json(row.low.energy, row.high.energy)},
                      {"highway", ends_json(row.low.highway, row.high.highway)},
                      {"area", ends_json(row.low.area, row.high.area)}});
  }
  const Json json = {{"schema", "turnpike-claims/1"}, {"network", report.network},
                     {"policy", report.policy},       {"samples", report.settings.samples},
                     {"seed", report.settings.seed},  {"highway_bits", report.highway_bits},
                     {"claims", std::move(claims)},   {"overheads", overheads_json(report)},
                     {"limits", std::move(limits)},   {"alternatives", alternatives_json(report)},
                     {"swings", std::move(swings)},   {"missing", report.missing}};
  return json.dump(2) + '\n';
}

}  // namespace turnpike::sweep
