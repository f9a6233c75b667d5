#include "sim/sweep/sweep_store.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "sim/base/digest.hpp"
#include "sim/base/error.hpp"
#include "sim/sweep/packet.hpp"
#include "sim/sweep/point_columns.hpp"

namespace turnpike::sweep {
namespace {

constexpr const char* kSchema = "turnpike-store/1";

std::string path_in(const std::string& directory) {
  return directory + "/" + results::kStoreFile;
}

/// An empty result of full extent: its columns are those of every point.
std::vector<PointColumn> all_columns() {
  PointResult point;
  point.status = "ok";
  point.totals.glb_conflict_cycles = point.totals.glb_transfer_bytes =
      point.totals.dram_packing_loss_bytes = 0;
  point.energy_pj.of_machine.set();
  point.area_um2.of_machine.set();
  return columns_of(point);
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : ", ") + quoted_name(name);
  }
  return out;
}

}  // namespace

SweepStore::SweepStore(Database database) : database_{std::move(database)} {
  for (const PointColumn& column : all_columns()) {
    figures_.push_back(column.name);
  }
}

SweepStore SweepStore::open(const std::string& directory) {
  const std::string path = path_in(directory);
  SweepStore store{Database::open(path, Database::Mode::write)};
  store.database_.execute("PRAGMA page_size = 1024");  // of a new one; rows of some 17 KB
  store.database_.execute("PRAGMA journal_mode = WAL");
  store.database_.execute("PRAGMA synchronous = NORMAL");
  store.database_.check_integrity();
  store.make_tables();
  return store;
}

std::optional<SweepStore> SweepStore::open_to_read(const std::string& directory) {
  const std::string path = path_in(directory);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return std::nullopt;
  }
  SweepStore store{Database::open(path, Database::Mode::read)};
  auto tables = store.database_.prepare("SELECT name FROM sqlite_master WHERE name = 'points'");
  if (!tables.next()) {
    return std::nullopt;  // killed before it had any
  }
  auto columns = store.database_.prepare("SELECT name FROM pragma_table_info('points')");
  while (columns.next()) {
    store.settings_.push_back(columns.text(0));
  }
  return store;
}

void SweepStore::make_tables() {
  database_.execute("BEGIN IMMEDIATE");
  database_.execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value)");
  const std::string schema = meta("schema");
  if (schema.empty()) {
    put_meta("schema", std::string{kSchema});
  } else if (schema != kSchema) {
    throw FileError{{database_.path(), 0, 0},
                    fmt::format("is of schema '{}', expected '{}'", schema, kSchema)};
  }
  std::string columns;
  for (const PointColumn& column : all_columns()) {
    columns += fmt::format(", {} {}", quoted_name(column.name), type_of(column.value));
  }
  // The id is the first of the columns.
  database_.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS points (point INTEGER PRIMARY KEY, digest TEXT NOT "
                  "NULL, inputs INTEGER, checksum TEXT, verified TEXT, files BLOB{}, UNIQUE (id))",
                  columns));
  database_.execute(
      "CREATE TABLE IF NOT EXISTS inputs (input_set INTEGER, file TEXT, digest TEXT)");
  database_.execute("CREATE TABLE IF NOT EXISTS verified (line TEXT PRIMARY KEY)");
  database_.execute("COMMIT");
  auto known = database_.prepare("SELECT name FROM pragma_table_info('points')");
  while (known.next()) {
    settings_.push_back(known.text(0));
  }
}

void SweepStore::add_setting_columns(const PointSettings& settings) {
  for (const auto& [key, value] : settings.settings) {
    if (std::find(settings_.begin(), settings_.end(), key) == settings_.end()) {
      database_.execute(fmt::format("ALTER TABLE points ADD COLUMN {} ", quoted_name(key)));
      settings_.push_back(key);
    }
  }
}

std::int64_t SweepStore::input_set(const std::map<std::string, std::string>& inputs) {
  std::string text;
  for (const auto& [file, digest] : inputs) {
    text += file + '\n' + digest + '\n';
  }
  const auto [found, added] = sets_.emplace(text, static_cast<std::int64_t>(digest_of(text) >> 1U));
  if (added) {
    auto there = database_.prepare("SELECT 1 FROM inputs WHERE input_set = ?1");
    if (!there.bind(1, found->second).next()) {
      for (const auto& [file, digest] : inputs) {
        auto row = database_.prepare("INSERT INTO inputs VALUES (?1, ?2, ?3)");
        row.bind(1, found->second).bind(2, file).bind(3, digest).next();
      }
    }
    sets_that_hold_.erase(found->second);
  }
  return found->second;
}

bool SweepStore::inputs_hold(std::int64_t set, FileDigests& files) {
  const auto known = sets_that_hold_.find(set);
  if (known != sets_that_hold_.end()) {
    return known->second;
  }
  auto rows = database_.prepare("SELECT file, digest FROM inputs WHERE input_set = ?1");
  rows.bind(1, set);
  bool any = false;
  bool hold = true;
  while (rows.next()) {
    any = true;
    hold = hold && files.of(rows.text(0)) == rows.text(1);
  }
  return sets_that_hold_[set] = any && hold;
}

