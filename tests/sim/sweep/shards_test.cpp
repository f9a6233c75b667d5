#include "sim/sweep/shards.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/results/run_directory.hpp"

namespace turnpike::sweep {
namespace {

namespace fs = std::filesystem;

class Shards : public testing::Test {
 protected:
  Shards() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Shards() override { fs::remove_all(folder_); }

  static SweepFile file() {
    SweepFile sweep = parse_sweep(
        "schema: turnpike-sweep/1\naccelerator: a\nnetwork: zoo:lstm300\n"
        "matrix: {precision: [16, 8, 2], highway.enabled: [false, true]}\n"
        "include: [{precision: 4, noc.filter: 3}]\n",
        "s.yaml");
    sweep.accelerator =
        std::string{TURNPIKE_SOURCE_DIR} + "/configs/accelerators/precision-highway.yaml";
    return sweep;
  }
  [[nodiscard]] SweepOptions into(const std::string& name) const {
    SweepOptions options;
    options.config_root = std::string{TURNPIKE_SOURCE_DIR} + "/configs";
    options.directory = path(name);
    options.jobs = 2;
    options.version = "test";
    return options;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string bytes(const std::string& name) const { return read_input(path(name)); }

  void run_shard(std::size_t index, std::size_t count) const {
    SweepFile sweep = file();
    keep_shard(sweep, {index, count});
    EXPECT_EQ(run_sweep(sweep, into(fmt::format("shard{}", index)), nullptr).exit_code, 0);
  }

  std::string folder_ = fmt::format("{}/turnpike_shards_{}", testing::TempDir(), ::getpid());
};

TEST_F(Shards, AreReadStrictly) {
  EXPECT_EQ(parse_shard("2/4").index, 2U);
  EXPECT_EQ(parse_shard("2/4").count, 4U);
  for (const char* wrong : {"", "2", "/", "2/", "/4", "0/4", "5/4", "-1/4", "2/4x", "2 /4", "a/b",
                            "1/0", "99999999999999999999/4"}) {
    EXPECT_THROW(static_cast<void>(parse_shard(wrong)), InputError) << wrong;
  }
}

TEST_F(Shards, TogetherAreTheSweepAndShareNoPoint) {
  for (std::size_t count = 1; count <= 7; ++count) {
    std::vector<std::string> found(file().points.size());
    for (std::size_t index = 1; index <= count; ++index) {
      SweepFile sweep = file();
      keep_shard(sweep, {index, count});
      for (std::size_t i = 0; i < sweep.points.size(); ++i) {
        std::string& place = found.at(i * count + index - 1);
        EXPECT_TRUE(place.empty());
        place = sweep.points[i].id();
      }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i], file().points[i].id());
    }
  }
  SweepFile sweep = file();
  EXPECT_THROW(keep_shard(sweep, {8, 8}), InputError);
}

TEST_F(Shards, MergedAreTheSweepOfOneMachine) {
  EXPECT_EQ(run_sweep(file(), into("whole"), nullptr).exit_code, 0);
  for (const std::size_t index : {1U, 2U, 3U}) {
    run_shard(index, 3);
  }
  const SweepOutcome partial =
      merge_shards(file(), into("merged"), {path("shard1"), path("shard3")});
  std::size_t missing = 0;
  for (const PointResult& point : partial.points) {
    missing += point.status == "missing" ? 1U : 0U;
  }
  EXPECT_EQ(missing, 2U);
  EXPECT_NE(bytes("merged/sweep.csv"), bytes("whole/sweep.csv"));

  const SweepOutcome all = merge_shards(file(), into("merged"), {path("shard2")});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_EQ(bytes("merged/sweep.csv"), bytes("whole/sweep.csv"));
  EXPECT_EQ(bytes("merged/sweep.json"), bytes("whole/sweep.json"));
  for (const PointSettings& point : file().points) {
    for (const char* name : {"/results.json", "/layers.csv", "/counts.csv", "/stats.txt"}) {
      EXPECT_EQ(bytes("merged/" + point.id() + name), bytes("whole/" + point.id() + name));
    }
  }
  EXPECT_EQ(run_sweep(file(), into("merged"), nullptr).resumed, 7U) << "nothing is run again";
}

TEST_F(Shards, PointsOfAnotherBuildOrDamagedAreMissing) {
  run_shard(1, 7);
  run_shard(2, 7);
  std::ofstream{path("shard1/" + file().points[0].id() + "/results.json"), std::ios::app} << " ";
  SweepOptions other = into("merged");
  const SweepOutcome damaged = merge_shards(file(), other, {path("shard1"), path("shard2")});
  EXPECT_EQ(damaged.points[0].status, "missing");
  EXPECT_EQ(damaged.points[1].status, "ok");
  other.version = "another";
  other.directory = path("other");
  EXPECT_EQ(merge_shards(file(), other, {path("shard2")}).points[1].status, "missing");
}

TEST_F(Shards, PointsComeFromAndGoIntoDatabasesAsWell) {
  EXPECT_EQ(run_sweep(file(), into("whole"), nullptr).exit_code, 0);
  for (const std::size_t index : {1U, 2U}) {
    SweepFile sweep = file();
    keep_shard(sweep, {index, 2});
    SweepOptions options = into(fmt::format("shard{}", index));
    options.keep = index == 1 ? Keep::none : Keep::runs;
    EXPECT_EQ(run_sweep(sweep, options, nullptr).exit_code, 0);
  }
  for (const Keep keep : {Keep::runs, Keep::none}) {
    const std::string name = keep == Keep::runs ? "runs" : "none";
    SweepOptions options = into(name);
    options.keep = keep;
    EXPECT_EQ(merge_shards(file(), options, {path("shard1"), path("shard2")}).exit_code, 0);
    EXPECT_EQ(bytes(name + "/sweep.csv"), bytes("whole/sweep.csv"));
    EXPECT_EQ(bytes(name + "/sweep.json"), bytes("whole/sweep.json"));
    for (const PointSettings& point : file().points) {
      const std::string place = path(name) + (keep == Keep::runs ? "/" : "#") + point.id();
      EXPECT_EQ(results::RunDirectory::open(place).text("results.json"),
                bytes("whole/" + point.id() + "/results.json"));
    }
    EXPECT_EQ(run_sweep(file(), options, nullptr).resumed, 7U) << "nothing is run again";
  }
}

TEST_F(Shards, FailuresComeAlongWithTheirMessages) {
  run_shard(1, 7);
  fs::create_directories(path("shard2/" + file().points[1].id()));
  std::ofstream{path("shard2/" + file().points[1].id() + "/error.txt")} << "no legal mapping";
  SweepOptions in_database = into("database");
  in_database.keep = Keep::none;
  for (const SweepOptions& options : {into("merged"), in_database}) {
    const SweepOutcome merged = merge_shards(file(), options, {path("shard1"), path("shard2")});
    EXPECT_EQ(merged.points[1].status, "failed");
    EXPECT_EQ(merged.points[1].message, "no legal mapping");
  }
  SweepOptions again = into("again");  // a database is a shard, too
  again.keep = Keep::none;
  EXPECT_EQ(merge_shards(file(), again, {path("database")}).points[1].message, "no legal mapping");
}

TEST_F(Shards, OneThatIsNotThereIsAnError) {
  EXPECT_THROW(static_cast<void>(merge_shards(file(), into("merged"), {path("nowhere")})),
               FileError);
}

}  // namespace
}  // namespace turnpike::sweep
