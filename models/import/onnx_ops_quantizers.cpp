// QuantizeLinear and DequantizeLinear; QONNX's Quant, IntQuant, BipolarQuant, MultiThreshold.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/import/onnx_quantizers.hpp"
#include "sim/base/printable.hpp"

namespace turnpike::models::onnx {
namespace {

constexpr std::array<std::string_view, 3> kQonnxDomains = {
    "qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"};

bool is_qonnx(const Node& node) {
  return std::find(kQonnxDomains.begin(), kQonnxDomains.end(), node.domain) != kQonnxDomains.end();
}

void check_scale(OnnxImport& import, const Node& node, const StatedGrid& grid) {
  for (const double scale : grid.scale) {
    if (!(scale > 0.0) || !std::isfinite(scale)) {
      import.fail(node, fmt::format("has the scale {}, which is not positive", scale));
    }
  }
}

/// The one axis along which the scales of a constant differ; FileError if there are more.
std::size_t scale_axis(OnnxImport& import, const Node& node, const TensorShape& scales,
                       const TensorShape& values) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    const std::size_t at = values.size() - scales.size() + i;
    if (scales[i] == 1) {
      continue;
    }
    if (found || at >= values.size() || scales[i] != values[at]) {
      import.fail(node, fmt::format("has scales of shape {} for values of shape {}",
                                    to_string(scales), to_string(values)));
    }
    found = at;
  }
  return found.value_or(0);
}

/// Values of a constant put on a grid.
Value on_grid(const Value& from, StatedGrid grid, std::size_t axis,
              const std::function<double(double, std::size_t)>& quantize) {
  const TensorShape& shape = from.constant->data.shape();
  std::int64_t inner = 1;
  for (std::size_t d = axis + 1; d < shape.size(); ++d) {
    inner *= shape[d];
  }
  std::vector<double> values = from.constant->data.converted<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t channel =
        grid.scale.size() == 1
            ? 0
            : static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner) % grid.scale.size();
    values[i] = quantize(values[i], channel);
  }
  Value out{.shape = shape,
            .constant = Constant{Tensor{shape, std::vector<float>(values.begin(), values.end())}},
            .at = {},
            .grid = std::move(grid),
            .grid_axis = axis,
            .origin = from.origin};
  return out;
}

void quantize_linear(OnnxImport& import, const Node& node) {
  const StatedGrid grid = integer_grid(import, node, 1);
  if (import.input(node).codes) {
    import.fail(node, "quantizes codes");
  }
  quantize_value(import, node, import.input(node), grid, true);
}

void dequantize_linear(OnnxImport& import, const Node& node) {
  const Value x = import.input(node);
  if (!x.codes || !x.grid) {
    import.fail(node, "reads no codes of a QuantizeLinear");
  }
  const StatedGrid grid = integer_grid(import, node, 1);
  if (grid.scale != x.grid->scale || grid.zero_point != x.grid->zero_point) {
    import.fail(node, "has another scale or zero point than the QuantizeLinear before it");
  }
  Value value = x;
  value.codes = false;
  import.define(node, std::move(value));
}

struct QonnxGrid {
  StatedGrid grid;
  std::size_t axis = 0;
  std::string rounding;
};

