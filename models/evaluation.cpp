#include "models/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <utility>

#include "models/engine.hpp"
#include "models/float_engine.hpp"
#include "models/parallel.hpp"

namespace turnpike::models {
namespace {

double share(const std::vector<std::uint8_t>& right) {
  const auto sum = std::accumulate(right.begin(), right.end(), std::int64_t{0});
  return right.empty() ? 0.0 : static_cast<double>(sum) / static_cast<double>(right.size());
}

class Run {
 public:
  Run(const EvaluationPlan& plan, const std::vector<QuantizedNetwork>& settings)
      : plan_{plan},
        settings_{settings},
        at_once_{inputs_at_once(plan.network)},
        pieces_{(total() + at_once_ - 1) / at_once_},
        measured_(static_cast<std::size_t>(pieces_), false),
        layers_(static_cast<std::size_t>(pieces_)) {
    const std::int64_t wanted = (plan.layer_images + at_once_ - 1) / at_once_;
    for (const std::int64_t piece : evenly_spaced(pieces_, wanted)) {
      measured_[static_cast<std::size_t>(piece)] = true;
    }
  }

  Evaluation evaluate() {
    const std::string last = plan_.network.layers().back().name;
    found_.classes = element_count(plan_.network.shape_of(last));
    plan_.images.check_labels(found_.classes);
    found_.settings.resize(settings_.size());
    for (SettingResult* each : all()) {
      each->right1.resize(static_cast<std::size_t>(total()));
      each->right5.resize(static_cast<std::size_t>(total()));
    }
    parallel_for(pieces_, plan_.threads, [&](std::int64_t piece) { run(piece); });
    add_layers();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::int64_t total() const {
    return static_cast<std::int64_t>(plan_.chosen.size());
  }

  std::vector<SettingResult*> all() {
    std::vector<SettingResult*> results = {&found_.floating};
    for (SettingResult& each : found_.settings) {
      results.push_back(&each);
    }
    return results;
  }

  void run(std::int64_t piece) {
    const std::int64_t first = piece * at_once_;
    const std::int64_t last = std::min(total(), first + at_once_);
    const std::vector<float> input =
        plan_.images.input({plan_.chosen.begin() + first, plan_.chosen.begin() + last});
    const bool measured = measured_[static_cast<std::size_t>(piece)];
    const std::string& name = plan_.network.layers().back().name;
    FloatValues reference;
    const FloatVisitor visitor{[&](const FloatValue& value) {
      if (measured ? plan_.network.has_layer(value.name) : value.name == name) {
        reference[value.name] = {value.values.begin(), value.values.end()};
      }
    }};
    forward(plan_.network, {input, last - first}, visitor);
    const std::vector<float>& logits = reference.at(name);
    judge(found_.floating, first, {logits.begin(), logits.end()});
    std::vector<LayerMeasurement> layers(settings_.size());
    for (std::size_t i = 0; i < settings_.size(); ++i) {
      Execution execution{settings_[i].program, settings_[i].parameters,
                          input_codes(settings_[i].program, input,
                                      with_batch(plan_.network.input_shape(), last - first)),
                          Keep::outputs};
      judge(found_.settings[i], first,
            run_measured(settings_[i].program, execution, measured ? &reference : nullptr,
                         layers[i]));
    }
    if (measured) {
      layers_[static_cast<std::size_t>(piece)] = std::move(layers);
    }
    const std::scoped_lock lock{counting_};
    done_ += last - first;
    found_.layer_images += measured ? last - first : 0;
    if (plan_.progress) {
      plan_.progress(done_, total());
    }
  }

  void judge(SettingResult& result, std::int64_t first, const std::vector<double>& logits) const {
    const auto classes = static_cast<std::size_t>(found_.classes);
    for (std::size_t i = 0; i * classes < logits.size(); ++i) {
      const std::size_t at = static_cast<std::size_t>(first) + i;
      const std::int64_t rank = rank_of(std::span{logits}.subspan(i * classes, classes),
                                        plan_.images.label(plan_.chosen[at]));
      result.right1[at] = rank < 1 ? 1 : 0;
      result.right5[at] = rank < 5 ? 1 : 0;
    }
  }

  /// Sums over the pieces, in their order.
  void add_layers() {
    for (std::size_t i = 0; i < settings_.size(); ++i) {
      LayerMeasurement sums;
      for (const std::vector<LayerMeasurement>& piece : layers_) {
        if (!piece.empty()) {
          sums.add(piece[i]);
        }
      }
      found_.settings[i].layers = sums.results(plan_.network);
    }
  }

  const EvaluationPlan& plan_;
  const std::vector<QuantizedNetwork>& settings_;
  std::int64_t at_once_;
  std::int64_t pieces_;
  std::vector<bool> measured_;
  std::vector<std::vector<LayerMeasurement>> layers_;  ///< [piece][setting], of the measured
  Evaluation found_;
  std::mutex counting_;
  std::int64_t done_ = 0;
};

}  // namespace

double SettingResult::top1() const {
  return share(right1);
}

double SettingResult::top5() const {
  return share(right5);
}

Evaluation evaluate(const EvaluationPlan& plan, const std::vector<QuantizedNetwork>& settings) {
  ensure(!plan.chosen.empty(), "there are images to evaluate on");
  return Run{plan, settings}.evaluate();
}

PairedDifference paired_difference(const std::vector<std::uint8_t>& a,
                                   const std::vector<std::uint8_t>& b) {
  ensure(a.size() == b.size() && !a.empty(), "pairs are pairs");
  const auto n = static_cast<double>(a.size());
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(b[i]) - static_cast<double>(a[i]);
    sum += difference;
    squares += difference * difference;
  }
  const double mean = sum / n;
  const double variance = a.size() < 2 ? 0.0 : (squares - n * mean * mean) / (n - 1.0);
  return {.mean = mean, .standard_error = std::sqrt(std::max(0.0, variance) / n)};
}

std::int64_t rank_of(std::span<const double> row, std::int64_t label) {
  const auto at = static_cast<std::size_t>(label);
  std::int64_t before = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    before += row[i] > row[at] || (row[i] == row[at] && i < at) ? 1 : 0;
  }
  return before;
}

}  // namespace turnpike::models
