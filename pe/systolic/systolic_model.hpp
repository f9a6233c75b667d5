#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pe/array_model.hpp"
#include "pe/systolic/systolic_mapping.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::pe::systolic {

/// First word of the keys of this kind.
inline constexpr std::int32_t kKind = 1;

/// An output-stationary systolic array (docs/systolic.md): sums stay in the PEs, values and weights
/// move from PE to PE. Its clocks are those of SystolicCore.
class Systolic final : public ArrayModel {
 public:
  explicit Systolic(const SystolicMachine& machine) : machine_{machine} {}
  explicit Systolic(const config::AcceleratorConfig& config);

  [[nodiscard]] std::string_view kind() const override { return "systolic"; }
  [[nodiscard]] std::vector<dataflow::MappedJob> map(const dataflow::MappingProblem& problem,
                                                     const std::string& layer,
                                                     std::size_t keep) const override;
  [[nodiscard]] dataflow::MappedJob evaluate(const dataflow::MappingProblem& problem,
                                             const Mapping& mapping,
                                             const std::string& layer) const override;
  void for_each_pass(
      const LayerShape& layer, const Mapping& mapping,
      const std::function<void(const ArrayPass&, const PassFootprint&)>& visit) const override;
  [[nodiscard]] ExpectedJob expect(const LayerShape& layer, const Mapping& mapping) const override;
  [[nodiscard]] std::uint64_t least_cycles(const PassKey& key) const override;
  [[nodiscard]] PassResult time(const PassKey& key, const PassOperands* operands) const override;
  [[nodiscard]] std::unique_ptr<PeArray> make_array(const std::string& name,
                                                    std::uint64_t period_ps) const override;
  [[nodiscard]] std::unique_ptr<LayerData> data(
      const LayerShape& layer, const std::vector<std::int32_t>& ifmap,
      const std::vector<std::int32_t>& filter) const override;
  [[nodiscard]] std::unique_ptr<LayerData> data(const LayerShape& layer,
                                                const std::vector<double>& ifmap,
                                                const std::vector<double>& filter) const override;
  [[nodiscard]] std::string sums_order(const LayerShape& layer,
                                       const Mapping& mapping) const override;
  [[nodiscard]] std::span<const ArrayEvent> pass_events() const override;
  [[nodiscard]] std::span<const ArrayEvent> mac_events() const override;
  [[nodiscard]] std::vector<Unit> parts(const DatumWidths& widths) const override;
  [[nodiscard]] std::string describe(const PassKey& key) const override;
  [[nodiscard]] std::vector<ProbeSignal> signals(PePosition chosen) const override;
  [[nodiscard]] std::unique_ptr<PassProbe> probe(const PassKey& key,
                                                 PePosition chosen) const override;

 private:
  SystolicMachine machine_;
};

}  // namespace turnpike::pe::systolic
