#include "tests/differential/structural_config.hpp"

#include <algorithm>

namespace turnpike::differential {
namespace {

std::int32_t round_up_divide(std::int32_t a, std::int32_t b) {
  return a / b + (a % b == 0 ? 0 : 1);
}

/// Segments of the e ofmap rows and the width all but the last have.
struct Segments {
  std::int32_t count = 1, width = 1;
  explicit Segments(const pe::row_stationary::PassShape& s)
      : count{round_up_divide(s.e, s.columns)}, width{round_up_divide(s.e, count)} {}
};

/// Positions 0 .. extent - 1 some output reads through some tap.
std::vector<std::int32_t> read_positions(std::int32_t outputs, std::int32_t taps,
                                         std::int32_t stride) {
  std::vector<std::int32_t> positions;
  for (std::int32_t at = 0; at <= (outputs - 1) * stride + taps - 1; ++at) {
    bool read = false;
    for (std::int32_t tap = 0; tap < taps && tap <= at; ++tap) {
      read = read || ((at - tap) % stride == 0 && (at - tap) / stride < outputs);
    }
    if (read) {
      positions.push_back(at);
    }
  }
  return positions;
}

/// Index into a dense array of extents {.., b, c, d}.
std::size_t offset(std::int32_t i, std::int32_t b, std::int32_t j, std::int32_t c, std::int32_t k,
                   std::int32_t d, std::int32_t l) {
  return static_cast<std::size_t>(((std::int64_t{i} * b + j) * c + k) * d + l);
}

}  // namespace

std::int32_t elements_of_set(std::int32_t total, std::int32_t per_set, std::int32_t set) {
  const std::int32_t left = total - set * per_set;
  return left > per_set ? per_set : left;
}

std::optional<PeTag> tag_of(const pe::row_stationary::PassShape& s, std::int32_t array_row,
                            std::int32_t array_column) {
  const Segments segments{s};
  const std::int32_t slot_height = s.r * s.R;
  const std::int32_t slots_across = s.columns / segments.width;
  const std::int32_t slot_column = array_column / segments.width;
  const std::int32_t chain = array_row / slot_height * slots_across + slot_column;
  if (slot_column >= slots_across || chain >= s.t * segments.count ||
      array_row / slot_height >= s.rows / slot_height) {
    return std::nullopt;
  }
  PeTag tag;
  tag.array_row = array_row;
  tag.chain = chain;
  tag.chain_row = array_row % slot_height;
  tag.chain_column = array_column % segments.width;
  tag.filter_set = chain / segments.count;
  tag.channel_set = tag.chain_row / s.R;
  tag.filter_row = tag.chain_row - tag.channel_set * s.R;
  tag.ofmap_row = chain % segments.count * segments.width + tag.chain_column;
  tag.top = tag.chain_row == 0;
  tag.bottom = tag.chain_row + 1 == slot_height;
  if (tag.ofmap_row >= s.e) {
    return std::nullopt;
  }
  return tag;
}

std::vector<FilterTurn> filter_turns(const pe::row_stationary::PassShape& s,
                                     const std::vector<std::int32_t>& filter) {
  std::vector<FilterTurn> turns;
  for (std::int32_t set = 0; set < s.t; ++set) {
    for (std::int32_t row = 0; row < s.r * s.R; ++row) {
      FilterTurn turn{set, row, {}};
      const std::int32_t channels = elements_of_set(s.channels, s.q, row / s.R);
      const std::int32_t filters = elements_of_set(s.filters, s.p, set);
      for (std::int32_t tap = 0; tap < s.S; ++tap) {
        for (std::int32_t c = 0; c < channels; ++c) {
          for (std::int32_t f = 0; f < filters; ++f) {
            turn.weights.push_back(filter[offset(set * s.p + f, s.channels, row / s.R * s.q + c,
                                                 s.R, row % s.R, s.S, tap)]);
            if (turn.weights.size() == static_cast<std::size_t>(s.filter_rate)) {
              turns.push_back(turn);
              turn.weights.clear();
            }
          }
        }
      }
      if (!turn.weights.empty()) {
        turns.push_back(turn);
      }
    }
  }
  return turns;
}

std::vector<IfmapTurn> ifmap_turns(const pe::row_stationary::PassShape& s,
                                   const std::vector<std::int32_t>& ifmap) {
  const std::vector<std::int32_t> columns = read_positions(s.F, s.S, s.V);
  const std::vector<std::int32_t> rows = read_positions(s.e, s.R, s.U);
  std::vector<IfmapTurn> turns;
  for (std::int32_t image = 0; image < s.n; ++image) {
    for (const std::int32_t column : columns) {
      for (std::int32_t group = 0; group < s.q; group += s.ifmap_rate) {
        for (std::int32_t set = 0; set < s.r; ++set) {
          const std::int32_t end =
              std::min(elements_of_set(s.channels, s.q, set), group + s.ifmap_rate);
          for (const std::int32_t row : rows) {
            IfmapTurn turn{set, row, {}};
            for (std::int32_t c = group; c < end; ++c) {
              turn.values.push_back(ifmap[offset(image, s.channels, set * s.q + c, rows.back() + 1,
                                                 row, columns.back() + 1, column)]);
            }
            if (!turn.values.empty()) {
              turns.push_back(turn);
            }
          }
        }
      }
    }
  }
  return turns;
}

std::vector<PsumTurn> psum_turns(const pe::row_stationary::PassShape& s, std::int32_t rate) {
  const Segments segments{s};
  std::vector<PsumTurn> turns;
  for (std::int32_t image = 0; image < s.n; ++image) {
    for (std::int32_t column = 0; column < s.F; ++column) {
      for (std::int32_t group = 0; group < s.p; group += rate) {
        // Chains in order are filter sets in order and, inside, ofmap rows in order.
        for (std::int32_t set = 0; set < s.t; ++set) {
          const std::int32_t end = std::min(elements_of_set(s.filters, s.p, set), group + rate);
          for (std::int32_t y = 0; y < s.e && group < end; ++y) {
            PsumTurn turn{set * segments.count + y / segments.width, y % segments.width, {}};
            for (std::int32_t f = group; f < end; ++f) {
              turn.words.push_back(offset(image, s.filters, set * s.p + f, s.e, y, s.F, column));
            }
            turns.push_back(turn);
          }
        }
      }
    }
  }
  return turns;
}

}  // namespace turnpike::differential
