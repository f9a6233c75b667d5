// The files of `turnpike run` that show how a run went: --timeline, --vcd, --dram-trace.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using Json = nlohmann::json;

TEST(View, FilesChangeNoResult) {
  const std::vector<std::string> layers{
      "run",        accelerator(), "--network",   "zoo:resnet18", "--layers",
      "layer4.0.*", "--set",       "precision=2", "--set",        "highway.enabled=true"};
  const auto with = [&layers](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = layers;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = turnpike(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  };
  const std::string plain = with({"-o", scratch("unviewed")});
  const std::string viewed =
      with({"-o", scratch("viewed"), "--timeline", scratch("t.json"), "--vcd", scratch("w.vcd"),
            "--window", "100000:101000", "--vcd-pe", "2:3", "--dram-trace", scratch("d.trc")});
  EXPECT_EQ(plain, viewed);
  for (const char* file :
       {"results.json", "layers.csv", "counts.csv", "stats.txt", "config.resolved.yaml"}) {
    EXPECT_EQ(bytes_of(scratch("unviewed") + "/" + file), bytes_of(scratch("viewed") + "/" + file))
        << file;
  }
  EXPECT_EQ(Json::parse(bytes_of(scratch("t.json"))).at("otherData").at("detail"), "blocks");
  const std::string vcd = bytes_of(scratch("w.vcd"));
  EXPECT_NE(vcd.find("$enddefinitions"), std::string::npos);
  EXPECT_NE(vcd.find("\n#400000000\n"), std::string::npos) << "clock 100000 of 4 ns";
  EXPECT_TRUE(vcd.ends_with("#404000000\n"));
  EXPECT_NE(vcd.find("pe_2_3"), std::string::npos);
  EXPECT_TRUE(bytes_of(scratch("d.trc")).starts_with("0x"));
}

TEST(View, WholeResnetTimelineIsSmall) {
  const std::string path = scratch("resnet.json");
  const Outcome outcome =
      turnpike({"run", accelerator(), "--network", "zoo:resnet18", "--timeline", path});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_LT(std::filesystem::file_size(path), 2'000'000U);
  const Json events = Json::parse(bytes_of(path)).at("traceEvents");
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const Json& event) {
    return event.at("name") == "layer4.1.conv2" && event.at("ph") == "X";
  }));
}