/// nullopt if there is no row of this identity.
std::optional<PointResult> SweepStore::row_of(const Point& point, std::int64_t& inputs) {
  auto row = database_.prepare(
      fmt::format("SELECT inputs, checksum, files, {} FROM points WHERE id = ?1 AND digest = ?2",
                  list_of(figures_)));
  row.bind(1, point.settings.id()).bind(2, point.identity);
  if (!row.next()) {
    return std::nullopt;
  }
  const DatabaseValue set = row.value(0);
  inputs = std::holds_alternative<std::int64_t>(set) ? std::get<std::int64_t>(set) : 0;
  std::vector<DatabaseValue> values;
  for (int column = 3; column < row.columns(); ++column) {
    values.push_back(row.value(column));
  }
  if (row.text(1) != checksum(point.identity, values, row.text(2))) {
    return std::nullopt;
  }
  PointResult result;
  result.settings = point.settings;
  return set_columns(result, values) ? std::optional{result} : std::nullopt;
}

std::string SweepStore::checksum(const std::string& identity,
                                 const std::vector<DatabaseValue>& figures,
                                 const std::string& files) {
  std::string text = identity;
  for (const DatabaseValue& figure : figures) {
    text += text_of(figure) + '\n';
  }
  return Digest{}.add(text).add(files).text();
}

std::optional<PointResult> SweepStore::finished(const Point& point, FileDigests& files) {
  std::int64_t inputs = 0;
  auto result = row_of(point, inputs);
  const bool good = result && result->has_results() && inputs_hold(inputs, files);
  return good ? result : std::nullopt;
}

std::optional<PointResult> SweepStore::failure(const Point& point) {
  std::int64_t inputs = 0;
  auto result = row_of(point, inputs);
  return result && !result->has_results() ? result : std::nullopt;
}

bool SweepStore::holds(const Point& point, const PointResult& result) {
  std::int64_t inputs = 0;
  const auto row = row_of(point, inputs);
  if (!row) {
    return false;
  }
  const std::vector<PointColumn> a = columns_of(*row);
  const std::vector<PointColumn> b = columns_of(result);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.value == y.value; });
}

std::string SweepStore::meta(const char* key) {
  auto row = database_.prepare("SELECT value FROM meta WHERE key = ?1");
  return row.bind(1, std::string{key}).next() ? row.text(0) : "";
}

void SweepStore::put_meta(const char* key, const DatabaseValue& value) {
  auto row = database_.prepare("INSERT OR REPLACE INTO meta VALUES (?1, ?2)");
  row.bind(1, std::string{key}).bind(2, value).next();
}

void SweepStore::put_known(const std::string& text) {
  if (known().empty()) {
    put_meta("known", Blob{text});
  }
}

std::string SweepStore::known() {
  return meta("known");
}

std::string SweepStore::request() {
  return meta("request");
}

void SweepStore::put_request(const std::string& request) {
  put_meta("request", request);
}

void SweepStore::clear() {
  database_.execute("DELETE FROM points");
}

void SweepStore::put(const Point& point, const PointResult& result, const Provenance& provenance) {
  add_setting_columns(point.settings);
  std::vector<std::pair<std::string, DatabaseValue>> row = {{"digest", point.identity}};
  if (result.has_results()) {
    row.emplace_back("inputs", input_set(provenance.inputs));
    DatabaseValue verified{std::in_place_type<std::string>, provenance.values};
    row.emplace_back("verified", std::move(verified));
  }
  if (!provenance.files.empty()) {
    row.emplace_back("files", Blob{provenance.files});
  }
  std::vector<DatabaseValue> figures;
  for (PointColumn& column : columns_of(result)) {
    figures.push_back(column.value);
    row.emplace_back(std::move(column.name), std::move(column.value));
  }
  row.emplace_back("checksum", checksum(point.identity, figures, provenance.files));
  for (const auto& [key, value] : point.settings.settings) {
    const bool taken = std::any_of(row.begin(), row.end(),
                                   [&k = key](const auto& cell) { return cell.first == k; });
    if (!taken) {
      row.emplace_back(key, setting_value(value));
    }
  }
  std::vector<std::string> names;
  std::string marks;
  for (std::size_t i = 0; i < row.size(); ++i) {
    names.push_back(row[i].first);
    marks += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 1);
  }
  auto insert = database_.prepare(
      fmt::format("INSERT OR REPLACE INTO points ({}) VALUES ({})", list_of(names), marks));
  for (std::size_t i = 0; i < row.size(); ++i) {
    insert.bind(static_cast<int>(i + 1), row[i].second);
  }
  insert.next();
}

void SweepStore::put_values(const std::string& lines) {
  std::istringstream in{lines};
  for (std::string line; std::getline(in, line);) {
    auto row = database_.prepare("INSERT OR IGNORE INTO verified VALUES (?1)");
    row.bind(1, line).next();
  }
}

std::string SweepStore::values() {
  std::string lines;
  auto rows = database_.prepare("SELECT line FROM verified");
  while (rows.next()) {
    lines += rows.text(0) + '\n';
  }
  return lines;
}

void SweepStore::begin() {
  database_.execute("BEGIN IMMEDIATE");
}

void SweepStore::commit() {
  database_.execute("COMMIT");
}

}  // namespace turnpike::sweep
