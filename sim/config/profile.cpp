#include "sim/config/profile.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/config_map.hpp"
#include "sim/base/error.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/config/cost_policy.hpp"

namespace turnpike::config {
namespace {

constexpr std::array<std::string_view, 1> kProfileSchemas = {"turnpike-profile/1"};

void read_profile_schema(ConfigMap& map, const KeyFacts& facts, Profile& /*profile*/) {
  static_cast<void>(key::read_choice(map, facts));
}

void read_source(ConfigMap& map, const KeyFacts& facts, Profile& profile) {
  if (auto source = map.opt_map(std::string{facts.name})) {
    for (const std::string& key : source->keys()) {
      profile.sources.emplace(key, source->get_string(key));
    }
  }
}

std::string no_default(const Profile& /*profile*/) {
  return "";
}

/// InputError unless every key a source is stated for is one of the profile.
void check_sources(const Profile& profile, const ConfigNode& node) {
  for (const auto& [key, source] : profile.sources) {
    const ConfigNode* at = &node;
    for (std::size_t from = 0, dot = 0; at != nullptr && dot != std::string::npos; from = dot + 1) {
      dot = key.find('.', from);
      at = at->find(key.substr(from, dot - from));
    }
    if (at == nullptr) {
      throw InputError{node.find("source")->find(key)->spot,
                       fmt::format("states a source, but this profile sets no key '{}'", key)};
    }
  }
}

}  // namespace

template <>
inline constexpr auto kKeys<Profile> = std::array{
    key::own<Profile, read_profile_schema, no_default>({.name = "schema",
                                                        .form = Form::choice,
                                                        .choices = kProfileSchemas,
                                                        .required = true,
                                                        .meaning = "kind and version of the file"}),
    key::text<&Profile::name>(
        {.name = "name", .required = true, .meaning = "printed in the policy line"}),
    key::text<&Profile::description>(
        {.name = "description", .required = true, .meaning = "one sentence"}),
    key::own<Profile, read_source, no_default>(
        {.name = "source",
         .form = Form::mapping,
         .allowed = "dotted keys of this file",
         .absent = "none",
         .meaning = "where a number comes from: the command that prints it, or a publication"})};

Profile Profile::load(const std::string& path) {
  Profile profile;
  profile.overlay = ConfigNode::from_file(path);
  ConfigMap map{profile.overlay, "(top)"};
  read_keys(map, profile, Scope::all);
  check_sources(profile, profile.overlay);
  check_policies(map);
  static_cast<void>(CostPolicy::read(map));
  map.finish();
  std::erase_if(profile.overlay.entries, [](const ConfigNode::Entry& entry) {
    return std::any_of(kKeys<Profile>.begin(), kKeys<Profile>.end(),
                       [&](const Key<Profile>& key) { return key.facts.name == entry.first; });
  });
  return profile;
}

std::vector<KeyRow> profile_keys() {
  std::vector<KeyRow> rows;
  add_rows<Profile>(rows, "");
  for (KeyRow& row : accelerator_keys()) {
    if (row.facts.policy) {
      row.facts.absent = "the accelerator's";
      row.absent = row.facts.absent;
      row.facts.meaning = "as in an accelerator file";
      row.facts.unit = row.facts.more = {};
      rows.push_back(std::move(row));
    }
  }
  add_rows<CostPolicy>(rows, "cost.");
  return rows;
}

std::vector<std::string> Profile::names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  if (error) {
    throw FileError{{directory, 0, 0}, "is no directory of profiles"};
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace turnpike::config
