"""`turnpike trace stats` and `trace diff` against the arrays of a trace."""

import copy
import math
from collections import Counter

from arrays import Trace
from reading import text_tables

STATS = ["tensor", "kind", "bits", "elements", "zero_fraction", "low", "high"]
CODES = ["bits_used", "entropy", "bit_entropy"]
DIFF = ["schema", "equal", "tensors_compared", "program", "tensors"]
TENSOR = ["tensor", "layer", "shape_a", "shape_b", "elements", "differing", "first", "a", "b", "largest"]


def entropy(counts):
    total = sum(counts)
    return math.fsum(count / total * math.log2(total / count) for count in counts if count)


def fewest_bits(low, high, signed):
    """By trying each width."""
    for bits in range(1, 65):
        least, most = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
        if least <= low and high <= most:
            return bits
    raise ValueError("wider than 64 bits")


def check_stats(f, trace, stats, text):
    where = f"trace stats {trace.json['network']}"
    f.keys(where, stats, ["schema", "network", "tensors"])
    f.same(f"{where} schema", stats["schema"], "turnpike-trace-stats/1")
    f.same(f"{where} network", stats["network"], trace.json["network"])
    f.same(f"{where} tensors", [each["tensor"] for each in stats["tensors"]], list(trace.json["tensors"]))
    rows = {}
    for table in text_tables(text)[0]:
        for row in table.records():
            rows.setdefault(row["tensor"], {}).update(row)
    for each in stats["tensors"]:
        entry, values = trace.json["tensors"][each["tensor"]], trace.arrays[each["tensor"]][1]
        place, codes = f"{where}, {each['tensor']}", entry["kind"] != "float"
        signed = entry.get("signed", entry["kind"] == "midrise")
        f.keys(place, each, STATS + (CODES if codes else []))
        kind = entry["kind"] if entry["kind"] != "uniform" else "signed" if signed else "unsigned"
        f.same(place, [each[key] for key in ("kind", "bits", "elements", "low", "high")],
               [kind, entry["bits"], len(values), min(values), max(values)])
        f.close(f"{place} zero_fraction", each["zero_fraction"],
                sum(value == entry.get("zero_point", 0) for value in values) / len(values))
        row = rows[each["tensor"]]
        f.same(f"{place} text", [row[key] for key in ("kind", "bits", "zeros %", "low", "high")],
               [kind, str(entry["bits"]), f"{100 * each['zero_fraction']:.1f}", f"{min(values):.6g}", f"{max(values):.6g}"])
        if not codes:
            continue
        f.same(f"{place} bits_used", each["bits_used"], fewest_bits(min(values), max(values), signed))
        f.close(f"{place} entropy", each["entropy"], entropy(Counter(values).values()), 1e-9, 1e-12)
        by_bit = [entropy(Counter(value >> bit & 1 for value in values).values()) for bit in range(entry["bits"])]
        f.same(f"{place} bits with an entropy", len(each["bit_entropy"]), entry["bits"])
        for bit, (got, want) in enumerate(zip(each["bit_entropy"], by_bit)):
            f.close(f"{place} bit {bit}", got, want, 1e-9, 1e-12)
        shown = "".join("-" if bit == 0 else "a" if bit >= 0.95 else str(round(10 * bit)) for bit in reversed(by_bit))
        f.same(f"{place} text", [row["used"], row["entropy"]],
               [str(each["bits_used"]), f"{each['entropy']:.2f}"])
        f.same(f"{place} by bit", len(row["by bit"]), len(shown))
        f.same(f"{place} constant bits", [c == "-" for c in row["by bit"]], [c == "-" for c in shown])


def changed(trace, output, by, where):
    """The trace with some codes of `output` moved and another comment."""
    other = Trace(copy.deepcopy(trace.json), copy.deepcopy(trace.arrays))
    for index in where:
        other.arrays[output][1][index] += by
    other.json["comment"] = "changed"
    return other


def check_diff(session, name, trace, output, layer, by, where):
    """A trace against itself, and against one that was changed: `where` are indices of elements."""
    f, folder = session.f, session.folder
    trace.write(folder / f"{name}_a")
    other = changed(trace, output, by, where)
    other.write(folder / f"{name}_b")
    same = session.json("trace", "diff", folder / f"{name}_a", folder / f"{name}_a")
    place = f"trace diff {name}"
    f.keys(place, same, DIFF)
    f.same(f"{place}: itself", same, {"schema": "turnpike-trace-diff/1", "equal": True, "program": [], "tensors": [],
                                      "tensors_compared": len(trace.json["tensors"])})
    arguments = ("trace", "diff", folder / f"{name}_a", folder / f"{name}_b")
    found = session.json(*arguments, code=1)
    f.same(f"{place} equal", found["equal"], False)
    f.same(f"{place} program", found["program"], ['comment: only in B' if "comment" not in trace.json else
                                                  f'comment: "{trace.json["comment"]}" in A, "changed" in B'])
    shape, values = trace.arrays[output]
    index, rest = [], min(where)
    for extent in reversed(shape):
        index.insert(0, rest % extent)
        rest //= extent
    f.same(f"{place} tensors", len(found["tensors"]), 1)
    f.keys(place, found["tensors"][0], TENSOR)
    f.same(f"{place} tensor", found["tensors"][0], {
        "tensor": output, "layer": layer, "shape_a": list(shape), "shape_b": list(shape), "elements": len(values),
        "differing": len(where), "first": index, "a": values[min(where)], "b": values[min(where)] + by,
        "largest": abs(by)})
    text = session.turnpike(*arguments, code=1)
    f.true(f"{place} text", f"1 of {len(trace.json['tensors'])} tensors differ, first '{output}' of layer '{layer}'" in
           " ".join(text.split()), f"is '{text}'")
