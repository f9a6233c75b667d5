#include "sim/accelerator/accounting.hpp"

#include <algorithm>
#include <optional>

#include "memory/global_buffer.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::TensorEntry;
using traces::Trace;

std::uint64_t unsigned_of(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

void add(LayerResult& layer, KnownAction action, int bits, std::uint64_t count,
         Stream stream = Stream::low) {
  if (count > 0) {
    layer.counts[key_of(action, bits, stream)] += count;
  }
}

/// What a value on one of the array's networks is counted as.
struct NetworkActions {
  KnownAction y, x, fifo;
  std::optional<KnownAction> hit;  ///< the network out of the array has no multicast
};
constexpr auto kWrite = Action::write;
constexpr NetworkActions kFilterNetwork{{Component::noc, kWrite, "filter_y"},
                                        {Component::noc, kWrite, "filter_x"},
                                        {Component::pe_fifo, kWrite, "filter"},
                                        KnownAction{Component::noc, kWrite, "filter_hit"}};
constexpr NetworkActions kIfmapNetwork{{Component::noc, kWrite, "ifmap_y"},
                                       {Component::noc, kWrite, "ifmap_x"},
                                       {Component::pe_fifo, kWrite, "ifmap"},
                                       KnownAction{Component::noc, kWrite, "ifmap_hit"}};
constexpr NetworkActions kPsumInNetwork{{Component::noc, kWrite, "psum_in_y"},
                                        {Component::noc, kWrite, "psum_in_x"},
                                        {Component::pe_fifo, kWrite, "psum_in"},
                                        KnownAction{Component::noc, kWrite, "psum_in_hit"}};
constexpr NetworkActions kPsumOutNetwork{{Component::noc, kWrite, "psum_out_y"},
                                         {Component::noc, kWrite, "psum_out_x"},
                                         {Component::pe_fifo, kWrite, "psum_out"},
                                         std::nullopt};

void add_network(LayerResult& layer, const NetworkActions& actions, int bits,
                 const pe::NetworkCounters& network) {
  add(layer, actions.y, bits, network.y);
  add(layer, actions.x, bits, network.x);
  if (actions.hit) {
    add(layer, *actions.hit, bits, network.hits);
  }
  add(layer, actions.fifo, bits, network.hits);
}

std::uint64_t& low_field(Traffic& traffic, Item item) {
  return item == "ifmap" ? traffic.ifmap : item == "psum" ? traffic.psum : traffic.ofmap;
}

/// Width a value inside the post-processing unit is worked on at.
int working_bits(const TensorEntry& tensor, const config::AcceleratorConfig& config) {
  return tensor.is_float() ? (tensor.highway ? 32 : 16)
                           : std::max(tensor.bits, config.machine_bits());
}

class PostCounter {
 public:
  PostCounter(const Trace& trace, const config::AcceleratorConfig& config, const Plan& plan,
              std::size_t stage, LayerResult& result)
      : trace_{trace},
        config_{config},
        plan_{plan},
        stage_{plan.stages[stage]},
        at_{static_cast<std::int64_t>(stage)},
        result_{result} {}

  void run() {
    for (const std::size_t index : stage_.layers) {
      const LayerEntry& layer = trace_.layers[index];
      if (runs_on_array(layer.op)) {
        if (stage_.has_array) {
          read_out(layer);
        }
      } else {
        operate(layer);
        read_inputs(layer);
      }
      write_output(layer.output, pooled_writes(layer));
      if (layer.recurrent && stage_.has_array) {
        write_output(layer.recurrent->cell, 0);
      }
    }
  }

 private:
  void operation(Item item, int bits, std::uint64_t count, Stream stream = Stream::low) {
    if (count > 0) {
      result_.counts[{Component::post, Action::compute, stream, item, bits, 0, 0, false}] += count;
    }
  }

  [[nodiscard]] std::uint64_t size_of(const std::string& tensor) const {
    return unsigned_of(trace_.tensor(tensor).data.size());
  }

  /// Psums of the stage's array jobs: one read-out a psum, a requantization each.
  void read_out(const LayerEntry& layer) {
    std::uint64_t values = 0;
    for (const ArrayJob& job : stage_.jobs) {
      const std::uint64_t psums = unsigned_of(job.shape.ofmap_values());
      count_buffer(config_,
                   {"psum", Action::read, psums, job.psum_bits, job.psum_bits,
                    line_bits_of(config_, std::max(job.weight_bits, job.activation_bits))},
                   result_);
      values += psums;
    }
    const int bits = std::max(stage_.jobs[0].weight_bits, stage_.jobs[0].activation_bits);
    operation("requant", bits, values);
    for (const traces::PostStep& step : layer.post) {
      if (step.kind == traces::PostStep::Kind::relu) {
        operation("relu", bits, values);
      }
    }
    if (layer.recurrent) {
      recurrent(layer);
    }
  }

  /// Gates of all steps: an add of both products, three sigmoids, two tanhs, three products, the
  /// add of c; c is read and written at its stored width.
  void recurrent(const LayerEntry& layer) {
    const traces::Recurrent& r = *layer.recurrent;
    const std::uint64_t h = unsigned_of(r.hidden * r.steps);
    const std::uint64_t gates = layer.op == Op::lstm ? 4 : 3;
    const TensorEntry& state = trace_.tensor(r.cell.empty() ? layer.output : r.cell);
    // Products are as wide as their widest stored operand; integer gates have a sign bit of their
    // own.
    const TensorEntry* gate = r.gates.empty() ? nullptr : &trace_.tensor(r.gates);
    const int gate_bits = gate == nullptr || gate->is_float() ? 0 : gate->bits;
    const int bits = std::max(working_bits(state, config_), gate_bits);
    operation("add", 16, gates * h);
    operation("sigmoid", 16, (gates - 1) * h);
    operation("tanh", 16, layer.op == Op::lstm ? 2 * h : h);
    operation("mul", bits, 3 * h);
    operation("add", bits, layer.op == Op::lstm ? h : 2 * h);
    const bool highway = state.highway && trace_.highway.enabled;
    const int stored = state.is_float() ? (highway ? trace_.highway.bits : 16) : state.bits;
    const int low = highway ? std::min(stored, config_.precision.activation) : stored;
    for (const Action action : {Action::read, Action::write}) {
      count_buffer(config_, {"skip", action, h, stored, low, config_.line_bits()}, result_);
    }
  }

  void operate(const LayerEntry& layer) {
    const TensorEntry& output = trace_.tensor(layer.output);
    const std::uint64_t outputs = unsigned_of(output.data.size());
    const std::uint64_t inputs = size_of(layer.inputs[0]);
    const int bits = working_bits(output, config_);
    switch (layer.op) {
      case Op::add:
        operation("add", bits, outputs,
                  output.highway && trace_.highway.enabled ? Stream::highway : Stream::low);
        break;
      case Op::mul:
        operation("mul", bits, outputs);
        break;
      case Op::maxpool:
        operation("max", bits, inputs);
        break;
      case Op::avgpool:
        operation("pool", bits, inputs);
        break;
      case Op::quantize:  // of a tensor that is not stored, whenever it is read
        if (!plan_.quantized_on_read.contains(layer.output)) {
          operation("quantize", bits, outputs);
        }
        break;
      default:
        break;  // concat moves data only
    }
    for (const traces::PostStep& step : layer.post) {
      if (step.kind == traces::PostStep::Kind::relu) {
        operation("relu", bits, outputs);
      } else if (step.kind != traces::PostStep::Kind::quantize) {
        operation("requant", bits, outputs);
      } else {
        operation("quantize", bits, outputs);
      }
    }
  }

  /// Inputs that do not come out of this stage are read from the buffer (from DRAM through it).
  void read_inputs(const LayerEntry& layer) {
    for (const std::string& input : layer.inputs) {
      const StoredTensor* stored = plan_.source(input);
      if (stored == nullptr || stored->first_stage == at_) {
        continue;
      }
      const bool skip = layer.op == Op::add || layer.op == Op::mul;
      access(*stored, skip ? Item{"skip"} : Item{"ifmap"}, Action::read,
             unsigned_of(stored->values), stored->low_bits);
      if (stored->name != input) {
        operation("quantize", stored->bits, unsigned_of(stored->values), Stream::highway);
      }
    }
  }

  /// Vertical pooling inside a read-out: each pooled row is made of several ofmap rows and is read
  /// and written once for each of them but the first, which only writes. Horizontal pooling needs
  /// registers only. Returns the values written in addition to the pooled map itself.
  [[nodiscard]] std::uint64_t pooled_writes(const LayerEntry& layer) {
    const bool fused = layer.op == Op::maxpool && stage_.has_array && layer.kernel[0] > 1;
    const StoredTensor* stored = final_store(layer);
    if (!fused || stored == nullptr) {
      return 0;
    }
    return unsigned_of(stored->values) * unsigned_of(layer.kernel[0] - 1);
  }

  /// The stored tensor a pooled map ends in: itself, or what a quantize of this stage makes of it.
  [[nodiscard]] const StoredTensor* final_store(const LayerEntry& layer) const {
    if (const StoredTensor* own = plan_.stored(layer.output)) {
      return own;
    }
    for (const std::size_t reader : trace_.consumers(layer.output)) {
      if (const StoredTensor* made = plan_.stored(trace_.layers[reader].output)) {
        return made;
      }
    }
    return nullptr;
  }

  void write_output(const std::string& tensor, std::uint64_t repeated) {
    const StoredTensor* stored = plan_.stored(tensor);
    if (stored != nullptr && stored->first_stage == at_) {
      if (stored->in_glb) {
        access(*stored, "ofmap", Action::write, unsigned_of(stored->values),
               stored->second ? 0 : stored->low_bits);
      }
      if (repeated > 0) {
        access(*stored, "ofmap", Action::write, repeated, stored->low_bits);
        access(*stored, "ofmap", Action::read, repeated, stored->low_bits);
      }
    }
  }

  /// A tensor that goes to DRAM leaves the unit without a write to the buffer, as the chip's ofmaps
  /// do; one that comes from there is filled in by a transfer, which the fetch counts. The second
  /// copy of a highway tensor is written for the highway alone.
  void access(const StoredTensor& tensor, Item item, Action action, std::uint64_t values,
              int low_bits) {
    count_buffer(config_, {item, action, values, tensor.bits, low_bits, config_.line_bits()},
                 result_);
  }

  const Trace& trace_;
  const config::AcceleratorConfig& config_;
  const Plan& plan_;
  const Stage& stage_;
  std::int64_t at_;
  LayerResult& result_;
};

}  // namespace

