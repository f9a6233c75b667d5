#!/usr/bin/env python3
"""What goes wrong around the program: kills, full disks, two at once, damaged and edited files, lost output.

    tests/faults/faults.py --turnpike build/release/turnpike [--kills N] [--seed S] [--only WORD] [--keep DIR] [--killed-at-exit LIBRARY]

N kills and signals hit a sweep at random moments (default 6; tools/test --long asks for 200), and each time the
same command must come to the files of a sweep that nobody killed. Exit code 1 if anything is wrong.
"""

import argparse
import pathlib
import sys
import tempfile
import time
import traceback

import files
import outputs
import store
from kills import Kills
from program import Session


def attempt(session, part, *arguments):
    """One part; what it trips over is a finding like any other."""
    start, found = time.monotonic(), len(session.f.problems)
    try:
        part(*arguments)
    except Exception:  # pylint: disable=broad-exception-caught
        session.f.true(part.__name__, False, f"trips over {traceback.format_exc()}")
    print(f"{part.__name__}: {time.monotonic() - start:.1f} s, {len(session.f.problems) - found} wrong", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--turnpike", required=True, type=pathlib.Path)
    parser.add_argument("--killed-at-exit", type=pathlib.Path, help="the library of that name; without it that part is left out")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="parts with this word in their name")
    parser.add_argument("--keep", type=pathlib.Path, help="work in this new folder and leave it there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="turnpike_faults_") as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        session = Session(arguments.turnpike.resolve(), folder.resolve())
        kills = Kills(session, arguments.seed, arguments.killed_at_exit)
        for part in (kills.many, kills.a_child_that_is_hit, kills.children_hit_at_their_end, kills.runs_over_runs, kills.ignored_signals, kills.preparation, *files.PARTS, *outputs.PARTS):
            if arguments.only in part.__name__:
                attempt(session, part, *([arguments.kills] if part == kills.many else []),
                        *([session] if part in files.PARTS + outputs.PARTS else []))
        if arguments.only in store.stores.__name__:
            attempt(session, store.stores, session, arguments.seed, arguments.kills)
    print(f"seed {arguments.seed}, {arguments.kills} kills: {session.f.compared} comparisons, "
          f"{len(session.f.problems)} wrong")
    for problem in session.f.problems[:100]:
        print(f"  {problem}")
    return 1 if session.f.problems else 0


if __name__ == "__main__":
    sys.exit(main())
