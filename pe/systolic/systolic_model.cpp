#include "pe/systolic/systolic_model.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "dataflow/extent.hpp"
#include "pe/pe_array.hpp"

namespace turnpike::pe::systolic {
namespace {

using C = Component;
using A = Action;

/// Words over the buses and through the FIFOs at the edges; what a PE takes into its registers and
/// hands to its neighbours.
constexpr std::array kPassEvents{ArrayEvent{C::noc, A::write, "ifmap_y"},
                                 ArrayEvent{C::pe_fifo, A::write, "ifmap"},
                                 ArrayEvent{C::noc, A::write, "filter_y"},
                                 ArrayEvent{C::pe_fifo, A::write, "filter"},
                                 ArrayEvent{C::noc, A::write, "psum_out_y"},
                                 ArrayEvent{C::pe_fifo, A::write, "psum_out"},
                                 ArrayEvent{C::ifmap_spad, A::write, "register"},
                                 ArrayEvent{C::filter_spad, A::write, "register"},
                                 ArrayEvent{C::pe_link, A::write, "ifmap"},
                                 ArrayEvent{C::pe_link, A::write, "filter"},
                                 ArrayEvent{C::pe_link, A::write, "psum"},
                                 ArrayEvent{C::psum_spad, A::write, "shift"}};
static_assert(kPassEvents.size() <= PassResult::kMostEvents);

/// The sum of a PE changes where the MAC is not gated.
constexpr std::array kMacEvents{ArrayEvent{C::psum_spad, A::write, "register"}};

int narrow(std::int64_t value) {
  return static_cast<int>(value);
}

Unit register_of(Component component, const char* name, int width, std::vector<Item> serves) {
  return {.component = component,
          .name = name,
          .unit_class = UnitClass::register_file,
          .width = width,
          .depth = 1,
          .in_pe = true,
          .clocked = true,
          .network_data = component != Component::psum_spad,
          .serves = std::move(serves)};
}

Unit wire_of(Component component, const char* name, std::int64_t pitches,
             std::vector<Item> serves) {
  return {.component = component,
          .name = name,
          .unit_class = UnitClass::wire,
          .taps = narrow(pitches),
          .copies = 0,
          .in_pe = component == Component::pe_link,
          .serves = std::move(serves)};
}

/// FIFOs of an edge with so many lanes.
Unit fifos_of(const char* name, int width, std::int64_t lanes, std::int32_t depth,
              std::vector<Item> serves) {
  return {.component = Component::pe_fifo,
          .name = name,
          .unit_class = UnitClass::fifo,
          .width = width,
          .depth = depth,
          .copies = narrow(lanes),
          .serves = std::move(serves)};
}

/// What tells a lane its words on the bus of its edge.
Unit selectors_of(int width, std::int32_t values, std::int64_t lanes, std::vector<Item> serves) {
  return {.component = Component::noc,
          .name = "edge controllers",
          .unit_class = UnitClass::selector,
          .width = width,
          .values = values,
          .taps = narrow(lanes),
          .copies = narrow(lanes),
          .serves = std::move(serves)};
}

SystolicMachine machine_of(const config::AcceleratorConfig& config) {
  const auto narrow32 = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  SystolicMachine machine;
  machine.rows = config.array.rows;
  machine.columns = config.array.columns;
  machine.rates.ifmap_rate = narrow32(config.noc.ifmap);
  machine.rates.filter_rate = narrow32(config.noc.filter);
  machine.rates.psum_out_rate = narrow32(config.noc.psum_out);
  machine.rates.fifo_depth = narrow32(config.noc.fifo_depth);
  machine.rates.buffer_latency = narrow32(config.glb.latency_cycles);
  machine.filter_values = config.glb_filter_bits() / 2 / config.precision.weight;
  return machine;
}

/// Signals: the buses, the PEs at work, whether the array waits for an edge or shifts sums out.
class TileProbe final : public PassProbe {
 public:
  explicit TileProbe(const TileShape& shape) { core_.begin(shape, nullptr); }

