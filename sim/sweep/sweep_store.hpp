#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/database.hpp"
#include "sim/results/run_archive.hpp"
#include "sim/sweep/point_store.hpp"

namespace turnpike::sweep {

/// The database of a sweep, DIR/sweep.sqlite: a row a point, by its id, with the digest of what it
/// was made from (Point::identity and the digests of the files), its verdict and figures in typed
/// columns, its provenance, and with `sweep --keep none` its run directory's files; and the stages
/// whose values were verified (accelerator::ValueMemo). WAL: a point that was written is there
/// whatever ends the process after.
///
/// One process writes (the directory's lock); no child of it may touch an open store.
class SweepStore {
 public:
  /// Makes one if there is none. FileError if it is damaged, or no database of a sweep.
  [[nodiscard]] static SweepStore open(const std::string& directory);
  /// nullopt if there is none.
  [[nodiscard]] static std::optional<SweepStore> open_to_read(const std::string& directory);

  /// What stands there of a point, if it has results and was made from this identity, of files
  /// that still hold what they held.
  [[nodiscard]] std::optional<PointResult> finished(const Point& point, FileDigests& files);
  /// Why a point has no results, if it was tried; the identity must be the same.
  [[nodiscard]] std::optional<PointResult> failure(const Point& point);
  /// Whether it has a row that is equal to this result, of the same identity.
  [[nodiscard]] bool holds(const Point& point, const PointResult& result);

  /// What a finished point was made from and what it left.
  struct Provenance {
    std::map<std::string, std::string> inputs;  ///< files -> digests
    std::string files;   ///< its run directory, packed; empty: the directory is kept
    std::string values;  ///< digest of verified outputs, or ""
  };
  void put(const Point& point, const PointResult& result, const Provenance& provenance);

  /// Lines of ValueMemo::take_news().
  void put_values(const std::string& lines);
  [[nodiscard]] std::string values();
  /// The text that makes packed files smaller (results::pack): the first that is put stays.
  void put_known(const std::string& text);
  [[nodiscard]] std::string known();
  /// What the sweep was asked for, by name; empty for a new store.
  [[nodiscard]] std::string request();
  void put_request(const std::string& request);
  /// Forgets all points.
  void clear();

  /// Around many of the above: all or nothing, and faster.
  void begin();
  void commit();

 private:
  explicit SweepStore(Database database);
  void make_tables();
  void add_setting_columns(const PointSettings& settings);
  [[nodiscard]] std::int64_t input_set(const std::map<std::string, std::string>& inputs);
  [[nodiscard]] bool inputs_hold(std::int64_t set, FileDigests& files);
  [[nodiscard]] std::optional<PointResult> row_of(const Point& point, std::int64_t& inputs);
  /// Of identity, figures and files: a row of which a byte was changed is none.
  [[nodiscard]] static std::string checksum(const std::string& identity,
                                            const std::vector<DatabaseValue>& figures,
                                            const std::string& files);
  [[nodiscard]] std::string meta(const char* key);
  void put_meta(const char* key, const DatabaseValue& value);

  Database database_;
  std::vector<std::string> figures_;   ///< names of the columns of columns_of()
  std::vector<std::string> settings_;  ///< keys that have a column
  std::map<std::string, std::int64_t> sets_;
  std::map<std::int64_t, bool> sets_that_hold_;
};

}  // namespace turnpike::sweep
