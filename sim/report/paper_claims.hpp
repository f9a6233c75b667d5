#pragma once

#include <array>
#include <string_view>

/// What the precision-highway paper says of ResNet-18 (Park et al., arXiv 1812.09818, section 5.5).
namespace turnpike::report {

struct PaperClaim {
  enum class Figure { area, energy };
  Figure figure = Figure::energy;
  int from_bits = 0;        ///< weights and activations, without highway
  int to_bits = 0;          ///< what it is set against
  bool to_highway = false;  ///< with the 8-bit highway
  double percent = 0.0;     ///< change
};

inline constexpr PaperClaim kAreaClaim{PaperClaim::Figure::area, 16, 3, false, -82.3};
inline constexpr PaperClaim kEnergyClaim{PaperClaim::Figure::energy, 16, 3, false, -73.1};
inline constexpr PaperClaim kHighwayClaim{PaperClaim::Figure::energy, 2, 2, true, 3.9};
inline constexpr std::array<PaperClaim, 3> kPaperClaims = {kAreaClaim, kEnergyClaim, kHighwayClaim};

/// Width of the paper's highway.
inline constexpr int kPaperHighwayBits = 8;

/// True if the network is the one the claims are about.
[[nodiscard]] inline bool is_papers_network(std::string_view name) {
  return name.find("resnet18") != std::string_view::npos;
}

}  // namespace turnpike::report
