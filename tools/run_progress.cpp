#include "tools/run_progress.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/base/printable.hpp"
#include "tools/output.hpp"

namespace turnpike::tools {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kInterval{200};
constexpr std::size_t kNameColumns = 40;

}  // namespace

bool shows_progress(bool quiet) {
  return !quiet && ::isatty(STDERR_FILENO) != 0;
}

void RunProgress::run_begins(const accelerator::RunFacts& facts) {
  layers_.clear();
  for (const auto& layer : facts.layers) {
    layers_.push_back(layer.name);
  }
  layers_ = shortened(layers_, kNameColumns);
  start_ = Clock::now();
  next_ = start_ + kPatience;
}

void RunProgress::begins(const accelerator::Activity& activity, Picoseconds at) {
  static_cast<void>(at);
  const Clock::time_point now = Clock::now();
  if (now < next_ || activity.layer >= layers_.size()) {
    return;
  }
  next_ = now + kInterval;
  shown_ = true;
  put_on_stderr(fmt::format("\r\033[Klayer {} of {}, {}, after {:.0f} s", activity.layer + 1,
                            layers_.size(), layers_[activity.layer],
                            std::chrono::duration<double>(now - start_).count()));
}

void RunProgress::ends(const accelerator::Activity& activity, Picoseconds at) {
  static_cast<void>(activity);
  static_cast<void>(at);
}

void RunProgress::run_ends(Picoseconds at) {
  static_cast<void>(at);
  wipe();
}

void RunProgress::wipe() noexcept {
  if (shown_) {
    put_on_stderr("\r\033[K");
    shown_ = false;
  }
}

}  // namespace turnpike::tools
