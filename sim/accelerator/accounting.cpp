#include "sim/accelerator/accounting.hpp"

#include <algorithm>

#include "memory/dram_energy.hpp"
#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::accelerator {
namespace {

void add(LayerResult& layer, KnownAction action, int bits, std::uint64_t count,
         Stream stream = Stream::low) {
  if (count > 0) {
    layer.counts[key_of(action, bits, stream)] += count;
  }
}

/// Width an action of the array is counted and priced at.
int bits_of(Datum datum, const ArrayJob& job) {
  switch (datum) {
    case Datum::activation:
      return job.activation_bits;
    case Datum::weight:
      return job.weight_bits;
    case Datum::psum:
      return job.psum_bits;
    default:
      return 0;
  }
}

void add_event(LayerResult& layer, const pe::ArrayEvent& event, const ArrayJob& job,
               std::uint64_t count) {
  add(layer, event.action, bits_of(event.datum, job), count);
}

/// PE-cycles of mapped PEs: those of the passes, and while the array waits for memory or
/// post-processing, those of as many PEs as its passes have on average.
std::uint64_t mapped_pe_cycles(std::uint64_t in_passes, const CycleCounts& cycles) {
  if (cycles.processing == 0) {
    return 0;
  }
  const std::uint64_t waited = cycles.total() - cycles.processing;
  const std::uint64_t rest = in_passes % cycles.processing;
  const double share = static_cast<double>(rest) / static_cast<double>(cycles.processing);
  return in_passes + in_passes / cycles.processing * waited +
         static_cast<std::uint64_t>(share * static_cast<double>(waited));
}

std::uint64_t psum_reads(const pe::PassResult& pass, bool first_psums) {
  return first_psums ? 0 : pass.psum_in_words;
}

}  // namespace

BufferLines pass_lines(const config::AcceleratorConfig& config, const ArrayJob& job,
                       const pe::PassResult& pass, bool first_psums) {
  const int line = line_bits_of(config, std::max(job.weight_bits, job.activation_bits));
  const int stored = job.stored_bits > 0 ? job.stored_bits : job.activation_bits;
  return {.ifmap = lines_for(config, pass.ifmap_words, stored, line),
          .psum = lines_for(config, psum_reads(pass, first_psums), job.psum_bits, line) +
                  lines_for(config, pass.psum_out_words, job.psum_bits, line)};
}

void count_pass(const config::AcceleratorConfig& config, const ArrayJob& job,
                const pe::ArrayModel& array, const pe::PassResult& pass, bool first_psums,
                LayerResult& layer) {
  const int w = job.weight_bits;
  const int a = job.activation_bits;
  const int p = job.psum_bits;
  const int line = line_bits_of(config, std::max(w, a));
  const auto events = array.pass_events();
  for (std::size_t i = 0; i < events.size(); ++i) {
    add_event(layer, events[i], job, pass.events[i]);
  }
  const int stored = job.stored_bits > 0 ? job.stored_bits : a;
  const BufferAccess ifmap{
      .values = pass.ifmap_words, .bits = stored, .low_bits = a, .line_bits = line};
  BufferAccess psum{.item = "psum", .bits = p, .low_bits = p, .line_bits = line};
  count_buffer(config, ifmap, layer.counts, layer.glb_bits);
  psum.values = psum_reads(pass, first_psums);
  layer.psums_read += psum.values;
  count_buffer(config, psum, layer.counts, layer.glb_bits);
  psum.action = Action::write;
  psum.values = pass.psum_out_words;
  count_buffer(config, psum, layer.counts, layer.glb_bits);
  if (job.stored_bits > 0) {  // quantizers between the buffer and the ifmap network
    add(layer, {Component::post, Action::compute, "quantize"}, stored, pass.ifmap_words,
        Stream::highway);
  }
  const int filter_line = line_bits_of(config, w);
  const std::uint64_t filter_lines = lines_for(config, pass.filter_words, w, filter_line);
  add(layer, {Component::glb_filter, Action::read}, filter_line, filter_lines);
  layer.glb_bits.filter += filter_lines * unsigned_of(filter_line);
}

