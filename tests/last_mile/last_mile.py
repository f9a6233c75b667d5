#!/usr/bin/env python3
"""Reads every file and table that Turnpike writes for a user and computes anew what it says.

    tests/last_mile/last_mile.py --turnpike build/release/turnpike [--keep DIR] [--pictures DIR]

Counts (counts.csv), price tables, device files, network shapes and the numbers of traces decide; nothing is
shared with the program. What a key or column means is taken from docs/results.md. A key or column that no check
here knows is an error. Exit code 1 if anything differs; with TURNPIKE_STOP_EARLY in the environment the groups behind
the first that differs are left out.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import accuracy
import browser
import cases
import claims
import networks
import questions
from arrays import Trace
from configuration import check_configuration
from findings import Findings
from page import check_page
from prices import PriceBook
from reading import at, read_json, read_yaml
from run_files import RunFiles
from run_table import check_run_text
from sweep_files import Point, SweepFiles
from trace_info import check_trace_info
from trace_values import check_diff, check_stats

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
ACCELERATOR = CONFIGS / "accelerators" / "precision-highway.yaml"
SAMPLES = ROOT / "traces" / "samples"
CHANGED_CODES = (2, 5, 300)  # of conv1.y


class Session:
    """The program, a folder to work in, and what was found."""

    def __init__(self, program, folder, pictures):
        self.program = program
        self.folder = folder
        self.pictures = pictures
        self.f = Findings()
        self.book = PriceBook(self.f)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"), TURNPIKE_CONFIGS=str(CONFIGS))

    def turnpike(self, *arguments, code=0):
        """stdout of the program, whose exit code must be `code`."""
        done = subprocess.run([self.program, *map(str, arguments)], text=True, capture_output=True, check=False,
                              env=self.environment, timeout=120)
        self.message = done.stderr
        self.f.true(" ".join(map(str, arguments)), done.returncode == code,
                    f"ends with {done.returncode}, must be {code}: {done.stderr}")
        return done.stdout

    def json(self, *arguments, code=0):
        return json.loads(self.turnpike(*arguments, "--json", code=code))

    def run(self, name, network, expected, *options, code=0, accelerator=ACCELERATOR):
        """A run with its directory, its table and its JSON."""
        directory = self.folder / name
        arguments = ["run", accelerator, "--network", network, *options]
        settings = [value for flag, value in zip(options, options[1:]) if flag == "--set"]
        profile = options[options.index("--profile") + 1] if "--profile" in options else None
        text = self.turnpike(*arguments, "-o", directory, code=code)
        run = RunFiles(self.f, directory)
        run.check(CONFIGS, self.book, expected, [*map(str, arguments), "-o", str(directory)])
        check_configuration(self.f, run, CONFIGS, accelerator, profile, expected.brings, settings)
        check_run_text(self.f, text, run, wide=False)
        check_run_text(self.f, self.turnpike(*arguments, "--wide", code=code), run, wide=True)
        printed = self.turnpike(*arguments, "--json", code=code)
        self.f.true(f"{name} --json", printed == (directory / "results.json").read_text(encoding="utf-8"),
                    "is not results.json")
        return run

    def put(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def sweep(self, name, network, matrix, expected, *options, statuses=None, code=0):
        """A sweep, its files, its table; then again, when nothing is left to do."""
        file = self.put(f"{name}_sweep.yaml", cases.sweep_yaml(ACCELERATOR, network, matrix))
        directory = self.folder / name
        arguments = ["sweep", file, "-o", directory, *options]
        self.f.same(f"{name} --status before", {line.rsplit(": ", 1)[-1] for line in
                                                self.turnpike(*arguments, "--status", "--wide").splitlines()}, {"missing"})
        text = self.turnpike(*arguments, code=code)
        points = []
        for values in itertools.product(*matrix.values()):
            settings = dict(zip(matrix, values))
            status, message = (statuses or {}).get(values, ("ok", ""))
            points.append(Point(directory, settings, status, message))
        files = SweepFiles(self.f, directory, points)
        files.check()
        files.check_text(text, wide=False)
        runs = []
        for point in points:
            if point.results:
                runs.append(RunFiles(self.f, point.directory, f"{name}/{point.id}"))
                runs[-1].check(CONFIGS, self.book, expected, list(map(str, arguments)))
                check_configuration(self.f, runs[-1], CONFIGS, ACCELERATOR, None, expected.brings, [
                    *(value for flag, value in zip(options, options[1:]) if flag == "--set"),
                    *(f"{key}={point.text(key)}" for key in point.settings)])
        self.resume(files, arguments, text, code)
        return runs

    def resume(self, files, arguments, text, code):
        """Again, when nothing is left to do: the same answer."""
        name, directory, points = files.where, files.directory, files.points
        before = (directory / "sweep.csv").read_bytes()
        self.f.same(f"{name} again: table", self.turnpike(*arguments, code=code), text)
        finished = sum(point.status in ("ok", "check_failed") for point in points)
        self.f.true(f"{name} again", f"{len(points)} points, {finished} of them finished before" in self.message,
                    f"says '{self.message}'")
        self.f.true(f"{name} again: sweep.csv", (directory / "sweep.csv").read_bytes() == before, "is another")
        files.check_text(self.turnpike(*arguments, "--wide", code=code), wide=True)
        document = json.loads(self.turnpike(*arguments, "--json", code=code))
        files.check_json(document, "--json")
        files.check_status(self.turnpike(*arguments, "--status"))
        self.f.same(f"{name} --force: table", self.turnpike(*arguments, "--force", code=code), text)
        self.f.true(f"{name} --force", f"{len(points)} points, 0 of them finished before" in self.message,
                    f"says '{self.message}'")


def report(session, runs):
    page = session.folder / f"{runs[0].directory.name}.html"
    session.turnpike("report", *(run.directory for run in runs), "-o", page)
    data = check_page(session.f, page, runs)
    if browser.installed():
        browser.look(session.f, page, data, runs, session.folder, session.pictures)


def residual(session):
    """Widths with and without highway: all tables of a sweep, the page, the questions."""
    network = session.put("residual.yaml", networks.network_yaml(networks.RESIDUAL))
    expected = networks.expected_of_network(networks.RESIDUAL)
    runs = session.sweep("widths", network, {"precision": [16, 8, 3, 2], "highway.enabled": [False, True]}, expected)
    session.f.same("widths: files", sorted(path.name for path in (session.folder / "widths").iterdir()),
                   sorted([*(run.directory.name for run in runs), "sweep.csv", "sweep.json", "sweep.sqlite"]))
    report(session, runs)
    report(session, [run for run in runs if at(run.config, "highway.enabled")])
    report(session, [runs[-1], *runs[:2]])
    ask(session, runs[-2:])
    widths = session.folder / "widths"
    claims.check_claims(session.f, session.json("sensitivity", widths), session.turnpike("sensitivity", widths), runs)
    return network, expected


def ask(session, runs):
    f, (plain, highway) = session.f, runs
    directories = [run.directory for run in runs]
    questions.check_compare_json(f, session.json("compare", *directories), runs)
    questions.check_compare_text(f, session.turnpike("compare", *directories), runs)
    cycles, base = highway.results["totals"]["cycles"], plain.results["totals"]["cycles"]
    energy = 100 * (highway.results["totals"]["energy_uj"] / plain.results["totals"]["energy_uj"] - 1)
    for limit, code in ((f"energy>+{energy - 0.001}%", 1), (f"energy>+{energy + 0.001}%", 0),
                        (f"cycles<{cycles + 1}", 1), (f"cycles<{cycles}", 0), (f"cycles>+{max(0, cycles - base)}", 0)):
        session.turnpike("compare", *directories, "--fail-if", limit, code=code)
    layer = "b.add" if "b.add" in highway.layers else "b.conv2"
    for component, action, where in (("mac", "compute", None), ("mac", None, layer), ("glb", None, None),
                                     ("dram", None, None), ("noc", "write", layer), ("clock", None, None)):
        question = component + (f".{action}" if action else "") + (f"@{where}" if where else "")
        questions.check_explain(f, session.json("explain", highway.directory, question),
                                session.turnpike("explain", highway.directory, question, "--wide"), highway, component, action, where)
    for component in ("glb", "post", "mac"):
        questions.check_explain_area(f, session.json("explain", highway.directory, f"area.{component}"), highway, component)
    settings = [word for key in ("precision", "highway.enabled") for word in
                ("--set", f"{key}={str(2 if key == 'precision' else True).lower()}")]
    questions.check_area(f, session.json("area", ACCELERATOR, *settings), highway)
    for chosen in (runs[1:], runs):
        document = session.json("sensitivity", *(run.directory for run in chosen))
        questions.check_sensitivity(f, document, chosen)
        questions.check_sensitivity_text(f, session.turnpike("sensitivity", *(run.directory for run in chosen)), document)
    reprice(session, highway)


def reprice(session, run):
    expected = networks.expected_of_network(networks.RESIDUAL)
    same = session.folder / "repriced_same"
    session.turnpike("reprice", run.directory, "-o", same)
    questions.same_bytes(session.f, "reprice without a change:", run.directory, same)
    other = session.folder / "repriced_access"
    session.turnpike("reprice", run.directory, "--profile", "access", "-o", other)
    access = RunFiles(session.f, other)
    access.check(CONFIGS, session.book, expected)
    check_configuration(session.f, access, CONFIGS, ACCELERATOR, "access", ["mapper.prices=silicon"],
                        ["precision=2", "highway.enabled=true"])
    session.f.same("reprice --profile access: counts", [(r["layer"], r["component"], r["count"]) for r in access.counts.rows],
                   [(r["layer"], r["component"], r["count"]) for r in run.counts.rows])
    scaled = session.folder / "repriced_45nm"
    session.turnpike("reprice", run.directory, "--technology", "45nm", "-o", scaled)
    results, config = read_json(scaled / "results.json"), read_yaml(scaled / "config.resolved.yaml")[0]
    session.f.same("reprice --technology: node", config["technology"]["node_nm"], 45)
    session.f.true("reprice --technology: energy and area", results["energy_pj"]["mac"] < run.results["energy_pj"]["mac"]
                   and results["area_um2"]["mac"] < run.results["area_um2"]["mac"], "are not those of a smaller node")
    session.f.true("reprice --profile access: policy", "profile access:" in access.results["policy"]
                   and "; mapped for silicon" in access.results["policy"], "is not named")


def options(session, network, expected):
    """Every option that moves bytes, cycles or layers."""
    high = ("--set", "precision=3", "--set", "highway.enabled=true")
    session.sweep("traffic", network, {"feature_maps": ["keep", "spill"], "transfers": ["overlap", "serial"],
                                       "rlc": ["off", "on", "where_it_helps"], "highway.storage": ["dual", "single"]},
                  expected, *high)
    session.sweep("edges", network, {"layers.first_last": ["same", "native16", "composed", "excluded"]}, expected,
                  "--set", "precision=4")
    session.sweep("machines", network, {"dram.device": ["ddr4-3200", "hbm2"], "clock_mhz": [100, 250],
                                        "technology.voltage": [1.0, 0.9]}, expected, *high)
    session.run("mixed", network, expected, "--set", "precision={weight: 2, activation: 4}", "--set", "rlc=on",
                "--profile", "access")
    own = session.put("own.yaml", ACCELERATOR.read_text(encoding="utf-8")
                      + "feature_maps: spill\npsum: {cost_bits: 12}\ncost: {leakage: false}\n")
    session.run("own_keys", network, expected, "--set", "precision=3", accelerator=own)
    session.run("own_keys_paper", network, expected, "--set", "precision=3", "--profile", "paper", "--set",
                "psum.cost_bits=14", accelerator=own)
    conflicts = session.run("conflicts", network, expected, "--set", "precision=2", "--set", "glb.banks=1", "--set", "glb.line=values")
    session.f.true("conflicts", conflicts.results["totals"]["glb_conflict_cycles"] > 0, "are none: nothing is seen")
    report(session, [conflicts])
    lstm = session.put("lstm.yaml", networks.network_yaml(networks.LSTM))
    session.sweep("lstm", lstm, {"precision": [4, 2], "highway.enabled": [False, True]},
                  networks.expected_of_network(networks.LSTM))


def traces(session):
    """Traces, whose numbers say what must come out."""
    for name, options_ in (("tiny_residual.npz", ("--check",)), ("tiny_lstm.npz", ()), ("tiny_gru", ("--check",))):
        trace = Trace.read(SAMPLES / name)
        expected = cases.expected_of_trace(trace)
        expected.accumulators = True if options_ else None
        check_trace_info(session.f, trace, session.json("trace", "info", SAMPLES / name),
                         session.turnpike("trace", "info", SAMPLES / name), session.json("trace", "check", SAMPLES / name),
                         session.turnpike("trace", "check", SAMPLES / name))
        check_stats(session.f, trace, session.json("trace", "stats", SAMPLES / name),
                    session.turnpike("trace", "stats", SAMPLES / name, "--wide"))
        session.run(name.split(".")[0], SAMPLES / name, expected, *options_)
    check_diff(session, "diff", Trace.read(SAMPLES / "tiny_residual.npz"), "conv1.y", "conv1", 1, CHANGED_CODES)
    off = cases.with_highway_off(Trace.read(SAMPLES / "tiny_residual.npz"))
    off.write(session.folder / "highway_off")
    expected = cases.expected_of_trace(off)
    expected.wider_skips = ["b1.out", "conv1.y"]  # 8 bits, where the quantize layers beside the adds take 2
    session.run("called_off", session.folder / "highway_off", expected)
    trace = cases.wide_psums()
    trace.write(session.folder / "wide_psums")
    expected = cases.expected_of_trace(trace)
    expected.monotone = {"sum"}
    expected.exact = None  # no integer output
    over = session.run("over", session.folder / "wide_psums", expected)
    report(session, [over])  # a page with the source of a trace
    check_trace_info(session.f, trace, *(session.json("trace", "info", session.folder / "wide_psums"),
                                         session.turnpike("trace", "info", session.folder / "wide_psums"),
                                         session.json("trace", "check", session.folder / "wide_psums"),
                                         session.turnpike("trace", "check", session.folder / "wide_psums")))


def failures(session):
    """Checks that fail, points that cannot run: the verdict must be the same wherever it stands."""
    sample = Trace.read(SAMPLES / "tiny_residual.npz")
    wrong = cases.with_wrong_code(sample, "b1.conv1", 5)
    wrong.write(session.folder / "wrong_code")
    expected = cases.expected_of_trace(wrong)
    expected.float_error = None  # the code is an input of real outputs, too
    expected.exact, expected.difference = False, ["b1.conv1", "b1.q2", "5"]
    expected.differing = {"b1.q2": [1]}
    run = session.run("wrong", session.folder / "wrong_code", expected, code=1)
    report(session, [run])
    session.sweep("wrong_sweep", session.folder / "wrong_code", {"transfers": ["overlap", "serial"]}, expected,
                  statuses={("overlap",): ("check_failed", ""), ("serial",): ("check_failed", "")}, code=1)
    expected.tolerance = 1
    session.run("tolerated", session.folder / "wrong_code", expected, "--tolerance", "1",
                code=1 if run.results["checks"]["float_max_error"] > 1e-5 else 0)
    cases.with_wrong_code(sample, "b1.conv1", 5, by=2).write(session.folder / "off_by_two")
    expected.differing = {"b1.q2": [2]}
    session.run("beyond", session.folder / "off_by_two", expected, "--tolerance", "1", code=1)
    inexact, error = cases.with_wrong_float(sample, "mean", 3, 1e-3)
    inexact.write(session.folder / "wrong_float")
    expected = cases.expected_of_trace(sample)
    expected.float_error = error
    session.run("inexact", session.folder / "wrong_float", expected, code=1)
    network = session.folder / "residual.yaml"
    session.sweep("unmapped", network, {"spads.filter": [1, 224]}, networks.expected_of_network(networks.RESIDUAL),
                  statuses={(1,): ("failed", "1-value filter spad")}, code=2)


def bought(session):
    """A sweep that names a data set: accuracy beside energy wherever the sweep is shown."""
    fixtures = ROOT / "tests" / "fixtures"
    text = cases.sweep_yaml(ACCELERATOR, fixtures / "shapes.yaml", {"precision": [8, 4, 3, 2], "highway.enabled": [False, True]})
    file = session.put("bought_sweep.yaml", text + f"weights: {fixtures / 'shapes_float.npz'}\n"
                       f"data: {{file: {fixtures / 'shapes_test.npz'}, calibration: {fixtures / 'shapes_train_500.npz'}, images: 500, repair: bn}}\n")
    directory = session.folder / "bought"
    session.turnpike("sweep", file, "-o", directory)
    points = read_json(directory / "sweep.json")["points"]
    session.f.same("bought: points with an accuracy", [point.get("accuracy", {}).get("images") for point in points], [500] * 8)
    runs = [RunFiles(session.f, directory / point["id"], f"bought/{point['id']}") for point in points]
    report(session, runs)
    accuracy.check_claims(session.f, session.json("sensitivity", directory), session.turnpike("sensitivity", directory, "--wide"), runs)
    pair = [run.directory for run in runs[-2:]]
    accuracy.check_compare(session.f, session.json("compare", *pair), session.turnpike("compare", *pair), runs[-2:])
    evaluated = session.json("model", "eval", fixtures / "shapes.yaml", "--weights", fixtures / "shapes_float.npz", "--data", fixtures / "shapes_test.npz",
                             "--calibration", fixtures / "shapes_train_500.npz", "--images", "500", "--repair", "bn", "--precision", "8,4,3,2")
    session.f.same("bought: top-1 of model eval", [setting["top1"] for setting in evaluated["settings"]],
                   [accuracy.beside(run)["top1"] for run in runs])


def refusals(session):
    """What cannot be done ends with the code that docs/cli.md gives it, and without an answer."""
    nowhere = session.folder / "nowhere"
    for code, arguments in ((3, ["run", ACCELERATOR, "--network", f"{nowhere}.npz"]), (3, ["explain", nowhere, "mac"]),
                            (3, ["compare", nowhere, nowhere]), (2, ["run", ACCELERATOR, "--network", "zoo:nothing"]),
                            (2, ["run", ACCELERATOR, "--network", "zoo:lstm300", "--set", "clock_mhs=1"]),
                            (2, ["run", ACCELERATOR]), (2, ["report", session.folder / "widths", "-o", session.folder / "page.pdf"])):
        session.f.same(f"{arguments[0]}, refused: stdout", session.turnpike(*arguments, code=code), "")
        session.f.true(f"{arguments[0]}, refused: stderr", session.message.startswith("turnpike") or "Usage" in session.message
                       or "required" in session.message, f"is '{session.message}'")


def hostile_names(session):
    path = session.put("hostile.yaml", networks.network_yaml(networks.HOSTILE))
    run = session.run("hostile", path, networks.expected_of_network(networks.HOSTILE), "--set", "precision=4")
    report(session, [run])


def other_inputs(session):
    """A network file is edited between two sweeps into one folder: nothing may be taken over."""
    matrix = {"precision": [4, 2]}
    for filters in (5, 6):
        network = {**networks.RESIDUAL, "layers": [*networks.RESIDUAL["layers"][:-1],
                                                   {**networks.RESIDUAL["layers"][-1], "filters": filters}]}
        path = session.put("edited.yaml", networks.network_yaml(network))
        session.sweep("edited", path, matrix, networks.expected_of_network(network))


def interruption(session):
    """SIGTERM in the middle of a sweep: 130, what is finished is kept, the next sweep does the rest."""
    file = session.put("long_sweep.yaml", cases.sweep_yaml(ACCELERATOR, session.folder / "residual.yaml", {
        "clock_mhz": list(range(100, 150)), "transfers": ["overlap", "serial"]}))
    directory = session.folder / "long"
    arguments = ["sweep", file, "-o", directory, "-j", "1"]
    with subprocess.Popen([session.program, *map(str, arguments)], env=session.environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(list(directory.glob("*/run.json"))) < 3:
            time.sleep(0.002)
        process.terminate()
        process.communicate(timeout=60)
    session.f.same("interrupted sweep: exit code", process.returncode, 130)
    kept = {path.parent for path in directory.glob("*/run.json")}
    session.f.true("interrupted sweep: points kept", 3 <= len(kept) < 100, f"are {len(kept)}")
    session.turnpike(*arguments)
    session.f.true("interrupted sweep, resumed", f"100 points, {len(kept)} of them finished before" in session.message,
                   f"says '{session.message}'")
    run = RunFiles(session.f, max(kept), "resumed point")
    run.check(CONFIGS, session.book, networks.expected_of_network(networks.RESIDUAL))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--turnpike", required=True, type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, help="work in this new folder and leave it there")
    parser.add_argument("--pictures", type=pathlib.Path, help="keep there what a browser draws and prints of the report pages")
    arguments = parser.parse_args()
    if not browser.installed():
        print("the report pages are not drawn: chromium is not installed")
    with tempfile.TemporaryDirectory(prefix="turnpike_last_mile_") as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        pictures = (arguments.pictures or folder / "pictures").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        session = Session(arguments.turnpike.resolve(), folder.resolve(), pictures)
        network, expected = residual(session)
        groups = [lambda: options(session, network, expected), lambda: traces(session), lambda: failures(session), lambda: bought(session), lambda: refusals(session),
                  lambda: hostile_names(session), lambda: other_inputs(session), lambda: interruption(session)]
        for group in groups:
            if not (session.f.problems and "TURNPIKE_STOP_EARLY" in os.environ):
                group()
    print(f"{session.f.compared} comparisons, {session.book.from_tables} prices read off the tables, "
          f"{len(session.f.problems)} differences")
    for problem in session.f.problems[:200]:
        print(f"  {problem}")
    return 1 if session.f.problems else 0


if __name__ == "__main__":
    sys.exit(main())