QonnxGrid qonnx_grid(OnnxImport& import, const Node& node, const TensorShape& values) {
  QonnxGrid out;
  const Constant& scale = import.constant(node, 1, "the scale");
  out.grid.scale = scale.data.converted<double>();
  out.axis = out.grid.scale.size() > 1 ? scale_axis(import, node, scale.data.shape(), values) : 0;
  if (node.op == "BipolarQuant") {
    out.grid.kind = traces::TensorKind::midrise;
    out.grid.bits = 1;
    out.grid.zero_point = -0.5;
    for (double& each : out.grid.scale) {
      each *= 2.0;
    }
    check_scale(import, node, out.grid);
    return out;
  }
  const Attributes attributes = import.attributes(node);
  const std::vector<double> zeros = import.numbers(node, 2, "the zero point");
  for (const double zero : zeros) {
    if (zero != zeros[0]) {
      import.fail(node, "has zero points that differ");
    }
  }
  out.grid.zero_point = zeros.empty() ? 0.0 : zeros[0];
  const double bits = import.number(node, 3, 8.0, "the bit width");
  if (bits != std::nearbyint(bits) || bits < 1.0 || bits > 32.0) {
    import.fail(node, fmt::format("has {} bits, outside 1..32", bits));
  }
  const bool is_signed = attributes.integer("signed", 1) != 0;
  const bool narrow = attributes.integer("narrow", 0) != 0;
  const std::int64_t span = std::int64_t{1} << static_cast<int>(bits);
  const std::int64_t low = is_signed ? -span / 2 + (narrow ? 1 : 0) : 0;
  const std::int64_t high = is_signed ? span / 2 - 1 : span - 1 - (narrow ? 1 : 0);
  if (low >= high) {
    import.fail(node, fmt::format("has the codes {} to {} only", low, high));
  }
  out.grid.is_signed = is_signed;
  out.grid.bits = static_cast<int>(bits);
  if (narrow) {
    out.grid.codes = {low, high};
  }
  out.rounding = attributes.text("rounding_mode", "ROUND");
  std::transform(out.rounding.begin(), out.rounding.end(), out.rounding.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  check_scale(import, node, out.grid);
  return out;
}

void quant(OnnxImport& import, const Node& node) {
  const Value x = import.input(node);
  const QonnxGrid wanted = qonnx_grid(import, node, x.shape);
  if (wanted.grid.scale.size() > 1) {
    import.fail(node, "has a scale per channel of an activation; one scale is supported");
  }
  if (!wanted.rounding.empty() && wanted.rounding != "ROUND" && wanted.rounding != "HALF_EVEN") {
    import.fail(node, fmt::format("rounds activations by {}; ROUND is supported",
                                  printable(wanted.rounding)));
  }
  quantize_value(import, node, x, wanted.grid, false);
}

/// Each value becomes out_scale * (number of its channel's thresholds it reaches) + out_bias.
void multi_threshold(OnnxImport& import, const Node& node) {
  const Value x = import.input(node);
  const Constant& thresholds = import.constant(node, 1, "the thresholds");
  const Attributes attributes = import.attributes(node);
  const double scale = attributes.number("out_scale", 1.0);
  const double bias = attributes.number("out_bias", 0.0);
  const TensorShape& shape = thresholds.data.shape();
  if (x.codes || shape.size() != 2 || shape[1] < 1 || shape[1] > 65535 || !(scale > 0.0)) {
    import.fail(node,
                fmt::format("has thresholds of shape {} and the scale {}; [channels, 1..65535] "
                            "and a positive one are supported",
                            to_string(shape), scale));
  }
  const std::string layout = attributes.text("data_layout", "NCHW");
  if (layout != "NCHW" && layout != "NC") {
    import.fail(node, fmt::format("its data_layout is '{}'", printable(layout)));
  }
  const std::string name = import.step_layer(node, x, true);
  Layer& layer = import.builder().network().layer(name);
  const std::int64_t channels = layer.output_channels();
  if (shape[0] != 1 && shape[0] != channels) {
    import.fail(node, fmt::format("has thresholds for {} channels of {}", shape[0], channels));
  }
  const std::vector<float> all = thresholds.data.converted<float>();
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto first = all.begin() + (shape[0] == 1 ? 0 : c) * shape[1];
    layer.thresholds.insert(layer.thresholds.end(), first, first + shape[1]);
    std::sort(layer.thresholds.end() - shape[1], layer.thresholds.end());
  }
  layer.count_scale = scale;
  layer.count_bias = bias;
  StatedGrid grid;
  set_code_range(grid, 0, shape[1]);
  grid.scale = {scale};
  grid.zero_point = -bias / scale;
  Value counted{.shape = x.shape, .constant = {}, .at = name, .grid = {}, .origin = {}};
  quantize_value(import, node, counted, grid, false);
}

double rounded(double value, const std::string& mode) {
  if (mode == "CEIL") {
    return std::ceil(value);
  }
  if (mode == "FLOOR") {
    return std::floor(value);
  }
  return mode == "ROUND_TO_ZERO" || mode == "DOWN" ? std::trunc(value) : std::nearbyint(value);
}

}  // namespace

void set_type_range(StatedGrid& grid, const Constant& of_type) {
  const Tensor& data = of_type.data;
  grid.is_signed =
      data.holds<std::int8_t>() || data.holds<std::int16_t>() || data.holds<std::int32_t>();
  grid.bits = of_type.bits != 0                                           ? of_type.bits
              : data.holds<std::int8_t>() || data.holds<std::uint8_t>()   ? 8
              : data.holds<std::int16_t>() || data.holds<std::uint16_t>() ? 16
                                                                          : 32;
}

StatedGrid integer_grid(OnnxImport& import, const Node& node, std::size_t scale) {
  StatedGrid grid;
  grid.scale = import.constant(node, scale, "the scale").data.converted<double>();
  grid.is_signed = false;
  if (grid.scale.empty()) {
    import.fail(node, "has no scale");
  }
  if (node.has_input(scale + 1)) {
    const Constant& zero = import.constant(node, scale + 1, "the zero point");
    if (zero.data.is_floating()) {
      import.fail(node, "has a zero point that is no integer (float8 codes?)");
    }
    set_type_range(grid, zero);
    const std::vector<double> all = zero.data.converted<double>();
    for (const double each : all) {
      if (each != all[0]) {
        import.fail(node, "has zero points that differ");
      }
    }
    grid.zero_point = all.empty() ? 0.0 : all[0];
  }
  check_scale(import, node, grid);
  return grid;
}

