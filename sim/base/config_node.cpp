#include "sim/base/config_node.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "sim/base/printable.hpp"

namespace turnpike {
namespace {

SourceSpot spot_of(const YAML::Node& node, const std::string& file) {
  const YAML::Mark mark = node.Mark();
  return {file, mark.line + 1, mark.column + 1};
}

// Nesting deeper than this is an attack or an accident, not a configuration.
constexpr int kMaxDepth = 32;

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

constexpr std::string_view kOver = "; over ";
constexpr std::string_view kOf = " of ";

bool needs_quotes(const std::string& text) {
  return text.empty() || text.find_first_of(":#{}[],&*!|>'\"%@`\n\t") != std::string::npos ||
         text.front() == ' ' || text.back() == ' ' || text.front() == '-' || text.front() == '?';
}

std::string scalar_text(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::null) {
    return "null";
  }
  if (!node.quoted && !needs_quotes(node.scalar)) {
    return node.scalar;
  }
  // A plain negative number is the one scalar with a leading '-' that needs no quotes.
  if (!node.quoted && node.scalar.size() > 1 && node.scalar.front() == '-' &&
      node.scalar.find_first_not_of("-+.0123456789eE") == std::string::npos) {
    return node.scalar;
  }
  std::string out = "\"";
  for (const char c : node.scalar) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string flow_text(const ConfigNode& node) {
  std::string out;
  if (node.kind == ConfigNode::Kind::sequence) {
    for (const ConfigNode& item : node.items) {
      out += (out.empty() ? "" : ", ") + flow_text(item);
    }
    return "[" + out + "]";
  }
  if (node.kind == ConfigNode::Kind::mapping) {
    for (const auto& [key, value] : node.entries) {
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ",
                         needs_quotes(key) ? '"' + key + '"' : key, flow_text(value));
    }
    return "{" + out + "}";
  }
  return scalar_text(node);
}

/// "place; over 16 of file:line:column; over ...".
std::string origin_text(const ConfigNode& node) {
  std::string out = to_string(node.spot);
  for (const ConfigNode::Replaced& old : node.replaced) {
    out += fmt::format("{}{}{}{}", kOver, old.value, kOf, to_string(old.spot));
  }
  return printable(out);
}

/// "a.yaml:3:4" -> its parts; other texts are names of origins without lines.
SourceSpot spot_of(const std::string& text) {
  const std::size_t column = text.rfind(':');
  const std::size_t line =
      column == std::string::npos || column == 0 ? std::string::npos : text.rfind(':', column - 1);
  if (line == std::string::npos) {
    return {text, 0, 0};
  }
  const auto number = [&text](std::size_t from, std::size_t to) {
    int value = 0;
    const char* const end = text.data() + to;
    const auto [stop, error] = std::from_chars(text.data() + from, end, value);
    return error == std::errc{} && stop == end ? value : 0;
  };
  const SourceSpot spot{text.substr(0, line), number(line + 1, column),
                        number(column + 1, text.size())};
  return to_string(spot) == text ? spot : SourceSpot{text, 0, 0};
}

void write_yaml(const ConfigNode& map, int indent, bool origins, std::string& out) {
  for (const auto& [key, value] : map.entries) {
    const std::string name = needs_quotes(key) ? '"' + key + '"' : key;
    out += fmt::format("{:{}}{}:", "", indent, name);
    if (value.kind == ConfigNode::Kind::mapping && !value.entries.empty()) {
      out += origins && !value.replaced.empty() ? "  # " + origin_text(value) + '\n' : "\n";
      write_yaml(value, indent + 2, origins, out);
      continue;
    }
    out += ' ' + flow_text(value);
    if (origins) {
      out += "  # " + origin_text(value);
    }
    out += '\n';
  }
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
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    throw FileError{{path, 0, 0}, "cannot be opened or is empty"};
  }
  return from_string(text.str(), path);
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
      before.insert(before.begin(), {flow_text(*this), spot});
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
    replaced.push_back({flow_text(under), under.spot});
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

void ConfigNode::restore_origin(const std::string& comment) {
  std::size_t end = comment.find(kOver);
  spot = spot_of(comment.substr(0, end));
  replaced.clear();
  while (end != std::string::npos) {
    const std::size_t begin = end + kOver.size();
    end = comment.find(kOver, begin);
    const std::string old = comment.substr(begin, end == std::string::npos ? end : end - begin);
    const std::size_t of = old.find(kOf);
    replaced.push_back({old.substr(0, of), of == std::string::npos
                                               ? SourceSpot{}
                                               : spot_of(old.substr(of + kOf.size()))});
  }
}

std::string ConfigNode::to_yaml(bool origins) const {
  if (kind != Kind::mapping) {
    return flow_text(*this) + '\n';
  }
  std::string out;
  write_yaml(*this, 0, origins, out);
  return out;
}

}  // namespace turnpike
