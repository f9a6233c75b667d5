#include "models/convolution.hpp"

#include <algorithm>
#include <vector>

#include <Eigen/Core>

namespace turnpike::models {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using ConstMap = Eigen::Map<const Matrix<T>>;
template <class T>
using MutableMap = Eigen::Map<Matrix<T>, 0, Eigen::OuterStride<>>;

/// Values of im2col held at once; about a level-2 cache.
constexpr std::int64_t kPatchValues = std::int64_t{1} << 18;

/// One row of the patch matrix: what filter tap (r, s) of one channel sees at the ofmap rows
/// [first, last).
template <class T>
struct TapRow {
  const ConvShape& shape;
  const T* plane;  ///< [rows][columns] of one channel
  std::int64_t r = 0;
  std::int64_t s = 0;

  void write(std::int64_t first, std::int64_t last, T* out) const {
    const std::int64_t width = shape.out_columns;
    // Ofmap columns whose ifmap column s - left + u * stride lies inside the map.
    const std::int64_t offset = s - shape.pad.left;
    const std::int64_t u = shape.stride_columns;
    const std::int64_t begin = std::min(width, offset >= 0 ? 0 : (-offset + u - 1) / u);
    const std::int64_t room = shape.columns - 1 - offset;
    const std::int64_t end = room < 0 ? begin : std::max(begin, std::min(width, room / u + 1));
    for (std::int64_t e = first; e < last; ++e, out += width) {
      const std::int64_t row = e * shape.stride_rows + r - shape.pad.top;
      if (row < 0 || row >= shape.rows) {
        std::fill(out, out + width, T{0});
        continue;
      }
      const T* const in = plane + row * shape.columns;
      std::fill(out, out + begin, T{0});
      if (u == 1) {
        std::copy(in + begin + offset, in + end + offset, out + begin);
      } else {
        for (std::int64_t f = begin; f < end; ++f) {
          out[f] = in[f * u + offset];
        }
      }
      std::fill(out + end, out + width, T{0});
    }
  }
};

template <class T>
void convolve_group(const ConvShape& shape, const T* ifmap, const T* filter, T* ofmap) {
  const std::int64_t fan_in = shape.fan_in();
  const std::int64_t positions = shape.out_positions();
  const std::int64_t filters = shape.filters / shape.groups;
  const ConstMap<T> weights{filter, filters, fan_in};
  const bool pointwise = shape.kernel_rows == 1 && shape.kernel_columns == 1 &&
                         shape.stride_rows == 1 && shape.stride_columns == 1 &&
                         shape.pad == traces::Padding{};
  if (pointwise) {
    MutableMap<T>{ofmap, filters, positions, Eigen::OuterStride<>{positions}}.noalias() =
        weights * ConstMap<T>{ifmap, fan_in, positions};
    return;
  }
  const std::int64_t rows_at_once =
      std::clamp<std::int64_t>(kPatchValues / (fan_in * shape.out_columns), 1, shape.out_rows);
  std::vector<T> patches(static_cast<std::size_t>(fan_in * rows_at_once * shape.out_columns));
  for (std::int64_t first = 0; first < shape.out_rows; first += rows_at_once) {
    const std::int64_t last = std::min(shape.out_rows, first + rows_at_once);
    const std::int64_t width = (last - first) * shape.out_columns;
    T* row = patches.data();
    for (std::int64_t c = 0; c < shape.channels / shape.groups; ++c) {
      for (std::int64_t r = 0; r < shape.kernel_rows; ++r) {
        for (std::int64_t s = 0; s < shape.kernel_columns; ++s, row += width) {
          TapRow<T>{shape, ifmap + c * shape.rows * shape.columns, r, s}.write(first, last, row);
        }
      }
    }
    MutableMap<T>{ofmap + first * shape.out_columns, filters, width,
                  Eigen::OuterStride<>{positions}}
        .noalias() = weights * ConstMap<T>{patches.data(), fan_in, width};
  }
}

/// One ofmap position: the batch is the matrix' other side.
template <class T>
void convolve_vectors(const ConvShape& shape, const T* ifmap, const T* filter, T* ofmap) {
  Eigen::Map<Matrix<T>>{ofmap, shape.batch, shape.filters}.noalias() =
      ConstMap<T>{ifmap, shape.batch, shape.channels} *
      ConstMap<T>{filter, shape.filters, shape.channels}.transpose();
}

}  // namespace

template <class T>
void convolve(const ConvShape& shape, const T* ifmap, const T* filter, T* ofmap) {
  const bool vectors = shape.rows == 1 && shape.columns == 1 && shape.kernel_rows == 1 &&
                       shape.kernel_columns == 1 && shape.groups == 1 &&
                       shape.out_positions() == 1 && shape.pad == traces::Padding{};
  if (vectors) {
    convolve_vectors(shape, ifmap, filter, ofmap);
    return;
  }
  const std::int64_t channels = shape.channels / shape.groups;
  const std::int64_t filters = shape.filters / shape.groups;
  for (std::int64_t n = 0; n < shape.batch; ++n) {
    for (std::int64_t g = 0; g < shape.groups; ++g) {
      convolve_group(shape,
                     ifmap + (n * shape.channels + g * channels) * shape.rows * shape.columns,
                     filter + g * filters * shape.fan_in(),
                     ofmap + (n * shape.filters + g * filters) * shape.out_positions());
    }
  }
}

template void convolve<float>(const ConvShape&, const float*, const float*, float*);
template void convolve<double>(const ConvShape&, const double*, const double*, double*);
template void convolve<std::int64_t>(const ConvShape&, const std::int64_t*, const std::int64_t*,
                                     std::int64_t*);

}  // namespace turnpike::models
