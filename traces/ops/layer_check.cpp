#include "traces/ops/layer_check.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace turnpike::traces {
namespace {

/// Largest magnitude of an operand: |q - zero_point|, |2q + 1|, or |q| if the zero point is
/// fractional (its part is added after the accumulator).
double operand_magnitude(const TensorDeclaration& tensor, bool is_weight) {
  if (is_weight && tensor.kind == TensorKind::midrise) {
    return std::ldexp(1.0, tensor.bits);
  }
  const bool integral = std::nearbyint(tensor.zero_point) == tensor.zero_point;
  const double zero = integral ? tensor.zero_point : 0.0;
  return std::max(std::fabs(static_cast<double>(tensor.min_code()) - zero),
                  std::fabs(static_cast<double>(tensor.max_code()) - zero));
}

/// The number of inputs and weights, and a feature map in every input and output.
void check_arity(const LayerCheck& layer) {
  const LayerEntry& entry = layer.entry();
  const OpFormat& format = format_of(entry.op);
  if (entry.inputs.size() < format.least_inputs || entry.inputs.size() > format.most_inputs) {
    layer.fail(fmt::format("op {} takes {}{} input{}, not {}", format.name,
                           format.most_inputs == kAnyNumber ? "at least " : "", format.least_inputs,
                           format.least_inputs == 1 ? "" : "s", entry.inputs.size()));
  }
  if (entry.weights.size() != format.weights) {
    layer.fail(fmt::format("op {} takes {} weight tensor{}, not {}", format.name, format.weights,
                           format.weights == 1 ? "" : "s", entry.weights.size()));
  }
}

/// A feature map: one scale, and the batch as its first extent (layout NCHW).
void check_map(const LayerCheck& layer, const ProgramTensor& tensor) {
  const Program& program = layer.program();
  if (tensor.axis) {
    layer.fail(fmt::format("tensor '{}' has a scale per index of axis {}; only weights may",
                           tensor.name, *tensor.axis));
  }
  if (tensor.shape.size() < 2) {
    layer.fail(fmt::format("tensor '{}' has shape {}, expected at least two extents ({})",
                           tensor.name, to_string(tensor.shape), program.layout));
  }
  if (program.layout == "NCHW" && tensor.shape[0] != program.batch) {
    layer.fail(fmt::format("tensor '{}' has shape {}, but the trace's batch is {}", tensor.name,
                           to_string(tensor.shape), program.batch));
  }
}

}  // namespace

void LayerCheck::fail(std::string_view message) const {
  fail_layer(layer_, spot_, message);
}

void LayerCheck::expect_shape(const ProgramTensor& tensor, const TensorShape& wanted,
                              std::string_view why) const {
  if (tensor.shape != wanted) {
    fail(fmt::format("tensor '{}' has shape {}, expected {} ({})", tensor.name,
                     to_string(tensor.shape), to_string(wanted), why));
  }
}

void LayerCheck::expect_vectors(const ProgramTensor& tensor, std::int64_t channels,
                                std::string_view why) const {
  const std::int64_t rows = input().shape.at(0);
  if (tensor.shape != TensorShape{rows, channels, 1, 1}) {
    expect_shape(tensor, {rows, channels}, why);
  }
}

void LayerCheck::expect_rank(const ProgramTensor& tensor, std::size_t rank,
                             std::string_view order) const {
  if (tensor.shape.size() != rank) {
    fail(fmt::format("tensor '{}' has shape {}, expected {}", tensor.name, to_string(tensor.shape),
                     order));
  }
}

std::int64_t LayerCheck::slide(std::int64_t extent, std::int64_t before, std::int64_t after,
                               std::int64_t window, std::int64_t stride) const {
  const std::int64_t room = extent + before + after - window;
  if (room < 0) {
    fail(fmt::format("a window of {} does not fit {} values padded by {} and {}", window, extent,
                     before, after));
  }
  return room / stride + 1;
}

TensorShape LayerCheck::windowed(std::int64_t channels, std::int64_t rows,
                                 std::int64_t columns) const {
  const TensorShape& in = input().shape;
  const Padding& pad = layer_.pad;
  return {in[0], channels, slide(in[2], pad.top, pad.bottom, rows, layer_.stride[0]),
          slide(in[3], pad.left, pad.right, columns, layer_.stride[1])};
}

void LayerCheck::check_product(const ProductRule& rule) const {
  const ProgramTensor& x = rule.input;
  const ProgramTensor& w = rule.weights;
  if (w.axis && *w.axis != rule.channel_axis) {
    fail(fmt::format("weights '{}' have scales along axis {}; the outputs run along axis {}",
                     w.name, *w.axis, rule.channel_axis));
  }
  if (!x.is_float() && rule.padded && std::nearbyint(x.zero_point) != x.zero_point) {
    fail(
        fmt::format("input '{}' is padded, but its zero_point {} is fractional: no code stands "
                    "for the padding's 0",
                    x.name, x.zero_point));
  }
  if (x.is_float() || w.is_float()) {
    return;
  }
  if (w.kind != TensorKind::midrise && std::nearbyint(w.zero_point) != w.zero_point) {
    fail(
        fmt::format("weights '{}' have the fractional zero_point {}; kind midrise is the only "
                    "fractional one for weights",
                    w.name, w.zero_point));
  }
  const double largest =
      operand_magnitude(x, false) * operand_magnitude(w, true) * static_cast<double>(rule.terms);
  if (!(largest < 0x1.0p62)) {
    fail(fmt::format("{} products of {} by {} bits can overflow a 63-bit accumulator", rule.terms,
                     x.bits, w.bits));
  }
}

void validate_layer(const Program& program, const LayerEntry& layer, const SourceSpot& spot) {
  const LayerCheck check{program, layer, spot};
  check_arity(check);
  for (const std::string& name : layer.inputs) {
    check_map(check, check.tensor(name));
  }
  check_map(check, check.output());
  format_of(layer.op).check(check);
}

}  // namespace turnpike::traces
