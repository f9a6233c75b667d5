#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/import/einsum.hpp"
#include "models/import/import_model.hpp"

/// Files that state shapes and no numbers, put together as a network of synthetic data.
namespace turnpike::models::shapes {

/// A layer, and what the file says of where it stands.
struct PlacedLayer {
  ShapeLayer shape;
  std::string name;
  SourceSpot spot;
  std::vector<std::string> from;       ///< layers it reads; empty: not said
  std::optional<traces::Padding> pad;  ///< if the file says
  std::optional<double> ifmap_zeros;   ///< if the file says
};

class ShapeNetwork {
 public:
  ShapeNetwork(std::string path, const ImportOptions& options);

  /// A layer that reads others gets what its windows cover beyond their output as padding, half of
  /// it before; one whose source is not said reads a synthetic map of its own. FileError at its
  /// spot for a name given twice and for shapes that do not fit.
  void add(PlacedLayer placed);
  /// An element-wise add of two layers before.
  void add_sum(const std::string& name, const std::vector<std::string>& of, const SourceSpot& spot);

  [[nodiscard]] bool has(const std::string& name) const { return names_.contains(name); }
  void note(std::string sentence);

  [[nodiscard]] ImportedNetwork finish() &&;

 private:
  void append(Layer layer, const std::string& wanted, const SourceSpot& spot,
              const std::optional<TensorShape>& forced);
  void set_padding(PlacedLayer& placed);
  [[nodiscard]] std::string own_name(const std::string& wanted, const SourceSpot& spot);

  std::string path_;
  ImportOptions options_;
  std::optional<Network> network_;
  std::map<std::string, std::string> names_;  ///< as in the file, in the network
  std::set<std::string> used_;
  std::vector<std::string> notes_;
  std::vector<std::string> padded_;  ///< layers whose padding was worked out
  bool detached_ = false;
};

}  // namespace turnpike::models::shapes
