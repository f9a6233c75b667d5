#include "models/operands.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "models/integer_convolution.hpp"
#include "sim/base/error.hpp"
#include "traces/arithmetic.hpp"

namespace turnpike::models {
namespace {

using traces::TensorDeclaration;
using traces::TensorKind;
using traces::TensorView;

/// Calls `use` with a zero of the smallest integer type that holds [low, high].
template <class Use>
auto with_integer_type(std::int64_t low, std::int64_t high, Use use) {
  const auto holds = [&](auto zero) {
    using T = decltype(zero);
    return low >= static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
           high <= static_cast<std::int64_t>(std::numeric_limits<T>::max());
  };
  if (low >= 0) {
    if (holds(std::uint8_t{0})) {
      return use(std::uint8_t{0});
    }
    return holds(std::uint16_t{0}) ? use(std::uint16_t{0}) : use(std::uint32_t{0});
  }
  if (holds(std::int8_t{0})) {
    return use(std::int8_t{0});
  }
  return holds(std::int16_t{0}) ? use(std::int16_t{0}) : use(std::int32_t{0});
}

bool integral(double value) {
  return std::nearbyint(value) == value;
}

/// Index of an element along `axis`: (i / inner) % extent.
struct AxisWalk {
  std::int64_t inner = 1;
  std::int64_t extent = 1;

  AxisWalk(const TensorShape& shape, int axis) {
    extent = shape.at(static_cast<std::size_t>(axis));
    for (std::size_t i = static_cast<std::size_t>(axis) + 1; i < shape.size(); ++i) {
      inner *= shape[i];
    }
  }
  [[nodiscard]] std::size_t at(std::size_t i) const {
    return static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % extent);
  }
};

/// Largest sum of |weight| over a filter.
std::int64_t largest_filter(const IntegerOperand& weights, std::int64_t filters) {
  return weights.tensor.data.visit([&](const auto& codes) {
    const std::size_t fan_in = codes.size() / static_cast<std::size_t>(filters);
    std::int64_t largest = 0;
    for (std::size_t begin = 0; begin < codes.size(); begin += fan_in) {
      std::int64_t sum = 0;
      for (std::size_t i = begin; i < begin + fan_in; ++i) {
        sum += std::abs(weights.gain * static_cast<std::int64_t>(codes[i]) + weights.offset);
      }
      largest = std::max(largest, sum);
    }
    return largest;
  });
}

template <class T>
std::vector<T> operand_values(const IntegerOperand& operand) {
  return operand.tensor.data.visit([&](const auto& codes) {
    std::vector<T> values(codes.size());
    const auto gain = static_cast<T>(operand.gain);
    const auto offset = static_cast<T>(operand.offset);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      values[i] = static_cast<T>(codes[i]) * gain + offset;
    }
    return values;
  });
}

std::int64_t largest_magnitude(const IntegerOperand& operand) {
  return operand.tensor.data.visit([&](const auto& codes) {
    if (codes.empty()) {
      return std::int64_t{0};
    }
    auto low = codes[0];
    auto high = codes[0];
    for (const auto code : codes) {
      low = std::min(low, code);
      high = std::max(high, code);
    }
    const auto of = [&](auto code) {
      return std::abs(operand.gain * static_cast<std::int64_t>(code) + operand.offset);
    };
    return std::max(of(low), of(high));
  });
}

template <class T>
std::vector<T> sums(const ConvShape& shape, const IntegerOperand& activation,
                    const IntegerOperand& weights) {
  std::vector<T> out(static_cast<std::size_t>(shape.outputs()));
  const std::vector<T> ifmap = operand_values<T>(activation);
  const std::vector<T> filter = operand_values<T>(weights);
  ensure(static_cast<std::int64_t>(ifmap.size()) ==
                 shape.batch * shape.channels * shape.rows * shape.columns &&
             static_cast<std::int64_t>(filter.size()) == shape.filters * shape.fan_in(),
         "operands have the sizes of their layer");
  convolve<T>(shape, ifmap.data(), filter.data(), out.data());
  return out;
}

