"""What a trace says by itself: MACs, MACs gated by a zero, psums, outputs and operations, by plain loops
over its arrays (traces/FORMAT.md)."""

import math


def pair(value):
    return value if isinstance(value, list) else [value, value]


def pads(value):
    value = pair(value)
    return value if len(value) == 4 else [value[0], value[1], value[0], value[1]]


def array_values(trace, tensor):
    """Operands of the multipliers: integers, or real values of a float tensor."""
    operand = trace.operand(tensor)
    return operand if operand is not None else trace.arrays[tensor][1]


class Shape:
    """Of a layer's products, as docs/dataflow.md names it: M and C are those of one group."""

    def __init__(self, **sizes):
        self.N = self.G = self.M = self.C = self.R = self.S = self.E = self.F = self.steps = 1
        vars(self).update(sizes)

    def ofmap(self):
        return self.steps * self.N * self.G * self.M * self.E * self.F

    def weights(self):
        return self.G * self.M * self.C * self.R * self.S

    def macs(self):
        return self.ofmap() * self.C * self.R * self.S


class Products:
    """One layer of products: its shape (None for two products a step), its MACs, those with a zero
    activation, its sums."""

    def __init__(self, trace, tensors):
        self.macs = self.gated = 0
        self.widest = 0.0
        self.shape = None
        # No code of a fractional zero point stands for zero.
        self.has_zero = all(float(trace.json["tensors"][name].get("zero_point", 0)).is_integer()
                            for name in tensors)

    def add(self, terms):
        total = 0
        for activation, weight in terms:
            self.macs += 1
            self.gated += activation == 0 and self.has_zero
            total += activation * weight
        self.widest = max(self.widest, abs(total))


def convolution(trace, layer):
    (images, channels, height, width), _ = trace.arrays[layer["inputs"][0]]
    (filters, depth, rows, columns), _ = trace.arrays[layer["weights"]]
    x, w = array_values(trace, layer["inputs"][0]), array_values(trace, layer["weights"])
    stride, (top, left, _, _) = pair(layer.get("stride", 1)), pads(layer.get("pad", 0))
    _, _, ofmap_rows, ofmap_columns = trace.arrays[layer["output"]][0]
    each = filters // layer.get("groups", 1)
    out = Products(trace, layer["inputs"])
    groups = layer.get("groups", 1)
    out.shape = Shape(N=images, G=groups, M=each, C=depth, R=rows, S=columns, E=ofmap_rows, F=ofmap_columns)

    def activation(n, c, h, v):
        inside = 0 <= h < height and 0 <= v < width
        return x[((n * channels + c) * height + h) * width + v] if inside else 0

    for n in range(images):
        for m in range(filters):
            for e in range(ofmap_rows):
                for f in range(ofmap_columns):
                    out.add((activation(n, m // each * depth + c, e * stride[0] + r - top,
                                        f * stride[1] + s - left),
                             w[((m * depth + c) * rows + r) * columns + s])
                            for c in range(depth) for r in range(rows) for s in range(columns))
    return out


def matrix(trace, tensor, weights, outputs_first, out):
    """Rows of `tensor` times a matrix: [outputs][inputs] of fc, [inputs][outputs] of recurrent layers."""
    shape, _ = trace.arrays[tensor]
    x, w = array_values(trace, tensor), array_values(trace, weights)
    inputs = math.prod(shape[1:])
    outputs = math.prod(trace.arrays[weights][0]) // inputs
    for n in range(shape[0]):
        for m in range(outputs):
            out.add((x[n * inputs + k], w[m * inputs + k if outputs_first else k * outputs + m])
                    for k in range(inputs))


def products(trace, layer):
    """None for a layer without products."""
    if layer["op"] == "conv":
        return convolution(trace, layer)
    out = Products(trace, layer["inputs"])
    if layer["op"] == "fc":
        shape, _ = trace.arrays[layer["inputs"][0]]
        _, _, rows, columns = [*shape, 1, 1][:4]
        out.shape = Shape(N=shape[0], M=trace.arrays[layer["weights"]][0][0], C=shape[1], R=rows, S=columns)
        matrix(trace, layer["inputs"][0], layer["weights"], True, out)
    elif layer["op"] in ("lstm", "gru"):
        for tensor, weights in zip(layer["inputs"], layer["weights"]):
            matrix(trace, tensor, weights, False, out)
    else:
        return None
    return out


def size(trace, tensor):
    return math.prod(trace.arrays[tensor][0])


def written(layer):
    return [layer["output"], *(layer[key] for key in ("preact", "gates", "cell") if key in layer)]


def operations(trace):
    """Of one inference: MACs, residual adds, non-linear operations, element-wise products."""
    out = {"low_precision_macs": 0, "high_precision_adds": 0, "nonlinear": 0, "elementwise_multiplies": 0}
    batch = trace.json.get("batch", 1)
    for layer in trace.json["layers"]:
        work = products(trace, layer)
        out["low_precision_macs"] += work.macs // batch if work else 0
        if layer["op"] in ("lstm", "gru"):
            cells = layer["hidden"] * layer["steps"]
            out["high_precision_adds"] += cells
            out["nonlinear"] += (5 if layer["op"] == "lstm" else 3) * cells
            out["elementwise_multiplies"] += 3 * cells
            continue
        values = size(trace, layer["output"]) // batch
        out["high_precision_adds"] += values * (layer["op"] == "add")
        out["elementwise_multiplies"] += values * (layer["op"] == "mul")
        out["nonlinear"] += values * layer.get("post", []).count("relu")
    return out
