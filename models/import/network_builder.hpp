#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/import/import_model.hpp"

/// What both importers need to put a network together.
namespace turnpike::models {

/// What is wrong with the size of a network's input; "" if memory may hold it.
[[nodiscard]] std::string too_large_input(const TensorShape& shape, std::int64_t batch);

/// Printable, not longer than a line, and no prefix of another: tensors are named after layers.
/// Joins `names`.
[[nodiscard]] std::string unique_layer_name(const std::string& wanted,
                                            std::set<std::string>& names);

class NetworkBuilder {
 public:
  NetworkBuilder(std::string path, std::string name)
      : path_{std::move(path)}, name_{std::move(name)} {}

  /// The network's input, once its extents are known; a second call must agree (FileError).
  void set_input(const TensorShape& shape, std::int64_t batch, const std::string& node);
  [[nodiscard]] bool has_network() const { return network_.has_value(); }
  [[nodiscard]] Network& network() { return *network_; }

  /// Adds a layer of a name made of `wanted`; returns it. FileError naming `node` for what Network
  /// refuses.
  std::string add(Layer layer, const std::string& wanted, const std::string& node);

  void note(std::string sentence);
  [[noreturn]] void fail(const std::string& node, std::string_view what) const;

  /// Shapes of layers whose values could be negative, and so on: the finished network with
  /// synthetic input.
  [[nodiscard]] ImportedNetwork finish(std::uint64_t seed) &&;

 private:
  std::string path_;
  std::string name_;
  std::optional<Network> network_;
  std::set<std::string> names_;
  std::vector<std::string> notes_;
};

/// Per-channel factor and offset behind a layer: folded into its scale and bias.
void append_affine(Layer& layer, std::int64_t channels, const std::vector<double>& factor,
                   const std::vector<double>& offset);

/// Fewest bits of integer codes in [low, high], and the range itself if it is narrower.
void set_code_range(StatedGrid& grid, std::int64_t low, std::int64_t high);

}  // namespace turnpike::models
