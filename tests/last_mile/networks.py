"""Small networks, written as network files, and what their shapes say."""

import math

from closed_forms import Shape

RESIDUAL = {"name": "resnet18", "batch": 2, "layers": [
    {"name": "stem", "op": "conv", "input": [3, 12, 12], "filters": 8, "kernel": 3, "pad": 1},
    {"name": "pooled", "op": "maxpool", "kernel": 2, "stride": 2},
    {"name": "a.conv1", "op": "conv", "filters": 8, "kernel": 3, "pad": 1},
    {"name": "a.conv2", "op": "conv", "filters": 8, "kernel": 3, "pad": 1, "groups": 2, "relu": False},
    {"name": "a.add", "op": "add", "from": ["a.conv2", "pooled"]},
    {"name": "b.conv1", "op": "conv", "filters": 12, "kernel": 3, "stride": 2, "pad": 1},
    {"name": "b.conv2", "op": "conv", "filters": 12, "kernel": 3, "pad": 1, "relu": False},
    {"name": "b.projection", "op": "conv", "from": "a.add", "filters": 12, "kernel": 1, "stride": 2,
     "relu": False},
    {"name": "b.add", "op": "add", "from": ["b.conv2", "b.projection"]},
    {"name": "mean", "op": "avgpool"},
    {"name": "fc", "op": "fc", "filters": 5, "relu": False}]}
# Names that a spreadsheet, a page or a reader of CSV could take for something else.
HOSTILE = {"name": "@SCRIPT@", "layers": [
    {"name": '"=SUM(A1:A2)"', "op": "conv", "input": [2, 6, 6], "filters": 4, "kernel": 3},
    {"name": '"@DATA@, </script>"', "op": "conv", "filters": 4, "kernel": 3},
    {"name": '"-1 or so"', "op": "fc", "filters": 3, "relu": False}]}
LSTM = {"name": "small_lstm", "layers": [
    {"name": "lstm", "op": "lstm", "input": 6, "hidden": 10, "steps": 3},
    {"name": "classifier", "op": "fc", "filters": 4, "relu": False}]}


def yaml_value(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_value, value)) + "]"
    return str(value)


def network_yaml(network):
    lines = ["schema: turnpike-network/1", f'name: "{network["name"]}"']
    if "batch" in network:
        lines.append(f"batch: {network['batch']}")
    lines.append("layers:")
    for layer in network["layers"]:
        lines.append("  - {" + ", ".join(f"{k}: {yaml_value(v)}" for k, v in layer.items()) + "}")
    return "\n".join(lines) + "\n"


class Expected:
    """What a run of a network must come to, whatever the machine."""

    def __init__(self, name, batch):
        self.name, self.batch = name, batch
        self.macs = {}        # layer with products -> MACs of the batch
        self.shapes = {}      # layer with one product -> Shape
        self.gated = {}       # layer -> MACs with a zero activation, where the data are known
        self.widest = {}      # layer -> largest final psum, where the data are known
        self.weight_bits = {}  # layer -> width of its weights in DRAM, where they are known
        self.outputs = None   # values the run compares, where all tensors are known
        self.operations = {}
        self.source = None    # what a trace says of where it comes from
        self.brings = []      # settings that the network itself decides

    def without(self, layers):
        """The operations of a run that leaves these layers off the array."""
        left = sum(macs for name, macs in self.macs.items() if name not in layers)
        return {**self.operations, "low_precision_macs": left // self.batch}


def expected_of_network(network):
    batch = network.get("batch", 1)
    out = Expected(network["name"], batch)
    adds = relus = products = 0
    shapes = {}
    previous = None
    for layer in network["layers"]:
        source = layer.get("from", previous)
        source = source[0] if isinstance(source, list) else source
        channels, height, width = shapes.get(source) or (layer["input"] if layer["op"] == "conv" else
                                                         (layer["input"], 1, 1))
        previous, op = layer["name"].strip('"'), layer["op"]
        if op == "lstm":
            cells = layer["hidden"] * layer["steps"]
            out.macs[previous] = cells * 4 * (layer["input"] + layer["hidden"])
            adds, relus, products = adds + cells, relus + 5 * cells, products + 3 * cells
            shapes[previous] = (layer["hidden"], layer["steps"], 1)
            continue
        if op == "add":
            adds += channels * height * width
        kernel = layer.get("kernel", height if op in ("avgpool", "fc") else 1)
        stride, pad = layer.get("stride", 1), layer.get("pad", 0)
        rows, columns = ((size + 2 * pad - kernel) // stride + 1 for size in (height, width))
        steps = height if shapes.get(source) and network["layers"][0]["op"] == "lstm" else 1
        if steps > 1:
            kernel = rows = columns = 1
        groups, filters = layer.get("groups", 1), layer.get("filters", channels)
        if op in ("conv", "fc"):
            shape = Shape(N=batch * (steps if steps > 1 else 1), G=groups, M=filters // groups,
                          C=channels // groups, R=kernel, S=kernel, E=rows, F=columns)
            out.macs[previous], out.shapes[previous] = shape.macs(), shape
        shapes[previous] = (filters, steps if steps > 1 else rows, columns)
        if op in ("conv", "fc", "add") and layer.get("relu", True):
            relus += math.prod(shapes[previous])
    out.operations = {"low_precision_macs": sum(out.macs.values()) // batch, "high_precision_adds": adds,
                      "nonlinear": relus, "elementwise_multiplies": products}
    return out
