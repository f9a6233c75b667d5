#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataflow/row_stationary/mapper.hpp"
#include "pe/array_model.hpp"
#include "pe/row_stationary/pass_counters.hpp"
#include "pe/row_stationary/pass_shape.hpp"
#include "sim/config/accelerator_config.hpp"

namespace turnpike::pe::row_stationary {

/// Row stationary (Chen, Emer, Sze, ISCA 2016): the Eyeriss array. Its mappings, passes and closed
/// forms are those of dataflow/row_stationary/, its clocks those of ArrayCore (docs/array.md).
class RowStationary : public ArrayModel {
 public:
  explicit RowStationary(const config::AcceleratorConfig& config);

  [[nodiscard]] std::string_view kind() const override { return "row_stationary"; }
  [[nodiscard]] std::vector<dataflow::MappedJob> map(const dataflow::MappingProblem& problem,
                                                     const std::string& layer,
                                                     std::size_t keep) const override;
  [[nodiscard]] dataflow::MappedJob evaluate(const dataflow::MappingProblem& problem,
                                             const turnpike::Mapping& mapping,
                                             const std::string& layer) const override;
  void for_each_pass(
      const LayerShape& layer, const turnpike::Mapping& mapping,
      const std::function<void(const ArrayPass&, const PassFootprint&)>& visit) const override;
  [[nodiscard]] ExpectedJob expect(const LayerShape& layer,
                                   const turnpike::Mapping& mapping) const override;
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
                                       const turnpike::Mapping& mapping) const override;
  [[nodiscard]] std::span<const ArrayEvent> pass_events() const override;
  [[nodiscard]] std::span<const ArrayEvent> mac_events() const override;
  [[nodiscard]] std::vector<Unit> parts(const DatumWidths& widths) const override;
  [[nodiscard]] std::string describe(const PassKey& key) const override;
  [[nodiscard]] std::vector<ProbeSignal> signals(PePosition chosen) const override;
  [[nodiscard]] std::unique_ptr<PassProbe> probe(const PassKey& key,
                                                 PePosition chosen) const override;

 private:
  [[nodiscard]] dataflow::row_stationary::MapperProblem problem_of(
      const dataflow::MappingProblem& problem) const;

  PassShape machine_;  ///< the fields of the machine; those of a pass are not looked at
  ArrayGeometry geometry_;
  config::ArrayConfig array_;
  config::SpadConfig spads_;
  config::NocConfig noc_;
};

}  // namespace turnpike::pe::row_stationary
