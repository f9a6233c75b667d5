"""What `turnpike run` prints, against the run directory of the same run."""

import re

from flat_files import COMPONENTS
from reading import text_tables, unfolded


def percent(part, whole):
    return f"{100.0 * part / whole:.1f}" if whole > 0 else "-"


def kib(values):
    return f"{sum(values) / 1024.0:.1f}"


# Columns of the table of layers: title -> text, of a layer of results.json and the machine's PEs.
LAYERS = {
    "layer": lambda l, pes: l["name"],
    "op": lambda l, pes: l["op"],
    "mapping": lambda l, pes: l["mapping"] or "",
    "bound": lambda l, pes: l["bound"] or "",
    "passes": lambda l, pes: str(l["passes"] or ""),
    "PEs": lambda l, pes: str(l["active_pes"] or ""),
    "cycles": lambda l, pes: str(l["cycles"]),
    "util %": lambda l, pes: percent(l["macs"], l["processing_cycles"] * pes) if l["passes"] else "",
    "zeros %": lambda l, pes: percent(l["macs_zero_gated"], l["macs"]) if l["macs"] else "",
    "GLB KiB": lambda l, pes: kib(l["glb_bytes"].values()),
    "DRAM KiB": lambda l, pes: kib(l["dram_bytes"].values()),
    "highway KiB": lambda l, pes: kib([l["glb_bytes"]["highway"], l["dram_bytes"]["highway"]]),
    "uJ": lambda l, pes: f"{sum(l['energy_pj'].values()) * 1e-6:.2f}",
}


def decimals(largest):
    return 1 if largest >= 1000 else 2 if largest >= 10 else 3


def scaled(figure):
    """A column whose figures have the digits that suit the largest."""
    return lambda l, layers: f"{figure(l):.{decimals(max(map(figure, layers)))}f}"


# The same in 80 columns, of a layer and all layers.
NARROW = {
    "layer": lambda l, layers: l["name"],
    "m/n/e/p/q/r/t": lambda l, layers: "/".join(part.lstrip("mnepqrtw") for part in l["mapping"].split())
                     if l["mapping"] else l["op"],
    "cycles": lambda l, layers: str(l["cycles"]),
    "bound": lambda l, layers: l["bound"] or "",
    "stall%": lambda l, layers: percent(l["dram_stall_cycles"] + l["post_stall_cycles"], l["cycles"]),
    "uJ": scaled(lambda l: sum(l["energy_pj"].values()) * 1e-6),
    "MB": scaled(lambda l: sum(l["dram_bytes"].values()) * 1e-6),
}
COMPONENT_COLUMNS = ["component", "energy uJ", "%", "highway uJ", "area mm2"]
# The sentences behind the tables; every group is a figure.
LINES = [
    r"(?P<network>.+) on (?P<accelerator>.+): (?P<weight>\d+) x (?P<activation>\d+) bit \(w x a\), "
    r"highway (?P<highway>off|\d+ bit), batch (?P<batch>\d+)",
    r"(?P<cycles>\d+) cycles = (?P<processing>\d+) processing \+ (?P<dram>\d+) DRAM stall \+ (?P<post>\d+) post stall; "
    r"(?P<ms>[\d.]+) ms, (?P<macs>\d+) MACs, utilization (?P<utilization>[\d.]+) %",
    r"(?P<uj>[\d.]+) uJ, (?P<mw>[\d.]+) mW, (?P<tops>[\d.]+) TOPS/W, (?P<mm2>[\d.]+) mm2; GLB (?P<glb>\d+) B, DRAM (?P<bytes>\d+) B",
    r"operations per inference: (?P<o1>\d+) low-precision MACs, (?P<o2>\d+) high-precision adds, (?P<o3>\d+) non-linear, "
    r"(?P<o4>\d+) element-wise multiplies",
    r"outputs: (?P<compared>\d+) values compared, integer outputs (?P<exact>none|bit-exact|WRONG|within .*), float outputs within "
    r"(?P<error>\S+) of their range",
]
OPTIONAL = [
    r"of the processing cycles (?P<conflicts>\d+) for banks of the buffer asked for too often",
    r"psums against plain loops: (?P<accumulators>equal|DIFFERENT)",
    r"source: (?P<source>.+)",
]


def exact_text(checks):
    if checks["ofmap_bit_exact"] is None or checks["ofmap_bit_exact"]:
        return "none" if checks["ofmap_bit_exact"] is None else "bit-exact"
    differing, tensors = checks["codes_differing"], checks["tensors_differing"]
    if checks["tolerance"] == 0 or differing > checks["codes_within_tolerance"]:
        return "WRONG"
    size = ("all by one" if checks["codes_off_by_one"] == differing else
            f"by {checks['largest_code_difference']} at most, {checks['codes_off_by_one']} of them by one")
    return (f"within {checks['tolerance']} of the reference, not bit-exact ({differing} of {checks['codes_compared']} "
            f"codes in {tensors} tensor{'' if tensors == 1 else 's'} differ, {size})")


