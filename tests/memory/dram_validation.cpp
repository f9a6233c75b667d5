#include "tests/memory/dram_validation.hpp"

#include <fmt/format.h>

namespace turnpike::memory::test {
namespace {

std::string row_of(const std::string& label, const DramDevice& device, const ValidationCase& c,
                   const ReferenceTable& references) {
  const Measured ours = measure(device, c.blocks, c.outstanding);
  const Reference d3 = references.of("dramsim3", device.name, c);
  const Reference r2 = references.of("ramulator2", device.name, c);
  if (c.outstanding == 1) {
    return fmt::format("| {} | {}, median latency, clocks | {:.0f} | {:.0f} | {} |", label, c.name,
                       d3.p50_ns / d3.tck_ns, r2.p50_ns / r2.tck_ns, ours.median_latency);
  }
  return fmt::format("| {} | {}, GB/s | {:.2f} | {:.2f} | {:.2f} |", label, c.name, d3.gbytes_per_s,
                     r2.gbytes_per_s, ours.gbytes_per_s);
}

}  // namespace

std::vector<std::string> validation_rows(const std::string& device) {
  const ReferenceTable references;
  std::vector<std::string> rows;
  for (const ValidationCase& c : validation_cases()) {
    rows.push_back(row_of(device, test::device(device), c, references));
    if (device == "ddr3-1600" && c.blocks == Pattern::random && c.outstanding != 1) {
      rows.push_back(row_of("ddr3-1600, 1 KB page", ddr3_with_small_pages(), c, references));
    }
  }
  return rows;
}

}  // namespace turnpike::memory::test
