#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/base/error.hpp"

namespace turnpike::traces {

/// Parses JSON text. FileError with line and column for bad syntax, keys given twice (which JSON
/// leaves undefined), NaN and Infinity, and nesting deeper than 64. Keys keep their order.
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view text, const SourceSpot& spot,
                                                std::string_view what);

/// One JSON object, read strictly: finish() throws FileError at the first key nobody asked for.
/// The JSON counterpart of ConfigMap; messages start with `what`, e.g. "layer 'conv1'".
class JsonMap {
 public:
  /// `object` must outlive this. FileError if it is no object.
  JsonMap(const nlohmann::ordered_json& object, SourceSpot spot, std::string what);

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] std::string get_string(const std::string& key);
  [[nodiscard]] std::optional<std::string> opt_string(const std::string& key);
  [[nodiscard]] std::int64_t get_int(const std::string& key, std::int64_t min, std::int64_t max);
  [[nodiscard]] std::optional<std::int64_t> opt_int(const std::string& key, std::int64_t min,
                                                    std::int64_t max);
  [[nodiscard]] double get_double(const std::string& key);
  [[nodiscard]] std::optional<bool> opt_bool(const std::string& key);
  /// A list of strings; with `or_one` a bare string is a list of one.
  [[nodiscard]] std::vector<std::string> get_strings(const std::string& key, bool or_one = false);
  /// A number, or a list whose length is in `lengths`; a bare number is a list of one.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> opt_ints(
      const std::string& key, const std::set<std::size_t>& lengths, std::int64_t min,
      std::int64_t max);
  /// A number, or a list of any length but 0.
  [[nodiscard]] std::vector<double> get_doubles(const std::string& key);
  /// An object inside this one.
  [[nodiscard]] std::optional<JsonMap> opt_map(const std::string& key);
  /// The value as it stands; nullptr if absent.
  [[nodiscard]] const nlohmann::ordered_json* opt_value(const std::string& key);
  [[nodiscard]] const nlohmann::ordered_json& get_value(const std::string& key);
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Marks a key as known without reading it.
  void ignore(const std::string& key);

  [[noreturn]] void fail(std::string_view message) const;
  void finish() const;

 private:
  const nlohmann::ordered_json* object_;
  SourceSpot spot_;
  std::string what_;
  std::set<std::string> asked_;
};

}  // namespace turnpike::traces
