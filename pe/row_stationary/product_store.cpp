#include "pe/row_stationary/product_store.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "sim/base/error.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::pe::row_stationary {
namespace {

constexpr std::int64_t kFilters = 32;  ///< filters of one register block
constexpr std::int64_t kColumns = 8;   ///< ofmap columns of one register block

/// Where a register block's operands lie.
template <class T>
struct Block {
  const T* ifmap = nullptr;  ///< [channels][rows][columns], at the block's first tap
  std::int64_t ifmap_channel = 0, ifmap_row = 0;
  const T* filter = nullptr;  ///< [channels][R][S][filters], at the pass's first tap
  std::int64_t filter_channel = 0, filter_row = 0, filter_tap = 0;
  std::int64_t channels = 0, R = 0, S = 0, V = 1;
  T* psum = nullptr;  ///< [columns][filters]
  std::int64_t psum_column = 0;
  std::int64_t filters = 0;  ///< valid ones, <= kFilters
};

/// psum[x][f] += sum over channel, row, tap of ifmap * filter, for Columns x kFilters outputs.
template <class T, int Columns>
T accumulate_block(const Block<T>& b) {
  T acc[static_cast<std::size_t>(Columns)][static_cast<std::size_t>(kFilters)];
  for (int x = 0; x < Columns; ++x) {
    for (std::int64_t f = 0; f < kFilters; ++f) {
      acc[x][f] = f < b.filters ? b.psum[x * b.psum_column + f] : T{0};
    }
  }
  for (std::int64_t c = 0; c < b.channels; ++c) {
    for (std::int64_t i = 0; i < b.R; ++i) {
      const T* row = b.ifmap + c * b.ifmap_channel + i * b.ifmap_row;
      const T* taps = b.filter + c * b.filter_channel + i * b.filter_row;
      for (std::int64_t s = 0; s < b.S; ++s) {
        const T* weights = taps + s * b.filter_tap;
        for (int x = 0; x < Columns; ++x) {
          const T value = row[x * b.V + s];
          for (std::int64_t f = 0; f < kFilters; ++f) {
            acc[x][f] += value * weights[f];
          }
        }
      }
    }
  }
  T widest{0};
  for (int x = 0; x < Columns; ++x) {
    for (std::int64_t f = 0; f < b.filters; ++f) {
      b.psum[x * b.psum_column + f] = acc[x][f];
      widest = std::max(widest, acc[x][f] < T{0} ? -acc[x][f] : acc[x][f]);
    }
  }
  return widest;
}

template <class T>
class TypedProductStore final : public ProductStore {
 public:
  template <class U>
  TypedProductStore(const LayerShape& layer, const std::vector<U>& ifmap,
                    const std::vector<U>& filter)
      : x_{layer}, ifmap_(ifmap.begin(), ifmap.end()) {
    filters_padded_ = x_.G * x_.M + kFilters;
    ensure(index_of(x_.N * x_.G * x_.C * x_.H * x_.W) == ifmap.size() &&
               index_of(x_.G * x_.M * x_.C * x_.R * x_.S) == filter.size(),
           "operands have the extents of the layer");
    // [C][R][S][G * M], padded so that a whole block may be read at the last filter.
    const std::int64_t taps = x_.C * x_.R * x_.S;
    filter_.assign(index_of(taps * filters_padded_), T{0});
    for (std::int64_t m = 0; m < x_.G * x_.M; ++m) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        filter_[index_of(tap * filters_padded_ + m)] =
            static_cast<T>(filter[index_of(m * taps + tap)]);
      }
    }
    psum_.assign(index_of(x_.N * x_.E() * x_.F() * x_.G * x_.M), T{0});
  }

  void add_products(const ProcessingPass& s) override {
    for (std::int64_t image = s.image0; image < s.image0 + s.images; ++image) {
      for (std::int64_t row = s.row0; row < s.row0 + s.e; ++row) {
        for (std::int64_t f = 0; f < s.filters; f += kFilters) {
          run_row(s, image, row, f);
        }
      }
    }
  }

  void run_layer() override {
    for (std::int64_t group = 0; group < x_.G; ++group) {
      add_products({.group = group,
                    .images = x_.N,
                    .filters = x_.M,
                    .channels = x_.C,
                    .e = x_.E(),
                    .F = x_.F(),
                    .R = x_.R,
                    .S = x_.S});
    }
  }

  [[nodiscard]] PassOperands operands_of(const ProcessingPass& s) const override {
    PassOperands out;
    const std::int64_t tile_columns = (s.F - 1) * x_.V + s.S;
    const std::int64_t span = (s.e - 1) * x_.U + s.R;
    for (std::int64_t n = 0; n < s.images; ++n) {
      for (std::int64_t c = 0; c < s.channels; ++c) {
        for (std::int64_t h = 0; h < span; ++h) {
          const T* row =
              ifmap_at(s.image0 + n, s.group * x_.C + s.channel0 + c,
                       s.row0 * x_.U + s.kernel_row0 + h, s.column0 * x_.V + s.kernel_column0);
          for (std::int64_t w = 0; w < tile_columns; ++w) {
            out.ifmap.push_back(static_cast<std::int32_t>(row[w]));
          }
        }
      }
    }
    for (std::int64_t f = 0; f < s.filters; ++f) {
      for (std::int64_t c = 0; c < s.channels; ++c) {
        for (std::int64_t i = 0; i < s.R; ++i) {
          for (std::int64_t k = 0; k < s.S; ++k) {
            out.filter.push_back(static_cast<std::int32_t>(
                filter_at(s.channel0 + c, s.kernel_row0 + i,
                          s.kernel_column0 + k)[s.group * x_.M + s.filter0 + f]));
          }
        }
      }
    }
    for_each_psum(s, [&out, this](std::int64_t index) {
      out.psum.push_back(static_cast<std::int64_t>(psum_[index_of(index)]));
    });
    return out;
  }

  void store(const ProcessingPass& s, const PassOperands& operands) override {
    std::size_t next = 0;
    for_each_psum(s, [&](std::int64_t index) {
      const T value = static_cast<T>(operands.psum[next++]);
      psum_[index_of(index)] = value;
      widest_ = std::max(widest_, value < T{0} ? -value : value);
    });
  }

  [[nodiscard]] std::vector<double> psums_as_double() const override {
    return transposed<double>();
  }
  [[nodiscard]] std::vector<std::int64_t> psums_as_integer() const override {
    return transposed<std::int64_t>();
  }
  [[nodiscard]] double widest_psum() const override { return static_cast<double>(widest_); }

 private:
  [[nodiscard]] const T* ifmap_at(std::int64_t n, std::int64_t c, std::int64_t h,
                                  std::int64_t w) const {
    return ifmap_.data() + ((n * x_.G * x_.C + c) * x_.H + h) * x_.W + w;
  }
  [[nodiscard]] const T* filter_at(std::int64_t c, std::int64_t i, std::int64_t s) const {
    return filter_.data() + ((c * x_.R + i) * x_.S + s) * filters_padded_;
  }
  [[nodiscard]] std::int64_t psum_index(std::int64_t n, std::int64_t row, std::int64_t column,
                                        std::int64_t filter) const {
    return ((n * x_.E() + row) * x_.F() + column) * x_.G * x_.M + filter;
  }

  /// One ofmap row of up to kFilters filters.
  void run_row(const ProcessingPass& s, std::int64_t image, std::int64_t row, std::int64_t f) {
    const std::int64_t filter = s.group * x_.M + s.filter0 + f;
    Block<T> block;
    block.ifmap_channel = x_.H * x_.W;
    block.ifmap_row = x_.W;
    block.filter = filter_at(s.channel0, s.kernel_row0, s.kernel_column0) + filter;
    block.filter_channel = x_.R * x_.S * filters_padded_;
    block.filter_row = x_.S * filters_padded_;
    block.filter_tap = filters_padded_;
    block.channels = s.channels;
    block.R = s.R;
    block.S = s.S;
    block.V = x_.V;
    block.psum_column = x_.G * x_.M;
    block.filters = std::min(kFilters, s.filters - f);
    const T* ifmap_row = ifmap_at(image, s.group * x_.C + s.channel0, row * x_.U + s.kernel_row0,
                                  s.column0 * x_.V + s.kernel_column0);
    std::int64_t column = 0;
    const auto run = [&]<int Columns>() {
      for (; column + Columns <= s.F; column += Columns) {
        block.ifmap = ifmap_row + column * x_.V;
        block.psum = psum_.data() + psum_index(image, row, s.column0 + column, filter);
        widest_ = std::max(widest_, accumulate_block<T, Columns>(block));
      }
    };
    run.template operator()<static_cast<int>(kColumns)>();
    run.template operator()<4>();
    run.template operator()<1>();
  }

  template <class Visit>
  void for_each_psum(const ProcessingPass& s, Visit visit) const {
    for (std::int64_t n = 0; n < s.images; ++n) {
      for (std::int64_t f = 0; f < s.filters; ++f) {
        for (std::int64_t row = 0; row < s.e; ++row) {
          for (std::int64_t column = 0; column < s.F; ++column) {
            visit(psum_index(s.image0 + n, s.row0 + row, s.column0 + column,
                             s.group * x_.M + s.filter0 + f));
          }
        }
      }
    }
  }

  template <class Out>
  [[nodiscard]] std::vector<Out> transposed() const {
    const std::int64_t plane = x_.E() * x_.F();
    const std::int64_t filters = x_.G * x_.M;
    std::vector<Out> out(psum_.size());
    for (std::int64_t n = 0; n < x_.N; ++n) {
      for (std::int64_t at = 0; at < plane; ++at) {
        const T* from = psum_.data() + (n * plane + at) * filters;
        for (std::int64_t m = 0; m < filters; ++m) {
          out[index_of((n * filters + m) * plane + at)] = static_cast<Out>(from[m]);
        }
      }
    }
    return out;
  }

  LayerShape x_;
  std::int64_t filters_padded_ = 0;
  std::vector<T> ifmap_;   ///< [N][G * C][H][W]
  std::vector<T> filter_;  ///< [C][R][S][G * M + kFilters]
  std::vector<T> psum_;    ///< [N][E][F][G * M]
  T widest_{0};
};

