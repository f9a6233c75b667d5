#!/usr/bin/env python3
"""Installs the program, and makes its Debian package, in new folders, and runs what lies there.

    tests/install/install_test.py BUILD_DIR [--cmake cmake]

The installed program must find its own tables when a shell finds it in PATH, from any folder, without the sources'
folder being named anywhere in what it says; a program of its own must build around the library and give the same
results; manual, completion and the Python module lie where they are looked for. Exit code 1 if anything is wrong.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NETWORK = """schema: turnpike-network/1
layers:
  - {name: conv, op: conv, input: [4, 10, 10], filters: 8, kernel: 3}
"""


def call(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ends with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def check_program(prefix, work, what):
    """A run by name from PATH, with the tables that lie beside the program."""
    environment = {"PATH": f"{prefix}/bin:/usr/bin:/bin", "HOME": str(work), "XDG_CACHE_HOME": str(work / "cache")}
    work.mkdir(parents=True)
    (work / "net.yaml").write_text(NETWORK, encoding="utf-8")
    results = json.loads(call("turnpike", "run", "precision-highway", "--network", "net.yaml", "--json", "-o", "out",
                              cwd=work, env=environment))
    checks = results["checks"]
    if results["totals"]["macs"] != 8 * 4 * 64 * 9 or not checks["outputs_compared"] or not all(checks["conservation"].values()):
        sys.exit(f"{what}: the run's figures are wrong")
    inputs = json.loads((work / "out" / "run.json").read_text(encoding="utf-8"))
    if str(ROOT) in json.dumps(inputs) or f"{prefix}/share/turnpike/configs" not in json.dumps(inputs):
        sys.exit(f"{what}: tables are not those installed: {json.dumps(inputs)[:2000]}")
    for name in ("precision-highway", "eyeriss-chip"):
        call("turnpike", "config", "check", name, cwd=work, env=environment)
    call("/usr/bin/python3", "-B", "-c", "import turnpike_trace",
         cwd=f"{prefix}/share/turnpike/export", env={**os.environ, "PATH": environment["PATH"]})
    print(f"{what}: runs from {prefix}")


def check_shell_files(prefix, what):
    """Manual and completion lie where man and the shells look."""
    for path in ("man/man1/turnpike.1", "man/man1/turnpike-trace-check.1", "bash-completion/completions/turnpike",
                 "zsh/vendor-completions/_turnpike", "fish/vendor_completions.d/turnpike.fish"):
        text = (prefix / "share" / path).read_text(encoding="utf-8")
        if "turnpike" not in text:
            sys.exit(f"{what}: {path} says nothing")


def check_library(cmake, prefix, work, what, unpacked=False):
    """A program of its own around the library gives what the program gives."""
    sample = pathlib.Path(__file__).with_name("sample")
    call(cmake, "-S", sample, "-B", work / "sample", "-G", "Ninja", "-D", "CMAKE_BUILD_TYPE=Release", "-D", f"CMAKE_PREFIX_PATH={prefix}")
    call(cmake, "--build", work / "sample", "-j", "1")
    expected = call(prefix / "bin" / "turnpike", "run", "precision-highway", "--network", "net.yaml", "--json", "--set", "precision=3", cwd=work)
    if call(work / "sample" / "sample", "net.yaml", "precision=3", cwd=work) != expected:
        sys.exit(f"{what}: the sample's results are not the program's")
    wrong = subprocess.run([work / "sample" / "sample", "net.yaml", "precision=99"], cwd=work, capture_output=True, text=True, check=False)
    if wrong.returncode != 2 or "precision" not in wrong.stderr:
        sys.exit(f"{what}: the sample does not refuse: {wrong.returncode} {wrong.stderr}")
    print(f"{what}: find_package(turnpike) works, results equal")


def check_python(prefix, work, what, folder):
    """The Python package, where it was put, with the program installed beside it."""
    place = prefix / "lib" / folder
    if not (place / "turnpike" / "__init__.pyi").is_file():
        sys.exit(f"{what}: no Python package in {place}")
    program = ("import turnpike; r = turnpike.run('precision-highway', 'net.yaml'); print(turnpike.program(), r['totals']['macs'])")
    said = call("/usr/bin/python3", "-c", program, cwd=work, env={"PATH": "/usr/bin", "HOME": str(work), "PYTHONPATH": str(place)})
    if said.split() != [f"{prefix}/bin/turnpike", str(8 * 4 * 64 * 9)]:
        sys.exit(f"{what}: import turnpike gives {said}")
    print(f"{what}: import turnpike works from {place}")


def owner_of(path):
    """The Debian package of a file, under either name it has since /lib is a link to /usr/lib."""
    for name in (path, path.removeprefix("/usr"), f"/usr{path}"):
        done = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return f"no package ({path})"


def check_depends(root, depends):
    """Every library the program was linked to is there and of a package that Depends names."""
    named = set(re.findall(r"([a-z0-9][a-z0-9+.-]*)(?: \(|,|$)", depends.replace("|", ",")))
    missing = []
    for binary in [root / "usr/bin/turnpike"]:
        needed = re.findall(r"NEEDED\s+(\S+)", call("objdump", "-p", binary))
        found = dict(re.findall(r"(\S+) => (/\S+)", call("ldd", binary)))
        for library in needed:
            path = found.get(library)
            if not path:
                continue  # the loader itself
            owner = owner_of(path)
            if owner not in named:
                missing.append(f"{library} of {owner}")
        if "not found" in call("ldd", binary):
            missing.append(call("ldd", binary))
    if missing:
        sys.exit(f"Depends ({depends.strip()}) lacks {', '.join(missing)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--cmake", default="cmake")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="turnpike_install_") as temporary:
        folder = pathlib.Path(temporary).resolve()
        call(options.cmake, "--install", options.build, "--prefix", folder / "usr", "--strip")
        check_program(folder / "usr", folder / "work", "cmake --install")
        check_shell_files(folder / "usr", "cmake --install")
        check_library(options.cmake, folder / "usr", folder / "work", "cmake --install")
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        check_python(folder / "usr", folder / "work", "cmake --install", f"{version}/site-packages")
        if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
            print("no dpkg-deb or dpkg-shlibdeps: the package is left out")
            return
        cpack = pathlib.Path(options.cmake).with_name("cpack")
        call(cpack, "-G", "DEB", "--config", options.build / "CPackConfig.cmake", "-B", folder / "pack", cwd=folder)
        package, = (folder / "pack").glob("turnpike_*.deb")
        development, = (folder / "pack").glob("turnpike-dev_*.deb")
        depends = call("dpkg-deb", "--field", package, "Depends")
        for library in ("libsystemc", "libyaml-cpp0.7", "libfmt9", "libzip4", "libstdc++6"):
            if library not in depends:
                sys.exit(f"the package does not depend on {library}: {depends}")
        call("dpkg-deb", "-x", package, folder / "root")
        check_program(folder / "root" / "usr", folder / "work2", "Debian package")
        check_shell_files(folder / "root" / "usr", "Debian package")
        check_python(folder / "root" / "usr", folder / "work2", "Debian package", "python3/dist-packages")
        check_depends(folder / "root", depends)
        listed = call("dpkg-deb", "-c", development)
        for path in ("include/turnpike/sim/run/run.hpp", "turnpikeConfig.cmake", "libturnpike_run.a"):
            if path not in listed:
                sys.exit(f"turnpike-dev lacks {path}")
        print(f"{package.name}: {package.stat().st_size / 1e6:.1f} MB; depends on {depends.strip()}")


if __name__ == "__main__":
    main()
