"""The end of every exporter: its file is replayed by `turnpike`, and compared with the framework."""
import hashlib
import json
import subprocess

import numpy as np

from turnpike_trace import program

ACCELERATOR = "precision-highway"
REASONS = ("Usual reasons: another rounding (a trace rounds half to even), float32 where FORMAT.md has doubles, or scale and "
           "bias in another order.")


def digest_of(state):
    """sha256 of a dictionary of tensors or arrays."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode() + np.ascontiguousarray(np.asarray(state[name])).tobytes())
    return "sha256:" + digest.hexdigest()


def digest_of_file(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.sha256(file.read()).hexdigest()


def replay(path):
    """(exact, text): what `turnpike run` says of the trace."""
    command = program()
    if command is None:
        return None, "not replayed: turnpike is neither on the PATH, nor $TURNPIKE, nor built here"
    done = subprocess.run([command, "run", ACCELERATOR, "--network", str(path), "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return False, done.stderr.strip()
    checks = json.loads(done.stdout)["checks"]
    exact = done.returncode == 0 and checks["ofmap_bit_exact"] is not False
    return exact, f"replayed: {checks['outputs_compared']} values, " + \
        ("bit-exact" if exact else "NOT exact\n" + done.stderr.strip() + "\n" + REASONS)


def check(trace, path, wanted, out):
    """Replays a trace and says how far its last layer is from the framework's own output. True unless the replay failed."""
    layers = trace.layers
    got = trace.real(layers[-1]["output"])
    products = sum(layer["op"] in ("conv", "fc", "lstm", "gru") for layer in layers)
    print(f"{path}: {len(layers)} layers, {products} of them on the array, {len(trace.tensors)} tensors", file=out)
    if wanted is not None and wanted.size == got.size:
        a, b = got.reshape(len(got), -1), np.asarray(wanted, np.float64).reshape(len(got), -1)
        cosine = (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-300)
        print(f"output against the framework: cosine {cosine.mean():.4f}, largest value in the same place for "
              f"{(a.argmax(1) == b.argmax(1)).mean():.0%}", file=out)
    for name, differ, of in trace.departures[:1]:
        print(f"layer '{name}': {differ} of {of} recorded codes are not what FORMAT.md computes. {REASONS}", file=out)
    exact, text = replay(path)
    print(text, file=out)
    return exact is not False and not trace.departures
