#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

/// One layer and its tensors, with messages that name both.
class LayerCheck {
 public:
  LayerCheck(const Trace& trace, const Shapes& shapes, const LayerEntry& layer,
             const SourceSpot& spot)
      : trace_{trace}, shapes_{shapes}, layer_{layer}, spot_{spot} {}

  void run() {
    check_arity();
    switch (layer_.op) {
      case Op::conv:
        return conv();
      case Op::fc:
        return fc();
      case Op::lstm:
      case Op::gru:
        return recurrent();
      case Op::add:
        return add();
      case Op::maxpool:
      case Op::avgpool:
        return pool();
      case Op::concat:
        return concat();
      case Op::mul:
        expect_shape(input(1), shape(input()), "the shape of the first input");
        [[fallthrough]];
      case Op::quantize:
        return expect_shape(output(), shape(input()), "the shape of the input");
    }
  }

 private:
  [[noreturn]] void fail(std::string_view message) const { fail_layer(layer_, spot_, message); }

  [[nodiscard]] const TensorEntry& input(std::size_t index = 0) const {
    return trace_.tensor(layer_.inputs.at(index));
  }
  [[nodiscard]] const TensorEntry& weights(std::size_t index = 0) const {
    return trace_.tensor(layer_.weights.at(index));
  }
  [[nodiscard]] const TensorEntry& output() const { return trace_.tensor(layer_.output); }
  [[nodiscard]] const TensorShape& shape(const TensorEntry& tensor) const {
    return shapes_.at(tensor.name);
  }

  void expect_shape(const TensorEntry& tensor, const TensorShape& wanted,
                    std::string_view why) const {
    if (shape(tensor) != wanted) {
      fail(fmt::format("tensor '{}' has shape {}, expected {} ({})", tensor.name,
                       to_string(shape(tensor)), to_string(wanted), why));
    }
  }

  /// As expect_shape, but [N][C][1][1] will do for [N][C].
  void expect_vectors(const TensorEntry& tensor, std::int64_t channels,
                      std::string_view why) const {
    const std::int64_t rows = shape(input()).at(0);
    if (shape(tensor) != TensorShape{rows, channels, 1, 1}) {
      expect_shape(tensor, {rows, channels}, why);
    }
  }

  void expect_rank(const TensorEntry& tensor, std::size_t rank, std::string_view order) const {
    if (shape(tensor).size() != rank) {
      fail(fmt::format("tensor '{}' has shape {}, expected {}", tensor.name,
                       to_string(shape(tensor)), order));
    }
  }

  void check_arity() const {
    static constexpr std::size_t kAny = 1000000;
    const bool pair = layer_.op == Op::add || layer_.op == Op::mul || is_recurrent();
    const std::size_t least = pair || layer_.op == Op::concat ? 2 : 1;
    const std::size_t most = layer_.op == Op::concat ? kAny : least;
    if (layer_.inputs.size() < least || layer_.inputs.size() > most) {
      fail(fmt::format("op {} takes {}{} input{}, not {}", to_string(layer_.op),
                       most == kAny ? "at least " : "", least, least == 1 ? "" : "s",
                       layer_.inputs.size()));
    }
    const std::size_t operands = is_recurrent()                                 ? 2
                                 : layer_.op == Op::conv || layer_.op == Op::fc ? 1
                                                                                : 0;
    if (layer_.weights.size() != operands) {
      fail(fmt::format("op {} takes {} weight tensor{}, not {}", to_string(layer_.op), operands,
                       operands == 1 ? "" : "s", layer_.weights.size()));
    }
    for (const std::string& name : layer_.inputs) {
      check_map(trace_.tensor(name));
    }
    check_map(output());
  }

  /// A feature map: one scale, and the batch as its first extent (layout NCHW).
  void check_map(const TensorEntry& tensor) const {
    if (tensor.axis) {
      fail(fmt::format("tensor '{}' has a scale per index of axis {}; only weights may",
                       tensor.name, *tensor.axis));
    }
    if (shape(tensor).size() < 2) {
      fail(fmt::format("tensor '{}' has shape {}, expected at least two extents ({})", tensor.name,
                       to_string(shape(tensor)), trace_.layout));
    }
    if (trace_.layout == "NCHW" && shape(tensor)[0] != trace_.batch) {
      fail(fmt::format("tensor '{}' has shape {}, but the trace's batch is {}", tensor.name,
                       to_string(shape(tensor)), trace_.batch));
    }
  }

  [[nodiscard]] bool is_recurrent() const { return layer_.op == Op::lstm || layer_.op == Op::gru; }
  [[nodiscard]] bool padded() const { return layer_.pad != Padding{}; }

