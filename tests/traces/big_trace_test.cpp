// Traces that are not held in memory: what is read on use is what is read at once, memory stays
// bounded, and damage that shows late is told.

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#if __has_include(<zipconf.h>)
#include <zipconf.h>  // the version of libzip
#endif

#include "tests/traces/test_files.hpp"
#include "traces/trace_diff.hpp"
#include "traces/trace_file.hpp"
#include "traces/trace_stats.hpp"
#include "traces/trace_summary.hpp"
#include "traces/trace_validate.hpp"

namespace turnpike::traces {
namespace {

using test::expect_file_error;
using test::sample;
using test::scratch;

constexpr TraceReading kNothingKept{.resident_bytes = 0};

/// A trace of tests/traces/big_trace.py, made once; empty without NumPy.
std::string big_trace(const std::string& name, const std::string& arguments) {
  const std::string path = scratch(name);
  if (!std::filesystem::exists(path)) {
    const std::string line =
        fmt::format("/usr/bin/python3 {}/tests/traces/big_trace.py {} -o {} > /dev/null 2>&1",
                    TURNPIKE_SOURCE_DIR, arguments, path);
    if (std::system(line.c_str()) != 0) {
      return {};
    }
  }
  return path;
}

/// Flips a bit of the byte at `offset`, and leaves the time of the last change as it was if asked.
void flip(const std::string& path, std::size_t offset, bool keep_time) {
  const auto time = std::filesystem::last_write_time(path);
  {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(file.get() ^ 0x01);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }
  if (keep_time) {
    std::filesystem::last_write_time(path, time);
  }
}

/// Most memory that a process of its own has resident while it does something, KiB.
template <class Action>
long peak_of(const Action& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) {
        ::_exit(static_cast<int>(std::stol(line.substr(6)) >> 12U));  // in 4 MiB: fits a byte
      }
    }
    ::_exit(255);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  return (WEXITSTATUS(status) + 1L) << 12U;
}

TEST(TraceOnDemand, IsTheTraceReadAtOnce) {
  for (const char* name : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
    const Trace whole = read_trace(sample(name));
    for (const std::int64_t bytes : {0, 100, 4000}) {
      SCOPED_TRACE(fmt::format("{}, {} bytes kept", name, bytes));
      const Trace lazy = read_trace(sample(name), {.resident_bytes = bytes});
      for (const TensorEntry& tensor : lazy.tensors()) {
        EXPECT_TRUE(whole.tensor(tensor.name).data.in_memory());
        EXPECT_EQ(tensor, whole.tensor(tensor.name)) << tensor.name;
        EXPECT_EQ(tensor.data.converted<double>(),
                  whole.tensor(tensor.name).data.converted<double>());
      }
      EXPECT_FALSE(lazy.tensors().front().data.in_memory());
      EXPECT_TRUE(difference(whole, lazy).none());
      EXPECT_EQ(trace_digest(lazy), trace_digest(whole));
      const TraceScan scan = scan_trace(lazy, {name});
      EXPECT_EQ(scan.digest, trace_digest(whole));
      for (const TensorEntry& tensor : whole.tensors()) {
        EXPECT_EQ(scan.zeros.at(tensor.name), zero_fraction(tensor)) << tensor.name;
        const TensorStats a = stats_of(tensor), b = stats_of(lazy.tensor(tensor.name));
        EXPECT_EQ(a.low, b.low);
        EXPECT_EQ(a.high, b.high);
        EXPECT_EQ(a.entropy, b.entropy);
        EXPECT_EQ(a.zeros, b.zeros);
      }
    }
  }
}

