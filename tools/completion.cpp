#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/error.hpp"
#include "sim/base/text.hpp"
#include "tools/parser_view.hpp"

namespace turnpike::tools {
namespace {

using Views = std::vector<CommandView>;

/// In single quotes for any of the three shells.
std::string quoted(const std::string& text, const char* quote_itself) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string{quote_itself} : std::string{c};
  }
  return out + "'";
}

/// A label of the command: "turnpike trace check".
std::string label(const CommandView& command) {
  return command.name(" ");
}

std::vector<std::string> option_names(const CommandView& command) {
  std::vector<std::string> out;
  for (const OptionView& option : command.options) {
    if (!option.positional) {
      out.insert(out.end(), option.names.begin(), option.names.end());
    }
  }
  return out;
}

/// Words of the command line whose names the program itself knows.
std::string listed_names(const CommandView& command, const OptionView& option) {
  const std::string& name = option.names.back();
  if (name == "--network" || name == "--profile") {
    return name == "--network" ? "networks" : "profiles";
  }
  if (option.positional && name == "accelerator") {
    return "accelerators";
  }
  return option.positional && name == "sweep" && command.words == std::vector<std::string>{"sweep"}
             ? "sweeps"
             : "";
}

/// The lists that are asked of the program, `list zoo` with its prefix as --network takes it.
std::string list_call(const std::string& kind) {
  return kind == "networks" ? "{ turnpike list networks; turnpike list zoo | sed s/^/zoo:/; }"
                            : fmt::format("turnpike list {}", kind);
}

std::string bash_words(const Views& all) {
  std::string out;
  for (const CommandView& command : all) {
    if (!command.commands.empty()) {
      out += fmt::format("    {}) below={} ;;\n", quoted(label(command), ""),
                         quoted(fmt::format("{}", fmt::join(command.commands, " ")), ""));
    }
  }
  return out;
}

std::string bash_values(const Views& all, const char* listing) {
  std::string out;
  for (const CommandView& command : all) {
    for (const OptionView& option : command.options) {
      const std::string listed = listed_names(command, option);
      if (option.value.empty()) {
        continue;
      }
      const std::string values =
          !option.choices.empty() ? quoted(fmt::format("{}", fmt::join(option.choices, " ")), "")
          : !listed.empty()       ? fmt::format(fmt::runtime(listing), list_call(listed))
                                  : "";
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) {
        patterns.push_back(
            quoted(label(command) + " " + (option.positional ? "ARGUMENT" : name), ""));
      }
      if (!option.positional) {
        out += fmt::format("    {}) value=yes values={} ;;\n", fmt::join(patterns, "|"),
                           values.empty() ? "''" : values);
      } else if (!values.empty()) {
        out += fmt::format("    {}) values={} ;;\n", patterns.front(), values);
      }
    }
  }
  return out;
}

std::string bash_options(const Views& all) {
  std::string out;
  for (const CommandView& command : all) {
    out += fmt::format("    {}) options={} ;;\n", quoted(label(command), ""),
                       quoted(fmt::format("{}", fmt::join(option_names(command), " ")), ""));
  }
  return out;
}

/// bash and zsh: which command stands there, then what may come next, in shell arrays.
std::string shell_tables(const Views& all) {
  return fmt::format(R"(_turnpike_words() {{
  below=
  case "$1" in
{}  esac
}}
_turnpike_options() {{
  options=
  case "$1" in
{}  esac
}}
_turnpike_values() {{
  value= values=
  case "$1 $2" in
{}  esac
}}
)",
                     bash_words(all), bash_options(all),
                     bash_values(all, "\"$({} 2>/dev/null | tr '\\n' ' ')\""));
}

std::string bash_script(const Views& all) {
  return "# bash completion of turnpike, made by `turnpike completion bash`\n" + shell_tables(all) +
         R"(_turnpike() {
  local below options value values command=turnpike current="${COMP_WORDS[COMP_CWORD]}" i word
  local previous=
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word="${COMP_WORDS[i]}"
    _turnpike_words "$command"
    case " $below " in *" $word "*) command="$command $word" ;; esac
    previous="$word"
  done
  COMPREPLY=()
  if [[ $current == -* ]]; then
    _turnpike_options "$command"
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  if [[ $current == '=' ]]; then current=; fi
  if [[ $previous == '=' && COMP_CWORD -gt 2 ]]; then previous="${COMP_WORDS[COMP_CWORD - 2]}"; fi
  _turnpike_values "$command" "$previous"
  if [[ -n $value ]]; then
    options="$values"
  else
    _turnpike_words "$command"
    _turnpike_values "$command" ARGUMENT
    options="$below $values"
  fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "${current##*:}" | sort -u)
  if [[ $current == *:* && $COMP_WORDBREAKS != *:* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current" | sort -u)
  elif [[ $COMP_WORDBREAKS == *:* && $previous == ':' ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "${COMP_WORDS[COMP_CWORD - 2]}:$current" |
      sed 's/^[^:]*://')
  fi
}
complete -o bashdefault -o default -F _turnpike turnpike
)";
}

