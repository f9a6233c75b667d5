#include "sim/report/comparison.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/printable.hpp"
#include "sim/base/text.hpp"
#include "sim/results/record_json.hpp"

namespace turnpike::report {
namespace {

using Json = nlohmann::ordered_json;

std::string number(double value) {
  return value == std::floor(value) && std::fabs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                               : fmt::format("{:.6g}", value);
}

/// "+3.9 %"; "" without a base to compare with.
std::string change(double value, double base) {
  if (base == 0.0) {
    return value == 0.0 ? "=" : "";
  }
  const double percent = 100.0 * (value / base - 1.0);
  return percent == 0.0 ? "=" : fmt::format("{:+.2f} %", percent);
}

/// "energy, uJ", "cycles".
std::string title_of(const results::TotalLabel& total) {
  const std::string name = short_name(total.label, total.options);
  return is_measured(total.label) ? fmt::format("{}, {}", name, total.label.unit) : name;
}

using Components = std::array<double, kComponents>;

double sum(const Components& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// A table whose columns are the runs, each later one with its change against the first.
class SideBySide {
 public:
  SideBySide(const std::string& title, const std::vector<results::StoredRun>& runs) : table_{{}} {
    std::vector<std::string> header{title};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      header.push_back(fmt::format("[{}]", i + 1));
      if (i > 0) {
        header.push_back(fmt::format("[{}] to [1]", i + 1));
      }
    }
    table_ = TextTable{std::move(header)};
  }

  /// A run of an older version may not have the figure.
  void add(const std::string& name, const std::vector<std::optional<double>>& values) {
    std::vector<std::string> row{name};
    for (std::size_t i = 0; i < values.size(); ++i) {
      row.push_back(values[i] ? number(*values[i]) : "-");
      if (i > 0) {
        row.push_back(values[i] && values[0] ? change(*values[i], *values[0]) : "");
      }
    }
    table_.add(std::move(row));
  }

  /// A row for each component that some run has, then the total.
  void add_components(const std::vector<Components>& runs, double unit) {
    for (std::size_t c = 0; c < kComponents; ++c) {
      std::vector<std::optional<double>> values;
      for (const Components& run : runs) {
        values.emplace_back(run[c] * unit);
      }
      if (std::any_of(runs.begin(), runs.end(),
                      [c](const Components& run) { return run[c] != 0.0; })) {
        add(std::string{to_string(static_cast<Component>(c))}, values);
      }
    }
    std::vector<std::optional<double>> totals;
    for (const Components& run : runs) {
      totals.emplace_back(sum(run) * unit);
    }
    add("total", totals);
  }

  /// What the runs' networks get right, with its change in points, if it was measured for some.
  void add_accuracy(const std::vector<results::StoredRun>& runs) {
    std::vector<std::string> row{"top-1, %"};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto& measured = runs[i].accuracy;
      row.push_back(measured ? fmt::format("{:.1f}", 100.0 * measured->top1) : "-");
      if (i > 0) {
        row.push_back(
            measured && runs[0].accuracy
                ? fmt::format("{:+.1f} points", 100.0 * (measured->top1 - runs[0].accuracy->top1))
                : "");
      }
    }
    if (std::any_of(runs.begin(), runs.end(),
                    [](const results::StoredRun& run) { return run.accuracy.has_value(); })) {
      table_.add(std::move(row));
    }
  }

  [[nodiscard]] std::string text(TableWidth width) const { return table_.to_string(width) + '\n'; }

