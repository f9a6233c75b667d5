#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

/// Run directories in a sweep's database, in place of folders.
namespace turnpike::results {

/// Files by name.
using RunTexts = std::map<std::string, std::string>;

/// The name of a sweep's database in its directory.
inline constexpr const char* kStoreFile = "sweep.sqlite";

/// The files of a run in little room: CSV tables by columns, all deflated together. `known`: text
/// that is like theirs, the same when it is unpacked; the last 32 KiB count.
[[nodiscard]] std::string pack(const RunTexts& files, const std::string& known);
/// Text of a run's files that makes those of runs like it smaller when they are packed.
[[nodiscard]] std::string known_of(const RunTexts& files);
/// FileError naming `place` if the bytes are damaged.
[[nodiscard]] RunTexts unpack(const std::string& bytes, const std::string& known,
                              const std::string& place);

/// Store and point of "DIR#point" or "DIR/sweep.sqlite#point"; nullopt for any other path, and for
/// one that is there as it is written.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> store_and_point(
    const std::string& path);

/// The files of a finished point of a store. FileError if it has none of this name, or no files of
/// it (`sweep --keep runs`: then the run directory is beside it, and is read).
[[nodiscard]] RunTexts read_archived(const std::string& store, const std::string& point);

}  // namespace turnpike::results
