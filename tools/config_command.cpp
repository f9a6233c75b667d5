#include <algorithm>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "memory/dram_device.hpp"
#include "models/network_file.hpp"
#include "models/zoo.hpp"
#include "sim/base/config_map.hpp"
#include "sim/base/text.hpp"
#include "sim/config/profile.hpp"
#include "sim/config/sources.hpp"
#include "sim/cost/technology.hpp"
#include "sim/pricing/priced_run.hpp"
#include "sim/report/text_table.hpp"
#include "sim/sweep/sweep_file.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/config_schema.hpp"
#include "tools/json_schema.hpp"
#include "tools/names.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct ConfigOptions {
  config::ConfigSources sources;  ///< accelerator_file: whatever file is given
  std::string kind;
  bool json = false;
  bool markdown = false;
  bool json_schema = false;
};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const ConfigSchema& schema : config_schemas()) {
    names.emplace_back(schema.name);
  }
  return names;
}

/// The kind of a file by its `schema:` key.
const ConfigSchema& kind_of(const std::string& path) {
  const ConfigNode node = ConfigNode::from_file(path);
  ConfigMap map{node, "(top)"};
  const std::string given = map.get_string("schema");
  const ConfigSchema* schema = find_schema(given);
  if (schema == nullptr || schema->schema != given) {
    std::vector<std::string> known;
    for (const ConfigSchema& each : config_schemas()) {
      known.emplace_back(each.schema);
    }
    map.fail("schema", fmt::format("'schema' is '{}'{}", given, suggestion(given, known)));
  }
  return *schema;
}

/// Everything a run would refuse, but for the network.
config::AcceleratorConfig check_accelerator(const config::ConfigSources& sources) {
  const auto config = config::load_accelerator(sources);
  pricing::check_prices(config, sources.config_root);
  const ConfigNode* dram = config.resolved.find("dram");
  const SourceSpot spot = dram == nullptr ? SourceSpot{} : dram->spot;
  memory::check_channels(
      memory::find_dram_device(config.dram.device, sources.config_root + "/technology/dram", spot),
      config.dram.channels, spot);
  return config;
}

void check_point(const sweep::SweepFile& file, const sweep::PointSettings& point,
                 config::ConfigSources sources) {
  sources.accelerator_file = file.accelerator;
  for (const std::string& assignment : point.assignments()) {
    sources.settings.push_back(assignment);
  }
  const auto config = check_accelerator(sources);
  if (models::is_network(file.network)) {  // a trace brings a highway of its own
    config::check_highway_settings(config);
  }
}