  bool step() override {
    before_ = core_.counters();
    const std::int64_t front = core_.front();
    const bool complete = core_.step();
    stepped_ = core_.front() > front;
    draining_ = front == core_.steps();
    return complete;
  }
  [[nodiscard]] std::vector<std::uint64_t> values() const override {
    const TileCounters& now = core_.counters();
    return {now.ifmap_words - before_.ifmap_words, now.filter_words - before_.filter_words,
            now.psum_words - before_.psum_words,   now.mac_slots - before_.mac_slots,
            stepped_ || draining_ ? 0U : 1U,       draining_ ? 1U : 0U};
  }

 private:
  SystolicCore core_;
  TileCounters before_;
  bool stepped_ = false, draining_ = false;
};

IfmapPart ifmap_of(const Tile& tile, const LayerShape& layer) {
  const bool gaps = layer.U > layer.R;  // between the rows of neighbouring ofmap rows
  return {.image0 = tile.image0,
          .images = tile.images,
          .channel0 = 0,
          .channels = layer.C,
          .row0 = tile.row0 * layer.U,
          .rows = gaps ? layer.R : dataflow::span_of(tile.e, layer.R, layer.U),
          .bands = gaps ? tile.e : 1,
          .band_step = layer.U,
          .column0 = 0,
          .columns = dataflow::span_of(layer.F(), layer.S, layer.V)};
}

PassFootprint footprint_of(const Tile& tile, const LayerShape& layer) {
  return {.group = tile.group,
          .filter = {.filter0 = tile.filter0,
                     .filters = tile.filters,
                     .channel0 = 0,
                     .channels = layer.C,
                     .taps = layer.R * layer.S},
          .new_filter = tile.new_filter,
          .ifmap = ifmap_of(tile, layer),
          .new_ifmap = tile.new_ifmap,
          .final_psums = tile.pixels * tile.filters};
}

PassOrigin origin_of(const Tile& tile, const LayerShape& layer) {
  return {.group = tile.group,
          .image = tile.pixel0 / (layer.E() * layer.F()),
          .filter = tile.filter0,
          .row = tile.pixel0 / layer.F() % layer.E(),
          .column = tile.pixel0 % layer.F()};
}

}  // namespace

Systolic::Systolic(const config::AcceleratorConfig& config) : machine_{machine_of(config)} {}

std::vector<dataflow::MappedJob> Systolic::map(const dataflow::MappingProblem& problem,
                                               const std::string& layer, std::size_t keep) const {
  return search(problem, machine_, layer, keep);
}

dataflow::MappedJob Systolic::evaluate(const dataflow::MappingProblem& problem,
                                       const Mapping& mapping, const std::string& layer) const {
  return systolic::evaluate(problem, from_letters(mapping, layer), machine_, layer);
}

void Systolic::for_each_pass(
    const LayerShape& layer, const Mapping& mapping,
    const std::function<void(const ArrayPass&, const PassFootprint&)>& visit) const {
  for_each_tile(layer, from_letters(mapping), machine_, [&](const Tile& tile) {
    visit({key_of(kKind, tile_shape(tile, layer, machine_)), origin_of(tile, layer)},
          footprint_of(tile, layer));
  });
}

ExpectedJob Systolic::expect(const LayerShape& layer, const Mapping& mapping) const {
  return systolic::expect(layer, from_letters(mapping), machine_);
}

std::uint64_t Systolic::least_cycles(const PassKey& key) const {
  return static_cast<std::uint64_t>(tile_bound(shape_of<TileShape>(key)).cycles());
}

PassResult Systolic::time(const PassKey& key, const PassOperands* /*operands*/) const {
  return step_through<SystolicCore>(key);
}

std::unique_ptr<PeArray> Systolic::make_array(const std::string& name,
                                              std::uint64_t period_ps) const {
  return std::make_unique<SteppedArray<SystolicCore>>(name.c_str(), period_ps);
}

std::span<const ArrayEvent> Systolic::pass_events() const {
  return kPassEvents;
}

std::span<const ArrayEvent> Systolic::mac_events() const {
  return kMacEvents;
}

/// In the order of kPassEvents.
PassResult SystolicCore::result() const {
  const TileCounters& c = counters_;
  PassResult result;
  result.cycles = c.cycles;
  result.active_pes = static_cast<std::uint64_t>(std::int64_t{shape_.rows} * shape_.columns);
  result.mac_slots = c.mac_slots;
  result.filter_words = c.filter_words;
  result.ifmap_words = c.ifmap_words;
  result.psum_out_words = c.psum_words;
  const std::array counts{c.ifmap_words, c.ifmap_words, c.filter_words, c.filter_words,
                          c.psum_words,  c.psum_words,  c.mac_slots,    c.mac_slots,
                          c.ifmap_hops,  c.filter_hops, c.psum_hops,    c.psum_hops};
  static_assert(counts.size() == kPassEvents.size());
  std::copy(counts.begin(), counts.end(), result.events.begin());
  return result;
}

/// A PE makes a whole sum before it leaves.
std::string Systolic::sums_order(const LayerShape& /*layer*/, const Mapping& /*mapping*/) const {
  return "whole";
}

std::vector<Unit> Systolic::parts(const DatumWidths& widths) const {
  const TileShape& rates = machine_.rates;
  Unit mac{.component = Component::mac,
           .name = "MAC",
           .unit_class = UnitClass::mac,
           .width = widths.activation,
           .weight_width = widths.weight,
           .result_width = widths.psum,
           .midrise = widths.midrise,
           .in_pe = true,
           .clocked = true,
           .network_data = true};
  Unit shifter{.component = Component::mac,
               .name = "shifter for composed layers",
               .unit_class = UnitClass::shifter,
               .width = widths.psum,
               .copies = widths.slices > 1 ? 1 : 0,
               .in_pe = true};
  return {std::move(mac),
          std::move(shifter),
          register_of(C::ifmap_spad, "ifmap register", widths.activation, {"register"}),
          register_of(C::filter_spad, "filter register", widths.weight, {"register"}),
          register_of(C::psum_spad, "accumulator", widths.psum, {"register", "shift"}),
          wire_of(C::pe_link, "wire to the next PE", 1, {"ifmap", "filter", "psum"}),
          fifos_of("edge FIFOs", widths.activation, machine_.rows, rates.fifo_depth, {"ifmap"}),
          fifos_of("edge FIFOs", widths.weight, machine_.columns, rates.fifo_depth, {"filter"}),
          fifos_of("output FIFOs", widths.psum, machine_.columns, rates.fifo_depth, {"psum_out"}),
          selectors_of(widths.activation, rates.ifmap_rate, machine_.rows, {"ifmap_y"}),
          selectors_of(widths.weight, rates.filter_rate, machine_.columns, {"filter_y"}),
          wire_of(C::noc, "bus along the rows", machine_.rows, {"ifmap_y"}),
          wire_of(C::noc, "buses along the columns", machine_.columns, {"filter_y", "psum_out_y"})};
}

std::string Systolic::describe(const PassKey& key) const {
  const auto tile = shape_of<TileShape>(key);
  return fmt::format("{} pixels, {} filters, sums of {}", tile.rows, tile.columns, tile.depth);
}

std::vector<ProbeSignal> Systolic::signals(PePosition /*chosen*/) const {
  return {{"", "ifmap_bus_words", 16}, {"", "filter_bus_words", 16}, {"", "psum_out_bus_words", 16},
          {"", "pes_multiplying", 32}, {"", "waits_for_edge", 1},    {"", "shifts_out", 1}};
}

std::unique_ptr<PassProbe> Systolic::probe(const PassKey& key, PePosition /*chosen*/) const {
  return std::make_unique<TileProbe>(shape_of<TileShape>(key));
}

}  // namespace turnpike::pe::systolic