/// Sum of the operand over each filter.
std::vector<double> filter_sums(const IntegerOperand& weights, std::int64_t filters) {
  const std::vector<std::int64_t> values = operand_values<std::int64_t>(weights);
  const std::size_t fan_in = values.size() / static_cast<std::size_t>(filters);
  std::vector<double> totals;
  for (std::size_t begin = 0; begin < values.size(); begin += fan_in) {
    std::int64_t sum = 0;
    for (std::size_t i = begin; i < begin + fan_in; ++i) {
      sum += values[i];
    }
    totals.push_back(static_cast<double>(sum));
  }
  return totals;
}

/// Sums of 8-bit codes in 32 bits, where the machine is fast at that and the operands are such.
std::optional<std::vector<std::int32_t>> sums_of_bytes(const ConvShape& shape,
                                                       const IntegerOperand& activation,
                                                       const IntegerOperand& weights) {
  const TensorDeclaration& x = activation.tensor.declared;
  const bool bytes =
      weights.tensor.data.holds<std::int8_t>() ||
      (weights.tensor.data.holds<std::uint8_t>() && weights.tensor.declared.bits < 8);
  if (!has_byte_sums(shape) || x.bits > 8 || !bytes || !x.has_zero() ||
      255.0 * static_cast<double>(largest_filter(weights, shape.filters)) >= 0x1.0p31) {
    return std::nullopt;
  }
  const std::int64_t shift = x.is_signed ? 128 : 0;
  const std::vector<std::uint8_t> ifmap = activation.tensor.data.visit([&](const auto& codes) {
    std::vector<std::uint8_t> values(codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      values[i] = static_cast<std::uint8_t>(static_cast<int>(codes[i]) + static_cast<int>(shift));
    }
    return values;
  });
  const std::vector<std::int32_t> filter = operand_values<std::int32_t>(weights);
  const auto [low, high] = std::minmax_element(filter.begin(), filter.end());
  const ByteConvolution convolution{
      .shape = shape, .shift = shift, .zero = static_cast<std::int64_t>(x.zero_point)};
  if (*low >= -128 && *high <= 127) {
    return byte_sums(convolution, ifmap, {filter.begin(), filter.end()});
  }
  if (shape.groups != 1 || weights.gain == 1) {
    return std::nullopt;
  }
  // 8-bit mid-rise: gain * (sum of codes) + offset * (sum of activations), a filter of ones.
  ConvShape wider = shape;
  ++wider.filters;
  std::vector<std::int8_t> codes = weights.tensor.data.converted<std::int8_t>();
  codes.resize(codes.size() + static_cast<std::size_t>(shape.fan_in()), 1);
  const std::vector<std::int32_t> found =
      byte_sums({.shape = wider, .shift = shift, .zero = convolution.zero}, ifmap, codes);
  std::vector<std::int32_t> out(static_cast<std::size_t>(shape.outputs()));
  const auto positions = static_cast<std::size_t>(shape.out_positions());
  const auto filters = static_cast<std::size_t>(shape.filters);
  for (std::size_t n = 0; n < static_cast<std::size_t>(shape.batch); ++n) {
    const std::int32_t* const from = found.data() + n * (filters + 1) * positions;
    const std::int32_t* const ones = from + filters * positions;
    for (std::size_t i = 0; i < filters * positions; ++i) {
      out[n * filters * positions + i] =
          static_cast<std::int32_t>(weights.gain) * from[i] +
          static_cast<std::int32_t>(weights.offset) * ones[i % positions];
    }
  }
  return out;
}

constexpr double kExactFloat = 0x1.0p24;
constexpr double kExactDouble = 0x1.0p53;

void check_bound(double bound, const IntegerOperand& weights) {
  if (bound >= 0x1.0p62) {
    throw InputError{{.file = weights.tensor.declared.name},
                     "sums of products of these weights exceed 62 bits"};
  }
}

