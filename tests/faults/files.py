"""Files that are damaged, edited, in the way, or written by two at once."""

import json
import os
import pathlib
import shutil

from program import ACCELERATOR, ROOT, RUN_FILES, SAMPLE, finished, tree, wait_until

SEEDS = ROOT / "tests" / "fuzz" / "seeds"


def run_directory(s, name, *settings):
    directory = s.fresh(name)
    words = [word for setting in settings for word in ("--set", setting)]
    s.run("run", ACCELERATOR, "--network", s.network, *words, "-o", directory)
    s.expect(f"run -o {name}", 0)
    return directory


def damages(text):
    yield "a byte more", text + b"\n"
    yield "a half", text[:len(text) // 2]
    yield "nothing", b""
    yield "a digit", next((text[:i] + bytes([48 + (text[i] - 47) % 10]) + text[i + 1:]
                           for i in range(len(text) - 1, 0, -1) if chr(text[i]).isdigit()), text + b"0")
    yield "no file", None


def put_back(path, text):
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)


def damaged_runs(s):
    """No reader takes over a directory one of whose files is not the run's."""
    good, page = run_directory(s, "good", "precision=2"), s.folder / "page.html"
    readers = [["explain", good, "mac"], ["reprice", good], ["compare", good, good], ["report", good, "-o", page],
               ["sensitivity", good]]
    for name in RUN_FILES:
        text = (good / name).read_bytes()
        for number, (kind, damaged) in enumerate(damages(text)):
            put_back(good / name, damaged)
            for reader in readers if number == 0 else [readers[number % len(readers)]]:
                s.run(*reader)
                s.expect(f"{reader[0]}, {name}: {kind}", 3, name)
                s.f.same(f"{reader[0]}, {name}: {kind}: stdout", s.out, "")
            (good / name).write_bytes(text)
    for text in (b"", b"{}", b"[1]", None):
        record = (good / "run.json").read_bytes()
        put_back(good / "run.json", text)
        for reader in readers:
            s.run(*reader)
            s.expect(f"{reader[0]}, run.json: {text}", 3, "run.json")
        (good / "run.json").write_bytes(record)
    s.run("explain", good, "mac")
    s.expect("a run directory as it was", 0)
    old = s.fresh("old")
    shutil.copytree(SEEDS / "stored_run", old)
    s.run("explain", old, "mac")
    s.expect("a run directory of a version that stored no digests", 0)


def damaged_points(s):
    """A resumed sweep runs a damaged point again, and no other."""
    file, directory = s.sweep_file("points.yaml", {"precision": [8, 4, 2]}), s.fresh("points")
    command = ["sweep", file, "-o", directory]
    s.run(*command)
    s.expect("sweep of three points", 0)
    whole, point = tree(directory), directory / "precision-4"
    for turn, name in enumerate([*RUN_FILES, "run.json"]):
        text = (point / name).read_bytes()
        kinds = list(damages(text))
        for kind, damaged in kinds if name in ("run.json", "results.json") else [kinds[turn % len(kinds)], kinds[-1]]:
            put_back(point / name, damaged)
            if kind == "a digit" and name == "run.json":
                at = text.index(b'"counts.csv": "') + 15
                (point / name).write_bytes(text[:at] + (b"1" if text[at:at + 1] == b"0" else b"0") + text[at + 1:])
            where = f"resume, {name}: {kind}"
            s.run(*command, "--status")
            s.expect(f"{where}, --status", 0)
            s.run(*command)
            unharmed = name == "run.json" and kind == "a byte more"
            s.expect(where, 0, f"3 points, {3 if unharmed else 2} of them finished before")
            s.f.true(f"{where}: files", tree(directory) == whole, "are not those before the damage")


def edited_inputs(s):
    """Each file that a point was made from is an input of it, and no other file is read."""
    configs = s.fresh("configs")
    shutil.copytree(ROOT / "configs", configs)
    for name in ("art.yaml", "ert.yaml"):
        shutil.copy(SEEDS / name, s.folder / name)
    shutil.copytree(ROOT / "traces" / "samples" / "tiny_gru", s.fresh("gru"), dirs_exist_ok=True)
    shutil.copy(SAMPLE, s.folder / "trace.npz")
    cost = f"cost: {{energy_table: {s.folder / 'ert.yaml'}, area_table: {s.folder / 'art.yaml'}}}\n"
    accelerator = s.put("accelerator.yaml", ACCELERATOR.read_text(encoding="utf-8") + cost)
    environment = dict(s.environment, TURNPIKE_CONFIGS=str(configs))
    expected = {  # what must be among the inputs, besides the accelerator
        "net": (s.put("edited.yaml", s.network.read_text(encoding="utf-8")), ["edited.yaml", "ert.yaml", "art.yaml"]),
        "npz": (s.folder / "trace.npz", ["trace.npz", "silicon.yaml", "lpddr3-1600.yaml"]),
        "gru": (s.folder / "gru", ["gru/trace.json", ".npy", "mac.csv", "mac.source"])}
    for name, (network, parts) in expected.items():
        file = s.sweep_file(f"{name}_sweep.yaml", {"technology.node_nm": [45]}, network, accelerator)
        edit_each(s, ["sweep", file, "-o", s.fresh(f"swept_{name}")], environment, [*parts, "accelerator.yaml"])