  /// Outputs of a window that slides over one axis.
  [[nodiscard]] std::int64_t slide(std::int64_t extent, std::int64_t before, std::int64_t after,
                                   std::int64_t window, std::int64_t stride) const {
    const std::int64_t room = extent + before + after - window;
    if (room < 0) {
      fail(fmt::format("a window of {} does not fit {} values padded by {} and {}", window, extent,
                       before, after));
    }
    return room / stride + 1;
  }

  [[nodiscard]] TensorShape windowed(std::int64_t channels, std::int64_t rows,
                                     std::int64_t columns) const {
    const TensorShape& in = shape(input());
    const Padding& pad = layer_.pad;
    return {in[0], channels, slide(in[2], pad.top, pad.bottom, rows, layer_.stride[0]),
            slide(in[3], pad.left, pad.right, columns, layer_.stride[1])};
  }

  void conv() const {
    expect_rank(input(), 4, "[N, C, H, W]");
    expect_rank(weights(), 4, "[filters, channels / groups, rows, columns]");
    const TensorShape& filter = shape(weights());
    const std::int64_t channels = shape(input())[1];
    if (filter[1] * layer_.groups != channels || filter[0] % layer_.groups != 0) {
      fail(
          fmt::format("weights '{}' of shape {} in {} group{} do not match input '{}' of {} "
                      "channels",
                      weights().name, to_string(filter), layer_.groups,
                      layer_.groups == 1 ? "" : "s", input().name, channels));
    }
    expect_shape(output(), windowed(filter[0], filter[2], filter[3]),
                 "from the input, the weights, stride and pad");
    validate_product({.input = &input(),
                      .weights = &weights(),
                      .terms = filter[1] * filter[2] * filter[3],
                      .channel_axis = 0,
                      .padded = padded()},
                     layer_, spot_);
  }

  void fc() const {
    expect_rank(weights(), 2, "[outputs, inputs]");
    const TensorShape& matrix = shape(weights());
    const std::int64_t values = element_count(shape(input())) / shape(input())[0];
    if (matrix[1] != values) {
      fail(fmt::format("weights '{}' of shape {} do not match input '{}' of {} values per image",
                       weights().name, to_string(matrix), input().name, values));
    }
    expect_vectors(output(), matrix[0], "one value per row of the weights");
    validate_product({.input = &input(),
                      .weights = &weights(),
                      .terms = matrix[1],
                      .channel_axis = 0,
                      .padded = false},
                     layer_, spot_);
  }

  void check_gate_order() const {
    const std::string& order = layer_.recurrent->gate_order;
    const std::string_view wanted = layer_.op == Op::lstm ? "f,g,i,o" : "r,z,n";
    bool good = order.size() == wanted.size() &&
                std::is_permutation(order.begin(), order.end(), wanted.begin());
    for (std::size_t i = 1; good && i < order.size(); i += 2) {
      good = order[i] == ',';
    }
    if (!good) {
      fail(fmt::format("gate_order '{}' is no permutation of '{}'", order, wanted));
    }
  }

  void recurrent() const {
    if (trace_.layout != "TC") {
      fail(fmt::format("op {} needs layout TC, not {}", to_string(layer_.op), trace_.layout));
    }
    check_gate_order();
    const Recurrent& cell = *layer_.recurrent;
    const std::int64_t gates = (layer_.op == Op::lstm ? 4 : 3) * cell.hidden;
    expect_rank(input(), 2, "[steps, inputs]");
    expect_shape(input(), {cell.steps, shape(input())[1]}, "[steps, inputs]");
    expect_shape(input(1), {cell.steps, cell.hidden}, "[steps, hidden], h of the step before");
    expect_shape(weights(0), {shape(input())[1], gates}, "[inputs, gates * hidden]");
    expect_shape(weights(1), {cell.hidden, gates}, "[hidden, gates * hidden]");
    expect_shape(output(), {cell.steps, cell.hidden}, "[steps, hidden]");
    const auto expect_optional = [this](const std::string& name, const TensorShape& wanted,
                                        std::string_view why) {
      if (!name.empty()) {
        expect_shape(trace_.tensor(name), wanted, why);
      }
    };
    expect_optional(cell.bias, {gates}, "[gates * hidden]");
    expect_optional(cell.preact, {cell.steps, gates}, "[steps, gates * hidden]");
    expect_optional(cell.gates, {cell.steps, gates}, "[steps, gates * hidden]");
    expect_optional(cell.cell, {cell.steps, cell.hidden}, "[steps, hidden]");
    for (const std::string& name : {cell.bias, cell.preact}) {
      if (!name.empty() && !trace_.tensor(name).is_float()) {
        fail(fmt::format("tensor '{}' must be of kind float", name));
      }
    }
    for (std::size_t i = 0; i < 2; ++i) {
      validate_product({.input = &input(i),
                        .weights = &weights(i),
                        .terms = shape(weights(i))[0],
                        .channel_axis = 1,
                        .padded = false},
                       layer_, spot_);
    }
  }

