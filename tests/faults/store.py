"""Sweeps whose points are in a database alone: kills, full disks, two at once, damage. The oracle reads it with Python's sqlite3 and zlib."""

import os
import random
import shutil
import signal
import sqlite3
import time
import zlib

from outputs import limited
from program import RUN_FILES, alive, children, tree, wait_until

MATRIX = {"clock_mhz": list(range(100, 110)), "transfers": ["overlap", "serial"]}
POINTS = 20
OTHERS = {"point", "inputs", "files", "checksum", "verified"}


def transposed(text):
    rows = [line.split(",") for line in text.rstrip("\n").split("\n")]
    return "".join(",".join(column) + "\n" for column in zip(*rows))


def unpacked(blob, known):
    """The files of a row, as docs/results.md describes them."""
    inflate = zlib.decompressobj(zdict=known[-32768:])
    head, body = (inflate.decompress(blob) + inflate.flush()).decode("utf-8").split("\n\n", 1)
    files, data, at = {}, body.encode("utf-8"), 0
    for line in head.split("\n"):
        turned, size, name = line.split(" ", 2)
        text = data[at:at + int(size)].decode("utf-8")
        at += int(size)
        files[name] = (transposed(text) if turned == "1" else text).encode("utf-8")
    return files


class Store:
    def __init__(self, directory):
        shutil.copytree(directory, str(directory) + ".copy", dirs_exist_ok=True)  # a look must not clean up after a kill
        database = sqlite3.connect(str(directory) + ".copy/sweep.sqlite")
        database.row_factory = sqlite3.Row
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        rows = list(database.execute("SELECT * FROM points")) if "points" in tables else []
        known = database.execute("SELECT value FROM meta WHERE key = 'known'").fetchone() if "meta" in tables else None
        self.rows = {row["id"]: {key: row[key] for key in row.keys() if key not in OTHERS} for row in rows}
        self.numbers = {row["id"]: row["point"] for row in rows if row["status"] in ("ok", "check_failed")}
        self.files = {row["id"]: unpacked(row["files"], known[0]) for row in rows if row["files"]}
        database.close()
        shutil.rmtree(str(directory) + ".copy")


