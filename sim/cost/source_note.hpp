#pragma once

#include <map>
#include <string>

#include "sim/base/range.hpp"

namespace turnpike::cost {

/// The `.source` file beside a table: where its numbers come from and how far to trust them
/// (schema turnpike-source/1). A table without one is not read.
struct SourceNote {
  std::string table;
  std::string obtained;
  std::string units;
  std::string rule;
  std::string attribution;
  double node_nm = 0.0;
  double voltage = 0.0;
  Range uncertainty;                    ///< factor on the absolute values
  std::map<std::string, Range> ranges;  ///< stated range of each width or size
  std::string path;                     ///< of the .source file

  /// The stated range of `name`; InputError if the file states none.
  [[nodiscard]] Range range(const std::string& name) const;

  /// Reads `<table without .csv>.source`. FileError if there is none, InputError if it is wrong.
  static SourceNote beside(const std::string& table_path);
};

}  // namespace turnpike::cost
