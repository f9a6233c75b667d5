#include "models/elementwise.hpp"

#include <algorithm>
#include <limits>

#include "models/network.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

/// Walks all windows: reduce(value) per element inside the map, then finish() gives the output.
template <class T, class Window>
std::vector<T> pooled(const PoolShape& shape, const std::vector<T>& in, Window window) {
  const std::int64_t rows = shape.input[2];
  const std::int64_t columns = shape.input[3];
  const std::int64_t planes = shape.input[0] * shape.input[1];
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(element_count(shape.output)));
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    const T* const map = in.data() + plane * rows * columns;
    for (std::int64_t e = 0; e < shape.output[2]; ++e) {
      const std::int64_t top = e * shape.stride[0] - shape.pad.top;
      for (std::int64_t f = 0; f < shape.output[3]; ++f) {
        const std::int64_t left = f * shape.stride[1] - shape.pad.left;
        window.start();
        for (std::int64_t h = std::max<std::int64_t>(top, 0);
             h < std::min(rows, top + shape.kernel[0]); ++h) {
          for (std::int64_t w = std::max<std::int64_t>(left, 0);
               w < std::min(columns, left + shape.kernel[1]); ++w) {
            window.take(map[h * columns + w]);
          }
        }
        out.push_back(window.value());
      }
    }
  }
  return out;
}

template <class T>
struct Maximum {
  T largest{};
  void start() { largest = -std::numeric_limits<T>::infinity(); }
  void take(T value) { largest = std::max(largest, value); }
  [[nodiscard]] T value() const { return largest; }
};

template <class T>
struct Mean {
  T area{};
  T sum{};
  void start() { sum = T{0}; }
  void take(T value) { sum += value; }
  [[nodiscard]] T value() const { return sum / area; }
};

}  // namespace

template <class T>
std::vector<T> max_pool(const PoolShape& shape, const std::vector<T>& in) {
  return pooled(shape, in, Maximum<T>{});
}

template <class T>
std::vector<T> average_pool(const PoolShape& shape, const std::vector<T>& in) {
  return pooled(shape, in, Mean<T>{.area = static_cast<T>(shape.kernel[0] * shape.kernel[1])});
}

template <class T>
std::vector<T> skip_operand(const std::vector<T>& in, const TensorShape& shape,
                            const TensorShape& target, const SkipShape& skip) {
  const int stride = skip.stride;
  if (shape == target && stride == 1) {
    return in;
  }
  ensure(shape.size() == 4 && target.size() == 4 && shape[1] <= target[1] &&
             (target[2] - 1) * stride < shape[2] && (target[3] - 1) * stride < shape[3],
         "a skip operand fits the tensor it is added to");
  std::vector<T> out(static_cast<std::size_t>(element_count(target)), T{0});
  const std::int64_t front = target[1] - shape[1] == 2L * skip.channel_pad ? skip.channel_pad : 0;
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      const T* const map = in.data() + (n * shape[1] + c) * shape[2] * shape[3];
      T* write = out.data() + (n * target[1] + front + c) * target[2] * target[3];
      for (std::int64_t e = 0; e < target[2]; ++e) {
        for (std::int64_t f = 0; f < target[3]; ++f) {
          *write++ = map[e * stride * shape[3] + f * stride];
        }
      }
    }
  }
  return out;
}

template <class T>
std::vector<T> concatenate(const std::vector<std::vector<T>>& in,
                           const std::vector<TensorShape>& shapes) {
  std::vector<T> out;
  for (std::int64_t n = 0; n < shapes.at(0).at(0); ++n) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t image = element_count(shapes[i]) / shapes[i][0];
      const auto first = in[i].begin() + n * image;
      out.insert(out.end(), first, first + image);
    }
  }
  return out;
}

TensorShape pool_output_shape(const TensorShape& input, const std::array<int, 2>& kernel,
                              const std::array<int, 2>& stride, const traces::Padding& pad) {
  ensure(input.size() == 4, "a pool reads [N, C, rows, columns]");
  const auto rows = window_count(input[2], pad.top + pad.bottom, kernel[0], stride[0]);
  const auto columns = window_count(input[3], pad.left + pad.right, kernel[1], stride[1]);
  ensure(rows && columns, "a pool's window fits its padded input");
  return {input[0], input[1], rows.value_or(0), columns.value_or(0)};
}

template std::vector<float> max_pool(const PoolShape&, const std::vector<float>&);
template std::vector<double> max_pool(const PoolShape&, const std::vector<double>&);
template std::vector<float> average_pool(const PoolShape&, const std::vector<float>&);
template std::vector<double> average_pool(const PoolShape&, const std::vector<double>&);
template std::vector<float> skip_operand(const std::vector<float>&, const TensorShape&,
                                         const TensorShape&, const SkipShape&);
template std::vector<double> skip_operand(const std::vector<double>&, const TensorShape&,
                                          const TensorShape&, const SkipShape&);
template std::vector<float> concatenate(const std::vector<std::vector<float>>&,
                                        const std::vector<TensorShape>&);
template std::vector<double> concatenate(const std::vector<std::vector<double>>&,
                                         const std::vector<TensorShape>&);

}  // namespace turnpike::models