/// Calls `use` with the sums in the cheapest exact type.
template <class Use>
auto with_sums(const ConvShape& shape, const IntegerOperand& activation,
               const IntegerOperand& weights, Use use) {
  const double bound = static_cast<double>(largest_magnitude(activation)) *
                       static_cast<double>(largest_filter(weights, shape.filters));
  check_bound(bound, weights);
  if (const auto found = sums_of_bytes(shape, activation, weights)) {
    return use(*found);
  }
  if (bound < kExactFloat) {
    return use(sums<float>(shape, activation, weights));
  }
  if (bound < kExactDouble) {
    return use(sums<double>(shape, activation, weights));
  }
  return use(sums<std::int64_t>(shape, activation, weights));
}

/// What a sum of each output is worth: (sum - correction) * scale.
struct OutputScales {
  std::vector<double> scale;
  std::vector<double> correction;  ///< empty for none

  OutputScales(std::vector<double> scales, std::vector<double> corrections)
      : scale{std::move(scales)}, correction{std::move(corrections)} {}
  OutputScales(const ConvShape& shape, const TensorDeclaration& x, const IntegerOperand& weights) {
    const TensorDeclaration& w = weights.tensor.declared;
    const bool corrected = !integral(x.zero_point);
    ensure(!(corrected && shape.pad != traces::Padding{}),
           "a fractional zero point has no code to pad with");
    for (std::size_t m = 0; m < static_cast<std::size_t>(shape.filters); ++m) {
      const double product = x.scale.at(0) * w.scale.at(w.scale.size() > 1 ? m : 0);
      scale.push_back(w.kind == TensorKind::midrise ? product * 0.5 : product);
    }
    if (corrected) {
      correction = filter_sums(weights, shape.filters);
      for (double& sum : correction) {
        sum *= x.zero_point;
      }
    }
  }

  template <class T>
  [[nodiscard]] std::vector<double> real(const ConvShape& shape, const std::vector<T>& sums) const {
    std::vector<double> out(sums.size());
    const auto positions = static_cast<std::size_t>(shape.out_positions());
    const auto filters = static_cast<std::size_t>(shape.filters);
    for (std::size_t plane = 0; plane * positions < sums.size(); ++plane) {
      const std::size_t m = plane % filters;
      const double by = scale[m];
      const double less = correction.empty() ? 0.0 : correction[m];
      for (std::size_t i = plane * positions; i < (plane + 1) * positions; ++i) {
        out[i] = (static_cast<double>(sums[i]) - less) * by;
      }
    }
    return out;
  }
};

}  // namespace

std::vector<double> real_values(const TensorView& tensor) {
  const TensorDeclaration& declared = tensor.declared;
  if (declared.is_float()) {
    return tensor.data.converted<double>();
  }
  return tensor.data.visit([&](const auto& codes) {
    std::vector<double> values(codes.size());
    if (declared.axis && declared.scale.size() > 1) {
      const AxisWalk walk{tensor.data.shape(), *declared.axis};
      for (std::size_t i = 0; i < codes.size(); ++i) {
        values[i] = traces::dequantize(static_cast<double>(codes[i]), declared.scale.at(walk.at(i)),
                                       declared.zero_point);
      }
      return values;
    }
    const double scale = declared.scale.at(0);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      values[i] = traces::dequantize(static_cast<double>(codes[i]), scale, declared.zero_point);
    }
    return values;
  });
}

