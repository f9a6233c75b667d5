// What the systolic array computes: sums of products of a pixel's window with a filter, in windows
// gathered as the feeders of the array's rows would.

#include <algorithm>
#include <cmath>

#include "pe/systolic/systolic_model.hpp"
#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::pe::systolic {
namespace {

/// Operands of a `Value`, summed in a `Sum`; psums are kept in a `Total`.
template <class Value, class Sum, class Total>
class TypedStore final : public LayerData {
 public:
  TypedStore(const LayerShape& layer, const std::vector<Value>& ifmap,
             const std::vector<Value>& filter)
      : x_{layer}, depth_{layer.C * layer.R * layer.S}, ifmap_{ifmap}, filter_{filter} {
    ensure(index_of(x_.N * x_.G * x_.C * x_.H * x_.W) == ifmap.size() &&
               index_of(x_.G * x_.M * depth_) == filter.size(),
           "operands have the extents of the layer");
    psum_.assign(index_of(x_.ofmap_values()), Total{0});
  }

  void run_pass(const ArrayPass& pass) override {
    const auto tile = shape_of<TileShape>(pass.key);
    add(pass.at.group, pixel_of(pass), tile.rows, pass.at.filter, tile.columns);
  }

  void run_layer() override {
    for (std::int64_t group = 0; group < x_.G; ++group) {
      add(group, 0, x_.N * x_.E() * x_.F(), 0, x_.M);
    }
  }

  [[nodiscard]] PassOperands operands(const ArrayPass& pass) const override {
    const auto tile = shape_of<TileShape>(pass.key);
    PassOperands out;
    std::vector<Value> window(index_of(depth_));
    for (std::int64_t pixel = 0; pixel < tile.rows; ++pixel) {
      gather(pass.at.group, pixel_of(pass) + pixel, window);
      for (const Value value : window) {
        out.ifmap.push_back(static_cast<std::int32_t>(value));
      }
    }
    const std::int64_t first = (pass.at.group * x_.M + pass.at.filter) * depth_;
    for (std::int64_t i = first; i < first + tile.columns * depth_; ++i) {
      out.filter.push_back(static_cast<std::int32_t>(filter_[index_of(i)]));
    }
    for_each_psum(pass, [&](std::int64_t at) {
      out.psum.push_back(static_cast<std::int64_t>(psum_[index_of(at)]));
    });
    return out;
  }

  void store_psums(const ArrayPass& pass, const PassOperands& operands) override {
    std::size_t next = 0;
    for_each_psum(pass,
                  [&](std::int64_t at) { keep(at, static_cast<Total>(operands.psum[next++])); });
  }

  [[nodiscard]] std::vector<double> psums_as_double() const override {
    return {psum_.begin(), psum_.end()};
  }
  [[nodiscard]] std::vector<std::int64_t> psums_as_integer() const override {
    std::vector<std::int64_t> out;
    out.reserve(psum_.size());
    for (const Total psum : psum_) {
      out.push_back(static_cast<std::int64_t>(psum));
    }
    return out;
  }
  [[nodiscard]] double widest_psum() const override { return static_cast<double>(widest_); }

 private:
  /// The first pixel of a pass, counted through [N][E][F].
  [[nodiscard]] std::int64_t pixel_of(const ArrayPass& pass) const {
    return (pass.at.image * x_.E() + pass.at.row) * x_.F() + pass.at.column;
  }
  [[nodiscard]] std::int64_t psum_at(std::int64_t group, std::int64_t pixel,
                                     std::int64_t filter) const {
    const std::int64_t plane = x_.E() * x_.F();
    return ((pixel / plane * x_.G + group) * x_.M + filter) * plane + pixel % plane;
  }

  /// The window of a pixel, [C][R][S].
  void gather(std::int64_t group, std::int64_t pixel, std::vector<Value>& window) const {
    const std::int64_t image = pixel / (x_.E() * x_.F());
    const std::int64_t row = pixel / x_.F() % x_.E() * x_.U;
    const std::int64_t column = pixel % x_.F() * x_.V;
    auto to = window.begin();
    for (std::int64_t c = 0; c < x_.C; ++c) {
      const std::int64_t plane = (image * x_.G + group) * x_.C + c;
      for (std::int64_t i = 0; i < x_.R; ++i) {
        const Value* from = ifmap_.data() + (plane * x_.H + row + i) * x_.W + column;
        to = std::copy_n(from, x_.S, to);
      }
    }
  }

  void add(std::int64_t group, std::int64_t pixel0, std::int64_t pixels, std::int64_t filter0,
           std::int64_t filters) {
    std::vector<Value> window(index_of(depth_));
    for (std::int64_t pixel = pixel0; pixel < pixel0 + pixels; ++pixel) {
      gather(group, pixel, window);
      for (std::int64_t m = filter0; m < filter0 + filters; ++m) {
        const Value* weights = filter_.data() + (group * x_.M + m) * depth_;
        Sum sum{0};
        for (std::int64_t k = 0; k < depth_; ++k) {
          sum += static_cast<Sum>(window[index_of(k)]) * static_cast<Sum>(weights[k]);
        }
        const std::int64_t at = psum_at(group, pixel, m);
        keep(at, psum_[index_of(at)] + static_cast<Total>(sum));
      }
    }
  }

  void keep(std::int64_t at, Total psum) {
    psum_[index_of(at)] = psum;
    widest_ = std::max(widest_, psum < Total{0} ? -psum : psum);
  }

  template <class Visit>
  void for_each_psum(const ArrayPass& pass, const Visit& visit) const {
    const auto tile = shape_of<TileShape>(pass.key);
    for (std::int64_t pixel = 0; pixel < tile.rows; ++pixel) {
      for (std::int64_t m = 0; m < tile.columns; ++m) {
        visit(psum_at(pass.at.group, pixel_of(pass) + pixel, pass.at.filter + m));
      }
    }
  }

  LayerShape x_;
  std::int64_t depth_;
  std::vector<Value> ifmap_;   ///< [N][G * C][H][W]
  std::vector<Value> filter_;  ///< [G * M][C][R][S]
  std::vector<Total> psum_;    ///< [N][G * M][E][F]
  Total widest_{0};
};

double largest_magnitude(const std::vector<std::int32_t>& values) {
  double largest = 0.0;
  for (const std::int32_t value : values) {
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  return largest;
}

}  // namespace

std::unique_ptr<LayerData> Systolic::data(const LayerShape& layer,
                                          const std::vector<std::int32_t>& ifmap,
                                          const std::vector<std::int32_t>& filter) const {
  const double bound = largest_magnitude(ifmap) * largest_magnitude(filter) *
                       static_cast<double>(layer.C * layer.R * layer.S);
  if (bound < 0x1.0p31) {
    return std::make_unique<TypedStore<std::int32_t, std::int32_t, std::int64_t>>(layer, ifmap,
                                                                                  filter);
  }
  ensure(bound < 0x1.0p63, "accumulators fit 64 bits");
  return std::make_unique<TypedStore<std::int32_t, std::int64_t, std::int64_t>>(layer, ifmap,
                                                                                filter);
}

std::unique_ptr<LayerData> Systolic::data(const LayerShape& layer, const std::vector<double>& ifmap,
                                          const std::vector<double>& filter) const {
  return std::make_unique<TypedStore<double, double, double>>(layer, ifmap, filter);
}

}  // namespace turnpike::pe::systolic
