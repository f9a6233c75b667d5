"""`turnpike trace info` and `trace check` against the arrays of a trace."""

import closed_forms
from reading import text_tables, unfolded

INFO = ["schema", "network", "layout", "batch", "highway", "digest", "macs", "bytes", "tensors", "float_tensors",
        "tensors_of_bits", "highway_tensors", "notes"]
LAYER = ["name", "op", "output_shape", "macs", "weight_bits", "input_bits", "output_bits", "input_zeros"]


def zeros(trace, tensor):
    """Share of zeros; none where no code stands for zero."""
    entry = trace.json["tensors"][tensor]
    zero, values = entry.get("zero_point", 0), trace.arrays[tensor][1]
    return sum(value == zero for value in values) / len(values)


def expected_layer(trace, layer):
    tensors = trace.json["tensors"]
    work = closed_forms.products(trace, layer)
    weights = layer.get("weights")
    first = weights[0] if isinstance(weights, list) else weights
    return {"name": layer["name"], "op": layer["op"], "output_shape": list(trace.arrays[layer["output"]][0]),
            "macs": work.macs if work else 0, "weight_bits": tensors[first]["bits"] if first else None,
            "input_bits": tensors[layer["inputs"][0]]["bits"], "output_bits": tensors[layer["output"]]["bits"]}


def check_trace_info(f, trace, info, info_text, check, check_text):
    """JSON and text of both commands."""
    info_text, check_text = unfolded(info_text), unfolded(check_text)
    tensors, layers = trace.json["tensors"], trace.json["layers"]
    highway = trace.json.get("highway", {"enabled": False})
    name = trace.json["network"]
    where = f"trace info {name}"
    source = trace.json.get("source")
    known = INFO + (["source"] if source else [])
    f.keys(where, info, [*known, "layers"])
    f.keys(f"trace check {name}", check, known)
    f.same(f"trace check {name}: as info", check, {key: info[key] for key in known})
    f.same(f"{where} source", info.get("source"), source)
    if source:
        line = "source: " + ", ".join(f"{key} {value}" for key, value in source.items())
        f.true(f"{where} text", line in info_text and line in check_text, f"lacks '{line}'")
    wanted = [expected_layer(trace, layer) for layer in layers]
    macs = sum(layer["macs"] for layer in wanted)
    floats = sum(entry["kind"] == "float" for entry in tensors.values())
    carried = [tensor for tensor, entry in tensors.items() if entry.get("highway") and highway["enabled"]]
    widths = {}
    for entry in tensors.values():
        widths[str(entry["bits"])] = widths.get(str(entry["bits"]), 0) + (entry["kind"] != "float")
    for key, value in {"schema": "turnpike-trace-info/1", "network": name, "layout": trace.json["layout"],
                       "batch": trace.json.get("batch", 1), "macs": macs, "tensors": len(tensors),
                       "float_tensors": floats}.items():
        f.same(f"{where} {key}", info[key], value)
    f.same(f"{where} highway", info["highway"]["enabled"], highway["enabled"])
    if highway["enabled"]:
        f.same(f"{where} highway.bits", info["highway"]["bits"], highway["bits"])
    f.same(f"{where} highway_tensors", sorted(info["highway_tensors"]), sorted(carried))
    f.same(f"{where} tensors_of_bits", {bits: count for bits, count in info["tensors_of_bits"].items() if bits != "32"},
           {bits: count for bits, count in widths.items() if count and bits != "32"})
    f.true(f"{where} bytes, digest", info["bytes"] > 0 and len(info["digest"]) == 16, f"are {info['bytes']}, {info['digest']}")
    for shown, layer, entry in zip(info["layers"], wanted, layers):
        place = f"{where} layer {layer['name']}"
        f.keys(place, shown, LAYER)
        f.same(place, {key: shown[key] for key in layer}, layer)
        if shown["input_zeros"] is not None:
            f.close(f"{place} input_zeros", shown["input_zeros"], zeros(trace, entry["inputs"][0]))
    f.same(f"{where} layers", len(info["layers"]), len(layers))
    head = (f"{name}: {len(layers)} layers, {len(tensors)} tensors ({floats} float), {macs} MACs, batch "
            f"{trace.json.get('batch', 1)}, highway {str(highway['bits']) + ' bit' if highway['enabled'] else 'off'}, "
            f"digest {info['digest']}")
    f.true(f"trace check {name} text", check_text.startswith(f"valid trace. {head}"), f"is '{check_text}'")
    f.true(f"{where} text", info_text.startswith(head), f"is '{info_text[:200]}'")
    table = text_tables(info_text)[0][0]
    for row, shown in zip(table.records(), info["layers"]):
        percent = "" if shown["input_zeros"] is None else f"{100 * shown['input_zeros']:.1f}"
        f.same(f"{where} text, {shown['name']}",
               [row[key] for key in ("layer", "op", "MACs", "weight bits", "input bits", "output bits", "zeros %")],
               [shown["name"], shown["op"], str(shown["macs"]), str(shown["weight_bits"] or ""),
                str(shown["input_bits"]), str(shown["output_bits"]), percent])
