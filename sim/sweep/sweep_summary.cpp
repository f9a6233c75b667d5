#include "sim/sweep/sweep_summary.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/report/text_table.hpp"
#include "sim/sweep/twins.hpp"

namespace turnpike::sweep {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// "2b", "2x4b"; "" if the sweep does not vary it.
std::string precision_word(const PointResult& point) {
  const std::string value = point.settings.value("precision");
  if (value.empty()) {
    return "";
  }
  return !point.has_results() ? value + "b"
         : point.weight_bits == point.activation_bits
             ? fmt::format("{}b", point.weight_bits)
             : fmt::format("{}x{}b", point.weight_bits, point.activation_bits);
}

/// "+h8", "+h" where it needs no second copy; "" without a highway.
std::string highway_word(const PointResult& point) {
  const std::string bits = point.settings.value("highway.bits");
  return !asks_for_highway(point) ? ""
         : point.highway          ? fmt::format("+h{}", point.highway_bits)
                                  : "+h" + bits;
}

/// A key's last word, if no other key of the point ends so.
std::string short_key(const Settings& settings, const std::string& key) {
  const std::string last = key.substr(key.rfind('.') + 1);
  const auto alike = std::count_if(settings.begin(), settings.end(), [&last](const auto& other) {
    return other.first == last || other.first.ends_with("." + last);
  });
  return alike == 1 ? last : key;
}

/// "2b+h8", "h8", "no highway".
std::string width_words(const PointResult& point) {
  const std::string precision = precision_word(point);
  const std::string highway = highway_word(point);
  if (precision.empty() && !highway.empty()) {
    return highway.substr(1);
  }
  const bool off = precision.empty() && point.settings.value("highway.enabled") == "false";
  return off ? "no highway" : precision + highway;
}

/// "2b+h8 device=lpddr4-3200".
std::string label_of(const PointResult& point) {
  std::string text = width_words(point);
  for (const auto& [key, value] : point.settings.settings) {
    const bool said = key == "precision" || key == "highway.enabled" ||
                      (key == "highway.bits" && asks_for_highway(point));
    if (!said) {
      text += fmt::format("{}{}={}", text.empty() ? "" : " ",
                          short_key(point.settings.settings, key), value);
    }
  }
  return text.empty() ? point.settings.text() : text;
}

/// "86.1"; empty without a measurement.
std::string top1_of(const PointResult& point) {
  return point.accuracy ? fmt::format("{:.1f}", 100.0 * point.accuracy->top1) : "";
}

}  // namespace

std::string sweep_summary(const std::vector<PointResult>& points) {
  const bool measured = std::any_of(points.begin(), points.end(), [](const PointResult& point) {
    return point.accuracy.has_value();
  });
  std::vector<std::string> header = {"point", "cycles", "uJ", "mm2", "highway", "%", "status"};
  if (measured) {
    header.emplace_back("top-1 %");
  }
  report::TextTable table{header};
  table.left({6});
  const Twins twins{points};
  for (const PointResult& point : points) {
    if (!point.has_results()) {
      table.add({label_of(point), "", "", "", "", "", point.status, top1_of(point)});
      continue;
    }
    const PointResult* const twin = twins.of(point);
    const double energy = point.totals.energy_uj;
    std::string added;
    std::string percent;
    if (twin != nullptr) {
      const double without = twin->totals.energy_uj;
      added = fmt::format("{:+.1f}", energy - without);
      percent = fmt::format("{:+.2f}", 100.0 * (energy / without - 1.0));
    }
    table.add({label_of(point), fmt::format("{}", point.totals.cycles),
               fmt::format("{:.1f}", energy), fmt::format("{:.3f}", point.totals.area_mm2), added,
               percent, point.status, top1_of(point)});
  }
  return table.to_string(report::TableWidth::standard) +
         "highway: uJ and % on top of the point without it; 2b+h8: 2 bit, 8-bit highway\n"
         "by component: --wide\n";
}

}  // namespace turnpike::sweep