  void add() const {
    const TensorShape& out = shape(input());
    expect_shape(output(), out, "the shape of the first input");
    const SkipEdge skip = layer_.skip.value_or(SkipEdge{});
    TensorShape edge = shape(input(1));
    if (skip.stride != 1 || skip.channel_pad != 0) {
      expect_rank(input(1), 4, "[N, C, H, W]");
      expect_rank(input(), 4, "[N, C, H, W]");
      for (const std::size_t axis : {std::size_t{2}, std::size_t{3}}) {
        edge[axis] = (edge[axis] + skip.stride - 1) / skip.stride;
      }
      const std::int64_t missing = out[1] - edge[1];
      if (missing == skip.channel_pad || missing == 2 * std::int64_t{skip.channel_pad}) {
        edge[1] = out[1];
      }
    }
    if (edge != out) {
      fail(
          fmt::format("input '{}' of shape {} with skip stride {} and channel_pad {} does not "
                      "match input '{}' of shape {}",
                      input(1).name, to_string(shape(input(1))), skip.stride, skip.channel_pad,
                      input().name, to_string(out)));
    }
  }

  void pool() const {
    expect_rank(input(), 4, "[N, C, H, W]");
    const std::int64_t channels = shape(input())[1];
    if (layer_.kernel[0] == 0) {
      return expect_vectors(output(), channels, "a global pool");
    }
    const auto [rows, columns] = layer_.kernel;
    if (std::max(layer_.pad.top, layer_.pad.bottom) >= rows ||
        std::max(layer_.pad.left, layer_.pad.right) >= columns) {
      fail(fmt::format("pad must be less than the kernel ({} x {})", rows, columns));
    }
    expect_shape(output(), windowed(channels, rows, columns),
                 "from the input, kernel, stride and pad");
  }

  void concat() const {
    TensorShape sum = shape(input());
    for (std::size_t i = 1; i < layer_.inputs.size(); ++i) {
      TensorShape other = shape(input(i));
      sum[1] += other[1];
      other[1] = shape(input())[1];
      if (other != shape(input())) {
        fail(fmt::format("inputs '{}' and '{}' of shapes {} and {} differ beyond the channels",
                         input().name, input(i).name, to_string(shape(input())),
                         to_string(shape(input(i)))));
      }
    }
    expect_shape(output(), sum, "the channels of all inputs");
  }

  const Trace& trace_;
  const Shapes& shapes_;
  const LayerEntry& layer_;
  const SourceSpot& spot_;
};

/// Largest magnitude of an operand: |q - zero_point|, |2q + 1|, or |q| if the zero point is
/// fractional (its part is added after the accumulator).
double operand_magnitude(const TensorEntry& tensor, bool is_weight) {
  if (is_weight && tensor.kind == TensorKind::midrise) {
    return std::ldexp(1.0, tensor.bits);
  }
  const bool integral = std::nearbyint(tensor.zero_point) == tensor.zero_point;
  const double zero = integral ? tensor.zero_point : 0.0;
  return std::max(std::fabs(static_cast<double>(tensor.min_code()) - zero),
                  std::fabs(static_cast<double>(tensor.max_code()) - zero));
}

}  // namespace

void validate_layer(const Trace& trace, const Shapes& shapes, const LayerEntry& layer,
                    const SourceSpot& spot) {
  LayerCheck{trace, shapes, layer, spot}.run();
}

void validate_product(const ProductRule& rule, const LayerEntry& layer, const SourceSpot& spot) {
  const TensorEntry& input = *rule.input;
  const TensorEntry& weights = *rule.weights;
  if (weights.axis && *weights.axis != rule.channel_axis) {
    fail_layer(layer, spot,
               fmt::format("weights '{}' have scales along axis {}; the outputs run along axis {}",
                           weights.name, *weights.axis, rule.channel_axis));
  }
  if (!input.is_float() && rule.padded && std::nearbyint(input.zero_point) != input.zero_point) {
    fail_layer(layer, spot,
               fmt::format("input '{}' is padded, but its zero_point {} is fractional: no code "
                           "stands for the padding's 0",
                           input.name, input.zero_point));
  }
  if (input.is_float() || weights.is_float()) {
    return;
  }
  if (weights.kind != TensorKind::midrise &&
      std::nearbyint(weights.zero_point) != weights.zero_point) {
    fail_layer(layer, spot,
               fmt::format("weights '{}' have the fractional zero_point {}; kind "
                           "midrise is the only fractional one for weights",
                           weights.name, weights.zero_point));
  }
  const double largest = operand_magnitude(input, false) * operand_magnitude(weights, true) *
                         static_cast<double>(rule.terms);
  if (!(largest < 0x1.0p62)) {
    fail_layer(layer, spot,
               fmt::format("{} products of {} by {} bits can overflow a 63-bit "
                           "accumulator",
                           rule.terms, input.bits, weights.bits));
  }
}

}  // namespace turnpike::traces
