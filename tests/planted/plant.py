#!/usr/bin/env python3
"""Plants small bugs in a scratch copy of the sources, one at a time, and tells which tests catch each.

    tests/planted/plant.py LIST [--sample N [--seed S]] [--only WORD] [--list] [--check] [--named-only] [--markdown]
                           [--scratch DIR]

LIST is `array` (the clock and the data path of pe/) or `last_mile` (what a user reads, and the verdicts and exit
codes beside it). Each bug names the tests that should see it; if they do not, the whole suite is asked. Prints a line
a bug as it goes, with --markdown a table for the documentation. Exit code 1 if a bug is caught by no test or cannot
be planted because the code has changed. Only the scratch copy is touched.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import array_bugs
import last_mile_bugs

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = {"array": array_bugs.BUGS, "last_mile": last_mile_bugs.BUGS}
# What has to be built for the tests of a label; others are built by their own name.
TARGETS = {"last_mile": "turnpike", "faults": "turnpike", "smoke": "smoke_test"}
SLOW = "^torch_check$|^differential_long_runs$"


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def copy_changed(source, copy):
    """A reused scratch folder rebuilds what differs only; a planted bug that was left there differs."""
    copy = pathlib.Path(copy)
    if not copy.exists() or copy.read_bytes() != pathlib.Path(source).read_bytes():
        shutil.copy(source, copy)


class Scratch:
    """A copy of the sources with a build folder."""

    def __init__(self, folder, jobs):
        self.source = folder / "source"
        self.jobs = str(jobs)

    def make(self):
        def skipped(path, names):
            top = pathlib.Path(path) == ROOT
            return [n for n in names if n == "__pycache__" or (top and n in (".git", "build", "results"))]
        shutil.copytree(ROOT, self.source, ignore=skipped, dirs_exist_ok=True, copy_function=copy_changed)
        result = run(["cmake", "--preset", "separate", "--log-level=WARNING"], cwd=self.source)
        if result.returncode != 0:
            sys.exit(result.stdout)

    def build(self, labels):
        """Targets of these labels; everything without labels."""
        targets = ["--target", *(TARGETS.get(label, label) for label in labels)] if labels else []
        return run(["cmake", "--build", "--preset", "separate", "-j", self.jobs, *targets], cwd=self.source)

    def failing(self, labels):
        """Names of the tests that fail; a test that hangs or crashes fails."""
        chosen = ["-L", f"^({'|'.join(labels)})$"] if labels else ["-E", SLOW]
        result = run(["ctest", "--test-dir", "build/separate", "-j", self.jobs, "--timeout", "120", "--no-tests=error", *chosen],
                     cwd=self.source, env=dict(os.environ, TURNPIKE_STOP_EARLY="1"))
        failed = re.findall(r"^\s*\d+ - (.+) \((?:Failed|Timeout|SEGFAULT|SIG\w+|Subprocess aborted|ILLEGAL|NUMERICAL|"
                            r"Subprocess killed|Not Run|OTHER_FAULT|Bus Error)\)", result.stdout, re.M)
        if result.returncode != 0 and not failed:
            return [f"ctest ends with {result.returncode}"]
        return [name for name in failed if not name.endswith("_NOT_BUILT")]

    def check(self, labels):
        """Failing tests and an error text."""
        result = self.build(labels)
        if result.returncode != 0:
            return None, "does not compile:\n" + result.stdout[-3000:]
        return self.failing(labels), ""


def plant(scratch, bug, named_only):
    """Names of failing tests, or None and the reason why the bug was not planted."""
    what, name, text, replacement, *labels = bug
    file = scratch.source / name
    sound = file.read_text(encoding="utf-8")
    if sound.count(text) != 1:
        return None, f"its text occurs {sound.count(text)} times in {name}"
    if text == replacement:
        return None, f"nothing is changed in {name}"
    file.write_text(sound.replace(text, replacement), encoding="utf-8")
    try:
        caught, problem = scratch.check(labels)
        if caught is not None and not caught and not named_only:
            print(f"    '{what}' passes {', '.join(labels)}: the whole suite", file=sys.stderr)
            caught, problem = scratch.check([])
        return caught, problem
    finally:
        file.write_text(sound, encoding="utf-8")


def occurrences(bug):
    file = ROOT / bug[1]
    return file.read_text(encoding="utf-8").count(bug[2]) if file.exists() else 0


def verdict(bug, caught, problem, markdown):
    shown = [f"`{name}`" for name in (caught or [])[:3]] + ([f"{len(caught) - 3} more"] if caught and len(caught) > 3 else [])
    seen = ", ".join(shown) or ("**not planted**" if problem else "**nothing**")
    return f"| {bug[0]} | `{bug[1]}` | {seen} |" if markdown else f"{'caught  ' if caught else 'SURVIVED'} {bug[0]}: {seen}"


def chosen_bugs(options):
    bugs = [bug for bug in LISTS[options.list_name] if options.only in bug[0]]
    if not options.list and shutil.which("chromium") is None:
        drawn = [bug for bug in bugs if bug[1].startswith("sim/report/page/")]
        print(*(f"left out, for want of chromium: {bug[0]}" for bug in drawn), sep="\n", file=sys.stderr)
        bugs = [bug for bug in bugs if bug not in drawn]
    if not bugs:
        sys.exit(f"no planted bug has '{options.only}' in its name")
    if options.sample and options.sample < len(bugs):
        bugs = random.Random(options.seed).sample(bugs, options.sample)
    return bugs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("list_name", choices=sorted(LISTS), metavar="LIST", help="array or last_mile")
    parser.add_argument("--sample", type=int, help="so many of them, chosen by chance")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of that choice (printed)")
    parser.add_argument("--only", default="", help="bugs whose name has this word")
    parser.add_argument("--named-only", action="store_true", help="do not ask the whole suite")
    parser.add_argument("--list", action="store_true", help="tell the bugs and stop")
    parser.add_argument("--check", action="store_true", help="only see whether each can be planted: its text occurs once")
    parser.add_argument("--markdown", action="store_true", help="print a table for the documentation")
    parser.add_argument("--scratch", type=pathlib.Path, help="folder to work in (kept)")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="of the build and the tests")
    options = parser.parse_args()
    bugs = chosen_bugs(options)
    if options.list:
        print("\n".join(f"{bug[0]} ({bug[1]})" for bug in bugs))
        return 0
    if options.check:
        stale = [f"{bug[0]}: its text occurs {count} times in {bug[1]}" for bug in bugs
                 if (count := occurrences(bug)) != 1]
        print(f"{len(bugs) - len(stale)} of {len(bugs)} can be planted", *stale, sep="\n")
        return 1 if stale else 0
    if options.sample:
        print(f"sample of seed {options.seed}", file=sys.stderr)
    folder = options.scratch or pathlib.Path(tempfile.mkdtemp(prefix="turnpike_bugs_"))
    scratch = Scratch(folder.resolve(), options.jobs)
    scratch.make()
    broken, problem = scratch.check(sorted({label for bug in bugs for label in bug[4:]}))
    if problem or broken:
        sys.exit(f"without a bug: {problem or ', '.join(broken)}")
    if options.markdown:
        print("| planted bug | in | caught by |\n|---|---|---|")
    missed = []
    for number, bug in enumerate(bugs, 1):
        print(f"{number} of {len(bugs)}: {bug[0]}", file=sys.stderr)
        caught, problem = plant(scratch, bug, options.named_only)
        print(verdict(bug, caught, problem, options.markdown), flush=True)
        if not caught:
            missed.append(f"{bug[0]}: {problem or 'no test fails'}")
    print(f"{len(bugs) - len(missed)} of {len(bugs)} caught", *missed, sep="\n", file=sys.stderr)
    if options.scratch is None:
        shutil.rmtree(folder)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
