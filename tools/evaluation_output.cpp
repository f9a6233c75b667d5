#include "tools/evaluation_output.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/report/text_table.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;
using models::Evaluation;
using models::ImageTask;
using models::PairedDifference;

std::string percent(double share) {
  return fmt::format("{:.2f}", 100.0 * share);
}

std::string with_error(const PairedDifference& difference) {
  return fmt::format("{:+.2f} +- {:.2f}", 100.0 * difference.mean,
                     100.0 * difference.standard_error);
}

std::string highway_of(const models::QuantizeOptions& options) {
  return options.highway ? fmt::format("{} bit", options.highway_bits) : "off";
}

/// The result of the setting that differs from this one in having no highway.
template <class Result>
const Result* without_highway(const std::vector<EvaluatedSetting>& settings,
                              const std::vector<Result>& results, std::size_t index) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (settings[index].options.highway && !settings[i].options.highway &&
        settings[i].precision == settings[index].precision) {
      return &results[i];
    }
  }
  return nullptr;
}

std::string_view repair_name(models::Repair repair) {
  switch (repair) {
    case models::Repair::batch_norm:
      return "batch-norm statistics re-estimated";
    case models::Repair::bias:
      return "biases corrected";
    case models::Repair::none:
      break;
  }
  return "none";
}

template <class Result>
std::string layer_text(const std::vector<EvaluatedSetting>& settings,
                       const std::vector<Result>& results, const std::string& measured_on,
                       const CommonOptions& common) {
  std::vector<std::string> header = {"cosine error"};
  for (const EvaluatedSetting& each : settings) {
    header.push_back(fmt::format("{} {}", each.precision, each.options.highway ? "on" : "off"));
  }
  report::TextTable errors{header};
  header[0] = "zeros read %";
  report::TextTable zeros{header};
  for (std::size_t row = 0; row < results.front().layers.size(); ++row) {
    const std::string& name = results.front().layers[row].output.layer;
    std::vector<std::string> error_cells = {name};
    std::vector<std::string> zero_cells = {name};
    for (const Result& setting : results) {
      const models::LayerResult& layer = setting.layers.at(row);
      error_cells.push_back(fmt::format("{:.5f}", layer.output.cosine_error));
      if (layer.input_zeros) {
        zero_cells.push_back(fmt::format("{:.1f}", 100.0 * *layer.input_zeros));
      }
    }
    errors.add(std::move(error_cells));
    if (zero_cells.size() > 1) {
      zeros.add(std::move(zero_cells));
    }
  }
  return fmt::format("\n{}:\n\n{}\n{}", measured_on, errors.to_string(table_width(common)),
                     zeros.to_string(table_width(common)));
}

Json setting_json(const models::QuantizeOptions& options) {
  return {{"precision", {{"weight", options.weight_bits}, {"activation", options.activation_bits}}},
          {"highway", {{"enabled", options.highway}, {"bits", options.highway_bits}}}};
}

Json layers_json(const std::vector<models::LayerResult>& layers) {
  Json rows = Json::array();
  for (const models::LayerResult& layer : layers) {
    Json each = {{"layer", layer.output.layer},
                 {"cosine_error", layer.output.cosine_error},
                 {"zero_fraction", layer.output.zero_fraction},
                 {"minimum", layer.output.minimum},
                 {"maximum", layer.output.maximum}};
    if (layer.input_zeros) {
      each["input_zero_fraction"] = *layer.input_zeros;
    }
    rows.push_back(std::move(each));
  }
  return rows;
}

}  // namespace

std::string evaluation_text(const ImageTask& task, const std::vector<EvaluatedSetting>& settings,
                            const Evaluation& found, bool layers, const CommonOptions& common) {
  const bool five = found.classes > 5;
  std::vector<std::string> header = {"precision", "highway", "top-1 %"};
  if (five) {
    header.emplace_back("top-5 %");
  }
  header.insert(header.end(), {"less float", "highway adds"});
  report::TextTable table{header};
  const auto add = [&](std::vector<std::string> cells, const models::SettingResult& result) {
    cells.push_back(percent(result.top1()));
    if (five) {
      cells.push_back(percent(result.top5()));
    }
    return cells;
  };
  table.add(add({"float", ""}, found.floating));
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const models::SettingResult& result = found.settings[i];
    auto cells = add({settings[i].precision, highway_of(settings[i].options)}, result);
    cells.push_back(with_error(models::paired_difference(found.floating.right1, result.right1)));
    if (const auto* base = without_highway(settings, found.settings, i)) {
      cells.push_back(with_error(models::paired_difference(base->right1, result.right1)));
    }
    table.add(std::move(cells));
  }
  return fmt::format(
      "{} on {} images of {}\nranges from {}; repair: {}\n\n{}{}", task.network().name(),
      task.images().size(), task.settings().data, task.calibrated_on(),
      repair_name(task.settings().repair), table.to_string(table_width(common)),
      layers && !settings.empty()
          ? layer_text(settings, found.settings,
                       fmt::format("on {} of the images", found.layer_images), common)
          : "");
}

