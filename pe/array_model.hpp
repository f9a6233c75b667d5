#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataflow/mapping_problem.hpp"
#include "pe/array_pass.hpp"
#include "pe/layer_data.hpp"
#include "pe/pass_probe.hpp"
#include "sim/base/inventory.hpp"
#include "sim/base/layer_shape.hpp"
#include "sim/base/mapping.hpp"
#include "sim/base/vocabulary.hpp"

namespace turnpike::pe {

class PeArray;

/// What a count of the array is booked on: an action of the vocabulary, at the width of its datum.
struct ArrayEvent {
  consteval ArrayEvent(Component component, Action what, Item item = {})
      : action{component, what, item},
        datum{kActionRows.at(action_index(component, what, item).value()).datum} {}
  KnownAction action;
  Datum datum;
};

/// What is known of a number without simulating.
struct Expected {
  std::uint64_t least = 0, most = 0;
  [[nodiscard]] static Expected exactly(std::uint64_t value) { return {value, value}; }
  [[nodiscard]] bool holds(std::uint64_t value) const { return least <= value && value <= most; }
  Expected& operator+=(const Expected& other) {
    least += other.least;
    most += other.most;
    return *this;
  }
};

/// What a job must come to, by formulas of its mapping alone: a check of what a run counted.
struct ExpectedJob {
  Expected mac_slots, passes;
  Expected filter_words, ifmap_words, psum_in_words, psum_out_words;
  Expected psum_reads;  ///< of those that go in, values a pass before wrote into the buffer
  Expected dram_filter_values, dram_ifmap_values;  ///< the latter if the ifmap is not resident
  std::uint64_t least_cycles = 0;                  ///< no run is faster

  ExpectedJob& operator+=(const ExpectedJob& other);
};

/// A kind of PE array: all that mapper, schedule, machine, accounting and views ask of one.
///
/// A model is made for a configuration and holds no state of a run: every question may be asked
/// anew, and equal questions have equal answers. A job is a layer (LayerShape); a composed one has
/// more channels, one for each slice of its operands.
class ArrayModel {
 public:
  ArrayModel() = default;
  virtual ~ArrayModel() = default;
  ArrayModel(const ArrayModel&) = delete;
  ArrayModel& operator=(const ArrayModel&) = delete;
  ArrayModel(ArrayModel&&) = delete;
  ArrayModel& operator=(ArrayModel&&) = delete;

  /// Its name in `array: {kind: ...}` and in mappings.
  [[nodiscard]] virtual std::string_view kind() const = 0;

  // Mapping.

  /// The best legal mappings, best first, at most `keep`; the same on every machine. InputError
  /// naming the constraint if there is none; `layer` is for that message.
  [[nodiscard]] virtual std::vector<dataflow::MappedJob> map(
      const dataflow::MappingProblem& problem, const std::string& layer,
      std::size_t keep) const = 0;
  /// One given mapping of this kind. InputError if it is illegal.
  [[nodiscard]] virtual dataflow::MappedJob evaluate(const dataflow::MappingProblem& problem,
                                                     const Mapping& mapping,
                                                     const std::string& layer) const = 0;

  // Passes.

  /// Calls `visit` for each pass of a legal mapping, in the order the machine runs them.
  virtual void for_each_pass(
      const LayerShape& layer, const Mapping& mapping,
      const std::function<void(const ArrayPass&, const PassFootprint&)>& visit) const = 0;
  [[nodiscard]] virtual ExpectedJob expect(const LayerShape& layer,
                                           const Mapping& mapping) const = 0;

  // Time.

  /// Whether cycles or counts depend on the values of the operands: then nothing is remembered.
  [[nodiscard]] virtual bool data_matters() const { return false; }
  /// Clocks no pass of this key can beat; needs no stepping.
  [[nodiscard]] virtual std::uint64_t least_cycles(const PassKey& key) const = 0;
  /// Steps a pass clock by clock. `operands` may be null unless data matter.
  [[nodiscard]] virtual PassResult time(const PassKey& key, const PassOperands* operands) const = 0;
  /// The array as a SystemC module, which steps a pass in simulated time and computes its psums.
  [[nodiscard]] virtual std::unique_ptr<PeArray> make_array(const std::string& name,
                                                            std::uint64_t period_ps) const = 0;

  // Values.

  /// Integer operands as the multipliers see them.
  [[nodiscard]] virtual std::unique_ptr<LayerData> data(
      const LayerShape& layer, const std::vector<std::int32_t>& ifmap,
      const std::vector<std::int32_t>& filter) const = 0;
  /// Floating operands, computed in double.
  [[nodiscard]] virtual std::unique_ptr<LayerData> data(
      const LayerShape& layer, const std::vector<double>& ifmap,
      const std::vector<double>& filter) const = 0;

  /// How each sum of a layer is cut into passes: of two mappings with equal texts, even of
  /// different machines, each psum is written back with the same values. No blanks.
  [[nodiscard]] virtual std::string sums_order(const LayerShape& layer,
                                               const Mapping& mapping) const = 0;

  // Counts: what PassResult::events are, and what each executed MAC does besides.

  [[nodiscard]] virtual std::span<const ArrayEvent> pass_events() const = 0;
  [[nodiscard]] virtual std::span<const ArrayEvent> mac_events() const = 0;

  /// What the array is built of, with the networks around it, for data of these widths.
  [[nodiscard]] virtual std::vector<Unit> parts(const DatumWidths& widths) const = 0;

  // Views.

  /// A pass in a line, for people.
  [[nodiscard]] virtual std::string describe(const PassKey& key) const = 0;
  /// Signals of the array in a waveform, in order; `chosen`: the PE looked at closely.
  [[nodiscard]] virtual std::vector<ProbeSignal> signals(PePosition chosen) const = 0;
  /// Steps a pass and tells the values of these signals in each clock.
  [[nodiscard]] virtual std::unique_ptr<PassProbe> probe(const PassKey& key,
                                                         PePosition chosen) const = 0;
};

}  // namespace turnpike::pe
