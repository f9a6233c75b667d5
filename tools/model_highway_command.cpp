#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/dataset.hpp"
#include "models/highway_edges.hpp"
#include "models/parallel.hpp"
#include "sim/report/text_table.hpp"
#include "tools/command_line.hpp"
#include "tools/model_command.hpp"
#include "tools/options.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

using Json = nlohmann::ordered_json;

struct HighwayOptions {
  std::string model;
  QuantizeSettings quantize;
  bool search = false;
  std::optional<std::string> data;
  std::int64_t images = 64;
  std::vector<double> mean;
  std::vector<double> deviation;
  std::string repair = "none";
  bool json = false;
};

const char* name_of(models::HighwayEdge::Kind kind) {
  switch (kind) {
    case models::HighwayEdge::Kind::skip:
      return "skip";
    case models::HighwayEdge::Kind::state:
      return "state";
    default:
      return "concat";
  }
}

struct Found {
  std::vector<models::HighwayEdge> edges;
  std::vector<models::HighwayStep> steps;  ///< empty without --search
};

/// Edges of every step, in the form `highway.edges` takes.
std::vector<std::string> settings_of(const std::vector<models::HighwayStep>& steps) {
  std::vector<std::string> settings;
  for (const models::HighwayStep& step : steps) {
    const std::string before = settings.empty() ? "" : settings.back();
    settings.push_back(before.empty() ? step.edge : before + " " + step.edge);
  }
  return settings;
}

std::string text_of(const Found& found, const HighwayOptions& options,
                    const CommonOptions& common) {
  report::TextTable table{{"ends in", "kind", "carries", "around", "values", "bits", "carried"}};
  table.left({1, 2, 6});
  std::int64_t carried = 0;
  std::int64_t values = 0;
  std::string breaks;
  for (const models::HighwayEdge& edge : found.edges) {
    table.add({edge.reader, name_of(edge.kind), edge.value, fmt::format("{}", edge.bypassed),
               fmt::format("{}", edge.values), fmt::format("{}", edge.low_bits),
               edge.carried ? edge.origin : "no: " + edge.why_not});
    carried += edge.carried ? 1 : 0;
    values += edge.carried ? edge.values : 0;
    if (edge.carried && edge.interrupted) {
      breaks += fmt::format("{}{}", breaks.empty() ? "" : ", ", edge.reader);
    }
  }
  std::string text = table.to_string(table_width(common));
  text += "around: array layers it bypasses; values: an inference; bits: of its codes\n\n";
  text += fmt::format("{} of {} edges carried, {} values of {} bits an inference\n", carried,
                      found.edges.size(), values, options.quantize.highway_bits);
  text += carried == 0     ? ""
          : breaks.empty() ? "the highway is not interrupted\n"
                           : fmt::format("interrupted before: {}\n", breaks);
  if (found.steps.empty()) {
    return text;
  }
  report::TextTable steps{{"edges", "joins", "kbit moved", "error", "removed % / Mbit"}};
  steps.left({1});
  for (std::size_t i = 0; i < found.steps.size(); ++i) {
    const models::HighwayStep& step = found.steps[i];
    const double removed =
        i == 0 ? 0.0 : (found.steps[i - 1].error - step.error) / found.steps[0].error * 100.0;
    const double moved =
        i == 0 ? 1.0 : static_cast<double>(step.bits - found.steps[i - 1].bits) / 1e6;
    steps.add({fmt::format("{}", i), i == 0 ? "no highway" : step.edge,
               fmt::format("{:.1f}", static_cast<double>(step.bits) / 1e3),
               fmt::format("{:.5f}", step.error),
               i == 0 ? "" : fmt::format("{:.2f}", removed / moved)});
  }
  text += '\n' + steps.to_string(table_width(common));
  text += "error: 1 - cos of the last output against float; the edge joins that removes\n";
  text += "most of it a bit moved; highway.edges of a step: its edge and those above\n";
  return text;
}

