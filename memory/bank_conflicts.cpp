#include "memory/bank_conflicts.hpp"

#include <algorithm>

#include "sim/base/error.hpp"

namespace turnpike::memory {

std::vector<std::int64_t> accesses_by_bank(const std::vector<GlbStream>& streams) {
  std::vector<std::int64_t> accesses;
  for (const GlbStream& stream : streams) {
    ensure(stream.accesses == 0 || !stream.banks.empty(), "a stream's accesses go to some bank");
    const auto banks = static_cast<std::int64_t>(stream.banks.size());
    for (std::int64_t i = 0; i < banks; ++i) {
      const auto bank = static_cast<std::size_t>(stream.banks[static_cast<std::size_t>(i)]);
      if (bank >= accesses.size()) {
        accesses.resize(bank + 1, 0);
      }
      accesses[bank] += (stream.accesses + banks - 1) / banks;
    }
  }
  return accesses;
}

std::int64_t busiest_bank_accesses(const std::vector<GlbStream>& streams) {
  const std::vector<std::int64_t> accesses = accesses_by_bank(streams);
  return accesses.empty() ? 0 : *std::max_element(accesses.begin(), accesses.end());
}

}  // namespace turnpike::memory
