#include "sim/accelerator/post/fixed_point.hpp"

#include <algorithm>
#include <cstdint>

#include "sim/accelerator/post/tensor_values.hpp"
#include "sim/base/error.hpp"

namespace turnpike::accelerator::post {
namespace {

using traces::LayerEntry;
using traces::Op;
using traces::Requantize;
using traces::TensorEntry;
using traces::Trace;

constexpr std::int64_t kLowest = -2147483648LL;
constexpr std::int64_t kHighest = 2147483647LL;

std::int64_t fit(std::int64_t x) {
  return x < kLowest ? kLowest : x > kHighest ? kHighest : x;
}

/// floor(x / 2^n + 1/2).
std::int64_t half_up(std::int64_t x, std::int64_t n) {
  const std::int64_t unit = std::int64_t{1} << n;
  const std::int64_t whole = x / unit - (x % unit < 0 ? 1 : 0);
  const std::int64_t rest = x - whole * unit;
  return 2 * rest >= unit ? whole + 1 : whole;
}

/// x / 2^n, the nearest integer, of two equally near ones that of larger magnitude.
std::int64_t half_away(std::int64_t x, std::int64_t n) {
  const std::int64_t magnitude = half_up(x < 0 ? -x : x, n);
  return x < 0 ? -magnitude : magnitude;
}

/// The multiplier in fixed point: a number of 31 bits behind the point, and a power of two.
struct Factor {
  std::int64_t mantissa;
  std::int64_t exponent;
  bool once;

  [[nodiscard]] std::int64_t times(std::int64_t x) const {
    const std::int64_t operand = fit(x);
    if (once) {
      return fit(half_up(operand * mantissa, 31 - exponent));
    }
    if (exponent >= 0) {
      return half_up(fit(operand << exponent) * mantissa, 31);
    }
    return half_away(half_up(operand * mantissa, 31), -exponent);
  }
};

Factor factor_of(const Requantize& how, const std::vector<std::int64_t>& mantissas,
                 const std::vector<std::int64_t>& exponents, std::size_t i) {
  const std::size_t at = mantissas.size() == 1 ? 0 : i;
  return {mantissas.at(at), exponents.at(at), how.rounding == Requantize::Rounding::once};
}

std::int64_t zero_of(const TensorEntry& tensor) {
  return static_cast<std::int64_t>(tensor.zero_point);
}

/// q - zero_point of a stored tensor.
std::vector<std::int64_t> centred(const TensorEntry& tensor) {
  std::vector<std::int64_t> q = tensor.data.converted<std::int64_t>();
  std::transform(q.begin(), q.end(), q.begin(),
                 [zero = zero_of(tensor)](std::int64_t code) { return code - zero; });
  return q;
}

std::vector<std::int64_t> biased_psums(const Trace& trace, const LayerEntry& layer,
                                       const ArrayPsums& psums, std::size_t plane,
                                       std::size_t channels) {
  std::vector<std::int64_t> sums;
  for (const double psum : psums.jobs[0]) {
    sums.push_back(static_cast<std::int64_t>(psum));
  }
  if (!layer.requantize->bias.empty()) {
    const std::vector<std::int64_t> bias =
        trace.tensor(layer.requantize->bias).data.converted<std::int64_t>();
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += bias[i / plane % channels];
    }
  }
  return sums;
}

std::vector<std::int64_t> sum_of_two(const Trace& trace, const LayerEntry& layer) {
  const Requantize& how = *layer.requantize;
  std::vector<std::int64_t> total;
  for (std::size_t side = 0; side < 2; ++side) {
    const Factor factor = factor_of(how, how.input_multiplier, how.input_shift, side);
    const std::vector<std::int64_t> x = centred(trace.tensor(layer.inputs[side]));
    total.resize(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      total[i] += factor.times(x[i] << how.left_shift);
    }
  }
  return total;
}

std::vector<std::int64_t> product_of_two(const Trace& trace, const LayerEntry& layer) {
  std::vector<std::int64_t> a = centred(trace.tensor(layer.inputs[0]));
  const std::vector<std::int64_t> b = centred(trace.tensor(layer.inputs[1]));
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] *= b.at(i);
  }
  return a;
}

