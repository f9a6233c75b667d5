#pragma once

#include <string>
#include <vector>

#include "tools/command.hpp"

/// The command line as data, read from its parser: what --help, manual pages and completion are
/// made of is one thing.
namespace turnpike::tools {

struct OptionView {
  std::vector<std::string> names;  ///< "-j", "--jobs"; of a positional its name alone
  std::string description;
  std::string value;                 ///< "DIR"; empty for a flag
  std::string preset;                ///< value without the option, if it has one
  std::vector<std::string> choices;  ///< all values there are; empty: anything, files among them
  bool positional = false;
  bool required = false;
  bool repeats = false;
};

struct CommandView {
  std::vector<std::string> words;  ///< {"trace", "check"}; none for the program itself
  std::string description;
  std::vector<std::string> examples;
  std::vector<OptionView> options;
  std::vector<std::string> commands;      ///< words that may follow
  std::vector<std::string> descriptions;  ///< of `commands`

  /// "turnpike trace check", with `between` between the words.
  [[nodiscard]] std::string name(const std::string& between = " ") const;
};

/// The program and every command below it, each before its own commands.
[[nodiscard]] std::vector<CommandView> command_views(const CLI::App& app);

/// A page of the manual, section 1, in the man macros of roff.
[[nodiscard]] std::string manual_page(const CommandView& command,
                                      const std::vector<CommandView>& all);

/// Shells that completion_script knows.
[[nodiscard]] const std::vector<std::string>& completion_shells();
/// What makes a shell complete commands, options and the values of those that have a few.
[[nodiscard]] std::string completion_script(const std::string& shell,
                                            const std::vector<CommandView>& all);

}  // namespace turnpike::tools
