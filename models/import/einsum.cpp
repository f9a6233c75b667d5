#include "models/import/einsum.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace turnpike::models::shapes {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 40;

/// What a loop does, by the operands that have it.
enum class Role { none, position, filter, reduction, group, alone };

/// One direction of a map: `positions` windows of `kernel` values, `stride` apart.
struct Direction {
  std::string loop;  ///< over the positions
  std::int64_t positions = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;

  [[nodiscard]] std::int64_t extent() const { return (positions - 1) * stride + kernel; }
};

bool has(const std::vector<Axis>& operand, const std::string& loop) {
  return std::any_of(operand.begin(), operand.end(), [&](const Axis& axis) {
    return std::any_of(axis.begin(), axis.end(),
                       [&](const LoopTerm& term) { return term.loop == loop; });
  });
}

class Reading {
 public:
  explicit Reading(const Einsum& einsum) : einsum_{einsum} {
    for (const auto* operand : {&einsum.input, &einsum.weight, &einsum.output}) {
      for (const Axis& axis : *operand) {
        for (const LoopTerm& term : axis) {
          if (!einsum.sizes.contains(term.loop)) {
            fail(fmt::format("has no size for the loop '{}'", term.loop));
          }
        }
      }
    }
  }

  [[noreturn]] void fail(std::string_view what) const { throw FileError{einsum_.spot, what}; }

  [[nodiscard]] std::int64_t size(const std::string& loop) const { return einsum_.sizes.at(loop); }

  [[nodiscard]] Role role(const std::string& loop) const {
    const bool i = has(einsum_.input, loop);
    const bool w = has(einsum_.weight, loop);
    const bool o = has(einsum_.output, loop);
    if (i && o) {
      return w ? Role::group : Role::position;
    }
    if (w && (i || o)) {
      return i ? Role::reduction : Role::filter;
    }
    return i || w || o ? Role::alone : Role::none;
  }

  /// Product of the sizes of all loops of a role that no window has.
  [[nodiscard]] std::int64_t product(Role wanted) const {
    std::int64_t result = 1;
    for (const auto& [loop, size] : einsum_.sizes) {
      if (role(loop) == wanted &&
          std::find(in_windows_.begin(), in_windows_.end(), loop) == in_windows_.end()) {
        if (size > kMost / result) {
          fail("is larger than can be counted");
        }
        result *= size;
      }
    }
    return result;
  }

  /// Sorts the input's axes into windows, positions without one, and the rest. `window_role` is
  /// that of the loops inside a window.
  void read_axes(Role window_role) {
    for (const Axis& axis : einsum_.input) {
      read_axis(axis, window_role);
    }
    if (windows_.size() > 2) {
      fail(fmt::format("slides windows along {} axes; two are read", windows_.size()));
    }
  }

  [[nodiscard]] const std::vector<Direction>& windows() const { return windows_; }
  [[nodiscard]] const std::vector<Direction>& positions() const { return positions_; }
  [[nodiscard]] std::int64_t batch() const { return batch_; }
  void add_to_batch(std::int64_t factor) { batch_ *= factor; }

 private:
  void read_axis(const Axis& axis, Role window_role) {
    std::optional<LoopTerm> position;
    std::optional<LoopTerm> inside;
    for (const LoopTerm& term : axis) {
      const Role what = role(term.loop);
      auto& place = what == window_role ? inside : position;
      const bool idle = size(term.loop) == 1 && axis.size() > 1 && place.has_value();
      if (idle) {
        continue;
      }
      if (place && size(place->loop) > 1) {
        fail(fmt::format("adds '{}' and '{}' in one index", place->loop, term.loop));
      }
      place = term;
    }
    if (axis.size() < 2 || !inside) {
      if (position && role(position->loop) == Role::position) {
        take_position(*position);
      } else if (axis.size() == 1 && axis.front().factor != 1 && size(axis.front().loop) > 1) {
        fail(fmt::format("takes every {}th of '{}'", axis.front().factor, axis.front().loop));
      }
      return;
    }
    if (position && role(position->loop) != Role::position && size(position->loop) > 1) {
      fail(fmt::format("slides a window along '{}', which is no axis of the map", position->loop));
    }
    if (inside->factor != 1 && size(inside->loop) > 1) {
      fail(fmt::format("has windows with gaps ({} times '{}'): dilation is not read",
                       inside->factor, inside->loop));
    }
    Direction window;
    window.kernel = size(inside->loop);
    in_windows_.push_back(inside->loop);
    if (position) {
      window.loop = position->loop;
      window.positions = size(position->loop);
      window.stride = position->factor;
      in_windows_.push_back(position->loop);
    }
    windows_.push_back(window);
  }

  void take_position(const LoopTerm& term) {
    if (term.loop == einsum_.batch && term.factor == 1) {
      batch_ *= size(term.loop);
    } else if (size(term.loop) > 1) {
      positions_.push_back({term.loop, size(term.loop), 1, term.factor});
    }
  }

  const Einsum& einsum_;
  std::vector<Direction> windows_;
  std::vector<Direction> positions_;  ///< of a 1x1 window
  std::vector<std::string> in_windows_;
  std::int64_t batch_ = 1;
};

/// Rows first.
std::array<Direction, 2> in_order(std::vector<Direction> two, const std::string& rows) {
  two.resize(2);
  if (!rows.empty() && two[1].loop == rows) {
    std::swap(two[0], two[1]);
  }
  return {two[0], two[1]};
}

/// A map of so many positions as square as can be: where they lie does not matter to a 1x1 conv.
std::array<Direction, 2> as_a_map(std::int64_t positions) {
  std::int64_t rows = 1;
  for (std::int64_t i = 2; i * i <= positions; ++i) {
    rows = positions % i == 0 ? i : rows;
  }
  return {Direction{.loop = "", .positions = rows},
          Direction{.loop = "", .positions = positions / rows}};
}

