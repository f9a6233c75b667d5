"""Turnpike from Python: what a precision highway costs in silicon.

    import turnpike
    r = turnpike.run("precision-highway", network="zoo:resnet18", precision=2)
    r["totals"]["energy_uj"], r.frame()

Each call runs the program `turnpike` and lets other threads go on, so threads and notebooks may make several at once.
Results are those of the command line, to the last digit.
"""

import json as _json
import os as _os
import pathlib as _pathlib
import re as _re
import shutil as _shutil
import signal as _signal
import subprocess as _subprocess
import sys as _sys
import tempfile as _tempfile
import threading as _threading
import weakref as _weakref

__all__ = ["CheckFailed", "Error", "FileError", "InputError", "InternalError", "Result", "Sweep", "program", "run", "sweep",
           "version"]


class Error(Exception):
    """What the command line would have said; `code` is its exit code."""

    code = 4


class CheckFailed(Error):
    """The run came to its end, but a check of it failed (1); `result` is the run."""

    code = 1

    def __init__(self, message, result=None):
        super().__init__(message)
        self.result = result


class InputError(Error, ValueError):
    """A wrong key, value or name, no legal mapping (2)."""

    code = 2


class FileError(Error, OSError):
    """A file that is missing, damaged or cannot be written; no memory (3)."""

    code = 3


class InternalError(Error, RuntimeError):
    """The program is wrong (4); please report."""

    code = 4


def program():
    """The program that is run: $TURNPIKE_PROGRAM, the one this package was installed with, or the one in PATH."""
    given = _os.environ.get("TURNPIKE_PROGRAM")
    if given:
        return given
    for folder in _pathlib.Path(__file__).resolve().parents:
        if (folder / "share/turnpike/configs").is_dir() and (folder / "bin/turnpike").is_file():
            return str(folder / "bin/turnpike")
    found = _shutil.which("turnpike")
    if not found:
        raise FileError("no program 'turnpike' beside this package or in PATH; TURNPIKE_PROGRAM may name it")
    return found


def _configs(given):
    """The folder of names, as the program finds it."""
    if given or _os.environ.get("TURNPIKE_CONFIGS"):
        return _path(given) or _os.environ["TURNPIKE_CONFIGS"]
    folder = _pathlib.Path(program()).resolve().parent
    for place in (folder / "../share/turnpike/configs", folder / "../../configs"):
        if place.is_dir():
            return str(place.resolve())
    raise FileError("the folder of configurations is not found; give configs=")


def version():
    """The program's version."""
    return _call(["version"]).out.split()[-1]


class _Ended:
    """What a call of the program came to."""

    def __init__(self, code, out, lines):
        self.code = code
        self.out = out
        said = [line.removeprefix("turnpike: ") for line in lines if line.startswith("turnpike: ")]
        self.message = "\n".join(said) or "\n".join(lines)
        self.notes = [line.removeprefix("note: ") for line in lines if not line.startswith("turnpike: ")]

    def error(self):
        """The exception its exit code stands for."""
        if self.code < 0:
            name = _signal.Signals(-self.code).name
            return FileError(f"killed by {name}, likely out of memory") if name == "SIGKILL" else InternalError(f"killed by {name}")
        kind = {1: CheckFailed, 2: InputError, 3: FileError}.get(self.code, InternalError)
        return kind(self.message)


def _call(words, line=None):
    """Runs the program; `line` takes each line of stderr as it comes, and returns False for one that is to be kept."""
    try:
        child = _subprocess.Popen([program(), *words], stdin=_subprocess.DEVNULL, stdout=_subprocess.PIPE,
                                  stderr=_subprocess.PIPE, encoding="utf-8", errors="replace")
    except OSError as error:
        raise FileError(f"{error.filename}: cannot be run: {error.strerror}") from error
    out, lines = [], []
    reader = _threading.Thread(target=lambda: out.append(child.stdout.read()), daemon=True)
    try:
        reader.start()
        for text in child.stderr:
            text = text.rstrip("\n")
            if line is None or not line(text):
                lines.append(text)
        reader.join()
        child.wait()
    except BaseException:  # Ctrl-C, or a callback: the program keeps what is finished
        child.terminate()
        child.wait()
        raise
    finally:
        reader.join()
        child.stdout.close()
        child.stderr.close()
    return _Ended(child.returncode, out[0], lines)


