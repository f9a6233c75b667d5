#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "models/engine.hpp"
#include "models/measured_zeros.hpp"

/// Gives the codes that array layers read stated shares of zeros, in a synthetic run: the graph
/// stays what it is, and with it every tensor's place and traffic.
namespace turnpike::models {

/// Each share is set by one bias (the same for all channels) before the ReLU of the layer that
/// makes the values, chosen by bisection; between it and the codes may stand quantize layers and
/// pools, through which zeros grow with a falling bias. The network's input gets seeded codes.
class ZeroSetting {
 public:
  /// `shares` must outlive this.
  ZeroSetting(const traces::Program& program, const ZeroShares& shares);

  /// Codes of the network's input with the wanted share of zeros, in place of its own.
  void set_inputs(const traces::Program& program, std::uint64_t seed,
                  traces::Activations& inputs) const;
  /// Before layer `index` runs: if it makes values whose zeros are to be set, it gets its bias.
  void before_layer(std::size_t index, traces::Program& program, traces::Parameters& parameters,
                    const Execution& execution) const;
  /// After all layers ran: what could not be set to within a hundredth, a sentence a layer.
  [[nodiscard]] std::vector<std::string> unmet(const traces::Program& program,
                                               const traces::Activations& activations) const;

 private:
  /// The layers from the one with a ReLU to the one that writes the codes, in order.
  struct Way {
    std::vector<std::size_t> layers;
    std::string codes;
    double share = 0.0;
  };
  const ZeroShares& shares_;
  std::map<std::size_t, Way> ways_;  ///< by the first layer
};

}  // namespace turnpike::models