void count_macs(const ArrayJob& job, const pe::ArrayModel& array, std::uint64_t slots,
                std::uint64_t gated, LayerResult& layer) {
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
  for (const pe::ArrayEvent& event : array.mac_events()) {
    add_event(layer, event, job, executed);
  }
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
  switch (t.operand) {
    case Operand::filter: {
      layer.dram_bits.filter += low;
      layer.dram_filter_values += t.values;
      add(layer, {Component::glb_filter, Action::write}, line_bits_of(config, t.bits),
          filter_buffer_lines(config, t));
      return;
    }
    case Operand::ifmap:
      layer.dram_bits.ifmap += low;
      layer.dram_ifmap_values += t.skip ? 0 : t.values;
      break;
    case Operand::ofmap:
      layer.dram_bits.ofmap += low;
      break;
  }
  if (t.write) {
    layer.dram_ofmap_values += t.values;
    return;
  }
  const BufferAccess fill{.item = "transfer",
                          .action = Action::write,
                          .values = t.values,
                          .bits = t.bits,
                          .low_bits = t.low_bits,
                          .line_bits = config.line_bits()};
  layer.glb_transfer_bits +=
      count_buffer(config, fill, layer.counts, layer.glb_bits) * unsigned_of(config.line_bits());
}

BufferLines transfer_lines(const config::AcceleratorConfig& config, const Transfer& t) {
  const bool fills = !t.write && t.operand != Operand::filter;
  return {.ifmap = fills ? lines_for(config, t.values, t.bits, config.line_bits()) : 0};
}

std::uint64_t filter_buffer_lines(const config::AcceleratorConfig& config, const Transfer& t) {
  return t.operand == Operand::filter
             ? lines_for(config, t.values, t.bits, line_bits_of(config, t.bits))
             : 0;
}

std::uint64_t filter_buffer_bits(const config::AcceleratorConfig& config, const Transfer& t) {
  return filter_buffer_lines(config, t) * unsigned_of(line_bits_of(config, t.bits));
}

std::uint64_t filter_words_ahead(const config::AcceleratorConfig& config, const Transfer& t,
                                 std::uint64_t held) {
  const std::uint64_t capacity = unsigned_of(config.glb_filter_bits());
  const std::uint64_t room = capacity - std::min(held, capacity);
  if (config.timing.filter_prefetch == config::FilterPrefetch::any ||
      filter_buffer_bits(config, t) <= room) {
    return t.words;
  }
  const std::uint64_t lines = room / unsigned_of(line_bits_of(config, t.bits));
  const memory::LineGroup group =
      memory::group_of(t.bits, line_of(config, line_bits_of(config, t.bits)));
  const std::uint64_t values = lines / unsigned_of(group.lines) * unsigned_of(group.values);
  return std::min(t.words, values / unsigned_of(64 / t.bits));
}

void count_post(const PostWork& work, LayerResult& layer) {
  accumulate(layer.counts, work.counts);
  layer.glb_bits += work.buffer_bits;
}

void count_time(const config::AcceleratorConfig& config, std::uint64_t pass_pe_cycles,
                LayerResult& layer) {
  const std::uint64_t cycles = layer.cycles.total();
  const std::uint64_t all = cycles * unsigned_of(config.pes());
  const std::uint64_t mapped = mapped_pe_cycles(pass_pe_cycles, layer.cycles);
  const std::uint64_t busy = layer.array_slots;
  ensure(busy <= pass_pe_cycles, "a mapped PE has at most one MAC slot a clock");
  add(layer, {Component::clock, Action::background, "active"}, 0, busy);
  add(layer, {Component::clock, Action::background, "stalled"}, 0, mapped - busy);
  add(layer, {Component::clock, Action::background, "gated"}, 0, all - mapped);
  add(layer, {Component::clock, Action::background, "networks"}, 0, cycles);
  add(layer, {Component::clock, Action::background, "buffers"}, 0, cycles);
  add(layer, {Component::leakage, Action::background}, 0, cycles);
  add(layer, {Component::controller, Action::background}, 0, cycles);
}

void count_dram(const memory::DramCounts& before, const memory::DramCounts& after,
                LayerResult& layer) {
  accumulate(layer.counts, memory::dram_actions(after, before));
}

}  // namespace turnpike::accelerator