std::string zsh_script(const Views& all) {
  return "#compdef turnpike\n# zsh completion, made by `turnpike completion zsh`\n" +
         shell_tables(all) +
         R"(_turnpike() {
  local options value values command=turnpike word previous=
  local -a typed=("${(@)words[2,CURRENT-1]}") found
  local current="${words[CURRENT]}"
  for word in "${typed[@]}"; do
    _turnpike_words "$command"
    case " $below " in *" $word "*) command="$command $word" ;; esac
    previous="$word"
  done
  if [[ $current == -* ]]; then
    _turnpike_options "$command"
    found=(${=options})
    compadd -- "${found[@]}"
    return
  fi
  _turnpike_values "$command" "$previous"
  if [[ -n $value ]]; then
    found=(${=values})
  else
    _turnpike_words "$command"
    _turnpike_values "$command" ARGUMENT
    found=(${=below} ${=values})
  fi
  (( ${#found} )) && compadd -- "${found[@]}"
  if [[ -z $below ]]; then _files; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _turnpike "$@"
else
  compdef _turnpike turnpike
fi
)";
}

/// fish: a rule an option, under the condition that the words of its command stand there.
std::string fish_script(const Views& all) {
  std::string out =
      "# fish completion of turnpike, made by `turnpike completion fish`\n"
      "function __turnpike_at\n"
      "  set -l words (string match -v -- '-*' (commandline -opc))\n"
      "  test (count $words) -gt (count $argv); or return 1\n"
      "  for i in (seq (count $argv))\n"
      "    test $words[(math $i + 1)] = $argv[$i]; or return 1\n"
      "  end\n"
      "end\n"
      "function __turnpike_exactly\n"
      "  set -l words (string match -v -- '-*' (commandline -opc))\n"
      "  test (count $words) -eq (math (count $argv) + 1); and __turnpike_at $argv\n"
      "end\n";
  for (const CommandView& command : all) {
    const std::string words = fmt::format("{}", fmt::join(command.words, " "));
    const char* const exact = command.words.empty() || !command.commands.empty() ? "exactly" : "at";
    for (std::size_t i = 0; i < command.commands.size(); ++i) {
      out += fmt::format("complete -c turnpike -f -n '__turnpike_exactly {}' -a {} -d {}\n", words,
                         command.commands[i], quoted(command.descriptions[i], "\\'"));
    }
    for (const OptionView& option : command.options) {
      std::string rule = fmt::format("complete -c turnpike -n '__turnpike_{} {}'", exact, words);
      const std::string listed = listed_names(command, option);
      const std::string values =
          !option.choices.empty() ? quoted(fmt::format("{}", fmt::join(option.choices, " ")), "")
          : !listed.empty()
              ? fmt::format("'({})'", listed == "networks"
                                          ? "turnpike list networks; turnpike list zoo | "
                                            "string replace -r \"^\" zoo:"
                                          : "turnpike list " + listed)
              : "";
      if (option.positional && values.empty()) {
        continue;
      }
      for (const std::string& name : option.names) {
        rule += option.positional        ? ""
                : name.starts_with("--") ? " -l " + name.substr(2)
                                         : " -s " + name.substr(1);
      }
      rule += option.value.empty() || option.positional ? "" : " -r";
      rule += values.empty() ? "" : " -a " + values;
      out += rule + " -d " + quoted(option.description, "\\'") + '\n';
    }
  }
  return out;
}

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> shells{"bash", "zsh", "fish"};
  return shells;
}

std::string completion_script(const std::string& shell, const std::vector<CommandView>& all) {
  if (shell == "bash") {
    return bash_script(all);
  }
  return shell == "zsh" ? zsh_script(all) : fish_script(all);
}

}  // namespace turnpike::tools