std::string json_of(const Found& found, const HighwayOptions& options) {
  Json edges = Json::array();
  for (const models::HighwayEdge& edge : found.edges) {
    edges.push_back({{"reader", edge.reader},
                     {"kind", name_of(edge.kind)},
                     {"value", edge.value},
                     {"bypassed_array_layers", edge.bypassed},
                     {"values", edge.values},
                     {"low_bits", edge.low_bits},
                     {"carried", edge.carried},
                     {"why_not", edge.why_not},
                     {"origin", edge.origin},
                     {"interrupted", edge.interrupted}});
  }
  Json steps = Json::array();
  const std::vector<std::string> settings = settings_of(found.steps);
  for (std::size_t i = 0; i < found.steps.size(); ++i) {
    steps.push_back({{"joins", found.steps[i].edge},
                     {"highway.edges", settings[i]},
                     {"bits_moved", found.steps[i].bits},
                     {"error", found.steps[i].error}});
  }
  const Json json = {{"schema", "turnpike-model-highway/1"},
                     {"model", options.model},
                     {"highway_bits", options.quantize.highway_bits},
                     {"edges", std::move(edges)},
                     {"search", std::move(steps)}};
  return json.dump(2) + '\n';
}

std::vector<models::HighwayStep> search(const models::Network& network,
                                        const models::QuantizeOptions& quantize,
                                        const HighwayOptions& options) {
  std::vector<float> inputs = network.input();
  std::int64_t count = network.batch();
  if (options.data) {
    const auto images = models::LabelledImages::load(
        *options.data, network.input_shape(), normalization_of(options.mean, options.deviation));
    count = std::min<std::int64_t>(options.images, images.count());
    inputs = images.input(models::evenly_spaced(images.count(), count));
  }
  const models::Calibration calibration =
      options.data ? models::calibrate(network, inputs, models::all_cores())
                   : models::calibrate(network);
  return models::search_highway(network, calibration, quantize,
                                {.inputs = inputs,
                                 .count = count,
                                 .threads = models::all_cores(),
                                 .repair = models::repair_named(options.repair)});
}

int show_highway(const HighwayOptions& options, const CommonOptions& common) {
  const models::QuantizeOptions quantize = quantize_options(options.quantize);
  const models::Network network = open_model(options.model, common, options.quantize.weights);
  if (network.is_stated()) {
    throw InputError{{options.model, 0, 0},
                     "brings its own quantization: its trace says what is wide (trace info)"};
  }
  Found found;
  found.edges = models::highway_edges(network, quantize);
  if (options.search) {
    found.steps = search(network, quantize, options);
  }
  if (options.json) {
    print_json(json_of(found, options));
  } else {
    print_text(common, text_of(found, options, common));
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_model_highway(CLI::App& model, const CommonOptions& common, Action& chosen) {
  auto options = std::make_shared<HighwayOptions>();
  auto* highway = model.add_subcommand(
      "highway", "edges a highway may carry, where it is interrupted, and which are worth it");
  highway->add_option("model", options->model, "zoo:NAME, a network .yaml or a model")->required();
  add_quantize_options(*highway, options->quantize);
  highway->add_flag("--search", options->search,
                    "add one edge after the other, the one first that takes away most error a bit");
  highway->add_option("--data", options->data, "images the search runs on (.npz, as model eval)")
      ->needs(highway->get_option("--search"));
  highway->add_option("--images", options->images, "how many of them")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20))
      ->capture_default_str();
  highway->add_option("--mean", options->mean, "of the pixels, by channel")->delimiter(',');
  highway->add_option("--std", options->deviation, "their standard deviation")->delimiter(',');
  highway->add_option("--repair", options->repair, "of the quantized networks: none, bn, bias")
      ->check(CLI::IsMember({"none", "bn", "bias"}))
      ->capture_default_str();
  highway->add_flag("--json", options->json, "print JSON instead of a table");
  add_examples(*highway, {"turnpike model highway zoo:resnet20 --precision 2 --search"});
  highway->callback([options, &common, &chosen] {
    chosen = [options, &common] { return show_highway(*options, common); };
  });
}

}  // namespace turnpike::tools
