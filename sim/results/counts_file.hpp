#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "sim/base/action_count.hpp"
#include "sim/base/record.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/results/run_directory.hpp"

/// counts.csv: what was counted, and what it was priced.
namespace turnpike::results {

/// A row of counts.csv.
struct StoredCount {
  std::string layer;
  ActionKey key;
  std::uint64_t count = 0;
  double energy_pj = 0.0;
  bool interpolated = false;
};

/// The widths of an action as text.
struct WidthsPlace {
  std::string operator()(const StoredCount& row) const { return widths_text(row.key); }
};

/// "16", "2x2m+16", "" back into the widths of a key: the inverse of widths_text. False if the text
/// is none.
[[nodiscard]] bool parse_widths(const std::string& text, ActionKey& key);

[[nodiscard]] std::string counts_csv(const pricing::PricedRun& run);

/// Reads the rows, and puts their counts into the layers of `result`, whose buffer traffic was in
/// whole bytes. Rows of a layer stand together, layers in the order of results.json; a layer may
/// have none. FileError naming the line that is damaged, or the layer whose buffer bytes or MACs do
/// not follow from its counts.
[[nodiscard]] std::vector<StoredCount> read_counts(const RunDirectory& directory,
                                                   accelerator::RunResult& result);

}  // namespace turnpike::results

namespace turnpike {

template <>
inline constexpr auto fields_of<results::StoredCount> = [] {
  using results::StoredCount;
  const auto key = [](auto member) { return Inside{&StoredCount::key, member}; };
  return std::tuple{
      Field{Label{"component", "", "what acts ([action vocabulary](action_vocabulary.md))"},
            key(&ActionKey::component)},
      Field{Label{"action", "", "what it does"}, key(&ActionKey::action)},
      Field{Label{"item", "", "on what, where it has several"}, key(&ActionKey::item)},
      Field{Label{"stream", "", "`low`, or `highway` for what only the highway adds"},
            key(&ActionKey::stream)},
      Field{Label{"layer", "", "name of the layer's entry"}, &StoredCount::layer},
      Field{Label{"bits", "bit",
                  "width of the datum; of a MAC `activation x weight + psum`, e.g. `2x2m+16` (`m`: "
                  "mid-rise weights); empty where it has none"},
            results::WidthsPlace{}},
      Field{Label{"count", "", "accesses, values, operations, cycles or commands"},
            &StoredCount::count},
      Field{Label{"energy_pj", "pJ", "count x price, rounded so that all sums are exact"},
            &StoredCount::energy_pj},
      Field{Label{"interpolated", "", "`true` if the price lies between rows of a table"},
            &StoredCount::interpolated}};
}();

}  // namespace turnpike
