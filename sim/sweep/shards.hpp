#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/sweep/sweep_runner.hpp"

/// A sweep over several machines that know nothing of each other: each runs every n-th point into a
/// directory of its own, and a merge puts them together.
namespace turnpike::sweep {

struct Shard {
  std::size_t index = 1;  ///< 1..count
  std::size_t count = 1;
};

/// "2/4". InputError for anything else.
[[nodiscard]] Shard parse_shard(const std::string& text);

/// Leaves the points of a shard: the i-th, the (i + n)-th, and so on, in their order. Together the
/// n shards are the sweep. InputError if none is left.
void keep_shard(SweepFile& sweep, const Shard& shard);

/// Copies what is finished in `shards`, directories of this sweep's shards, into the sweep's own
/// directory, and failures with their messages, and writes sweep.csv and sweep.json as if one
/// machine had run all. Nothing is run, nothing in the shards is changed; what is finished already
/// is left alone, so that it can be repeated. A point of another program, or made from other files,
/// counts as missing. FileError if a shard is not there, InputError as run_sweep.
[[nodiscard]] SweepOutcome merge_shards(const SweepFile& sweep, const SweepOptions& options,
                                        const std::vector<std::string>& shards);

}  // namespace turnpike::sweep
