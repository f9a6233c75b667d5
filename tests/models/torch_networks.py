"""Random networks as turnpike-network/1 files say them, what the quantized trace of one must look like, and its
float forward pass in PyTorch, from the file's own words."""

import json

import torch
import torch.nn.functional as F

from torch_reference import four, pair, padded, skip_operand

PRODUCTS = ("conv", "fc", "lstm", "gru")


class Network:
    """layers as in the file, in order; shapes: value name -> extents without the batch."""

    def __init__(self, random, name):
        self.random = random
        self.name = name
        self.batch = 1
        self.layers = []
        self.shapes = {}
        self.synthetic = False  # layers read seeded tensors of their own

    def yaml(self, with_bits=True):
        lines = [json.dumps({key: value for key, value in layer.items() if with_bits or key != "bits"})
                 for layer in self.layers]
        return (f"schema: turnpike-network/1\nname: {self.name}\nbatch: {self.batch}\nlayers:\n"
                + "".join(f"  - {line}\n" for line in lines))

    def add(self, op, sources, shape, **keys):
        layer = {"name": f"n{len(self.layers)}", "op": op, **keys}
        if self.layers:
            layer["from"] = sources[0] if len(sources) == 1 else sources
        elif op not in ("lstm", "gru"):
            layer["input"] = self.shapes["input"]
        layer_bits = self.random.random() < 0.2
        if op in PRODUCTS and layer_bits:
            layer["bits"] = {"weight": self.random.randint(1, 16), "activation": self.random.randint(1, 16)}
        if op in ("conv", "fc", "add", "affine"):
            layer["relu"] = self.random.random() < 0.7
        self.layers.append(layer)
        self.shapes[layer["name"]] = shape
        return layer["name"]

    def maps(self):
        return [name for name, shape in self.shapes.items() if len(shape) == 3]

    def sources_of(self, layer):
        source = layer.get("from", "input")
        return source if isinstance(source, list) else [source]


def windows(extent, pads, kernel, stride):
    return (extent + pads - kernel) // stride + 1


def window_keys(random, shape, pool):
    """Kernel, stride and pad of a layer on `shape`, each written in one of the ways a file may, and the ofmap."""
    kernel = [random.randint(1, min(5, extent)) for extent in shape[1:]]
    if random.random() < 0.5:
        kernel = [min(kernel)] * 2
    stride = [random.randint(1, 3), random.randint(1, 3)] if random.random() < 0.4 else [random.randint(1, 2)] * 2
    pad = [0] * 4
    if random.random() < 0.7:
        pad = [random.randrange(kernel[i % 2]) for i in range(4)]
        pad = pad if random.random() < 0.6 else [min(pad)] * 4
    out = [windows(shape[1], pad[0] + pad[2], kernel[0], stride[0]),
           windows(shape[2], pad[1] + pad[3], kernel[1], stride[1])]
    short = lambda values: values[0] if len(set(values)) == 1 and random.random() < 0.7 else values  # noqa: E731
    keys = {"kernel": short(kernel), "stride": short(stride)}
    if any(pad) or random.random() < 0.5:
        keys["pad"] = short(pad)
    if pool and stride == kernel and random.random() < 0.5:
        del keys["stride"]
    return keys, out