def figures(r):
    """The text of every group of LINES and OPTIONAL."""
    t, checks, operations = r["totals"], r["checks"], r["operations"]
    return {
        "network": r["network"], "accelerator": r["accelerator"], "batch": str(r["batch"]),
        "weight": str(r["precision"]["weight"]), "activation": str(r["precision"]["activation"]),
        "highway": f"{r['highway']['bits']} bit" if r["highway"]["enabled"] else "off",
        "cycles": str(t["cycles"]), "processing": str(t["processing_cycles"]), "dram": str(t["dram_stall_cycles"]),
        "post": str(t["post_stall_cycles"]), "ms": f"{t['latency_ms']:.3f}", "macs": str(t["macs"]),
        "utilization": f"{100 * t['utilization']:.1f}", "uj": f"{t['energy_uj']:.1f}",
        "mw": f"{t['average_power_mw']:.1f}", "tops": f"{t['tops_per_watt']:.3f}", "mm2": f"{t['area_mm2']:.3f}",
        "glb": str(t["glb_bytes"]), "bytes": str(t["dram_bytes"]),
        "o1": str(operations["low_precision_macs"]), "o2": str(operations["high_precision_adds"]),
        "o3": str(operations["nonlinear"]), "o4": str(operations["elementwise_multiplies"]),
        "compared": str(checks["outputs_compared"]),
        "exact": exact_text(checks),
        "error": f"{checks['float_max_error']:.1e}",
        "conflicts": str(t["glb_conflict_cycles"]),
        "accumulators": {None: "", True: "equal", False: "DIFFERENT"}[checks["accumulators_exact"]],
        "source": ", ".join(f"{key} {value}" for key, value in r.get("source", {}).items()),
    }


def check_layers(f, where, table, run, wide):
    columns = LAYERS if wide else NARROW
    f.keys(f"{where} columns", table.header, columns)
    pes = run.config["array"]["rows"] * run.config["array"]["columns"]
    layers = run.results["layers"]
    f.same(f"{where} rows", len(table.rows), len(layers))
    for row, layer in zip(table.records(), layers):
        for column, text in row.items():
            f.same(f"{where} {layer['name']}, {column}", text, columns[column](layer, pes if wide else layers))


def check_components(f, where, table, r):
    f.keys(f"{where} columns", table.header, COMPONENT_COLUMNS)
    rows = table.records()
    f.same(f"{where} rows", [row["component"] for row in rows], [*COMPONENTS, "total"])
    total = sum(r["energy_pj"].values())
    for row in rows:
        component = row["component"]
        of = (lambda values: sum(values.values())) if component == "total" else (lambda v, c=component: v.get(c, 0.0))
        area = of(r["area_um2"])
        f.same(f"{where} {component}",
               [row["energy uJ"], row["%"], row["highway uJ"], row["area mm2"]],
               [f"{of(r['energy_pj']) * 1e-6:.2f}", percent(of(r["energy_pj"]), total),
                f"{of(r['energy_pj_highway']) * 1e-6:.2f}", f"{area * 1e-6:.4f}" if area > 0 else ""])


def check_run_text(f, text, run, wide):
    where = f"{run.where} printed{' --wide' if wide else ''}"
    tables, lines = text_tables(text if wide else unfolded(text))
    lines = [line for line in lines if line]
    f.same(f"{where}: tables", len(tables), 2)
    check_layers(f, f"{where}, layers", tables[0], run, wide)
    check_components(f, f"{where}, components", tables[1], run.results)
    wanted = figures(run.results)
    patterns = list(LINES)
    if run.results["totals"]["glb_conflict_cycles"]:
        patterns.append(OPTIONAL[0])
    if run.results["checks"]["accumulators_exact"] is not None:
        patterns.append(OPTIONAL[1])
    if "source" in run.results:
        patterns.append(OPTIONAL[2])
    for pattern in patterns:
        found = [match for match in (re.fullmatch(pattern, line) for line in lines) if match]
        f.same(f"{where}: lines like '{pattern[:40]}'", len(found), 1)
        for match in found:
            lines.remove(match[0])
            for name, shown in match.groupdict().items():
                f.same(f"{where}: {name}", shown, wanted[name])
    held = ", ".join(name + ("" if holds else " FAILED")
                     for name, holds in run.results["checks"]["conservation"].items())
    legend = [] if wide else ["bound: of most passes; stall%: cycles for DRAM and post; MB: DRAM; more: --wide"]
    f.same(f"{where}: the lines that are left", lines, [*legend, f"conservation: {held}", run.results["policy"]])
