#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "pe/systolic/systolic_core.hpp"

/// The systolic array a second time, written to docs/systolic.md: every register of every PE is
/// moved in every clock, and nothing is known of steps but what the registers hold.
namespace turnpike::pe::systolic::test {

class StructuralArray {
 public:
  StructuralArray(const TileShape& shape, const PassOperands& operands) : s_{shape}, o_{operands} {
    const auto columns = static_cast<std::size_t>(shape.columns);
    auto psum = operands.psum.begin();
    for (std::int32_t row = 0; row < shape.rows; ++row) {
      values_.emplace_back(columns);
      weights_.emplace_back(columns);
      macs_.emplace_back(columns, 0);
      sums_.emplace_back(psum, psum + shape.columns);
      psum += shape.columns;
    }
    rows_in_.resize(values_.size());
    columns_in_.resize(columns);
    out_.resize(columns);
    ifmap_order_ = order(s_.rows);
    filter_order_ = order(s_.columns);
  }

  /// Runs the pass; the sums replace the operands' psums.
  TileCounters run() {
    while (words_out_ < s_.rows * s_.columns) {
      clock();
    }
    return counters_;
  }
  [[nodiscard]] const std::vector<std::int64_t>& psums() const { return o_.psum; }

 private:
  using Register = std::optional<std::int32_t>;
  using Grid = std::vector<std::vector<Register>>;
  using Fifo = std::deque<std::int64_t>;

  /// (lane, index) of every word of an edge in the order of the steps that need it.
  [[nodiscard]] std::vector<std::pair<int, int>> order(int lanes) const {
    std::vector<std::pair<int, int>> words;
    for (int lane = 0; lane < lanes; ++lane) {
      for (int k = 0; k < s_.depth; ++k) {
        words.emplace_back(lane, k);
      }
    }
    std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
      return std::tuple{a.first + a.second, a.first} < std::tuple{b.first + b.second, b.first};
    });
    return words;
  }

  void clock() {
    ++counters_.cycles;
    if (counters_.cycles <= static_cast<std::uint64_t>(s_.buffer_latency)) {
      return;
    }
    const std::vector<std::size_t> rows_before = sizes(rows_in_);
    const std::vector<std::size_t> columns_before = sizes(columns_in_);
    const std::vector<std::size_t> out_before = sizes(out_);
    if (all_done()) {
      shift_out(out_before);
    } else if (available(rows_before) && available(columns_before)) {
      move_registers();
    }
    bring(ifmap_order_, next_ifmap_, s_.ifmap_rate, o_.ifmap, rows_before, rows_in_,
          counters_.ifmap_words);
    bring(filter_order_, next_filter_, s_.filter_rate, o_.filter, columns_before, columns_in_,
          counters_.filter_words);
  }

  static std::vector<std::size_t> sizes(const std::vector<Fifo>& fifos) {
    std::vector<std::size_t> out;
    for (const Fifo& fifo : fifos) {
      out.push_back(fifo.size());
    }
    return out;
  }
  [[nodiscard]] bool all_done() const {
    return std::all_of(macs_.begin(), macs_.end(), [this](const std::vector<int>& row) {
      return std::all_of(row.begin(), row.end(), [this](int macs) { return macs == s_.depth; });
    });
  }
  /// Lane i starts i steps late.
  [[nodiscard]] bool wants(std::size_t lane) const {
    const auto from = static_cast<std::int64_t>(lane);
    return step_ >= from && step_ < from + s_.depth;
  }
  [[nodiscard]] bool available(const std::vector<std::size_t>& held) const {
    for (std::size_t lane = 0; lane < held.size(); ++lane) {
      if (wants(lane) && held[lane] == 0) {
        return false;
      }
    }
    return true;
  }
  Register take(Fifo& fifo, std::size_t lane) const {
    if (!wants(lane)) {
      return std::nullopt;
    }
    const auto value = static_cast<std::int32_t>(fifo.front());
    fifo.pop_front();
    return value;
  }

  void move_registers() {
    const Grid old_values = values_;
    const Grid old_weights = weights_;
    for (std::size_t row = 0; row < values_.size(); ++row) {
      for (std::size_t column = 0; column < values_[row].size(); ++column) {
        values_[row][column] = column > 0 ? old_values[row][column - 1] : take(rows_in_[row], row);
        weights_[row][column] =
            row > 0 ? old_weights[row - 1][column] : take(columns_in_[column], column);
        counters_.ifmap_hops += column > 0 && values_[row][column] ? 1U : 0U;
        counters_.filter_hops += row > 0 && weights_[row][column] ? 1U : 0U;
        if (values_[row][column] && weights_[row][column]) {
          sums_[row][column] += std::int64_t{*values_[row][column]} * *weights_[row][column];
          ++macs_[row][column];
          ++counters_.mac_slots;
        }
      }
    }
    ++step_;
  }

  void shift_out(const std::vector<std::size_t>& held) {
    const bool room = std::all_of(held.begin(), held.end(), [this](std::size_t words) {
      return words < static_cast<std::size_t>(s_.fifo_depth);
    });
    for (int words = 0; words < s_.psum_out_rate && words_out_ < s_.rows * s_.columns; ++words) {
      const auto column = static_cast<std::size_t>(words_out_ % s_.columns);
      if (out_[column].empty()) {
        break;
      }
      const int row = s_.rows - 1 - words_out_ / s_.columns;
      o_.psum[static_cast<std::size_t>(row * s_.columns) + column] = out_[column].front();
      out_[column].pop_front();
      ++words_out_;
      ++counters_.psum_words;
    }
    if (room && !sums_.empty()) {
      for (std::size_t column = 0; column < out_.size(); ++column) {
        out_[column].push_back(sums_.back()[column]);
      }
      sums_.pop_back();
      for (const auto& row : sums_) {
        counters_.psum_hops += row.size();
      }
    }
  }

  void bring(const std::vector<std::pair<int, int>>& words, std::size_t& next, int rate,
             const std::vector<std::int32_t>& operand, std::vector<std::size_t> held,
             std::vector<Fifo>& fifos, std::uint64_t& count) const {
    for (int word = 0; word < rate && next < words.size(); ++word, ++next, ++count) {
      const auto lane = static_cast<std::size_t>(words[next].first);
      if (held[lane] >= static_cast<std::size_t>(s_.fifo_depth)) {
        return;
      }
      ++held[lane];
      fifos[lane].push_back(operand[lane * static_cast<std::size_t>(s_.depth) +
                                    static_cast<std::size_t>(words[next].second)]);
    }
  }

  TileShape s_;
  PassOperands o_;
  Grid values_, weights_;
  std::vector<std::vector<std::int64_t>> sums_;
  std::vector<std::vector<int>> macs_;
  std::vector<Fifo> rows_in_, columns_in_, out_;
  std::vector<std::pair<int, int>> ifmap_order_, filter_order_;
  std::size_t next_ifmap_ = 0, next_filter_ = 0;
  std::int64_t step_ = 0;
  int words_out_ = 0;
  TileCounters counters_;
};

}  // namespace turnpike::pe::systolic::test
