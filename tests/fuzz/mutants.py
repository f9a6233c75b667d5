#!/usr/bin/env python3
"""Runs the program on mutants of everything it reads, each made from a valid file by one to three
changes that keep its structure (a value, a key, a row, a member, a header).

    tests/fuzz/mutants.py --turnpike PROGRAM [--count N] [--seed S] [--only I] [--keep DIR] [-j N]

PROGRAM should be a sanitized build (preset asan). Kinds: traces (.npz), accelerators, profiles,
networks, sweeps, DRAM devices, tables of the technology, Accelergy tables, stored runs.

A mutant is a finding if the program crashes, a sanitizer reports, an exit code is none of 0 to 3, a
command takes over 10 s or 2 GB, or nonsense is accepted: a run that exits 0 with a figure that is not
finite, a negative energy, area or count, a conservation check that fails, or a run directory whose
files were changed and that is read all the same. Mutant I of seed S is always the same; findings are
kept in DIR. Exit code 1 if there are any.
"""
import argparse
import collections
import concurrent.futures
import io
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ACCELERATOR = SOURCE / "configs/accelerators/precision-highway.yaml"
TRACE = SOURCE / "traces/samples/tiny_residual.npz"
SECONDS, MEGABYTES = 10, 2048
NUMBERS = ["0", "-1", "1", "2", "3", "0.5", "1e999", "nan", ".nan", ".inf", "-0", "65536", "999999999",
           "18446744073709551616", "-9223372036854775809", "1e-320", "1e308", "0x10", "010", "1_000", "+2"]
WORDS = ["", "null", "~", "true", "yes", "[]", "{}", "[1, 2]", "{a: 1}", "banana", "'", '"', "\u00e9\u4e2d",
         "=1+1", "@DATA@", "\x1b[2J", "a" * 300, "../../x", "zoo:resnet20", "highway", "*a", "&a 1", "!!int 3"]
JSON_VALUES = [None, True, False, 0, -1, 1, 2, 16, 33, 1e308, 5e-324, 0.5, -0.5, "", "x", "conv", "@DATA@",
               [], {}, [1, 2], {"a": 1}, 2**31, 2**63, 10**30, float("nan"), float("inf")]


# ---- changes to text, by lines -------------------------------------------------------------------

def change_yaml(text, rng):
    """One change to a YAML file: a value, a key, a line, its indentation."""
    lines = text.split("\n")
    at = [i for i, line in enumerate(lines) if line.strip() and not line.strip().startswith("#")]
    i = rng.choice(at)
    kind = rng.randrange(8)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(i, lines[i])
    elif kind == 2:
        lines[i] = " " * rng.randrange(5) + lines[i].lstrip()
    elif kind == 3:
        lines[i] = re.sub(r"\w+(?=\s*:)", lambda m: m[0][::-1], lines[i], count=1)
    else:
        scalars = list(re.finditer(r"(?<=[:\[,{ ])\s*([\w.+-]+)(?=\s*([,}\]#]|$))", lines[i]))
        if scalars:
            found = rng.choice(scalars)
            value = rng.choice(NUMBERS if kind < 7 else WORDS)
            lines[i] = lines[i][:found.start(1)] + value + lines[i][found.end(1):]
    return "\n".join(lines)


def change_csv(text, rng):
    """One change to a CSV table: a field, a row, a column's name."""
    rows = [line.split(",") for line in text.split("\n")]
    data = [row for row in rows[1:] if row != [""]]
    if not data:
        return text
    row = rng.choice(data)
    kind = rng.randrange(8)
    if kind == 0:
        rows.remove(row)
    elif kind == 1:
        rows.insert(1, list(row))
    elif kind == 2:
        rows[0][rng.randrange(len(rows[0]))] = rng.choice(WORDS)
    elif kind == 3:
        row.pop(rng.randrange(len(row)))
    else:
        row[rng.randrange(len(row))] = rng.choice(NUMBERS if kind < 7 else WORDS)
    return "\n".join(",".join(row) for row in rows)


# ---- changes to traces ---------------------------------------------------------------------------

def nodes(value, path=()):
    """Every place in a JSON document: (path, value)."""
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from nodes(child, path + (key,))


