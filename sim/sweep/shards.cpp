#include "sim/sweep/shards.hpp"

#include <charconv>

#include <fmt/format.h>

#include "sim/base/error.hpp"

namespace turnpike::sweep {

Shard parse_shard(const std::string& text) {
  Shard shard{0, 0};
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.index);
  const bool slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
  const auto second =
      slash ? std::from_chars(first.ptr + 1, end, shard.count) : std::from_chars_result{end, {}};
  if (!slash || second.ec != std::errc{} || second.ptr != end || shard.index < 1 ||
      shard.index > shard.count) {
    throw InputError{{"--shard " + text, 0, 0}, "must be i/n with i from 1 to n, such as 2/4"};
  }
  return shard;
}

void keep_shard(SweepFile& sweep, const Shard& shard) {
  std::vector<PointSettings> kept;
  for (std::size_t i = shard.index - 1; i < sweep.points.size(); i += shard.count) {
    kept.push_back(std::move(sweep.points[i]));
  }
  if (kept.empty()) {
    throw InputError{{fmt::format("--shard {}/{}", shard.index, shard.count), 0, 0},
                     fmt::format("has no points: there are {} in all", sweep.points.size())};
  }
  sweep.points = std::move(kept);
}

}  // namespace turnpike::sweep
