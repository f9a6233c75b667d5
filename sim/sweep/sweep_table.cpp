#include "sim/sweep/sweep_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "sim/base/action_count.hpp"
#include "sim/base/printable.hpp"
#include "sim/report/component_groups.hpp"
#include "sim/report/paper_claims.hpp"
#include "sim/sweep/sweep_summary.hpp"

namespace turnpike::sweep {
namespace {

using report::TableWidth;
using report::TextTable;

using report::ComponentGroup;

double sum_of(const std::array<double, kComponents>& figures, const ComponentGroup& group) {
  double sum = 0.0;
  for (const Component component : group.components) {
    sum += figures[static_cast<std::size_t>(component)];
  }
  return sum;
}

/// The groups that have a figure at some point.
template <class Figures>
std::vector<ComponentGroup> columns_of(const std::vector<PointResult>& points,
                                       Figures PointResult::*figures) {
  std::vector<ComponentGroup> columns = report::component_groups();
  std::erase_if(columns, [&](const ComponentGroup& group) {
    return std::none_of(points.begin(), points.end(), [&](const PointResult& point) {
      return point.has_results() && sum_of(point.*figures, group) != 0.0;
    });
  });
  return columns;
}

double energy_uj(const PointResult& p) {
  return p.totals.energy_uj;
}
double area_mm2(const PointResult& p) {
  return p.totals.area_mm2;
}
double cycles(const PointResult& p) {
  return static_cast<double>(p.totals.cycles);
}

std::string change(double value, double reference) {
  return reference > 0.0 ? fmt::format("{:+.1f}", 100.0 * (value / reference - 1.0)) : "";
}

std::string interval(const std::optional<cost::Band>& band, int digits) {
  return band ? fmt::format("{:+.{}f} .. {:+.{}f}", band->p5, digits, band->p95, digits) : "";
}

class Table {
 public:
  Table(const std::vector<PointResult>& points, TableWidth width, const PointBands& bands)
      : points_{points}, width_{width}, bands_{bands} {
    for (const PointResult& point : points) {
      if (point.has_results() && point.weight_bits == 16 && point.activation_bits == 16 &&
          !point.highway && reference_ == nullptr) {
        reference_ = &point;
      }
      labels_by_bits_ = labels_by_bits_ && only_precision_and_highway(point.settings);
    }
  }

  [[nodiscard]] std::string text() const {
    std::string out = heading();
    out += width_ == TableWidth::wide ? energies() + '\n' + areas() + '\n'
                                      : sweep_summary(points_) + '\n';
    if (labels_by_bits_) {
      out += overheads() + claims() + operations() + buyers_question();
    }
    for (const PointResult& point : points_) {
      if (!point.has_results()) {
        out += fmt::format("{}: {}{}{}\n", printable(point.settings.text()), point.status,
                           point.message.empty() ? "" : ": ", printable(point.message));
      }
    }
    return out + policies();
  }

 private:
  /// The policy line; where points differ in it, each line with its points.
  [[nodiscard]] std::string policies() const {
    std::vector<std::pair<std::string, std::string>> lines;  // policy, points
    for (const PointResult& point : points_) {
      if (!point.has_results()) {
        continue;
      }
      const auto known = std::find_if(lines.begin(), lines.end(), [&point](const auto& line) {
        return line.first == point.policy;
      });
      if (known == lines.end()) {
        lines.emplace_back(point.policy, label(point));
      } else {
        known->second += "; " + label(point);
      }
    }
    std::string out;
    for (const auto& [policy, points] : lines) {
      out += policy + '\n' + (lines.size() > 1 ? "  of " + points + '\n' : "");
    }
    return out;
  }

  static bool only_precision_and_highway(const PointSettings& settings) {
    return std::all_of(settings.settings.begin(), settings.settings.end(), [](const auto& s) {
      return s.first == "precision" || s.first == "highway.enabled";
    });
  }

  [[nodiscard]] const PointResult* any() const {
    const auto found = std::find_if(points_.begin(), points_.end(),
                                    [](const PointResult& p) { return p.has_results(); });
    return found == points_.end() ? nullptr : &*found;
  }

