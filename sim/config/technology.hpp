#pragma once

namespace turnpike::config {

/// `technology`: the process.
struct TechnologyConfig {
  int node_nm = 65;
  double voltage = 1.0;

  friend bool operator==(const TechnologyConfig&, const TechnologyConfig&) = default;
};

}  // namespace turnpike::config
