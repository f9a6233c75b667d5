#include "tools/interrupt.hpp"

#include <array>
#include <csignal>
#include <cstring>

#include <unistd.h>

#include "sim/base/directory_lock.hpp"
#include "sim/base/error.hpp"
#include "sim/base/files.hpp"

namespace turnpike::tools {
namespace {

/// The line as a signal handler can write it.
std::array<char, 256>& line() {
  static std::array<char, 256> text{};
  return text;
}

void end_program(int /*signal*/) {
  const ssize_t ignored = ::write(STDERR_FILENO, line().data(), std::strlen(line().data()));
  static_cast<void>(ignored);
  remove_unfinished_output();
  remove_held_lock_file();
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

}  // namespace

void catch_interrupts() {
  set_interrupt_text("interrupted");
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old = {};
    ::sigaction(signal, nullptr, &old);
    if (old.sa_handler != SIG_IGN) {
      struct sigaction action = {};
      action.sa_handler = end_program;
      ::sigaction(signal, &action, nullptr);
    }
  }
}

void set_interrupt_text(const std::string& text) {
  const std::string whole = "turnpike: " + text.substr(0, line().size() - 16) + "\n";
  std::strcpy(line().data(), whole.c_str());
}

}  // namespace turnpike::tools
