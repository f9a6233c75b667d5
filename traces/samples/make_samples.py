#!/usr/bin/python3
"""Writes the sample traces beside this script, with reference outputs computed in numpy.

    make_samples.py            write tiny_residual.npz, tiny_lstm.npz and the directory tiny_gru
    make_samples.py --check    recompute and compare with the files that are there (exit code 1 if
                               they differ)

The arithmetic is that of ../FORMAT.md, written for clarity. Needs numpy (Debian: python3-numpy).
"""
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


class Trace:
    """Collects tensors and layers; `real` and `store` follow FORMAT.md, section "Codes"."""

    def __init__(self, network, layout, highway_bits, **more):
        self.arrays = {}
        self.meta = dict(format="turnpike-trace", version=1, network=network,
                         framework="numpy", layout=layout, **more,
                         highway=dict(enabled=highway_bits > 0, bits=highway_bits or 8),
                         tensors={}, layers=[])

    def floats(self, name, values, dtype=np.float32):
        self.arrays[name] = np.asarray(values, dtype)
        self.meta["tensors"][name] = dict(bits=32, scale=1.0, zero_point=0.0, kind="float")
        return self.real(name)

    def codes(self, name, codes, bits, scale, zero_point=0, signed=False, **more):
        kind = "midrise" if zero_point == -0.5 else "uniform"
        low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
        assert codes.min() >= low and codes.max() <= high, name
        size = next(s for s in (8, 16, 32) if bits <= s)
        self.arrays[name] = codes.astype(("int%d" if signed else "uint%d") % size)
        self.meta["tensors"][name] = dict(bits=bits, scale=scale, zero_point=zero_point, kind=kind,
                                          signed=signed, **more)

    def store(self, name, values, bits, scale, zero_point=0, signed=False, **more):
        """Quantizes real values into a new tensor; returns what a reader of it sees."""
        low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
        codes = np.clip(np.rint(values / scale + zero_point), low, high).astype(np.int64)
        self.codes(name, codes, bits, scale, zero_point, signed, **more)
        return self.real(name)

    def real(self, name):
        entry = self.meta["tensors"][name]
        values = self.arrays[name].astype(np.float64)
        if entry["kind"] == "float":
            return values
        return entry["scale"] * (values - entry["zero_point"])

    def layer(self, name, op, inputs, output, **more):
        self.meta["layers"].append(dict(name=name, op=op, inputs=inputs, output=output, **more))

    def operands(self, x, w):
        """Integer operands, the correction for a fractional zero point, and the factor."""
        ex, ew = self.meta["tensors"][x], self.meta["tensors"][w]
        codes, weights = self.arrays[x].astype(np.int64), self.arrays[w].astype(np.int64)
        fractional = ex["zero_point"] != int(ex["zero_point"])
        if not fractional:
            codes = codes - int(ex["zero_point"])
        midrise = ew["kind"] == "midrise"
        weights = 2 * weights + 1 if midrise else weights - int(ew["zero_point"])
        factor = ex["scale"] * np.asarray(ew["scale"]) * (0.5 if midrise else 1.0)
        return codes, weights, ex["zero_point"] if fractional else 0.0, factor

    def save(self, path):
        if path.endswith(".npz"):
            text = np.frombuffer(json.dumps(self.meta).encode(), np.uint8)
            np.savez_compressed(path, **self.arrays, __trace__=text)
            return
        os.makedirs(path, exist_ok=True)
        for name, array in self.arrays.items():
            np.save(os.path.join(path, name + ".npy"), array)
        with open(os.path.join(path, "trace.json"), "w") as out:
            json.dump(self.meta, out, indent=1)
            out.write("\n")

    def same(self, path):
        if path.endswith(".npz"):
            files = np.load(path)
            meta = json.loads(bytes(files["__trace__"]))
        else:
            files = {n: np.load(os.path.join(path, n + ".npy")) for n in self.arrays}
            meta = json.load(open(os.path.join(path, "trace.json")))
        return meta == json.loads(json.dumps(self.meta)) and all(
            files[n].dtype == a.dtype and files[n].shape == a.shape and np.allclose(files[n], a)
            if a.dtype.kind == "f" else np.array_equal(files[n], a)
            for n, a in self.arrays.items())


