#include "sim/sweep/twins.hpp"

namespace turnpike::sweep {
namespace {

std::string without_highway(const PointResult& point) {
  std::string text;
  for (const auto& [key, value] : point.settings.settings) {
    if (!key.starts_with("highway.")) {
      text += key + '=' + value + '\n';
    }
  }
  return text;
}

}  // namespace

bool asks_for_highway(const PointResult& point) {
  return point.settings.value("highway.enabled") == "true";
}

Twins::Twins(const std::vector<PointResult>& points) {
  for (const PointResult& point : points) {
    if (point.has_results() && !point.highway && !asks_for_highway(point)) {
      without_.emplace(without_highway(point), &point);
    }
  }
}

const PointResult* Twins::of(const PointResult& with) const {
  const auto found = asks_for_highway(with) ? without_.find(without_highway(with)) : without_.end();
  return found == without_.end() ? nullptr : found->second;
}

}  // namespace turnpike::sweep
