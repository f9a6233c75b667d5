#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/base/error.hpp"

namespace turnpike {

/// One mapping of a configuration, read strictly.
///
/// Every key must be asked for: finish() throws InputError at the first key nobody read, naming the
/// nearest known one. get_* demand the key, opt_* give nullopt when it is absent. All report
/// file:line:column, what was expected, and what is there.
class ConfigMap {
 public:
  static ConfigMap from_file(const std::string& path);
  static ConfigMap from_string(const std::string& text, const std::string& name);
  /// `path` is the dotted name of the mapping, for messages. `node` must outlive this.
  ConfigMap(const ConfigNode& node, std::string path);

  [[nodiscard]] bool has(const std::string& key) const;

  [[nodiscard]] long get_int(const std::string& key, long min, long max);
  [[nodiscard]] std::optional<long> opt_int(const std::string& key, long min, long max);
  [[nodiscard]] double get_double(const std::string& key, double min, double max);
  [[nodiscard]] std::optional<double> opt_double(const std::string& key, double min, double max);
  [[nodiscard]] bool get_bool(const std::string& key);
  [[nodiscard]] std::optional<bool> opt_bool(const std::string& key);
  [[nodiscard]] std::string get_string(const std::string& key);
  [[nodiscard]] std::optional<std::string> opt_string(const std::string& key);
  [[nodiscard]] std::string get_choice(const std::string& key,
                                       const std::vector<std::string>& allowed);
  [[nodiscard]] std::optional<std::string> opt_choice(const std::string& key,
                                                      const std::vector<std::string>& allowed);
  [[nodiscard]] ConfigMap get_map(const std::string& key);
  [[nodiscard]] std::optional<ConfigMap> opt_map(const std::string& key);
  /// A list of mappings.
  [[nodiscard]] std::vector<ConfigMap> get_map_list(const std::string& key);

  /// The value as it stands, for keys that take several forms; marks the key as read.
  [[nodiscard]] const ConfigNode* opt_node(const std::string& key);
  [[nodiscard]] const ConfigNode& get_node(const std::string& key);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const SourceSpot& spot() const { return node_->spot; }
  /// Spot of a key's value; of the mapping if the key is absent.
  [[nodiscard]] SourceSpot spot(const std::string& key) const;
  /// Throws InputError at the key.
  [[noreturn]] void fail(const std::string& key, std::string_view what) const;
  /// Keys in file order.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// Call once everything is read.
  void finish() const;

 private:
  [[nodiscard]] const ConfigNode& require(const std::string& key);

  std::shared_ptr<const ConfigNode> owned_;  ///< set for the top mapping of a file
  const ConfigNode* node_;
  std::string path_;
  std::set<std::string> asked_;
};

/// Scalars as numbers, with the messages of ConfigMap; `what` names the value.
[[nodiscard]] long parse_int(const ConfigNode& node, std::string_view what, long min, long max);
[[nodiscard]] double parse_double(const ConfigNode& node, std::string_view what, double min,
                                  double max);
[[nodiscard]] bool parse_bool(const ConfigNode& node, std::string_view what);

}  // namespace turnpike