std::uint64_t lines_for(const config::AcceleratorConfig& config, std::uint64_t values, int bits,
                        int line_bits) {
  return unsigned_of(memory::lines_for(static_cast<std::int64_t>(values), bits,
                                       {config.glb.line_values, line_bits}));
}

std::uint64_t words_for(std::uint64_t values, int bits) {
  const std::uint64_t per_word = unsigned_of(64 / bits);
  return (values + per_word - 1) / per_word;
}

int line_bits_of(const config::AcceleratorConfig& config, int operand_bits) {
  return static_cast<int>(config.glb.line_values) * std::max(operand_bits, 1);
}

void count_buffer(const config::AcceleratorConfig& config, const BufferAccess& access,
                  LayerResult& layer) {
  const std::uint64_t lines = lines_for(config, access.values, access.bits, access.line_bits);
  const std::uint64_t low =
      access.low_bits > 0 ? lines_for(config, access.values, access.low_bits, access.line_bits) : 0;
  ActionKey key{Component::glb, access.action, Stream::low, access.item, access.line_bits, 0, 0,
                false};
  if (low > 0) {
    layer.counts[key] += low;
  }
  key.stream = Stream::highway;
  if (lines > low) {
    layer.counts[key] += lines - low;
  }
  const std::uint64_t line = unsigned_of(access.line_bits);
  if (access.item == "transfer") {
    layer.glb_transfer_bits += lines * line;
    return;
  }
  low_field(layer.glb_bits, access.item) += low * line;
  layer.glb_bits.highway += (lines - low) * line;
}

