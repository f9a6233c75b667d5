#!/usr/bin/env python3
"""traces/trace.schema.json against the reader: what the reader takes the schema takes, and what the schema
refuses the reader refuses. Samples, their mutants (a key left out, added or of another value, at every place
of the JSON), and mutants by chance from a printed seed. Exit code 77: no jsonschema here."""

import argparse
import copy
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "traces" / "samples"
VALUES = ["computed", None, True, False, -1, 0, 1, 2, 0.5, 32, 33, 2 ** 31, 1e300, "", "x", "relu", "float", "midrise", [], [1], [1, 2],
          [0, 1, 0, 1], [1, 2, 3], ["x"], {}, {"enabled": True}, {"kind": "row_stationary"}, {"m": 1}, {"x": 1}, {"clip": [0, 6]}, {"rounding": "once", "multiplier": [5], "shift": [0]}]
NEW_KEYS = ["x", "bits", "axis", "signed", "stride", "pad", "groups", "post", "kernel", "skip", "width_tile", "mapping",
            "source", "comment", "framework", "cell", "highway", "batch", "mean_abs", "requantize", "recurrent_bias", "candidate", "cell_tanh", "tanh_of"]


def places(json_part, path=()):
    """Every place of a JSON document."""
    yield path
    for key in json_part if isinstance(json_part, dict) else range(len(json_part)) if isinstance(json_part, list) else ():
        yield from places(json_part[key], (*path, key))


def at(json_part, path):
    for key in path:
        json_part = json_part[key]
    return json_part


def mutant(sample, choose):
    """One change at one place."""
    other = copy.deepcopy(sample)
    path = choose.choice([place for place in places(other) if place])
    parent, key = at(other, path[:-1]), path[-1]
    kind = choose.randrange(4)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent[key], dict):
        parent[key][choose.choice(NEW_KEYS)] = choose.choice(VALUES)
    else:
        parent[key] = choose.choice(VALUES)
    return other


class Reader:
    """`turnpike trace check` on a directory whose arrays stay and whose JSON changes."""

    def __init__(self, program, folder, sample):
        self.program, self.folder = program, folder / pathlib.Path(sample).stem
        if (SAMPLES / sample).is_dir():
            shutil.copytree(SAMPLES / sample, self.folder)
        else:
            subprocess.run([program, "trace", "convert", SAMPLES / sample, self.folder], check=True, capture_output=True)
        self.json = json.loads((self.folder / "trace.json").read_text(encoding="utf-8"))

    def takes(self, document):
        (self.folder / "trace.json").write_text(json.dumps(document), encoding="utf-8")
        done = subprocess.run([self.program, "trace", "check", self.folder], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"exit code {done.returncode}: {done.stderr}\n{json.dumps(document)}")
        return done.returncode == 0, done.stderr.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turnpike", required=True)
    parser.add_argument("--count", type=int, default=150, help="mutants of each sample")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    schema = json.loads((ROOT / "traces" / "trace.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator, choose = Draft202012Validator(schema), random.Random(options.seed)
    both, neither, reader_only, wrong = 0, 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        for sample in sorted(each.name for each in SAMPLES.iterdir() if each.is_dir() or each.suffix == ".npz"):
            reader = Reader(options.turnpike, pathlib.Path(folder), sample)
            for number in range(options.count + 1):
                document = mutant(reader.json, choose) if number else reader.json
                valid = validator.is_valid(document)
                taken, message = reader.takes(document)
                both, neither = both + (valid and taken), neither + (not valid and not taken)
                reader_only += valid and not taken
                if taken and not valid:
                    wrong.append(f"{sample}, mutant {number}: the reader takes what the schema refuses: "
                                 f"{next(validator.iter_errors(document)).message[:200]}")
                if number == 0 and not (taken and valid):
                    wrong.append(f"{sample} itself: {message}")
    print(f"seed {options.seed}: {both} taken by both, {neither} refused by both, {reader_only} refused by the reader alone "
          "(names, shapes, values)")
    if not neither or not both:
        wrong.append("nothing was compared")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