template <class T>
double largest_magnitude(const std::vector<T>& values) {
  double largest = 0.0;
  for (const T value : values) {
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  return largest;
}

}  // namespace

std::unique_ptr<ProductStore> make_product_store(const LayerShape& layer,
                                                 const std::vector<std::int32_t>& ifmap,
                                                 const std::vector<std::int32_t>& filter) {
  const double bound = largest_magnitude(ifmap) * largest_magnitude(filter) *
                       static_cast<double>(layer.C * layer.R * layer.S);
  if (bound < 0x1.0p24) {
    return std::make_unique<TypedProductStore<float>>(layer, ifmap, filter);
  }
  if (bound < 0x1.0p53) {
    return std::make_unique<TypedProductStore<double>>(layer, ifmap, filter);
  }
  ensure(bound < 0x1.0p63, "accumulators fit 64 bits");
  return std::make_unique<TypedProductStore<std::int64_t>>(layer, ifmap, filter);
}

std::unique_ptr<ProductStore> make_product_store(const LayerShape& layer,
                                                 const std::vector<double>& ifmap,
                                                 const std::vector<double>& filter) {
  return std::make_unique<TypedProductStore<double>>(layer, ifmap, filter);
}

void ProductStore::run_pass(const ArrayPass& pass) {
  add_products(processing_pass(pass));
}
PassOperands ProductStore::operands(const ArrayPass& pass) const {
  return operands_of(processing_pass(pass));
}
void ProductStore::store_psums(const ArrayPass& pass, const PassOperands& operands) {
  store(processing_pass(pass), operands);
}

}  // namespace turnpike::pe::row_stationary
