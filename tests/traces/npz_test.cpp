#include "traces/npz.hpp"

#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/base/random.hpp"
#include "tests/traces/test_files.hpp"

namespace turnpike::traces {
namespace {

using test::bytes_of;
using test::expect_file_error;
using test::put;
using test::scratch;

NamedTensors example() {
  return {{"w", Tensor{{2, 2}, std::vector<float>{1.5F, -2.0F, 0.25F, 8.0F}}},
          {"codes", Tensor{{300}, std::vector<std::uint8_t>(300, 3)}},
          {"a/b.c", Tensor{{1}, std::vector<std::int64_t>{-1}}}};
}

const testing::Environment* const kCleaner =
    testing::AddGlobalTestEnvironment(new test::ScratchCleaner);

std::string archive(NpzCompression compression = NpzCompression::stored) {
  const std::string path = scratch("example.npz");
  write_npz(path, example(), compression);
  return bytes_of(path);
}

void read_all(const std::string& path, const NpzLimits& limits = {}) {
  const NpzFile file = NpzFile::open(path, limits);
  for (const std::string& name : file.names()) {
    static_cast<void>(file.tensor(name));
  }
}

std::string replaced(std::string text, std::string_view from, std::string_view to,
                     bool everywhere = true) {
  std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  for (; at != std::string::npos;
       at = everywhere ? text.find(from, at + to.size()) : std::string::npos) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Overwrites a field of the central directory entry of member `index`.
std::string with_directory_field(std::string bytes, int index, std::size_t offset,
                                 std::uint32_t value, std::size_t size = 4) {
  std::size_t at = bytes.find("PK\x01\x02");
  for (int i = 0; i < index; ++i) {
    at = bytes.find("PK\x01\x02", at + 1);
  }
  for (std::size_t i = 0; i < size; ++i) {
    bytes[at + offset + i] = static_cast<char>(value >> (8 * i) & 0xffU);
  }
  return bytes;
}

TEST(Npz, WritingAndReadingGiveTheSameTensors) {
  for (const auto compression : {NpzCompression::stored, NpzCompression::deflated}) {
    write_npz(scratch("a.npz"), example(), compression);
    EXPECT_EQ(test::read_npz(scratch("a.npz")), example());
  }
  EXPECT_LT(archive(NpzCompression::deflated).size(), archive().size());
}

TEST(Npz, TheSameTensorsGiveTheSameBytes) {
  ASSERT_EQ(setenv("TZ", "Asia/Tokyo", 1), 0);
  const std::string first = archive();
  ASSERT_EQ(setenv("TZ", "UTC", 1), 0);
  EXPECT_EQ(archive(), first);
  ASSERT_EQ(unsetenv("TZ"), 0);
}

TEST(Npz, ReadsWhatNumPyWrote) {
  const NpzFile file = NpzFile::open(test::sample("tiny_lstm.npz"));
  EXPECT_TRUE(file.has("__trace__"));
  EXPECT_FALSE(file.has("nothing"));
  EXPECT_EQ(file.names().back(), "__trace__");
  EXPECT_EQ(file.tensor("Wx").shape(), (TensorShape{6, 20}));
  EXPECT_EQ(file.text("__trace__").substr(0, 28), R"({"format": "turnpike-trace",)");
  expect_file_error([&] { static_cast<void>(file.text("bias")); }, "expected text as uint8");
  expect_file_error([&] { static_cast<void>(file.tensor("nothing")); },
                    "member 'nothing': is missing");
}

TEST(Npz, NumPyReadsWhatWeWrote) {
  if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
    GTEST_SKIP() << "Debian's python3-numpy is not installed";
  }
  for (const auto compression : {NpzCompression::stored, NpzCompression::deflated}) {
    write_npz(scratch("ours.npz"), example(), compression);
    const std::string check = fmt::format(
        "/usr/bin/python3 -c \"import numpy as np; z = np.load('{}'); "
        "assert z.files == ['w', 'codes', 'a/b.c']; "
        "assert z['w'].dtype == np.float32 and (z['w'] == [[1.5, -2], [.25, 8]]).all(); "
        "assert z['codes'].dtype == np.uint8 and (z['codes'] == 3).all(); "
        "assert z['a/b.c'][0] == -1\"",
        scratch("ours.npz"));
    EXPECT_EQ(std::system(check.c_str()), 0);
  }
}

TEST(Npz, FilesThatAreNoArchiveAreRejected) {
  expect_file_error([] { read_all("/no/such/file.npz"); }, "/no/such/file.npz: no such file");
  expect_file_error([] { read_all("/tmp"); }, "is a directory, not a file");
  expect_file_error([] { read_all(put("empty.npz", "")); }, "is empty");
  expect_file_error([] { read_all(put("text.npz", "hello, this is no zip")); },
                    "not a readable .npz archive");
}

TEST(Npz, TruncationAnywhereIsAnError) {
  for (const auto compression : {NpzCompression::stored, NpzCompression::deflated}) {
    const std::string bytes = archive(compression);
    for (std::size_t size = 0; size < bytes.size(); size += 13) {
      SCOPED_TRACE(fmt::format("{} of {} bytes", size, bytes.size()));
      expect_file_error([&] { read_all(put("cut.npz", bytes.substr(0, size))); }, "cut.npz: ");
    }
  }
}

/// A flipped bit may leave the content as it was (time stamps, padding), never change it silently.
TEST(Npz, FlippedBitsAreErrorsOrHarmless) {
  for (const auto compression : {NpzCompression::stored, NpzCompression::deflated}) {
    const std::string bytes = archive(compression);
    const NamedTensors expected = example();
    Random random{7};
    SCOPED_TRACE("seed 7");
    for (int trial = 0; trial < 100; ++trial) {
      std::string damaged = bytes;
      const auto at =
          static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(bytes.size()) - 1));
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << random.integer(0, 7));
      try {
        for (const auto& [name, tensor] : test::read_npz(put("flip.npz", damaged))) {
          for (const auto& [known, original] : expected) {
            EXPECT_TRUE(name != known || tensor == original) << "byte " << at << ", " << name;
          }
        }
      } catch (const FileError&) {
      }
    }
  }
}

