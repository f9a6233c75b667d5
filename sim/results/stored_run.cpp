#include "sim/results/stored_run.hpp"

#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/results/record_json.hpp"

namespace turnpike::results {
namespace {

/// The origin that to_yaml(true) wrote behind the line of a spot, or "".
std::string origin_at(const std::vector<std::string>& lines, const SourceSpot& spot) {
  if (spot.line < 1 || static_cast<std::size_t>(spot.line) > lines.size()) {
    return "";
  }
  const std::string& line = lines[static_cast<std::size_t>(spot.line) - 1];
  const std::size_t comment = line.rfind("  # ");
  return comment == std::string::npos ? "" : line.substr(comment + 4);
}

/// Gives each value the origin that to_yaml(true) wrote behind it.
void restore_origins(const std::vector<std::string>& lines, ConfigNode& node) {
  for (auto& [key, child] : node.entries) {
    const bool nested = child.kind == ConfigNode::Kind::mapping && !child.entries.empty();
    const std::string origin = origin_at(lines, nested ? child.key_spot : child.spot);
    restore_origins(lines, child);
    if (!origin.empty()) {
      child.restore_origin(origin);
      child.key_spot = child.spot;
    }
  }
}

config::AcceleratorConfig read_config(const RunDirectory& directory) {
  const std::string path = directory.path("config.resolved.yaml");
  const std::string& text = directory.text("config.resolved.yaml");
  try {
    ConfigNode node = ConfigNode::from_string(text, path);
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
      lines.push_back(line);
    }
    // Read once with the file's own lines, so that an error points into it.
    static_cast<void>(config::read_accelerator(node));
    restore_origins(lines, node);
    return config::read_accelerator(node);
  } catch (const FileError&) {
    throw;
  } catch (const InputError& error) {
    throw FileError{{path, 0, 0}, fmt::format("is damaged: {}", error.what())};
  }
}

/// FileError if results.json has no energy of a component that counts.csv has counts of.
void check_components(const RunDirectory& directory, const StoredRun& run) {
  for (const StoredCount& count : run.counts) {
    if (!run.figures.energy_pj.of_machine[static_cast<std::size_t>(count.key.component)]) {
      throw FileError{{directory.path("results.json"), 0, 0},
                      fmt::format("has no energy of '{}', which counts.csv counts",
                                  to_string(count.key.component))};
    }
  }
}

void read_run_record(const RunDirectory& directory, StoredRun& run) {
  run.timing = directory.record().timing;
  run.result.passes_simulated = directory.record().passes_simulated;
  run.result.clocks_simulated = directory.record().clocks_simulated;
}

}  // namespace

ResultsRecord read_results(const RunDirectory& directory) {
  const SourceSpot spot{directory.path("results.json"), 0, 0};
  const nlohmann::ordered_json json =
      traces::parse_json(directory.text("results.json"), spot, "results");
  const JsonPart part{json, spot, "results"};
  if (const std::string schema = part.map().get_string("schema");
      schema != ResultsRecord::kSchema) {
    part.map().fail(fmt::format("'schema' is '{}', expected '{}'", schema, ResultsRecord::kSchema));
  }
  ResultsRecord out;
  read_fields(part, out);
  const accelerator::Checks& checks = out.result.checks;
  // Files of versions that stored the single checks only have no verdict of their own.
  if (part.at("checks").map().opt_bool("passed").value_or(checks.all_passed()) !=
      checks.all_passed()) {
    part.at("checks").map().fail("'passed' contradicts the single checks");
  }
  return out;
}

std::optional<MeasuredAccuracy> accuracy_beside(const std::string& directory) {
  namespace fs = std::filesystem;
  fs::path run = fs::absolute(directory).lexically_normal();
  run = run.has_filename() ? run : run.parent_path();
  const std::string file = (run.parent_path() / "sweep.json").string();
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    return std::nullopt;
  }
  const nlohmann::json json = nlohmann::json::parse(read_input(file), nullptr, false);
  try {
    for (const nlohmann::json& point : json.at("points")) {
      if (point.at("id") == run.filename().string() && point.contains("accuracy")) {
        const nlohmann::json& found = point.at("accuracy");
        const MeasuredAccuracy accuracy{.top1 = found.at("top1").get<double>(),
                                        .standard_error = found.at("standard_error").get<double>(),
                                        .images = found.at("images").get<std::int64_t>()};
        if (accuracy.top1 < 0.0 || accuracy.top1 > 1.0 || accuracy.standard_error < 0.0) {
          throw FileError{
              {file, 0, 0},
              fmt::format("point '{}' has a top1 of {} +- {}, which is no share",
                          run.filename().string(), accuracy.top1, accuracy.standard_error)};
        }
        return accuracy;
      }
    }
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // whatever else it is, no sweep with a data set
  }
  return std::nullopt;
}

StoredRun read_stored_run(const std::string& path) {
  const RunDirectory directory = RunDirectory::open(path);
  ResultsRecord results = read_results(directory);
  StoredRun run;
  run.directory = path;
  run.accuracy = accuracy_beside(path);
  run.result = std::move(results.result);
  run.figures = std::move(results.figures);
  read_run_record(directory, run);
  run.config = read_config(directory);
  pricing::use_kept_price_tables(path, run.config);
  run.counts = read_counts(directory, run.result);
  check_components(directory, run);
  for (const accelerator::LayerResult& layer : run.result.layers) {
    run.result.passes += layer.passes;
  }
  return run;
}

pricing::PricedRun price_stored_run(const StoredRun& run, const config::AcceleratorConfig& config,
                                    const std::string& config_root) {
  return pricing::price_run(config, run.result, config_root);
}

}  // namespace turnpike::results