BufferLines pass_lines(const config::AcceleratorConfig& config, const ArrayJob& job,
                       const pe::PassCounters& pass) {
  const int line = line_bits_of(config, std::max(job.weight_bits, job.activation_bits));
  const int stored = job.stored_bits > 0 ? job.stored_bits : job.activation_bits;
  return {.ifmap = lines_for(config, pass.ifmap_network.y, stored, line),
          .psum = lines_for(config, pass.psum_in_network.y, job.psum_bits, line) +
                  lines_for(config, pass.psum_out_network.y, job.psum_bits, line)};
}

void count_pass(const config::AcceleratorConfig& config, const ArrayJob& job,
                const pe::PassCounters& pass, LayerResult& layer) {
  const int w = job.weight_bits;
  const int a = job.activation_bits;
  const int p = job.psum_bits;
  const int line = line_bits_of(config, std::max(w, a));
  add(layer, {Component::ifmap_spad, Action::write}, a, pass.ifmap_spad_writes);
  add(layer, {Component::ifmap_spad, Action::read}, a, pass.ifmap_spad_reads);
  add(layer, {Component::filter_spad, Action::write}, w, pass.filter_spad_writes);
  add(layer, {Component::psum_spad, Action::read}, p, pass.psum_accumulations);
  add(layer, {Component::pe_link, Action::compute}, p, pass.psum_accumulations);
  add(layer, {Component::pe_link, Action::write}, p, pass.link_words);
  add(layer, {Component::pe_control, Action::compute}, 0, pass.active_pes * pass.cycles);
  add_network(layer, kFilterNetwork, w, pass.filter_network);
  add_network(layer, kIfmapNetwork, a, pass.ifmap_network);
  add_network(layer, kPsumInNetwork, p, pass.psum_in_network);
  add_network(layer, kPsumOutNetwork, p, pass.psum_out_network);
  const int stored = job.stored_bits > 0 ? job.stored_bits : a;
  count_buffer(config, {"ifmap", Action::read, pass.ifmap_network.y, stored, a, line}, layer);
  count_buffer(config, {"psum", Action::read, pass.psum_in_network.y, p, p, line}, layer);
  count_buffer(config, {"psum", Action::write, pass.psum_out_network.y, p, p, line}, layer);
  if (job.stored_bits > 0) {  // quantizers between the buffer and the ifmap network
    add(layer, {Component::post, Action::compute, "quantize"}, stored, pass.ifmap_network.y,
        Stream::highway);
  }
  const int filter_line = line_bits_of(config, w);
  const std::uint64_t filter_lines = lines_for(config, pass.filter_network.y, w, filter_line);
  add(layer, {Component::glb_filter, Action::read}, filter_line, filter_lines);
  layer.glb_bits.filter += filter_lines * unsigned_of(filter_line);
}

