"""The program in a folder of its own, its directories as bytes, and what was found."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "last_mile"))

import cases  # noqa: E402 (the oracles' folder)
import networks  # noqa: E402
from findings import Findings
from reading import unfolded

ACCELERATOR = ROOT / "configs" / "accelerators" / "precision-highway.yaml"
SAMPLE = ROOT / "traces" / "samples" / "tiny_residual.npz"
RUN_FILES = ["config.resolved.yaml", "counts.csv", "layers.csv", "results.json", "stats.txt"]


def tree(directory):
    """Every file but run.json, which holds host and time, and the database, which has that, too."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(pathlib.Path(directory).rglob("*"))
            if path.is_file() and path.name != "run.json" and not path.name.startswith("sweep.sqlite")}


def finished(directory):
    return len(list(pathlib.Path(directory).glob("*/run.json")))


def children(pid):
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def alive(pid):
    """Whether a process runs; one that ended and is not yet waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(holds, seconds=20.0):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


class Session:
    def __init__(self, program, folder):
        self.program = str(program)
        self.folder = folder
        self.f = Findings()
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(folder / "cache"), TURNPIKE_CONFIGS=str(ROOT / "configs"))
        self.network = self.put("residual.yaml", networks.network_yaml(networks.RESIDUAL))

    def put(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def fresh(self, name):
        """A path where nothing is."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def sweep_file(self, name, matrix, network=None, accelerator=ACCELERATOR):
        return self.put(name, cases.sweep_yaml(accelerator, network or self.network, matrix))

    def start(self, *arguments, **more):
        return subprocess.Popen([self.program, *map(os.fsencode, map(os.fspath, map(self.word, arguments)))], **{
            "env": self.environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
            "text": True, **more})

    @staticmethod
    def word(argument):
        return argument if isinstance(argument, (bytes, str, os.PathLike)) else str(argument)

    def end(self, process, seconds=60):
        """Waits for the end; whether it came. Fills in out, err and code."""
        try:
            self.out, self.err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            self.out, self.err = process.communicate()
            self.code = "still running"
            return False
        self.code = process.returncode
        return True

    def run(self, *arguments, **more):
        self.end(self.start(*arguments, **more))
        return self.out

    def expect(self, where, code, *parts, err=True):
        """The exit code of the last command, and words in its message (or on its stdout)."""
        self.f.true(where, self.code == code, f"ends with {self.code}, must be {code}: {self.err}")
        for part in parts:
            text = self.err if err else self.out
            self.f.true(where, part in text, f"says '{text}' and not '{part}'")
        self.f.true(where, "please report" not in (self.err or ""), f"takes it for a bug: {self.err}")

    def unfinished_files(self, where, directory):
        """Nothing that only a writer knows is left."""
        left = [str(path) for path in pathlib.Path(directory).rglob("*") if path.suffix == ".part" or path.name[0] == "."]
        self.f.same(f"{where}: files of killed writers", left, [])


def signals_as(action, *numbers):
    """For preexec_fn: these signals as the caller of the program would have them."""
    def set_signals():
        for number in numbers:
            signal.signal(number, action)
    return set_signals
