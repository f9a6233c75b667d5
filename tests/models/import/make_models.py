#!/usr/bin/python3
"""Small models for the tests of the importers: tests/models/import/models/*.onnx, *.tflite.

Needs python3-onnx, python3-torch and NumPy; the files are kept, so the tests do not. The TFLite file is written by
hand: FlatBuffers is offsets and tables.
"""
import pathlib
import struct

import numpy as np
import onnx
import onnx.checker
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent / "models"
rng = np.random.default_rng(7)


def const(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, constants, shape, opset=13, extra=(), out="y"):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)], constants)
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in extra]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="make_models.py")
    model.ir_version = 7
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def f32(*shape):
    return rng.normal(size=shape).astype(np.float32)


def residual():
    n = helper.make_node
    save("residual", [
        n("Conv", ["x", "conv1.weight"], ["c1"], name="c1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        n("BatchNormalization", ["c1", "g", "b", "m", "v"], ["n1"], name="n1"),
        n("Relu", ["n1"], ["r1"], name="r1"),
        n("Conv", ["r1", "conv2.weight", "conv2.bias"], ["c2"], name="c2", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        n("Add", ["c2", "r1"], ["s"], name="s"),
        n("Clip", ["s", "zero", "six"], ["r2"], name="r2"),
        n("MaxPool", ["r2"], ["p"], name="p", kernel_shape=[2, 2], strides=[2, 2]),
        n("GlobalAveragePool", ["p"], ["a"], name="a"),
        n("Flatten", ["a"], ["f"], name="f"),
        n("Gemm", ["f", "fc.weight", "fc.bias"], ["logits"], name="fc", transB=1),
        n("Softmax", ["logits"], ["y"], name="softmax")],
        [const("conv1.weight", f32(4, 3, 3, 3)), const("g", f32(4)), const("b", f32(4)), const("m", f32(4)),
         const("v", np.abs(f32(4)) + 0.1), const("conv2.weight", f32(4, 4, 3, 3)), const("conv2.bias", f32(4)),
         const("zero", np.float32(0)), const("six", np.float32(6)), const("fc.weight", f32(5, 4)),
         const("fc.bias", f32(5))], [1, 3, 6, 6])


def qcdq():
    """4-bit weights and activations by QuantizeLinear, Clip, DequantizeLinear."""
    n = helper.make_node
    i8 = np.int8
    save("qcdq", [
        n("QuantizeLinear", ["x", "sx", "zx"], ["xq"], name="q0"),
        n("Clip", ["xq", "low", "high"], ["xc"], name="clip0"),
        n("DequantizeLinear", ["xc", "sx", "zx"], ["xd"], name="d0"),
        n("DequantizeLinear", ["w", "sw", "zw"], ["wd"], name="dw", axis=0),
        n("Conv", ["xd", "wd", "bias"], ["c"], name="conv", kernel_shape=[3, 3], pads=[0, 1, 0, 1]),
        n("Relu", ["c"], ["r"], name="relu"),
        n("QuantizeLinear", ["r", "sy", "zy"], ["yq"], name="q1"),
        n("DequantizeLinear", ["yq", "sy", "zy"], ["y"], name="d1")],
        [const("sx", np.float32(0.25)), const("zx", i8(0)), const("low", i8(-8)), const("high", i8(7)),
         const("w", rng.integers(-7, 8, (4, 2, 3, 3)).astype(i8)), const("sw", np.abs(f32(4)) + 0.05),
         const("zw", np.zeros(4, i8)), const("bias", f32(4)), const("sy", np.float32(0.5)), const("zy", np.uint8(0))],
        [1, 2, 5, 5])


def qonnx():
    n = helper.make_node
    d = "qonnx.custom_op.general"
    save("qonnx", [
        n("BipolarQuant", ["x", "one"], ["xb"], name="xb", domain=d),
        n("Quant", ["w1", "ws", "zero", "two"], ["wq"], name="wq", domain=d, signed=1, narrow=1, rounding_mode="ROUND"),
        n("MatMul", ["xb", "wq"], ["m1"], name="m1"),
        n("MultiThreshold", ["m1", "thresholds"], ["t1"], name="t1", domain=d, out_scale=0.5, out_bias=0.0),
        n("BipolarQuant", ["w2", "ws"], ["wb"], name="wb", domain=d),
        n("MatMul", ["t1", "wb"], ["m2"], name="m2"),
        n("Mul", ["m2", "gain"], ["y"], name="mul")],
        [const("one", np.float32(1)), const("w1", f32(12, 6)), const("ws", np.float32(0.5)),
         const("zero", np.float32(0)), const("two", np.float32(2)),
         const("thresholds", np.sort(f32(6, 3), axis=1)), const("w2", f32(6, 4)),
         const("gain", f32(4))], [1, 12], extra=(d,))


def gru():
    n = helper.make_node
    save("gru", [
        n("GRU", ["x", "w", "r", "b"], ["h", ""], name="gru", hidden_size=5, linear_before_reset=1),
        n("Squeeze", ["h", "axis"], ["s"], name="s"),
        n("MatMul", ["s", "fc.weight"], ["y"], name="fc")],
        [const("w", f32(1, 15, 3)), const("r", f32(1, 15, 5)), const("b", f32(1, 30)), const("axis", np.array([1])),
         const("fc.weight", f32(5, 2))], [4, 1, 3])


class Flat:
    """Tables written backwards, as FlatBuffers does: `data` ends where the file ends."""

    def __init__(self):
        self.data = b""

    def put(self, raw, align):
        while (len(self.data) + len(raw)) % align:
            self.data = b"\0" + self.data
        self.data = raw + self.data
        return len(self.data)

    def vector(self, raw, count, align=4):
        while (len(self.data) + len(raw)) % max(align, 4):
            self.data = b"\0" + self.data
        self.data = struct.pack("<I", count) + raw + self.data
        return len(self.data)

    def string(self, text):
        while (len(self.data) + len(text) + 1) % 4:
            self.data = b"\0" + self.data
        self.data = struct.pack("<I", len(text)) + text.encode() + b"\0" + self.data
        return len(self.data)

    def offsets(self, places):
        raw = b""
        base = len(self.data) + 4 * len(places)
        base += -base % 4
        for i, place in enumerate(places):
            raw += struct.pack("<I", base - 4 * i - place)
        return self.vector(raw, len(places))

    def table(self, fields):
        """fields: number -> (format, value) or a place."""
        size = 4 + sum(8 if isinstance(v, tuple) and v[0] == "q" else 4 for v in fields.values())
        count = max(fields, default=-1) + 1
        while (len(self.data) + size) % 8:
            self.data = b"\0" + self.data
        start = len(self.data) + size
        body, slots, at = b"", [0] * count, 4
        for number, value in fields.items():
            slots[number] = at
            if isinstance(value, tuple):
                raw = struct.pack("<" + value[0], value[1]).ljust(4, b"\0")
            else:
                raw = struct.pack("<I", start - at - value)
            body += raw
            at += len(raw)
        vtable = struct.pack("<HH", 4 + 2 * count, size) + b"".join(struct.pack("<H", s) for s in slots)
        vtable += b"\0" * (-len(vtable) % 4)
        self.data = vtable + struct.pack("<i", len(vtable)) + body + self.data
        return start


def tflite():
    """int8: convolution with ReLU6, depthwise convolution, sum, mean, fully connected."""
    f = Flat()
    buffers, tensors = [f.table({})], []

    def ints(values, kind="<i4"):
        array = np.asarray(values, kind)
        return f.vector(array.tobytes(), array.size, array.itemsize)

    def tensor(name, shape, kind, scale, zero, data=None, axis=0):
        buffer = 0
        if data is not None:
            raw = np.ascontiguousarray(data).tobytes()
            buffers.append(f.table({0: f.vector(raw, len(raw), 16)}))
            buffer = len(buffers) - 1
        scale = np.atleast_1d(scale).astype("<f4")
        q = f.table({2: f.vector(scale.tobytes(), scale.size), 3: ints([zero] * scale.size, "<i8"), 6: ("i", axis)})
        tensors.append(f.table({0: ints(shape), 1: ("b", kind), 2: ("I", buffer), 3: f.string(name), 4: q}))
        return len(tensors) - 1

    i8, i32 = 9, 2
    x = tensor("x", [1, 6, 6, 2], i8, 0.05, -10)
    ws = (np.abs(f32(4)) + 0.01) * 0.01
    w1 = tensor("w1", [4, 3, 3, 2], i8, ws, 0, rng.integers(-127, 128, (4, 3, 3, 2)).astype(np.int8))
    b1 = tensor("b1", [4], i32, ws * np.float32(0.05), 0, rng.integers(-900, 900, 4).astype(np.int32))
    y1 = tensor("y1", [1, 6, 6, 4], i8, 6 / 255, -128)
    w2 = tensor("w2", [1, 3, 3, 4], i8, ws, 0, rng.integers(-127, 128, (1, 3, 3, 4)).astype(np.int8), axis=3)
    b2 = tensor("b2", [4], i32, ws * np.float32(6 / 255), 0, rng.integers(-900, 900, 4).astype(np.int32))
    y2 = tensor("y2", [1, 6, 6, 4], i8, 0.03, 5)
    s = tensor("s", [1, 6, 6, 4], i8, 0.04, -20)
    m = tensor("m", [1, 4], i8, 0.02, -7)
    w3 = tensor("w3", [3, 4], i8, 0.01, 0, rng.integers(-127, 128, (3, 4)).astype(np.int8))
    b3 = tensor("b3", [3], i32, 0.0002, 0, rng.integers(-90, 90, 3).astype(np.int32))
    y = tensor("y", [1, 3], i8, 0.02, 3)
    axes_raw = np.array([1, 2], "<i4").tobytes()
    buffers.append(f.table({0: f.vector(axes_raw, 8, 16)}))
    tensors.append(f.table({0: ints([2]), 1: ("b", i32), 2: ("I", len(buffers) - 1), 3: f.string("axes")}))
    axes = len(tensors) - 1

    def op(code, inputs, outputs, options, kind):
        return f.table({0: ("I", code), 1: ints(inputs), 2: ints(outputs), 3: ("B", kind), 4: f.table(options)})

    ops = [op(0, [x, w1, b1], [y1], {0: ("b", 0), 1: ("i", 1), 2: ("i", 1), 3: ("b", 3)}, 1),
           op(1, [y1, w2, b2], [y2], {0: ("b", 0), 1: ("i", 1), 2: ("i", 1), 3: ("i", 1), 4: ("b", 0)}, 2),
           op(2, [y1, y2], [s], {0: ("b", 1)}, 11),
           op(3, [s, axes], [m], {0: ("b", 0)}, 27),
           op(4, [m, w3, b3], [y], {0: ("b", 0)}, 8)]
    codes = f.offsets([f.table({0: ("b", c), 2: ("i", 1), 3: ("i", c)}) for c in (3, 4, 0, 40, 9)])
    graph = f.table({0: f.offsets(tensors), 1: ints([x]), 2: ints([y]), 3: f.offsets(ops)})
    model = f.table({0: ("I", 3), 1: codes, 2: f.offsets([graph]), 4: f.offsets(buffers)})
    while (len(f.data) + 8) % 16:
        f.data = b"\0" + f.data
    f.data = struct.pack("<I", len(f.data) + 8 - model) + b"TFL3" + f.data
    (OUT / "small.tflite").write_bytes(f.data)


def safetensors():
    import json
    a, b = f32(2, 3), np.arange(4, dtype=np.float16)
    header = json.dumps({"__metadata__": {"made": "by hand"},
                         "a.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                         "a.bias": {"dtype": "F16", "shape": [4], "data_offsets": [24, 32]}}).encode()
    (OUT / "small.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + a.tobytes() + b.tobytes())


def checkpoint():
    """A state_dict of PyTorch, and the pickle in it (needs python3-torch)."""
    import collections
    import zipfile

    import torch
    torch.manual_seed(0)
    whole = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    state = collections.OrderedDict([("a.weight", whole.t()), ("a.bias", torch.nn.Parameter(whole[0])),
                                     ("a.half", whole.half()), ("a.count", torch.tensor([7]))])
    torch.save({"epoch": 3, "state_dict": state}, OUT / "small.pt")
    with zipfile.ZipFile(OUT / "small.pt") as archive:
        name = next(n for n in archive.namelist() if n.endswith("data.pkl"))
        (OUT / "small.pkl").write_bytes(archive.read(name))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for make in (residual, qcdq, qonnx, gru, tflite, safetensors, checkpoint):
        make()
