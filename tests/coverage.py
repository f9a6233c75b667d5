#!/usr/bin/env python3
"""Lines and branches that the tests reach, by file, from gcovr's summary.

    tests/coverage.py build/coverage/summary.json

Exit code 1 if a file has under 80 % of its lines reached and no reason below, or has a reason and
needs none.
"""
import json
import sys

LIMIT = 80.0

# File -> why its tests do not show here.
REASONS = {
}


def main():
    files = json.load(open(sys.argv[1]))["files"]
    print(f"{'file':48}{'lines':>7}{'%':>7}{'branches':>10}{'%':>7}")
    wrong = []
    for entry in sorted(files, key=lambda each: each["line_percent"]):
        name, lines = entry["filename"], entry["line_percent"]
        print(f"{name:48}{entry['line_total']:7}{lines:7.1f}{entry['branch_total']:10}{entry['branch_percent'] or 100:7.1f}"
              + (f"  {REASONS[name]}" if name in REASONS else ""))
        if (lines < LIMIT) != (name in REASONS):
            wrong.append(name)
    totals = {key: sum(entry[key] for entry in files)
              for key in ("line_total", "line_covered", "branch_total", "branch_covered")}
    print(f"{len(files)} files: {100 * totals['line_covered'] / totals['line_total']:.1f} % of {totals['line_total']} lines, "
          f"{100 * totals['branch_covered'] / totals['branch_total']:.1f} % of {totals['branch_total']} branches")
    for name in wrong:
        print(f"{name}: " + ("has a reason and needs none" if name in REASONS else f"below {LIMIT} % and without a reason"),
              file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