/// Means of windows; what lies outside the map does not count. `scaled`: the sum of distances from
/// the zero point is multiplied first; else codes are averaged as they are.
std::vector<std::int64_t> means(const Trace& trace, const LayerEntry& layer, bool scaled) {
  const TensorEntry& input = trace.tensor(layer.inputs[0]);
  const TensorShape& in = input.data.shape();
  const TensorShape& shape = trace.tensor(layer.output).data.shape();
  const bool global = layer.kernel[0] == 0;
  const std::int64_t rows = global ? in[2] : layer.kernel[0];
  const std::int64_t columns = global ? in[3] : layer.kernel[1];
  const std::int64_t high = shape.size() == 4 ? shape[2] : 1;
  const std::int64_t wide = shape.size() == 4 ? shape[3] : 1;
  const std::vector<std::int64_t> x =
      scaled ? centred(input) : input.data.converted<std::int64_t>();
  std::vector<std::int64_t> out;
  for (std::int64_t map = 0; map < in[0] * in[1]; ++map) {
    for (std::int64_t at = 0; at < high * wide; ++at) {
      const std::int64_t y0 = at / wide * layer.stride[0] - layer.pad.top;
      const std::int64_t x0 = at % wide * layer.stride[1] - layer.pad.left;
      std::int64_t sum = 0;
      std::int64_t count = 0;
      for (std::int64_t y = y0; y < y0 + rows; ++y) {
        for (std::int64_t z = x0; z < x0 + columns; ++z) {
          if (y >= 0 && y < in[2] && z >= 0 && z < in[3]) {
            sum += x[index_of((map * in[2] + y) * in[3] + z)];
            ++count;
          }
        }
      }
      if (scaled) {
        const Requantize& how = *layer.requantize;
        sum = factor_of(how, how.multiplier, how.shift, 0).times(sum);
      }
      const std::int64_t magnitude = ((sum < 0 ? -sum : sum) + count / 2) / count;
      out.push_back(sum < 0 ? -magnitude : magnitude);
    }
  }
  return out;
}

}  // namespace

std::vector<double> fixed_point_codes(const Trace& trace, const LayerEntry& layer,
                                      const ArrayPsums& psums) {
  const Requantize& how = *layer.requantize;
  const TensorEntry& output = trace.tensor(layer.output);
  const TensorShape& shape = output.data.shape();
  const std::size_t channels = index_of(shape.at(1));
  const std::size_t plane = index_of(output.data.size()) / (index_of(shape[0]) * channels);
  const bool pool = layer.op == Op::avgpool;
  const bool codes_themselves = pool && how.multiplier.empty();
  std::vector<std::int64_t> sums;
  if (pool) {
    sums = means(trace, layer, !codes_themselves);
  } else if (layer.op == Op::add) {
    sums = sum_of_two(trace, layer);
  } else if (layer.op == Op::mul) {
    sums = product_of_two(trace, layer);
  } else if (layer.op == Op::quantize) {
    sums = centred(trace.tensor(layer.inputs[0]));
  } else {
    sums = biased_psums(trace, layer, psums, plane, channels);
  }
  const std::int64_t zero = codes_themselves ? 0 : zero_of(output);
  std::int64_t low = output.min_code();
  std::int64_t high = output.max_code();
  if (layer.post.size() == 2) {  // relu, quantize
    low = std::max(low, zero_of(output));
  }
  if (how.codes) {
    low = std::max(low, (*how.codes)[0]);
    high = std::min(high, (*how.codes)[1]);
  }
  std::vector<double> codes;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::int64_t scaled =
        pool ? sums[i]
             : factor_of(how, how.multiplier, how.shift, i / plane % channels).times(sums[i]);
    codes.push_back(static_cast<double>(std::min(std::max(scaled + zero, low), high)));
  }
  return codes;
}

}  // namespace turnpike::accelerator::post
