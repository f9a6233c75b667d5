#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"
#include "sim/base/files.hpp"
#include "sim/base/text.hpp"
#include "tools/command.hpp"
#include "tools/command_line.hpp"
#include "tools/output.hpp"
#include "tools/parser_view.hpp"

namespace turnpike::tools {
namespace {

struct ManualArguments {
  std::vector<std::string> words;
  std::optional<std::string> folder;
};

/// A page a command, named as man looks for it.
void write_pages(const std::string& folder, const std::vector<CommandView>& views) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw FileError{{folder, 0, 0}, "cannot be made: " + error.message()};
  }
  for (const CommandView& view : views) {
    write_output(folder + "/" + view.name("-") + ".1", manual_page(view, views));
  }
}

int show(const CLI::App& app, const ManualArguments& arguments, const CommonOptions& common) {
  const std::vector<CommandView> views = command_views(app);
  if (arguments.folder) {
    write_pages(*arguments.folder, views);
    print_note(common, fmt::format("{} pages in {}", views.size(), *arguments.folder));
    return static_cast<int>(ExitCode::ok);
  }
  std::vector<std::string> known;
  for (const CommandView& view : views) {
    if (view.words == arguments.words) {
      fmt::print("{}", manual_page(view, views));
      return static_cast<int>(ExitCode::ok);
    }
    known.push_back(fmt::format("{}", fmt::join(view.words, " ")));
  }
  const std::string given = fmt::format("{}", fmt::join(arguments.words, " "));
  throw InputError{{"'" + given + "'", 0, 0}, "is no command" + suggestion(given, known)};
}

}  // namespace

void add_manual(CLI::App& app, const CommonOptions& common, Action& chosen) {
  auto* command = app.add_subcommand("manual", "a page of the manual, for man");
  auto arguments = std::make_shared<ManualArguments>();
  command->add_option("command", arguments->words, "whose page; none: the program's")
      ->expected(0, -1);
  command->add_option("--all", arguments->folder, "write every page into this folder")
      ->type_name("DIR");
  add_examples(*command, {"turnpike manual trace check", "turnpike manual --all man1"});
  command->callback([&app, arguments, &common, &chosen] {
    chosen = [&app, arguments, &common] { return show(app, *arguments, common); };
  });
}

void add_completion(CLI::App& app, const CommonOptions& /*common*/, Action& chosen) {
  auto* command = app.add_subcommand("completion", "what makes a shell complete this command line");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "which one")
      ->required()
      ->check(CLI::IsMember(completion_shells()));
  add_examples(*command, {"turnpike completion bash > turnpike.bash"});
  command->callback([&app, shell, &chosen] {
    chosen = [&app, shell] {
      fmt::print("{}", completion_script(*shell, command_views(app)));
      return static_cast<int>(ExitCode::ok);
    };
  });
}

}  // namespace turnpike::tools
