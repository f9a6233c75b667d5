#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "models/engine.hpp"
#include "traces/trace.hpp"

namespace turnpike::models {

/// Differences between a trace's reference outputs and the engine's, layer by layer.
struct Replay {
  std::int64_t codes = 0;
  std::int64_t differing_codes = 0;
  std::string first_difference;
  double float_error = 0.0;  ///< largest |difference| of a float tensor over its largest magnitude
  std::string worst_float;
};

inline void compare(const traces::TensorEntry& wanted, const Tensor& got, Replay& replay) {
  if (!wanted.is_float()) {
    replay.codes += wanted.data.size();
    for (std::int64_t i = 0; i < wanted.data.size(); ++i) {
      if (wanted.data.at(i) != got.at(i) && replay.differing_codes++ == 0) {
        replay.first_difference = wanted.name + " at " + std::to_string(i);
      }
    }
    return;
  }
  double range = 1e-30;
  double worst = 0.0;
  for (std::int64_t i = 0; i < wanted.data.size(); ++i) {
    range = std::max(range, std::fabs(wanted.data.at(i)));
    worst = std::max(worst, std::fabs(wanted.data.at(i) - got.at(i)));
  }
  if (worst / range > replay.float_error) {
    replay.float_error = worst / range;
    replay.worst_float = wanted.name;
  }
}

/// Every layer on the inputs the trace holds.
inline Replay replay_layers(const traces::Trace& trace) {
  Replay replay;
  for (std::size_t i = 0; i < trace.layers.size(); ++i) {
    for (const auto& [name, data] : compute_layer(trace, i)) {
      compare(trace.tensor(name), data, replay);
    }
  }
  return replay;
}

}  // namespace turnpike::models
