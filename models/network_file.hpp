#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/network.hpp"

/// Networks written by hand: schema turnpike-network/1.
///
/// Every layer has name, op, from and input; the keys of its operation are said in models/ops,
/// where they are read; layers on the array may ask for bits, mapping, width_tile and zeros.
/// network_keys() lists them all.
/// Weights and inputs are seeded (zoo.hpp); `seed` at the top, default 1.
namespace turnpike::models {

/// Reads a network file strictly; InputError with file:line:column, FileError if it is not there.
[[nodiscard]] Network read_network(const std::string& path);
[[nodiscard]] Network parse_network(const std::string& text, const std::string& name);

/// One key of a network file, for `config schema`.
struct NetworkKey {
  std::string key;      ///< dotted; "layers[].name" for those of a layer
  std::string type;     ///< integer, number, choice, text, true|false, mapping, list
  std::string allowed;  ///< range or choices
  std::string absent;   ///< value when absent; "required" if it must be there
  std::string meaning;
};
[[nodiscard]] const std::vector<NetworkKey>& network_keys();

struct NetworkSource {
  std::optional<std::uint64_t> seed;  ///< instead of the file's or 1
  std::optional<std::int64_t> batch;  ///< instead of the file's or 1
};

/// True for the names that open_network takes: zoo:NAME, or a path that ends in .yaml or .yml.
[[nodiscard]] bool is_network(const std::string& name);

/// "zoo:NAME" or the path of a .yaml file. InputError for anything else.
[[nodiscard]] Network open_network(const std::string& name, const NetworkSource& source = {});

}  // namespace turnpike::models