std::string evaluation_json(const ImageTask& task, const std::vector<EvaluatedSetting>& settings,
                            const Evaluation& found) {
  const auto difference = [](const PairedDifference& pairs) {
    return Json{{"mean", pairs.mean}, {"standard_error", pairs.standard_error}};
  };
  const auto accuracy = [&](Json json, const models::SettingResult& result) {
    json["top1"] = result.top1();
    if (found.classes > 5) {
      json["top5"] = result.top5();
    }
    return json;
  };
  Json rows = Json::array();
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const models::SettingResult& result = found.settings[i];
    Json row = accuracy(setting_json(settings[i].options), result);
    row["less_float"] = difference(models::paired_difference(found.floating.right1, result.right1));
    if (const auto* base = without_highway(settings, found.settings, i)) {
      row["highway_adds"] = difference(models::paired_difference(base->right1, result.right1));
    }
    row["layers"] = layers_json(result.layers);
    rows.push_back(std::move(row));
  }
  const Json json = {{"schema", "turnpike-model-eval/2"},
                     {"network", task.network().name()},
                     {"data", task.settings().data},
                     {"images", task.images().size()},
                     {"layer_images", found.layer_images},
                     {"calibration", task.calibrated_on()},
                     {"repair", repair_name(task.settings().repair)},
                     {"float", accuracy(Json::object(), found.floating)},
                     {"settings", std::move(rows)}};
  return json.dump(2);
}

std::string language_text(const models::LanguageTask& task,
                          const std::vector<EvaluatedSetting>& settings,
                          const models::LanguageEvaluation& found, bool layers,
                          const CommonOptions& common) {
  const auto change = [](const models::LanguageResult& from, const models::LanguageResult& to) {
    const auto [mean, error] = models::paired_loss(from.loss, to.loss);
    return fmt::format("{:+.2f} +- {:.2f}", 100.0 * std::expm1(mean), 100.0 * error);
  };
  report::TextTable table{
      {"precision", "highway", "perplexity", "against float %", "highway adds %"}};
  table.add({"float", "", fmt::format("{:.2f}", found.floating.perplexity())});
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const models::LanguageResult& result = found.settings[i];
    std::vector<std::string> cells = {settings[i].precision, highway_of(settings[i].options),
                                      fmt::format("{:.2f}", result.perplexity()),
                                      change(found.floating, result)};
    if (const auto* base = without_highway(settings, found.settings, i)) {
      cells.push_back(change(*base, result));
    }
    table.add(std::move(cells));
  }
  return fmt::format(
      "{} on {} streams of {} tokens of '{}' in {}\nranges from {}; embedding and softmax in "
      "float, off the array\n\n{}{}",
      task.network().name(), task.settings().streams, task.stream_tokens(), task.settings().member,
      task.settings().data, task.calibrated_on(), table.to_string(table_width(common)),
      layers && !settings.empty()
          ? layer_text(settings, found.settings, "on the first stream", common)
          : "");
}

std::string language_json(const models::LanguageTask& task,
                          const std::vector<EvaluatedSetting>& settings,
                          const models::LanguageEvaluation& found) {
  const auto difference = [](const models::LanguageResult& from, const models::LanguageResult& to) {
    const auto [mean, error] = models::paired_loss(from.loss, to.loss);
    return Json{{"mean", mean}, {"standard_error", error}};
  };
  Json rows = Json::array();
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const models::LanguageResult& result = found.settings[i];
    Json row = setting_json(settings[i].options);
    row["perplexity"] = result.perplexity();
    row["more_nats_than_float"] = difference(found.floating, result);
    if (const auto* base = without_highway(settings, found.settings, i)) {
      row["highway_adds_nats"] = difference(*base, result);
    }
    row["layers"] = layers_json(result.layers);
    rows.push_back(std::move(row));
  }
  const Json json = {{"schema", "turnpike-model-eval/2"},
                     {"network", task.network().name()},
                     {"data", task.settings().data},
                     {"member", task.settings().member},
                     {"tokens", found.floating.loss.size()},
                     {"streams", task.settings().streams},
                     {"calibration", task.calibrated_on()},
                     {"float", {{"perplexity", found.floating.perplexity()}}},
                     {"settings", std::move(rows)}};
  return json.dump(2);
}

}  // namespace turnpike::tools
