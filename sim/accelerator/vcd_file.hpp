#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/quantity.hpp"

namespace turnpike::accelerator {

/// A value change dump (IEEE 1364-2005, clause 18) of unsigned integers, in picoseconds, for a
/// window of simulated time. Why not sc_trace: it follows every event of the kernel from time 0,
/// cannot show a clock whose pass was replayed, and does not tell of a full disk.
///
/// A signal's changes come in time order; changes of different signals may come in any order as
/// long as none is older than the last flush().
class VcdFile {
 public:
  struct Window {
    Picoseconds from;  ///< inclusive
    Picoseconds to;    ///< exclusive
  };
  /// FileError if the file cannot be written.
  explicit VcdFile(const std::string& path);

  /// Declares a signal inside `scope` ("accelerator.array"); signals of a scope one after another.
  /// Returns its index. Every signal is unknown (x) until it is set.
  std::size_t add(const std::string& scope, const std::string& name, int bits);
  /// Ends the declarations.
  void begin(Window window, const std::string& comment);

  /// The signal has this value from `at` on; nothing: unknown.
  void set(std::size_t signal, Picoseconds at, std::optional<std::uint64_t> value);
  /// Every change before `until` is known: writes them.
  void flush(Picoseconds until);
  /// Writes what is left, up to `end` or the window's end, whichever is earlier.
  void finish(Picoseconds end);
  /// Call at the end: FileError if something could not be written (a full disk).
  void close();

 private:
  struct Signal {
    std::string scope, name;
    std::string code;  ///< identifier in the file
    int bits = 1;
    std::optional<std::uint64_t> last;     ///< set last
    std::optional<std::uint64_t> now;      ///< at the time reached
    std::optional<std::uint64_t> written;  ///< in the file
    bool touched = false;
  };
  struct Change {
    Picoseconds at;
    std::size_t signal = 0;
    std::optional<std::uint64_t> value;
  };

  void declare();
  void reach(Picoseconds time);
  void stamp(Picoseconds time);
  void write_values(bool all);
  void write_value(const Signal& signal);

  std::string path_;
  std::ofstream file_;
  Window window_;
  std::vector<Signal> signals_;
  std::vector<Change> pending_;
  std::vector<std::size_t> touched_;
  Picoseconds time_;           ///< of the changes in `touched_`
  Picoseconds stamped_;        ///< last time in the file
  bool initial_done_ = false;  ///< the values at the window's begin are written
};

}  // namespace turnpike::accelerator
