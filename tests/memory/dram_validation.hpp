#pragma once

#include <string>
#include <vector>

#include "memory/dram_energy.hpp"
#include "sim/base/csv_table.hpp"
#include "tests/memory/dram_support.hpp"

namespace turnpike::memory::test {

/// A stream both reference simulators were fed.
struct ValidationCase {
  const char* name;
  const char* pattern;  ///< as the reference table calls it
  Pattern blocks;
  int outstanding;  ///< 0: as many as the queue takes
};

inline const std::vector<ValidationCase>& validation_cases() {
  static const std::vector<ValidationCase> cases{
      {"sequential", "seq", Pattern::sequential, 0},
      {"random", "rand", Pattern::random, 0},
      {"tile", "tile", Pattern::tile, 0},
      {"sequential, 8 outstanding", "seq", Pattern::sequential, 8},
      {"random, 8 outstanding", "rand", Pattern::random, 8},
      {"sequential, 1 outstanding", "seq", Pattern::sequential, 1},
      {"random, 1 outstanding", "rand", Pattern::random, 1},
  };
  return cases;
}

inline const std::vector<std::string>& validated_devices() {
  static const std::vector<std::string> devices{"ddr4-2400", "ddr3-1600", "ddr4-3200"};
  return devices;
}

/// What counted commands and states of a device cost.
struct EnergyBreakdown {
  double activate = 0.0, read = 0.0, write = 0.0, refresh = 0.0, background = 0.0;  ///< pJ
  [[nodiscard]] double total() const { return activate + read + write + refresh + background; }
};
inline EnergyBreakdown energy_of(const DramDevice& device, const DramCounts& counts) {
  const DramPrices each = dram_prices(device);
  const auto both = [](const std::array<std::uint64_t, 2>& streams) {
    return static_cast<double>(streams[0] + streams[1]);
  };
  const double milliwatt_clocks =
      static_cast<double>(counts.clocks_precharged) * each.background_precharged_mw +
      static_cast<double>(counts.clocks_active) * each.background_active_mw +
      static_cast<double>(counts.clocks_powerdown) * each.background_powerdown_mw;
  return {both(counts.activates) * each.act_pre_pj, both(counts.reads) * each.read_pj_per_burst,
          both(counts.writes) * each.write_pj_per_burst,
          static_cast<double>(counts.refreshes) * each.refresh_pj,
          milliwatt_clocks * each.clock_ns};
}

/// ddr3-1600 with pages of 1 KB, as Ramulator's preset has them: its RRD and FAW are shorter.
inline DramDevice ddr3_with_small_pages() {
  DramDevice device = test::device("ddr3-1600");
  device.organisation.columns = 1024;
  device.organisation.page_bytes = 1024;
  device.timing.RRD_S = 5;
  device.timing.RRD_L = 5;
  device.timing.FAW = 24;
  return device;
}

/// What a reference simulator reports.
struct Reference {
  double gbytes_per_s = 0.0;
  double p50_ns = 0.0;
  double tck_ns = 0.0;
  std::size_t row = 0;
};

class ReferenceTable {
 public:
  ReferenceTable()
      : table_{CsvTable::from_file(std::string{TURNPIKE_SOURCE_DIR} +
                                   "/tests/memory/data/dram_reference.csv")} {}

  [[nodiscard]] const CsvTable& table() const { return table_; }
  [[nodiscard]] Reference of(const std::string& sim, const std::string& device,
                             const ValidationCase& c) const {
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (table_.text(row, "sim") == sim && table_.text(row, "device") == device &&
          table_.text(row, "pattern") == c.pattern &&
          table_.number(row, "max_outstanding") == c.outstanding) {
        return {.gbytes_per_s = table_.number(row, "bandwidth_gbytes_s"),
                .p50_ns = table_.number(row, "p50_ns"),
                .tck_ns = table_.number(row, "tck_ns"),
                .row = row};
      }
    }
    throw InternalError{"no such row in dram_reference.csv"};
  }

 private:
  CsvTable table_;
};

/// The rows of a device in the table of docs/memory.md, in Markdown.
[[nodiscard]] std::vector<std::string> validation_rows(const std::string& device);

}  // namespace turnpike::memory::test