/// The two directions of the map; what is left of the positions becomes batch.
std::array<Direction, 2> map_of(Reading& reading, const Einsum& einsum, ShapeLayer& out) {
  std::vector<Direction> two = reading.windows();
  std::vector<Direction> plain = reading.positions();
  if (two.empty() && plain.size() != 2) {
    std::int64_t positions = 1;
    for (const Direction& each : plain) {
      if (each.stride != 1 && plain.size() > 1) {
        reading.fail(fmt::format("takes every {}th of '{}' along one of {} axes", each.stride,
                                 each.loop, plain.size()));
      }
      if (each.positions > kMost / positions) {
        reading.fail("is larger than can be counted");
      }
      positions *= each.positions;
    }
    if (plain.size() == 1 && plain[0].stride != 1) {
      return in_order(plain, einsum.rows);
    }
    const std::array<Direction, 2> map = as_a_map(positions);
    if (positions > 1) {
      out.assumed.push_back(
          fmt::format("a product of matrices is a 1x1 convolution over a map of as many positions "
                      "as the first has rows, as square as can be ({} x {} for {})",
                      map[0].positions, map[1].positions, positions));
    }
    return map;
  }
  while (two.size() < 2 && !plain.empty()) {
    two.push_back(plain.front());
    plain.erase(plain.begin());
  }
  for (const Direction& each : plain) {
    if (each.stride != 1) {
      reading.fail(
          fmt::format("takes every {}th of '{}', a third axis of the map", each.stride, each.loop));
    }
    reading.add_to_batch(each.positions);
  }
  return in_order(two, einsum.rows);
}

int narrow(const Reading& reading, std::int64_t value, const char* what) {
  constexpr std::int64_t kMostInt = 1 << 20;
  if (value < 1 || value > kMostInt) {
    reading.fail(fmt::format("has {} {}, outside 1..{}", value, what, kMostInt));
  }
  return static_cast<int>(value);
}

void set_windows(const Reading& reading, const std::array<Direction, 2>& map, ShapeLayer& out) {
  out.layer.kernel = {narrow(reading, map[0].kernel, "rows of a window"),
                      narrow(reading, map[1].kernel, "columns of a window")};
  out.layer.stride = {narrow(reading, map[0].stride, "as stride"),
                      narrow(reading, map[1].stride, "as stride")};
}

}  // namespace

ShapeLayer layer_of(const Einsum& einsum) {
  Reading reading{einsum};
  for (const auto& [loop, size] : einsum.sizes) {
    if (reading.role(loop) == Role::alone && size > 1) {
      reading.fail(fmt::format("has a loop '{}' that one operand alone has", loop));
    }
  }
  reading.read_axes(Role::reduction);
  ShapeLayer out;
  const std::array<Direction, 2> map = map_of(reading, einsum, out);
  out.batch = reading.batch();
  const int groups = narrow(reading, reading.product(Role::group), "groups");
  const std::int64_t channels = groups * reading.product(Role::reduction);
  out.layer.filters = groups * reading.product(Role::filter);
  const bool is_fc = groups == 1 && map[0].extent() == 1 && map[1].extent() == 1;
  if (is_fc) {
    out.layer.op = traces::Op::fc;
    out.input = {channels};
    return out;
  }
  out.layer.op = traces::Op::conv;
  out.layer.groups = groups;
  set_windows(reading, map, out);
  out.input = {channels, map[0].extent(), map[1].extent()};
  return out;
}

ShapeLayer pool_of(const Einsum& einsum) {
  Einsum windows = einsum;
  // Windows of a pool have no weights: their loops are the input's alone.
  windows.weight.clear();
  Reading reading{windows};
  reading.read_axes(Role::alone);
  if (reading.windows().size() != 2) {
    reading.fail("is a pool without a window along two axes");
  }
  const std::array<Direction, 2> map = in_order(reading.windows(), einsum.rows);
  ShapeLayer out;
  out.layer.op = traces::Op::maxpool;
  out.batch = reading.batch();
  std::int64_t channels = 1;
  for (const Direction& each : reading.positions()) {
    channels *= each.positions;
  }
  set_windows(reading, map, out);
  out.input = {channels, map[0].extent(), map[1].extent()};
  return out;
}

Axis parse_axis(const std::string& sum, const SourceSpot& spot) {
  std::string text;
  std::copy_if(sum.begin(), sum.end(), std::back_inserter(text),
               [](unsigned char c) { return std::isspace(c) == 0; });
  const auto fail = [&] {
    throw FileError{spot, fmt::format("'{}' is no sum of loops such as 2*ox+fx", sum)};
  };
  const auto is_name = [](const std::string& word) {
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) == 0 &&
           std::all_of(word.begin(), word.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  };
  Axis axis;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t plus = std::min(text.find('+', from), text.size());
    std::string word = text.substr(from, plus - from);
    from = plus + 1;
    LoopTerm term;
    if (const std::size_t star = word.find('*'); star != std::string::npos) {
      std::string left = word.substr(0, star);
      std::string right = word.substr(star + 1);
      if (is_name(left)) {
        std::swap(left, right);
      }
      constexpr std::size_t kLongest = 7;
      if (left.empty() || left.size() > kLongest ||
          left.find_first_not_of("0123456789") != std::string::npos || left[0] == '0') {
        fail();
      }
      term.factor = std::stoll(left);
      word = right;
    }
    if (!is_name(word)) {
      fail();
    }
    term.loop = word;
    axis.push_back(term);
  }
  return axis;
}

}  // namespace turnpike::models::shapes