def edit_each(s, command, environment, parts):
    where = f"inputs of {command[1].name}"

    def state():
        """What --status says of the only point; an edited file may have become an error."""
        s.run(*command, "--status", env=environment)
        return "finished" if s.code == 0 and s.out.split(": ")[-1].strip() == "ok" else "to be run"
    s.run(*command, env=environment)
    s.expect(where, 0)
    point = next(command[3].glob("*/run.json")).parent
    inputs = list(json.loads((point / "run.json").read_text(encoding="utf-8"))["inputs"])
    for part in parts:
        s.f.true(where, any(part in path for path in inputs), f"have no {part}")
    for path in inputs:
        text = pathlib.Path(path).read_bytes()
        pathlib.Path(path).write_bytes(text + b"\n")
        s.f.same(f"{where}: {path} edited", state(), "to be run")
        pathlib.Path(path).write_bytes(text)
    s.f.same(f"{where}: all as they were", state(), "finished")
    files = [str(path) for path in pathlib.Path(environment["TURNPIKE_CONFIGS"]).rglob("*") if path.is_file()]
    other = [path for path in files if path not in inputs]
    s.f.true(f"{where}: other files", len(other) > 10, "are none")
    before = tree(point)
    for path in other:
        os.rename(path, path + ".away")
    s.run(*command, "--force", env=environment)
    s.expect(f"{where}: every other file away", 0)
    s.f.true(f"{where}: every other file away", tree(point) == before, "changes the result")
    for path in other:
        os.rename(path + ".away", path)


def overwriting(s):
    """What another command wrote, or no command of this program, is not replaced without a word."""
    two, four = run_directory(s, "mine", "precision=2"), run_directory(s, "four", "precision=4")
    held = tree(two)
    run = ["run", ACCELERATOR, "--network", s.network, "--set"]
    sweep = s.sweep_file("over.yaml", {"precision": [8, 4]})
    other = s.sweep_file("over_lstm.yaml", {"precision": [8, 4]}, network="zoo:lstm300")
    swept, notes = s.fresh("swept"), s.put("notes.html", "my notes")
    s.run("sweep", sweep, "-o", swept)
    foreign = s.put("foreign.npz", "not a trace")
    whole = tree(swept)
    for refused, again in (
            ([*run, "precision=3", "-o", two], [*run, "precision=2", "-o", two]),
            (["reprice", four, "-o", two], ["reprice", four, "-o", s.fresh("repriced")]),
            (["sweep", other, "-o", swept], ["sweep", sweep, "-o", swept]),
            (["report", two, "-o", notes], ["report", two, "-o", s.fresh("page2.html")]),
            (["trace", "convert", SAMPLE, foreign], ["trace", "convert", SAMPLE, s.fresh("copy.npz")]),
            ([*run, "precision=2", "-o", swept / "precision-4"], ["sweep", sweep, "-o", swept])):
        where = " ".join(map(str, refused))
        s.run(*refused)
        s.expect(where, 2, "--force")
        s.f.same(f"{where}: stdout", s.out, "")
        for _ in range(2):
            s.run(*again)
            s.expect(" ".join(map(str, again)), 0)
    s.f.true("refused: files", tree(two) == held and tree(swept) == whole and notes.read_text() == "my notes"
             and foreign.read_text() == "not a trace", "are not what they were")
    for forced in ([*run, "precision=3", "-o", two], ["reprice", four, "-o", two], ["sweep", other, "-o", swept],
                   ["report", four, "-o", notes], ["trace", "convert", SAMPLE, foreign]):
        s.run(*forced, "--force")
        s.expect(f"{' '.join(map(str, forced))} --force", 0)
    s.f.true("--force", notes.read_text(encoding="utf-8").startswith("<!"), "does not replace a file")


def two_at_once(s):
    """The second of two sweeps is told to wait; two equal runs wait for one another."""
    file, directory = s.sweep_file("both.yaml", {"clock_mhz": list(range(100, 160))}), s.fresh("both")
    command = ["sweep", file, "-o", directory, "-j", "1"]
    first = s.start(*command)
    wait_until(lambda: finished(directory) > 0 or first.poll() is not None)
    s.run(*command)
    s.expect("a second sweep into the directory", 2, "another turnpike is sweeping into this directory")
    s.run(*command, "--status")
    s.expect("--status beside a sweep", 0)
    s.end(first)
    s.expect("the first sweep", 0, "60 points, 0 of them finished before")
    same = s.fresh("same")
    runs = [s.start("run", ACCELERATOR, "--network", s.network, "--set", "precision=2", "-o", same) for _ in range(4)]
    for run in runs:
        s.end(run)
        s.expect("four equal runs at once", 0)
    s.f.true("four equal runs at once: files", tree(same) == tree(run_directory(s, "alone", "precision=2")), "are others")
    s.unfinished_files("four equal runs at once", same)


PARTS = [damaged_runs, damaged_points, edited_inputs, overwriting, two_at_once]