def convolve(x, w, stride, pad, groups=1):
    """Direct convolution in the operands' own type; pad = top, left, bottom, right."""
    x = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[2]), (pad[1], pad[3])))
    n, c, h, width = x.shape
    m, cg, r, s = w.shape
    e, f = (h - r) // stride + 1, (width - s) // stride + 1
    out = np.zeros((n, m, e, f), x.dtype)
    for k in range(m):
        first = k // (m // groups) * cg
        for i in range(e):
            for j in range(f):
                window = x[:, first:first + cg, i * stride:i * stride + r, j * stride:j * stride + s]
                out[:, k, i, j] = (window * w[k]).sum(axis=(1, 2, 3))
    return out


def per_channel(p):
    return np.asarray(p, np.float64).reshape(1, -1, 1, 1)


def tiny_residual(rng):
    """Two residual blocks with an 8-bit highway, and one layer of every other feed-forward op."""
    t = Trace("tiny-residual", "NCHW", 8, batch=2, comment="every feed-forward op once")
    x = t.floats("input", rng.normal(size=(2, 3, 8, 8)))
    w = t.floats("conv1.w", rng.normal(size=(4, 3, 3, 3)) * 0.3)
    bias = t.floats("conv1.bias", rng.normal(size=4) * 0.1)
    y = np.maximum(convolve(x, w, 1, (1, 1, 1, 1)) + per_channel(bias), 0)
    t.layer("conv1", "conv", ["input"], "conv1.y", weights="conv1.w", stride=1, pad=1,
            post=["conv1.bias", "relu", "quantize"])
    h = t.store("conv1.y", y, 8, 0.03125, signed=True, highway=True)

    # Block 1: mid-rise weights at 2 bits, identity skip.
    t.layer("b1.quant", "quantize", ["conv1.y"], "b1.q1")
    t.store("b1.q1", h, 2, 0.75)
    t.codes("b1.conv1.w", rng.integers(-2, 2, (4, 4, 3, 3)), 2, 0.21, -0.5, True)
    t.floats("b1.conv1.scale", rng.uniform(0.5, 1.5, 4))
    t.floats("b1.conv1.bias", rng.normal(size=4) * 0.2)
    q, k, _, factor = t.operands("b1.q1", "b1.conv1.w")
    y = convolve(q, k, 1, (1, 1, 1, 1)) * factor
    y = np.maximum(y * per_channel(t.real("b1.conv1.scale"))
                   + per_channel(t.real("b1.conv1.bias")), 0)
    t.layer("b1.conv1", "conv", ["b1.q1"], "b1.q2", weights="b1.conv1.w", stride=1, pad=1,
            post=["b1.conv1.scale", "b1.conv1.bias", "relu", "quantize"])
    t.store("b1.q2", y, 2, 1.1)
    t.codes("b1.conv2.w", rng.integers(-2, 2, (4, 4, 3, 3)), 2, 0.17, -0.5, True)
    q, k, _, factor = t.operands("b1.q2", "b1.conv2.w")
    y = t.floats("b1.conv2.y", convolve(q, k, 1, (1, 1, 1, 1)) * factor, np.float64)
    t.layer("b1.conv2", "conv", ["b1.q2"], "b1.conv2.y", weights="b1.conv2.w", pad=[1, 1])
    t.layer("b1.add", "add", ["b1.conv2.y", "conv1.y"], "b1.out", post=["relu", "quantize"],
            skip=dict(stride=1, channel_pad=0, highway=True))
    h = t.store("b1.out", np.maximum(y + h, 0), 8, 0.0625, signed=True, highway=True)

    # Block 2: stride 2, two groups, a zero point of 3, weights scaled per filter, uneven padding.
    t.layer("b2.quant", "quantize", ["b1.out"], "b2.q1")
    t.store("b2.q1", h, 4, 0.4, zero_point=3)
    t.codes("b2.conv.w", rng.integers(-8, 8, (8, 2, 3, 3)), 4,
            [float(s) for s in rng.uniform(0.02, 0.06, 8)], 0, True, axis=0)
    q, k, _, factor = t.operands("b2.q1", "b2.conv.w")
    y = t.floats("b2.conv.y", convolve(q, k, 2, (1, 0, 0, 1), 2) * per_channel(factor), np.float64)
    t.layer("b2.conv", "conv", ["b2.q1"], "b2.conv.y", weights="b2.conv.w", stride=[2, 2],
            pad=[1, 0, 0, 1], groups=2,
            mapping=dict(m=4, n=1, e=4, p=2, q=1, r=1, t=1), width_tile=4)
    skip = np.pad(h[:, :, ::2, ::2], ((0, 0), (2, 2), (0, 0), (0, 0)))
    t.layer("b2.add", "add", ["b2.conv.y", "b1.out"], "b2.out", post=["relu", "quantize"],
            skip=dict(stride=2, channel_pad=2, highway=True))
    h = t.store("b2.out", np.maximum(y + skip, 0), 8, 0.0625, signed=True, highway=True)

    # Pools, concat, mul, a fractional zero point, fc.
    padded = np.pad(t.arrays["b2.out"], ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-128)
    peak = np.max([padded[:, :, i:i + 3:2, j:j + 3:2] for i in range(3) for j in range(3)], axis=0)
    t.layer("max", "maxpool", ["b2.out"], "max.q", kernel=3, stride=2, pad=1)
    t.codes("max.q", peak, 8, 0.0625, 0, True)
    wide = np.pad(h, ((0, 0), (0, 0), (1, 1), (1, 1)))
    mean = sum(wide[:, :, i:i + 3:2, j:j + 3:2] for i in range(3) for j in range(3)) / 9
    t.layer("mean", "avgpool", ["b2.out"], "mean.y", kernel=[3, 3], stride=2, pad=1)
    mean = t.floats("mean.y", mean, np.float64)
    product = t.floats("product.y", t.real("max.q") * mean, np.float64)
    t.layer("product", "mul", ["max.q", "mean.y"], "product.y")
    both = t.store("both.q", np.concatenate([t.real("max.q"), product], 1), 6, 0.25, 0.5)
    t.layer("both", "concat", ["max.q", "product.y"], "both.q", post=["quantize"])
    t.codes("fc.w", rng.integers(-4, 4, (5, 64)), 3, 0.11, -0.5, True)
    t.floats("fc.bias", rng.normal(size=5))
    q, k, zero, factor = t.operands("both.q", "fc.w")
    acc = q.reshape(2, -1) @ k.T
    y = (acc - zero * k.sum(axis=1)) * factor + t.real("fc.bias")
    t.layer("fc", "fc", ["both.q"], "fc.y", weights="fc.w", post=["fc.bias"])
    t.floats("fc.y", y, np.float64)
    t.layer("global", "avgpool", ["b2.out"], "global.y")
    t.floats("global.y", h.mean(axis=(2, 3)), np.float64)
    return t


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def product(t, x, w, step):
    """One matrix-vector product of a recurrent layer."""
    q, k, zero, factor = t.operands(x, w)
    return (q[step] @ k - zero * k.sum(axis=0)) * factor


