#include "sim/cost/technology.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"
#include "sim/cost/technology_tables.hpp"

namespace turnpike::cost {
namespace {

/// 64 bytes of 16-bit words: CACTI builds none smaller.
constexpr int kSmallestMacroWords = 32;

MemoryFigures uniform(double energy, double leakage, double area) {
  return {energy, energy, leakage, area};
}

/// Linear between the rows of a psum width, constant past them.
Lookup held_to_rows(const FigureSeries& series, int bits) {
  const double low = series.rows().begin()->first;
  const double high = series.rows().rbegin()->first;
  Lookup found = series.at(std::clamp(static_cast<double>(bits), low, high));
  if (bits < low || bits > high) {
    found.from.interpolated = true;
    found.from.add(fmt::format("output of {} bits: as the nearest row", bits));
  }
  return found;
}

/// Figures of two depths, mixed for a third.
Lookup mix_lookups(const Lookup& a, const Lookup& b, double t, const std::string& step) {
  Lookup mixed{mix(a.figures, b.figures, t), a.from};
  mixed.from.include(b.from);
  mixed.from.interpolated = true;
  mixed.from.add(step);
  return mixed;
}

}  // namespace

const Constant& Technology::constant(const std::string& name) const {
  const auto found = constants_.find(name);
  ensure(found != constants_.end(), "technology constant " + name);
  return found->second;
}

const Constant& Technology::area_factor(const std::string& name) const {
  static const Constant one{1.0, {1.0, 1.0}, "factor", "not stated"};
  const auto found = constants_.find(name);
  return found == constants_.end() ? one : found->second;
}

std::optional<double> Technology::highest_clock_mhz() const {
  const auto found = constants_.find("highest_clock_mhz");
  return found == constants_.end() ? std::nullopt : std::optional{found->second.value};
}

Lookup Technology::scaled(Lookup lookup) const {
  if (scaling_) {
    for (const Figure figure :
         {Figure::random_pj, Figure::activity_pj, Figure::idle_pj, Figure::clock_pj}) {
      lookup.figures.at(figure) *= scaling_->energy;
    }
    lookup.figures.at(Figure::leakage_nw) *= scaling_->leakage;
    lookup.from.interpolated = true;
    lookup.from.add(scaling_->text);
  }
  return lookup;
}

Lookup Technology::mac(const MacWidths& widths) const {
  return scaled(tables_->mac.at(widths));
}

Lookup Technology::datapath(const std::string& name, int bits) const {
  const auto series = tables_->datapath.find(name);
  if (series == tables_->datapath.end()) {
    throw InputError{{tables_->directory + "/datapath.csv", 0, 0},
                     fmt::format("has no rows for {}", name)};
  }
  return scaled(series->second.at(bits));
}

Lookup Technology::fifo(const SpadSize& size) const {
  constexpr int kMeasuredDepth = 4;
  constexpr int kDeepest = 64;
  Lookup found = datapath("fifo.push_pop", size.bits);
  if (size.depth == kMeasuredDepth) {
    return found;
  }
  if (size.depth < 1 || size.depth > kDeepest) {
    throw InputError{
        {tables_->directory + "/datapath.csv", 0, 0},
        fmt::format("fifos are known for 1 to {} words, not for {}", kDeepest, size.depth)};
  }
  // What grows with the width is the storage; the rest is pointers and control.
  const Figures one = datapath("fifo.push_pop", 1).figures;
  const Figures two = datapath("fifo.push_pop", 2).figures;
  for (const Figure figure : {Figure::nand2, Figure::flip_flops, Figure::leakage_nw}) {
    const double control = 2.0 * one.at(figure) - two.at(figure);
    const double storage = found.figures.at(figure) - control;
    found.figures.at(figure) = control + storage * size.depth / kMeasuredDepth;
  }
  found.from.interpolated = true;
  found.from.add(fmt::format("{} words: storage scaled from {} words, energy kept", size.depth,
                             kMeasuredDepth));
  return found;
}

Lookup Technology::register_file_row(const std::string& op, const SpadSize& size) const {
  const auto files = tables_->register_files.find(op);
  if (files == tables_->register_files.end() || files->second.size() < 2 ||
      !tables_->register_file_depths.contains(size.depth)) {
    throw InputError{{tables_->directory + "/register_file.csv", 0, 0},
                     fmt::format("register files are known for {} to {} words, not for {} of {}",
                                 tables_->register_file_depths.low,
                                 tables_->register_file_depths.high, op, size.depth)};
  }
  const auto& depths = files->second;
  auto high = depths.lower_bound(size.depth);
  if (high != depths.end() && high->first == size.depth) {
    return high->second.at(size.bits);
  }
  const bool below = high == depths.begin();
  if (below) {
    ++high;
  } else if (high == depths.end()) {
    --high;
  }
  const auto low = std::prev(high);
  const double t =
      static_cast<double>(size.depth - low->first) / static_cast<double>(high->first - low->first);
  const Lookup at_low = low->second.at(size.bits);
  Lookup found = mix_lookups(
      at_low, high->second.at(size.bits), t,
      fmt::format("{} words: on the line through {} and {}", size.depth, low->first, high->first));
  if (below) {  // all in proportion, so that no energy falls below its clock pins
    const auto area = [&](int words) {
      const double at_first = low->second.at(SmallSramFit::kLawWidth).get(Figure::nand2);
      const double at_second = high->second.at(SmallSramFit::kLawWidth).get(Figure::nand2);
      return at_first + (at_second - at_first) * (words - low->first) / (high->first - low->first);
    };
    const double flip_flops = found.figures.at(Figure::flip_flops);
    found.figures = at_low.figures * (area(size.depth) / area(low->first));
    found.figures.at(Figure::flip_flops) = flip_flops;
  }
  return found;
}

Lookup Technology::register_file(const std::string& op, const SpadSize& size) const {
  return scaled(register_file_row(op, size));
}

MemoryFigures Technology::register_file_law(int depth, int reference) const {
  const auto at = [this](int words) {
    const SpadSize size{words, SmallSramFit::kLawWidth};
    const Lookup read = register_file_row("read", size);
    return MemoryFigures{read.get(Figure::random_pj),
                         register_file_row("write", size).get(Figure::random_pj),
                         read.get(Figure::leakage_nw), read.get(Figure::nand2)};
  };
  return ratio(at(depth), at(reference));
}

Lookup Technology::requant(int psum_bits, int bits) const {
  FigureSeries by_psum{"requant.csv", fmt::format("requant to {} bits", bits),
                       tables_->requant_psums};
  for (const auto& [psum, series] : tables_->requant) {
    by_psum.add(psum, held_to_rows(series, bits).figures, {});
  }
  const int narrowest = tables_->requant.begin()->first;
  Lookup found = by_psum.at(std::max(psum_bits, narrowest));
  const auto row = tables_->requant.find(std::max(psum_bits, narrowest));
  if (row != tables_->requant.end()) {
    found.from = held_to_rows(row->second, bits).from;
  }
  if (psum_bits < narrowest) {
    static_cast<void>(by_psum.at(psum_bits));  // checks the range
    found.figures = found.figures * (static_cast<double>(psum_bits) / narrowest);
    found.from.interpolated = true;
    found.from.add(
        fmt::format("psum of {} bits: in proportion to that of {}", psum_bits, narrowest));
  }
  return scaled(found);
}

Lookup Technology::flip_flop_clock() const {
  constexpr int kWidest = 64;
  Lookup found = datapath("reg_plain.write", kWidest);
  found.figures.at(Figure::clock_pj) = found.figures.at(Figure::idle_pj) / kWidest;
  found.from.add(fmt::format("held register, per flip-flop: energy_pj_idle / {}", kWidest));
  return found;
}

MemoryLookup Technology::filter_spad(const SpadSize& size) const {
  const Tables& tables = *tables_;
  const SpadFit& fit = tables.filter_spad;
  const std::string path = tables.directory + "/filter_spad.csv";
  if (!tables.filter_widths.contains(size.bits) || !tables.filter_depths.contains(size.depth)) {
    throw InputError{
        {path, 0, 0},
        fmt::format("filter spads are known for {} to {} words of {} to {} bits, not "
                    "for {} of {}",
                    tables.filter_depths.low, tables.filter_depths.high, tables.filter_widths.low,
                    tables.filter_widths.high, size.depth, size.bits)};
  }
  // At width b the line is intercept + b x slope, which is mix() with the width as its weight.
  const MemoryFigures at_one = {fit.intercept.read_pj + fit.slope_per_bit.read_pj,
                                fit.intercept.write_pj + fit.slope_per_bit.write_pj,
                                fit.intercept.leakage_mw + fit.slope_per_bit.leakage_mw,
                                fit.intercept.area_mm2 + fit.slope_per_bit.area_mm2};
  const double to_volt = (voltage_ / fit.voltage) * (voltage_ / fit.voltage);
  MemoryLookup found{
      times(mix(fit.intercept, at_one, size.bits), uniform(to_volt, 1.0, 1.0)),
      {size.bits != 4 && size.bits != 8 && size.bits != 16,
       {fmt::format("filter_spad.csv: {} x {} bits, energy x {:.4f} for {} V to {} V",
                    fit.depth_words, size.bits, to_volt, fit.voltage, voltage_)}}};
  if (size.depth != fit.depth_words) {
    const int sram_words = std::max(size.depth, kSmallestMacroWords);
    found.figures = times(found.figures, tables.small_sram.depth_law(sram_words, fit.depth_words));
    found.from.interpolated = true;
    found.from.add(fmt::format("times sram_small.csv at {} / {} words of {} bits", sram_words,
                               fit.depth_words, SmallSramFit::kLawWidth));
  }
  if (size.depth < kSmallestMacroWords) {
    found.figures = times(found.figures, register_file_law(size.depth, kSmallestMacroWords));
    found.from.add(fmt::format("times register_file.csv at {} / {} words of {} bits", size.depth,
                               kSmallestMacroWords, SmallSramFit::kLawWidth));
  }
  if (scaling_) {
    found.figures = times(found.figures, spad_scaling_.figures);
    found.from.include(spad_scaling_.from);
  }
  // As in sram.csv: the write energy leaves out half-selected columns.
  found.figures.write_pj = std::max(found.figures.write_pj, found.figures.read_pj);
  if (!all_positive(found.figures)) {
    throw InputError{
        {path, 0, 0},
        fmt::format("no positive price for {} words of {} bits", size.depth, size.bits)};
  }
  return found;
}

MemoryLookup Technology::sram(const SramSize& size) const {
  return sram_ ? sram_->at(size) : tables_->sram.at(size);
}

SquareMicrometres Technology::logic_area(double nand2) const {
  const double um2 = nand2 * constant("um2_per_nand2").value / constant("logic_utilization").value;
  return SquareMicrometres{scaling_ ? um2 * scaling_->area : um2};
}

Milliwatts Technology::logic_leakage(double leakage_nw) const {
  return Milliwatts{leakage_nw * 1e-6 * constant("logic_leakage_scale").value};
}

}  // namespace turnpike::cost
