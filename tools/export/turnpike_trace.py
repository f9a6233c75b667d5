"""Writes traces of quantized networks (traces/FORMAT.md) with NumPy only. Layers follow one another:

    from turnpike_trace import Trace
    trace = Trace("mine", highway=8).input(image, to=4)
    trace.conv("conv1", w1, bits=4, pad=1, post=[("bias", b1), "relu"], to=4)
    trace.conv("conv2", w2, bits=4, pad=1).add("sum", skip="input", post=["relu"], to=4).save("mine.npz")

Every method but `save` adds a layer that reads the last one's output (or x=NAME), computes it as FORMAT.md says, and
returns the trace. `to`, `bits`: a width (range fitted to the values), a `Codes`, or None for real values.
"""
import dataclasses
import datetime
import json
import os
import shutil
import subprocess

import numpy as np

import trace_arithmetic as arithmetic


@dataclasses.dataclass(frozen=True)
class Codes:
    """How a tensor is quantized: real = scale * (code - zero_point). scale None: fitted to the values."""
    bits: int
    scale: object = None        # a number, or an array along `axis`
    zero_point: float = 0
    signed: object = None       # None: where a value is negative
    kind: str = "uniform"       # midrise, float
    axis: object = None
    highway: bool = False

    def fitted(self, values):
        """With the scale of the least squared error among 32 clipping points, a scale a slice of `axis`."""
        signed = self.signed if self.signed is not None else self.kind == "midrise" or bool((values < 0).any())
        if self.kind == "float" or self.scale is not None:
            return dataclasses.replace(self, signed=signed)
        zero = -0.5 if self.kind == "midrise" else self.zero_point
        rows = values.reshape(1, -1) if self.axis is None else np.moveaxis(values, self.axis, 0).reshape(values.shape[self.axis], -1)
        rows = rows[:, ::max(1, rows.shape[1] // 20000)]
        steps = (2 ** (self.bits - 1) - (0 if self.kind == "midrise" or self.bits == 1 else 1)) if signed else 2 ** self.bits - 1
        top = np.maximum(np.abs(values.reshape(1, -1) if self.axis is None else np.moveaxis(values, self.axis, 0)
                                .reshape(values.shape[self.axis], -1)).max(axis=1), 1e-12) / steps
        best, scale = np.full(len(rows), np.inf), top
        for share in np.linspace(1.0, 0.225, 32):
            entry = dict(kind=self.kind, bits=self.bits, signed=signed, zero_point=zero, scale=top * share, axis=0)
            error = ((arithmetic.real(arithmetic.codes(rows, entry), entry) - rows) ** 2).sum(axis=1)
            scale, best = np.where(error < best, top * share, scale), np.minimum(error, best)
        return dataclasses.replace(self, signed=signed, zero_point=zero,
                                   scale=float(scale[0]) if self.axis is None else scale)

    def entry(self):
        if self.kind == "float":
            return dict(kind="float", bits=32, **({"highway": True} if self.highway else {}))
        scale = np.asarray(self.scale, np.float64).tolist()
        entry = dict(kind=self.kind, bits=self.bits, scale=scale, zero_point=float(self.zero_point))
        entry.update({"axis": self.axis} if isinstance(scale, list) else {})
        return entry | ({"signed": True} if self.signed or self.kind == "midrise" else {}) \
            | ({"highway": True} if self.highway else {})


REAL = Codes(32, 1.0, kind="float")


def as_codes(to, **more):
    return REAL if to is None else to if isinstance(to, Codes) else Codes(int(to), **more)


def code_type(entry):
    size = next(s for s in (8, 16, 32) if entry["bits"] <= s)
    return np.dtype(f"{'' if entry.get('signed') else 'u'}int{size}")


class Trace:
    def __init__(self, network="network", layout="NCHW", highway=None, framework="numpy", source=None, comment=None):
        """highway: its bits, or None. source: framework, model, data, date, digest, as strings."""
        self.arrays, self.tensors, self.layers, self.last = {}, {}, [], None
        self.departures = []  # (layer, codes that differ, of how many) where values were recorded elsewhere
        self.meta = dict(format="turnpike-trace", version=1, network=network, framework=framework, layout=layout,
                         highway=dict(enabled=bool(highway), bits=highway or 8))
        self.meta.update({"comment": comment} if comment else {})
        self.source = {"date": datetime.date.today().isoformat(), **source} if source else None

    # Tensors
    def put(self, name, values, to=None, are_codes=False):
        """Stores real values (or codes) under `name`; returns what a reader sees."""
        if name in self.tensors:
            raise ValueError(f"tensor '{name}' is there already")
        values = np.asarray(values)
        to = as_codes(to).fitted(values)
        self.tensors[name] = entry = to.entry()
        if entry["kind"] == "float":
            self.arrays[name] = values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
        else:
            self.arrays[name] = (values if are_codes else arithmetic.codes(values.astype(np.float64), entry)).astype(code_type(entry))
        return self.real(name)

    def real(self, name):
        return arithmetic.real(self.arrays[name], self.tensors[name])

    def input(self, values, to=None, name="input", are_codes=False):
        self.put(name, values, to, are_codes)
        self.last = name
        return self

    def layer(self, op, name, inputs, to=None, post=(), recorded=None, output=None, **keys):
        """Adds a layer, computes its output and stores it. recorded: codes (or real values) from elsewhere, stored
        instead of the computed ones; where they differ is in `departures`."""
        for each in inputs:
            if each not in self.tensors:
                raise ValueError(f"layer '{name}' reads '{each}', which is no tensor yet")
        steps, output = [], output or name
        channels = self.arrays[keys["weights"]].shape[0] if op in ("conv", "fc") else \
            sum(self.arrays[each].shape[1] for each in (inputs if op == "concat" else inputs[:1]))
        for k, step in enumerate(post):
            if step == "relu":
                steps.append(step)
                continue
            kind, values = step
            steps.append(f"{name}.{k}.{kind}" if any(s.endswith(kind) for s in steps) else f"{name}.{kind}")
            self.put(steps[-1], np.broadcast_to(np.asarray(values, np.float64).reshape(-1), channels))
        entry = dict(name=name, op=op, inputs=list(inputs), output=output, **{k: v for k, v in keys.items() if v is not None})
        entry.update({"post": steps} if steps else {})
        self.layers.append(entry)
        values = arithmetic.real_output(entry, self.arrays, self.tensors)
        first = self.tensors[inputs[0]]
        passes = op in ("maxpool", "concat") and not steps and to is None and not arithmetic.is_float(first) \
            and all(self.tensors[i] == first for i in inputs)
        if passes:
            to = Codes(first["bits"], first["scale"], first["zero_point"], first.get("signed", False), first["kind"], None,
                       first.get("highway", False))
        elif to is not None and as_codes(to).kind != "float" and op != "quantize":
            entry["post"] = steps + ["quantize"]
        self.put(output, values, to)
        if recorded is not None:
            differ = int((self.arrays[output] != recorded).sum())
            self.departures += [(name, differ, self.arrays[output].size)] if differ else []
            self.arrays[output] = np.asarray(recorded).astype(self.arrays[output].dtype)
        self.last = output
        return self

    def weights(self, name, values, bits, axis=0):
        codes = as_codes(bits, axis=axis, signed=True)
        self.put(name, values, codes, are_codes=np.asarray(values).dtype.kind in "iu" and codes.scale is not None)
        return name

    # Layers
    def conv(self, name, weights, x=None, bits=None, stride=1, pad=0, groups=1, **more):
        return self.layer("conv", name, [x or self.last], weights=self.weights(name + ".w", weights, bits),
                          stride=stride, pad=pad, groups=groups, **more)

    def fc(self, name, weights, x=None, bits=None, **more):
        return self.layer("fc", name, [x or self.last], weights=self.weights(name + ".w", weights, bits), **more)

    def add(self, name, skip, x=None, stride=1, channel_pad=0, **more):
        rule = dict(stride=stride, channel_pad=channel_pad, highway=bool(self.tensors[skip].get("highway")))
        return self.layer("add", name, [x or self.last, skip], skip=rule, **more)

    def mul(self, name, other, x=None, **more):
        return self.layer("mul", name, [x or self.last, other], **more)

    def concat(self, name, inputs, **more):
        return self.layer("concat", name, inputs, **more)

    def maxpool(self, name, kernel=None, x=None, stride=None, pad=0, **more):
        return self.layer("maxpool", name, [x or self.last], kernel=kernel, stride=stride, pad=pad, **more)

    def avgpool(self, name, kernel=None, x=None, stride=None, pad=0, **more):
        return self.layer("avgpool", name, [x or self.last], kernel=kernel, stride=stride, pad=pad, **more)

    def quantize(self, name, to, x=None, **more):
        return self.layer("quantize", name, [x or self.last], to, **more)

    def affine(self, name, x=None, **more):
        return self.layer("affine", name, [x or self.last], **more)

    def lstm(self, name, wx, wh, x=None, bias=None, bits=None, h_bits=None, to=None, cell=None, gates=None,
             gate_order="i,f,g,o", op="lstm", recurrent_bias=None):
        """x [steps][inputs], wx [inputs][gates], wh [hidden][gates], bias [gates]; h_bits: of h for the product."""
        x = x or self.last
        steps, hidden = len(self.arrays[x]), np.shape(wh)[0]
        names = [self.weights(f"{name}.{k}", w, bits, axis=1) for k, w in (("wx", wx), ("wh", wh))]
        entry = dict(name=name, op=op, inputs=[x, name + ".h_prev"], output=name, weights=names, gate_order=gate_order,
                     hidden=hidden, steps=steps, preact=name + ".preact", gates=name + ".gates",
                     highway=as_codes(to).highway)
        entry.update({"cell": name + ".cell"} if op == "lstm" else {})
        if bias is not None:
            self.put(name + ".bias", bias)
            entry["bias"] = name + ".bias"
        if recurrent_bias is not None:
            self.put(name + ".recurrent_bias", recurrent_bias)
            entry["recurrent_bias"] = name + ".recurrent_bias"
        kinds = dict(output=as_codes(to), cell=as_codes(cell), gates=as_codes(gates), h_prev=as_codes(h_bits))
        unit = lambda c: c if c.scale is not None else dataclasses.replace(c, scale=1 / (2 ** (c.bits - 1) - 0.5), signed=True)
        kinds = {part: unit(c) for part, c in kinds.items()}  # all lie in [-1, 1] but the cell
        forms = {part: c.entry() for part, c in kinds.items()}
        h_rows = []

        def store(part, row):
            return row if arithmetic.is_float(forms[part]) else arithmetic.real(arithmetic.codes(row, forms[part]), forms[part])

        def h_prev(_, h):
            h_rows.append(np.zeros((1, hidden)) if h is None else h)
            return h_rows[-1]

        def own(row):
            e = forms["h_prev"]
            out = arithmetic.products(dict(op="fc"), row if arithmetic.is_float(e) else arithmetic.codes(row, e), e,
                                      self.arrays[names[1]].T, transposed(self.tensors[names[1]]))
            return out if recurrent_bias is None else out + self.real(name + ".recurrent_bias").reshape(1, -1)

        b = np.zeros((1, 1)) if bias is None else self.real(name + ".bias").reshape(1, -1)
        b = np.broadcast_to(b, (1, np.shape(wh)[1]))
        into = arithmetic.products(dict(op="fc"), self.arrays[x], self.tensors[x], self.arrays[names[0]].T,
                                   transposed(self.tensors[names[0]]))
        rows = list(arithmetic.recurrent(entry, into, h_prev, None, own, b, store))
        for part in ("preact", "gates") + (("cell",) if op == "lstm" else ()):
            self.put(entry[part], np.concatenate([r[part] for r in rows]), kinds.get(part))
        self.put(name + ".h_prev", np.concatenate(h_rows), kinds["h_prev"])
        self.put(name, np.concatenate([r["output"] for r in rows]), kinds["output"])
        self.layers.append(entry)
        self.last = name
        return self

    def gru(self, name, wx, wh, gate_order="r,z,n", **more):
        return self.lstm(name, wx, wh, gate_order=gate_order, op="gru", **more)

    # The file
    def header(self):
        batch = len(self.arrays[self.layers[0]["inputs"][0]]) if self.meta["layout"] == "NCHW" else 1
        source = {"source": self.source} if self.source and reads_source() else {}
        return dict(self.meta, batch=batch, **source, tensors=self.tensors, layers=self.layers)

    def save(self, path):
        text = np.frombuffer(json.dumps(self.header()).encode(), np.uint8)
        np.savez_compressed(path, **self.arrays, __trace__=text)
        return self


def transposed(entry):
    return entry | {"axis": 0} if "axis" in entry else entry


def load(path):
    with np.load(path) as file:
        meta = json.loads(bytes(file["__trace__"]))
        return meta, {name: file[name] for name in meta["tensors"]}


def program():
    """Turnpike's command, if it is to be found: $TURNPIKE, the PATH, or the build of this checkout."""
    built = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/release/turnpike")
    return os.environ.get("TURNPIKE") or shutil.which("turnpike") or (built if os.access(built, os.X_OK) else None)


def reads_source():
    """Whether the reader knows the key `source`; older ones refuse keys they do not know."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../traces/FORMAT.md")
    return os.path.exists(here) and "`source`?" in open(here, encoding="utf-8").read()