TEST(Npz, ADamagedMemberIsNamedByItsCrc) {
  std::string bytes = archive();
  bytes[bytes.find(std::string(300, '\x03')) + 150] = '\x04';
  expect_file_error([&] { read_all(put("crc.npz", bytes)); },
                    "member 'codes': cannot be read: CRC error");
}

TEST(Npz, RepeatedMembersAreRejected) {
  write_npz(scratch("two.npz"),
            {{"a", Tensor{{1}, std::vector<float>{1}}}, {"b", Tensor{{1}, std::vector<float>{2}}}});
  const std::string bytes = replaced(bytes_of(scratch("two.npz")), "b.npy", "a.npy");
  expect_file_error([&] { read_all(put("two.npz", bytes)); }, "member 'a.npy' is there twice");
}

TEST(Npz, FalseSizesAreRejected) {
  constexpr std::size_t kCompressed = 20;
  constexpr std::size_t kSize = 24;
  const std::string deflated = archive(NpzCompression::deflated);
  expect_file_error(
      [&] { read_all(put("s.npz", with_directory_field(archive(), 1, kSize, 9999))); },
      "member 'codes.npy': stored, but declares 9999 bytes");
  expect_file_error(
      [&] { read_all(put("s.npz", with_directory_field(deflated, 1, kSize, 0x7fffffff))); },
      "more than deflate can give");
  expect_file_error([&] { read_all(put("s.npz", with_directory_field(deflated, 1, kSize, 9999))); },
                    "member 'codes': the archive declares 9999 bytes, its data give 428");
  expect_file_error([&] { read_all(put("s.npz", with_directory_field(deflated, 1, kSize, 100))); },
                    "declares 100 bytes, its data give at least 101");
  expect_file_error(
      [&] { read_all(put("s.npz", with_directory_field(deflated, 1, kCompressed, 0))); },
      "more than deflate can give");
}

TEST(Npz, TheTotalOfDeclaredSizesIsLimited) {
  static_cast<void>(archive());
  expect_file_error([] { read_all(scratch("example.npz"), {.total_bytes = 500}); },
                    "declare more than 500 bytes");
}

TEST(Npz, UnknownCompressionAndEncryptionAreRejected) {
  expect_file_error([] { read_all(put("m.npz", with_directory_field(archive(), 0, 10, 14, 2))); },
                    "member 'w.npy': compression method 14");
  // Zstandard, where libzip lacks it, is refused by its name; elsewhere these bytes are none.
  expect_file_error([] { read_all(put("m.npz", with_directory_field(archive(), 0, 10, 93, 2))); },
                    "member 'w");
  expect_file_error([] { read_all(put("m.npz", with_directory_field(archive(), 0, 8, 1, 2))); },
                    "member 'w.npy': is encrypted");
}

TEST(Npz, MembersThatAreNoArraysAreNotListed) {
  const std::string bytes = replaced(archive(), "a/b.c.npy", "a/b.c.txt");
  const NpzFile file = NpzFile::open(put("other.npz", bytes));
  EXPECT_EQ(file.names(), (std::vector<std::string>{"w", "codes"}));
}

TEST(Npz, AFailedWriteLeavesNothing) {
  expect_file_error([] { write_npz("/no/such/folder/a.npz", example()); },
                    "/no/such/folder/a.npz: cannot be written");
  EXPECT_THROW(write_npz(scratch("x.npz"), {example()[0], example()[0]}), InternalError);
  EXPECT_FALSE(std::filesystem::exists(scratch("x.npz")));
}

}  // namespace
}  // namespace turnpike::traces
