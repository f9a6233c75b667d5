#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "dataflow/extent.hpp"
#include "dataflow/row_stationary/mapper.hpp"
#include "dataflow/search_costs.hpp"

/// The mappings the mapper chooses from, with lower bounds of their cost that need no evaluation.
namespace turnpike::dataflow::row_stationary {

/// What no mapping of a set can undercut.
struct CostBound {
  double cost = 0.0;    ///< of the objective
  double energy = 0.0;  ///< pJ
  std::int64_t cycles = 0;
};

/// The part of a mapping that decides which PEs work.
struct Footprint {
  std::int64_t n = 1, e = 1, r = 1, t = 1;
  CostBound bound{};  ///< of all its mappings
};

/// All mappings worth a look:
/// * e and n: the smallest for each number of strips and image groups; e may exceed the columns.
/// * p, q, r, t: all that the spads and the array hold and that leave no set without work.
/// * m: the most filters whose psums fit, in whole blocks of p*t, then evened out over as many
///   groups. Fewer would only fetch the ifmap more often. One block if the ifmap is in the buffer
///   and psums may lie in any bank: more would move nothing less, take more room and leave more to
///   the post-processing unit when the array is done.
/// * width tiles: none if whole rows fit with one block, else as wide as fits.
class MappingSpace {
 public:
  /// `problem` must outlive this and have a legal mapping.
  explicit MappingSpace(const MapperProblem& problem);

  /// By rising cost bound.
  [[nodiscard]] std::vector<Footprint> footprints() const;

  /// Calls visit(mapping, bound) for each legal mapping with this footprint, large p and q first.
  template <class Visit>
  void for_each_mapping(const Footprint& footprint, const Visit& visit) const {
    for (std::int64_t q = largest_q(); q >= 1; --q) {
      if ((footprint.r - 1) * q >= problem_.layer.C) {
        continue;
      }
      for (std::int64_t p = largest_p(q); p >= 1; --p) {
        if (const std::optional<Mapping> mapping = complete(footprint, p, q)) {
          visit(*mapping, bound(*mapping));
        }
      }
    }
  }

 private:
  [[nodiscard]] std::int64_t largest_q() const;
  [[nodiscard]] std::int64_t largest_p(std::int64_t q) const;
  /// Chooses m and the width tile; nullopt if the buffer or a set without work forbids.
  [[nodiscard]] std::optional<Mapping> complete(const Footprint& footprint, std::int64_t p,
                                                std::int64_t q) const;
  /// Filters whose psums fit beside the ifmap tile; 0 if not even that fits.
  [[nodiscard]] std::int64_t filters_that_fit(const Mapping& mapping, std::int64_t columns) const;
  [[nodiscard]] CostBound bound(const Footprint& footprint) const;
  [[nodiscard]] CostBound bound(const Mapping& mapping) const;
  /// Clocks all filter loads take at least.
  [[nodiscard]] std::int64_t fill_bound(const Mapping& mapping) const;
  /// Turns of the psum buses.
  [[nodiscard]] std::int64_t psum_turns(const Mapping& mapping) const;
  /// Clocks all MACs take, in the PE with most work of each pass.
  [[nodiscard]] std::int64_t mac_clocks(const Mapping& mapping) const;
  [[nodiscard]] CostBound cost(const MovedValues& moved, std::int64_t array_cycles) const;

  const MapperProblem& problem_;
  KernelPart part_;
  Cut kernel_rows_, kernel_columns_;
  std::int64_t kernel_parts_;
  std::int64_t planes_;   ///< N*G*C
  std::int64_t weights_;  ///< G*M*C*R*S
  std::int64_t macs_, ofmap_;
  std::vector<std::int64_t> row_widths_;  ///< widths of F columns cut into 1, 2, ... tiles, falling
};

}  // namespace turnpike::dataflow::row_stationary