void count_macs(const ArrayJob& job, std::uint64_t slots, std::uint64_t gated, LayerResult& layer) {
  ensure(gated <= slots, "no more MACs are gated than there are");
  ActionKey key{Component::mac,      Action::compute, Stream::low,   {},
                job.activation_bits, job.weight_bits, job.psum_bits, job.midrise};
  const std::uint64_t executed = slots - gated;
  if (executed > 0) {
    layer.counts[key] += executed;
  }
  key.action = Action::gated;
  if (gated > 0) {
    layer.counts[key] += gated;
  }
  add(layer, {Component::filter_spad, Action::read}, job.weight_bits, executed);
  add(layer, {Component::psum_spad, Action::write}, job.psum_bits, executed);
  layer.array_slots += slots;
}

void count_transfer(const config::AcceleratorConfig& config, const Transfer& t,
                    LayerResult& layer) {
  const std::uint64_t bits = t.words * 64;
  const std::uint64_t low = t.low_words * 64;
  ensure(low <= bits, "the low-precision machine moves a part of a transfer");
  layer.packing_loss_bits += bits - std::min(bits, t.payload_bits);
  if (t.coded) {
    add(layer,
        t.write ? KnownAction{Component::rlc, Action::write}
                : KnownAction{Component::rlc, Action::read},
        t.bits, t.values);
  }
  layer.dram_bits.highway += bits - low;
  switch (t.traffic) {
    case memory::Traffic::filter: {
      layer.dram_bits.filter += low;
      layer.dram_filter_values += t.values;
      add(layer, {Component::glb_filter, Action::write}, line_bits_of(config, t.bits),
          filter_buffer_lines(config, t));
      return;
    }
    case memory::Traffic::ifmap:
      layer.dram_bits.ifmap += low;
      layer.dram_ifmap_values += t.skip ? 0 : t.values;
      break;
    case memory::Traffic::ofmap:
      layer.dram_bits.ofmap += low;
      break;
    case memory::Traffic::highway:
      throw InternalError{"a transfer's words are low-precision or highway, not its traffic"};
  }
  if (t.write) {
    layer.dram_ofmap_values += t.values;
    return;
  }
  count_buffer(
      config, {"transfer", Action::write, t.values, t.bits, t.low_bits, config.line_bits()}, layer);
}

