// Traces that are not held in memory: what is read in pieces is what is read at once, memory stays
// bounded, and damage that shows late is told.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <tuple>

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

TEST(OpenTrace, IsTheTraceReadAtOnce) {
  for (const char* name : {"tiny_residual.npz", "tiny_lstm.npz", "tiny_gru"}) {
    SCOPED_TRACE(name);
    const Trace whole = read_trace(sample(name));
    const OpenTrace open = open_trace(sample(name));
    EXPECT_EQ(open.program(), whole.program());
    EXPECT_TRUE(difference(OpenTrace{whole}, open).none());
    const TraceScan scan = scan_trace(open);
    EXPECT_EQ(scan.digest, trace_digest(whole));
    std::int64_t bytes = 0;
    for (const TensorEntry& tensor : whole.tensors()) {
      SCOPED_TRACE(tensor.name);
      EXPECT_EQ(open.load(tensor.name), tensor.data);
      EXPECT_EQ(open.type_name(tensor.name), tensor.data.type_name());
      EXPECT_EQ(open.bytes(tensor.name), tensor.data.bytes());
      EXPECT_EQ(scan.zeros.at(tensor.name), zero_fraction(tensor));
      const TensorStats a = stats_of(tensor), b = stats_of(open, tensor.name);
      EXPECT_EQ(std::tie(a.low, a.high, a.entropy, a.zeros, a.bits_used, a.bit_entropy),
                std::tie(b.low, b.high, b.entropy, b.zeros, b.bits_used, b.bit_entropy));
      bytes += tensor.data.bytes();
    }
    EXPECT_EQ(open.bytes(), bytes);
    const TraceSummary a = summarize(whole), b = summarize(open, scan);
    EXPECT_EQ(std::tie(a.macs, a.bytes, a.tensors, a.tensors_of_bits, a.highway_tensors, a.notes),
              std::tie(b.macs, b.bytes, b.tensors, b.tensors_of_bits, b.highway_tensors, b.notes));
    for (std::size_t i = 0; i < a.layers.size(); ++i) {
      EXPECT_EQ(a.layers[i].input_zeros, b.layers[i].input_zeros);
    }
  }
}