TEST(View, LstmInReferenceTimingWithEveryPass) {
  std::vector<std::string> texts;
  for (const char* timing : {"memo", "reference"}) {
    const std::string path = scratch(std::string{timing} + ".json");
    const Outcome outcome =
        turnpike(lstm({"--timeline", path, "--timeline-detail", "passes", "--timing", timing}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    texts.push_back(bytes_of(path));
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(Json::parse(texts[0]).at("otherData").at("detail"), "passes");
}

TEST(View, DramTraceFormatFollowsTheNameUnlessGiven) {
  const auto first_line = [](const std::string& name, const std::vector<std::string>& more) {
    const std::string path = scratch(name);
    std::vector<std::string> arguments{"--dram-trace", path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(turnpike(lstm(arguments)).code, 0);
    const std::string text = bytes_of(path);
    return text.substr(0, text.find('\n'));
  };
  EXPECT_NE(first_line("a.trc", {}).find(" READ "), std::string::npos);
  EXPECT_TRUE(first_line("a.ramulator", {}).starts_with("LD 0x"));
  EXPECT_TRUE(first_line("b.trc", {"--dram-trace-format", "ramulator2"}).starts_with("LD 0x"));
  EXPECT_NE(first_line("b.ramulator", {"--dram-trace-format", "dramsim3"}).find(" READ "),
            std::string::npos);
}

TEST(View, WrongOptionsAreRefused) {
  const std::string vcd = scratch("refused.vcd");
  expect_refused(lstm({"--vcd", vcd}), 2, "needs --window");
  expect_refused(lstm({"--window", "0:10"}), 2, "goes with --vcd only");
  expect_refused(lstm({"--vcd-pe", "0:0"}), 2, "goes with --vcd only");
  expect_refused(lstm({"--timeline-detail", "passes"}), 2, "goes with --timeline only");
  expect_refused(lstm({"--dram-trace-format", "dramsim3"}), 2, "goes with --dram-trace only");
  for (const char* window : {"10:10", "10:5", "-5:5", "a:b", "5:", ":", ""}) {
    expect_refused(lstm({"--vcd", vcd, std::string{"--window="} + window}), 2, "--window");
  }
  expect_refused(lstm({"--vcd", vcd, "--window", "5", "--vcd-pe", "12:0"}), 2,
                 "outside the array of 12 rows and 14 columns");
  expect_refused(lstm({"--vcd", vcd, "--window", "5", "--vcd-pe", "x"}), 2, "ROW:COLUMN");
  expect_refused(lstm({"--timeline", scratch("t"), "--timeline-detail", "all"}), 2, "blocks");
  expect_refused(lstm({"--dram-trace", scratch("d"), "--dram-trace-format", "text"}), 2,
                 "ramulator2");
  expect_refused(lstm({"--dram-trace", scratch("d"), "--set", "dram.device=ideal"}), 2,
                 "'ideal' is ideal");
  expect_refused(lstm({"--timeline", scratch("t"), "--dry-run"}), 2, "simulates nothing");
  EXPECT_FALSE(std::filesystem::exists(vcd)) << "nothing is opened before all is checked";
}

TEST(View, NoFileIsWrittenTwice) {
  const std::string file = scratch("one");
  const std::string folder = scratch("runs");
  expect_refused(lstm({"--timeline", file, "--vcd", file, "--window", "9"}), 2,
                 "--vcd " + file + ": is the file of --timeline, too");
  expect_refused(lstm({"--timeline", file, "--dram-trace", scratch("x") + "/../one"}), 2,
                 "is the file of --timeline, too");
  expect_refused(lstm({"--timeline", folder, "-o", folder + "/"}), 2, "is the file of --timeline");
  expect_refused(lstm({"--timeline", folder + "/results.json", "-o", folder}), 2,
                 "is a file of the run directory of -o");
  const std::string own = put("own.yaml", bytes_of(accelerator()));
  expect_refused({"run", own, "--network", "zoo:lstm300", "--vcd", own, "--window", "9"}, 2,
                 "is the file of the accelerator, too");
  EXPECT_EQ(bytes_of(own), bytes_of(accelerator()));
  const std::string first = put("first", "x");
  std::filesystem::create_symlink(first, scratch("link"));
  std::filesystem::create_hard_link(first, scratch("hard"));
  for (const char* const second : {"link", "hard"}) {
    expect_refused(lstm({"--timeline", first, "--dram-trace", scratch(second)}), 2,
                   "is the file of");
  }
  EXPECT_EQ(bytes_of(first), "x");
  EXPECT_EQ(turnpike(lstm({"--timeline", "/dev/null", "--dram-trace", "/dev/null"})).code, 0);
}

TEST(View, FilesThatCannotBeWrittenAreExitCode3) {
  for (const std::vector<std::string>& file :
       {std::vector<std::string>{"--timeline"}, {"--vcd"}, {"--dram-trace"}}) {
    std::vector<std::string> missing{file[0], scratch("no/such/folder/file")};
    std::vector<std::string> full{file[0], "/dev/full"};
    if (file[0] == "--vcd") {
      missing.insert(missing.end(), {"--window", "20000"});
      full.insert(full.end(), {"--window", "20000"});
    }
    expect_refused(lstm(missing), 3, "cannot be written");
    const Outcome outcome = turnpike(lstm(full));
    EXPECT_EQ(outcome.code, 3) << file[0];
    EXPECT_NE(outcome.err.find("/dev/full"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("profile silicon:"), std::string::npos)
        << "the result is printed all the same";
  }
}

TEST(View, AWindowBehindTheEndIsSaid) {
  const Outcome outcome =
      turnpike(lstm({"--vcd", scratch("late.vcd"), "--window", "900000000:900000001"}));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.err.find("before the window of --vcd"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace turnpike::smoke
