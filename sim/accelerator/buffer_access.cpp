#include "sim/accelerator/buffer_access.hpp"

#include <algorithm>

#include "memory/global_buffer.hpp"

namespace turnpike::accelerator {
namespace {

std::uint64_t& low_field(Traffic& traffic, Item item) {
  return item == "ifmap" ? traffic.ifmap : item == "psum" ? traffic.psum : traffic.ofmap;
}

}  // namespace

memory::LineShape line_of(const config::AcceleratorConfig& config, int line_bits) {
  return {config.glb.line, config.glb.line_values, line_bits};
}

std::uint64_t lines_for(const config::AcceleratorConfig& config, std::uint64_t values, int bits,
                        int line_bits) {
  return static_cast<std::uint64_t>(
      memory::lines_for(static_cast<std::int64_t>(values), bits, line_of(config, line_bits)));
}

std::uint64_t words_for(std::uint64_t values, int bits) {
  const auto per_word = static_cast<std::uint64_t>(64 / bits);
  return (values + per_word - 1) / per_word;
}

int line_bits_of(const config::AcceleratorConfig& config, int operand_bits) {
  return config.glb.line_bits(std::max(operand_bits, 1));
}

std::uint64_t count_buffer(const config::AcceleratorConfig& config, const BufferAccess& access,
                           ActionCounts& counts, Traffic& bits) {
  const std::uint64_t lines = lines_for(config, access.values, access.bits, access.line_bits);
  const std::uint64_t low =
      access.low_bits > 0 ? lines_for(config, access.values, access.low_bits, access.line_bits) : 0;
  ActionKey key{Component::glb, access.action, Stream::low, access.item, access.line_bits, 0, 0,
                false};
  if (low > 0) {
    counts[key] += low;
  }
  key.stream = Stream::highway;
  if (lines > low) {
    counts[key] += lines - low;
  }
  if (access.item != "transfer") {
    const auto line = static_cast<std::uint64_t>(access.line_bits);
    low_field(bits, access.item) += low * line;
    bits.highway += (lines - low) * line;
  }
  return lines;
}

}  // namespace turnpike::accelerator
