#include "models/fixed_point.hpp"

#include <algorithm>
#include <limits>

#include "models/operands.hpp"
#include "models/ops/pool.hpp"
#include "models/ops/products.hpp"
#include "sim/base/error.hpp"

namespace turnpike::models {
namespace {

using traces::Op;
using traces::Requantize;
using traces::TensorView;

using Integers = std::vector<std::int64_t>;

std::int64_t saturated(std::int64_t value) {
  return std::clamp<std::int64_t>(value, std::numeric_limits<std::int32_t>::min(),
                                  std::numeric_limits<std::int32_t>::max());
}

/// value / 2^bits, halves away from zero.
std::int64_t divided_by_power(std::int64_t value, std::int64_t bits) {
  if (bits == 0) {
    return value;
  }
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return value >= 0 ? (value + half) >> bits : -((-value + half) >> bits);
}

/// code - zero_point of every element.
Integers distances(const TensorView& tensor) {
  Integers values = tensor.data.converted<std::int64_t>();
  const auto zero = static_cast<std::int64_t>(tensor.declared.zero_point);
  for (std::int64_t& value : values) {
    value -= zero;
  }
  return values;
}

/// Sum and number of the window's values inside the map.
struct WindowSum {
  std::int64_t sum = 0;
  std::int64_t count = 0;
  void start() { sum = count = 0; }
  void take(std::int64_t value) {
    sum += value;
    ++count;
  }
  /// Halves away from zero.
  [[nodiscard]] std::int64_t mean(std::int64_t of) const {
    const std::int64_t half = count / 2;
    return count == 0 ? 0 : (of > 0 ? of + half : of - half) / count;
  }
  [[nodiscard]] std::int64_t value() const { return mean(sum); }
};

/// The same, with the sum scaled before it is divided.
struct ScaledWindowSum : WindowSum {
  const Requantize* how = nullptr;
  [[nodiscard]] std::int64_t value() const {
    return mean(scaled_in_fixed_point(sum, how->multiplier.at(0), how->shift.at(0), how->rounding));
  }
};

class FixedPointLayer {
 public:
  explicit FixedPointLayer(const LayerOperands& layer)
      : layer_{layer},
        entry_{layer.entry()},
        how_{entry_.requantize.value()},
        target_{layer.target(entry_.output)},
        zero_{static_cast<std::int64_t>(target_.declared.zero_point)} {}

  LayerOutputs run() {
    switch (entry_.op) {
      case Op::conv:
      case Op::fc:
        products();
        break;
      case Op::add:
        add();
        break;
      case Op::mul:
        mul();
        break;
      case Op::avgpool:
        average();
        break;
      default:
        shape_ = layer_.input().data.shape();
        values_ = distances(layer_.input());
        scale();
        break;
    }
    return store();
  }

 private:
  void products() {
    const ConvShape shape = conv_shape(layer_);
    shape_ = entry_.op == Op::fc
                 ? TensorShape{shape.batch, shape.filters}
                 : TensorShape{shape.batch, shape.filters, shape.out_rows, shape.out_columns};
    values_ =
        integer_sums(shape, activation_operand(layer_.input()), weight_operand(layer_.weights()));
    if (!how_.bias.empty()) {
      const Integers bias = layer_.view(how_.bias).data.converted<std::int64_t>();
      for (std::size_t i = 0; i < values_.size(); ++i) {
        values_[i] += bias[channel(i)];
      }
    }
    scale();
  }

  void add() {
    shape_ = layer_.input().data.shape();
    values_ = aligned(0);
    const Integers other = aligned(1);
    ensure(other.size() == values_.size(), "the operands of an add have one shape");
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] += other[i];
    }
    scale();
  }

  /// An input of an add at the scale of both.
  [[nodiscard]] Integers aligned(std::size_t input) const {
    Integers values = distances(layer_.input(input));
    for (std::int64_t& value : values) {
      value = scaled_in_fixed_point(value * (std::int64_t{1} << how_.left_shift),
                                    how_.input_multiplier[input], how_.input_shift[input],
                                    how_.rounding);
    }
    return values;
  }

  void mul() {
    shape_ = layer_.input().data.shape();
    values_ = distances(layer_.input(0));
    const Integers by = distances(layer_.input(1));
    ensure(by.size() == values_.size(), "the operands of a mul have one shape");
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] *= by[i];
    }
    scale();
  }

  void average() {
    const PoolShape shape = pool_shape(layer_);
    shape_ = shape.output;
    if (how_.multiplier.empty()) {
      // The mean of the codes themselves: both sides have one grid.
      values_ = pooled(shape, layer_.input().data.converted<std::int64_t>(), WindowSum{});
      zero_ = 0;
      return;
    }
    ScaledWindowSum window;
    window.how = &how_;
    values_ = pooled(shape, distances(layer_.input()), window);
  }

  void scale() {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const std::size_t c = how_.multiplier.size() == 1 ? 0 : channel(i);
      values_[i] =
          scaled_in_fixed_point(values_[i], how_.multiplier[c], how_.shift[c], how_.rounding);
    }
  }

  [[nodiscard]] std::size_t channel(std::size_t i) const {
    const std::int64_t inner = element_count(shape_) / (shape_.at(0) * shape_.at(1));
    return static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % shape_[1]);
  }

  LayerOutputs store() {
    const traces::TensorDeclaration& declared = target_.declared;
    std::int64_t low = declared.min_code();
    std::int64_t high = declared.max_code();
    if (how_.codes) {
      low = std::max(low, how_.codes->front());
      high = std::min(high, how_.codes->back());
    }
    const bool relu = !entry_.post.empty() && entry_.post[0].kind == traces::PostStep::Kind::relu;
    if (relu) {
      low = std::max(low, static_cast<std::int64_t>(declared.zero_point));
    }
    std::vector<std::int32_t> codes(values_.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const std::int64_t code = std::min(std::max(values_[i] + zero_, low), high);
      codes[i] = static_cast<std::int32_t>(code);
    }
    const bool stated = !target_.shape.empty() &&
                        element_count(target_.shape) == static_cast<std::int64_t>(codes.size());
    LayerOutputs outputs;
    outputs.emplace(entry_.output,
                    smallest_integer_tensor(stated ? target_.shape : shape_, codes,
                                            declared.min_code(), declared.max_code()));
    return outputs;
  }

  const LayerOperands& layer_;
  const traces::LayerEntry& entry_;
  const Requantize& how_;
  Target target_;
  std::int64_t zero_;
  Integers values_;
  TensorShape shape_;
};

}  // namespace

std::int64_t scaled_in_fixed_point(std::int64_t value, std::int64_t multiplier, std::int64_t shift,
                                   Requantize::Rounding rounding) {
  constexpr int kPoint = 31;
  const std::int64_t sum = saturated(value);
  if (rounding == Requantize::Rounding::once) {
    const std::int64_t bits = kPoint - shift;
    return saturated((sum * multiplier + (std::int64_t{1} << (bits - 1))) >> bits);
  }
  const std::int64_t shifted =
      saturated(sum * (std::int64_t{1} << std::max<std::int64_t>(shift, 0)));
  const std::int64_t high = (shifted * multiplier + (std::int64_t{1} << (kPoint - 1))) >> kPoint;
  return divided_by_power(high, std::max<std::int64_t>(-shift, 0));
}

LayerOutputs execute_fixed_point(const LayerOperands& layer) {
  return FixedPointLayer{layer}.run();
}

}  // namespace turnpike::models