/// The file itself, its accelerator at every point, and whether its network is there. Names all bad
/// points on stderr, those with the same fault together, before the InputError.
void check_sweep(const std::string& path, const config::ConfigSources& given) {
  const sweep::SweepFile file = sweep::read_sweep(path);
  std::error_code ignored;
  if (file.network.starts_with("zoo:")) {
    static_cast<void>(models::zoo_shapes(file.network));
  } else if (!fs::exists(file.network, ignored)) {
    throw FileError{{path, 0, 0}, fmt::format("network '{}' is not there", file.network)};
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> faults;
  std::size_t bad = 0;
  ExitCode exit_code = ExitCode::configuration;
  for (const sweep::PointSettings& point : file.points) {
    try {
      check_point(file, point, given);
    } catch (const InputError& error) {
      const auto known = std::find_if(faults.begin(), faults.end(), [&](const auto& fault) {
        return fault.first == error.what();
      });
      auto& points = known == faults.end()
                         ? faults.emplace_back(error.what(), std::vector<std::string>{}).second
                         : known->second;
      points.push_back(point.text());
      exit_code = bad++ == 0 ? error.exit_code() : exit_code;
    }
  }
  for (const auto& [fault, points] : faults) {
    print_error(fmt::format("{}: point {}: {}", path, fmt::join(points, "; "), fault));
  }
  if (bad > 0) {
    throw InputError{{path, 0, 0},
                     fmt::format("{} of {} points cannot run", bad, file.points.size()),
                     exit_code};
  }
}

/// The profile itself, and the memory it names.
void check_profile(const std::string& path, const std::string& config_root) {
  const config::Profile profile = config::Profile::load(path);
  const ConfigNode* dram = profile.overlay.find("dram");
  const ConfigNode* device = dram == nullptr ? nullptr : dram->find("device");
  if (device != nullptr) {
    static_cast<void>(
        memory::find_dram_device(device->scalar, config_root + "/technology/dram", device->spot));
  }
}

int check(const ConfigOptions& options, const CommonOptions& common) {
  const std::string& path = options.sources.accelerator_file;
  const ConfigSchema& schema = kind_of(path);
  if (schema.name == "accelerator") {
    static_cast<void>(check_accelerator(options.sources));
  } else if (schema.name == "profile") {
    check_profile(path, options.sources.config_root);
  } else if (schema.name == "network") {
    static_cast<void>(models::read_network(path));
  } else if (schema.name == "sweep") {
    check_sweep(path, options.sources);
  } else if (schema.name == "dram") {
    static_cast<void>(memory::dram_device_from_file(path));
  } else {
    static_cast<void>(cost::Technology::load(
        fs::path{path}.has_parent_path() ? fs::path{path}.parent_path().string() : "."));
  }
  print_text(common, fmt::format("{}: a valid {} file\n", path, schema.name));
  return static_cast<int>(ExitCode::ok);
}

int show(const ConfigOptions& options, const CommonOptions& common) {
  static_cast<void>(common);
  const std::string& path = options.sources.accelerator_file;
  const bool accelerator = kind_of(path).name == "accelerator";
  const ConfigNode node = accelerator ? config::load_accelerator(options.sources).resolved
                                      : ConfigNode::from_file(path);
  fmt::print("{}", node.to_yaml(true));
  return static_cast<int>(ExitCode::ok);
}

const ConfigSchema& wanted_schema(const std::string& kind) {
  if (const ConfigSchema* schema = find_schema(kind)) {
    return *schema;
  }
  std::error_code ignored;
  if (!fs::exists(kind, ignored)) {
    throw InputError{{"config schema", 0, 0},
                     fmt::format("'{}' is neither a file nor a kind of file{}", kind,
                                 suggestion(kind, kind_names()))};
  }
  return kind_of(kind);
}

/// A table if there is room, else a paragraph a key.
std::string schema_text(const ConfigSchema& schema, bool wide) {
  report::TextTable table{{"key", "type", "allowed", "when absent", "meaning"}};
  table.left({1, 2, 3, 4});
  std::string paragraphs;
  for (const SchemaKey& key : schema.keys) {
    table.add({std::string{key.key}, std::string{key.type}, std::string{key.allowed},
               std::string{key.absent}, std::string{key.meaning}});
    paragraphs += fmt::format("{}: {}{}{}; when absent: {}\n  {}\n", key.key, key.type,
                              key.allowed.empty() ? "" : ", ", key.allowed,
                              key.absent.empty() ? "-" : key.absent, key.meaning);
  }
  return fmt::format("{} (schema: {})\n\n{}", schema.title, schema.schema,
                     wide ? table.to_string() : paragraphs);
}

int show_schema(const ConfigOptions& options, const CommonOptions& common) {
  const ConfigSchema& schema = wanted_schema(options.kind);
  if (options.json_schema) {
    fmt::print("{}\n", json_schema(schema));
  } else if (options.json) {
    Json keys = Json::array();
    for (const SchemaKey& key : schema.keys) {
      keys.push_back({{"key", key.key},
                      {"type", key.type},
                      {"allowed", key.allowed},
                      {"absent", key.absent},
                      {"meaning", key.meaning}});
    }
    fmt::print("{}\n", Json{{"schema", schema.schema}, {"keys", std::move(keys)}}.dump(2));
  } else if (options.markdown) {
    fmt::print("{}", schema_markdown(schema));
  } else {
    print_text(common, schema_text(schema, common.wide));
  }
  return static_cast<int>(ExitCode::ok);
}

CLI::App* add_file_action(CLI::App& parent, const std::string& name, const std::string& description,
                          ConfigOptions& options) {
  auto* command = parent.add_subcommand(name, description);
  command->add_option("file", options.sources.accelerator_file, "FILE.yaml, or a name in configs/")
      ->required();
  command->add_option("--profile", options.sources.profile,
                      "accelerators: a name or a profile .yaml");
  command->add_option("--set", options.sources.settings, "accelerators: key=value, laid over it")
      ->allow_extra_args(false);
  return command;
}

}  // namespace

void add_config(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("config", "configuration files: check, show, list the keys");
  command->require_subcommand(1);
  auto options = std::make_shared<ConfigOptions>();
  const auto choose = [&common, &chosen,
                       options](int (*action)(const ConfigOptions&, const CommonOptions&)) {
    chosen = [&common, options, action] {
      options->sources.config_root = common.config_root;
      options->sources.accelerator_file =
          config_file(options->sources.accelerator_file, common.config_root);
      return action(*options, common);
    };
  };
  auto* checked =
      add_file_action(*command, "check", "read a file strictly, by its schema key", *options);
  add_examples(*checked, {"turnpike config check configs/sweeps/paper_fig6.yaml"});
  checked->callback([choose] { choose(check); });
  auto* shown = add_file_action(*command, "show",
                                "the resolved YAML, each key with where it came from", *options);
  add_examples(*shown, {"turnpike config show configs/accelerators/precision-highway.yaml"});
  shown->callback([choose] { choose(show); });
  auto* schema = command->add_subcommand("schema", "the keys of a kind of file");
  schema
      ->add_option("kind", options->kind,
                   "accelerator, profile, network, sweep, dram, technology, or a file")
      ->required();
  schema->add_flag("--json", options->json, "print JSON instead of a table");
  schema->add_flag("--json-schema", options->json_schema,
                   "print a JSON Schema, for editors (accelerator, profile)");
  schema->add_flag("--markdown", options->markdown, "print a Markdown table");
  add_examples(*schema, {"turnpike config schema accelerator"});
  schema->callback([choose] { choose(show_schema); });
}

}  // namespace turnpike::tools
