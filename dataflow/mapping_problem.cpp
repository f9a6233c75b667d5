#include "dataflow/mapping_problem.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "dataflow/extent.hpp"
#include "sim/base/error.hpp"

namespace turnpike::dataflow {
namespace {

/// Bounds that keep every product of this library inside 63 bits: there are at most as many passes
/// and buffer accesses as MACs, each pass loads at most 2^14 values more than it needs,
/// and DRAM reads at most each ifmap row once for each filter and filter row.
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 24;
constexpr std::int64_t kMaxValues = std::int64_t{1} << 48;
constexpr std::int64_t kMaxMacs = std::int64_t{1} << 48;
constexpr std::int64_t kMaxFetches = std::int64_t{1} << 60;

/// True if the product of `factors` exceeds `limit`; every factor is at least 1.
bool product_exceeds(std::initializer_list<std::int64_t> factors, std::int64_t limit) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (product > limit / factor) {
      return true;
    }
    product *= factor;
  }
  return false;
}

}  // namespace

std::optional<std::string> below_one(std::initializer_list<Named> extents) {
  for (const Named& extent : extents) {
    if (extent.value < 1) {
      return fmt::format("{} = {} is less than 1", extent.name, extent.value);
    }
  }
  return std::nullopt;
}

BufferNeed buffer_need(std::int64_t ifmap_values, std::int64_t psum_values,
                       const BufferBudget& budget) {
  const auto whole = [](std::int64_t values, const ValueGroup& group) {
    return ceil_div(values, group.values) * group.bits;
  };
  BufferNeed need;
  if (!budget.ifmap_resident) {
    need.ifmap_bits = whole(ifmap_values, budget.ifmap);
  }
  need.psum_bits = whole(psum_values, budget.psum);
  if (budget.bank_bits > 0) {
    need.ifmap_bits = ceil_div(need.ifmap_bits, budget.bank_bits) * budget.bank_bits;
    need.psum_bits = ceil_div(need.psum_bits, budget.bank_bits) * budget.bank_bits;
  }
  return need;
}

void require_letters(const Mapping& mapping, std::string_view kind,
                     const std::vector<std::string>& required,
                     const std::vector<std::string>& optional, const std::string& layer) {
  const SourceSpot spot{.file = fmt::format("layer '{}'", layer)};
  if (mapping.kind != kind) {
    throw InputError{spot, fmt::format("its mapping is for a {} array, the machine's is {} "
                                       "(array.kind)",
                                       mapping.kind, kind)};
  }
  for (const std::string& letter : required) {
    if (!mapping.has(letter)) {
      throw InputError{spot, fmt::format("its {} mapping has no '{}'", kind, letter)};
    }
  }
  const auto lists = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const Mapping::Letter& letter : mapping.letters) {
    if (!lists(required, letter.name) && !lists(optional, letter.name)) {
      throw InputError{spot, fmt::format("a {} mapping has no letter '{}': it has {}", kind,
                                         letter.name, fmt::join(required, ", "))};
    }
  }
}

std::optional<std::string> malformed(const LayerShape& layer) {
  const std::initializer_list<Named> extents{
      {"N", layer.N}, {"G", layer.G}, {"M", layer.M}, {"C", layer.C}, {"H", layer.H},
      {"W", layer.W}, {"R", layer.R}, {"S", layer.S}, {"U", layer.U}, {"V", layer.V}};
  if (auto reason = below_one(extents)) {
    return reason;
  }
  for (const Named& extent : extents) {
    if (extent.value > kMaxExtent) {
      return fmt::format("{} = {} exceeds {}", extent.name, extent.value, kMaxExtent);
    }
  }
  if (layer.R > layer.H) {
    return fmt::format("R = {} filter rows exceed H = {} ifmap rows", layer.R, layer.H);
  }
  if (layer.S > layer.W) {
    return fmt::format("S = {} filter columns exceed W = {} ifmap columns", layer.S, layer.W);
  }
  if (product_exceeds({layer.N, layer.G, layer.C, layer.H, layer.W}, kMaxValues)) {
    return fmt::format("the ifmap exceeds {} values", kMaxValues);
  }
  if (product_exceeds({layer.N, layer.G, layer.M, layer.C, layer.R, layer.S, layer.E(), layer.F()},
                      kMaxMacs)) {
    return fmt::format("the layer exceeds {} MACs", kMaxMacs);
  }
  if (product_exceeds({layer.N, layer.G, layer.C, layer.H, layer.W, layer.M, layer.R},
                      kMaxFetches)) {
    return fmt::format("ifmap values x filters x filter rows exceed {}", kMaxFetches);
  }
  return std::nullopt;
}

}  // namespace turnpike::dataflow
