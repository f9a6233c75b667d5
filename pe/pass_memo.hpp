#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pe/array_model.hpp"

namespace turnpike::pe {

/// Cycles and counts of the passes stepped so far, by key. Who times candidates of a mapping and
/// who runs the chosen one share it; a file shares it with later runs and with other processes. An
/// answer is the same whether it was known or not.
class PassMemo {
 public:
  /// Null if it is not known.
  [[nodiscard]] const PassResult* find(const PassKey& key) const;
  /// Of a kind of array to which data do not matter; steps the pass unless it is known.
  const PassResult& time(const ArrayModel& model, const PassKey& key);

  /// What was stepped since the last call, as bytes for the merge() of another process of this very
  /// program.
  [[nodiscard]] std::string take_news();
  void merge(std::string_view news);

  /// A file of another model version, or a damaged one, is ignored: it is a cache. Saving adds to
  /// what is in the file, writes a temporary file and renames it: two runs may save at once, the
  /// file is always whole. Nothing is written if everything came from files, and no more than
  /// kMostSaved passes: reading the file must stay cheap.
  static constexpr std::size_t kMostSaved = 20'000;
  void load(const std::string& path);
  void save(const std::string& path);

  [[nodiscard]] std::uint64_t stepped() const { return stepped_; }

 private:
  std::map<PassKey, PassResult> known_;
  std::vector<PassKey> news_;
  std::uint64_t stepped_ = 0;
  bool saved_ = true;
};

/// Digest of the sources that decide timing: memo files of another version are not used.
[[nodiscard]] std::string array_model_version();

}  // namespace turnpike::pe
