#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/network.hpp"

/// Networks written by hand: schema turnpike-network/1.
///
/// A layer: name, op (conv, fc, lstm, gru, add, mul, maxpool, avgpool, concat), and
///   from        name or list of names; default the layer before
///   input       [C, H, W] or [features] before padding; lstm, gru: features. Needed where nothing
///               comes before; elsewhere it must be what arrives, unless zeros.ifmap is given
///   filters     conv, fc: outputs; hidden, steps, gate_order: lstm, gru
///   kernel, stride   conv, pools: a number or [rows, columns]; a pool without kernel is global and
///               its stride is its kernel unless given
///   pad         conv, pools: a number or [top, left, bottom, right]; groups: conv
///   relu        conv, fc, add: default true
///   skip        add: {stride, channel_pad} of its second input
///   zeros       conv, fc: {ifmap, ofmap}. ifmap: the layer reads a synthetic seeded tensor of its
///   own
///               with this fraction of zero codes; ofmap: its bias is chosen for this fraction of
///               zero outputs after the ReLU
///   bits        {weight, activation}; mapping {m, n, e, p, q, r, t}; width_tile
/// Weights and inputs are seeded (zoo.hpp); `seed` at the top, default 1.
namespace turnpike::models {

/// Reads a network file strictly; InputError with file:line:column, FileError if it is not there.
[[nodiscard]] Network read_network(const std::string& path);
[[nodiscard]] Network parse_network(const std::string& text, const std::string& name);

struct NetworkSource {
  std::optional<std::uint64_t> seed;  ///< instead of the file's or 1
  std::optional<std::int64_t> batch;  ///< instead of the file's or 1
};

/// "zoo:NAME" or the path of a .yaml file. InputError for anything else.
[[nodiscard]] Network open_network(const std::string& name, const NetworkSource& source = {});

}  // namespace turnpike::models
