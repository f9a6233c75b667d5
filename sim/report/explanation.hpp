#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/results/stored_run.hpp"

/// Where a figure of a run comes from: counts, prices, tables.
namespace turnpike::report {

/// "mac", "mac.compute", "glb.read@layer1.*", "area.glb".
struct Question {
  std::string text;
  Component component = Component::mac;
  std::optional<Action> action;  ///< absent: all
  std::string layers = "*";      ///< pattern
  bool area = false;
};

/// InputError with the known names.
[[nodiscard]] Question parse_question(const std::string& text);

/// One action, or one part of the area, with the steps that made its price.
struct ExplainedItem {
  std::string what;         ///< "glb.read ifmap, 8 bit, low"; of an area the part
  std::uint64_t count = 0;  ///< over the layers asked for; 0 for areas
  double each = 0.0;        ///< pJ
  double total = 0.0;       ///< pJ as the energy table has it; um2
  double stored = 0.0;      ///< pJ as counts.csv has it; of an area that of the whole component
  bool interpolated = false;
  std::vector<std::string> steps;
};

struct Explanation {
  Question question;
  std::string unit;  ///< "pJ" or "um2"
  std::vector<std::string> layers;
  std::vector<ExplainedItem> items;
  double total = 0.0;
  double share = 0.0;  ///< of the run's energy, or of its area
  std::string policy;
};

/// InputError if the run has no such action, or no layer of that name.
[[nodiscard]] Explanation explain(const results::StoredRun& run, const Question& question,
                                  const std::string& config_root);

[[nodiscard]] std::string to_text(const Explanation& explanation);
/// Schema turnpike-explanation/1.
[[nodiscard]] std::string to_json(const Explanation& explanation);

}  // namespace turnpike::report
