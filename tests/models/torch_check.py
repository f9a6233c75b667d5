#!/usr/bin/python3
"""The functional engine (models/) against PyTorch, on random networks and random traces.

    tests/models/torch_check.py --turnpike PROGRAM --replay PROGRAM [--networks N] [--traces N] [--seed S] [--keep DIR]

Seven checks; each failure prints the seed, and --networks 1 --traces 0 --seed S repeats a network:
  outputs    every tensor of a trace the program wrote, computed again: codes equal, floats within 1e-5 of range
  structure  the trace is what the network file and the options say: strides, pads, bits, highway, what h_prev is fed
  weights    scales and codes of the weights follow from the Laplace spacing found by quadrature
  quantizers every quantizer, by tensor and channel, from weights that PyTorch made; engine and simulator on its traces
  float      the float network in PyTorch: `model eval` prints the cosine errors it has, clips lose next to nothing
  traces     the engine computes the outputs of traces that PyTorch wrote
  machine    so does the simulator, with code of its own
Exit codes: 0 all agree, 1 a difference, 2 usage, 77 no PyTorch here (the test is skipped).
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

try:
    import numpy  # noqa: F401
    import torch
except ImportError as missing:
    print(f"torch_check: skipped, this Python has no {missing.name} (Debian: apt-get install python3-torch)")
    sys.exit(77)

from torch_networks import float_pass, random_network, structure_errors
from torch_quantizers import LEVELS_KNOWN, network, quantizer_errors
from torch_reference import Trace, decode, encode, expected
from torch_traces import random_trace
from torch_weights import best_spacing, weight_errors

MACHINE = pathlib.Path(__file__).resolve().parents[2] / "configs/accelerators/precision-highway.yaml"
FLOAT_TOLERANCE = 1e-5  # traces/FORMAT.md, Comparison
MANY_VALUES = 100
CLIP_TOLERANCE = 0.10  # the program searches 123 clips on a histogram of 2048 bins


class Tally:
    """Counts for the last line."""

    def __init__(self):
        self.layers = self.codes = self.floats = self.weights = self.cosines = self.clips = 0
        self.worst_cosine = self.worst_clip = 0.0


def run(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def output_errors(trace, tally):
    errors = []
    for layer in trace.layers:
        tally.layers += 1
        for name, values in expected(trace, layer).items():
            stored = trace.members[name]
            values = values.reshape(stored.shape) if values.numel() == stored.numel() else values
            if values.shape != stored.shape:
                errors.append(f"{layer['name']}: {name} is {list(stored.shape)}, not {list(values.shape)}")
            elif trace.is_float(name):
                tally.floats += values.numel()
                worst = (values - stored).abs().max().item() / max(values.abs().max().item(), 1e-30)
                if worst > FLOAT_TOLERANCE:
                    errors.append(f"{layer['name']}: {name} is off by {worst:.3g} of its range")
            else:
                tally.codes += values.numel()
                wrong = int((values != stored).sum())
                if wrong:
                    errors.append(f"{layer['name']}: {wrong} of {values.numel()} codes of {name} differ")
        if layer["op"] in ("lstm", "gru"):
            errors += feed_errors(trace, layer)
    return errors


def feed_errors(trace, layer):
    """h_prev is h of the step before, zeros first, in its own codes."""
    name = layer["inputs"][1]
    h = decode(trace.entries[layer["output"]], trace.members[layer["output"]])
    fed = encode(trace.entries[name], torch.cat([torch.zeros_like(h[:1]), h[:-1]]))
    return [] if torch.equal(fed, trace.members[name]) else [f"{layer['name']}: {name} is not h of the step before"]


def cosine_error(a, b):
    a, b = a.flatten(), b.flatten()
    if not a.any() or not b.any():
        return 0.0 if a.any() == b.any() else 1.0
    return max(0.0, 1.0 - (a @ b / torch.sqrt((a @ a) * (b @ b))).item())


def float_errors(net, values, trace, evaluated, tally):
    """`evaluated` is what `model eval --json` printed for the same options as `trace`."""
    errors = []
    rows = {row["layer"]: row for row in evaluated["layers"]}
    for layer in net.layers:
        name = layer["name"]
        output = trace.layer(name)["output"]
        wanted = cosine_error(decode(trace.entries[output], trace.members[output]), values[name])
        found = rows[name]["cosine_error"]
        # Weights and input are known to 16 bits; a cosine error e moves by sqrt(2 e) times their error.
        allowed = 2e-6 + 1e-3 * wanted ** 0.5
        tally.cosines += 1
        tally.worst_cosine = max(tally.worst_cosine, abs(found - wanted) / allowed)
        if abs(found - wanted) > allowed:
            errors.append(f"{name}: cosine error is {found:.8f}, not {wanted:.8f}")
    for name, entry in trace.entries.items():
        value = values.get(name.split(".")[0])
        searched = ".q" in name and entry["kind"] == "uniform" and entry["bits"] <= 8
        if searched and value is not None and value.dim() != 2:
            errors += clip_errors(name, entry, value, tally)
    return errors


def clip_errors(name, entry, values, tally):
    """The squared error on the grid the program chose beside the least of clips at 1/256 of the magnitude."""

    def loss(scale):
        return ((decode(grid, encode(grid, values)) - values) ** 2).mean().item()

    positive = 2.0 ** entry["bits"] - 1 if not entry["signed"] else max(1.0, 2.0 ** (entry["bits"] - 1) - 1)
    magnitude = values.abs().max().item()
    if values.numel() < MANY_VALUES or magnitude == 0.0:
        return []  # a handful of values can lie on one grid by chance
    losses = []
    for scale in [entry["scale"]] + [magnitude * part / 256 / positive for part in range(10, 258, 2)]:
        grid = dict(entry, scale=scale)
        losses.append(loss(scale))
    excess = losses[0] / max(min(losses), 1e-30) - 1
    tally.clips += 1
    tally.worst_clip = max(tally.worst_clip, excess)
    return [f"{name}: the clip loses {100 * excess:.1f} % more than the best"] if excess > CLIP_TOLERANCE else []


def check_network(seed, programs, folder, tally):
    rng = random.Random(seed)
    net = random_network(rng, f"random{seed}")
    options = {"precision": (rng.randint(1, 16), rng.randint(1, 16)), "highway": rng.random() < 0.6,
               "highway_bits": rng.choice([4, 6, 8, 12, 16, 31, 32, rng.randint(4, 32)]),
               "first_last": rng.choice(["same", "same", "native16", "composed", "composed8", "excluded"])}
    file, trace_file = folder / f"{seed}.yaml", folder / f"{seed}.npz"
    file.write_text(net.yaml(), encoding="utf-8")
    arguments = ["--precision", "{}x{}".format(*options["precision"]), "--first-last", options["first_last"],
                 "--highway-bits", options["highway_bits"]] + ["--highway"] * options["highway"]
    run(programs.turnpike, "model", "quantize", file, *arguments, "-o", trace_file)
    trace = Trace.load(trace_file)
    errors = output_errors(trace, tally) + structure_errors(net, options, trace)
    if not net.synthetic:
        fine_file, fine_trace = folder / f"{seed}.fine.yaml", folder / f"{seed}.fine.npz"
        fine_file.write_text(net.yaml(with_bits=False), encoding="utf-8")
        run(programs.turnpike, "model", "quantize", fine_file, "--precision", 16, "-o", fine_trace)
        fine = Trace.load(fine_trace)
        for name, entry in fine.entries.items():
            if entry["kind"] == "midrise":
                tally.weights += fine.members[name].numel()
                errors += weight_errors(fine, trace, name)
        evaluated = json.loads(run(programs.turnpike, "model", "eval", file, *arguments, "--json"))
        errors += float_errors(net, float_pass(net, fine), trace, evaluated, tally)
    return [f"seed {seed} ({' '.join(map(str, arguments))}): {error}" for error in errors]


def check_quantizers(seed, programs, folder, tally):
    """One random net by every quantizer of weights and one of activations: weights, then every output."""
    rng = random.Random(seed)
    text, weights = network(rng, f"quantizers{seed}")
    file, weights_file, trace_file = (folder / f"q{seed}{end}" for end in (".yaml", ".w.npz", ".npz"))
    file.write_text(text, encoding="utf-8")
    numpy.savez(weights_file, **{f"{name}.weight": value.numpy() for name, value in weights.items()})
    errors = []
    for quantizer, (least, most) in LEVELS_KNOWN.items():
        bits, per = rng.randint(least, min(most, 9)), rng.choice(["tensor", "channel"])
        arguments = ["--precision", f"{bits}x{rng.randint(2, 9)}", "--set", f"layers.weights={quantizer}", "--set",
                     f"layers.weight_scale={per}", "--set",
                     f"layers.activations={rng.choice(['mse', 'max', 'percentile'])}", "--set",
                     f"layers.signed_grid={rng.choice(['symmetric', 'asymmetric'])}"]
        arguments += ["--highway"] * (rng.random() < 0.5)
        run(programs.turnpike, "model", "quantize", file, "--weights", weights_file, *arguments, "-o", trace_file,
            "--force")
        trace = Trace.load(trace_file)
        tally.weights += sum(value.numel() for value in weights.values())
        found = output_errors(trace, tally) + quantizer_errors(trace, weights, quantizer, per)
        run(programs.turnpike, "run", MACHINE, "--network", trace_file, "--json")
        errors += [f"seed {seed} ({' '.join(map(str, arguments))}): {error}" for error in found]
    return errors


def check_traces(seeds, programs, folder, tally):
    files = []
    for seed in seeds:
        trace = random_trace(random.Random(seed), f"torch{seed}")
        files.append(folder / f"torch{seed}.npz")
        trace.save(files[-1])
        tally.layers += len(trace.layers)
    if not files:
        return []
    done = subprocess.run([programs.replay, *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    errors = [f"the engine refuses a trace: {done.stderr.strip()}"] if done.returncode not in (0, 1) else []
    for line in done.stdout.splitlines():
        path, codes, differing, error, where = line.split(" ", 4)
        tally.codes += int(codes)
        if where != "-":
            errors.append(f"{pathlib.Path(path).name}: {differing} codes differ, floats by {error}: {where}")
    for file in files:
        try:
            run(programs.turnpike, "run", MACHINE, "--network", file, "--json")
        except RuntimeError as error:
            errors.append(str(error))
    return errors


def check_spacings(programs):
    errors = []
    for line in run(programs.replay, "--spacings").splitlines():
        bits, found = int(line.split()[0]), float(line.split()[1])
        # The least error is flat: a search by its values finds the place to the root of the rounding error.
        if abs(found / best_spacing(bits) - 1) > 1e-6:
            errors.append(f"Laplace spacing of {bits} bits is {found:.10g}, not {best_spacing(bits):.10g}")
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike", required=True, help="build/release/turnpike")
    parser.add_argument("--replay", required=True, help="build/release/tests/models/engine_replay")
    parser.add_argument("--networks", type=int, default=60)
    parser.add_argument("--traces", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1, help="of the first network and the first trace")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the files of this run")
    programs = parser.parse_args()
    start, tally = time.monotonic(), Tally()
    errors = check_spacings(programs)
    with tempfile.TemporaryDirectory() as scratch:
        folder = programs.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in range(programs.seed, programs.seed + programs.networks):
            try:
                errors += check_network(seed, programs, folder, tally)
                errors += check_quantizers(seed, programs, folder, tally) if seed % 4 == 0 else []
            except RuntimeError as error:
                errors.append(f"seed {seed}: {error}")
        errors += check_traces(range(programs.seed, programs.seed + programs.traces), programs, folder, tally)
    for error in errors:
        print(f"torch_check: {error}")
    print(f"torch_check: seeds {programs.seed}.., {programs.networks} networks, {programs.traces} traces: {tally.layers} "
          f"layers, {tally.codes} codes, {tally.floats} floats, {tally.weights} weights;\n  {tally.cosines} cosine "
          f"errors, worst {tally.worst_cosine:.2f} of the tolerance; {tally.clips} clips, worst "
          f"{100 * tally.worst_clip:.1f} % off; {len(errors)} differences, {time.monotonic() - start:.0f} s")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
