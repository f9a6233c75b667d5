#pragma once

#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

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

/// "energy, 16 -> 3 bit"; the highway is as wide as the run's that is set against it.
[[nodiscard]] inline std::string claim_text(const PaperClaim& claim, int highway_bits,
                                            std::string_view arrow = "->") {
  return claim.to_highway
             ? fmt::format("energy added by the {}-bit highway at {} bit", highway_bits,
                           claim.to_bits)
             : fmt::format("{}, {} {} {} bit",
                           claim.figure == PaperClaim::Figure::area ? "chip area" : "energy",
                           claim.from_bits, arrow, claim.to_bits);
}

/// True if the network is the one the claims are about.
[[nodiscard]] inline bool is_papers_network(std::string_view name) {
  return name.find("resnet18") != std::string_view::npos;
}

}  // namespace turnpike::report
