#pragma once

#include <string>
#include <vector>

#include "sim/base/database.hpp"
#include "sim/base/error.hpp"

namespace turnpike::sweep {

/// Rows of values under names, and which of them an expression of SQL holds for.
class Rows {
 public:
  explicit Rows(std::vector<std::string> names);
  /// A value a name.
  void add(const std::vector<DatabaseValue>& values);
  /// Numbers of the rows, rising, that `condition` holds for. A name with dots needs no quotes.
  /// InputError at `spot` if it is no condition, or names what is no column.
  [[nodiscard]] std::vector<std::size_t> that_meet(const std::string& condition,
                                                   const SourceSpot& spot);

 private:
  [[nodiscard]] std::string with_quoted_names(const std::string& condition,
                                              const SourceSpot& spot) const;

  std::vector<std::string> names_;
  Database database_;
  std::int64_t rows_ = 0;
};

}  // namespace turnpike::sweep
