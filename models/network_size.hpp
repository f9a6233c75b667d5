#pragma once

#include <cstdint>
#include <string>

#include "models/network.hpp"
#include "sim/base/error.hpp"

/// How much a network holds, looked at before anything is allocated.
namespace turnpike::models {

/// Most values of one tensor.
inline constexpr std::int64_t kMostValues = (std::int64_t{1} << 31) - 1;

/// "its output of [...] has ... values, more than ...", or "" for a layer all of whose tensors are
/// within kMostValues.
[[nodiscard]] std::string too_large(const Layer& layer, std::int64_t batch);

/// InputError, naming the largest layer, if float weights and codes of the whole network and the
/// values of its largest layer exceed this machine's memory.
void check_memory(const Network& network);

/// The error for a layer that was too much for this machine after all.
[[nodiscard]] InputError out_of_memory(const Network& network, const std::string& layer);

}  // namespace turnpike::models
