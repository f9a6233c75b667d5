#include "tools/command_line.hpp"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

constexpr std::size_t kHelpColumns = 80;
constexpr std::size_t kDescriptionColumn = 30;
const char* const kExamples = "Examples:\n";

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App& command_named(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::App* command : commands_of(app)) {
    if (command->get_name() == word) {
      return *command;
    }
    known.push_back(command->get_name());
  }
  throw InputError{{"'" + word + "'", 0, 0},
                   (app.get_parent() == nullptr ? "is no command"
                                                : "is no command of '" + whole_name(app) + "'") +
                       suggestion(word, known)};
}

std::vector<std::string> long_options(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      out.push_back("--" + name);
    }
  }
  return out;
}

/// Commands below `app` that have the option.
void find_owners(const CLI::App& app, const std::string& option, std::vector<std::string>& owners) {
  if (app.get_option_no_throw(option) != nullptr) {
    owners.push_back("'" + whole_name(app) + "'");
  }
  for (const CLI::App* command : commands_of(app)) {
    find_owners(*command, option, owners);
  }
}

[[noreturn]] void refuse_option(const CLI::App& root, const CLI::App& command,
                                const std::string& option) {
  const std::vector<std::string> known = long_options(command);
  // "-network" was meant as "--network"; one letter is near to every other.
  const std::string word = option.starts_with("--") ? option : "-" + option;
  std::string hint;
  if (word.size() > 3) {
    hint = suggestion(word, known);
  }
  std::vector<std::string> owners;
  if (hint.find("did you mean") == std::string::npos) {
    find_owners(root, option, owners);
  }
  if (owners.size() > 3) {
    hint = "; several other commands have it";
  } else if (!owners.empty()) {
    hint = fmt::format("; {} {} it", fmt::join(owners, ", "), owners.size() == 1 ? "has" : "have");
  } else if (hint.empty()) {
    hint = fmt::format("; known: {}", fmt::join(known, ", "));
  }
  throw InputError{{"'" + option + "'", 0, 0},
                   fmt::format("is no option of '{}'{}", whole_name(command), hint)};
}

/// The option's name in a word: "--set=a" is "--set", "-j4" is "-j".
std::string option_in(const CLI::App& command, const std::string& word) {
  if (word.starts_with("--")) {
    return word.substr(0, word.find('='));
  }
  return command.get_option_no_throw(word.substr(0, 2)) != nullptr ? word.substr(0, 2) : word;
}

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9') && word[1] != '.';
}

/// A line of help whose description reaches beyond the last column, in several.
std::string folded(std::string line) {
  std::string out;
  while (line.size() > kHelpColumns) {
    const bool described = line.starts_with("  ");
    const std::size_t cut = line.rfind(' ', kHelpColumns);
    if (cut == std::string::npos || cut <= (described ? kDescriptionColumn : 0)) {
      break;
    }
    out += line.substr(0, cut) + '\n';
    line = std::string(described ? kDescriptionColumn : 0, ' ') + line.substr(cut + 1);
  }
  return out + line;
}

void add_flags_of_all(CLI::App& command, CommonOptions& common) {
  command.add_option("--configs", common.config_root, "folder of files that go by name")
      ->type_name("DIR")
      ->group("Everywhere");
  command.add_flag("--wide", common.wide, "tables with all columns, wider than 80")
      ->group("Everywhere");
  command.add_flag("--quiet", common.quiet, "no notes and no progress on stderr")
      ->group("Everywhere");
}

}  // namespace

void add_examples(CLI::App& command, const std::vector<std::string>& lines) {
  command.footer(fmt::format("{}  {}", kExamples, fmt::join(lines, "\n  ")));
}

void add_common_options(CLI::App& app, CommonOptions& common) {
  if (app.get_parent() == nullptr) {
    add_flags_of_all(app, common);
  }
  std::string examples;
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!commands_of(*command).empty()) {
      add_common_options(*command, common);
    } else {
      add_flags_of_all(*command, common);
    }
    const std::string footer = command->get_footer();
    if (footer.starts_with(kExamples)) {
      examples += (examples.empty() ? "" : "\n") + footer.substr(std::string{kExamples}.size());
    }
  }
  if (app.get_parent() != nullptr && !examples.empty()) {
    app.footer(kExamples + examples);
  }
}

void add_help_commands(CLI::App& app, Action& chosen) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto* help = app.add_subcommand("help", "the same as --help")->group("About");
  help->add_option("command", *words, "whose help")->expected(0, -1);
  help->callback([&app, words, &chosen] {
    chosen = [&app, words] {
      const CLI::App* at = &app;
      for (const std::string& word : *words) {
        at = &command_named(*at, word);
      }
      fmt::print("{}", help_text(*at));
      return static_cast<int>(ExitCode::ok);
    };
  });
  auto* version = app.add_subcommand("version", "the same as --version")->group("About");
  version->callback([&chosen] {
    chosen = [] {
      fmt::print("turnpike {}\n", kVersion);
      return static_cast<int>(ExitCode::ok);
    };
  });
}

std::string whole_name(const CLI::App& command) {
  return command.get_parent() == nullptr
             ? "turnpike"
             : whole_name(*command.get_parent()) + ' ' + command.get_name();
}

const CLI::App& command_of(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const auto below = commands_of(*command);
    const auto found = std::find_if(below.begin(), below.end(), [&word](const CLI::App* candidate) {
      return candidate->get_name() == word;
    });
    command = found == below.end() ? command : *found;
  }
  return *command;
}

void refuse_unknown_words(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (!looks_like_option(words[i])) {
      command = commands_of(*command).empty() ? command : &command_named(*command, words[i]);
      continue;
    }
    const std::string name = option_in(*command, words[i]);
    const CLI::Option* option = command->get_option_no_throw(name);
    if (option == nullptr) {
      refuse_option(app, *command, name);
    }
    const bool value_follows = option->get_items_expected_min() > 0 && name == words[i];
    i += value_follows ? 1 : 0;
  }
}

std::string help_text(const CLI::App& command) {
  const std::string text =
      command.get_formatter()->make_help(&command, whole_name(command), CLI::AppFormatMode::Normal);
  std::string out;
  bool example = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    example = example || line + '\n' == kExamples;
    if (!line.empty() || !out.ends_with("\n\n")) {
      out += (example ? line : folded(line)) + '\n';
    }
    at = end + 1;
  }
  return out;
}

}  // namespace turnpike::tools