def _yaml(value):
    if isinstance(value, str):
        return value
    return _json.dumps(value, default=lambda other: other.item())  # NumPy's numbers


def _assignments(settings, keys):
    """{"precision": 2, "highway": {"enabled": True}} as --set takes it."""
    out = []
    for key, value in {**(settings or {}), **keys}.items():
        if isinstance(value, dict) and key != "precision":
            out += [f"{key}.{part}={_yaml(inner)}" for part, inner in value.items()]
        else:
            out.append(f"{key}={_yaml(value)}")
    return out


def _path(value):
    return None if value is None else _os.fspath(value)


def _options(**given):
    out = []
    for name, value in given.items():
        if value is True:
            out.append(f"--{name}")
        elif value is not None and value is not False:
            out += [f"--{name}", _os.fspath(value) if not isinstance(value, int) else str(value)]
    return out


def _flat(record, before=""):
    out = {}
    for key, value in record.items():
        if isinstance(value, dict):
            out.update(_flat(value, f"{before}{key}."))
        else:
            out[before + key] = value
    return out


def _columns(rows):
    """NumPy arrays by name; what a row lacks is nan among numbers, None elsewhere."""
    import numpy

    names = list(dict.fromkeys(name for row in rows for name in row))
    out = {}
    for name in names:
        values = [row.get(name) for row in rows]
        numbers = all(value is None or isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
        if numbers and None in values:
            values = [numpy.nan if value is None else value for value in values]
        uniform = numbers or len({type(value) for value in values}) == 1 and not isinstance(values[0], list)
        column = numpy.array(values) if uniform else numpy.empty(len(values), dtype=object)
        if not uniform:
            column[:] = values
        out[name] = column
    return out


def _frame(columns):
    try:
        import pandas
    except ImportError as error:
        raise ImportError("frame() needs pandas (Debian: python3-pandas); columns() gives NumPy arrays") from error
    return pandas.DataFrame(columns)


class Result(dict):
    """results.json as a dict (docs/results.md); `text` is the file's text, `notes` what the run had to say."""

    def __init__(self, text, notes=()):
        super().__init__(_json.loads(text))
        self.text = text
        self.notes = list(notes)

    def columns(self):
        """The layers: a NumPy array for each of their figures, such as "cycles" or "energy_pj.mac"."""
        return _columns([_flat(layer) for layer in self["layers"]])

    def frame(self):
        """The layers as a pandas DataFrame."""
        return _frame(self.columns())

    def __repr__(self):
        totals = self["totals"]
        return f"<turnpike.Result: {totals['cycles']} cycles, {totals['energy_uj']:.6g} uJ, {totals['area_mm2']:.6g} mm2>"


class Sweep:
    """Points of a sweep as sweep.json has them: {"id", "settings", "profile", "status", "totals"...}."""

    def __init__(self, text, directory, notes=(), temporary=False):
        self.json = _json.loads(text)
        self.points = self.json["points"]
        self.directory = directory
        self.notes = list(notes)
        if temporary:
            _weakref.finalize(self, _shutil.rmtree, directory, ignore_errors=True)

    @property
    def ok(self):
        """True if every point ran and all its checks passed."""
        return all(point["status"] == "ok" for point in self.points)

    def columns(self):
        """A NumPy array for each setting and total, and "status" and "message", over the points."""
        rows = []
        for point in self.points:
            row = {**point["settings"], "profile": point["profile"], "status": point["status"]}
            if "message" in point:
                row["message"] = point["message"]
            rows.append({**row, **_flat(point.get("totals") or {})})
        return _columns(rows)

    def frame(self):
        """A row a point, as a pandas DataFrame."""
        return _frame(self.columns())

    def __len__(self):
        return len(self.points)

    def __repr__(self):
        done = sum(point["status"] == "ok" for point in self.points)
        return f"<turnpike.Sweep: {done} of {len(self.points)} points ok, in {self.directory}>"


def run(accelerator, network, *, profile=None, weights=None, layers="*", timing="memo", output=None, force=False,
        configs=None, settings=None, **keys):
    """Simulates one network on one accelerator, as `turnpike run`.

    Keys of the accelerator file are arguments: precision=2, highway={"enabled": True}, or
    settings={"highway.enabled": True}. `output` also writes a run directory. InputError, FileError and InternalError
    with the program's message; CheckFailed if the outputs are not the trace's.
    """
    words = ["run", _path(accelerator), "--network", _path(network), "--json"]
    words += _options(profile=profile, weights=weights, layers=layers, timing=timing, output=output, force=force, configs=configs)
    for assignment in _assignments(settings, keys):
        words += ["--set", assignment]
    ended = _call(words)
    if ended.code not in (0, 1):
        raise ended.error()
    result = Result(ended.out, ended.notes)
    if ended.code == 1:
        raise CheckFailed(ended.message, result)
    return result


def _show(done, total, seconds, seconds_left):
    left = f", about {seconds_left:.0f} s left" if 0 < done < total else ""
    _sys.stderr.write(f"\r{done} of {total} points done in {seconds:.0f} s{left}   " + ("\n" if done == total else ""))
    _sys.stderr.flush()


_PROGRESS = _re.compile(r"(\d+) of (\d+) points done in (\d+) s(?:, about (\d+) s left)?$")


def _written(sweep, path, configs):
    """A dict as a sweep file. Bare names of accelerators and networks are files of the folder of configurations there."""
    content = {"schema": "turnpike-sweep/1", **sweep}
    for key, folder in (("accelerator", "accelerators"), ("network", "networks")):
        name = _path(content.get(key))
        if name and "/" not in name and not _os.path.exists(name) and not name.startswith("zoo:") and "." not in name:
            options = _options(configs=configs)
            known = _call(["list", folder, *options]).out.split()
            if name in known:
                name = _os.path.join(_configs(configs), folder, name + ".yaml")
        if name:
            content[key] = name
    path.write_text(_json.dumps(content, default=lambda other: other.item()), encoding="utf-8")
    return path


def sweep(file, *, profile=None, output=None, jobs=None, force=False, progress=None, configs=None, settings=None, **keys):
    """Simulates every point of a sweep, as `turnpike sweep`: a file, a name, or a dict of what such a file holds.

    `progress` is True for a line on stderr, or is called with (done, total, seconds, seconds_left) when one ends. Without `output`
    the points' directories are temporary and go with the result; with it, finished points are not run again. A point
    that fails does not stop the others: see `status` and `message` of `points`, and `ok`.
    """
    temporary = False
    if output is None:
        output = _tempfile.mkdtemp(prefix="turnpike_sweep_")
        temporary = True
    work = _tempfile.TemporaryDirectory(prefix="turnpike_sweep_")  # of the file, while it runs
    with work:
        if isinstance(file, dict):
            file = _written(file, _pathlib.Path(work.name) / "sweep.yaml", configs)
        words = ["sweep", _path(file), "--json", "--progress", "lines" if progress else "none"]
        words += _options(profile=profile, output=output, jobs=jobs, force=force, configs=configs)
        for assignment in _assignments(settings, keys):
            words += ["--set", assignment]
        show = _show if progress is True else progress

        def line(text):
            at = _PROGRESS.match(text)
            if at:
                show(int(at[1]), int(at[2]), float(at[3]), float(at[4] or 0))
            return at

        ended = _call(words, line if progress else None)
    if not ended.out:
        if temporary:
            _shutil.rmtree(output, ignore_errors=True)
        raise ended.error()
    return Sweep(ended.out, _path(output), ended.notes, temporary)
