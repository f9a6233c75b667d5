#pragma once

#include <string>
#include <vector>

#include "tools/command.hpp"

/// What all commands have in common on the command line.
namespace turnpike::tools {

/// Lines for the end of --help, each a command that works as it stands where the ones before it
/// ran.
void add_examples(CLI::App& command, const std::vector<std::string>& lines);

/// --configs, --wide and --quiet for the program and every command without commands of its own; a
/// command that has some shows their examples.
void add_common_options(CLI::App& app, CommonOptions& common);

/// `help [COMMAND...]` and `version`.
void add_help_commands(CLI::App& app, Action& chosen);

/// InputError for the first word that is no command, or no option of its command, before the parser
/// asks for what is missing.
void refuse_unknown_words(const CLI::App& app, const std::vector<std::string>& words);

/// The command that the words name, as far as they do.
[[nodiscard]] const CLI::App& command_of(const CLI::App& app,
                                         const std::vector<std::string>& words);
/// "turnpike trace check".
[[nodiscard]] std::string whole_name(const CLI::App& command);

/// --help of a command, in 80 columns but for its examples.
[[nodiscard]] std::string help_text(const CLI::App& command);

}  // namespace turnpike::tools
