#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/metrics.hpp"
#include "models/parallel.hpp"
#include "sim/report/text_table.hpp"
#include "tools/command_line.hpp"
#include "tools/evaluation_output.hpp"
#include "tools/model_command.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"
#include "tools/run_progress.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct EvalOptions {
  std::string model;
  QuantizeSettings quantize;
  models::DataSettings data;
  models::TokenSettings tokens;
  std::vector<double> mean;
  std::vector<double> deviation;
  std::string repair = "none";
  bool layers = false;
  bool json = false;
};

/// Words between the commas that stand outside of braces.
std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> words(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (c == ',' && depth == 0) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// Every precision, with the highway off and on unless the options say which.
std::vector<EvaluatedSetting> settings_of(const QuantizeSettings& asked,
                                          const models::Network& network) {
  const bool decided = asked.highway || std::any_of(asked.settings.begin(), asked.settings.end(),
                                                    [](const std::string& setting) {
                                                      return setting.starts_with("highway.enabled");
                                                    });
  std::vector<EvaluatedSetting> settings;
  for (const std::string& precision : listed(asked.precision)) {
    QuantizeSettings one = asked;
    one.precision = precision;
    EvaluatedSetting setting{precision, quantize_options(one)};
    models::check_options(network, setting.options);
    settings.push_back(setting);
    if (!decided) {
      setting.options.highway = true;
      settings.push_back(setting);
    }
  }
  return settings;
}

/// "120 of 1000 images after 3 s" on a terminal.
class EvalProgress {
 public:
  explicit EvalProgress(bool shown) : shown_{shown} {}
  EvalProgress(const EvalProgress&) = delete;
  EvalProgress& operator=(const EvalProgress&) = delete;
  EvalProgress(EvalProgress&&) = delete;
  EvalProgress& operator=(EvalProgress&&) = delete;
  ~EvalProgress() {
    if (written_) {
      put_on_stderr("\r\033[K");
    }
  }

  void show(std::int64_t done, std::int64_t total) {
    const auto now = Clock::now();
    if (shown_ && now >= next_) {
      next_ = now + std::chrono::milliseconds{200};
      written_ = true;
      put_on_stderr(fmt::format("\r\033[K{} of {} after {:.0f} s", done, total,
                                std::chrono::duration<double>(now - start_).count()));
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool shown_;
  bool written_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_ + std::chrono::seconds{1};
};

/// Runs with a line of progress.
template <class Task>
auto with_progress(const Task& task, const std::vector<EvaluatedSetting>& settings,
                   const CommonOptions& common) {
  std::vector<models::QuantizeOptions> asked;
  for (const EvaluatedSetting& each : settings) {
    asked.push_back(each.options);
  }
  EvalProgress progress{shows_progress(common.quiet)};
  return task.evaluate(asked,
                       [&](std::int64_t done, std::int64_t total) { progress.show(done, total); });
}

int evaluate_images(const EvalOptions& options, models::Network network,
                    const CommonOptions& common) {
  models::DataSettings data = options.data;
  data.normalization = normalization_of(options.mean, options.deviation);
  data.repair = models::repair_named(options.repair);
  const std::vector<EvaluatedSetting> settings = settings_of(options.quantize, network);
  const models::ImageTask task{std::move(network), std::move(data)};
  const models::Evaluation found = with_progress(task, settings, common);
  if (options.json) {
    print_json(evaluation_json(task, settings, found));
  } else {
    print_text(common, evaluation_text(task, settings, found, options.layers, common));
  }
  return static_cast<int>(ExitCode::ok);
}

int evaluate_text(const EvalOptions& options, const models::Network& network,
                  const CommonOptions& common) {
  if (!options.quantize.weights) {
    throw InputError{{"--data", 0, 0},
                     "a language model's embedding and decoder come with --weights"};
  }
  models::TokenSettings tokens = options.tokens;
  tokens.data = options.data.data;
  tokens.threads = options.data.threads;
  const std::vector<EvaluatedSetting> settings = settings_of(options.quantize, network);
  const models::LanguageTask task{network, *options.quantize.weights, tokens};
  const models::LanguageEvaluation found = with_progress(task, settings, common);
  if (options.json) {
    print_json(language_json(task, settings, found));
  } else {
    print_text(common, language_text(task, settings, found, options.layers, common));
  }
  return static_cast<int>(ExitCode::ok);
}

/// Without a data set: one setting on the network's own input, layer by layer.
int evaluate_layers(const EvalOptions& options, const models::Network& network,
                    const CommonOptions& common) {
  if (listed(options.quantize.precision).size() > 1) {
    throw InputError{{"--precision", 0, 0}, "several precisions go with --data"};
  }
  const models::QuantizeOptions quantize = quantize_options(options.quantize);
  const traces::Trace trace = models::quantize(network, models::calibrate(network), quantize);
  const auto metrics = models::compare_with_float(network, trace);
  if (options.json) {
    Json layers = Json::array();
    for (const models::LayerMetrics& row : metrics) {
      layers.push_back({{"layer", row.layer},
                        {"cosine_error", row.cosine_error},
                        {"zero_fraction", row.zero_fraction},
                        {"minimum", row.minimum},
                        {"maximum", row.maximum}});
    }
    const Json json = {{"schema", "turnpike-model-eval/1"},
                       {"network", network.name()},
                       {"layers", std::move(layers)}};
    print_json(json.dump(2));
    return static_cast<int>(ExitCode::ok);
  }
  report::TextTable table{{"layer", "cosine error", "zeros %", "minimum", "maximum"}};
  for (const models::LayerMetrics& row : metrics) {
    table.add({row.layer, fmt::format("{:.6f}", row.cosine_error),
               fmt::format("{:.1f}", 100.0 * row.zero_fraction), fmt::format("{:.4g}", row.minimum),
               fmt::format("{:.4g}", row.maximum)});
  }
  print_text(common, fmt::format("{}: outputs of each layer against the float network\n\n{}",
                                 network.name(), table.to_string(table_width(common))));
  return static_cast<int>(ExitCode::ok);
}

int evaluate(const EvalOptions& options, const CommonOptions& common) {
  models::Network network = open_model(options.model, common, options.quantize.weights);
  if (options.data.data.empty()) {
    return evaluate_layers(options, network, common);
  }
  return network.is_recurrent() ? evaluate_text(options, network, common)
                                : evaluate_images(options, std::move(network), common);
}

void add_data_options(CLI::App& eval, EvalOptions& options) {
  const std::string group = "Data set";
  const auto option = [&](const std::string& name, auto& value, const std::string& meaning) {
    return eval.add_option(name, value, meaning)->group(group);
  };
  option("--data", options.data.data, "images and labels, or token ids, .npz (docs/accuracy.md)");
  option("--mean", options.mean, "of the pixels, by channel: 0.485,0.456,0.406")->delimiter(',');
  option("--std", options.deviation, "their standard deviation")->delimiter(',');
  option("--images", options.data.images, "so many, evenly spaced (default: all)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 31));
  option("--calibration", options.data.calibration,
         "images that ranges and repair are taken from (default: the data set)");
  option("--calibration-images", options.data.calibration_images, "so many of them, evenly spaced")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20))
      ->capture_default_str();
  option("--repair", options.repair,
         "bn: batch-norm statistics re-estimated; bias: biases corrected")
      ->check(CLI::IsMember({"none", "bn", "bias"}))
      ->capture_default_str();
  option("--layer-images", options.data.layer_images, "about how many the layers are measured on")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 20))
      ->capture_default_str();
  option("--member", options.tokens.member, "token ids: their member (default: ids, tokens, test)");
  option("--tokens", options.tokens.tokens, "the first so many (default: all)")
      ->check(CLI::Range(std::int64_t{2}, std::int64_t{1} << 31));
  option("--streams", options.tokens.streams, "so many, read side by side")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  option("--calibration-member", options.tokens.calibration_member,
         "token ids that ranges are taken from (default: --member)");
  option("--calibration-tokens", options.tokens.calibration_tokens, "the first so many of them")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 24))
      ->capture_default_str();
  option("-j,--threads", options.data.threads, "threads (default: one a core)")
      ->check(CLI::Range(1, 1024));
  eval.add_flag("--layers", options.layers, "cosine errors and zeros of every layer")->group(group);
}

}  // namespace

void add_model_eval(CLI::App& model, const CommonOptions& common, Action& chosen) {
  auto options = std::make_shared<EvalOptions>();
  options->data.threads = models::all_cores();
  auto* eval = model.add_subcommand(
      "eval",
      "accuracy on a data set; without one, errors of each layer against the float network");
  eval->add_option("model", options->model, "zoo:NAME or a network .yaml")->required();
  add_quantize_options(*eval, options->quantize);
  add_data_options(*eval, *options);
  eval->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*eval, {"turnpike model eval zoo:lstm300 --precision 8"});
  eval->callback([options, &common, &chosen] {
    chosen = [options, &common] { return evaluate(*options, common); };
  });
}

}  // namespace turnpike::tools
