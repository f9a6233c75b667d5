#include "sim/results/run_directory.hpp"

#include <array>
#include <iterator>

#include <gmock/gmock.h>

#include "sim/base/error.hpp"
#include "tests/sim/results/runs.hpp"

namespace turnpike::results {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace test;  // NOLINT(google-build-using-namespace): the helpers of these tests

constexpr std::array kFiles = {"config.resolved.yaml", "layers.csv", "counts.csv", "stats.txt",
                               "results.json"};

class RunDirectories : public Runs {
 protected:
  static const pricing::PricedRun& small_run() {
    static const pricing::PricedRun run = run_of("tiny_residual.npz");
    return run;
  }
  static RunRecord record(const std::string& network) {
    RunRecord out;
    out.version = "test";
    out.arguments = {"run", network};
    out.timing = "memo";
    out.request = {"accelerator a", "network " + network};
    return out;
  }

  /// What opening a directory says, "" if it is whole.
  static std::string refusal(const std::string& directory) {
    try {
      static_cast<void>(RunDirectory::open(directory));
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  }
  static std::string not_replaceable(const std::string& directory, const RunRecord& by) {
    try {
      check_replaceable(directory, by);
    } catch (const FileError& error) {
      return std::string{"unreadable: "} + error.what();
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(RunDirectories, AWrittenOneIsWhole) {
  const std::string directory = scratch("whole");
  write_run_directory(directory, small_run(), record("n"));
  EXPECT_EQ(refusal(directory), "");
  const RunDirectory read = RunDirectory::open(directory);
  EXPECT_EQ(read.text("results.json"), results_json(small_run()));
  EXPECT_EQ(read.record().request, record("n").request);
  EXPECT_EQ(std::distance(fs::directory_iterator{directory}, {}), 6);
}

TEST_F(RunDirectories, AnyChangedFileIsNamed) {
  for (const char* name : kFiles) {
    const std::string directory = stored("changed", small_run());
    const std::string path = directory + "/" + name;
    const std::string bytes = bytes_of(path);
    for (const std::string& damaged :
         {bytes + "\n", bytes.substr(0, bytes.size() / 2), std::string{}}) {
      put(path, damaged);
      EXPECT_THAT(refusal(directory), HasSubstr(name)) << damaged.size();
    }
    fs::remove(path);
    EXPECT_THAT(refusal(directory), HasSubstr(name));
  }
}

TEST_F(RunDirectories, DigestsThatWereTakenOutAreMissed) {
  const std::string directory = stored("taken_out", small_run());
  std::string record = bytes_of(directory + "/run.json");
  record.replace(record.find("\"files\""), 7, "\"other\"");
  put(directory + "/run.json", record);
  EXPECT_NE(refusal(directory), "");
}

TEST_F(RunDirectories, AFileOfAnotherRunIsNamed) {
  const std::string directory = stored("one", small_run());
  const std::string other =
      stored("other", run_of("tiny_residual.npz", {"transfers=serial", "precision=8"}));
  fs::copy_file(other + "/counts.csv", directory + "/counts.csv",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(directory), HasSubstr("counts.csv"));
}

TEST_F(RunDirectories, WithoutRunJsonItIsNoFinishedRun) {
  const std::string directory = stored("unfinished", small_run());
  fs::remove(directory + "/run.json");
  EXPECT_THAT(refusal(directory), HasSubstr("run.json"));
  EXPECT_THAT(refusal(directory + "x"), HasSubstr("is no run directory"));
}

TEST_F(RunDirectories, OnesWithoutDigestsAreReadAsTheyAre) {
  const std::string old = std::string{TURNPIKE_SOURCE_DIR} + "/tests/fuzz/seeds/stored_run";
  EXPECT_EQ(refusal(old), "");
  const std::string plain = stored_without_digests("plain", small_run());
  EXPECT_EQ(refusal(plain), "");
  EXPECT_EQ(read_stored_run(plain).figures.policy, small_run().policy);
}

TEST_F(RunDirectories, AKilledWriterNeverLeavesAMixture) {
  const std::string directory = stored("mixture", small_run());
  fs::remove(directory + "/stats.txt");
  fs::create_directory(directory + "/stats.txt");  // this file cannot be written
  EXPECT_THROW(write_run_directory(directory, run_of("tiny_lstm.npz"), record("n")), FileError);
  EXPECT_FALSE(fs::exists(directory + "/run.json"));
  EXPECT_THAT(refusal(directory), HasSubstr("run.json"));
}

TEST_F(RunDirectories, TheSameRunReplacesItselfAndAnotherDoesNot) {
  const std::string directory = scratch("mine");
  EXPECT_EQ(not_replaceable(directory, record("n")), "");
  write_run_directory(directory, small_run(), record("n"), Replace::equal);
  EXPECT_EQ(not_replaceable(directory, record("n")), "");
  EXPECT_THAT(not_replaceable(directory, record("m")), HasSubstr("holds another run"));
  EXPECT_THAT(not_replaceable(directory, record("m")), HasSubstr("--force"));
  EXPECT_THROW(write_run_directory(directory, small_run(), record("m"), Replace::equal),
               InputError);
  write_run_directory(directory, small_run(), record("m"), Replace::anything);
  EXPECT_EQ(not_replaceable(directory, record("m")), "");
}

TEST_F(RunDirectories, FilesThatNoRunWroteAreNotReplaced) {
  const std::string directory = scratch("foreign");
  fs::create_directories(directory);
  put(directory + "/notes.txt", "mine");
  EXPECT_EQ(not_replaceable(directory, record("n")), "");
  put(directory + "/results.json", "{\"my\": \"own results\"}");
  EXPECT_THAT(not_replaceable(directory, record("n")), HasSubstr("results.json"));
  fs::remove(directory + "/results.json");
  put(directory + "/run.json", "{\"my\": \"own\"}");
  EXPECT_THAT(not_replaceable(directory, record("n")), HasSubstr("run.json that no run wrote"));
}

TEST_F(RunDirectories, AnUnfinishedRunIsReplaced) {
  const std::string directory = scratch("half");
  write_run_directory(directory, small_run(), record("n"));
  fs::remove(directory + "/run.json");
  EXPECT_EQ(not_replaceable(directory, record("m")), "");
}

}  // namespace
}  // namespace turnpike::results
