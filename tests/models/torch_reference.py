"""traces/FORMAT.md a second time, in PyTorch: what every tensor of a trace has to hold.

Shares no code with the engine. Integer layers are computed with float64 convolutions, which are exact while
the sums stay below 2^53; the rest follows the page operation by operation, in float64 with one rounding each.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


class Trace:
    """A trace with its members as float64 tensors."""

    def __init__(self, description, members):
        self.description = description
        self.entries = description["tensors"]
        self.layers = description["layers"]
        self.members = {name: torch.from_numpy(np.ascontiguousarray(array, np.float64))
                        for name, array in members.items()}

    @staticmethod
    def load(path):
        with np.load(path) as file:
            description = json.loads(bytes(file["__trace__"]).decode())
            return Trace(description, {name: file[name] for name in description["tensors"]})

    def save(self, path):
        """Codes as int32, which holds every code of 32 bits and less; real values as float64."""
        arrays = {name: values.numpy() if self.is_float(name) else values.numpy().astype(np.int32)
                  for name, values in self.members.items()}
        text = json.dumps(self.description).encode()
        np.savez(path, __trace__=np.frombuffer(text, np.uint8), **arrays)

    def is_float(self, name):
        return self.entries[name]["kind"] == "float"

    def layer(self, name):
        return next(layer for layer in self.layers if layer["name"] == name)


def code_range(entry):
    """Smallest and largest code."""
    if entry.get("signed", entry["kind"] == "midrise"):
        return -2.0 ** (entry["bits"] - 1), 2.0 ** (entry["bits"] - 1) - 1
    return 0.0, 2.0 ** entry["bits"] - 1


def scale_of(entry, dimensions):
    """The scale, shaped to be multiplied with a tensor of so many dimensions."""
    if not isinstance(entry["scale"], list):
        return torch.tensor(entry["scale"], dtype=torch.float64)
    shape = [1] * dimensions
    shape[entry["axis"]] = -1
    return torch.tensor(entry["scale"], dtype=torch.float64).reshape(shape)


def decode(entry, values):
    """Real values of codes."""
    if entry["kind"] == "float":
        return values
    return scale_of(entry, values.dim()) * (values - entry["zero_point"])


def encode(entry, values):
    """What a tensor holds after real values were stored in it; torch.round rounds half to even."""
    if entry["kind"] == "float":
        return values
    return torch.clamp(torch.round(values / entry["scale"] + entry["zero_point"]), *code_range(entry))


def four(pad):
    """pad as [top, left, bottom, right]."""
    if not isinstance(pad, list):
        return [pad] * 4
    return pad if len(pad) == 4 else [pad[0], pad[1], pad[0], pad[1]]


def pair(value):
    return value if isinstance(value, list) else [value, value]


def padded(x, pad, value=0.0):
    top, left, bottom, right = four(pad)
    return F.pad(x, (left, right, top, bottom), value=value)


def convolve(layer, x, w):
    return F.conv2d(padded(x, layer.get("pad", 0)), w, stride=pair(layer.get("stride", 1)),
                    groups=layer.get("groups", 1))


def linear(x, w):
    return x.reshape(x.shape[0], -1) @ w.T


def sums(trace, x_name, w_name, multiply, outputs_axis=0):
    """Real values of sums of products. multiply(x, w) is the convolution or product of two tensors."""
    x_entry, w_entry = trace.entries[x_name], trace.entries[w_name]
    x, w = trace.members[x_name], trace.members[w_name]
    if x_entry["kind"] == "float" or w_entry["kind"] == "float":
        return multiply(decode(x_entry, x), decode(w_entry, w))
    zero = x_entry["zero_point"]
    fractional = zero != int(zero)
    midrise = w_entry["kind"] == "midrise"
    operand = 2.0 * w + 1.0 if midrise else w - w_entry["zero_point"]
    values = multiply(x if fractional else x - zero, operand)
    if fractional:
        # Without padding every output sums over all weights of its filter.
        values = values - zero * multiply(torch.ones_like(x), operand)
    factor = torch.as_tensor(x_entry["scale"], dtype=torch.float64) * scale_of(w_entry, w.dim()).reshape(-1)
    if midrise:
        factor = factor * 0.5
    shape = [1] * values.dim()
    shape[1] = -1
    return values * factor.reshape(shape)


def post_steps(trace, layer, values):
    shape = [1, -1] + [1] * (values.dim() - 2)
    for step in layer.get("post", []):
        if step.endswith(".scale"):
            values = values * trace.members[step].reshape(shape)
        elif step.endswith(".bias"):
            values = values + trace.members[step].reshape(shape)
        elif step == "relu":
            values = torch.where(values > 0, values, torch.zeros_like(values))
    return values


def skip_operand(layer, x, target):
    skip = layer.get("skip") or {}
    stride, channels = skip.get("stride", 1), skip.get("channel_pad", 0)
    x = x[:, :, ::stride, ::stride] if stride > 1 else x
    more = target[1] - x.shape[1]
    if more == 0:
        return x
    front = channels if more == 2 * channels else 0
    return F.pad(x, (0, 0, 0, 0, front, more - front))


def average(layer, x):
    """Sums in row-major order of the window, which a code next to a tie can hang on."""
    rows, columns = pair(layer.get("kernel") or list(x.shape[2:]))
    x = padded(x, layer.get("pad", 0))
    down, across = pair(layer.get("stride") or [rows, columns])
    out_rows, out_columns = (x.shape[2] - rows) // down + 1, (x.shape[3] - columns) // across + 1
    total = torch.zeros(x.shape[0], x.shape[1], out_rows, out_columns, dtype=torch.float64)
    for r in range(rows):
        for s in range(columns):
            total = total + x[:, :, r:r + (out_rows - 1) * down + 1:down, s:s + (out_columns - 1) * across + 1:across]
    return total / (rows * columns)


def maximum(layer, x):
    kernel = pair(layer.get("kernel") or list(x.shape[2:]))
    return F.max_pool2d(padded(x, layer.get("pad", 0), float("-inf")), kernel,
                        stride=pair(layer.get("stride") or kernel))


def feed_forward(trace, layer):
    """Real values of a layer without state, before they are stored."""
    names = layer["inputs"]
    reals = [decode(trace.entries[name], trace.members[name]) for name in names]
    op = layer["op"]
    if op == "conv":
        values = sums(trace, names[0], layer["weights"], lambda x, w: convolve(layer, x, w))
    elif op == "fc":
        values = sums(trace, names[0], layer["weights"], linear)
    elif op == "add":
        values = reals[0] + skip_operand(layer, reals[1], reals[0].shape)
    elif op == "mul":
        values = reals[0] * reals[1]
    elif op == "concat":
        values = torch.cat(reals, 1)
    elif op in ("quantize", "affine"):
        values = reals[0]
    else:
        values = {"maxpool": maximum, "avgpool": average}[op](layer, reals[0])
    return post_steps(trace, layer, values)


class Stored:
    """A tensor of a recurrent layer, written step by step; a name the layer lacks keeps values as they are."""

    def __init__(self, trace, name):
        self.entry = trace.entries[name] if name else {"kind": "float"}
        self.rows = []

    def seen(self, row):
        return decode(self.entry, encode(self.entry, row))

    def write(self, row):
        self.rows.append(encode(self.entry, row))
        return decode(self.entry, self.rows[-1])


def blocks(layer, values):
    """Gate letter -> its block of columns."""
    letters = layer["gate_order"].split(",")
    return dict(zip(letters, values.chunk(len(letters))))


def together(layer, parts):
    return torch.cat([parts[letter] for letter in layer["gate_order"].split(",")])


def write_gates(layer, values, candidate, tensors):
    """The gates as their readers see them; the candidate alone, if the layer names a tensor for it."""
    if not layer.get("candidate"):
        return blocks(layer, tensors["gates"].write(together(layer, values)))
    letters = [letter for letter in layer["gate_order"].split(",") if letter != candidate]
    others = tensors["gates"].write(torch.cat([values[letter] for letter in letters]))
    return dict(zip(letters, others.chunk(len(letters)))) | {candidate: tensors["candidate"].write(values[candidate])}


def lstm_step(layer, a, b, bias, before, tensors):
    parts = blocks(layer, tensors["preact"].write((a + b) + bias))
    squashed = {letter: torch.tanh(v) if letter == "g" else 1 / (1 + torch.exp(-v)) for letter, v in parts.items()}
    gate = write_gates(layer, squashed, "g", tensors)
    computed = gate["f"] * before["cell"] + gate["i"] * gate["g"]
    cell = tensors["cell"].write(computed)
    read = computed if layer.get("tanh_of") == "computed" else cell
    return {"cell": cell, "output": tensors["output"].write(gate["o"] * tensors["cell_tanh"].write(torch.tanh(read)))}


def gru_step(layer, a, b, bias, before, tensors):
    x, h, c = blocks(layer, a), blocks(layer, b), blocks(layer, bias)
    sigma = {letter: (x[letter] + h[letter]) + c[letter] for letter in "rz"}
    gate = {letter: 1 / (1 + torch.exp(-v)) for letter, v in sigma.items()}
    # A reader of r sees it as it is stored, which does not depend on the other gates.
    reset = tensors["gates"].seen(gate["r"])
    sigma["n"] = (x["n"] + c["n"]) + reset * h["n"]
    gate["n"] = torch.tanh(sigma["n"])
    tensors["preact"].write(together(layer, sigma))
    gate = write_gates(layer, gate, "n", tensors)
    return {"output": tensors["output"].write((1 - gate["z"]) * gate["n"] + gate["z"] * before["output"])}


def recurrent(trace, layer):
    """Tensor name -> what it has to hold."""
    names = {key: layer.get(key) or "" for key in ("preact", "gates", "candidate", "cell", "cell_tanh", "output")}
    tensors = {key: Stored(trace, name) for key, name in names.items()}
    hidden = layer["hidden"]
    wx, wh = layer["weights"]
    columns = lambda x, w: x @ w  # noqa: E731
    a = sums(trace, layer["inputs"][0], wx, columns)
    b = sums(trace, layer["inputs"][1], wh, columns)
    bias = trace.members[layer["bias"]] if layer.get("bias") else torch.zeros(a.shape[1], dtype=torch.float64)
    state = {"cell": torch.zeros(hidden, dtype=torch.float64), "output": torch.zeros(hidden, dtype=torch.float64)}
    step = lstm_step if layer["op"] == "lstm" else gru_step
    for t in range(layer["steps"]):
        state = step(layer, a[t], b[t], bias, state, tensors)
    return {name: torch.stack(tensors[key].rows) for key, name in names.items() if name}


def expected(trace, layer):
    """Tensor name -> what it has to hold after the layer."""
    if layer["op"] in ("lstm", "gru"):
        return recurrent(trace, layer)
    name = layer["output"]
    return {name: encode(trace.entries[name], feed_forward(trace, layer))}
