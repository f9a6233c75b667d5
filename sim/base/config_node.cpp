#include "sim/base/config_node.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "sim/base/files.hpp"
#include "sim/base/printable.hpp"

namespace turnpike {
namespace {

SourceSpot spot_of(const YAML::Node& node, const std::string& file) {
  const YAML::Mark mark = node.Mark();
  return {file, mark.line + 1, mark.column + 1};
}

// Nesting deeper than this is an attack or an accident, not a configuration.
constexpr int kMaxDepth = 32;
/// A key stands on one line of 1024 characters (YAML 1.2, 7.4.3), \xNN for each byte at worst.
constexpr std::size_t kMaxKeyBytes = 255;

ConfigNode converted(const YAML::Node& node, const std::string& file, int depth) {
  if (depth > kMaxDepth) {
    throw InputError{spot_of(node, file), "is nested too deeply"};
  }
  ConfigNode out;
  out.spot = spot_of(node, file);
  switch (node.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      break;
    case YAML::NodeType::Scalar:
      out.kind = ConfigNode::Kind::scalar;
      out.scalar = node.Scalar();
      out.quoted = node.Tag() == "!";
      break;
    case YAML::NodeType::Sequence:
      out.kind = ConfigNode::Kind::sequence;
      for (const auto& item : node) {
        out.items.push_back(converted(item, file, depth + 1));
      }
      break;
    case YAML::NodeType::Map:
      out.kind = ConfigNode::Kind::mapping;
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) {
          throw InputError{spot_of(entry.first, file), "a key must be a plain word"};
        }
        const std::string& key = entry.first.Scalar();
        if (key.size() > kMaxKeyBytes) {
          throw InputError{spot_of(entry.first, file),
                           fmt::format("a key has at most {} bytes", kMaxKeyBytes)};
        }
        if (out.find(key) != nullptr) {
          throw InputError{spot_of(entry.first, file), fmt::format("key '{}' is given twice", key)};
        }
        ConfigNode value = converted(entry.second, file, depth + 1);
        value.key_spot = spot_of(entry.first, file);
        out.entries.emplace_back(key, std::move(value));
      }
      break;
  }
  return out;
}

/// Refuses anchors and aliases, whose expansion can grow exponentially, while a document is
/// scanned.
class Guard : public YAML::EventHandler {
 public:
  explicit Guard(const std::string& file) : file_{file} {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { check(mark, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { check(mark, anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& /*value*/) override {
    check(mark, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    check(mark, anchor);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    check(mark, anchor);
  }
  void OnMapEnd() override {}

 private:
  void check(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) {
      throw InputError{{file_, mark.line + 1, mark.column + 1}, "anchors (&, *) are not supported"};
    }
  }

  const std::string& file_;
};

/// YAML::LoadAll (0.7) never ends on text after a '...' line, so the documents are counted here.
void check_documents(const std::string& text, const std::string& name) {
  std::istringstream in{text};
  YAML::Parser parser{in};
  Guard guard{name};
  if (parser.HandleNextDocument(guard) && parser.HandleNextDocument(guard)) {
    throw InputError{{name, 0, 0}, "holds more than one YAML document"};
  }
}

std::string text_of_file(const std::string& path) {
  std::string text = read_input(path);
  if (text.empty()) {
    throw FileError{{path, 0, 0}, "is empty"};
  }
  return text;
}

/// YAML is UTF-8, and so is everything that results are written in.
void check_utf8(const std::string& text, const std::string& name) {
  const std::size_t good = utf8_prefix(text);
  if (good == text.size()) {
    return;
  }
  const std::size_t line_start = text.rfind('\n', good) + 1;  // npos + 1 is 0
  const auto line =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(good), '\n');
  throw InputError{{name, static_cast<int>(line) + 1, static_cast<int>(good - line_start) + 1},
                   fmt::format("byte 0x{:02x} is no UTF-8; save the file as UTF-8",
                               static_cast<unsigned char>(text[good]))};
}

}  // namespace

ConfigNode::ConfigNode() = default;

ConfigNode ConfigNode::from_string(const std::string& text, const std::string& name) {
  check_utf8(text, name);
  try {
    check_documents(text, name);
    return converted(YAML::Load(text), name, 0);
  } catch (const YAML::Exception& e) {
    throw InputError{{name, e.mark.line + 1, e.mark.column + 1}, e.msg};
  }
}

ConfigNode ConfigNode::from_file(const std::string& path) {
  ConfigNode node = from_string(text_of_file(path), path);
  if (node.kind == Kind::null) {
    throw FileError{{path, 0, 0}, "holds nothing but comments"};
  }
  return node;
}

const ConfigNode* ConfigNode::find(const std::string& key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&key](const Entry& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : &found->second;
}

ConfigNode* ConfigNode::find(const std::string& key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

void ConfigNode::merge(const ConfigNode& over) {
  if (kind != Kind::mapping || over.kind != Kind::mapping || over.entries.empty()) {
    std::vector<Replaced> before = std::move(replaced);
    if (kind != Kind::null || !spot.file.empty()) {
      before.insert(before.begin(), {flow_text(), spot});
    }
    *this = over;
    replaced = std::move(before);
    return;
  }
  for (const auto& [key, value] : over.entries) {
    if (ConfigNode* mine = find(key)) {
      mine->merge(value);
    } else {
      entries.emplace_back(key, value);
    }
  }
}

void ConfigNode::fill_from(const ConfigNode& under) {
  if (kind != Kind::mapping || under.kind != Kind::mapping) {
    replaced.push_back({under.flow_text(), under.spot});
    return;
  }
  for (const auto& [key, value] : under.entries) {
    if (ConfigNode* mine = find(key)) {
      mine->fill_from(value);
    } else {
      entries.emplace_back(key, value);
    }
  }
}

std::string assigned_key(const std::string& assignment) {
  const SourceSpot origin{"--set " + assignment, 0, 0};
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError{origin, "must be key=value"};
  }
  const std::string key = assignment.substr(0, equals);
  if (key.front() == '.' || key.back() == '.' || key.find("..") != std::string::npos) {
    throw InputError{origin, fmt::format("'{}' has an empty name beside a dot", key)};
  }
  return key;
}

void ConfigNode::set(const std::string& assignment) {
  const SourceSpot origin{"--set " + assignment, 0, 0};
  const std::string key = assigned_key(assignment);
  ConfigNode over = from_string(assignment.substr(key.size() + 1), origin.file);
  if (over.kind == Kind::null) {
    throw InputError{origin, fmt::format("gives '{}' no value", key)};
  }
  const auto mark = [&origin](auto& self, ConfigNode& node) -> void {
    node.spot = node.key_spot = origin;
    for (ConfigNode& item : node.items) {
      self(self, item);
    }
    for (auto& [name, child] : node.entries) {
      self(self, child);
    }
  };
  // From the last part of the key outwards: a.b=1 is {a: {b: 1}}.
  for (std::size_t end = key.size(); end != std::string::npos;) {
    const std::size_t dot = key.rfind('.', end - 1);
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    ConfigNode outer;
    outer.kind = Kind::mapping;
    outer.entries.emplace_back(key.substr(begin, end - begin), std::move(over));
    over = std::move(outer);
    end = dot;
  }
  mark(mark, over);
  merge(over);
}

}  // namespace turnpike
