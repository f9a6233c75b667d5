#include "tools/config_schema.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/base/config_node.hpp"
#include "sim/base/error.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/config/sources.hpp"

namespace turnpike::tools {
namespace {

namespace fs = std::filesystem;

const std::string kConfigs = std::string{TURNPIKE_SOURCE_DIR} + "/configs";

/// Dotted names of the leaves, list elements as "name[]".
void collect(const ConfigNode& node, const std::string& name, const std::set<std::string>& stop,
             std::set<std::string>& keys) {
  if (!name.empty() && stop.contains(name)) {
    keys.insert(name);
    return;
  }
  const bool maps = std::any_of(node.items.begin(), node.items.end(), [](const ConfigNode& item) {
    return item.kind == ConfigNode::Kind::mapping;
  });
  if (node.kind == ConfigNode::Kind::mapping) {
    for (const auto& [key, value] : node.entries) {
      collect(value, name.empty() ? key : name + "." + key, stop, keys);
    }
  } else if (node.kind == ConfigNode::Kind::sequence && maps) {
    for (const ConfigNode& item : node.items) {
      collect(item, name + "[]", stop, keys);
    }
  } else {
    keys.insert(name);
  }
}

std::set<std::string> keys_of(const ConfigSchema& schema) {
  std::set<std::string> keys;
  for (const SchemaKey& key : schema.keys) {
    keys.emplace(key.key);
  }
  return keys;
}

TEST(ConfigSchema, KnowsEveryKeyOfTheShippedFiles) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator{kConfigs}) {
    if (entry.path().extension() != ".yaml") {
      continue;
    }
    ++files;
    const ConfigNode node = ConfigNode::from_file(entry.path().string());
    const ConfigSchema* schema = find_schema(node.find("schema")->scalar);
    ASSERT_NE(schema, nullptr) << entry.path();
    const std::set<std::string> known = keys_of(*schema);
    std::set<std::string> stop = known;
    if (schema->name == "network") {
      stop.erase("layers");  // its elements are described as well
    }
    std::set<std::string> used;
    collect(node, "", stop, used);
    for (const std::string& key : used) {
      EXPECT_TRUE(known.contains(key)) << entry.path() << ": " << key;
    }
  }
  EXPECT_GT(files, 15);
}

TEST(ConfigSchema, NoKeyIsDescribedTwice) {
  for (const ConfigSchema& schema : config_schemas()) {
    EXPECT_EQ(keys_of(schema).size(), schema.keys.size()) << schema.name;
  }
}

config::AcceleratorConfig load(const std::vector<std::string>& settings) {
  return config::load_accelerator(
      {kConfigs + "/accelerators/precision-highway.yaml", kConfigs, {}, settings});
}

/// The shipped accelerator without one key.
config::AcceleratorConfig load_without(const std::string& dotted) {
  ConfigNode node = load({}).resolved;
  ConfigNode* at = &node;
  ConfigNode* above = nullptr;
  std::istringstream path{dotted};
  std::vector<std::string> parts;
  for (std::string part; std::getline(path, part, '.');) {
    parts.push_back(part);
  }
  for (std::size_t i = 0; i + 1 < parts.size() && at != nullptr; ++i) {
    above = at;
    at = at->find(parts[i]);
  }
  if (at != nullptr) {
    std::erase_if(at->entries, [&](const auto& entry) { return entry.first == parts.back(); });
    if (at->entries.empty() && above != nullptr) {  // a mapping of one key goes with it
      std::erase_if(above->entries,
                    [&](const auto& entry) { return entry.first == parts[parts.size() - 2]; });
    }
  }
  return config::read_accelerator(node);
}

/// Everything but the origins: of the top level only what has a default.
void expect_same(const config::AcceleratorConfig& a, const config::AcceleratorConfig& b) {
  EXPECT_EQ(a.technology, b.technology);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.highway, b.highway);
  EXPECT_EQ(a.psum, b.psum);
  EXPECT_EQ(a.noc, b.noc);
  EXPECT_EQ(a.glb, b.glb);
  EXPECT_EQ(a.post, b.post);
  EXPECT_EQ(a.dram, b.dram);
  EXPECT_EQ(a.feature_maps, b.feature_maps);
  EXPECT_EQ(a.transfers, b.transfers);
  EXPECT_EQ(a.rlc, b.rlc);
  EXPECT_EQ(a.mapper, b.mapper);
  EXPECT_EQ(a.timing, b.timing);
}

TEST(ConfigSchema, StatesWhatAnAcceleratorKeyIsWhenAbsent) {
  for (const SchemaKey& key : find_schema("accelerator")->keys) {
    const std::string& name = key.key;
    if (key.absent == "required") {
      EXPECT_THROW(static_cast<void>(load_without(name)), InputError) << name;
    } else if (name != "cost" && name != "layers.overrides" && name != "profile" &&
               name != "mapper.prices") {
      const std::string set = fmt::format("{}={}", name, key.absent);
      SCOPED_TRACE(set);
      expect_same(load_without(name), load({set}));
    }
  }
}

TEST(ConfigSchema, DocumentationHoldsEveryTable) {
  std::ifstream in{std::string{TURNPIKE_SOURCE_DIR} + "/docs/configuration.md"};
  std::ostringstream text;
  text << in.rdbuf();
  for (const ConfigSchema& schema : config_schemas()) {
    EXPECT_NE(text.str().find(schema_markdown(schema)), std::string::npos)
        << "docs/configuration.md lacks the output of: turnpike config schema " << schema.name
        << " --markdown";
  }
}

}  // namespace
}  // namespace turnpike::tools
