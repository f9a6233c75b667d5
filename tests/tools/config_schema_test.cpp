#include "tools/config_schema.hpp"

#include <charconv>
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

std::string described(const config::AcceleratorConfig& c) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
                     c.technology.node_nm, c.technology.voltage, to_string(c.layers.first_last),
                     c.layers.overrides.size(), c.highway.enabled, c.highway.bits,
                     to_string(c.highway.storage), to_string(c.psum.cost_bits), c.noc.fifo_depth,
                     c.glb.latency_cycles, c.glb.filter_bytes_at_16_bit,
                     to_string(c.glb.allocation), c.post.values_per_clock, c.dram.device,
                     c.dram.channels, to_string(c.dram.page), to_string(c.feature_maps),
                     to_string(c.transfers), to_string(c.rlc), to_string(c.mapper.objective),
                     to_string(c.timing.filter_load), c.dram.power_down_after.value_or(-1));
}

TEST(ConfigSchema, StatesWhatAnAcceleratorKeyIsWhenAbsent) {
  for (const SchemaKey& key : find_schema("accelerator")->keys) {
    const std::string name{key.key};
    if (key.absent == "required") {
      EXPECT_THROW(static_cast<void>(load_without(name)), InputError) << name;
    } else if (name != "cost" && name != "layers.overrides" && name != "profile") {
      const std::string set = fmt::format("{}={}", name, key.absent);
      EXPECT_EQ(described(load_without(name)), described(load({set}))) << set;
    }
  }
}

/// "1..1024; more" -> 1, 1024; "2^40" is understood.
bool range_of(std::string_view allowed, long& low, long& high) {
  const std::size_t dots = allowed.find("..");
  if (dots == std::string_view::npos) {
    return false;
  }
  const auto number = [](std::string_view text, long& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) {
      return false;
    }
    const auto used = static_cast<std::size_t>(end - text.data());
    long power = 0;
    if (used < text.size() && text[used] == '^' &&
        std::from_chars(end + 1, text.data() + text.size(), power).ec == std::errc{}) {
      long result = 1;
      for (long i = 0; i < power; ++i) {
        result *= value;
      }
      value = result;
    }
    return true;
  };
  return number(allowed.substr(0, dots), low) && number(allowed.substr(dots + 2), high);
}

TEST(ConfigSchema, IntegerRangesAreThoseOfTheReader) {
  int checked = 0;
  for (const SchemaKey& key : find_schema("accelerator")->keys) {
    long low = 0;
    long high = 0;
    if (!key.type.starts_with("integer") || !range_of(key.allowed, low, high)) {
      continue;
    }
    ++checked;
    const auto setting = [&key](long value) { return fmt::format("{}={}", key.key, value); };
    EXPECT_THROW(static_cast<void>(load({setting(low - 1)})), InputError) << setting(low - 1);
    EXPECT_THROW(static_cast<void>(load({setting(high + 1)})), InputError) << setting(high + 1);
    if (key.key != "noc.fifo_depth") {                       // the networks' rates depend on it
      const std::string exact = "timing.filter_load=exact";  // with bank noc.filter is at most 32
      EXPECT_NO_THROW(static_cast<void>(load({exact, setting(low)}))) << setting(low);
      EXPECT_NO_THROW(static_cast<void>(load({exact, setting(high)}))) << setting(high);
    }
  }
  EXPECT_GE(checked, 15);
}

TEST(ConfigSchema, ChoicesAreThoseOfTheReader) {
  for (const SchemaKey& key : find_schema("accelerator")->keys) {
    if (key.type != "choice") {
      continue;
    }
    std::istringstream choices{std::string{key.allowed}};
    for (std::string choice; std::getline(choices, choice, ',');) {
      choice.erase(0, choice.find_first_not_of(' '));
      EXPECT_NO_THROW(static_cast<void>(load({fmt::format("{}={}", key.key, choice)})))
          << key.key << "=" << choice;
    }
    EXPECT_THROW(static_cast<void>(load({fmt::format("{}=neither", key.key)})), InputError)
        << key.key;
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