def code(values, bits, scale, zero_point, signed):
    low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
    return np.clip(np.rint(values / scale + zero_point), low, high)


def tiny_lstm(rng):
    """Four steps of an LSTM at 2 bits whose c and h are on an 8-bit highway."""
    t = Trace("tiny-lstm", "TC", 8)
    steps, inputs, hidden = 4, 6, 5
    t.codes("x.q", rng.integers(0, 4, (steps, inputs)), 2, 0.5, 1.5)
    t.codes("h_prev.q", np.full((steps, hidden), 2), 2, 2 / 3, 1.5)
    t.codes("Wx", rng.integers(-2, 2, (inputs, 4 * hidden)), 2, 0.55, -0.5, True)
    t.codes("Wh", rng.integers(-2, 2, (hidden, 4 * hidden)), 2, 0.42, -0.5, True)
    bias = t.floats("bias", rng.normal(size=4 * hidden) * 0.3)
    h, c = np.zeros(hidden), np.zeros(hidden)
    kept = dict(preact=[], gates=[], c=[], h=[])
    for step in range(steps):
        t.arrays["h_prev.q"][step] = code(h, 2, 2 / 3, 1.5, False)
        a = product(t, "x.q", "Wx", step) + product(t, "h_prev.q", "Wh", step) + bias
        f, g, i, o = np.split(a, 4)
        f, g, i, o = sigmoid(f), np.tanh(g), sigmoid(i), sigmoid(o)
        c = 0.03125 * code(f * c + g * i, 8, 0.03125, 0, True)
        h = 0.0078125 * code(o * np.tanh(c), 8, 0.0078125, 0, True)
        for name, value in dict(preact=a, gates=np.concatenate([f, g, i, o]), c=c, h=h).items():
            kept[name].append(value)
    t.floats("preact", kept["preact"], np.float64)
    t.floats("gates", kept["gates"], np.float64)
    t.store("c", np.array(kept["c"]), 8, 0.03125, signed=True, highway=True)
    t.store("h", np.array(kept["h"]), 8, 0.0078125, signed=True, highway=True)
    t.layer("lstm0", "lstm", ["x.q", "h_prev.q"], "h", weights=["Wx", "Wh"], bias="bias",
            gate_order="f,g,i,o", hidden=hidden, steps=steps, preact="preact", gates="gates",
            cell="c", highway=True)
    return t


