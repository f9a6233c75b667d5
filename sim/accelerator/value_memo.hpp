#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace turnpike::accelerator {

/// What the values of a stage came to, once every output was found equal to the trace's.
struct StageValues {
  struct Job {
    std::uint64_t gated = 0;   ///< MACs whose ifmap value is zero
    double widest_psum = 0.0;  ///< largest |psum| a pass wrote back
    friend bool operator==(const Job&, const Job&) = default;
  };
  std::vector<Job> jobs;
  std::uint64_t outputs_compared = 0;
  std::uint64_t codes_compared = 0;  ///< of these, integers
  bool has_codes = false;            ///< some output is integer
  double float_max_error = 0.0;      ///< of the floating ones
  std::uint64_t digest = 0;          ///< of the outputs
  friend bool operator==(const StageValues&, const StageValues&) = default;
};

/// Stages whose values are known: computed and checked once, for all machines that run one trace.
///
/// Outputs, and which MACs are gated, follow from the trace alone. The largest psum that is written
/// back also depends on how a sum is cut into passes (pe::ArrayModel::sums_order); a stage is known
/// only under the cuts it was computed with, so every run's figures are those it would have
/// computed. Only stages without any difference are kept: a run that fails its check always
/// computes what it reports.
class ValueMemo {
 public:
  /// Null if it is not known. `key`: of stage and trace, printable, without blanks.
  [[nodiscard]] const StageValues* find(const std::string& key) const;
  void add(const std::string& key, const StageValues& values);

  /// What was added since the last call, in lines of text: for another process' merge().
  [[nodiscard]] std::string take_news();
  /// Lines of take_news(); one that is damaged is left out.
  void merge(std::string_view lines);

  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  std::map<std::string, StageValues, std::less<>> known_;
  std::string news_;
};

}  // namespace turnpike::accelerator
