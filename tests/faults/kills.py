"""Processes that are killed: what is finished is kept, and the same command does the rest."""

import os
import random
import signal
import time

from program import ACCELERATOR, RUN_FILES, alive, children, finished, signals_as, tree, unfolded, wait_until

MATRIX = {"clock_mhz": list(range(100, 112)), "transfers": ["overlap", "serial"]}
POINTS = 24


class Kills:
    def __init__(self, session, seed, killed_at_exit=None):
        self.killed_at_exit = killed_at_exit
        self.s, self.f, self.rng = session, session.f, random.Random(seed)
        self.file = session.sweep_file("kill.yaml", MATRIX)
        session.run("sweep", self.file, "-j", "2", "-o", session.fresh("whole"))
        session.expect("the sweep that nobody kills", 0)
        self.whole = tree(session.folder / "whole")

    def command(self, directory):
        return ["sweep", self.file, "-j", "2", "-o", directory]

    def begin(self, directory):
        """A sweep that has come some way."""
        process = self.s.start(*self.command(directory), start_new_session=True)
        some = self.rng.randrange(POINTS - 2)
        wait_until(lambda: finished(directory) >= some or process.poll() is not None)
        time.sleep(self.rng.random() * 0.02)
        return process

    def resume(self, where, directory):
        kept = finished(directory)
        self.s.run(*self.command(directory))
        self.s.expect(where, 0, f"{POINTS} points, {kept} of them finished before")
        self.f.true(f"{where}: files", tree(directory) == self.whole, "are not those of a sweep that nobody killed")
        self.s.unfinished_files(where, directory)

    def kill_one(self, kind, number):
        where, directory = f"{kind} killed ({number})", self.s.fresh("killed")
        process = self.begin(directory)
        below = children(process.pid)
        if kind == "parent":
            os.kill(process.pid, signal.SIGKILL)
        elif kind == "group":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            for child in below[:1]:
                os.kill(child, signal.SIGKILL)
        self.s.end(process)
        self.f.true(where, wait_until(lambda: not any(map(alive, below)), 5), "leaves children that run on")
        if kind == "child" and "1 killed" in self.s.err:
            self.s.expect(where, 3, "1 killed")
            self.f.true(where, "killed by signal 9" in self.s.out and "likely out of memory" in unfolded(self.s.out), f"does not say why: {self.s.out}")
            self.s.run(*self.command(directory), "--status")
            self.s.expect(f"{where}, --status", 0, ": killed", err=False)
        elif kind == "child":
            self.s.expect(f"{where} at its end", 0)
        self.resume(where, directory)
        return "killed" if kind == "child" and f"{POINTS} points, {POINTS} of" not in self.s.err else kind

    def interrupt(self, number, signum):
        where, directory = f"signal {signum} ({number})", self.s.fresh("killed")
        process = self.begin(directory)
        below = children(process.pid)
        os.kill(process.pid, signum)
        start = time.monotonic()
        self.s.end(process)
        if self.s.code == 0:  # it came too late
            return
        self.f.true(where, time.monotonic() - start < 5, f"took {time.monotonic() - start:.1f} s")
        self.s.expect(where, 130, f"interrupted, {finished(directory)} of {POINTS} done; the same command resumes")
        self.f.true(where, not any(map(alive, below)), "leaves children that run on")
        self.s.unfinished_files(where, directory)
        self.resume(where, directory)

    def many(self, count):
        for number in range(count):
            if number % 5 < 3:
                self.kill_one(["parent", "group", "child"][number % 5], number)
            else:
                self.interrupt(number, [signal.SIGTERM, signal.SIGINT][number % 2])

    def a_child_that_is_hit(self):
        """Until a kill hits a child that was at work."""
        for number in range(20):
            if self.kill_one("child", number) == "killed":
                return
        self.f.true("killed children", False, "are never seen")

    def children_hit_at_their_end(self):
        """A point whose process is killed when all is written is finished, now as in the sweep that resumes."""
        if not self.killed_at_exit:
            print("children_hit_at_their_end is left out: no --killed-at-exit")
            return
        directory = self.s.fresh("killed_at_exit")
        self.s.run(*self.command(directory), env=dict(self.s.environment, LD_PRELOAD=str(self.killed_at_exit.resolve())))
        self.s.expect("children killed at their end", 0)
        self.f.true("children killed at their end: files", tree(directory) == self.whole, "are others")
        self.s.put(next(directory.glob("*/run.json")).parent / "error.txt", "killed by signal 9 (Killed)")
        self.resume("error.txt beside a finished point", directory)

    def runs_over_runs(self):
        """A run killed while it replaces another leaves the old one, the new one, or none: never a mixture."""
        target, ends = self.s.fresh("over"), {}
        command = ["run", ACCELERATOR, "--network", self.s.network, "--set"]
        for bits in (16, 2):
            self.s.run(*command, f"precision={bits}", "-o", target, "--force")
            self.s.expect(f"run -o, {bits} bit", 0)
            ends[bits] = tree(target)
        start = time.monotonic()
        self.s.run(*command, "precision=2", "-o", target)
        seconds = time.monotonic() - start
        for number in range(16):
            self.s.run(*command, "precision=16", "-o", target, "--force")
            process = self.s.start(*command, "precision=2", "-o", target, "--force")
            time.sleep(seconds * self.rng.uniform(0.5, 1.0))
            process.kill()
            self.s.end(process)
            self.s.run("explain", target, "mac")
            left = {name: bytes_ for name, bytes_ in tree(target).items() if name in RUN_FILES}
            whole = left in ends.values()
            self.s.expect(f"run killed while it replaces another ({number})", 0 if self.s.code == 0 and whole else 3)

    def ignored_signals(self):
        """A caller that ignores SIGCHLD, as daemons do, and one that ignores SIGINT, as shells do in the background."""
        directory = self.s.fresh("ignored")
        self.s.run(*self.command(directory), preexec_fn=signals_as(signal.SIG_IGN, signal.SIGCHLD))
        self.s.expect("SIGCHLD ignored by the caller", 0)
        self.f.true("SIGCHLD ignored by the caller: files", tree(directory) == self.whole, "are others")
        directory = self.s.fresh("ignored")
        process = self.s.start(*self.command(directory), preexec_fn=signals_as(signal.SIG_IGN, signal.SIGINT))
        wait_until(lambda: finished(directory) > 2 or process.poll() is not None)
        os.kill(process.pid, signal.SIGINT)
        self.s.end(process)
        self.s.expect("SIGINT ignored by the caller", 0)

    def preparation(self):
        """Ctrl-C while a large network is prepared, before anything runs."""
        sweep = self.s.sweep_file("large.yaml", {"precision": [2, 3]}, network="zoo:vgg16")
        for where, arguments in (("run", ["run", "precision-highway", "--network", "zoo:vgg16"]),
                                 ("sweep", ["sweep", sweep, "-o", self.s.fresh("large")])):
            process = self.s.start(*arguments)
            time.sleep(0.6)
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            self.s.end(process)
            seconds = time.monotonic() - start
            self.s.expect(f"{where} interrupted early", 130, "interrupted")
            self.f.true(f"{where} interrupted early", seconds < 1.5, f"took {seconds:.1f} s to end")
            self.f.same(f"{where} interrupted early: lines", self.s.err.count("\n"), 1)
            self.s.unfinished_files(where, self.s.folder / "large")
