#include "sim/accelerator/operands.hpp"

#include <cmath>

#include "sim/base/error.hpp"

namespace turnpike::accelerator {
namespace {

using traces::TensorEntry;

std::size_t index_of(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

bool integral(double value) {
  return std::nearbyint(value) == value;
}

/// Real values of an operand; its scale may run along an axis.
std::vector<double> real_values(const TensorEntry& tensor) {
  std::vector<double> values = tensor.data.converted<double>();
  if (tensor.is_float()) {
    return values;
  }
  std::size_t inner = values.size();  // elements in a row with one scale
  if (tensor.axis) {
    const TensorShape& shape = tensor.data.shape();
    for (std::size_t d = 0; d <= index_of(*tensor.axis); ++d) {
      inner /= index_of(shape[d]);
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double scale = tensor.scale[i / inner % tensor.scale.size()];
    values[i] = scale * (values[i] - tensor.zero_point);
  }
  return values;
}

/// The input map of a job without padding: [N][G * C][rows][columns] starting at `first`.
struct MapView {
  std::int64_t images = 1, channels = 1, rows = 1, columns = 1;
  std::int64_t first = 0;
};

MapView view_of(const traces::LayerEntry& layer, const ArrayJob& job) {
  const LayerShape& s = job.shape;
  if (layer.recurrent) {
    return {1, s.C, 1, 1, job.step * s.C};
  }
  return {s.N, s.G * s.C, s.H - layer.pad.top - layer.pad.bottom,
          s.W - layer.pad.left - layer.pad.right, 0};
}

/// Copies the map into its padded place.
template <class T, class Read>
std::vector<T> padded(const traces::LayerEntry& layer, const ArrayJob& job, T pad, Read read) {
  const LayerShape& s = job.shape;
  const MapView view = view_of(layer, job);
  const std::int64_t top = layer.recurrent ? 0 : layer.pad.top;
  const std::int64_t left = layer.recurrent ? 0 : layer.pad.left;
  std::vector<T> out(index_of(s.N * s.G * s.C * s.H * s.W), pad);
  std::int64_t from = view.first;
  for (std::int64_t plane = 0; plane < view.images * view.channels; ++plane) {
    for (std::int64_t y = 0; y < view.rows; ++y) {
      T* row = out.data() + (plane * s.H + y + top) * s.W + left;
      for (std::int64_t x = 0; x < view.columns; ++x, ++from) {
        row[x] = read(from);
      }
    }
  }
  return out;
}

/// Weights as [G * M][C][R][S]; those of recurrent layers are stored [in][gates * H].
template <class T, class Read>
std::vector<T> filters(const traces::LayerEntry& layer, const ArrayJob& job, Read read) {
  const LayerShape& s = job.shape;
  const std::int64_t taps = s.C * s.R * s.S;
  std::vector<T> out(index_of(s.G * s.M * taps));
  for (std::int64_t m = 0; m < s.G * s.M; ++m) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      out[index_of(m * taps + tap)] = read(layer.recurrent ? tap * s.M + m : m * taps + tap);
    }
  }
  return out;
}

}  // namespace

JobOperands make_operands(const traces::Trace& trace, const traces::LayerEntry& layer,
                          const ArrayJob& job) {
  const LayerShape& s = job.shape;
  JobOperands out;
  out.shape = s;
  const TensorEntry& input = trace.tensor(job.input);
  const TensorEntry& weight = trace.tensor(job.weight);
  if (job.floating) {
    const std::vector<double> x = real_values(input);
    const std::vector<double> w = real_values(weight);
    out.float_ifmap =
        padded<double>(layer, job, 0.0, [&x](std::int64_t i) { return x[index_of(i)]; });
    out.float_filter = filters<double>(layer, job, [&w](std::int64_t i) { return w[index_of(i)]; });
    for (const double value : out.float_ifmap) {
      out.is_zero.push_back(value == 0.0 ? 1 : 0);
    }
    return out;
  }
  const bool centred = integral(input.zero_point);
  const auto zero = static_cast<std::int32_t>(centred ? input.zero_point : 0.0);
  out.ifmap = input.data.visit([&](const auto& x) {
    return padded<std::int32_t>(layer, job, 0, [&x, zero](std::int64_t i) {
      return static_cast<std::int32_t>(x[index_of(i)]) - zero;
    });
  });
  const bool midrise = weight.kind == traces::TensorKind::midrise;
  const std::int32_t times = midrise ? 2 : 1;
  const std::int32_t offset = midrise ? 1 : -static_cast<std::int32_t>(weight.zero_point);
  out.filter = weight.data.visit([&](const auto& w) {
    return filters<std::int32_t>(layer, job, [&w, times, offset](std::int64_t i) {
      return times * static_cast<std::int32_t>(w[index_of(i)]) + offset;
    });
  });
  out.is_zero.resize(out.ifmap.size());
  for (std::size_t i = 0; i < out.ifmap.size(); ++i) {
    out.is_zero[i] = centred && out.ifmap[i] == 0 ? 1 : 0;
  }
  return out;
}

std::vector<std::uint8_t> stored_zeros(const TensorEntry& stored, const traces::LayerEntry& layer,
                                       const ArrayJob& job) {
  const double zero = stored.is_float() ? 0.0 : stored.zero_point;
  return stored.data.visit([&](const auto& codes) {
    return padded<std::uint8_t>(layer, job, 1, [&codes, zero](std::int64_t i) {
      return static_cast<std::uint8_t>(static_cast<double>(codes[index_of(i)]) == zero ? 1 : 0);
    });
  });
}

std::unique_ptr<pe::LayerData> make_layer_data(const pe::ArrayModel& array,
                                               const JobOperands& operands, bool floating) {
  return floating ? array.data(operands.shape, operands.float_ifmap, operands.float_filter)
                  : array.data(operands.shape, operands.ifmap, operands.filter);
}

std::vector<double> array_psums(const pe::ArrayModel& array, const JobOperands& operands,
                                bool floating) {
  const auto data = make_layer_data(array, operands, floating);
  data->run_layer();
  return data->psums_as_double();
}

std::vector<double> weight_sums(const JobOperands& operands) {
  const LayerShape& x = operands.shape;
  std::vector<double> sums(index_of(x.G * x.M), 0.0);
  const std::size_t taps = operands.filter.size() / sums.size();
  auto weight = operands.filter.begin();
  for (double& sum : sums) {
    for (std::size_t i = 0; i < taps; ++i, ++weight) {
      sum += *weight;
    }
  }
  return sums;
}

std::vector<std::int64_t> plain_accumulators(const JobOperands& operands) {
  const LayerShape& x = operands.shape;
  std::vector<std::int64_t> out(index_of(x.N * x.G * x.M * x.E() * x.F()), 0);
  const std::int64_t plane = x.E() * x.F();
  for (std::int64_t n = 0; n < x.N; ++n) {
    for (std::int64_t m = 0; m < x.G * x.M; ++m) {
      std::int64_t* outputs = out.data() + (n * x.G * x.M + m) * plane;
      for (std::int64_t c = 0; c < x.C; ++c) {
        const std::int32_t* map =
            operands.ifmap.data() + (n * x.G * x.C + m / x.M * x.C + c) * x.H * x.W;
        for (std::int64_t i = 0; i < x.R; ++i) {
          for (std::int64_t s = 0; s < x.S; ++s) {
            const std::int64_t w = operands.filter[index_of(((m * x.C + c) * x.R + i) * x.S + s)];
            for (std::int64_t y = 0; y < x.E(); ++y) {
              const std::int32_t* row = map + (y * x.U + i) * x.W + s;
              for (std::int64_t f = 0; f < x.F(); ++f) {
                outputs[y * x.F() + f] += w * row[f * x.V];
              }
            }
          }
        }
      }
    }
  }
  return out;
}

}  // namespace turnpike::accelerator
