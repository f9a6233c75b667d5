#include "sim/base/files.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/digest.hpp"
#include "sim/base/error.hpp"

namespace turnpike {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class Files : public testing::Test {
 protected:
  Files() { fs::create_directories(folder_); }
  ~Files() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string put(const std::string& name, const std::string& bytes) const {
    std::ofstream{path(name), std::ios::binary} << bytes;
    return path(name);
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator{folder_}) {
      out.push_back(entry.path().filename().string());
    }
    return out;
  }

 private:
  std::string folder_ = fs::canonical(fs::temp_directory_path()).string() +
                        fmt::format("/turnpike-files-{}", ::getpid());
};

std::string digest(const std::string& bytes) {
  return Digest{}.add(bytes).text();
}

/// What an InputError says, "" if none comes.
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_F(Files, AReadFileIsNotedWithItsDigest) {
  const std::string file = put("a", "some bytes");
  const InputRecorder recorder;
  EXPECT_EQ(read_input(file), "some bytes");
  EXPECT_THAT(recorder.files(), UnorderedElementsAre(Pair(file, digest("some bytes"))));
}

TEST_F(Files, TheDigestIsOfTheBytesThatWereRead) {
  const std::string file = put("a", "before");
  const InputRecorder recorder;
  static_cast<void>(read_input(file));
  static_cast<void>(put("a", "after"));
  EXPECT_EQ(recorder.files().at(file), digest("before"));
}

TEST_F(Files, RecordersNestAndForgetWhatCameBeforeThem) {
  const std::string early = put("early", "1");
  const std::string late = put("late", "2");
  const InputRecorder outer;
  static_cast<void>(read_input(early));
  const InputRecorder inner;
  note_input(late);
  EXPECT_THAT(inner.files(), UnorderedElementsAre(Pair(late, digest("2"))));
  EXPECT_THAT(outer.files(),
              UnorderedElementsAre(Pair(early, digest("1")), Pair(late, digest("2"))));
}

TEST_F(Files, ASymbolicLinkIsNotedAsItsTarget) {
  const std::string file = put("a", "x");
  fs::create_symlink(file, path("link"));
  const InputRecorder recorder;
  static_cast<void>(read_input(path("./link")));
  EXPECT_THAT(recorder.files(), UnorderedElementsAre(Pair(file, digest("x"))));
}

TEST_F(Files, WhatCannotBeReadSaysWhy) {
  EXPECT_THAT(refusal([&] { static_cast<void>(read_input(path("none"))); }),
              HasSubstr("No such file"));
  EXPECT_THAT(refusal([&] { static_cast<void>(read_input(path("."))); }),
              HasSubstr("is a directory"));
  EXPECT_THAT(refusal([&] { static_cast<void>(read_input("/dev/zero", 1000)); }),
              HasSubstr("longer than 1000 bytes"));
}

TEST_F(Files, DigestsAreOfFilesAsTheyAreAndTakenOnce) {
  const std::string file = put("a", "x");
  FileDigests digests;
  EXPECT_EQ(digests.of(file), digest("x"));
  static_cast<void>(put("a", "y"));
  EXPECT_EQ(digests.of(file), digest("x"));
  EXPECT_EQ(digests.of(path("none")), "");
}

TEST_F(Files, AWrittenFileLeavesNothingBesideIt) {
  write_output(path("a"), "first");
  write_output(path("a"), "second");
  EXPECT_EQ(read_input(path("a")), "second");
  EXPECT_THAT(names(), UnorderedElementsAre("a"));
}

TEST_F(Files, AFullDiskLeavesTheOldFileAndSaysSo) {
  write_output(path("a"), "old");
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit small{1000, old_limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string said = refusal([&] { write_output(path("a"), std::string(5000, 'x')); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_action);
  EXPECT_THAT(said, HasSubstr("cannot be written: File too large"));
  EXPECT_EQ(read_input(path("a")), "old");
  EXPECT_THAT(names(), UnorderedElementsAre("a"));
}

TEST_F(Files, DevicesAreWrittenDirectlyAndDirectoriesNot) {
  EXPECT_EQ(refusal([] { write_output("/dev/null", "x"); }), "");
  EXPECT_THAT(refusal([] { write_output("/dev/full", "x"); }), HasSubstr("No space left"));
  EXPECT_THAT(refusal([&] { write_output(path("."), "x"); }), HasSubstr("Is a directory"));
  EXPECT_THAT(refusal([&] { write_output(path("none/a"), "x"); }), HasSubstr("No such file"));
}

TEST_F(Files, ALinkStaysALinkWhenItsTargetIsWritten) {
  const std::string file = put("a", "old");
  fs::create_symlink("a", path("link"));
  write_output(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_input(file), "new");
}

TEST_F(Files, OnlyFilesOfKilledWritersAreRemoved) {
  static_cast<void>(put("results.json.123.part", ""));
  static_cast<void>(put("results.json", ""));
  static_cast<void>(put("mine.part", ""));
  static_cast<void>(put("123.part", ""));
  remove_temporaries(fs::path{path("x")}.parent_path().string());
  EXPECT_THAT(names(), UnorderedElementsAre("results.json", "mine.part", "123.part"));
}

}  // namespace
}  // namespace turnpike
