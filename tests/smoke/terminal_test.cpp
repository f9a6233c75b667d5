// What a terminal gets to see: 80 columns, and no control characters from names.

#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

using OrderedJson = nlohmann::ordered_json;

const char* const kHostile[] = {"=1+1", "@x", "\"a\",b", "-two\nlines", "\x1b]0;owned\x07", "\tf"};

/// A residual sample whose network and layers have names that terminals and spreadsheets act upon.
std::string hostile_trace() {
  const std::string folder = scratch("hostile");
  std::filesystem::remove_all(folder);
  EXPECT_EQ(
      turnpike({"trace", "convert", repository("traces/samples/tiny_residual.npz"), folder}).code,
      0);
  OrderedJson json = OrderedJson::parse(bytes_of(folder + "/trace.json"));
  json["network"] = "net\x1b[2Jwork\nprofile forged: \x07";
  for (std::size_t i = 0; i < std::size(kHostile); ++i) {
    json["layers"][i]["name"] = kHostile[i];
  }
  put("hostile/trace.json", json.dump());
  return folder;
}

void expect_harmless(const std::string& text) {
  for (const char c : text) {
    ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << text;
  }
}

void expect_80_columns(const std::vector<std::string>& arguments) {
  const Outcome outcome = turnpike(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.out.empty());
  std::istringstream in{outcome.out};
  for (std::string line; std::getline(in, line);) {
    EXPECT_LE(line.size(), 80U) << arguments[0] << ": " << line;
  }
  std::vector<std::string> wide = arguments;
  wide.emplace_back("--wide");
  EXPECT_EQ(turnpike(wide).code, 0);
}

TEST(Terminal, EveryTableFits80Columns) {
  const std::string plain = scratch("table-plain");
  const std::string highway = scratch("table-highway");
  const std::vector<std::string> resnet{"run",          accelerator(), "--network",
                                        "zoo:resnet18", "--set",       "precision=2"};
  const auto with = [](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  expect_80_columns(with(resnet, {"-o", plain}));
  expect_80_columns(with(resnet, {"--set", "highway.enabled=true", "-o", highway}));
  expect_80_columns(with(resnet, {"--dry-run"}));
  expect_80_columns({"compare", plain, highway});
  expect_80_columns({"compare", plain, highway, plain, highway, plain});
  expect_80_columns({"reprice", highway, "--profile", "access"});
  expect_80_columns({"explain", highway, "glb"});
  expect_80_columns({"sensitivity", plain, highway});
  expect_80_columns({"map", accelerator(), "--network", "zoo:alexnet"});
  expect_80_columns({"area", accelerator()});
  expect_80_columns({"spill", accelerator(), "--network", "zoo:resnet18"});
  expect_80_columns({"model", "info", "zoo:resnet50", "--precision", "2", "--highway"});
  expect_80_columns({"model", "eval", "zoo:lstm300"});
  expect_80_columns({"config", "schema", "accelerator"});
  expect_80_columns({"trace", "info", repository("traces/samples/tiny_residual.npz")});
}

TEST(Terminal, SweepTablesFit80ColumnsAndKeepTheirPoints) {
  const std::string file =
      put("sweep.yaml", "schema: turnpike-sweep/1\naccelerator: " + accelerator() +
                            "\nnetwork: zoo:lstm300\nmatrix:\n  precision: [3, 2]\n"
                            "  highway.enabled: [false, true]\n"
                            "  dram.device: [lpddr3-1600, ddr4-2400]\n"
                            "  glb.bytes_at_16_bit: [2097152, 1048576]\n");
  expect_80_columns({"sweep", file, "-o", scratch("sweep"), "-j", "2"});
  const std::string table = turnpike({"sweep", file, "-o", scratch("sweep")}).out;
  EXPECT_NE(table.find("\n2b+h8 device="), std::string::npos) << table;
  EXPECT_NE(table.find("\n3b device="), std::string::npos) << table;
  std::size_t finished = 0;
  for (std::size_t at = table.find("  ok\n"); at != std::string::npos;
       at = table.find("  ok\n", at + 1)) {
    ++finished;
  }
  EXPECT_EQ(finished, 16U) << table;
}

TEST(Terminal, TotalsAreVisibleAtBothWidths) {
  for (const char* width : {"--json", "--wide", "--quiet"}) {
    const Outcome outcome =
        turnpike({"run", accelerator(), "--network", "zoo:lstm300", "-o", scratch("lstm"), width});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err.empty(), std::string{width} == "--quiet") << outcome.err;
    const OrderedJson totals =
        OrderedJson::parse(bytes_of(scratch("lstm") + "/results.json")).at("totals");
    for (const char* key : {"cycles", "macs", "dram_bytes", "glb_bytes"}) {
      EXPECT_NE(outcome.out.find(totals.at(key).dump()), std::string::npos) << width << key;
    }
  }
}