  [[nodiscard]] const PointResult* find(int bits, bool highway) const {
    for (const PointResult& p : points_) {
      if (p.has_results() && p.weight_bits == bits && p.activation_bits == bits &&
          (p.settings.value("highway.enabled") == "true") == highway) {
        return &p;
      }
    }
    return nullptr;
  }

  [[nodiscard]] std::string label(const PointResult& p) const {
    const bool asked = p.settings.value("highway.enabled") == "true";
    std::string text = p.weight_bits == p.activation_bits
                           ? fmt::format("{:>2} bit", p.weight_bits)
                           : fmt::format("{} x {} bit", p.weight_bits, p.activation_bits);
    text += !asked      ? ""
            : p.highway ? fmt::format(" + {}-bit highway", p.highway_bits)
                        : " + highway (one copy)";
    for (const auto& [key, value] : p.settings.settings) {
      if (!said_in_words(key)) {
        text += fmt::format(", {}={}", key, value);
      }
    }
    return text;
  }

  static bool said_in_words(const std::string& key) {
    return key.starts_with("precision") || key == "highway.enabled" || key == "highway.bits";
  }

  [[nodiscard]] std::string heading() const {
    const PointResult* first = any();
    return first == nullptr ? "no point has results\n"
                            : fmt::format("{}, profile {}\n\n", printable(first->network),
                                          printable(first->profile));
  }

  [[nodiscard]] std::string energies() const {
    std::vector<std::string> header = {"energy, uJ", "total", "vs 16 bit %", "kcycles"};
    const auto columns = columns_of(points_, &PointResult::energy_pj);
    for (const ComponentGroup& column : columns) {
      header.emplace_back(column.name);
    }
    TextTable table{header};
    for (const PointResult& p : points_) {
      if (!p.has_results()) {
        continue;
      }
      std::vector<std::string> row = {
          label(p), fmt::format("{:.0f}", energy_uj(p)),
          reference_ != nullptr ? change(energy_uj(p), energy_uj(*reference_)) : "",
          fmt::format("{:.0f}", cycles(p) / 1e3)};
      for (const ComponentGroup& column : columns) {
        row.push_back(fmt::format("{:.1f}", sum_of(p.energy_pj, column) * 1e-6));
      }
      table.add(row);
    }
    return table.to_string();
  }

  [[nodiscard]] std::string areas() const {
    std::vector<std::string> header = {"area, mm2", "total", "vs 16 bit %"};
    const auto columns = columns_of(points_, &PointResult::area_um2);
    for (const ComponentGroup& column : columns) {
      header.emplace_back(column.name);
    }
    TextTable table{header};
    for (const PointResult& p : points_) {
      if (!p.has_results()) {
        continue;
      }
      std::vector<std::string> row = {
          label(p), fmt::format("{:.3f}", area_mm2(p)),
          reference_ != nullptr ? change(area_mm2(p), area_mm2(*reference_)) : ""};
      for (const ComponentGroup& column : columns) {
        row.push_back(fmt::format("{:.3f}", sum_of(p.area_um2, column) * 1e-6));
      }
      table.add(row);
    }
    return table.to_string();
  }

  /// Each point with highway against the same precision without.
  [[nodiscard]] std::string overheads() const {
    TextTable table{
        {"the highway adds", "uJ", "5 to 95 %", "%", "DRAM Mbit", "GLB Mbit", "mm2 %", "cycles %"}};
    for (const PointResult& with : points_) {
      const PointResult* without =
          with.has_results() && with.settings.value("highway.enabled") == "true"
              ? find(with.weight_bits, false)
              : nullptr;
      if (without == nullptr) {
        continue;
      }
      const auto megabits = [&](std::uint64_t results::Totals::*bytes) {
        return fmt::format("{:.2f}", (static_cast<double>(with.totals.*bytes) -
                                      static_cast<double>(without->totals.*bytes)) *
                                         8e-6);
      };
      table.add({label(with), fmt::format("{:.1f}", energy_uj(with) - energy_uj(*without)),
                 interval(bands_.energy(without->settings, with.settings), 2),
                 fmt::format("{:.2f}", 100.0 * (energy_uj(with) / energy_uj(*without) - 1.0)),
                 megabits(&results::Totals::dram_bytes), megabits(&results::Totals::glb_bytes),
                 change(area_mm2(with), area_mm2(*without)),
                 change(cycles(with), cycles(*without))});
    }
    return table.to_string(width_) + '\n';
  }

