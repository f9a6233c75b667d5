#include "sim/accelerator/mismatch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/accelerator/operands.hpp"
#include "sim/accelerator/post/fixed_point.hpp"
#include "sim/base/integers.hpp"

namespace turnpike::accelerator {
namespace {

using traces::LayerEntry;
using traces::PostStep;
using traces::TensorEntry;
using traces::Trace;

constexpr std::int64_t kMostMacs = 1'000'000'000;  ///< a layer of more is not computed again
/// Codes: rounding errors of float32 sums are smaller, as are those of values of up to 16 bits.
constexpr double kFloatError = 0x1.0p-12;
constexpr double kFloatRelative = 1e-5;

/// How a producer may store values.
struct Arithmetic {
  std::function<double(double)> round = [](double value) { return std::nearbyint(value); };
  bool single = false;  ///< every step in float32
  std::vector<PostStep> steps;
};

/// One layer, its sums before the post steps, and the reference it is held against.
class Layer {
 public:
  Layer(const Trace& trace, const LayerEntry& entry, const ArrayPsums& psums)
      : trace_{trace},
        entry_{entry},
        output_{trace.tensor(entry.output)},
        reference_{output_.data.converted<double>()},
        sums_{sums_before_post(trace, entry, psums)} {}

  [[nodiscard]] const LayerEntry& entry() const { return entry_; }
  [[nodiscard]] const TensorShape& shape() const { return output_.data.shape(); }
  [[nodiscard]] const std::vector<double>& reference() const { return reference_; }

  /// value / scale + zero_point of every output, before rounding.
  [[nodiscard]] std::vector<double> unrounded(const Arithmetic& how) const {
    const auto cut = [&how](double value) {
      return how.single ? static_cast<double>(static_cast<float>(value)) : value;
    };
    std::vector<double> values(sums_.size());
    std::transform(sums_.begin(), sums_.end(), values.begin(), cut);
    const auto channels = index_of(shape().at(1));
    const std::size_t plane = values.size() / (index_of(shape().at(0)) * channels);
    for (const PostStep& step : how.steps) {
      std::vector<double> parameter;
      if (!step.tensor.empty()) {
        parameter = trace_.tensor(step.tensor).data.converted<double>();
      }
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (step.kind == PostStep::Kind::relu) {
          values[i] = std::max(values[i], 0.0);
        } else if (step.kind == PostStep::Kind::clip) {
          values[i] = std::min(std::max(values[i], step.low), step.high);
        } else if (!parameter.empty()) {
          const double p = parameter[i / plane % channels];
          values[i] = cut(step.kind == PostStep::Kind::scale ? values[i] * p : values[i] + p);
        }
      }
    }
    for (double& value : values) {
      value = cut(cut(value / cut(output_.scale[0])) + output_.zero_point);
    }
    return values;
  }

  [[nodiscard]] std::vector<double> codes(const Arithmetic& how) const {
    std::vector<double> values = unrounded(how);
    const auto low = static_cast<double>(output_.min_code());
    const auto high = static_cast<double>(output_.max_code());
    for (double& value : values) {
      value = std::min(std::max(how.round(value), low), high);
    }
    return values;
  }

  [[nodiscard]] bool agrees(const Arithmetic& how) const { return codes(how) == reference_; }

  [[nodiscard]] Arithmetic as_it_is() const {
    Arithmetic how;
    how.steps = entry_.post;
    return how;
  }

  /// Every differing code is off by one, and its value lies beside the border of the two.
  [[nodiscard]] bool differs_at_borders_only() const {
    const std::vector<double> values = unrounded(as_it_is());
    const std::vector<double> own = codes(as_it_is());
    for (std::size_t i = 0; i < own.size(); ++i) {
      const double border = std::fabs(values[i] - 0.5 * (own[i] + reference_[i]));
      if (own[i] != reference_[i] &&
          (std::fabs(own[i] - reference_[i]) != 1.0 ||
           border > kFloatError + kFloatRelative * std::fabs(values[i]))) {
        return false;
      }
    }
    return true;
  }