def change_json(document, rng):
    """One change to a JSON document: a value replaced, removed, renamed, exchanged with another."""
    places = [path for path, _ in nodes(document) if path]
    path = rng.choice(places)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    key, kind = path[-1], rng.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[str(key)[::-1]] = parent.pop(key)
    elif kind == 2 and isinstance(parent, list):
        parent.insert(key, parent[key])
    elif kind == 3:
        other = rng.choice([value for _, value in nodes(document)])
        parent[key] = json.loads(json.dumps(other))
    elif kind == 4 and isinstance(parent[key], (int, float)) and not isinstance(parent[key], bool):
        parent[key] = parent[key] * rng.choice([-1, 0, 2, 0.5, 1e30]) + rng.choice([-1, 0, 1])
    else:
        parent[key] = rng.choice(JSON_VALUES)


def change_array(image, rng):
    """One change to a .npy image: its header's text, its length, a byte of its data."""
    size = int.from_bytes(image[8:10], "little")
    header, body = image[10:10 + size], image[10 + size:]
    kind = rng.randrange(5)
    if kind == 0:
        header = re.sub(rb"\d+", lambda m: rng.choice([b"0", b"1", b"99999999999", m[0] + b"0"]), header, count=1)
    elif kind == 1:
        header = header.replace(b"False", b"True")
    elif kind == 2:
        header = re.sub(rb"'[<>|][a-z]\d'", rng.choice([b"'<f8'", b"'|O'", b"'>i4'", b"'<u8'", b"'<i2'"]), header)
    elif kind == 3:
        body = body[:rng.randrange(len(body) + 1)]
    elif body:
        at = rng.randrange(len(body))
        body = body[:at] + bytes([rng.randrange(256)]) + body[at + 1:]
    return image[:8] + len(header).to_bytes(2, "little") + header + body


def mutated_trace(rng, folder):
    sample = rng.choice(sorted((SOURCE / "traces/samples").glob("*.npz")))
    with zipfile.ZipFile(sample) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(rng.randint(1, 3)):
        if not members:
            break
        i = rng.randrange(len(members))
        if rng.random() < 0.6:
            i = next((k for k, (name, _) in enumerate(members) if name == "__trace__.npy"), i)
        name, image = members[i]
        kind = rng.random()
        if name == "__trace__.npy" and kind < 0.85:
            size = int.from_bytes(image[8:10], "little")
            try:
                document = json.loads(image[10 + size:])
            except ValueError:  # an earlier change broke it
                break
            change_json(document, rng)
            text = json.dumps(document).encode()
            header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }" % len(text)
            header = header.encode().ljust(117) + b"\n"
            members[i] = (name, image[:8] + len(header).to_bytes(2, "little") + header + text)
        elif kind < 0.9:
            members[i] = (name, change_array(image, rng))
        elif kind < 0.95:
            del members[i]
        else:
            members.append(members[i])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, image in members:
                archive.writestr(name, image)
    data = out.getvalue()
    if rng.random() < 0.1:
        data = data[:rng.randrange(len(data))]
    path = folder / "mutant.npz"
    path.write_bytes(data)
    return [["trace", "check", path], ["run", ACCELERATOR, "--network", path, "--json"]]


# ---- the other kinds -----------------------------------------------------------------------------

def mutated_text(source, path, change, rng):
    text = source.read_text()
    for _ in range(rng.randint(1, 3)):
        text = change(text, rng)
    path.write_text(text, errors="surrogateescape")


def mutated_accelerator(rng, folder):
    path = folder / "mutant.yaml"
    mutated_text(rng.choice(sorted((SOURCE / "configs/accelerators").glob("*.yaml"))), path, change_yaml, rng)
    return [["config", "check", path], ["run", path, "--network", TRACE, "--json"]]


def mutated_profile(rng, folder):
    path = folder / "mutant.yaml"
    mutated_text(rng.choice(sorted((SOURCE / "configs/profiles").glob("*.yaml"))), path, change_yaml, rng)
    return [["config", "check", path], ["run", ACCELERATOR, "--network", TRACE, "--profile", path, "--json"]]


def mutated_network(rng, folder):
    path = folder / "mutant.yaml"
    names = ("residual_example.yaml", "lstm_example.yaml")
    mutated_text(SOURCE / "configs/networks" / rng.choice(names), path, change_yaml, rng)
    return [["config", "check", path], ["run", ACCELERATOR, "--network", path, "--set", "precision=2", "--json"]]


