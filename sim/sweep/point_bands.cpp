#include "sim/sweep/point_bands.hpp"

namespace turnpike::sweep {
namespace {

/// As `sensitivity` draws.
constexpr cost::MonteCarlo kMonteCarlo{};

}  // namespace

PointBands::PointBands(const std::string& directory, const std::string& config_root) {
  for (const StoredPoint& point : read_sweep_directory(directory, {}, config_root)) {
    const pricing::PricedRun priced =
        results::price_stored_run(point.run, point.run.config, config_root);
    points_.emplace(point.settings.text(),
                    Known{claim_point(point, priced), pricing::cost_policy(point.run.config),
                          area_ranges_of(point.run.config, config_root)});
  }
}

const PointBands::Known* PointBands::find(const PointSettings& settings) const {
  const auto found = points_.find(settings.text());
  return found == points_.end() ? nullptr : &found->second;
}

std::optional<cost::Band> PointBands::energy(const PointSettings& from,
                                             const PointSettings& to) const {
  const Known* a = find(from);
  const Known* b = find(to);
  return a != nullptr && b != nullptr
             ? std::optional{energy_change(a->point, b->point, a->policy, kMonteCarlo).band}
             : std::nullopt;
}

std::optional<cost::Band> PointBands::area(const PointSettings& from,
                                           const PointSettings& to) const {
  const Known* a = find(from);
  const Known* b = find(to);
  return a != nullptr && b != nullptr
             ? std::optional{area_change_band(a->point, b->point, a->area_ranges, kMonteCarlo)}
             : std::nullopt;
}

}  // namespace turnpike::sweep
