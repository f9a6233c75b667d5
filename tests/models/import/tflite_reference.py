#!/usr/bin/python3
"""TensorFlow Lite's int8 operators in NumPy, from their specification; shares nothing with turnpike.

    tflite_reference.py MODEL.tflite IMAGES.npz OUTPUTS.npz [once|twice]

Runs the model (its own reader of the file, struct and NumPy only), compares the codes of the last
layer with those of OUTPUTS.npz (written by import_run), and of every tensor it has for the first
images; tells how many codes the other rounding would change. Sources: TensorFlow Lite 8-bit
quantization specification; gemmlowp's fixed point (SaturatingRoundingDoublingHighMul,
RoundingDivideByPOT) for `twice`, one rounding of the whole product for `once`.
"""
import math
import struct
import sys

import numpy as np

TYPES = {0: "<f4", 2: "<i4", 3: "u1", 4: "<i8", 9: "i1"}


class Table:
    """A FlatBuffers table; fields by number."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.vtable)[0]

    def place(self, number):
        slot = 4 + 2 * number
        if slot >= self.size:
            return None
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0]
        return self.at + offset if offset else None

    def scalar(self, number, kind, absent=0):
        place = self.place(number)
        return absent if place is None else struct.unpack_from("<" + kind, self.data, place)[0]

    def target(self, number):
        place = self.place(number)
        return None if place is None else place + struct.unpack_from("<I", self.data, place)[0]

    def table(self, number):
        target = self.target(number)
        return None if target is None else Table(self.data, target)

    def vector(self, number, dtype):
        target = self.target(number)
        if target is None:
            return np.zeros(0, dtype)
        count = struct.unpack_from("<I", self.data, target)[0]
        return np.frombuffer(self.data, dtype, count, target + 4)

    def tables(self, number):
        target = self.target(number)
        count = 0 if target is None else struct.unpack_from("<I", self.data, target)[0]
        for i in range(count):
            at = target + 4 + 4 * i
            yield Table(self.data, at + struct.unpack_from("<I", self.data, at)[0])


def read(path):
    data = open(path, "rb").read()
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    codes = [max(c.scalar(0, "b"), c.scalar(3, "i")) for c in model.tables(1)]
    buffers = list(model.tables(4))
    graph = next(model.tables(2))
    tensors = []
    for t in graph.tables(0):
        shape = t.vector(0, "<i4").tolist()
        raw = buffers[t.scalar(2, "I")].vector(0, "u1")
        q = t.table(4)
        tensors.append({
            "shape": shape,
            "data": np.frombuffer(raw.tobytes(), TYPES[t.scalar(1, "b")]).reshape(shape) if len(raw) else None,
            "scale": q.vector(2, "<f4").astype(np.float64) if q else np.zeros(0),
            "zero": int(q.vector(3, "<i8")[0]) if q and len(q.vector(3, "<i8")) else 0})
    ops = [(codes[o.scalar(0, "I")], o.vector(1, "<i4").tolist(), o.vector(2, "<i4").tolist(), o.table(4))
           for o in graph.tables(3)]
    return tensors, ops, graph.vector(1, "<i4")[0]


def fixed(factor):
    mantissa, exponent = math.frexp(factor)
    q = math.floor(mantissa * 2 ** 31 + 0.5)
    if q == 2 ** 31:
        q, exponent = q // 2, exponent + 1
    return q, exponent


def rescale(x, factor, rounding):
    """x * factor, factor one number or one per last axis."""
    pairs = [fixed(f) for f in np.atleast_1d(factor)]
    q = np.array([p[0] for p in pairs], np.int64)
    e = np.array([p[1] for p in pairs], np.int64)
    x = x.astype(np.int64)
    if rounding == "once":
        total = 31 - e
        return (x * q + (np.int64(1) << (total - 1))) >> total
    x = x << np.maximum(e, 0)
    product = x * q
    nudge = np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    exact = (product + nudge)
    high = np.where(exact >= 0, exact >> 31, -((-exact) >> 31))         # C's division, exactly
    right = np.maximum(-e, 0)
    mask = (np.int64(1) << right) - 1
    rest = high & mask
    threshold = (mask >> 1) + (high < 0)
    return (high >> right) + (rest > threshold)


def windows(x, kernel, stride, same, fill):
    """[N, E, F, R, S, C] of NHWC x; what lies outside is `fill`."""
    n, h, w, c = x.shape
    pads = []
    for extent, k, s in ((h, kernel[0], stride[0]), (w, kernel[1], stride[1])):
        out = -(-extent // s)
        total = max((out - 1) * s + k - extent, 0) if same else 0
        pads.append((total // 2, total - total // 2))
    x = np.pad(x, ((0, 0), pads[0], pads[1], (0, 0)), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(1, 2))
    view = view[:, ::stride[0], ::stride[1]]
    return view.transpose(0, 1, 2, 4, 5, 3)


def clamp(x, activation, scale, zero):
    low, high = -128, 127
    if activation in (1, 3):
        low = max(low, zero)
    if activation == 3:
        high = min(high, zero + round(6.0 / scale))
    return np.clip(x, low, high).astype(np.int64)


class Interpreter:
    def __init__(self, path, rounding):
        self.tensors, self.ops, self.first = read(path)
        self.rounding = rounding

    def run(self, x):
        values = {self.first: x}
        order = []
        for code, inputs, outputs, options in self.ops:
            result = self.step(code, [values.get(i) for i in inputs], [self.tensors[i] if i >= 0 else None for i in inputs],
                               self.tensors[outputs[0]], options)
            if result is None:        # softmax: outside
                continue
            values[outputs[0]] = result
            order.append((code, result))
        return order

    def step(self, code, x, info, out, o):
        r = self.rounding
        if code in (3, 4):
            w, b = info[1], info[2]
            weights = w["data"].astype(np.int64)
            activation = o.scalar(3 if code == 3 else 4, "b")
            kernel = weights.shape[1:3]
            v = windows(x[0] - info[0]["zero"], kernel, (o.scalar(2, "i"), o.scalar(1, "i")), o.scalar(0, "b") == 0, 0)
            if code == 3:
                acc = np.tensordot(v.astype(np.float64), weights.astype(np.float64), axes=([3, 4, 5], [1, 2, 3]))
            else:
                multiplier = weights.shape[3] // v.shape[5]
                v = np.repeat(v, multiplier, axis=5)
                acc = np.einsum("nefrsc,rsc->nefc", v.astype(np.float64), weights[0].astype(np.float64))
            acc = acc.astype(np.int64) + b["data"].astype(np.int64)
            y = rescale(acc, info[0]["scale"][0] * w["scale"] / out["scale"][0], r) + out["zero"]
            return clamp(y, activation, out["scale"][0], out["zero"])
        if code == 9:
            acc = x[0].reshape(len(x[0]), -1) - info[0]["zero"]
            acc = acc @ info[1]["data"].astype(np.int64).T + (info[2]["data"].astype(np.int64) if info[2] else 0)
            y = rescale(acc, info[0]["scale"][0] * info[1]["scale"] / out["scale"][0], r) + out["zero"]
            return clamp(y, o.scalar(0, "b"), out["scale"][0], out["zero"])
        if code == 0:
            common = 2 * max(info[0]["scale"][0], info[1]["scale"][0])
            parts = [rescale((v - i["zero"]) << 20, i["scale"][0] / common, r) for v, i in zip(x, info)]
            y = rescale(parts[0] + parts[1], common / (2 ** 20 * out["scale"][0]), r) + out["zero"]
            return clamp(y, o.scalar(0, "b"), out["scale"][0], out["zero"])
        if code in (1, 17):
            kernel = (o.scalar(4, "i"), o.scalar(3, "i"))
            stride = (o.scalar(2, "i"), o.scalar(1, "i"))
            same = o.scalar(0, "b") == 0
            if code == 17:
                return windows(x[0], kernel, stride, same, -128).max(axis=(3, 4))
            total = windows(x[0], kernel, stride, same, 0).sum(axis=(3, 4))
            count = windows(np.ones_like(x[0]), kernel, stride, same, 0).sum(axis=(3, 4))
            y = np.sign(total) * ((np.abs(total) + count // 2) // count)
            return clamp(y, o.scalar(5, "b"), out["scale"][0], out["zero"])
        if code == 40:
            total = (x[0] - info[0]["zero"]).sum(axis=(1, 2), keepdims=o is not None and bool(o.scalar(0, "b")))
            count = x[0].shape[1] * x[0].shape[2]
            total = rescale(total, info[0]["scale"][0] / out["scale"][0], r)
            y = np.sign(total) * ((np.abs(total) + count // 2) // count) + out["zero"]
            return clamp(y, 0, out["scale"][0], out["zero"])
        if code == 22:
            return x[0].reshape([len(x[0])] + out["shape"][1:])
        if code == 25:
            return None
        sys.exit(f"operator {code} is not in this interpreter")


def main():
    model, images, outputs = sys.argv[1:4]
    rounding = sys.argv[4] if len(sys.argv) > 4 else "twice"
    data, got = np.load(images), np.load(outputs)
    interpreter = Interpreter(model, rounding)
    info = interpreter.tensors[interpreter.first]
    count = len(got["logits"])
    x = data["x"][:count].astype(np.float64)
    x = x[..., None] if x.ndim == 3 else x
    x = np.clip(np.rint(x / info["scale"][0] + info["zero"]), -128, 127).astype(np.int64)
    other = Interpreter(model, "once" if rounding == "twice" else "twice")
    logits, differ, total, changed = [], 0, 0, 0
    for first in range(0, count, 100):
        made = interpreter.run(x[first:first + 100])
        for (_, a), (_, b) in zip(made, other.run(x[first:first + 100])):
            changed += int((a != b).sum())
            total += a.size
        logits.append(made[-1][1].reshape(100, -1))
        if first == 0:
            ours = [got[name] for name in got.files if name != "logits"]
            theirs = [v for code, v in made if code != 22]
            for a, b in zip(ours, theirs):
                b = b.transpose(0, 3, 1, 2) if b.ndim == 4 else b
                differ += int((a.reshape(-1) != b.reshape(-1)).sum())
            if ours and len(ours) != len(theirs):
                sys.exit(f"{len(ours)} tensors against {len(theirs)}")
    logits = np.concatenate(logits)
    wrong = int((logits != got["logits"]).sum()) + differ
    top1 = float((logits.argmax(1) == data["y"][:count]).mean())
    print(f"{count} images, top-1 {100 * top1:.2f} %, {wrong} codes differ; the other rounding would change "
          f"{changed} of {total} codes ({100 * changed / total:.3f} %)")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
