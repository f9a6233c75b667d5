#include "sim/base/database.hpp"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "sim/base/error.hpp"

namespace turnpike {
namespace {

constexpr int kPatience = 30'000;  ///< milliseconds

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

}  // namespace

struct Database::State {
  std::string path;
  sqlite3* handle = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() { sqlite3_close_v2(handle); }

  [[noreturn]] void fail(int code) const {
    switch (code & 0xff) {
      case SQLITE_ERROR:
      case SQLITE_MISUSE:
      case SQLITE_RANGE:
        throw InternalError{fmt::format("{}: {}", path, sqlite3_errmsg(handle))};
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
        throw FileError{{path, 0, 0}, fmt::format("is damaged: {}", sqlite3_errmsg(handle))};
      default:
        throw FileError{{path, 0, 0}, fmt::format("cannot be used: {}", sqlite3_errmsg(handle))};
    }
  }
  void check(int code) const {
    if (code != SQLITE_OK) {
      fail(code);
    }
  }
};

Database::Database(std::unique_ptr<State> state) : state_{std::move(state)} {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Database Database::open(const std::string& path, Mode mode) {
  auto state = std::make_unique<State>();
  state->path = path;
  const int flags =
      mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  int code = sqlite3_open_v2(path.c_str(), &state->handle, flags, nullptr);
  if (code != SQLITE_OK && mode == Mode::read) {  // nobody may write there
    sqlite3_close_v2(std::exchange(state->handle, nullptr));
    code = sqlite3_open_v2(path.c_str(), &state->handle, SQLITE_OPEN_READONLY, nullptr);
  }
  if (code != SQLITE_OK) {
    throw FileError{{path, 0, 0},
                    fmt::format("cannot be opened: {}", sqlite3_errmsg(state->handle))};
  }
  sqlite3_extended_result_codes(state->handle, 1);
  sqlite3_busy_timeout(state->handle, kPatience);
  if (mode == Mode::read) {
    sqlite3_exec(state->handle, "PRAGMA query_only = 1", nullptr, nullptr, nullptr);
  }
  return Database{std::move(state)};
}

Database Database::in_memory() {
  auto state = std::make_unique<State>();
  state->path = "memory";
  state->check(sqlite3_open(":memory:", &state->handle));
  return Database{std::move(state)};
}

const std::string& Database::path() const {
  return state_->path;
}

void Database::execute(const std::string& sql) {
  state_->check(sqlite3_exec(state_->handle, sql.c_str(), nullptr, nullptr, nullptr));
}

void Database::check_integrity() {
  Statement statement = prepare("PRAGMA quick_check(1)");
  if (statement.next() && statement.text(0) != "ok") {
    throw FileError{{state_->path, 0, 0}, "is damaged: " + statement.text(0)};
  }
}

struct Database::Statement::State {
  const Database::State* database = nullptr;
  sqlite3_stmt* handle = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() { sqlite3_finalize(handle); }
};

Database::Statement::Statement(std::unique_ptr<State> state) : state_{std::move(state)} {}
Database::Statement::Statement(Statement&&) noexcept = default;
Database::Statement::~Statement() = default;

Database::Statement Database::prepare(const std::string& sql) {
  auto state = std::make_unique<Statement::State>();
  state->database = state_.get();
  state_->check(sqlite3_prepare_v2(state_->handle, sql.c_str(), -1, &state->handle, nullptr));
  return Statement{std::move(state)};
}

Database::Statement Database::prepare(const std::string& sql, const std::string& condition,
                                      const SourceSpot& spot) {
  auto state = std::make_unique<Statement::State>();
  state->database = state_.get();
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(state_->handle, sql.c_str(), -1, &state->handle, &rest);
  if (code != SQLITE_OK || (rest != nullptr && *rest != '\0')) {
    throw InputError{spot, fmt::format("'{}' is no condition: {}", condition,
                                       code == SQLITE_OK ? "it ends too early"
                                                         : sqlite3_errmsg(state_->handle))};
  }
  return Statement{std::move(state)};
}

Database::Statement& Database::Statement::bind(int parameter, const DatabaseValue& value) {
  sqlite3_stmt* const s = state_->handle;
  const auto size = [](const std::string& text) {
    return static_cast<sqlite3_uint64>(text.size());
  };
  state_->database->check(
      std::visit(Overload{[&](std::monostate) { return sqlite3_bind_null(s, parameter); },
                          [&](std::int64_t v) { return sqlite3_bind_int64(s, parameter, v); },
                          [&](double v) { return sqlite3_bind_double(s, parameter, v); },
                          [&](const std::string& v) {
                            return sqlite3_bind_text64(s, parameter, v.data(), size(v),
                                                       SQLITE_TRANSIENT, SQLITE_UTF8);
                          },
                          [&](const Blob& v) {
                            return sqlite3_bind_blob64(s, parameter, v.bytes.data(), size(v.bytes),
                                                       SQLITE_TRANSIENT);
                          }},
                 value));
  return *this;
}

bool Database::Statement::next() {
  const int code = sqlite3_step(state_->handle);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    state_->database->fail(code);
  }
  return code == SQLITE_ROW;
}

void Database::Statement::reset() {
  sqlite3_reset(state_->handle);
}

int Database::Statement::columns() const {
  return sqlite3_column_count(state_->handle);
}

std::string Database::Statement::name(int column) const {
  return sqlite3_column_name(state_->handle, column);
}

std::string Database::Statement::text(int column) const {
  const DatabaseValue found = value(column);
  if (const auto* blob = std::get_if<Blob>(&found)) {
    return blob->bytes;
  }
  const auto* text = std::get_if<std::string>(&found);
  return text == nullptr ? "" : *text;
}

DatabaseValue Database::Statement::value(int column) const {
  sqlite3_stmt* const s = state_->handle;
  const auto bytes = [&](const void* data) {
    const int size = sqlite3_column_bytes(s, column);
    return data == nullptr
               ? std::string{}
               : std::string{static_cast<const char*>(data), static_cast<std::size_t>(size)};
  };
  switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(s, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(s, column);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(s, column));
    case SQLITE_BLOB:
      return Blob{bytes(sqlite3_column_blob(s, column))};
    default:
      return std::monostate{};
  }
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c == '"' ? std::string{"\"\""} : std::string{c};
  }
  return out + '"';
}

}  // namespace turnpike
