#include <algorithm>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "memory/dram_device.hpp"
#include "models/zoo.hpp"
#include "sim/base/error.hpp"
#include "sim/config/profile.hpp"
#include "sim/cost/technology.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/names.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

struct ListOptions {
  std::string kind;
  bool json = false;
};

const std::vector<std::string> kKinds = {"accelerators", "networks",     "sweeps", "profiles",
                                         "devices",      "technologies", "zoo"};

std::vector<std::string> names_of(const std::string& kind, const std::string& config_root) {
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    throw InputError{{"list " + kind, 0, 0},
                     "is no kind of name; known: " + fmt::format("{}", fmt::join(kKinds, ", "))};
  }
  const std::string folder = config_root + "/" + kind;
  if ((kind == "accelerators" || kind == "networks" || kind == "sweeps") &&
      !std::filesystem::is_directory(folder)) {
    throw FileError{{folder, 0, 0}, "is no folder of such files (--configs)"};
  }
  if (kind == "zoo") {
    return models::zoo_names();
  }
  if (kind == "profiles") {
    return config::Profile::names_in(config_root + "/profiles");
  }
  if (kind == "devices") {
    return memory::list_devices(config_root + "/technology/dram");
  }
  if (kind == "networks") {
    return network_names(config_root);
  }
  if (kind == "accelerators" || kind == "sweeps") {
    return tools::names_in(config_root, kind);
  }
  ensure(kind == "technologies", "the option allows no other kind");
  return cost::Technology::names_in(config_root + "/technology");
}

int list_names(const ListOptions& options, const CommonOptions& common) {
  const std::vector<std::string> names = names_of(options.kind, common.config_root);
  if (options.json) {
    print_json(nlohmann::ordered_json(names).dump(2));
  } else {
    for (const std::string& name : names) {
      print_text(common, name + '\n');
    }
  }
  return static_cast<int>(ExitCode::ok);
}

}  // namespace

void add_list(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("list", "names that other commands take");
  auto options = std::make_shared<ListOptions>();
  command
      ->add_option("kind", options->kind,
                   "accelerators, networks, sweeps, profiles, devices (memories), technologies or "
                   "zoo (networks that are built in)")
      ->required();
  command->add_flag("--json", options->json, "print a JSON array");
  add_examples(*command, {"turnpike list accelerators", "turnpike list networks"});
  command->callback([options, &common, &chosen] {
    chosen = [options, &common] { return list_names(*options, common); };
  });
}

}  // namespace turnpike::tools
