#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/base/record.hpp"
#include "sim/pricing/priced_run.hpp"

/// A run directory as a whole: written so that it is never mistaken for another run's, read only if
/// its files belong together (docs/results.md).
namespace turnpike::results {

/// What run.json holds: the only file that may differ between two equal runs.
struct RunRecord {
  static constexpr std::string_view kSchema = "turnpike-run/1";

  std::string version;
  std::vector<std::string> arguments;
  std::string timing;                                        ///< memo or reference
  std::vector<std::pair<std::string, std::string>> digests;  ///< what the run was made from
  double wall_seconds = 0.0;
  /// What was asked for, by name: "accelerator=/a/b.yaml", "network=zoo:resnet18", "set a.b=2".
  std::vector<std::string> request = {};
  std::map<std::string, std::string> inputs = {};  ///< each file read -> its digest
  // What write_run_directory fills in.
  std::uint64_t passes_simulated = 0;
  std::uint64_t clocks_simulated = 0;
  std::map<std::string, std::string> files = {};  ///< of the directory -> their digests
  std::string host = {};
};

/// What may be replaced: nothing but an equal run (check_replaceable), or anything.
enum class Replace { equal, anything };

/// Writes a run directory: run.json goes first and comes last, with the digests of the other files,
/// each written by a temporary one and a rename. Of two writers one waits. FileError if it cannot
/// be written.
void write_run_directory(const std::string& directory, const pricing::PricedRun& run,
                         const RunRecord& record, Replace replace = Replace::anything);

/// All files of a run directory as write_run_directory() would write them, run.json with the
/// digests of the others.
[[nodiscard]] std::map<std::string, std::string> run_texts(const pricing::PricedRun& run,
                                                           const RunRecord& record);

/// A record as run.json has it.
[[nodiscard]] std::string record_text(const RunRecord& record);

/// What the run of a directory was asked for. `request` is empty for runs of older versions.
struct Asked {
  std::vector<std::string> request, arguments;
};
/// nullopt if the directory holds no run.json of a run.
[[nodiscard]] std::optional<Asked> asked_for(const std::string& directory);

/// InputError if the directory holds something that a run of this record would replace and should
/// not: a run that was asked for otherwise, or files of these names that no run wrote. An equal
/// run, an unfinished one and other files are no obstacle.
void check_replaceable(const std::string& directory, const RunRecord& record);

/// A finished run directory, or a point of a sweep's database ("DIR#point"), its files as they were
/// checked against run.json.
class RunDirectory {
 public:
  /// FileError naming the file if run.json is missing or damaged, or if a file is missing or not
  /// the one whose digest run.json holds. Directories of versions that stored no digests are read
  /// as they are.
  [[nodiscard]] static RunDirectory open(const std::string& directory);
  /// The same of files that are in memory; `directory` names them in messages.
  [[nodiscard]] static RunDirectory of(std::map<std::string, std::string> texts,
                                       const std::string& directory);

  /// The bytes of one of its files. FileError if it is not there.
  [[nodiscard]] const std::string& text(const std::string& name) const;
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }

  [[nodiscard]] const RunRecord& record() const { return record_; }
  /// One of `digests`, or "".
  [[nodiscard]] std::string digest(const std::string& name) const;

 private:
  void read_record();
  void check_digests();

  std::string directory_;
  bool on_disk_ = true;
  mutable std::map<std::string, std::string> texts_;
  RunRecord record_;
  bool has_digests_ = false;  ///< of the other files
};

}  // namespace turnpike::results

namespace turnpike {

template <>
inline constexpr auto fields_of<results::RunRecord> = [] {
  using results::RunRecord;
  constexpr FieldOptions kLater{.later = true};
  return std::tuple{
      Field{Label{"schema", "", "`turnpike-run/1`"}, Always{RunRecord::kSchema}},
      Field{Label{"version", "", "of the program"}, &RunRecord::version, kLater},
      Field{Label{"arguments", "", "list: the command line"}, &RunRecord::arguments, kLater},
      Field{Label{"request", "",
                  "list: what was asked for, by name: accelerator, network, weights, profile, "
                  "settings"},
            &RunRecord::request, kLater},
      Field{Label{"timing", "", "`memo` or `reference`"}, &RunRecord::timing},
      Field{Label{"passes_simulated", "passes",
                  "stepped clock by clock in this run; the rest came from the memo"},
            &RunRecord::passes_simulated},
      Field{Label{"clocks_simulated", "cycles", "of these passes"}, &RunRecord::clocks_simulated},
      Field{Label{"digests", "", "what else the run was made from, by name"}, &RunRecord::digests,
            kLater},
      Field{Label{"inputs", "",
                  "every file that was read, by its absolute path, with the digest of its bytes as "
                  "they were"},
            &RunRecord::inputs, kLater},
      Field{Label{"files", "", "the other files of the directory with theirs"}, &RunRecord::files,
            kLater},
      Field{Label{"host", "", "name of the computer"}, &RunRecord::host, kLater},
      Field{Label{"wall_seconds", "s", "time it took"}, &RunRecord::wall_seconds, kLater}};
}();

}  // namespace turnpike
