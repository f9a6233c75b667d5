#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "memory/dram_device.hpp"
#include "models/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/cost/profile.hpp"
#include "sim/cost/technology.hpp"
#include "tools/command.hpp"

namespace turnpike::tools {
namespace {

struct ListOptions {
  std::string kind;
  bool json = false;
};

std::vector<std::string> names_of(const std::string& kind, const std::string& config_root) {
  if (kind == "zoo") {
    return models::zoo_names();
  }
  if (kind == "profiles") {
    return cost::Profile::names_in(config_root + "/profiles");
  }
  if (kind == "devices") {
    return memory::list_devices(config_root + "/technology/dram");
  }
  ensure(kind == "technologies", "the option allows four kinds");
  return cost::Technology::names_in(config_root + "/technology");
}

int list_names(const ListOptions& options, const CommonOptions& common) {
  const std::vector<std::string> names = names_of(options.kind, common.config_root);
  if (options.json) {
    fmt::print("{}\n", nlohmann::ordered_json(names).dump(2));
  } else {
    for (const std::string& name : names) {
      fmt::print("{}\n", name);
    }
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_list(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("list", "names of networks, profiles, memories, technologies");
  auto options = std::make_shared<ListOptions>();
  command->add_option("kind", options->kind, "zoo, profiles, devices or technologies")
      ->required()
      ->check(CLI::IsMember({"zoo", "profiles", "devices", "technologies"}));
  command->add_flag("--json", options->json, "print a JSON array");
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return list_names(*options, common); };
  });
}

}  // namespace turnpike::tools