def add_conv(net, source):
    random, shape = net.random, net.shapes[source]
    keys, out = window_keys(random, shape, pool=False)
    groups = random.choice([g for g in range(1, shape[0] + 1) if shape[0] % g == 0])
    groups = groups if random.random() < 0.5 else 1
    filters = groups * random.randint(1, max(1, 10 // groups))
    if groups > 1 or random.random() < 0.3:
        keys["groups"] = groups
    return net.add("conv", [source], [filters] + out, filters=filters, **keys)


def add_residual(net, source):
    """A convolution whose output meets its input again, subsampled and with more channels now and then."""
    random, (channels, rows, columns) = net.random, net.shapes[source]
    stride, more = 1, 0
    if random.random() < 0.4:
        stride, more = random.randint(1, 3), random.randint(0, 2)
    filters = channels + more * random.randint(1, 2)
    shape = [filters, -(-rows // stride), -(-columns // stride)]
    conv = net.add("conv", [source], shape, filters=filters, kernel=3, pad=1, stride=stride)
    keys = {"skip": {"stride": stride, "channel_pad": more}} if stride > 1 or more > 0 else {}
    plain_swap = not keys and random.random() < 0.3
    return net.add("add", [source, conv] if plain_swap else [conv, source], shape, **keys)


def add_pool(net, source):
    random, shape = net.random, net.shapes[source]
    op = random.choice(["maxpool", "avgpool"])
    if random.random() < 0.25:
        return net.add(op, [source], [shape[0], 1, 1])
    keys, out = window_keys(random, shape, pool=True)
    return net.add(op, [source], [shape[0]] + out, **keys)


def add_join(net, source):
    """concat or mul with a value that fits, if there is one."""
    shape = net.shapes[source]
    alike = [v for v, other in net.shapes.items() if other == shape and v != source]
    beside = [v for v, other in net.shapes.items() if len(other) == len(shape) and other[1:] == shape[1:]]
    if alike and net.random.random() < 0.5:
        return net.add("mul", [source, net.random.choice(alike)], shape)
    chosen = [source] + net.random.choices(beside, k=net.random.randint(1, 2))
    return net.add("concat", chosen, [sum(net.shapes[v][0] for v in chosen)] + shape[1:])


def add_affine(net, source):
    return net.add("affine", [source], net.shapes[source])


def random_image_network(random, name):
    net = Network(random, name)
    net.batch = random.randint(1, 3)
    net.shapes["input"] = [random.randint(1, 6), random.randint(5, 12), random.randint(5, 12)]
    add_conv(net, "input")
    makers = [add_conv, add_conv, add_residual, add_pool, add_join, add_affine]
    for _ in range(random.randint(2, 6)):
        maps = net.maps()
        source = maps[-1] if random.random() < 0.7 else random.choice(maps)
        random.choice(makers)(net, source)
    if random.random() < 0.6:
        outputs = random.randint(1, 9)
        net.add("fc", [net.maps()[-1]], [outputs], filters=outputs)
    return net


def random_sparse_network(random, name):
    """Convolutions on synthetic inputs with stated shares of zeros."""
    net = Network(random, name)
    net.batch, net.synthetic = random.randint(1, 3), True
    for i in range(random.randint(1, 3)):
        shape = [random.randint(1, 5), random.randint(6, 12), random.randint(6, 12)]
        net.shapes["input"] = shape
        add_conv(net, "input")
        net.layers[-1].update(relu=True, input=shape,
                              zeros={"ifmap": round(random.random(), 3), "ofmap": round(random.random(), 3)})
        net.layers[-1].pop("from", None)
    return net


def random_places(random, op):
    """Where the values of a recurrent layer are quantized."""
    places = {"candidate": random.choice(["gates", "own"])}
    if op == "lstm":
        places |= {"cell_tanh": random.choice(["real", "codes"]), "tanh_of": random.choice(["stored", "computed"]),
                   "highway_range": random.choice(["mse", "max"])}
    return places


def random_recurrent_network(random, name):
    net = Network(random, name)
    steps, features = random.randint(2, 6), random.randint(1, 12)
    net.shapes["input"] = [steps, features]
    last = "input"
    for i in range(random.randint(1, 3)):
        op = random.choice(["lstm", "gru"])
        letters = list("ifgo" if op == "lstm" else "rzn")
        random.shuffle(letters)
        hidden = random.randint(1, 12)
        keys = {"hidden": hidden, "steps": steps}
        if random.random() < 0.7:
            keys["gate_order"] = ",".join(letters)
        keys |= {key: value for key, value in random_places(random, op).items() if random.random() < 0.4}
        if i == 0:
            keys["input"] = features
        last = net.add(op, [last], [steps, hidden], **keys)
    if random.random() < 0.5:
        outputs = random.randint(1, 9)
        net.add("fc", [last], [steps, outputs], filters=outputs)
    return net


def random_network(random, name):
    kinds = [random_image_network] * 6 + [random_recurrent_network] * 3 + [random_sparse_network]
    return random.choice(kinds)(random, name)


def layer_precision(net, layer, options):
    """(weight, activation) bits a layer must have: the file's, else those of the first and last layer, else all."""
    weight, activation = options["precision"]
    products = [each["name"] for each in net.layers if each["op"] in ("conv", "fc")]
    if products and layer["name"] in (products[0], products[-1]) and options["first_last"] != "same":
        least = 8 if options["first_last"] == "composed8" else 16
        weight, activation = max(weight, least), max(activation, least)
    bits = layer.get("bits", {})
    return bits.get("weight", weight), bits.get("activation", activation)


def structure_errors(net, options, trace):
    """What of the trace is not as the network file and the options say."""
    errors = []

    def want(layer, what, found, expected):
        if found != expected:
            errors.append(f"{layer['name']}: {what} is {found}, not {expected}")

    for layer in net.layers:
        found = trace.layer(layer["name"])
        op = layer["op"]
        want(layer, "op", found["op"], op)
        if op in ("conv", "maxpool", "avgpool") and "kernel" in layer:
            pool = op != "conv"
            want(layer, "pad", four(found.get("pad", 0)), four(layer.get("pad", 0)))
            stride = layer.get("stride", layer["kernel"] if pool else 1)
            want(layer, "stride", pair(found["stride"]), pair(stride))
            kernel = found["kernel"] if pool else list(trace.members[found["weights"]].shape[2:])
            want(layer, "kernel", pair(kernel), pair(layer["kernel"]))
            want(layer, "groups", found.get("groups", 1), layer.get("groups", 1))
        if op in PRODUCTS:
            weight, activation = layer_precision(net, layer, options)
            weights = found["weights"] if isinstance(found["weights"], list) else [found["weights"]]
            for name in weights:
                want(layer, "weight bits", trace.entries[name]["bits"], weight)
            for name in found["inputs"]:
                want(layer, "activation bits", trace.entries[name]["bits"], activation)
                want(layer, "operand on the highway", trace.entries[name].get("highway", False), False)
        if op in ("lstm", "gru"):
            want(layer, "gate order", found["gate_order"], layer.get("gate_order", found["gate_order"]))
            check_known_ranges(layer, found, trace, activation, lambda *words: want(layer, *words))
        if op == "add":
            check_skip(net, layer, found, trace, options, want)
        if op == "affine":
            check_norm(layer, found, trace, want)
        if "zeros" in layer:
            check_zeros(layer, found, trace, want)
    return errors


def check_known_ranges(layer, found, trace, bits, want):
    """Gates and states lie between -1 and 1, so their grids follow from their bits (models/lowering.hpp)."""
    gates, output = trace.entries[found["gates"]], trace.entries[found["output"]]
    own = layer.get("candidate") == "own"
    want("tensors", (bool(found.get("candidate")), bool(found.get("cell_tanh")), found.get("tanh_of", "stored")),
         (own, layer.get("cell_tanh") == "codes", layer.get("tanh_of", "stored")))
    if gates["kind"] != "float":
        want("gate bits", (gates["bits"], gates.get("signed", False)), (bits, False) if own else (bits + 1, True))
        want("gate scale", gates["scale"], 1 / (2 ** bits - 1))
    for name in filter(None, (found.get("candidate"), found.get("cell_tanh"))):
        entry = trace.entries[name]
        want(f"kind of {name}", entry["kind"], gates["kind"])
        if entry["kind"] != "float":
            want(name, (entry["bits"], entry["scale"], entry["zero_point"]), (bits, 2 / (2 ** bits - 1), (2 ** bits - 1) / 2))
    steps = 2 ** output["bits"] - 1
    if output["kind"] == "float":
        return
    if output.get("highway", False):
        want("state on the highway", (output["scale"], output["zero_point"]), (1 / (steps // 2), 0))
    else:
        want("state", (output["scale"], output["zero_point"]), (2 / steps, steps / 2))


def check_skip(net, layer, found, trace, options, want):
    """The skip comes over the highway if that is wider than the codes it would be read from otherwise."""
    entry = trace.entries[found["inputs"][1]]
    if "input" in net.sources_of(layer):
        return  # nobody computes the network's input, so no wider copy of it exists
    on = entry.get("highway", False)
    want(layer, "skip marked", found["skip"].get("highway", False), on)
    if not options["highway"]:
        want(layer, "skip on the highway", on, False)
    elif on:
        want(layer, "highway bits", entry["bits"], options["highway_bits"])
        want(layer, "highway kind", entry["kind"], "float" if options["highway_bits"] == 32 else "uniform")
    else:
        want(layer, "highway no wider than the codes", entry["bits"] >= options["highway_bits"], True)


def check_norm(layer, found, trace, want):
    """A batch norm that stands alone reads codes only where no highway passes by."""
    maker = next((each for each in trace.layers if each["output"] == found["inputs"][0]), None)
    if maker and maker["op"] == "quantize":
        want(layer, "norm beside the highway", trace.entries[maker["inputs"][0]].get("highway", False), False)


def check_zeros(layer, found, trace, want):
    x, entry = trace.members[found["inputs"][0]], trace.entries[found["inputs"][0]]
    zeros = int((x == entry["zero_point"]).sum())
    want(layer, "ifmap scale", entry["scale"], 1 / (2 ** entry["bits"] - 1))
    want(layer, "zeros of the ifmap within one", abs(zeros - layer["zeros"]["ifmap"] * x.numel()) <= 1.0, True)


def float_pass(net, trace):
    """Value name -> float64 tensor, with the real values of the weights and input of `trace`."""
    values = {"input": real(trace, next(name for name in trace.entries if name.startswith("input.q")))}
    for layer in net.layers:
        inputs = [values[name] for name in net.sources_of(layer)]
        values[layer["name"]] = float_layer(net, trace, layer, inputs)
    return values


def real(trace, name):
    entry, codes = trace.entries[name], trace.members[name]
    return codes if entry["kind"] == "float" else (codes - entry["zero_point"]) * entry["scale"]


def float_layer(net, trace, layer, inputs):
    op, name, x = layer["op"], layer["name"], inputs[0]
    if op in ("lstm", "gru"):
        return float_recurrent(trace, layer, x)
    if op == "conv":
        y = F.conv2d(padded(x, layer.get("pad", 0)), real(trace, name + ".w"), stride=pair(layer.get("stride", 1)),
                     groups=layer.get("groups", 1))
    elif op == "fc":
        y = (x if len(net.shapes[name]) == 2 else x.flatten(1)) @ real(trace, name + ".w").T
    elif op == "add":
        swapped = inputs[0].shape == inputs[1].shape
        y = inputs[0] + (inputs[1] if swapped else skip_operand(layer, inputs[1], inputs[0].shape))
    elif op == "mul":
        y = inputs[0] * inputs[1]
    elif op == "concat":
        y = torch.cat(inputs, 1)
    elif op == "affine":
        y = x
    else:
        kernel = pair(layer.get("kernel", list(x.shape[2:])))
        stride = pair(layer.get("stride", kernel))
        pad = layer.get("pad", 0)
        y = (F.max_pool2d(padded(x, pad, float("-inf")), kernel, stride) if op == "maxpool"
             else F.avg_pool2d(padded(x, pad), kernel, stride))
    if op in ("conv", "fc", "affine"):
        for suffix, combine in ((".scale", torch.mul), (".bias", torch.add)):
            if name + suffix in trace.members:
                y = combine(y, trace.members[name + suffix].reshape([1, -1] + [1] * (y.dim() - 2)))
    return torch.relu(y) if layer.get("relu") else y


def float_recurrent(trace, layer, x):
    """PyTorch's own cell, its blocks of gates put in the order it wants."""
    name, hidden = layer["name"], layer["hidden"]
    lstm = layer["op"] == "lstm"
    wanted = "ifgo" if lstm else "rzn"
    order = layer.get("gate_order", "i,f,g,o" if lstm else "r,z,n").split(",")

    def arranged(values):
        parts = dict(zip(order, values.chunk(len(order), dim=-1)))
        return torch.cat([parts[letter] for letter in wanted], dim=-1)

    cell = (torch.nn.LSTM if lstm else torch.nn.GRU)(x.shape[1], hidden).double()
    with torch.no_grad():
        cell.weight_ih_l0.copy_(arranged(real(trace, name + ".wx")).T)
        cell.weight_hh_l0.copy_(arranged(real(trace, name + ".wh")).T)
        cell.bias_ih_l0.copy_(arranged(trace.members[name + ".bias"]))
        cell.bias_hh_l0.zero_()
        return cell(x.unsqueeze(1))[0].squeeze(1)
