#include "sim/results/record_json.hpp"

#include <optional>

#include <fmt/format.h>

namespace turnpike::results {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(std::size_t component) {
  return std::string{to_string(Component{component})};
}

/// Figures of the components that stand there. FileError for one that is none.
void read_components(const JsonPart& part, ByComponent& value) {
  for (const auto& [name, figure] : part.object.items()) {
    const std::optional<Component> component = Component::named(name);
    if (!component) {
      part.map().fail(fmt::format("'{}' is no component", name));
    }
    const auto at = static_cast<std::size_t>(*component);
    read_value(part, name, value[at]);
    value.of_machine.set(at);
  }
}

}  // namespace

Json value_json(const ComponentFigures& figures) {
  Json out = Json::object();
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (figures.of_machine[c]) {
      out[name_of(c)] = figures[c];
    }
  }
  return out;
}

Json value_json(const ComponentAreas& areas) {
  Json out = Json::object();
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (areas.of_machine[c] && Component{c}.row().area) {
      out[name_of(c)] = areas[c];
    }
  }
  return out;
}

Json value_json(const std::map<std::string, bool>& flags) {
  Json out = Json::object();
  for (const auto& [name, flag] : flags) {
    out[name] = flag;
  }
  return out;
}

Json value_json(const std::map<std::string, std::string>& texts) {
  Json out = Json::object();
  for (const auto& [name, text] : texts) {
    out[name] = text;
  }
  return out;
}

Json value_json(const NamedTexts& texts) {
  Json out = Json::object();
  for (const auto& [name, text] : texts) {
    out[name] = text;
  }
  return out;
}

JsonPart JsonPart::at(const std::string& key) const {
  const std::string inner = what == "results" || what == "run" ? key : key + " of " + what;
  JsonPart out{map().get_value(key), spot, inner};
  static_cast<void>(out.map());  // an object, or it says what it is
  return out;
}

/// Texts may be empty.
void read_value(const JsonPart& part, const std::string& key, std::string& value) {
  const Json& json = part.map().get_value(key);
  if (!json.is_string()) {
    part.map().fail(fmt::format("'{}' must be a text", key));
  }
  value = json.get<std::string>();
}

void read_value(const JsonPart& part, const std::string& key, bool& value) {
  const std::optional<bool> flag = part.map().opt_bool(key);
  if (!flag) {
    part.map().fail(fmt::format("lacks the required key '{}'", key));
  }
  value = *flag;
}

void read_value(const JsonPart& part, const std::string& key, double& value) {
  value = part.map().get_double(key);
}

void read_value(const JsonPart& part, const std::string& key, std::vector<std::string>& value) {
  value = part.map().get_strings(key);
}

void read_value(const JsonPart& part, const std::string& key, std::map<std::string, bool>& value) {
  const JsonPart inner = part.at(key);
  for (const auto& [name, flag] : inner.object.items()) {
    read_value(inner, name, value[name]);
  }
}

void read_value(const JsonPart& part, const std::string& key,
                std::map<std::string, std::string>& value) {
  const JsonPart inner = part.at(key);
  for (const auto& [name, text] : inner.object.items()) {
    read_value(inner, name, value[name]);
  }
}

void read_value(const JsonPart& part, const std::string& key, NamedTexts& value) {
  const JsonPart inner = part.at(key);
  for (const auto& [name, text] : inner.object.items()) {
    read_value(inner, name, value.emplace_back(name, "").second);
  }
}

void read_value(const JsonPart& part, const std::string& key, ComponentFigures& value) {
  read_components(part.at(key), value);
}

void read_value(const JsonPart& part, const std::string& key, ComponentAreas& value) {
  read_components(part.at(key), value);
}

FieldSpot find_field(const JsonPart& part, const Label& label, const FieldOptions& options,
                     bool required) {
  const KeyPath path{label.name};
  const bool optional = options.later || !required;
  if (options.elsewhere || (optional && !path.group.empty() && !part.map().has(path.group))) {
    return {part, path.key, false};
  }
  const JsonPart holder = path.group.empty() ? part : part.at(path.group);
  return {holder, path.key, !optional || holder.map().has(path.key)};
}

std::string entry_name(const std::string& list, const Json& entry) {
  if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) {
    return list;
  }
  const std::string one = list.ends_with('s') ? list.substr(0, list.size() - 1) : list;
  return fmt::format("{} '{}'", one, entry["name"].get<std::string>());
}

}  // namespace turnpike::results