TEST(OpenTrace, PiecesAreTheElementsInOrder) {
  const std::string path = big_trace("small.npz", "9M --tensor 3M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  write_trace(read_trace(path), scratch("small"));
  for (const std::string& stored : {path, scratch("small")}) {
    const OpenTrace trace = open_trace(stored);
    std::vector<int> seen;
    std::size_t pieces = 0;
    trace.pieces("l0.w", [&](const Tensor& piece, std::int64_t first) {
      EXPECT_EQ(first, static_cast<std::int64_t>(seen.size()));
      const auto codes = piece.converted<int>();
      seen.insert(seen.end(), codes.begin(), codes.end());
      ++pieces;
    });
    EXPECT_EQ(seen, trace.load("l0.w").converted<int>());
    EXPECT_GE(pieces, 3U);
  }
}

/// Arrays of every order, type and end of bytes, in pieces as at once.
TEST(OpenTrace, PiecesOfAnyArrayAreTheArray) {
  const std::string path = scratch("arrays.npz");
  const std::string line = fmt::format(
      "/usr/bin/python3 -c \"import numpy as np; r = np.random.default_rng(1); n = (3, 500, 700); "
      "a = r.integers(0, 2, n); np.savez_compressed('{}', "
      "**{{t: (a * 100).astype(t) for t in ('i1', 'u2', 'f2', 'f8')}}, u8=a.astype('>u8'), "
      "i4=np.asfortranarray(a.astype('i4')), b=a.astype(bool), e=np.zeros((0, 3)), s=np.int8(7))\" "
      "> /dev/null 2>&1",
      path);
  if (std::system(line.c_str()) != 0) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  const NpzFile file = NpzFile::open(path);
  ASSERT_EQ(file.names().size(), 9U);
  for (const std::string& name : file.names()) {
    SCOPED_TRACE(name);
    const Tensor whole = file.tensor(name);
    std::vector<double> seen;
    file.pieces(name, [&](const Tensor& piece, std::int64_t first) {
      EXPECT_EQ(first, static_cast<std::int64_t>(seen.size()));
      EXPECT_EQ(piece.type_name(), whole.type_name());
      const auto values = piece.converted<double>();
      seen.insert(seen.end(), values.begin(), values.end());
    });
    EXPECT_EQ(seen, whole.converted<double>());
  }
}

TEST(OpenTrace, ACheckNeedsLittleMemory) {
  struct Case {
    const char* compression;
    long mebibytes, tensor;
  };
  for (const auto& [compression, mebibytes, tensor] :
       {Case{"stored", 200, 16}, Case{"deflate", 40, 8}}) {
    SCOPED_TRACE(compression);
    const std::string path =
        big_trace(fmt::format("big_{}.npz", compression),
                  fmt::format("{}M --tensor {}M --compression {}", mebibytes, tensor, compression));
    if (path.empty()) {
      GTEST_SKIP() << "Debian's python3-numpy is not installed";
    }
    const long before = peak_of([] {});
    const long checked = peak_of([&path] {
      const OpenTrace trace = open_trace(path);
      static_cast<void>(summarize(trace, scan_trace(trace)));
      for (const ProgramTensor& each : trace.program().tensors()) {
        static_cast<void>(stats_of(trace, each.name));
      }
    });
    EXPECT_LE(checked - before, 12L << 10U);
    const long compared =
        peak_of([&path] { static_cast<void>(difference(open_trace(path), open_trace(path))); });
    EXPECT_LE(compared - before, (tensor + 24L) << 10U);  // one of them, and pieces
    const long read = peak_of([&path] { static_cast<void>(read_trace(path)); });
    EXPECT_LE(read - before, (mebibytes + tensor + 24L) << 10U);  // once, not more often
    std::filesystem::remove(path);
  }
}

TEST(OpenTrace, MembersWithZip64HeadersAreRead) {
  const std::string path = big_trace("zip64.npz", "1M --tensor 64K");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  // Version 4.5 needed, sizes of 2^32 - 1 in the local header, the true ones in an extra field.
  const std::string bytes = test::bytes_of(path);
  EXPECT_EQ(bytes.substr(0, 6), std::string("PK\x03\x04\x2d\x00", 6));
  EXPECT_EQ(bytes.substr(18, 8), std::string(8, '\xff'));
  EXPECT_EQ(scan_trace(open_trace(path)).digest, trace_digest(read_trace(path)));
}

TEST(OpenTrace, DamageThatShowsLateNamesTheMember) {
  const std::string path = big_trace("damaged.npz", "4M --tensor 1M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  flip(path, std::size_t{3} << 19U, false);  // in the middle of the second matrix
  const OpenTrace trace = open_trace(path);  // headers are as they were
  expect_file_error([&] { static_cast<void>(scan_trace(trace)); },
                    "member 'l1.w': cannot be read: CRC error");
  expect_file_error([&] { static_cast<void>(trace.load("l1.w")); },
                    "member 'l1.w': cannot be read: CRC error");
  expect_file_error([&] { static_cast<void>(read_trace(path)); }, "CRC error");
}

TEST(OpenTrace, AFileThatIsChangedInUseIsRefused) {
  const std::string path = big_trace("changed.npz", "4M --tensor 1M");
  if (path.empty()) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  const std::string bytes = test::bytes_of(path);
  const auto use = [](const OpenTrace& trace) {
    return [&trace] { static_cast<void>(trace.load("l2.w")); };
  };
  {
    const OpenTrace trace = open_trace(path);
    use(trace)();
    flip(path, bytes.size() / 2, false);
    expect_file_error(use(trace), "changed.npz: was changed");
    flip(path, bytes.size() / 2, false);
  }
  {
    const OpenTrace trace = open_trace(path);
    std::filesystem::resize_file(path, bytes.size() / 2);
    expect_file_error(use(trace), "changed.npz: was changed");
    test::put("changed.npz", bytes);
  }
  {
    const OpenTrace trace = open_trace(path);
    test::put("other.npz", bytes);
    std::filesystem::rename(scratch("other.npz"), path);
    expect_file_error(use(trace), "changed.npz: was changed");
  }
  {
    const OpenTrace trace = open_trace(path);
    std::filesystem::remove(path);
    expect_file_error(use(trace), "changed.npz: was changed");
  }
  // A time stamp that was put back does not hide it: the CRC differs.
  test::put("changed.npz", bytes);
  const OpenTrace trace = open_trace(path);
  flip(path, bytes.size() / 2, true);
  expect_file_error([&] { static_cast<void>(scan_trace(trace)); }, "CRC error");
}

TEST(OpenTrace, AFileOfADirectoryThatIsChangedInUseIsRefused) {
  write_trace(read_trace(sample("tiny_gru")), scratch("gru"));
  const OpenTrace trace = open_trace(scratch("gru"));
  const std::string& name = trace.program().tensors().front().name;
  const std::string file = scratch("gru") + "/" + name + ".npy";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  expect_file_error([&] { static_cast<void>(trace.load(name)); }, name + ".npy: was changed");
}

TEST(OpenTrace, OtherMethodsOfCompressionAreRefusedByName) {
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