class Stores:
    def __init__(self, session, seed):
        self.s, self.f, self.rng = session, session.f, random.Random(seed)
        self.file = session.sweep_file("store.yaml", MATRIX)
        session.run("sweep", self.file, "-j", "2", "-o", session.fresh("store_runs"), "--values", "always")
        session.expect("the sweep with run directories", 0)
        session.run(*self.command(session.fresh("store_whole")))
        session.expect("the sweep that nobody kills", 0)
        self.whole, self.tables = Store(session.folder / "store_whole"), tree(session.folder / "store_whole")

    def command(self, directory, jobs="2"):
        return ["sweep", self.file, "-j", jobs, "-o", directory, "--keep", "none"]

    def the_same_as_directories(self):
        """The database has, byte for byte, what run directories of points that computed every value have."""
        runs = self.s.folder / "store_runs"
        self.f.same("points of the store", len(self.whole.rows), POINTS)
        for name, files in self.whole.files.items():
            for file in RUN_FILES:
                self.f.true(f"{name}, {file}", files[file] == (runs / name / file).read_bytes(), "is another than in the run directory")
        for table in ("sweep.csv", "sweep.json"):
            self.f.true(table, (runs / table).read_bytes() == self.tables[table], "is another than of the sweep with run directories")
        self.f.same("files of the directory", sorted(self.tables), ["sweep.csv", "sweep.json"])

    def readers(self):
        """Commands take a point of the database as they take a run directory."""
        directory, runs = self.s.folder / "store_whole", self.s.folder / "store_runs"
        one, two = list(self.whole.rows)[:2]
        page = self.s.folder / "store.html"
        for command in (lambda at: ["explain", at(one), "mac"], lambda at: ["reprice", at(one)], lambda at: ["compare", at(one), at(two), "--json"],
                        lambda at: ["sensitivity", at(one), "--json"], lambda at: ["report", at(one), "-o", page, "--force"]):
            said = []
            for at in (lambda name: f"{directory}#{name}", lambda name: f"{directory}/sweep.sqlite#{name}", lambda name: f"{runs}/{name}"):
                said.append(self.s.run(*command(at)).replace(str(directory), "D").replace(str(runs), "D").replace("/sweep.sqlite", "").replace("D#", "D/"))
                self.s.expect(f"{command(at)[:2]}", 0)
            self.f.same(f"{command(at)[0]} of the store and of run directories", [len(set(said)), said[0]], [1, said[2]])
        self.s.run("explain", f"{directory}#{one}x", "mac")
        self.s.expect("a point that is not there", 3, "has no point", f"did you mean '{one}'")
        self.s.run("report", directory, "-o", page, "--force")
        self.s.expect("report of the whole store", 0, f"{POINTS} runs")

    def begin(self, directory):
        process = self.s.start(*self.command(directory), start_new_session=True)
        wait_until(lambda: (directory / "sweep.sqlite").exists() or process.poll() is not None)
        time.sleep(self.rng.random() * 0.35)
        return process

    def resume(self, where, directory, before):
        self.s.run(*self.command(directory))
        self.s.expect(where, 0, f"{POINTS} points, {len(before.numbers)} of them finished before")
        after = Store(directory)
        self.f.same(f"{where}: rows", after.rows, self.whole.rows)
        self.f.true(f"{where}: tables", tree(directory) == self.tables, "are others")
        for name, files in self.whole.files.items():
            self.f.true(f"{where}: files of {name}", all(after.files[name][file] == files[file] for file in RUN_FILES), "are others")
        self.f.same(f"{where}: points run again", {name: after.numbers[name] for name in before.numbers}, before.numbers)
        self.s.unfinished_files(where, directory)

    def killed_stores(self, count):
        for number in range(count):
            kind = ["parent", "group", "child", "term"][number % 4]
            where, directory = f"store, {kind} killed ({number})", self.s.fresh("killed_store")
            process = self.begin(directory)
            below = children(process.pid)
            if kind == "child":
                for child in below[:1]:
                    os.kill(child, signal.SIGKILL)
            elif process.poll() is None:
                (os.killpg if kind == "group" else os.kill)(process.pid, signal.SIGTERM if kind == "term" else signal.SIGKILL)
            self.s.end(process)
            self.f.true(where, wait_until(lambda: not any(map(alive, below)), 5), "leaves children that run on")
            self.resume(where, directory, Store(directory))

    def full_disks(self):
        """The sweep ends where it cannot store a point, and goes on from there."""
        for size in (0, 2000, 20000, 60000, 120000):
            where, directory = f"a store with room for {size} bytes", self.s.fresh("full_store")
            self.s.run(*self.command(directory), preexec_fn=limited(size), env=dict(self.s.environment, XDG_CACHE_HOME="/proc/none"))
            self.s.expect(where, 3, "sweep.sqlite")
            self.resume(where, directory, Store(directory))

    def two_at_once(self):
        directory = self.s.fresh("two_stores")
        first = self.s.start(*self.command(directory))
        wait_until(lambda: (directory / "sweep.sqlite").exists())
        second = self.s.start(*self.command(directory))
        self.s.end(second)
        late = self.s.code == 0
        if not late:
            self.s.expect("a second sweep into the store", 2, "another turnpike is sweeping")
        self.s.end(first)
        self.s.expect("the first", 0)
        self.resume("after two at once", directory, Store(directory))

    def damaged_stores(self):
        """Damage is told, or what was damaged is run again: no wrong figure comes out."""
        good = (self.s.folder / "store_whole" / "sweep.sqlite").read_bytes()
        for number in range(12):
            directory = self.s.fresh("damaged_store")
            shutil.copytree(self.s.folder / "store_whole", directory)
            damaged = bytearray(good)
            if number < 3:
                damaged = damaged[:len(good) * number // 3]
            else:
                at = self.rng.randrange(len(good))
                damaged[at:at + 40] = self.rng.randbytes(40)
            (directory / "sweep.sqlite").write_bytes(damaged)
            self.s.run(*self.command(directory))
            where = f"damaged store ({number})"
            if self.s.code != 0:
                self.s.expect(where, 3, "sweep.sqlite")
                self.s.run(*self.command(directory), "--force")
            self.s.expect(where, 0)
            self.f.true(f"{where}: tables", tree(directory) == self.tables, "are others")

    def another_sweep(self):
        directory = self.s.fresh("other_store")
        shutil.copytree(self.s.folder / "store_whole", directory)
        self.s.run(*self.command(directory), "--set", "rlc=on")
        self.s.expect("another sweep into the store", 2, "holds another sweep", "--force")


    def parts(self, kills):
        self.the_same_as_directories()
        self.readers()
        self.killed_stores(kills)
        self.full_disks()
        self.two_at_once()
        self.damaged_stores()
        self.another_sweep()


def stores(session, seed, kills):
    Stores(session, seed).parts(kills)
