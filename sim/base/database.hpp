#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "sim/base/error.hpp"

namespace turnpike {

/// Bytes of a database's value that are no text.
struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};
/// A value of a database: nothing, a whole number, a number, a text, bytes.
using DatabaseValue = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// An SQLite database in one file, or in memory. What is wrong with it is a FileError with its
/// path; a statement that is no SQL is an InternalError. Of one process: none is open across a
/// fork.
class Database {
 public:
  enum class Mode { read, write };  ///< `write` makes the file if there is none

  /// Another process that writes is waited for, half a minute at most.
  [[nodiscard]] static Database open(const std::string& path, Mode mode);
  [[nodiscard]] static Database in_memory();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Statements without values and without rows.
  void execute(const std::string& sql);
  /// Whole pages, indices and all.
  void check_integrity();
  [[nodiscard]] const std::string& path() const;

  /// A statement with its rows.
  class Statement {
   public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    /// The value of parameter 1, 2, ...
    Statement& bind(int parameter, const DatabaseValue& value);
    /// True if there is another row.
    bool next();
    /// For another execution; the values stay.
    void reset();

    [[nodiscard]] int columns() const;
    [[nodiscard]] std::string name(int column) const;
    [[nodiscard]] DatabaseValue value(int column) const;
    /// "" unless it is a text or bytes.
    [[nodiscard]] std::string text(int column) const;

   private:
    friend class Database;
    struct State;
    explicit Statement(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  [[nodiscard]] Statement prepare(const std::string& sql);
  /// The same around a condition a user wrote: InputError at `spot`, naming it, if it is none.
  [[nodiscard]] Statement prepare(const std::string& sql, const std::string& condition,
                                  const SourceSpot& spot);

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A name as SQL takes it, whatever is in it.
[[nodiscard]] std::string quoted_name(std::string_view name);

}  // namespace turnpike
