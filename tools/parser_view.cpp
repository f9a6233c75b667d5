#include "tools/parser_view.hpp"

#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace turnpike::tools {
namespace {

/// "{auto,bar}" in the name of a type: the one place where the parser says what a value may be.
std::vector<std::string> choices_in(const std::string& type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
  std::vector<std::string> out;
  if (open == std::string::npos || close == std::string::npos) {
    return out;
  }
  std::istringstream in{type.substr(open + 1, close - open - 1)};
  for (std::string word; std::getline(in, word, ',');) {
    out.push_back(word);
  }
  return out;
}

OptionView view_of(const CLI::Option& option) {
  OptionView view;
  view.positional = !option.nonpositional();
  if (view.positional) {
    view.names.push_back(option.get_name(true));
  }
  for (const std::string& name : option.get_snames()) {
    view.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    view.names.push_back("--" + name);
  }
  view.description = option.get_description();
  const std::string type = option.get_type_name();
  view.choices = choices_in(type);
  if (option.get_items_expected_max() > 0) {
    view.value = !view.choices.empty() ? fmt::format("{}", fmt::join(view.choices, "|"))
                 : type.empty()        ? "VALUE"
                                       : type.substr(0, type.find_first_of(": "));
  }
  view.preset = option.get_default_str();
  view.required = option.get_required();
  view.repeats = option.get_items_expected_max() > 1;
  return view;
}

void add_views(const CLI::App& app, std::vector<std::string> words, std::vector<CommandView>& out) {
  CommandView view;
  view.words = words;
  view.description = app.get_description();
  std::istringstream footer{app.get_footer()};
  for (std::string line; std::getline(footer, line);) {
    if (line.starts_with("  ")) {
      view.examples.push_back(line.substr(2));
    }
  }
  for (const CLI::Option* option : app.get_options()) {
    view.options.push_back(view_of(*option));
  }
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below) {
    view.commands.push_back(command->get_name());
    view.descriptions.push_back(command->get_description());
  }
  out.push_back(std::move(view));
  for (const CLI::App* command : below) {
    words.push_back(command->get_name());
    add_views(*command, words, out);
    words.pop_back();
  }
}

}  // namespace

std::string CommandView::name(const std::string& between) const {
  return words.empty() ? "turnpike"
                       : fmt::format("turnpike{}{}", between, fmt::join(words, between));
}

std::vector<CommandView> command_views(const CLI::App& app) {
  std::vector<CommandView> out;
  add_views(app, {}, out);
  return out;
}

}  // namespace turnpike::tools
