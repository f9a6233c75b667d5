#!/usr/bin/env python3
"""The Python module against the command line: PYTHONPATH names the module, TURNPIKE_PROGRAM the program."""

import ast
import concurrent.futures
import inspect
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import turnpike

PROGRAM = os.environ["TURNPIKE_PROGRAM"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
NETWORK = """schema: turnpike-network/1
layers:
  - {name: conv, op: conv, input: [4, 10, 10], filters: 8, kernel: 3}
  - {name: next, op: conv, filters: 6, kernel: 3}
"""
BAD_TRACE = ROOT / "traces/samples/tiny_residual.npz"


def program(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


def message(*arguments):
    """What the command line says, without its name."""
    return program(*arguments).stderr.strip().removeprefix("turnpike: ")


class Module(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="turnpike_module_")
        self.addCleanup(self.folder.cleanup)
        self.network = pathlib.Path(self.folder.name) / "net.yaml"
        self.network.write_text(NETWORK, encoding="utf-8")

    def run_small(self, **keys):
        return turnpike.run("precision-highway", self.network, **keys)

    def test_results_are_those_of_the_command_line(self):
        for keys, settings in (({}, []), ({"precision": 2}, ["precision=2"]),
                               ({"precision": 3, "highway": {"enabled": True}}, ["precision=3", "highway.enabled=true"]),
                               ({"precision": {"weight": 2, "activation": 4}}, ["precision={weight: 2, activation: 4}"]),
                               ({"settings": {"array.rows": 6}, "profile": "paper"}, ["array.rows=6", "profile=paper"])):
            options = [word for setting in settings for word in ("--set", setting)]
            expected = program("run", "precision-highway", "--network", self.network, "--json", *options)
            self.assertEqual(expected.returncode, 0, expected.stderr)
            if "profile" in keys:
                options = options[:2] + ["--profile", "paper"]
                expected = program("run", "precision-highway", "--network", self.network, "--json", *options)
            self.assertEqual(self.run_small(**keys).text, expected.stdout)

    def test_a_real_network_too(self):
        expected = program("run", ROOT / "configs/accelerators/precision-highway.yaml", "--network", "zoo:lstm300",
                           "--set", "precision=2", "--json")
        result = turnpike.run(ROOT / "configs/accelerators/precision-highway.yaml", network="zoo:lstm300", precision=2)
        self.assertEqual(result, json.loads(expected.stdout))

    def test_a_run_directory_is_that_of_the_command_line(self):
        mine, theirs = (pathlib.Path(self.folder.name) / name for name in ("mine", "theirs"))
        self.run_small(output=mine)
        self.assertEqual(program("run", "precision-highway", "--network", self.network, "-o", theirs).returncode, 0)
        for name in ("results.json", "layers.csv", "counts.csv", "stats.txt", "config.resolved.yaml"):
            self.assertEqual((mine / name).read_bytes(), (theirs / name).read_bytes(), name)
        self.run_small(output=theirs)  # the same command: may replace it
        with self.assertRaisesRegex(turnpike.InputError, "--force"):
            self.run_small(output=theirs, precision=2)

    def test_two_runs_in_a_row_and_from_threads(self):
        alone = [self.run_small(precision=bits).text for bits in (16, 8, 4, 2)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for _ in range(2):
                texts = list(pool.map(lambda bits: self.run_small(precision=bits).text, (16, 8, 4, 2)))
                self.assertEqual(texts, alone)

    def test_other_threads_go_on(self):
        ticks, stop = [], threading.Event()
        def tick():
            while not stop.wait(0.005):
                ticks.append(time.monotonic())
        thread = threading.Thread(target=tick)
        thread.start()
        begin = time.monotonic()
        turnpike.run("precision-highway", "zoo:lstm300", timing="reference")
        end = time.monotonic()
        stop.set()
        thread.join()
        within = [at for at in ticks if begin < at < end]
        self.assertGreater(len(within), (end - begin) / 0.1, "the interpreter was held")

    def test_errors_have_the_programs_words(self):
        for keys, kind, arguments in (
                ({"precision": 99}, turnpike.InputError, ["--set", "precision=99"]),
                ({"precison": 2}, turnpike.InputError, ["--set", "precison=2"]),
                ({"profile": "silcon"}, turnpike.InputError, ["--profile", "silcon"]),
                ({"layers": "cnov"}, turnpike.InputError, ["--layers", "cnov"])):
            with self.assertRaises(kind) as caught:
                self.run_small(**keys)
            self.assertEqual(str(caught.exception), message("run", "precision-highway", "--network", self.network, *arguments))
            self.assertIsInstance(caught.exception, (turnpike.Error, ValueError))
        with self.assertRaises(turnpike.FileError) as caught:
            turnpike.run("precision-highway", "nowhere.npz")
        self.assertEqual(str(caught.exception), message("run", "precision-highway", "--network", "nowhere.npz"))
        self.assertIsInstance(caught.exception, OSError)
        with self.assertRaises(TypeError):
            turnpike.run("precision-highway")

    def test_a_failed_check_is_an_exception_with_the_result(self):
        import numpy
        with numpy.load(BAD_TRACE) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(bytes(arrays["__trace__"]))
        output = header["layers"][-1]["output"]
        arrays[output] = arrays[output] ^ 1 if arrays[output].dtype.kind in "iu" else arrays[output] + 1000
        path = pathlib.Path(self.folder.name) / "wrong.npz"
        numpy.savez(path, **arrays)
        expected = program("run", "precision-highway", "--network", path, "--json")
        self.assertEqual(expected.returncode, 1)
        with self.assertRaisesRegex(turnpike.CheckFailed, "a check failed") as caught:
            turnpike.run("precision-highway", path)
        self.assertEqual(caught.exception.result.text, expected.stdout)
        self.assertEqual(str(caught.exception), expected.stderr.strip().splitlines()[-1].removeprefix("turnpike: "))

    def test_columns_and_frame_hold_the_layers(self):
        result = self.run_small()
        columns = result.columns()
        self.assertEqual(columns["cycles"].tolist(), [layer["cycles"] for layer in result["layers"]])
        self.assertEqual(columns["energy_pj.mac"].tolist(), [layer["energy_pj"]["mac"] for layer in result["layers"]])
        try:
            frame = result.frame()
        except ImportError:
            self.skipTest("no pandas")
        self.assertEqual(list(frame["name"]), [layer["name"] for layer in result["layers"]])
        self.assertEqual(frame["cycles"].sum(), sum(layer["cycles"] for layer in result["layers"]))

    def small_sweep(self):
        return {"accelerator": "precision-highway", "network": str(self.network),
                "matrix": {"precision": [8, 2], "highway.enabled": [False, True]}}

    def test_a_sweep_is_that_of_the_command_line(self):
        file = pathlib.Path(self.folder.name) / "sweep.yaml"
        sweep = {**self.small_sweep(), "accelerator": str(ROOT / "configs/accelerators/precision-highway.yaml")}
        file.write_text(json.dumps({"schema": "turnpike-sweep/1", **sweep}), encoding="utf-8")
        seen = []
        mine = turnpike.sweep(file, output=pathlib.Path(self.folder.name) / "mine", jobs=2,
                              progress=lambda *at: seen.append(at))
        theirs = pathlib.Path(self.folder.name) / "theirs"
        self.assertEqual(program("sweep", file, "-o", theirs).returncode, 0)
        self.assertEqual(mine.json, json.loads((theirs / "sweep.json").read_text()))
        self.assertTrue(mine.ok)
        self.assertEqual([(done, total) for done, total, _, _ in seen], [(done, 4) for done in range(1, 5)])
        # Of the same program: neither runs what the other has finished.
        (theirs / mine.points[0]["id"] / "run.json").unlink()
        seen.clear()
        self.assertEqual(turnpike.sweep(file, output=theirs, progress=lambda *at: seen.append(at[:2])).json, mine.json)
        self.assertEqual(seen, [(1, 1)])
        again = turnpike.sweep(file, output=pathlib.Path(self.folder.name) / "mine")
        self.assertEqual(again.json, mine.json)
        columns = mine.columns()
        self.assertEqual(columns["precision"].tolist(), [8, 8, 2, 2])
        self.assertEqual(columns["cycles"].tolist(), [point["totals"]["cycles"] for point in mine.points])

    def test_a_sweep_may_be_a_dict(self):
        sweep = turnpike.sweep(self.small_sweep())
        self.assertEqual([point["status"] for point in sweep.points], ["ok"] * 4)
        directory = pathlib.Path(sweep.directory)
        self.assertTrue((directory / "sweep.csv").is_file())
        del sweep
        self.assertFalse(directory.exists())
        with self.assertRaisesRegex(turnpike.InputError, "matrx"):
            turnpike.sweep({**self.small_sweep(), "matrx": {}})

    def test_the_example_of_the_documentation_runs_as_it_is_printed(self):
        example = ROOT / "docs/sweep_example.py"
        text = example.read_text(encoding="utf-8")
        self.assertIn(f"```python\n{text}```", (ROOT / "docs/python.md").read_text(encoding="utf-8"))
        self.assertLess(len(text.splitlines()), 15)
        try:
            import matplotlib  # noqa: F401
            import pandas  # noqa: F401
        except ImportError as error:
            self.skipTest(str(error))
        done = subprocess.run([sys.executable, example], cwd=self.folder.name, capture_output=True, text=True, check=False,
                              env={**os.environ, "MPLBACKEND": "Agg"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 8, done.stdout)
        self.assertTrue((pathlib.Path(self.folder.name) / "energy.png").read_bytes().startswith(b"\x89PNG"))

    def test_what_a_callback_raises_ends_the_sweep(self):
        def refuse(*_):
            raise KeyError("enough")
        with self.assertRaises(KeyError):
            turnpike.sweep(self.small_sweep(), progress=refuse)

    def test_an_interrupt_ends_a_run_at_once(self):
        code = ("import turnpike, sys; print('up', flush=True)\n"
                "try: turnpike.run('precision-highway', 'zoo:resnet50', timing='reference')\n"
                "except KeyboardInterrupt: print('interrupted')")
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        self.assertEqual(child.stdout.readline(), "up\n")
        time.sleep(1)
        begin = time.monotonic()
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.communicate(timeout=20)[0], "interrupted\n")
        self.assertLess(time.monotonic() - begin, 10)

    def test_stubs_say_what_the_module_takes(self):
        stub = ast.parse(pathlib.Path(turnpike.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
        def shape(function):
            given = [(p.name, p.kind.name, p.default) for p in inspect.signature(function).parameters.values()]
            return [(name, kind, None if default is inspect.Parameter.empty else repr(default)) for name, kind, default in given]
        def stub_shape(node):
            scope = {}
            text = ast.unparse(ast.FunctionDef(node.name, node.args, [ast.Pass()], [], None, lineno=0))
            for name in ("_Path", "_Progress"):
                scope[name] = object
            exec("from __future__ import annotations\n" + text, scope)
            return shape(scope[node.name])
        names = set()
        for node in stub.body:
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
                self.assertEqual(stub_shape(node), shape(getattr(turnpike, node.name)), node.name)
            elif isinstance(node, ast.ClassDef):
                names.add(node.name)
                kind = getattr(turnpike, node.name)
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                self.assertLessEqual(bases, {base.__name__ for base in kind.__mro__})
                for method in (m for m in node.body if isinstance(m, ast.FunctionDef)):
                    real = inspect.getattr_static(kind, method.name)
                    if isinstance(real, property):
                        self.assertEqual(ast.unparse(method.decorator_list[0]), "property")
                    else:
                        self.assertEqual(stub_shape(method), shape(real), f"{node.name}.{method.name}")
                public = {n for n, value in vars(kind).items() if not n.startswith("_") and callable(value)}
                self.assertLessEqual(public, {m.name for m in node.body if isinstance(m, ast.FunctionDef)})
        self.assertEqual(names, set(turnpike.__all__))


if __name__ == "__main__":
    unittest.main()
