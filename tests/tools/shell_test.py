#!/usr/bin/env python3
"""Manual pages and completion against --help.

    tests/tools/shell_test.py TURNPIKE

The oracle is the text of --help, read line by line: each command, option and argument there must be in its manual
page, as man prints it, and be offered by the script of each shell that is installed. Exit code 1 if one is missing.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BASH = """
source "$1"
COMP_WORDS=({words}); COMP_CWORD={last}; COMP_LINE=; COMPREPLY=()
_turnpike
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ : }}
_files() {{ : }}
compadd() {{ shift; print -l -- "$@" }}
source "$1"
words=({words}); CURRENT={last}
_turnpike
"""
failures = []


def call(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **more)
    if done.returncode:
        failures.append(f"{' '.join(map(str, command))[:300]}: {done.returncode}: {done.stderr}")
    return done.stdout


def read_help(text):
    """(commands, option names, {option: choices}) of a --help text."""
    commands, options, choices, heading = [], [], {}, ""
    for line in text.splitlines():
        if line and not line.startswith(" "):
            heading = line
        elif heading == "Examples:" or not re.match(r"  \S", line):
            continue
        elif line.startswith("  -"):
            names = re.match(r"  (-[^\s]*)", line)[1].split(",")
            options += names
            found = re.search(r"\{([^}]*)\}", line)
            if found:
                choices[names[-1]] = found[1].split(",")
        elif heading not in ("Positionals:",):
            commands.append(line.split()[0])
    return commands, options, choices


def all_commands(turnpike, words=()):
    """Every command with what its help holds."""
    help_text = call(turnpike, "help", *words)
    commands, options, choices = read_help(help_text)
    commands = [] if "[SUBCOMMAND]" not in help_text and "SUBCOMMAND" not in help_text else commands
    yield words, commands, options, choices
    for command in commands:
        yield from all_commands(turnpike, (*words, command))


def check_pages(turnpike, found, folder):
    call(turnpike, "manual", "--all", folder / "man1", "--quiet")
    for words, commands, options, _ in found:
        page = folder / "man1" / ("-".join(("turnpike", *words)) + ".1")
        if not page.is_file():
            failures.append(f"no page {page.name}")
            continue
        source = page.read_text(encoding="utf-8")
        if source != call(turnpike, "manual", *words):
            failures.append(f"{page.name}: not what `turnpike manual` prints")
        shown = source.replace("\\-", "-").replace("\\fB", " ").replace("\\fR", " ")
        if shutil.which("man"):
            done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True, check=False,
                                  env={**os.environ, "MANWIDTH": "80", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"})
            shown = re.sub(r".\x08", "", re.sub(r"\x1b\[[0-9;]*m", "", done.stdout))
            if done.returncode or done.stderr.strip():
                failures.append(f"{page.name}: man says {done.stderr[:300]}")
        for name in (*commands, *options):
            if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", shown):
                failures.append(f"{page.name} lacks {name}")
    if len(list((folder / "man1").iterdir())) != len(found):
        failures.append(f"{len(found)} commands, other number of pages")


def offered(shell, script, words, environment):
    if shell == "fish":
        line = " ".join(("turnpike", *words))
        text = call("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", env=environment)
        return {line.split("\t")[0] for line in text.splitlines()}
    template, first = (BASH, 0) if shell == "bash" else (ZSH, 1)
    quoted = " ".join(f"'{word}'" for word in ("turnpike", *words))
    program = template.format(words=quoted, last=len(words) + first)
    flags = ("--norc", "-c") if shell == "bash" else ("-f", "-c")
    return set(call(shell, *flags, program, shell, script, env=environment).split())


def check_shell(turnpike, shell, found, folder):
    script = folder / f"turnpike.{shell}"
    script.write_text(call(turnpike, "completion", shell), encoding="utf-8")
    environment = {"PATH": f"{pathlib.Path(turnpike).parent}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    questions = 0
    def expect(words, names):
        nonlocal questions
        questions += 1
        missing = set(names) - offered(shell, script, words, environment)
        if missing:
            failures.append(f"{shell}: after 'turnpike {' '.join(words)}' is not offered: {', '.join(sorted(missing))}")
    for words, commands, options, choices in found:
        # fish lists short options without a dash before them only where asked for
        for dashes in ("-", "--") if shell == "fish" else ("-",):
            expect((*words, dashes), [name for name in options if shell != "fish" or name.startswith("--") == (dashes == "--")])
        if commands:
            expect((*words, ""), commands)
        for option, values in choices.items():
            expect((*words, option, ""), values)
    expect(("run", ""), ["precision-highway", "eyeriss-chip"])
    expect(("run", "precision-highway", "--network", ""), ["zoo:resnet18", "alexnet"])
    expect(("run", "--profile", ""), ["silicon", "paper"])
    wrong = offered(shell, script, ("trace", "--dry"), environment)
    if "--dry-run" in wrong:
        failures.append(f"{shell}: offers an option of another command")
    print(f"{shell}: {questions} questions")


def main():
    turnpike = pathlib.Path(sys.argv[1]).resolve()
    found = list(all_commands(turnpike))
    if len(found) < 20 or sum(len(options) for _, _, options, _ in found) < 100:
        sys.exit(f"--help is not read as it is written: {found}")
    with tempfile.TemporaryDirectory(prefix="turnpike_shell_") as temporary:
        folder = pathlib.Path(temporary)
        check_pages(turnpike, found, folder)
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell):
                check_shell(turnpike, shell, found, folder)
            else:
                print(f"no {shell}: its completion is not tried")
    print("\n".join(failures))
    print(f"{len(found)} commands, {sum(len(options) for _, _, options, _ in found)} options, {len(failures)} failures")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
