#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/config_node.hpp"
#include "sim/run/accuracy.hpp"

namespace turnpike::sweep {

/// One point of a sweep: configuration keys and the values they are set to, in the file's order.
struct PointSettings {
  std::vector<std::pair<std::string, std::string>> settings;  ///< key, YAML text of the value

  /// "precision=2 highway.enabled=true".
  [[nodiscard]] std::string text() const;
  /// The same as a folder name: letters, digits, '.', '-', '_' only.
  [[nodiscard]] std::string id() const;
  /// As `--set` takes them.
  [[nodiscard]] std::vector<std::string> assignments() const;
  /// Value of a key, or "" if the point does not set it.
  [[nodiscard]] std::string value(const std::string& key) const;
};

/// A sweep file (schema turnpike-sweep/1): accelerator, network, matrix of configuration keys,
/// include (further points), exclude (points that match all given keys are left out).
struct SweepFile {
  std::string path;
  std::string accelerator;  ///< path; relative ones are looked for beside the sweep file too
  std::string network;
  std::string weights;                  ///< trained weights; empty for none
  std::optional<AccuracyRequest> data;  ///< images that every point's accuracy is measured on
  std::vector<PointSettings> points;
};

/// Reads a sweep file strictly. InputError for an empty matrix, an exclude that matches nothing, a
/// point given twice.
[[nodiscard]] SweepFile read_sweep(const std::string& path);
[[nodiscard]] SweepFile parse_sweep(const std::string& text, const std::string& name);

}  // namespace turnpike::sweep
