#include "sim/accelerator/value_memo.hpp"

#include <bit>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "sim/base/digest.hpp"

namespace turnpike::accelerator {
namespace {

/// Doubles by their bits: what is read is what was written.
std::string text_of(const std::string& key, const StageValues& v) {
  std::string out = fmt::format(
      "{} {} {} {} {:x} {:x} {}", key, v.outputs_compared, v.codes_compared, v.has_codes ? 1 : 0,
      std::bit_cast<std::uint64_t>(v.float_max_error), v.digest, v.jobs.size());
  for (const StageValues::Job& job : v.jobs) {
    out += fmt::format(" {} {:x}", job.gated, std::bit_cast<std::uint64_t>(job.widest_psum));
  }
  return out;
}

std::optional<std::pair<std::string, StageValues>> parsed(const std::string& line) {
  std::istringstream in{line};
  std::string key;
  StageValues v;
  int has_codes = 0;
  std::uint64_t error = 0;
  std::size_t jobs = 0;
  in >> key >> v.outputs_compared >> v.codes_compared >> has_codes >> std::hex >> error >>
      v.digest >> std::dec >> jobs;
  for (std::size_t j = 0; j < jobs && in; ++j) {
    StageValues::Job job;
    std::uint64_t widest = 0;
    in >> job.gated >> std::hex >> widest >> std::dec;
    job.widest_psum = std::bit_cast<double>(widest);
    v.jobs.push_back(job);
  }
  if (!in) {
    return std::nullopt;
  }
  v.has_codes = has_codes != 0;
  v.float_max_error = std::bit_cast<double>(error);
  return std::pair{key, v};
}

}  // namespace

const StageValues* ValueMemo::find(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : &found->second;
}

void ValueMemo::add(const std::string& key, const StageValues& values) {
  if (known_.emplace(key, values).second) {
    const std::string line = text_of(key, values);
    news_ += fmt::format("{} {}\n", line, Digest{}.add(line).text());
  }
}

std::string ValueMemo::take_news() {
  return std::exchange(news_, {});
}

void ValueMemo::merge(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    const std::size_t blank = line.rfind(' ');
    if (blank == std::string_view::npos ||
        Digest{}.add(line.substr(0, blank)).text() != line.substr(blank + 1)) {
      continue;
    }
    if (auto entry = parsed(std::string{line.substr(0, blank)})) {
      known_.insert(std::move(*entry));
    }
  }
}

}  // namespace turnpike::accelerator