 private:
  TextTable table_;
};

template <class Figures>
std::vector<Components> pick(const std::vector<results::StoredRun>& runs,
                             Figures results::RunFigures::*what) {
  std::vector<Components> out;
  for (const results::StoredRun& run : runs) {
    out.push_back(run.figures.*what);
  }
  return out;
}

std::string machine_line(const results::StoredRun& run, std::size_t index) {
  const accelerator::RunResult& r = run.result;
  return fmt::format("[{}] {}: {} on {}, {} x {} bit (w x a), highway {}, batch {}\n", index + 1,
                     printable(run.directory), printable(r.network),
                     printable(run.figures.accelerator), r.weight_bits, r.activation_bits,
                     r.highway_enabled ? fmt::format("{} bit", r.highway_bits) : "off", r.batch);
}

/// What the highway costs within each run: stream `highway`, by component.
std::string highway_table(const std::vector<results::StoredRun>& runs, TableWidth width) {
  std::vector<std::string> header{"highway stream, uJ"};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    header.push_back(fmt::format("[{}]", i + 1));
    header.push_back("% of run");
  }
  TextTable table{std::move(header)};
  const auto add = [&](const std::string& name, auto part) {
    std::vector<std::string> row{name};
    for (const results::StoredRun& run : runs) {
      const double total = sum(run.figures.energy_pj);
      const double value = part(run.figures.energy_pj_highway);
      row.push_back(fmt::format("{:.2f}", value * 1e-6));
      row.push_back(total > 0.0 ? fmt::format("{:.3f}", 100.0 * value / total) : "-");
    }
    table.add(std::move(row));
  };
  bool any = false;
  for (std::size_t c = 0; c < kComponents; ++c) {
    double all = 0.0;
    for (const results::StoredRun& run : runs) {
      all += run.figures.energy_pj_highway[c];
    }
    if (all != 0.0) {
      any = true;
      add(std::string{to_string(static_cast<Component>(c))},
          [c](const Components& values) { return values[c]; });
    }
  }
  add("total", [](const Components& values) { return sum(values); });
  return any ? table.to_string(width) + '\n' : std::string{};
}

std::string different_policies(const std::vector<results::StoredRun>& runs) {
  for (const results::StoredRun& run : runs) {
    if (run.figures.policy != runs.front().figures.policy) {
      return "the policies differ: changes are not of the machine alone\n";
    }
  }
  return "";
}

/// FileError if a run of an older version does not have the figure.
double total_of(const results::StoredRun& run, const std::string& key) {
  const auto figure = results::figure_of(run.figures.totals, key);
  if (!figure) {
    throw FileError{{run.directory, 0, 0}, fmt::format("its results.json has no '{}'", key)};
  }
  return *figure;
}

}  // namespace

Limit parse_limit(const std::string& text) {
  const SourceSpot spot{"--fail-if " + text, 0, 0};
  Limit limit;
  limit.text = text;
  const std::size_t sign = text.find_first_of("<>");
  if (sign == std::string::npos || sign == 0) {
    throw InputError{spot, "must be METRIC>NUMBER or METRIC<NUMBER, e.g. energy>+5%"};
  }
  limit.greater = text[sign] == '>';
  const std::string name = text.substr(0, sign);
  std::vector<std::string> known;
  for (const auto& [label, options] : results::totals_by_interest()) {
    known.push_back(short_name(label, options));
    if (name == known.back() || name == label.name) {
      limit.key = label.name;
    }
  }
  if (limit.key.empty()) {
    throw InputError{spot,
                     fmt::format("'{}' is no figure of a run{}", name, suggestion(name, known))};
  }
  std::string value = text.substr(sign + 1);
  const bool percent = value.ends_with('%');
  value.resize(value.size() - (percent ? 1 : 0));
  const bool is_signed = value.starts_with('+') || value.starts_with('-');
  limit.kind = percent     ? Limit::Kind::percent
               : is_signed ? Limit::Kind::change
                           : Limit::Kind::value;
  // from_chars takes a minus but no plus; one sign at the most.
  const std::string digits = is_signed ? value.substr(1) : value;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), limit.bound);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.starts_with('-') ||
      !std::isfinite(limit.bound)) {
    throw InputError{spot, fmt::format("'{}' is no number", text.substr(sign + 1))};
  }
  limit.bound = value.starts_with('-') ? -limit.bound : limit.bound;
  return limit;
}