TEST(Terminal, CommonOptionsStandBeforeOrBehindTheCommand) {
  const std::string wide = turnpike({"area", accelerator(), "--wide"}).out;
  EXPECT_EQ(turnpike({"--wide", "area", accelerator()}).out, wide);
  EXPECT_NE(turnpike({"area", accelerator()}).out, wide) << "the policy line is in two";
  const Outcome before =
      turnpike({"--quiet", "run", accelerator(), "--network", "zoo:lstm300", "-o", scratch("q")});
  EXPECT_EQ(before.code, 0);
  EXPECT_EQ(before.err, "");
}

TEST(Terminal, NamesThatSteerTerminalsAndSpreadsheetsAreHarmless) {
  const std::string trace = hostile_trace();
  const std::string run = scratch("hostile-run");
  const Outcome outcome = turnpike({"run", accelerator(), "--network", trace, "-o", run});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_harmless(outcome.out);
  expect_harmless(bytes_of(run + "/stats.txt"));
  EXPECT_NE(outcome.out.find("net\\x1b[2Jwork\\nprofile forged: \\x07"), std::string::npos)
      << outcome.out;
  for (const char* file : {"/layers.csv", "/counts.csv"}) {
    const std::string csv = "\n" + bytes_of(run + file);
    for (const char* formula : {"\n=", "\n@", "\n-", ",=", ",@", ",-t", "\"=", "\"@", "\"-"}) {
      EXPECT_EQ(csv.find(formula), std::string::npos) << file << formula;
    }
    EXPECT_NE(csv.find("'=1+1"), std::string::npos) << csv;
  }
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"compare", run, run},
           {"explain", run, "mac"},
           {"sensitivity", run},
           {"trace", "info", trace},
           {"trace", "check", trace},
           {"map", accelerator(), "--network", trace},
           {"run", accelerator(), "--network", trace, "--dry-run"}}) {
    const Outcome read = turnpike(command);
    EXPECT_EQ(read.code, 0) << command[0] << read.err;
    expect_harmless(read.out);
    expect_harmless(read.err);
    EXPECT_EQ(read.out.find("\nprofile forged"), std::string::npos) << read.out;
  }
}

TEST(Terminal, StoredRunsWithHostileNamesReadBack) {
  const std::string run = scratch("hostile-run");
  const std::string again = scratch("hostile-again");
  ASSERT_EQ(turnpike({"run", accelerator(), "--network", hostile_trace(), "-o", run}).code, 0);
  const Outcome outcome = turnpike({"reprice", run, "-o", again});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* file : {"/layers.csv", "/counts.csv", "/results.json", "/stats.txt"}) {
    EXPECT_EQ(bytes_of(run + file), bytes_of(again + file)) << file;
  }
  const Outcome asked = turnpike({"explain", run, "mac.compute@=1+1"});
  EXPECT_EQ(asked.code, 0) << asked.err;
}

TEST(Terminal, MessagesThatQuoteTheUserAreHarmless) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"run", "\x1b[2J.yaml", "--network", "zoo:lstm300"},
           {"run", accelerator(), "--network", "zoo:\x1b]0;x\x07"},
           {"run", accelerator(), "--network", "zoo:lstm300", "--set", "a\x1b[31m=1"},
           {"\x1b[2J"},
           {"run", "--\x1b[2J"},
           {"compare", "\x1b[2J", "b"},
           {"list", "\x1b[2J"}}) {
    const Outcome outcome = turnpike(command);
    EXPECT_NE(outcome.code, 0);
    EXPECT_NE(outcome.err.find("\\x1b"), std::string::npos) << outcome.err;
    expect_harmless(outcome.err);
  }
}

}  // namespace
}  // namespace turnpike::smoke