TEST(TraceOnDemand, PiecesAreTheElementsInOrder) {
  const std::string path = big_trace("small.npz", "9M --tensor 3M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  const Trace trace = open_trace(path, kNothingKept);
  const Tensor& weights = trace.tensor("l0.w").data;
  const auto expected = weights.converted<int>();
  std::vector<int> seen;
  std::size_t pieces = 0;
  weights.for_each_piece([&](const auto& piece, std::int64_t first) {
    EXPECT_EQ(first, static_cast<std::int64_t>(seen.size()));
    seen.insert(seen.end(), piece.begin(), piece.end());
    ++pieces;
  });
  EXPECT_EQ(seen, expected);
  EXPECT_GE(pieces, 3U);
}

TEST(TraceOnDemand, ACheckNeedsLittleMemoryAndARunsReadingTheLargestTensor) {
  for (const char* compression : {"stored", "deflate"}) {
    const std::string path =
        big_trace(fmt::format("big_{}.npz", compression),
                  fmt::format("200M --tensor 16M --compression {}", compression));
    if (path.empty()) {
      GTEST_SKIP() << "Debian's python3-numpy is not installed";
    }
    ASSERT_EQ(std::filesystem::file_size(path) > std::uintmax_t{200} << 20U,
              std::string{compression} == "stored");
    const long before = peak_of([] {});
    const long checked = peak_of([&path] {
      const Trace trace = open_trace(path);
      static_cast<void>(summarize(trace, scan_trace(trace, {path})));
      for (const TensorEntry& tensor : trace.tensors()) {
        static_cast<void>(stats_of(tensor, {path}));
      }
    });
    EXPECT_LE(checked - before, 16L << 10U) << compression;  // 12 tensors of 16 MiB
    const long used = peak_of([&path] {
      const Trace trace = read_trace(path);
      for (int round = 0; round < 2; ++round) {
        for (const TensorEntry& tensor : trace.tensors()) {
          tensor.data.visit([](const auto& values) { return values.size(); });
        }
      }
    });
    EXPECT_LE(used - before, (64L + 2 * 16L) << 10U) << compression;  // what is kept, and one more
    std::filesystem::remove(path);
  }
}

TEST(TraceOnDemand, MembersWithZip64HeadersAreRead) {
  const std::string path = big_trace("zip64.npz", "1M --tensor 64K");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  // Version 4.5 needed, sizes of 2^32 - 1 in the local header, the true ones in an extra field.
  const std::string bytes = test::bytes_of(path);
  EXPECT_EQ(bytes.substr(0, 6), std::string("PK\x03\x04\x2d\x00", 6));
  EXPECT_EQ(bytes.substr(18, 8), std::string(8, '\xff'));
  EXPECT_EQ(read_trace(path), read_trace(path, kNothingKept));
}

TEST(TraceOnDemand, DamageThatShowsLateNamesTheMember) {
  const std::string path = big_trace("damaged.npz", "4M --tensor 1M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  flip(path, std::size_t{3} << 19U, false);            // in the middle of the second matrix
  const Trace trace = open_trace(path, kNothingKept);  // headers are as they were
  expect_file_error([&] { static_cast<void>(scan_trace(trace, {path})); }, "l1.w': cannot be read");
  expect_file_error([&] { static_cast<void>(trace.tensor("l1.w").data.converted<int>()); },
                    "member 'l1.w': cannot be read: CRC error");
  expect_file_error([&] { static_cast<void>(read_trace(path)); }, "CRC error");
}

TEST(TraceOnDemand, AFileThatIsChangedInUseIsRefused) {
  const std::string path = big_trace("changed.npz", "4M --tensor 1M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  const std::string bytes = test::bytes_of(path);
  const auto use = [](const Trace& trace) {
    return [&trace] { static_cast<void>(trace.tensor("l2.w").data.converted<int>()); };
  };
  {
    const Trace trace = read_trace(path, kNothingKept);
    use(trace)();
    flip(path, bytes.size() / 2, false);
    expect_file_error(use(trace), "changed.npz: was changed");
    flip(path, bytes.size() / 2, false);
  }
  {
    const Trace trace = read_trace(path, kNothingKept);
    std::filesystem::resize_file(path, bytes.size() / 2);
    expect_file_error(use(trace), "changed.npz: was changed");
    test::put("changed.npz", bytes);
  }
  {
    const Trace trace = read_trace(path, kNothingKept);
    test::put("other.npz", bytes);
    std::filesystem::rename(scratch("other.npz"), path);
    expect_file_error(use(trace), "changed.npz: was changed");
  }
  {
    const Trace trace = read_trace(path, kNothingKept);
    std::filesystem::remove(path);
    expect_file_error(use(trace), "changed.npz: was changed");
  }
  // A time stamp that was put back does not hide it: the CRC differs.
  test::put("changed.npz", bytes);
  const Trace trace = read_trace(path, kNothingKept);
  flip(path, bytes.size() / 2, true);
  expect_file_error([&] { static_cast<void>(scan_trace(trace, {path})); }, "CRC error");
}

TEST(TraceOnDemand, AFileOfADirectoryThatIsChangedInUseIsRefused) {
  write_trace(read_trace(sample("tiny_gru")), scratch("gru"));
  const Trace trace = read_trace(scratch("gru"), kNothingKept);
  const std::string& name = trace.tensors().front().name;
  const std::string file = scratch("gru") + "/" + name + ".npy";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  expect_file_error([&] { static_cast<void>(trace.tensor(name).data.converted<int>()); },
                    name + ".npy: was changed");
}

TEST(TraceOnDemand, ForkedProcessesReadWithoutDisturbingEachOther) {
  const std::string path = big_trace("forked.npz", "4M --tensor 1M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  const Trace trace = read_trace(path, kNothingKept);
  const std::string digest = trace_digest(trace);
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      bool same = true;
      for (int round = 0; round < 5; ++round) {
        same = same && trace_digest(trace) == digest;
      }
      ::_exit(same ? 0 : 1);
    }
  }
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(trace_digest(trace), digest);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

TEST(TraceOnDemand, OtherMethodsOfCompressionAreRefusedByName) {
  const std::string path = big_trace("bz.npz", "64K --tensor 4K --compression bzip2");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  expect_file_error([&] { static_cast<void>(read_trace(path)); },
                    "compression method 12; expected stored or deflated");
#if LIBZIP_VERSION_MAJOR == 1 && LIBZIP_VERSION_MINOR < 8
  std::string bytes = test::bytes_of(path);
  for (std::size_t at = 0; (at = bytes.find("PK\x01\x02", at)) != std::string::npos; at += 4) {
    bytes[at + 10] = 93;
  }
  expect_file_error([&] { static_cast<void>(read_trace(test::put("zstd.npz", bytes))); },
                    "compression method 93 (Zstandard), which this libzip does not read");
#endif
}

}  // namespace
}  // namespace turnpike::traces
