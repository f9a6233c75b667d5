"""Random traces written by PyTorch: every operand kind, post step and op that traces/FORMAT.md allows, beyond what the
network files produce (per-channel scales, integer and fractional zero points, float operands, uniform weights,
recurrent layers that keep codes or real values). Layers read tensors of their own or what an earlier one wrote."""

import torch

from torch_reference import Trace, code_range, expected


class Writer:
    def __init__(self, random, name):
        self.random = random
        self.torch_seed = torch.Generator().manual_seed(random.randrange(2 ** 31))
        self.batch = random.randint(1, 3)
        self.trace = Trace({"format": "turnpike-trace", "version": 1, "network": name, "layout": "NCHW",
                            "batch": self.batch, "highway": {"enabled": False}, "tensors": {}, "layers": []}, {})
        self.outputs = []

    def normal(self, *shape):
        return torch.randn(*shape, dtype=torch.float64, generator=self.torch_seed)

    def tensor(self, name, entry, shape):
        """Declares a tensor and fills it with random codes, the whole range included, or real values."""
        self.trace.entries[name] = entry
        if entry["kind"] == "float":
            self.trace.members[name] = self.normal(*shape)
        else:
            low, high = code_range(entry)
            uniform = torch.rand(*shape, dtype=torch.float64, generator=self.torch_seed)
            self.trace.members[name] = torch.floor(low + uniform * (high - low + 1)).clamp(low, high)
        return name

    def activation(self, fractional=False):
        """A tensor entry; the scale keeps real values near 1."""
        random = self.random
        if random.random() < 0.12:
            return {"kind": "float", "bits": 32}
        bits = random.randint(1, 16)
        signed = random.random() < 0.4
        zero = random.choice([0, 0, random.randint(0, 2 ** bits - 1)])
        if fractional and random.random() < 0.3:
            zero = (2 ** bits - 1) / 2
        return {"kind": "uniform", "bits": bits, "scale": random.uniform(0.5, 4.0) / 2 ** bits, "zero_point": zero,
                "signed": signed}

    def weights(self, outputs, axis):
        random = self.random
        if random.random() < 0.1:
            return {"kind": "float", "bits": 32}
        bits = random.randint(1, 16)
        scale = random.uniform(0.5, 2.0) / 2 ** bits
        entry = {"kind": "midrise", "bits": bits, "scale": scale, "zero_point": -0.5}
        if random.random() < 0.4:
            entry.update(kind="uniform", zero_point=random.choice([0, random.randint(-3, 3)]),
                         signed=random.random() < 0.7)
        if random.random() < 0.4:
            entry.update(scale=[scale * random.uniform(0.3, 3.0) for _ in range(outputs)], axis=axis)
        return entry

    def finish(self, layer, entry=None):
        """Appends the layer with post steps and fills in its outputs."""
        random, name = self.random, layer["name"]
        entry = entry or self.activation()
        if entry["kind"] == "float":
            entry = dict(entry, scale=1.0, zero_point=0)
        self.trace.entries[layer["output"]] = entry
        if layer["op"] not in ("lstm", "gru", "quantize"):
            # Any order, any number of them.
            self.trace.entries[name + ".probe"] = {"kind": "float", "bits": 32}
            probe = expected(self.trace, dict(layer, output=name + ".probe", post=[]))[name + ".probe"]
            del self.trace.entries[name + ".probe"]
            steps = random.sample([f"{name}.a.scale", f"{name}.bias", f"{name}.b.scale", "relu"],
                                  random.randint(0, 4))
            for step in steps:
                if step != "relu":
                    self.tensor(step, {"kind": "float", "bits": 32}, [probe.shape[1]])
            if entry["kind"] != "float":
                entry["scale"] = self.scale_for(layer, probe, steps, entry)
                steps = steps + ["quantize"]
            layer["post"] = steps
        self.trace.layers.append(layer)
        for tensor, values in expected(self.trace, layer).items():
            self.trace.members[tensor] = values
        self.outputs.append(layer["output"])

    def scale_for(self, layer, probe, steps, entry):
        """Most values inside the codes, some clipped; every third time a power of two, so that values meet ties."""
        self.trace.entries["probe"] = {"kind": "float", "bits": 32}
        values = expected(self.trace, dict(layer, output="probe", post=steps))["probe"]
        del self.trace.entries["probe"]
        spread = values.abs().quantile(self.random.uniform(0.6, 1.0)).item() or 1.0
        scale = spread / max(1.0, 2.0 ** (entry["bits"] - 1) - 1)
        return 2.0 ** round(torch.tensor(scale).log2().item()) if self.random.random() < 0.33 else scale


def image(writer, name, fractional=False):
    random = writer.random
    reusable = [t for t in writer.outputs if writer.trace.members[t].dim() == 4
                and writer.trace.entries[t].get("zero_point", 0) % 1 == 0]
    if reusable and random.random() < 0.3:
        return random.choice(reusable)
    shape = [writer.batch, random.randint(1, 6), random.randint(3, 10), random.randint(3, 10)]
    return writer.tensor(f"{name}.x", writer.activation(fractional), shape)


def window(random, shape, pads):
    kernel = [random.randint(1, min(5, extent)) for extent in shape[2:]]
    pad = [random.randrange(k) for k in kernel * 2] if pads else [0] * 4
    return {"stride": [random.randint(1, 3), random.randint(1, 3)], "pad": pad}, kernel


def has_zero(entry):
    return entry["kind"] == "float" or entry["zero_point"] % 1 == 0


