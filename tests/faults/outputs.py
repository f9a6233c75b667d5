"""Output that gets lost, disks that are full, names and files that cannot be used, odd caches."""

import os
import pathlib
import resource

from program import ACCELERATOR, ROOT, SAMPLE, tree
from files import run_directory

NOBODY = 65534


def limited(size):
    """For preexec_fn: no file may grow beyond `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def lost_stdout(s):
    """Whoever asks for an answer and cannot be given it is told so by the exit code."""
    run = run_directory(s, "lost", "precision=2")
    file, directory = s.sweep_file("lost.yaml", {"precision": [4, 2], "highway.enabled": ["false", "true"]}), s.fresh("lost_sweep")
    on = [ACCELERATOR, "--network", s.network]
    s.run("sweep", file, "-o", directory)
    s.expect("sweep", 0)
    for command in ([], ["--help"], ["--version"], ["version"], ["help", "run"], ["run", "--help"], ["list", "zoo"],
                    ["list", "devices", "--json"], ["run", *on], ["run", *on, "--json"], ["run", *on, "--dry-run"],
                    ["sweep", file, "-o", directory], ["sweep", file, "-o", directory, "--status"],
                    ["sweep", file, "-o", directory, "--json"], ["compare", run, run], ["reprice", run],
                    ["explain", run, "mac"], ["sensitivity", run], ["spill", *on], ["map", *on], ["area", ACCELERATOR],
                    ["model", "info", s.network], ["model", "eval", s.network], ["trace", "check", SAMPLE], ["trace", "info", SAMPLE],
                    ["trace", "convert", SAMPLE, s.fresh("lost.npz")], ["config", "check", ACCELERATOR],
                    ["config", "show", ACCELERATOR], ["config", "schema", "sweep"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            s.run(*command, stdout=full)
        s.expect(f"{' '.join(map(str, command))} > /dev/full", 2 if not command else 3, *(["stdout"] if command else []))
        s.run(*command, stdout=None, preexec_fn=lambda: os.close(1))
        s.expect(f"{' '.join(map(str, command))} >&-", 2 if not command else 3)
        with open("/dev/full", "w", encoding="ascii") as full:
            s.run(*command, stderr=full)
        s.expect(f"{' '.join(map(str, command))} 2> /dev/full", 2 if not command else 0)


def full_disk(s):
    """What was simulated is shown all the same; nothing is there by half; the reason is said."""
    on, directory = [ACCELERATOR, "--network", s.network], s.fresh("full")
    no_memo = dict(s.environment, XDG_CACHE_HOME="/proc/none")
    for size in (0, 600, 3000):
        s.run("run", *on, "--set", "precision=2", "-o", directory, preexec_fn=limited(size), env=no_memo)
        s.expect(f"run -o on a disk with room for {size} bytes", 3, "cannot be written", "File too large")
        s.f.true(f"run -o on a disk with room for {size} bytes: stdout", "policy" in s.out or "profile silicon" in s.out,
                 "has no table")
        s.unfinished_files("run -o on a full disk", directory)
        s.run("explain", directory, "mac")
        s.expect("explain of a run that was not written", 3, "run.json")
    for view in (["--timeline", "/dev/full"], ["--vcd", "/dev/full", "--window", "0:500"], ["--dram-trace", "/dev/full"]):
        s.run("run", *on, *view)
        s.expect(f"run {view[0]} /dev/full", 3, "No space left on device")
        s.f.true(f"run {view[0]} /dev/full: stdout", "profile silicon" in s.out, "has no table")
    run = run_directory(s, "disk", "precision=2")
    for command in (["report", run, "-o", s.folder / "none" / "page.html"],
                    ["model", "quantize", s.network, "-o", s.folder / "none" / "x.npz"],
                    ["trace", "convert", SAMPLE, s.folder / "none" / "x.npz"]):
        s.run(*command)
        s.expect(" ".join(map(str, command)), 3, "cannot be written: ")
    sweep_on_a_full_disk(s, no_memo)


def sweep_on_a_full_disk(s, environment):
    file, directory = s.sweep_file("disk.yaml", {"precision": [4, 2]}), s.fresh("full_sweep")
    command = ["sweep", file, "-o", directory]
    s.run(*command, preexec_fn=limited(3000), env=environment)
    s.expect("sweep on a full disk", 3, "2 failed")
    s.f.true("sweep on a full disk: stdout", "File too large" in s.out, f"does not say why: {s.out}")
    s.run(*command)
    s.expect("sweep when there is room again", 0, "2 points, 0 of them finished before")
    whole = tree(directory)
    (directory / "sweep.csv").unlink()
    (directory / "sweep.csv").mkdir()
    s.run(*command)
    s.expect("sweep.csv cannot be written", 3, "sweep.csv", "Is a directory")
    s.f.true("sweep.csv cannot be written: stdout", "profile silicon" in s.out, "has no table")
    (directory / "sweep.csv").rmdir()
    s.run(*command)
    s.f.true("sweep.csv can be written again", tree(directory) == whole, "and other files are there")


def names(s):
    """Names that files or JSON cannot hold."""
    on = ["run", ACCELERATOR, "--network", s.network]
    bad = os.fsencode(s.folder) + b"/\xff\xfe"
    for command in ([*on, "-o", bad], ["run", ACCELERATOR, "--network", bad], [*on, "--set", b"name=\xff"],
                    ["sweep", bad], ["compare", bad, bad], ["list", b"\xff"], [b"\xff"]):
        s.run(*command, errors="replace")
        s.expect(f"{command[0]} with a name that is no UTF-8", 2, "UTF-8")
        s.f.same(f"{command[0]} with a name that is no UTF-8: stdout", s.out, "")
    long, longer = "n" * 300, "n" * 299 + "m"
    s.run(*on, "-o", s.folder / long)
    s.expect("-o longer than a name may be", 3, "File name too long")
    s.run(*on, "--set", f"profile={'p' * 5000}")
    s.expect("a long name of a profile", 2)
    directory = s.fresh("long")
    command = ["sweep", s.sweep_file("long.yaml", {"name": [long, longer], "precision": [4, 2]}), "-o", directory]
    s.run(*command)
    s.expect("points whose names are longer than a folder's", 0, "4 ok")
    s.run(*command)
    s.expect("points whose names are longer than a folder's, again", 0, "4 points, 4 of them finished before")
    outside = s.put("p.yaml", (ROOT / "configs/profiles/access.yaml").read_text(encoding="utf-8"))
    (s.folder / "here").mkdir()
    s.run("sweep", s.sweep_file("name.yaml", {"precision": [2]}), "--profile", "../p.yaml", cwd=s.folder / "here")
    s.expect("a profile by its path", 0)
    s.f.same("a profile by its path: files", sorted(str(path.relative_to(s.folder / "here")) for path in
                                                    (s.folder / "here").rglob("sweep.csv")), ["results/name-p/sweep.csv"])
    outside.unlink()


def permissions(s):
    """Files and folders that belong to somebody else."""
    if os.geteuid() != 0:
        as_other = {}
    else:
        as_other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    shut = s.put("shut.yaml", s.network.read_text(encoding="utf-8"))
    folder = s.folder / "shut"
    folder.mkdir()
    os.chmod(s.folder, 0o755)
    for path, mode in ((shut, 0), (folder, 0)):
        os.chmod(path, mode)
    try:
        s.run("list", "zoo", **as_other)
    except OSError as error:
        print(f"permissions are not checked: the program cannot be run as another user ({error})")
        return
    environment = dict(s.environment, XDG_CACHE_HOME="/proc/none")
    on = ["run", ACCELERATOR, "--network"]
    for command in ([*on, shut], ["run", shut, "--network", SAMPLE], ["sweep", shut], [*on, SAMPLE, "-o", folder / "x"],
                    [*on, SAMPLE, "-o", folder], ["explain", folder, "mac"], ["compare", folder, folder],
                    ["list", "profiles", "--configs", folder], [*on, SAMPLE, "--configs", folder], [*on, SAMPLE, "--timeline", folder / "t"],
                    ["sweep", "lstm300", "-o", folder / "x"], [*on, SAMPLE, "--profile", shut], ["trace", "check", folder / "x.npz"],
                    ["trace", "check", folder], ["config", "check", shut], ["model", "info", shut]):
        s.run(*command, env=environment, **as_other)
        s.expect(f"{' '.join(map(str, command))} without permission", 3, "ermission denied")
    os.chmod(folder, 0o755)


def odd_memo(s):
    """Whatever stands at the place of the memo, a run is the same."""
    cache = s.folder / "odd"
    memo = cache / "turnpike" / "passes.bin"
    memo.parent.mkdir(parents=True)
    environment = dict(s.environment, XDG_CACHE_HOME=str(cache))
    command = ["run", ACCELERATOR, "--network", s.network, "--set", "precision=2", "--json"]
    plain = s.run(*command, "--no-memo-file")
    for kind, make in (("fifo", lambda: os.mkfifo(memo)), ("zero", lambda: memo.symlink_to("/dev/zero")),
                       ("folder", memo.mkdir), ("random", lambda: memo.write_bytes(os.urandom(5000))),
                       ("dangling", lambda: memo.symlink_to(cache / "none" / "x"))):
        make()
        s.end(s.start(*command, env=environment), seconds=20)
        s.expect(f"memo: {kind}", 0)
        s.f.same(f"memo: {kind}: result", s.out, plain)
        if memo.is_dir() and not memo.is_symlink():
            memo.rmdir()
        else:
            memo.unlink()
    s.f.same("memo: other files", [path.name for path in pathlib.Path(memo.parent).iterdir()], [])


PARTS = [lost_stdout, full_disk, names, permissions, odd_memo]