  /// Section 5.5 of the precision-highway paper.
  [[nodiscard]] std::string claims() const {
    TextTable table{{"claim (paper, section 5.5)", "paper %", "ours, 5 to 95 %", "point %"}};
    for (const report::PaperClaim& claim : report::kPaperClaims) {
      const PointResult* from = find(claim.from_bits, false);
      const PointResult* to = find(claim.to_bits, claim.to_highway);
      if (from == nullptr || to == nullptr || !report::is_papers_network(to->network)) {
        return "";
      }
      const bool area = claim.figure == report::PaperClaim::Figure::area;
      table.add({report::claim_text(claim, to->highway_bits), fmt::format("{:+.1f}", claim.percent),
                 interval(area ? bands_.area(from->settings, to->settings)
                               : bands_.energy(from->settings, to->settings),
                          1),
                 area ? change(area_mm2(*to), area_mm2(*from))
                      : change(energy_uj(*to), energy_uj(*from))});
    }
    return table.to_string(width_) + '\n';
  }

  [[nodiscard]] std::string operations() const {
    struct PaperRow {
      const char* network;
      const char* counts[4];
    };
    // Table 6 of the paper.
    static constexpr PaperRow kPaper[] = {
        {"lstm300", {"720 K", "0.3 K", "1.5 K", "0.9 K"}},
        {"resnet18", {"6.89 G", "9.68 M", "7.48 M", "-"}},
        {"resnet50", {"15.1 G", "62.0 M", "39.9 M", "-"}},
    };
    const PointResult* p = any();
    if (p == nullptr) {
      return "";
    }
    TextTable table{{"operations per inference", "low-precision MACs", "high-precision adds",
                     "non-linear", "element-wise multiplies"}};
    const accelerator::OperationCounts& ops = p->operations;
    table.add({"ours", fmt::format("{}", ops.low_precision_macs),
               fmt::format("{}", ops.high_precision_adds), fmt::format("{}", ops.nonlinear),
               fmt::format("{}", ops.elementwise_multiplies)});
    for (const PaperRow& row : kPaper) {
      if (p->network.find(row.network) != std::string::npos) {
        table.add({"paper, Table 6", row.counts[0], row.counts[1], row.counts[2], row.counts[3]});
      }
    }
    return table.to_string(width_) +
           "rule: MACs of the array layers; an add per element of a residual sum (LSTM: of c); a "
           "non-linear operation per element of a ReLU (LSTM: 5 a cell); products per LSTM cell: "
           "3\n\n";
  }

  /// k bits with highway against k + 1 bits without.
  [[nodiscard]] std::string buyers_question() const {
    std::vector<std::string> header = {"k bits with highway against", "energy %", "area %",
                                       "cycles %"};
    const bool measured = std::any_of(points_.begin(), points_.end(),
                                      [](const PointResult& p) { return p.accuracy.has_value(); });
    if (measured) {
      header.emplace_back("top-1, points");
    }
    TextTable table{header};
    bool any_row = false;
    for (int k = 1; k < 16; ++k) {
      const PointResult* with = find(k, true);
      const PointResult* wider = nullptr;
      for (int next = k + 1; next <= 16 && wider == nullptr; ++next) {
        wider = find(next, false);
      }
      if (with == nullptr || wider == nullptr) {
        continue;
      }
      any_row = true;
      table.add(
          {fmt::format("{} bit + highway against {} bit", k, wider->weight_bits),
           change(energy_uj(*with), energy_uj(*wider)), change(area_mm2(*with), area_mm2(*wider)),
           change(cycles(*with), cycles(*wider)),
           with->accuracy && wider->accuracy
               ? fmt::format("{:+.1f}", 100.0 * (with->accuracy->top1 - wider->accuracy->top1))
               : ""});
    }
    return any_row ? table.to_string(width_) + '\n' : "";
  }

  const std::vector<PointResult>& points_;
  TableWidth width_;
  const PointBands& bands_;
  const PointResult* reference_ = nullptr;
  bool labels_by_bits_ = true;
};

}  // namespace

std::string sweep_table(const std::vector<PointResult>& points, report::TableWidth width,
                        const PointBands& bands) {
  return Table{points, width, bands}.text();
}

}  // namespace turnpike::sweep
