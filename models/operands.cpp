#include "models/operands.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

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

/// Calls `use` with the sums in the cheapest exact type.
template <class Use>
auto with_sums(const ConvShape& shape, const IntegerOperand& activation,
               const IntegerOperand& weights, Use use) {
  const double bound = static_cast<double>(largest_magnitude(activation)) *
                       static_cast<double>(largest_filter(weights, shape.filters));
  if (bound < 0x1.0p24) {
    return use(sums<float>(shape, activation, weights));
  }
  if (bound < 0x1.0p53) {
    return use(sums<double>(shape, activation, weights));
  }
  if (bound >= 0x1.0p62) {
    throw InputError{{.file = weights.tensor.declared.name},
                     "sums of products of these weights exceed 62 bits"};
  }
  return use(sums<std::int64_t>(shape, activation, weights));
}

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
  const TensorDeclaration& x = activation.tensor.declared;
  const TensorDeclaration& w = weights.tensor.declared;
  const bool corrected = !integral(x.zero_point);
  const bool padded = shape.pad != traces::Padding{};
  ensure(!(corrected && padded), "a fractional zero point has no code to pad with");
  const std::vector<double> totals =
      corrected ? filter_sums(weights, shape.filters) : std::vector<double>{};
  return with_sums(shape, activation, weights, [&](const auto& found) {
    std::vector<double> out(found.size());
    const auto positions = static_cast<std::size_t>(shape.out_positions());
    const auto filters = static_cast<std::size_t>(shape.filters);
    for (std::size_t plane = 0; plane * positions < found.size(); ++plane) {
      const std::size_t m = plane % filters;
      double scale = x.scale.at(0) * w.scale.at(w.scale.size() > 1 ? m : 0);
      if (w.kind == TensorKind::midrise) {
        scale *= 0.5;
      }
      const double correction = corrected ? x.zero_point * totals[m] : 0.0;
      for (std::size_t i = plane * positions; i < (plane + 1) * positions; ++i) {
        out[i] = (static_cast<double>(found[i]) - correction) * scale;
      }
    }
    return out;
  });
}

}  // namespace turnpike::models