BufferLines transfer_lines(const config::AcceleratorConfig& config, const Transfer& t) {
  const bool fills = !t.write && t.traffic != memory::Traffic::filter;
  return {.ifmap = fills ? lines_for(config, t.values, t.bits, config.line_bits()) : 0};
}

std::uint64_t filter_buffer_lines(const config::AcceleratorConfig& config, const Transfer& t) {
  return t.traffic == memory::Traffic::filter
             ? lines_for(config, t.values, t.bits, line_bits_of(config, t.bits))
             : 0;
}

BufferLines post_lines(const Trace& trace, const config::AcceleratorConfig& config,
                       const Plan& plan, std::size_t stage) {
  LayerResult scratch;
  count_post(trace, config, plan, stage, scratch);
  BufferLines lines;
  for (const auto& [key, count] : scratch.counts) {
    if (key.component == Component::glb) {
      (key.item == "psum" ? lines.psum : lines.maps) += count;
    }
  }
  return lines;
}

void count_post(const Trace& trace, const config::AcceleratorConfig& config, const Plan& plan,
                std::size_t stage, LayerResult& layer) {
  PostCounter{trace, config, plan, stage, layer}.run();
}

void count_time(const config::AcceleratorConfig& config, std::uint64_t active_pe_cycles,
                LayerResult& layer) {
  const std::uint64_t cycles = layer.cycles.total();
  const std::uint64_t all = cycles * unsigned_of(config.pes());
  add(layer, {Component::clock, Action::background, "active"}, 0, active_pe_cycles);
  add(layer, {Component::clock, Action::background, "gated"}, 0, all - active_pe_cycles);
  add(layer, {Component::leakage, Action::background}, 0, cycles);
  add(layer, {Component::controller, Action::background}, 0, cycles);
}

void count_dram(const memory::DramCounts& before, const memory::DramCounts& after,
                LayerResult& layer) {
  for (const Stream stream : {Stream::low, Stream::highway}) {
    const auto s = static_cast<std::size_t>(stream);
    add(layer, {Component::dram, Action::activate}, 0, after.activates[s] - before.activates[s],
        stream);
    add(layer, {Component::dram, Action::read}, 0, after.reads[s] - before.reads[s], stream);
    add(layer, {Component::dram, Action::write}, 0, after.writes[s] - before.writes[s], stream);
  }
  add(layer, {Component::dram, Action::refresh}, 0, after.refreshes - before.refreshes);
  add(layer, {Component::dram, Action::background, "precharged"}, 0,
      after.clocks_precharged - before.clocks_precharged);
  add(layer, {Component::dram, Action::background, "active"}, 0,
      after.clocks_active - before.clocks_active);
  add(layer, {Component::dram, Action::background, "powerdown"}, 0,
      after.clocks_powerdown - before.clocks_powerdown);
}

}  // namespace turnpike::accelerator
