// Configurations as YAML text, through yaml-cpp's emitter.

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "sim/base/config_node.hpp"
#include "sim/base/printable.hpp"

namespace turnpike {
namespace {

constexpr std::string_view kOver = "; over ";
constexpr std::string_view kOf = " of ";
constexpr std::string_view kComment = "  # ";

/// Would these characters be another thing than a text without quotes?
bool is_number_or_bool(const std::string& text) {
  double value = 0.0;
  const char* const end = text.data() + text.size();
  return text == "true" || text == "false" ||
         (!text.empty() && std::from_chars(text.data(), end, value).ptr == end);
}

/// Texts that read back unquoted wherever they stand, fewer than YAML and its writers hold for
/// such.
bool is_plain(const std::string& text) {
  const auto alnum = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const auto begins = [&alnum](char c) { return alnum(c) || c == '.' || c == '/' || c == '_'; };
  const bool sign = text.starts_with('-') || text.starts_with('+');
  const std::size_t first = sign ? 1 : 0;
  return text.size() > first && begins(text[first]) && !text.starts_with("..") &&
         text.back() != ' ' && text != "null" && text != "Null" && text != "NULL" &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return begins(c) || std::string_view{" -+*=()"}.find(c) != std::string_view::npos;
         });
}

/// "place; over 16 of file:line:column; over ...", on one line and without a comment's beginning.
std::string origin_text(const ConfigNode& node) {
  std::string out = to_string(node.spot);
  for (const ConfigNode::Replaced& old : node.replaced) {
    out += fmt::format("{}{}{}{}", kOver, old.value, kOf, to_string(old.spot));
  }
  out = printable(out);
  for (std::size_t at = 0; (at = out.find(kComment, at)) != std::string::npos;) {
    out.erase(at, 1);
  }
  return out;
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

void emit_text(YAML::Emitter& out, const std::string& text, bool quoted) {
  if (quoted || !is_plain(text)) {
    out << YAML::DoubleQuoted;
  }
  out << text;
}

void emit(YAML::Emitter& out, const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::null:
      out << YAML::Null;
      break;
    case ConfigNode::Kind::scalar:
      emit_text(out, node.scalar, node.quoted);
      break;
    case ConfigNode::Kind::sequence:
      out << YAML::Flow << YAML::BeginSeq;
      for (const ConfigNode& item : node.items) {
        emit(out, item);
      }
      out << YAML::EndSeq;
      break;
    case ConfigNode::Kind::mapping:
      out << YAML::Flow << YAML::BeginMap;
      for (const auto& [key, value] : node.entries) {
        out << YAML::Key;
        emit_text(out, key, false);
        out << YAML::Value;
        emit(out, value);
      }
      out << YAML::EndMap;
      break;
  }
}

/// Mappings as blocks, a key a line, with its origin behind it.
void emit_block(YAML::Emitter& out, const ConfigNode& map, bool origins) {
  out << YAML::BeginMap;
  for (const auto& [key, value] : map.entries) {
    out << YAML::Key;
    emit_text(out, key, false);
    out << YAML::Value;
    const bool nested = value.kind == ConfigNode::Kind::mapping && !value.entries.empty();
    if (nested) {
      if (origins && !value.replaced.empty()) {
        out << YAML::Comment(origin_text(value));
      }
      emit_block(out, value, origins);
    } else {
      emit(out, value);
      if (origins) {
        out << YAML::Comment(origin_text(value));
      }
    }
  }
  out << YAML::EndMap;
}

std::string text_of(YAML::Emitter& out) {
  ensure(out.good(), "a configuration can be written as YAML");
  return {out.c_str(), out.size()};
}

}  // namespace

std::string ConfigNode::flow_text() const {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  emit(out, *this);
  return text_of(out);
}

std::string ConfigNode::to_yaml(bool origins) const {
  if (kind != Kind::mapping || entries.empty()) {
    return flow_text() + '\n';
  }
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  emit_block(out, *this, origins);
  return text_of(out) + '\n';
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

bool same_value(const ConfigNode& a, const ConfigNode& b) {
  if (a.kind != b.kind || a.scalar != b.scalar ||
      (a.quoted != b.quoted && is_number_or_bool(a.scalar))) {
    return false;
  }
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const ConfigNode::Entry& left, const ConfigNode::Entry& right) {
                      return left.first == right.first && same_value(left.second, right.second);
                    });
}

}  // namespace turnpike
