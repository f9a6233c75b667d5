// Every example that --help and the documentation print, run as it stands.

#include <filesystem>
#include <optional>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/smoke/program.hpp"

namespace turnpike::smoke {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    while (line.ends_with('\\')) {
      std::string next;
      std::getline(in, next);
      line.resize(line.size() - 1);
      line += next;
    }
    lines.push_back(line);
  }
  return lines;
}

/// A folder as a reader has it: the source tree, with room for results.
std::string reader_folder(const std::string& name) {
  const std::string folder = scratch(name);
  fs::create_directories(folder);
  for (const char* part : {"configs", "tests", "traces"}) {
    std::error_code there;
    fs::create_directory_symlink(repository(part), folder + "/" + part, there);
  }
  return folder;
}

/// Runs an example; "# exit code N" behind it says how it ends, 0 otherwise.
void expect_works(const std::string& folder, const std::string& line) {
  static const std::regex kCode{"# exit code (\\d+)"};
  std::smatch match;
  const int code = std::regex_search(line, match, kCode) ? std::stoi(match[1]) : 0;
  const Outcome outcome = shell(folder, line);
  EXPECT_EQ(outcome.code, code) << line << "\n" << outcome.err;
}

/// First words of the indented lines below a heading that `is_heading` accepts.
std::vector<std::string> listed(const std::string& help, const std::regex& heading) {
  std::vector<std::string> names;
  bool below = false;
  for (const std::string& line : lines_of(help)) {
    if (!line.starts_with(" ")) {
      below = line.empty() ? below : std::regex_match(line, heading);
    } else if (below && line.size() > 2 && line[2] != ' ') {
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  return names;
}

std::vector<std::string> examples_in(const std::string& help) {
  std::vector<std::string> out;
  bool below = false;
  for (const std::string& line : lines_of(help)) {
    if (below && !line.empty()) {
      out.push_back(line.substr(2));
    }
    below = below || line == "Examples:";
  }
  return out;
}

std::string help_of(const std::vector<std::string>& command) {
  std::vector<std::string> words{"help"};
  words.insert(words.end(), command.begin(), command.end());
  const Outcome outcome = turnpike(words);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::vector<std::string> other = command;
  other.emplace_back("--help");
  EXPECT_EQ(turnpike(other).out, outcome.out);
  return outcome.out;
}

const std::regex kCommandGroup{"(?!Usage|Options|Everywhere|Examples|About|Turnpike|energy).*:"};

TEST(Example, EveryCommandHasOnesThatWork) {
  const std::string folder = reader_folder("reader");
  const std::vector<std::string> commands = listed(help_of({}), kCommandGroup);
  EXPECT_GE(commands.size(), 15U);
  int run = 0;
  for (const std::string& command : commands) {
    const std::string help = help_of({command});
    const std::vector<std::string> examples = examples_in(help);
    EXPECT_FALSE(examples.empty()) << command;
    for (const std::string& example : examples) {
      EXPECT_TRUE(example.starts_with("turnpike " + command)) << example;
      expect_works(folder, example);
      ++run;
    }
    for (const std::string& below : listed(help, std::regex{"Subcommands:"})) {
      EXPECT_FALSE(examples_in(help_of({command, below})).empty()) << command << ' ' << below;
    }
  }
  EXPECT_GT(run, 20);
}

TEST(Example, HelpFits80Columns) {
  for (const std::string& command : listed(help_of({}), kCommandGroup)) {
    std::istringstream in{help_of({command})};
    for (std::string line; std::getline(in, line);) {
      EXPECT_LE(line.size(), 80U) << command << ": " << line;
    }
  }
}

TEST(Example, CommandBlocksOfThePageOnTheCommandLineWork) {
  const std::string folder = reader_folder("cli-page");
  int run = 0;
  for (const std::string& line : lines_of(bytes_of(repository("docs/cli.md")))) {
    if (line.starts_with("$ ")) {
      expect_works(folder, line.substr(2));
      ++run;
    }
  }
  EXPECT_GT(run, 15);
}

TEST(Example, CommandsOfTheReadmeWork) {
  const std::string folder = reader_folder("readme");
  int run = 0;
  for (const std::string& line : lines_of(bytes_of(repository("README.md")))) {
    if (line.starts_with("    turnpike ")) {
      expect_works(folder, line.substr(4));
      ++run;
    }
  }
  EXPECT_GT(run, 10);
}

}  // namespace
}  // namespace turnpike::smoke