void quantize_value(OnnxImport& import, const Node& node, const Value& value,
                    const StatedGrid& grid, bool codes) {
  if (grid.scale.size() > 1) {
    import.fail(node, "has a scale per channel of an activation; one scale is supported");
  }
  const Value x = value;
  if (x.pad) {
    import.fail(node, "quantizes what a Pad makes; zeros stand before convolutions and pools only");
  }
  Layer layer;
  layer.op = traces::Op::quantize;
  layer.inputs = {import.any(node, x)};
  layer.grid = grid;
  const std::string name = import.add(std::move(layer), node);
  import.define(
      node,
      {.shape = x.shape, .constant = {}, .at = name, .codes = codes, .grid = grid, .origin = {}});
}

Value dequantized(OnnxImport& import, const Node& node, const Value& codes, const StatedGrid& grid,
                  std::int64_t axis) {
  StatedGrid stated = grid;
  set_type_range(stated, *codes.constant);
  std::size_t at = 0;
  if (stated.scale.size() > 1) {
    const auto found = axis_of(axis, codes.shape.size());
    if (!found || static_cast<std::int64_t>(stated.scale.size()) != codes.shape[*found]) {
      import.fail(node, fmt::format("has {} scales for axis {} of {}", stated.scale.size(), axis,
                                    to_string(codes.shape)));
    }
    at = *found;
  }
  return on_grid(codes, stated, at, [&stated](double code, std::size_t channel) {
    return stated.step(channel) * (code - stated.zero_point);
  });
}

std::optional<Value> quantized_constant(OnnxImport& import, const Node& node) {
  const bool linear = node.domain.empty();
  if (linear && node.op == "DequantizeLinear") {
    const Value& codes = import.input(node);
    if (codes.constant->data.is_floating()) {
      import.fail(node, "reads real values");
    }
    return dequantized(import, node, codes, integer_grid(import, node, 1),
                       import.attributes(node).integer("axis", 1));
  }
  if (linear && node.op == "QuantizeLinear") {
    const Value& x = import.input(node);
    const StatedGrid grid = integer_grid(import, node, 1);
    std::size_t axis = 0;
    if (grid.scale.size() > 1) {
      const auto found = axis_of(import.attributes(node).integer("axis", 1), x.shape.size());
      if (!found || static_cast<std::int64_t>(grid.scale.size()) != x.shape[*found]) {
        import.fail(node, "has scales that do not fit its axis");
      }
      axis = *found;
    }
    Value out = on_grid(x, grid, axis, [&grid](double value, std::size_t channel) {
      const double code = std::nearbyint(value / grid.step(channel)) + grid.zero_point;
      return std::clamp(code, static_cast<double>(grid.low()), static_cast<double>(grid.high()));
    });
    // Integers of the type the zero point has.
    std::vector<std::int32_t> codes = out.constant->data.converted<std::int32_t>();
    out.constant = Constant{smallest_integer_tensor(out.shape, codes, grid.low(), grid.high()),
                            grid.bits == 4 ? 4 : 0};
    out.grid.reset();
    return out;
  }
  if (!is_qonnx(node) ||
      (node.op != "Quant" && node.op != "IntQuant" && node.op != "BipolarQuant")) {
    return std::nullopt;
  }
  const Value& x = import.input(node);
  const QonnxGrid wanted = qonnx_grid(import, node, x.shape);
  const StatedGrid& grid = wanted.grid;
  if (grid.kind == traces::TensorKind::midrise) {
    return on_grid(x, grid, wanted.axis, [&grid](double value, std::size_t channel) {
      return value >= 0.0 ? 0.5 * grid.step(channel) : -0.5 * grid.step(channel);
    });
  }
  return on_grid(x, grid, wanted.axis, [&](double value, std::size_t channel) {
    const double code =
        std::clamp(rounded(value / grid.step(channel) + grid.zero_point, wanted.rounding),
                   static_cast<double>(grid.low()), static_cast<double>(grid.high()));
    return grid.step(channel) * (code - grid.zero_point);
  });
}

const std::vector<OnnxOperator>& quantizer_operators() {
  static const std::vector<OnnxOperator> list = [] {
    std::vector<OnnxOperator> all = {{"", "QuantizeLinear", 10, 23, quantize_linear},
                                     {"", "DequantizeLinear", 10, 23, dequantize_linear}};
    for (const std::string_view domain : kQonnxDomains) {
      all.push_back({domain, "Quant", 1, 2, quant});
      all.push_back({domain, "IntQuant", 1, 2, quant});
      all.push_back({domain, "BipolarQuant", 1, 2, quant});
      all.push_back({domain, "MultiThreshold", 1, 2, multi_threshold});
    }
    return all;
  }();
  return list;
}

}  // namespace turnpike::models::onnx