std::optional<std::string> exceeds(const Limit& limit, const results::StoredRun& base,
                                   const results::StoredRun& run) {
  const double value = total_of(run, limit.key);
  const double reference = total_of(base, limit.key);
  double figure = value;
  if (limit.kind == Limit::Kind::change) {
    figure = value - reference;
  } else if (limit.kind == Limit::Kind::percent) {
    const double step = value - reference;
    figure = reference != 0.0 ? 100.0 * step / reference
             : step == 0.0    ? 0.0
                              : std::copysign(std::numeric_limits<double>::infinity(), step);
  }
  if (limit.greater ? figure <= limit.bound : figure >= limit.bound) {
    return std::nullopt;
  }
  return fmt::format("{}: {} is {} against {} ({})", limit.text, limit.key, number(value),
                     number(reference), change(value, reference));
}

void check_same_network(const std::vector<results::StoredRun>& runs) {
  const accelerator::RunResult& base = runs.front().result;
  for (const results::StoredRun& run : runs) {
    if (run.result.network != base.network && run.result.macs() != base.macs()) {
      throw InputError{{run.directory, 0, 0},
                       fmt::format("is a run of '{}' ({} MACs), {} one of '{}' ({} MACs): changes "
                                   "would be of the network, not of the machine; "
                                   "--across-networks compares them all the same",
                                   run.result.network, run.result.macs(), runs.front().directory,
                                   base.network, base.macs())};
    }
  }
}

std::string comparison_table(const std::vector<results::StoredRun>& runs, TableWidth width) {
  std::string out;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    out += machine_line(runs[i], i);
  }
  SideBySide totals{"totals", runs};
  for (const results::TotalLabel& total : results::totals_by_interest()) {
    std::vector<std::optional<double>> values;
    for (const results::StoredRun& run : runs) {
      values.push_back(results::figure_of(run.figures.totals, total.label.name));
    }
    totals.add(title_of(total), values);
  }
  totals.add_accuracy(runs);
  SideBySide energy{"energy, uJ", runs};
  energy.add_components(pick(runs, &results::RunFigures::energy_pj), 1e-6);
  SideBySide area{"area, mm2", runs};
  area.add_components(pick(runs, &results::RunFigures::area_um2), 1e-6);
  out += '\n' + totals.text(width) + energy.text(width) + highway_table(runs, width) +
         area.text(width);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    out += fmt::format("[{}] {}\n", i + 1, runs[i].figures.policy);
  }
  return out + different_policies(runs);
}

std::string comparison_json(const std::vector<results::StoredRun>& runs) {
  Json list = Json::array();
  for (const results::StoredRun& run : runs) {
    Json changes = Json::object();
    for (const results::TotalLabel& total : results::totals_by_interest()) {
      const std::string key{total.label.name};
      const auto base = results::figure_of(runs.front().figures.totals, key);
      const auto value = results::figure_of(run.figures.totals, key);
      if (base && value) {
        changes[key] = *base == 0.0 ? Json(nullptr) : Json(100.0 * (*value / *base - 1.0));
      }
    }
    list.push_back(
        {{"directory", run.directory},
         {"network", run.result.network},
         {"accelerator", run.figures.accelerator},
         {"precision",
          {{"weight", run.result.weight_bits}, {"activation", run.result.activation_bits}}},
         {"highway", {{"enabled", run.result.highway_enabled}, {"bits", run.result.highway_bits}}},
         {"policy", run.figures.policy},
         {"totals", to_json(run.figures.totals)},
         {"change_percent", std::move(changes)},
         {"energy_pj", value_json(run.figures.energy_pj)},
         {"energy_pj_highway", value_json(run.figures.energy_pj_highway)},
         {"area_um2", value_json(results::ComponentFigures{run.figures.area_um2})}});
    if (run.accuracy) {
      list.back()["accuracy"] = {{"top1", run.accuracy->top1},
                                 {"standard_error", run.accuracy->standard_error},
                                 {"images", run.accuracy->images}};
    }
  }
  return Json{{"schema", "turnpike-comparison/1"}, {"runs", std::move(list)}}.dump(
             2, ' ', false, Json::error_handler_t::replace) +
         '\n';
}

}  // namespace turnpike::report
