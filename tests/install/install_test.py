#!/usr/bin/env python3
"""Installs the program, and makes its Debian package, in new folders, and runs what lies there.

    tests/install/install_test.py BUILD_DIR [--cmake cmake]

The installed program must find its own tables when a shell finds it in PATH, from any folder, without the sources'
folder being named anywhere in what it says. Exit code 1 if anything is wrong.
"""

import argparse
import json
import os
import pathlib
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--cmake", default="cmake")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="turnpike_install_") as temporary:
        folder = pathlib.Path(temporary).resolve()
        call(options.cmake, "--install", options.build, "--prefix", folder / "usr", "--strip")
        check_program(folder / "usr", folder / "work", "cmake --install")
        if not shutil.which("dpkg-deb") or not shutil.which("dpkg-shlibdeps"):
            print("no dpkg-deb or dpkg-shlibdeps: the package is left out")
            return
        cpack = pathlib.Path(options.cmake).with_name("cpack")
        call(cpack, "-G", "DEB", "--config", options.build / "CPackConfig.cmake", "-B", folder / "pack", cwd=folder)
        package, = (folder / "pack").glob("*.deb")
        depends = call("dpkg-deb", "--field", package, "Depends")
        for library in ("libsystemc", "libyaml-cpp0.7", "libfmt9", "libzip4", "libstdc++6"):
            if library not in depends:
                sys.exit(f"the package does not depend on {library}: {depends}")
        call("dpkg-deb", "-x", package, folder / "root")
        check_program(folder / "root" / "usr", folder / "work2", "Debian package")
        print(f"{package.name}: {package.stat().st_size / 1e6:.1f} MB; depends on {depends.strip()}")


if __name__ == "__main__":
    main()
