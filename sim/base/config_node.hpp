#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/error.hpp"

namespace turnpike {

/// A YAML value with the place it came from, free of yaml-cpp's types.
///
/// Configurations from several origins (file, profile, command line) are merged as nodes and read
/// afterwards through ConfigMap; each leaf keeps the spot of the origin that set it.
class ConfigNode {
 public:
  enum class Kind { null, scalar, sequence, mapping };
  using Entry = std::pair<std::string, ConfigNode>;

  ConfigNode();  // in the .cpp: clang++ 14 cannot default it here, Entry being incomplete

  Kind kind = Kind::null;
  std::string scalar;
  bool quoted = false;  ///< a scalar written in quotes is a string, never a number
  std::vector<ConfigNode> items;
  std::vector<Entry> entries;  ///< in file order
  SourceSpot spot;             ///< of the value
  /// A value that this one replaced when origins were laid over each other.
  struct Replaced {
    std::string value;  ///< as YAML
    SourceSpot spot;
  };
  std::vector<Replaced> replaced;  ///< the latest first
  SourceSpot key_spot;             ///< of the key, for a value inside a mapping

  /// Parses a whole document. InputError (exit 2) for bad syntax and repeated keys; FileError
  /// (exit 3), with the cause, if the file cannot be opened or holds nothing. Anchors and several
  /// documents are refused.
  static ConfigNode from_file(const std::string& path);
  static ConfigNode from_string(const std::string& text, const std::string& name);

  [[nodiscard]] const ConfigNode* find(const std::string& key) const;
  [[nodiscard]] ConfigNode* find(const std::string& key);

  /// Lays `over` on top: mappings merge key by key, anything else is replaced, and remembered in
  /// `replaced`.
  void merge(const ConfigNode& over);
  /// Adds what this lacks from `under`; what both have is remembered as replaced.
  void fill_from(const ConfigNode& under);
  /// Lays `--set a.b.c=value` on top: value is YAML ("2", "true", "{weight: 2, activation: 2}").
  /// Missing mappings on the way are made. InputError for an assignment without '=', with an empty
  /// part in its key, or without a value.
  void set(const std::string& assignment);

  /// YAML text that reads back as the same value (same_value). With `origins`, each leaf has a
  /// comment with the spot it came from and what it replaced.
  [[nodiscard]] std::string to_yaml(bool origins = false) const;
  /// The same on one line: "[1, 2]", "{weight: 2, activation: 4}".
  [[nodiscard]] std::string flow_text() const;
  /// Takes spot and replaced values from a comment of to_yaml(true).
  void restore_origin(const std::string& comment);
};

/// True if two values read alike: the same kinds, texts, items and entries in the same order.
/// Quotes count where they turn a number, true or false into a text.
[[nodiscard]] bool same_value(const ConfigNode& a, const ConfigNode& b);

/// The dotted key of `key=value`. InputError if it is none, or a part of it is empty.
[[nodiscard]] std::string assigned_key(const std::string& assignment);

}  // namespace turnpike
