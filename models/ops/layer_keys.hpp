#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.hpp"
#include "sim/base/config_map.hpp"

/// Keys of the layers of a network file: what `config schema` says of each, and the range the
/// reader holds it to.
namespace turnpike::models {

inline constexpr long kMaxExtent = 1L << 20;

struct LayerKey {
  std::string_view key;   ///< "kernel", "skip.stride"
  std::string_view type;  ///< integer, text, true|false, "integer or list"
  long min = 1;           ///< of integers
  long max = kMaxExtent;
  std::string_view form = {};  ///< what else is allowed than one integer of the range
  std::string_view absent;     ///< value when absent; kRequired if it must be there
  std::string_view meaning;
};
inline constexpr std::string_view kRequired = "required";

// Keys that several operations have.
inline constexpr LayerKey kFilters{
    .key = "filters", .type = "integer", .absent = kRequired, .meaning = "outputs"};
inline constexpr LayerKey kPad{.key = "pad",
                               .type = "integer or list",
                               .min = 0,
                               .form = "[top, left, bottom, right]",
                               .absent = "0",
                               .meaning = "zeros around the input"};
inline constexpr LayerKey kRelu{
    .key = "relu", .type = "true|false", .absent = "true", .meaning = "ReLU at the end"};

/// One layer of a network file, read strictly, with helpers for keys of more than one form.
class LayerReader {
 public:
  explicit LayerReader(ConfigMap& map) : map_{map} {}

  [[nodiscard]] ConfigMap& map() { return map_; }
  /// The key's integer; InputError if it is absent.
  [[nodiscard]] long integer(const LayerKey& key);
  [[nodiscard]] long integer_or(const LayerKey& key, long absent);
  [[nodiscard]] bool flag_or(const LayerKey& key, bool absent);
  /// One of the words of the key's form; the one it has when absent.
  [[nodiscard]] std::string choice_or(const LayerKey& key);
  /// A number for both directions, or [rows, columns].
  [[nodiscard]] std::array<int, 2> rows_and_columns(const LayerKey& key);
  [[nodiscard]] std::array<int, 2> rows_and_columns_or(const LayerKey& key,
                                                       const std::array<int, 2>& absent);
  /// A number for all sides, or [top, left, bottom, right]; 0 if absent.
  [[nodiscard]] traces::Padding padding(const LayerKey& key);

 private:
  ConfigMap& map_;
};

/// An integer, or a list of integers.
[[nodiscard]] std::vector<long> integers_of(const ConfigNode& node, const std::string& what,
                                            long min, long max);

}  // namespace turnpike::models
