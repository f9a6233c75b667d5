#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/parser_view.hpp"
#include "turnpike_version.hpp"

namespace turnpike::tools {
namespace {

/// Text as roff prints it letter by letter; a minus can be copied into a shell.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string{"\\&"} + c;  // else it would be a request
    } else {
      out += c;
    }
  }
  return out;
}

std::string option_line(const OptionView& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back(fmt::format("\\fB{}\\fR", roff(name)));
  }
  const std::string value = option.value.empty() || option.positional
                                ? ""
                                : fmt::format(" \\fI{}\\fR", roff(option.value));
  return fmt::format(".TP\n{}{}{}\n", fmt::join(names, ", "), value, option.repeats ? " ..." : "");
}

std::string option_text(const OptionView& option) {
  std::string out = option_line(option) + roff(option.description);
  if (option.positional && !option.choices.empty()) {
    out += fmt::format(": {}", roff(fmt::format("{}", fmt::join(option.choices, ", "))));
  }
  if (!option.preset.empty()) {
    out += fmt::format(" (default {})", roff(option.preset));
  }
  return out + (option.required ? "; required\n" : "\n");
}

std::string synopsis(const CommandView& command) {
  std::string out = fmt::format("\\fB{}\\fR", roff(command.name()));
  if (!command.commands.empty()) {
    out += " \\fICOMMAND\\fR ...";
  }
  for (const OptionView& option : command.options) {
    if (option.positional) {
      const std::string name =
          fmt::format("\\fI{}\\fR{}", roff(option.names.front()), option.repeats ? " ..." : "");
      out += option.required ? " " + name : " [" + name + "]";
    } else if (option.required) {
      out += fmt::format(" \\fB{}\\fR \\fI{}\\fR", roff(option.names.back()), roff(option.value));
    }
  }
  return out + " [\\fIoptions\\fR]\n";
}

/// The commands beside it and below it.
std::string see_also(const CommandView& command, const std::vector<CommandView>& all) {
  std::vector<std::string> pages;
  for (const CommandView& other : all) {
    const bool parent = other.words.size() + 1 == command.words.size() &&
                        std::equal(other.words.begin(), other.words.end(), command.words.begin());
    const bool child = command.words.size() + 1 == other.words.size() &&
                       std::equal(command.words.begin(), command.words.end(), other.words.begin());
    if (parent || child) {
      pages.push_back(fmt::format("\\fB{}\\fR(1)", roff(other.name("-"))));
    }
  }
  return pages.empty() ? "" : fmt::format(".SH SEE ALSO\n{}\n", fmt::join(pages, ", "));
}

}  // namespace

std::string manual_page(const CommandView& command, const std::vector<CommandView>& all) {
  std::string title = command.name("-");
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string out = fmt::format(
      ".TH {} 1 \"\" \"turnpike {}\" \"Turnpike\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n.SH "
      "SYNOPSIS\n{}",
      roff(title), kVersion, roff(command.name("-")), roff(command.description), synopsis(command));
  if (!command.commands.empty()) {
    out += ".SH COMMANDS\n";
    for (std::size_t i = 0; i < command.commands.size(); ++i) {
      out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(command.commands[i]),
                         roff(command.descriptions[i]));
    }
  }
  for (const bool positional : {true, false}) {
    std::string options;
    for (const OptionView& option : command.options) {
      options += option.positional == positional ? option_text(option) : "";
    }
    if (!options.empty()) {
      out += (positional ? ".SH ARGUMENTS\n" : ".SH OPTIONS\n") + options;
    }
  }
  if (!command.examples.empty()) {
    out += ".SH EXAMPLES\n.nf\n";
    for (const std::string& line : command.examples) {
      out += roff(line) + '\n';
    }
    out += ".fi\n";
  }
  out +=
      ".SH EXIT STATUS\n0 done; 1 a check failed; 2 usage or configuration; 3 a file that is "
      "missing, damaged or cannot be written; 4 internal error; 130 interrupted.\n";
  return out + see_also(command, all);
}

}  // namespace turnpike::tools
