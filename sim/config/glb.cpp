#include "sim/config/glb.hpp"

#include <fmt/format.h>

#include "sim/base/config_map.hpp"

namespace turnpike::config {

void check(const GlbConfig& glb, const ConfigMap& map) {
  require_whole_lines(glb, 16, map.spot("bytes_at_16_bit"));
}

void require_whole_lines(const GlbConfig& glb, int width, const SourceSpot& spot) {
  if (glb.banks < 1 || glb.line_values < 1) {
    throw InputError{spot, "a buffer needs at least one bank and one value a line"};
  }
  const std::int64_t line_bytes = std::int64_t{2} * glb.line_values;
  const std::int64_t step = line_bytes * glb.banks;
  if (glb.bytes_at_16_bit < step || glb.bytes_at_16_bit % step != 0) {
    throw InputError{
        spot, fmt::format("{} bytes are not whole lines of {} values ({} bytes at 16 bits) in each "
                          "of {} banks; expected a multiple of {}",
                          glb.bytes_at_16_bit, glb.line_values, line_bytes, glb.banks, step)};
  }
  if (glb.lines_per_bank(width) < 1) {
    throw InputError{
        spot, fmt::format("at {} bits, {} bytes at 16 bits in {} banks are less than a line of {} "
                          "bits each (glb.line: bits); expected at least {}",
                          width, glb.bytes_at_16_bit, glb.banks, glb.line_bits(width),
                          (step * 16 + width - 1) / width)};
  }
}

}  // namespace turnpike::config
