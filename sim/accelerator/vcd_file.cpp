#include "sim/accelerator/vcd_file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"

namespace turnpike::accelerator {
namespace {

/// Identifier codes are strings of the printable characters '!' to '~'.
std::string code_of(std::size_t index) {
  constexpr std::size_t kCharacters = '~' - '!' + 1;
  std::string code;
  do {
    code += static_cast<char>('!' + index % kCharacters);
    index /= kCharacters;
  } while (index > 0);
  return code;
}

std::vector<std::string> parts_of(const std::string& scope) {
  std::vector<std::string> parts{""};
  for (const char c : scope) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

VcdFile::VcdFile(const std::string& path) : path_{path}, file_{path} {
  if (!file_) {
    throw FileError{{path, 0, 0}, "cannot be written: " + std::generic_category().message(errno)};
  }
}

std::size_t VcdFile::add(const std::string& scope, const std::string& name, int bits) {
  ensure(bits >= 1 && bits <= 64, "a signal has 1 to 64 bits");
  Signal& signal = signals_.emplace_back();
  signal.scope = scope;
  signal.name = name;
  signal.bits = bits;
  signal.code = code_of(signals_.size() - 1);
  return signals_.size() - 1;
}

void VcdFile::begin(Window window, const std::string& comment) {
  window_ = window;
  file_ << "$version turnpike $end\n$comment\n" << comment << "$end\n$timescale 1 ps $end\n";
  declare();
  file_ << "$enddefinitions $end\n";
}

void VcdFile::declare() {
  std::vector<std::string> open;
  const auto close_to = [this, &open](std::size_t depth) {
    for (; open.size() > depth; open.pop_back()) {
      file_ << "$upscope $end\n";
    }
  };
  for (const Signal& signal : signals_) {
    const std::vector<std::string> parts = parts_of(signal.scope);
    const auto same = std::mismatch(open.begin(), open.end(), parts.begin(), parts.end()).first;
    close_to(static_cast<std::size_t>(same - open.begin()));
    for (std::size_t i = open.size(); i < parts.size(); ++i) {
      file_ << fmt::format("$scope module {} $end\n", parts[i]);
      open.push_back(parts[i]);
    }
    const std::string range = signal.bits > 1 ? fmt::format(" [{}:0]", signal.bits - 1) : "";
    file_ << fmt::format("$var wire {} {} {}{} $end\n", signal.bits, signal.code, signal.name,
                         range);
  }
  close_to(0);
}

void VcdFile::set(std::size_t signal, Picoseconds at, std::optional<std::uint64_t> value) {
  Signal& changed = signals_[signal];
  if (changed.last == value || at >= window_.to) {
    return;
  }
  changed.last = value;
  pending_.push_back({at, signal, value});
}

void VcdFile::flush(Picoseconds until) {
  std::stable_sort(pending_.begin(), pending_.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  std::size_t done = 0;
  for (; done < pending_.size() && pending_[done].at < until; ++done) {
    const Change& change = pending_[done];
    reach(change.at);
    Signal& signal = signals_[change.signal];
    signal.now = change.value;
    if (!signal.touched) {
      signal.touched = true;
      touched_.push_back(change.signal);
    }
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
}

/// Writes the changes up to now if `time` is later; what lies before the window is only kept.
void VcdFile::reach(Picoseconds time) {
  if (time <= time_ || time <= window_.from) {
    time_ = std::max(time, time_);
    return;
  }
  if (!initial_done_) {
    initial_done_ = true;
    stamp(window_.from);
    file_ << "$dumpvars\n";
    write_values(true);
    file_ << "$end\n";
  }
  write_values(false);
  time_ = time;
}

void VcdFile::write_values(bool all) {
  bool stamped = all;
  const auto write = [this, &stamped](Signal& signal) {
    if (!stamped) {
      stamp(time_);
      stamped = true;
    }
    write_value(signal);
    signal.written = signal.now;
  };
  if (all) {
    std::for_each(signals_.begin(), signals_.end(), write);
  }
  for (const std::size_t index : touched_) {
    Signal& signal = signals_[index];
    signal.touched = false;
    if (!all && signal.written != signal.now) {
      write(signal);
    }
  }
  touched_.clear();
}

void VcdFile::write_value(const Signal& signal) {
  if (signal.bits == 1) {
    file_ << (signal.now ? (*signal.now != 0 ? "1" : "0") : "x") << signal.code << '\n';
  } else if (signal.now) {
    file_ << fmt::format("b{:b} {}\n", *signal.now, signal.code);
  } else {
    file_ << "bx " << signal.code << '\n';
  }
}

void VcdFile::finish(Picoseconds end) {
  const Picoseconds last = std::min(end, window_.to);
  flush(window_.to);
  if (last > window_.from) {
    reach(last);
    write_values(false);
    if (stamped_ < last) {
      stamp(last);
    }
  }
}

void VcdFile::stamp(Picoseconds time) {
  file_ << fmt::format("#{}\n", time.count());
  stamped_ = time;
}

void VcdFile::close() {
  close_output(file_, path_);
}

}  // namespace turnpike::accelerator
