#pragma once

#include <functional>
#include <vector>

#include "sim/cost/cost_model.hpp"
#include "sim/cost/sensitivity.hpp"

/// How far the uncertainty of areas moves a machine's area, or the change between machines.
namespace turnpike::cost {

/// Areas that are uncertain together.
enum class AreaGroup { mac, logic, filter_spads, buffers };
inline constexpr int kAreaGroups = 4;

using GroupAreas = std::array<SquareMicrometres, kAreaGroups>;
[[nodiscard]] AreaGroup area_group_of(Component component);

/// Factor range of each group, of what the technology's constants say: logic of um2_per_nand2 and
/// logic_utilization, the others of *_area. MACs are logic and have a factor of their own.
using AreaRanges = std::array<Range, kAreaGroups>;
[[nodiscard]] AreaRanges area_ranges(const Technology& technology);

/// A number made of the areas of several machines in mm2, each already scaled by the same factors.
using AreaMetric = std::function<double(const std::vector<double>& mm2)>;

/// 5, 50 and 95 % points; factors are drawn log-uniformly, the same for all machines.
[[nodiscard]] Band area_band_of(const std::vector<GroupAreas>& machines, const AreaRanges& ranges,
                                const AreaMetric& metric, const MonteCarlo& settings);

}  // namespace turnpike::cost