def tiny_gru(rng):
    """Three steps of a GRU at 4 bits without highway: the gates and h are quantized too."""
    t = Trace("tiny-gru", "TC", 0)
    steps, inputs, hidden = 3, 4, 4
    t.codes("x.q", rng.integers(-8, 8, (steps, inputs)), 4, 0.2, 0, True)
    t.codes("h_prev.q", np.zeros((steps, hidden)), 4, 0.125, 0, True)
    t.codes("Wx", rng.integers(-8, 8, (inputs, 3 * hidden)), 4, 0.1, 0, True)
    t.codes("Wh", rng.integers(-8, 8, (hidden, 3 * hidden)), 4,
            [float(s) for s in rng.uniform(0.05, 0.15, 3 * hidden)], 0, True, axis=1)
    bias = t.floats("bias", rng.normal(size=3 * hidden) * 0.3)
    h = np.zeros(hidden)
    kept = dict(preact=[], gates=[], h=[])
    for step in range(steps):
        t.arrays["h_prev.q"][step] = code(h, 4, 0.125, 0, True)
        px, ph = product(t, "x.q", "Wx", step), product(t, "h_prev.q", "Wh", step)
        r, z = np.split((px + ph + bias)[:2 * hidden], 2)
        a_r, a_z = r, z
        r = 0.125 * code(sigmoid(r), 4, 0.125, 0, True)
        z = 0.125 * code(sigmoid(z), 4, 0.125, 0, True)
        a_n = (px + bias)[2 * hidden:] + r * ph[2 * hidden:]
        n = 0.125 * code(np.tanh(a_n), 4, 0.125, 0, True)
        h = 0.125 * code((1 - z) * n + z * h, 4, 0.125, 0, True)
        kept["preact"].append(np.concatenate([a_r, a_z, a_n]))
        kept["gates"].append(np.concatenate([r, z, n]))
        kept["h"].append(h)
    t.floats("preact", kept["preact"], np.float64)
    t.store("gates", np.array(kept["gates"]), 4, 0.125, signed=True)
    t.store("h", np.array(kept["h"]), 4, 0.125, signed=True)
    t.layer("gru0", "gru", ["x.q", "h_prev.q"], "h", weights=["Wx", "Wh"], bias="bias",
            gate_order="r,z,n", hidden=hidden, steps=steps, preact="preact", gates="gates")
    return t


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    samples = {"tiny_residual.npz": tiny_residual(np.random.default_rng(1)),
               "tiny_lstm.npz": tiny_lstm(np.random.default_rng(2)),
               "tiny_gru": tiny_gru(np.random.default_rng(3))}
    differ = 0
    for name, trace in samples.items():
        path = os.path.join(HERE, name)
        if not check:
            trace.save(path)
        elif not trace.same(path):
            print(name, "differs", file=sys.stderr)
            differ = 1
    return differ


if __name__ == "__main__":
    sys.exit(main())