Tensor stored(const TensorDeclaration& tensor, const std::vector<double>& values, TensorShape shape,
              bool single) {
  if (tensor.is_float() && single) {
    return Tensor{std::move(shape), std::vector<float>(values.begin(), values.end())};
  }
  if (tensor.is_float()) {
    return Tensor{std::move(shape), values};
  }
  return with_integer_type(tensor.min_code(), tensor.max_code(), [&](auto zero) {
    using Code = decltype(zero);
    std::vector<Code> codes(values.size());
    const auto low = static_cast<double>(tensor.min_code());
    const auto high = static_cast<double>(tensor.max_code());
    const double zero_point = tensor.zero_point;
    if (tensor.axis && tensor.scale.size() > 1) {
      const AxisWalk walk{shape, *tensor.axis};
      for (std::size_t i = 0; i < codes.size(); ++i) {
        codes[i] =
            static_cast<Code>(traces::quantize(values[i], tensor.scale.at(walk.at(i)), zero_point,
                                               tensor.min_code(), tensor.max_code()));
      }
      return Tensor{std::move(shape), std::move(codes)};
    }
    const double scale = tensor.scale.at(0);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      // traces::quantize without its branches, so that it vectorises.
      double code = traces::round_half_even(values[i] / scale + zero_point);
      code = code > low ? code : low;  // NaN too
      codes[i] = static_cast<Code>(static_cast<std::int64_t>(code < high ? code : high));
    }
    return Tensor{std::move(shape), std::move(codes)};
  });
}

IntegerOperand activation_operand(const TensorView& tensor) {
  const TensorDeclaration& declared = tensor.declared;
  ensure(!declared.is_float(), fmt::format("tensor '{}' has integer codes", declared.name));
  return {
      .tensor = tensor,
      .offset = integral(declared.zero_point) ? -static_cast<std::int64_t>(declared.zero_point) : 0,
      .gain = 1};
}

IntegerOperand weight_operand(const TensorView& tensor) {
  if (tensor.declared.kind == TensorKind::midrise) {
    return {.tensor = tensor, .offset = 1, .gain = 2};
  }
  ensure(integral(tensor.declared.zero_point),
         fmt::format("weights '{}' have an integral zero point", tensor.declared.name));
  return activation_operand(tensor);
}

std::vector<std::int64_t> integer_sums(const ConvShape& shape, const IntegerOperand& activation,
                                       const IntegerOperand& weights) {
  return with_sums(shape, activation, weights, [](const auto& found) {
    return std::vector<std::int64_t>(found.begin(), found.end());
  });
}

std::vector<double> real_sums(const ConvShape& shape, const IntegerOperand& activation,
                              const IntegerOperand& weights) {
  const OutputScales scales{shape, activation.tensor.declared, weights};
  return with_sums(shape, activation, weights,
                   [&](const auto& found) { return scales.real(shape, found); });
}

PreparedProduct::PreparedProduct(const ConvShape& shape, const TensorDeclaration& activation,
                                 const IntegerOperand& weights)
    : shape_{shape}, activation_{activation} {
  const Tensor none;
  const IntegerOperand operand = activation_operand({activation_, none});
  const auto magnitude = [&](std::int64_t code) {
    return std::abs(static_cast<double>(code + operand.offset));
  };
  const double bound =
      std::max(magnitude(activation.min_code()), magnitude(activation.max_code())) *
      static_cast<double>(largest_filter(weights, shape.filters));
  check_bound(bound, weights);
  if (bound < kExactFloat) {
    filter_ = operand_values<float>(weights);
  } else if (bound < kExactDouble) {
    filter_ = operand_values<double>(weights);
  } else {
    filter_ = operand_values<std::int64_t>(weights);
  }
  OutputScales scales{shape, activation, weights};
  scale_ = std::move(scales.scale);
  correction_ = std::move(scales.correction);
}

std::vector<double> PreparedProduct::of(const Tensor& codes) const {
  const OutputScales scales{scale_, correction_};
  return std::visit(
      [&](const auto& filter) {
        using T = typename std::decay_t<decltype(filter)>::value_type;
        const std::vector<T> ifmap = operand_values<T>(activation_operand({activation_, codes}));
        std::vector<T> out(static_cast<std::size_t>(shape_.outputs()));
        convolve<T>(shape_, ifmap.data(), filter.data(), out.data());
        return scales.real(shape_, out);
      },
      filter_);
}

}  // namespace turnpike::models
