#include "sim/cost/area_band.hpp"

#include <algorithm>
#include <cmath>

#include "sim/base/error.hpp"
#include "sim/base/random.hpp"

namespace turnpike::cost {
namespace {

constexpr auto kMac = static_cast<std::size_t>(AreaGroup::mac);
constexpr auto kLogic = static_cast<std::size_t>(AreaGroup::logic);
constexpr auto kSpads = static_cast<std::size_t>(AreaGroup::filter_spads);
constexpr auto kBuffers = static_cast<std::size_t>(AreaGroup::buffers);

Range relative(const Constant& constant) {
  return {constant.range.low / constant.value, constant.range.high / constant.value};
}

}  // namespace

AreaGroup area_group_of(Component component) {
  if (component == Component::mac) {
    return AreaGroup::mac;
  }
  if (component == Component::filter_spad) {
    return AreaGroup::filter_spads;
  }
  return component == Component::glb || component == Component::glb_filter ? AreaGroup::buffers
                                                                           : AreaGroup::logic;
}

AreaRanges area_ranges(const Technology& technology) {
  const Range cell = relative(technology.constant("um2_per_nand2"));
  const Range dense = relative(technology.constant("logic_utilization"));
  AreaRanges ranges;
  ranges.at(kMac) = relative(technology.area_factor("mac_area"));
  ranges.at(kLogic) = {cell.low / dense.high, cell.high / dense.low};
  ranges.at(kSpads) = relative(technology.area_factor("filter_spad_area"));
  ranges.at(kBuffers) = relative(technology.area_factor("buffer_area"));
  return ranges;
}

Band area_band_of(const std::vector<GroupAreas>& machines, const AreaRanges& ranges,
                  const AreaMetric& metric, const MonteCarlo& settings) {
  if (settings.samples < 20) {
    throw InputError{{"sensitivity", 0, 0}, "needs at least 20 samples for a 5 to 95 % band"};
  }
  Random random{settings.seed};
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(settings.samples));
  for (int sample = 0; sample < settings.samples; ++sample) {
    std::array<double, kAreaGroups> factors{};
    for (std::size_t i = 0; i < factors.size(); ++i) {
      const Range& range = ranges.at(i);
      factors.at(i) = range.low * std::pow(range.high / range.low, random.uniform());
    }
    factors.at(kMac) *= factors.at(kLogic);
    std::vector<double> mm2;
    mm2.reserve(machines.size());
    for (const GroupAreas& machine : machines) {
      double sum = 0.0;
      for (std::size_t i = 0; i < factors.size(); ++i) {
        sum += machine.at(i).count() * factors.at(i);
      }
      mm2.push_back(sum * 1e-6);
    }
    values.push_back(metric(mm2));
  }
  std::sort(values.begin(), values.end());
  const auto quantile = [&values](double p) {
    return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
  };
  return {quantile(0.05), quantile(0.50), quantile(0.95)};
}

}  // namespace turnpike::cost
