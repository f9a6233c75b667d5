#pragma once

#include <array>
#include <string>
#include <vector>

#include "sim/accelerator/run_result.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/cost/cost_model.hpp"
#include "sim/cost/energy_table.hpp"

/// A run with its prices: what the result files and tables are written from.
namespace turnpike::pricing {

struct PricedRun {
  config::AcceleratorConfig config;
  accelerator::RunResult result;
  cost::EnergyTable energy;
  std::vector<cost::AreaItem> area;
  std::string policy;                               ///< the policy line, `untrusted` at its end
  std::string untrusted;                            ///< untrusted_figures()
  std::map<std::string, std::string> price_tables;  ///< kept_price_tables()

  [[nodiscard]] double latency_ms() const;
  [[nodiscard]] double energy_uj() const;
  [[nodiscard]] double area_mm2() const;
  [[nodiscard]] double average_power_mw() const;
  [[nodiscard]] double tops_per_watt() const;  ///< 2 operations a MAC
  [[nodiscard]] double utilization() const;    ///< macs / (processing cycles x PEs)
  [[nodiscard]] std::uint64_t glb_bytes() const;
  [[nodiscard]] std::uint64_t dram_bytes() const;
  [[nodiscard]] SquareMicrometres area_of(Component component) const;
};

/// What the machine of a configuration is built of, for its price and area. `result` decides what
/// depends on the network: mid-rise weights, element-wise units, native 16-bit layers; may be null.
[[nodiscard]] Inventory inventory_of(const config::AcceleratorConfig& config,
                                     const accelerator::RunResult* result,
                                     const std::string& config_root);

[[nodiscard]] cost::CostModel make_cost_model(const config::AcceleratorConfig& config,
                                              const accelerator::RunResult* result,
                                              const std::string& config_root);

/// InputError for what prices or areas of the machine would refuse, a buffer larger than the tables
/// for one: to be asked before anything is simulated.
void check_prices(const config::AcceleratorConfig& config, const std::string& config_root);

/// The check "energy": count x price, summed here without the table, agrees with the table by
/// layer, by component and in total, but for the rounding of its rows.
[[nodiscard]] bool energy_adds_up(const cost::EnergyTable& table,
                                  const accelerator::RunResult& result,
                                  const cost::CostModel& model);

/// Prices the counts of a run with the configuration's technology, profile and policies.
[[nodiscard]] PricedRun price_run(const config::AcceleratorConfig& config,
                                  accelerator::RunResult result, const std::string& config_root);

/// "profile silicon: psum 16 bit; first/last layer same; ...".
/// `wider_skips` of a trace without highway (Plan::wider_skips): it is then no baseline.
[[nodiscard]] std::string policy_line_of(const config::AcceleratorConfig& config,
                                         const std::vector<std::string>& wider_skips = {});

/// What of a run's figures is not to be trusted, as the end of its policy line: "; beware: memory
/// is a placeholder, ..."; empty if nothing. A placeholder memory; a clock above what the
/// technology's logic was synthesised for; an area larger than a chip can be; array layers in
/// floating point; an energy table without the bits of its accesses. `result` may be null: then
/// what it says is not told.
[[nodiscard]] std::string untrusted_figures(const config::AcceleratorConfig& config,
                                            const std::vector<cost::AreaItem>& area,
                                            const accelerator::RunResult* result,
                                            const std::string& config_root);

/// The Accelergy tables a configuration is priced with, by the place in a run directory where they
/// are kept ("energy_table/NAME.yaml", "area_table/NAME.yaml"). FileError if one cannot be read.
[[nodiscard]] std::map<std::string, std::string> kept_price_tables(
    const config::AcceleratorConfig& config);
/// Points a configuration to the tables that a run directory keeps, where it keeps any.
void use_kept_price_tables(const std::string& directory, config::AcceleratorConfig& config);

/// The cost policy of a configuration's `cost:` mapping; InputError if it has none.
[[nodiscard]] cost::CostPolicy cost_policy(const config::AcceleratorConfig& config);

}  // namespace turnpike::pricing