def mutated_sweep(rng, folder):
    path = folder / "mutant.yaml"
    mutated_text(rng.choice(sorted((SOURCE / "configs/sweeps").glob("*.yaml"))), path, change_yaml, rng)
    return [["config", "check", path]]


def mutated_settings(rng, folder):
    """--set with keys of the accelerator and odd values."""
    keys = re.findall(r"^(\w+):", ACCELERATOR.read_text(), re.M) + [
        "precision.weight", "highway.bits", "highway.storage", "psum.cost_bits", "array.rows", "array.columns",
        "spads.ifmap", "spads.filter", "spads.psum", "noc.filter", "noc.fifo_depth", "glb.banks",
        "glb.bytes_at_16_bit", "post.values_per_clock", "dram.device", "dram.channels", "technology.node_nm",
        "cost.clock_factor", "layers.first_last", "timing.filter_load", "mapper.objective"]
    options = []
    for _ in range(rng.randint(1, 3)):
        options += ["--set", f"{rng.choice(keys)}={rng.choice(NUMBERS + WORDS)}".replace("\0", "")]
    return [["run", ACCELERATOR, "--network", TRACE, *options, "--json"]]


def mutated_table(rng, folder):
    shutil.copytree(SOURCE / "configs", folder / "configs")
    tables = [path for path in sorted((folder / "configs/technology").rglob("*")) if path.suffix in (".csv", ".yaml")]
    # The tables a run at 65 nm reads are changed most often.
    near = [path for path in tables if "65nm" in path.parts or path.name == "lpddr3-1600.yaml"]
    path = rng.choice(near if rng.random() < 0.8 else tables)
    mutated_text(path, path, change_csv if path.suffix == ".csv" else change_yaml, rng)
    commands = [["--configs", folder / "configs", "run", folder / "configs/accelerators/precision-highway.yaml",
                 "--network", TRACE, "--json"]]
    if path.parent.name == "dram":
        commands[0] += ["--set", f"dram.device={path.stem}"]
    return commands


def mutated_accelergy(rng, folder):
    path = folder / "mutant.yaml"
    name, key = rng.choice([("ert.yaml", "cost.energy_table"), ("art.yaml", "cost.area_table")])
    mutated_text(SOURCE / "tests/fuzz/seeds" / name, path, change_yaml, rng)
    return [["run", ACCELERATOR, "--network", TRACE, "--set", f"{key}={path}", "--json"]]


def mutated_run(rng, folder):
    """A run directory with changed files; `refused` if one changed that run.json has a digest of."""
    run = folder / "run"
    shutil.copytree(folder.parent / "run", run)
    names = sorted(path.name for path in run.iterdir())
    refused = False
    for name in rng.sample(names, rng.randint(1, 2)):
        path = run / name
        old = path.read_bytes()
        kind = rng.randrange(5)
        if kind == 0:
            path.unlink()
        elif kind == 1:
            path.write_bytes(old[:rng.randrange(len(old))])
        elif kind == 2:
            at = rng.randrange(len(old))
            path.write_bytes(old[:at] + bytes([rng.randrange(256)]) + old[at + 1:])
        elif path.suffix == ".json":
            document = json.loads(old)
            change_json(document, rng)
            path.write_text(json.dumps(document, indent=2))
        else:
            mutated_text(path, path, change_csv if path.suffix == ".csv" else change_yaml, rng)
        changed = not path.exists() or path.read_bytes() != old
        refused = refused or (name != "run.json" and changed)
    command = rng.choice([["explain", run, "mac.compute"], ["reprice", run, "--profile", "access"], ["compare", run, run],
                          ["report", run, "-o", folder / "page.html"], ["sensitivity", run, "--samples", "20"]])
    return [command], refused


# ---- judging -------------------------------------------------------------------------------------

