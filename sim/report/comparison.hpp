#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/report/text_table.hpp"
#include "sim/results/stored_run.hpp"

/// Stored runs side by side, at the prices each was stored with.
namespace turnpike::report {

/// A condition on a run against a base, e.g. "energy>+5%".
struct Limit {
  enum class Kind {
    value,    ///< 'energy>120': the figure itself, in its unit
    change,   ///< 'cycles>+1000': figure - base's figure
    percent,  ///< 'energy>+5%': 100 (figure / base's figure - 1)
  };
  std::string text;  ///< as given
  std::string key;   ///< of `totals`
  bool greater = true;
  Kind kind = Kind::percent;
  double bound = 0.0;
};

/// METRIC > or < NUMBER, a signed number being a change against the base, and one with % a change
/// in percent. METRIC is a key of `totals`, or energy, area, latency, power, efficiency. InputError
/// with the known names otherwise.
[[nodiscard]] Limit parse_limit(const std::string& text);

/// What the run's figure is, if the limit's condition holds for it; else nullopt. A percentage of a
/// zero base holds for any change in its direction.
[[nodiscard]] std::optional<std::string> exceeds(const Limit& limit, const results::StoredRun& base,
                                                 const results::StoredRun& run);

/// InputError if a run is of another network than the first: another name and another number of
/// MACs. One network under two names, as traces of two precisions may be, has the same MACs.
void check_same_network(const std::vector<results::StoredRun>& runs);

/// Totals, energy and area by component, then the highway's energy by component, uJ before percent.
/// Changes are against the first run; each run's policy line ends the table.
[[nodiscard]] std::string comparison_table(const std::vector<results::StoredRun>& runs,
                                           TableWidth width);
/// The same as JSON (schema turnpike-comparison/1).
[[nodiscard]] std::string comparison_json(const std::vector<results::StoredRun>& runs);

}  // namespace turnpike::report
