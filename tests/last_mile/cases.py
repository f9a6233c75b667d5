"""Sweep files, and traces whose answers are known because they were made here."""

import math

import closed_forms
from arrays import Trace
from networks import Expected

CODES = {"bits": 8, "kind": "uniform", "zero_point": 0}
REAL = {"bits": 32, "kind": "float"}


def expected_of_trace(trace):
    batch = trace.json.get("batch", 1)
    out = Expected(trace.json["network"], batch)
    for layer in trace.json["layers"]:
        work = closed_forms.products(trace, layer)
        if work is None:
            continue
        name = layer["name"]
        out.macs[name], out.gated[name], out.widest[name] = work.macs, work.gated, work.widest
        if work.shape is not None:
            out.shapes[name] = work.shape
            weights = trace.json["tensors"][layer["weights"]]
            out.weight_bits[name] = 16 if weights["kind"] == "float" else weights["bits"]
    out.brings = machine_of(trace)
    out.source = trace.json.get("source")
    out.operations = closed_forms.operations(trace)
    out.outputs = sum(closed_forms.size(trace, name) for layer in trace.json["layers"]
                      for name in closed_forms.written(layer))
    highway = trace.json.get("highway", {}).get("enabled", False)
    out.tensors = {name: (closed_forms.size(trace, name), bool(entry.get("highway")) and highway)
                   for name, entry in trace.json["tensors"].items()}
    return out


def machine_of(trace):
    """What a trace brings along: the widest integer operands of its products, and its highway."""
    def widest(names):
        return max(entry["bits"] for entry in map(trace.json["tensors"].get, names) if entry["kind"] != "float")
    layers = [layer for layer in trace.json["layers"] if "weights" in layer]
    def listed(value):
        return value if isinstance(value, list) else [value]
    weights = widest(name for layer in layers for name in listed(layer["weights"]))
    activations = widest(name for layer in layers for name in
                         (layer["inputs"] if layer["op"] in ("lstm", "gru") else layer["inputs"][:1]))
    highway = trace.json.get("highway", {"enabled": False})
    return ([f"precision={{weight: {weights}, activation: {activations}}}",
             f"highway.enabled={str(highway['enabled']).lower()}"]
            + ([f"highway.bits={highway['bits']}"] if highway["enabled"] else []))


def wide_psums():
    """fc of 512 inputs whose sums, all of one sign, go far beyond 16 bits: the last pass writes the widest."""
    inputs, outputs = 512, 3
    x = [(7 * k) % 200 for k in range(inputs)]
    w = [1 + (m * 31 + k) % 100 for m in range(outputs) for k in range(inputs)]
    y = [float(sum(x[k] * w[m * inputs + k] for k in range(inputs))) for m in range(outputs)]
    return Trace(
        {"format": "turnpike-trace", "version": 1, "network": "wide_psums", "layout": "NCHW", "batch": 1,
         "source": {"framework": "plain loops", "data": "multiples of 7 <b>", "date": "2024-02-29T12:00Z"},
         "tensors": {"x": {**CODES, "scale": 1.0}, "w": {**CODES, "scale": 1.0, "signed": True}, "y": dict(REAL)},
         "layers": [{"name": "sum", "op": "fc", "inputs": ["x"], "weights": "w", "output": "y"}]},
        {"x": ([1, inputs], x), "w": ([outputs, inputs], w), "y": ([1, outputs], y)})


def with_highway_off(trace):
    return Trace({**trace.json, "highway": {"enabled": False}}, trace.arrays)


def with_wrong_code(trace, layer, index, by=1):
    """The reference of one output is off by one code, or by more."""
    output = trace.layer(layer)["output"]
    shape, values = trace.arrays[output]
    changed = list(values)
    changed[index] += by if changed[index] < by else -by
    return Trace(trace.json, {**trace.arrays, output: (shape, changed)})


def with_wrong_float(trace, layer, index, share):
    """The reference of one real output is off by this share of the range of its values."""
    output = trace.layer(layer)["output"]
    shape, values = trace.arrays[output]
    changed = list(values)
    changed[index] += share * (max(values) - min(values))
    width = max(changed) - min(changed)
    error = math.fabs(changed[index] - values[index]) / width
    return Trace(trace.json, {**trace.arrays, output: (shape, changed)}), error


def sweep_yaml(accelerator, network, matrix):
    lines = ["schema: turnpike-sweep/1", "name: last_mile", f"accelerator: {accelerator}", f"network: {network}", "matrix:"]
    for key, values in matrix.items():
        text = ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
        lines.append(f"  {key}: [{text}]")
    return "\n".join(lines) + "\n"