def nonsense(text):
    """What is wrong with the results of a run that was accepted; None if nothing."""
    try:
        results = json.loads(text)
    except ValueError as error:
        return f"stdout is no JSON: {error}"
    for path, value in nodes(results):
        where = ".".join(map(str, path))
        if isinstance(value, float) and not math.isfinite(value):
            return f"{where} is {value}"
        if isinstance(value, (int, float)) and value < 0 and not isinstance(value, bool):
            return f"{where} is {value}"
    failed = [name for name, holds in results["checks"]["conservation"].items() if not holds]
    return f"conservation: {failed}" if failed else None


def execute(program, arguments, environment):
    """(exit code or None after a hang, stdout, stderr, megabytes)"""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env=environment)
        timer_end = time.monotonic() + SECONDS
        usage, status = None, None
        while time.monotonic() < timer_end:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.002)
        else:
            process.kill()
            process.wait()
            return None, "", "", 0
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return (process.returncode, out.read().decode(errors="replace"), err.read().decode(errors="replace"),
                usage.ru_maxrss // 1024)


def judge(program, commands, must_refuse, environment):
    """What is wrong, or None, and the exit codes seen."""
    codes = []
    for arguments in commands:
        code, out, err, megabytes = execute(program, arguments, environment)
        codes.append(code)
        shown = " ".join(map(str, arguments))
        if code is None:
            return f"takes over {SECONDS} s: {shown}", codes
        if re.search(r"ERROR: \w+Sanitizer|runtime error:", err):
            return f"sanitizer report: {shown}\n{err}", codes
        if code not in (0, 1, 2, 3):
            return f"exit code {code}: {shown}\n{err}", codes
        if megabytes > MEGABYTES:
            return f"{megabytes} MB: {shown}", codes
        if code != 0 and not err.strip() and code != 1:
            return f"exit code {code} without a word: {shown}", codes
        if code == 0 and "run" in arguments and "--json" in arguments:
            wrong = nonsense(out)
            if wrong:
                return f"accepted nonsense, {wrong}: {shown}", codes
        if must_refuse and code != 3:
            return f"a changed run directory is read (exit code {code}): {shown}\n{err}", codes
    return None, codes


def try_mutant(options, kinds, scratch, environment, index):
    """Its index, its kind, what is wrong with it ("" if nothing) and the exit codes seen."""
    program = os.path.abspath(options.turnpike)
    rng = random.Random(f"{options.seed}:{index}")
    kind = rng.choice(kinds)
    folder = pathlib.Path(scratch) / f"mutant-{index}"
    folder.mkdir()
    must_refuse = False
    if kind is mutated_run:
        commands, must_refuse = mutated_run(rng, folder)
    else:
        commands = kind(rng, folder)
    wrong, codes = judge(program, commands, must_refuse, environment)
    if wrong:
        kept = options.keep / f"{options.seed}-{index}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, symlinks=True)
        wrong += f"\n  kept in {kept}"
    shutil.rmtree(folder)
    return index, kind.__name__.removeprefix("mutated_"), wrong, codes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turnpike", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--kinds", default="", help="such as trace,table; default all")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="so many at once")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("mutants-found"))
    options = parser.parse_args()
    kinds = [mutated_trace] * 4 + [mutated_run] * 3 + [mutated_table] * 2 + [
        mutated_accelerator, mutated_profile, mutated_network, mutated_sweep, mutated_settings, mutated_accelergy]
    if options.kinds:
        kinds = [kind for kind in kinds if kind.__name__.removeprefix("mutated_") in options.kinds.split(",")]
    seen, found = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, "XDG_CACHE_HOME": scratch + "/cache", "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1",
                       "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0",
                       "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        os.environ.update(environment)
        subprocess.run([options.turnpike, "run", ACCELERATOR, "--network", TRACE, "-o", scratch + "/run"], check=True,
                       capture_output=True)
        indices = [options.only] if options.only is not None else range(options.count)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for index, kind, wrong, codes in pool.map(lambda i: try_mutant(options, kinds, scratch, environment, i), indices):
                for code in codes:
                    seen[kind, code] += 1
                if wrong:
                    found += 1
                    print(f"mutant {index} of seed {options.seed} ({kind}): {wrong}", flush=True)
    print("exit codes by kind:")
    for name in sorted({name for name, _ in seen}):
        print(f"  {name:12}" + "  ".join(f"{code}: {seen[name, code]}" for code in (0, 1, 2, 3) if seen[name, code]))
    print(f"{options.count if options.only is None else 1} mutants, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