def add_conv(writer, name):
    random, x = writer.random, image(writer, name, fractional=True)
    shape = writer.trace.members[x].shape
    keys, kernel = window(random, shape, has_zero(writer.trace.entries[x]))
    groups = random.choice([g for g in range(1, shape[1] + 1) if shape[1] % g == 0])
    filters = groups * random.randint(1, 4)
    w = writer.tensor(f"{name}.w", writer.weights(filters, 0), [filters, shape[1] // groups] + kernel)
    writer.finish({"name": name, "op": "conv", "inputs": [x], "weights": w, "output": f"{name}.y", "groups": groups,
                   **keys})


def add_fc(writer, name):
    random, x = writer.random, image(writer, name, fractional=True)
    filters = random.randint(1, 9)
    fan_in = writer.trace.members[x][0].numel()
    w = writer.tensor(f"{name}.w", writer.weights(filters, 0), [filters, fan_in])
    writer.finish({"name": name, "op": "fc", "inputs": [x], "weights": w, "output": f"{name}.y"})


def add_pool(writer, name):
    random, x = writer.random, image(writer, name)
    keys, kernel = window(random, writer.trace.members[x].shape, True)
    op = random.choice(["maxpool", "avgpool"])
    layer = {"name": name, "op": op, "inputs": [x], "output": f"{name}.y"}
    if random.random() < 0.8:
        layer.update(keys, kernel=kernel)
    entry = writer.activation()
    # Maxima may pass through as codes only if the entries agree, which random ones never do.
    writer.finish(layer, entry if entry["kind"] != "float" else None)


def add_pointwise(writer, name):
    random, x = writer.random, image(writer, name)
    shape = list(writer.trace.members[x].shape)
    op = random.choice(["add", "add", "mul", "concat", "quantize", "affine"])
    layer = {"name": name, "op": op, "inputs": [x], "output": f"{name}.y"}
    if op == "quantize":
        entry = writer.activation()
        while entry["kind"] == "float":
            entry = writer.activation()
        return writer.finish(layer, entry)
    if op == "affine":
        return writer.finish(layer)
    other = shape
    if op == "concat":
        other = [shape[0], random.randint(1, 4)] + shape[2:]
    if op == "add" and random.random() < 0.6:
        stride, more = random.randint(1, 3), random.randint(0, 2)
        both = random.randint(1, 2)
        keep = max(1, shape[1] - both * more)
        more = (shape[1] - keep) // both
        keep = shape[1] - both * more
        other = [shape[0], keep] + [(extent - 1) * stride + random.randint(1, stride) for extent in shape[2:]]
        layer["skip"] = {"stride": stride, "channel_pad": more}
    layer["inputs"] = [x, writer.tensor(f"{name}.x2", writer.activation(), other)]
    return writer.finish(layer)


def random_image_trace(random, name):
    writer = Writer(random, name)
    for i in range(random.randint(6, 12)):
        random.choice([add_conv, add_conv, add_fc, add_pool, add_pointwise, add_pointwise])(writer, f"l{i}")
    return writer.trace


def random_recurrent_trace(random, name):
    writer = Writer(random, name)
    writer.batch = 1
    writer.trace.description.update(layout="TC", batch=1)
    for i in range(random.randint(2, 4)):
        add_recurrent(writer, f"l{i}")
    return writer.trace


def add_recurrent(writer, name):
    random = writer.random
    op = random.choice(["lstm", "gru"])
    letters = list("fgio" if op == "lstm" else "rzn")
    random.shuffle(letters)
    steps, inputs, hidden = random.randint(1, 6), random.randint(1, 9), random.randint(1, 7)
    width = len(letters) * hidden
    x = writer.tensor(f"{name}.x", writer.activation(fractional=True), [steps, inputs])
    h = writer.tensor(f"{name}.h_prev", writer.activation(fractional=True), [steps, hidden])
    layer = {"name": name, "op": op, "inputs": [x, h], "output": f"{name}.h", "gate_order": ",".join(letters),
             "hidden": hidden, "steps": steps,
             "weights": [writer.tensor(f"{name}.wx", writer.weights(width, 1), [inputs, width]),
                         writer.tensor(f"{name}.wh", writer.weights(width, 1), [hidden, width])]}
    if random.random() < 0.7:
        layer["bias"] = writer.tensor(f"{name}.bias", {"kind": "float", "bits": 32}, [width])
    real = {"kind": "float", "bits": 32, "scale": 1.0, "zero_point": 0}
    optional = {"preact": [real], "gates": [real, squashed(random)]}
    if op == "lstm":
        optional |= {"cell": [real, squashed(random)], "cell_tanh": [real, squashed(random)]}
        if random.random() < 0.5:
            layer["tanh_of"] = random.choice(["stored", "computed"])
    if random.random() < 0.5:
        optional["candidate"] = [real, squashed(random)]
    for key, entries in optional.items():
        if random.random() < 0.8:
            layer[key] = f"{name}.{key}"
            writer.trace.entries[layer[key]] = random.choice(entries)
    writer.finish(layer, random.choice([real, squashed(random)]))


def squashed(random):
    """Codes for values between -1 and 1."""
    bits = random.randint(2, 12)
    if random.random() < 0.5:
        return {"kind": "uniform", "bits": bits, "scale": 1.0 / (2 ** (bits - 1)), "zero_point": 0, "signed": True}
    return {"kind": "uniform", "bits": bits, "scale": 2.0 / (2 ** bits - 1), "zero_point": (2 ** bits - 1) / 2}


def random_trace(random, name):
    return (random_recurrent_trace if random.random() < 0.35 else random_image_trace)(random, name)