 private:
  const Trace& trace_;
  const LayerEntry& entry_;
  const TensorEntry& output_;
  std::vector<double> reference_;
  std::vector<double> sums_;
};

using Rounding = std::pair<const char*, std::function<double(double)>>;

std::string rounding_cause(const Layer& layer, const std::vector<Rounding>& roundings) {
  for (const auto& [text, round] : roundings) {
    Arithmetic how = layer.as_it_is();
    how.round = round;
    if (layer.agrees(how)) {
      return text;
    }
  }
  return "";
}

std::string halves_cause(const Layer& layer) {
  return rounding_cause(
      layer,
      {{"it rounds halves up, not to even", [](double v) { return std::floor(v + 0.5); }},
       {"it rounds halves away from zero, not to even", [](double v) { return std::round(v); }}});
}

std::string cut_cause(const Layer& layer) {
  return rounding_cause(
      layer,
      {{"it cuts fractions off instead of rounding", [](double v) { return std::trunc(v); }},
       {"it rounds down instead of to the nearest", [](double v) { return std::floor(v); }}});
}

std::string step_cause(const Layer& layer) {
  const std::vector<PostStep>& post = layer.entry().post;
  for (std::size_t i = 0; i < post.size(); ++i) {
    if (post[i].kind == PostStep::Kind::quantize) {
      continue;
    }
    const std::string name =
        post[i].kind == PostStep::Kind::relu ? "relu" : "'" + post[i].tensor + "'";
    Arithmetic without = layer.as_it_is();
    without.steps.erase(without.steps.begin() + static_cast<std::ptrdiff_t>(i));
    if (i + 1 < post.size() && post[i + 1].kind != PostStep::Kind::quantize) {
      Arithmetic exchanged = layer.as_it_is();
      std::swap(exchanged.steps[i], exchanged.steps[i + 1]);
      if (layer.agrees(exchanged)) {
        const std::string next =
            post[i + 1].kind == PostStep::Kind::relu ? "relu" : "'" + post[i + 1].tensor + "'";
        return fmt::format("it applies {} before {}", next, name);
      }
    }
    if (layer.agrees(without)) {
      return fmt::format("it leaves {} out", name);
    }
  }
  return "";
}

std::string float_cause(const Layer& layer) {
  Arithmetic single = layer.as_it_is();
  single.single = true;
  return layer.agrees(single) || layer.differs_at_borders_only()
             ? "it computes in float32 where the format asks for double (every value lies beside "
               "the border of its two codes)"
             : "";
}

std::string output_cause(const Layer& layer) {
  const TensorShape& shape = layer.shape();
  if (shape.size() != 4 || shape[2] != shape[3]) {
    return "";
  }
  const std::size_t side = index_of(shape[2]);
  const std::vector<double>& from = layer.reference();
  std::vector<double> turned(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t x = i % side;
    const std::size_t y = i / side % side;
    turned[i - x - y * side + x * side + y] = from[i];
  }
  return layer.codes(layer.as_it_is()) == turned ? "rows and columns of its output are exchanged"
                                                 : "";
}

/// The place a filter value [m][c][r][s] is taken from.
using Place =
    std::function<std::size_t(std::size_t m, std::size_t c, std::size_t r, std::size_t s)>;

/// The sums of a job whose filters are rearranged.
ArrayPsums rearranged(const Trace& trace, const LayerEntry& entry, const ArrayJob& job,
                      const pe::ArrayModel& array, const Place& place) {
  JobOperands operands = make_operands(trace, entry, job);
  const LayerShape x = operands.shape;
  const JobOperands before = operands;
  std::size_t i = 0;
  for (std::size_t m = 0; m < index_of(x.G * x.M); ++m) {
    for (std::size_t c = 0; c < index_of(x.C); ++c) {
      for (std::size_t r = 0; r < index_of(x.R); ++r) {
        for (std::size_t s = 0; s < index_of(x.S); ++s, ++i) {
          if (job.floating) {
            operands.float_filter[i] = before.float_filter[place(m, c, r, s)];
          } else {
            operands.filter[i] = before.filter[place(m, c, r, s)];
          }
        }
      }
    }
  }
  return {{array_psums(array, operands, job.floating)}, {weight_sums(operands)}};
}

std::string weight_cause(const Trace& trace, const LayerEntry& entry, const ArrayJob& job,
                         const pe::ArrayModel& array) {
  const LayerShape& shape = job.shape;
  const std::size_t channels = index_of(shape.C);
  const std::size_t rows = index_of(shape.R);
  const std::size_t columns = index_of(shape.S);
  const auto flat = [=](std::size_t m, std::size_t c, std::size_t r, std::size_t s) {
    return ((m * channels + c) * rows + r) * columns + s;
  };
  std::vector<std::pair<const char*, Place>> places;
  if (rows == columns && rows > 1 && entry.op == traces::Op::conv) {
    places.emplace_back("rows and columns of its kernels are exchanged (transposed)",
                        [flat](std::size_t m, std::size_t c, std::size_t r, std::size_t s) {
                          return flat(m, c, s, r);
                        });
  }
  if (rows * columns > 1 && entry.op == traces::Op::conv) {
    places.emplace_back(
        "its kernels are turned by 180 degrees (a convolution, where the format correlates)",
        [=](std::size_t m, std::size_t c, std::size_t r, std::size_t s) {
          return flat(m, c, rows - 1 - r, columns - 1 - s);
        });
  }
  const std::size_t taps = channels * rows * columns;
  if (shape.G == 1 && entry.op == traces::Op::fc && index_of(shape.M) == taps) {
    places.emplace_back("inputs and outputs of its weights are exchanged (transposed)",
                        [=](std::size_t m, std::size_t c, std::size_t r, std::size_t s) {
                          return flat(0, c, r, s) * taps + m;
                        });
  }
  if (shape.G == 1 && entry.op == traces::Op::conv && shape.M == shape.C) {
    places.emplace_back("inputs and outputs of its weights are exchanged (transposed)",
                        [flat](std::size_t m, std::size_t c, std::size_t r, std::size_t s) {
                          return flat(c, m, r, s);
                        });
  }
  for (const auto& [text, place] : places) {
    const Layer layer{trace, entry, rearranged(trace, entry, job, array, place)};
    if (layer.agrees(layer.as_it_is())) {
      return text;
    }
  }
  return "";
}

/// The other rounding of a requantization in integers.
std::string requantize_cause(const Trace& trace, const LayerEntry& entry, const ArrayPsums& psums) {
  using Way = traces::Requantize::Rounding;
  LayerEntry other = entry;
  const bool once = entry.requantize->rounding == Way::once;
  other.requantize->rounding = once ? Way::twice : Way::once;
  return post::fixed_point_codes(trace, other, psums) ==
                 trace.tensor(entry.output).data.converted<double>()
             ? fmt::format("it rounds {}, not {}", once ? "twice" : "once", once ? "once" : "twice")
             : "";
}

}  // namespace

std::string likely_cause(const Trace& trace, const LayerEntry& entry, const ArrayPsums& psums,
                         const pe::ArrayModel& array, const ArrayJob* job) {
  if (entry.requantize) {
    return requantize_cause(trace, entry, psums);
  }
  const bool counts = std::any_of(entry.post.begin(), entry.post.end(), [](const PostStep& step) {
    return step.kind == PostStep::Kind::thresholds;
  });
  if (counts || entry.recurrent || trace.tensor(entry.output).is_float()) {
    return "";
  }
  const Layer layer{trace, entry, psums};
  for (const auto& infer : {halves_cause, float_cause, cut_cause, step_cause, output_cause}) {
    if (std::string cause = infer(layer); !cause.empty()) {
      return cause;
    }
  }
  return job != nullptr && job->shape.macs() <= kMostMacs ? weight_cause(trace, entry, *job, array)
                                                          : "";
}

}  // namespace turnpike::accelerator
