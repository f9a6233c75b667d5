"""layers.csv and stats.txt of a run directory against its results.json (docs/results.md)."""

import re

from reading import neutral, read_csv

COMPONENTS = ["mac", "ifmap_spad", "filter_spad", "psum_spad", "pe_control", "pe_fifo", "pe_link", "noc",
              "glb", "glb_filter", "post", "rlc", "controller", "clock", "leakage", "dram"]
WITHOUT_AREA = ["clock", "leakage", "dram"]
TOTALS = ["cycles", "processing_cycles", "dram_stall_cycles", "post_stall_cycles", "glb_conflict_cycles",
          "latency_ms", "macs", "macs_zero_gated", "utilization", "energy_uj", "area_mm2", "average_power_mw",
          "tops_per_watt", "glb_bytes", "glb_transfer_bytes", "dram_bytes", "dram_packing_loss_bytes"]
GLB_KINDS = ["ifmap", "filter", "psum", "ofmap", "highway"]
DRAM_KINDS = ["ifmap", "filter", "ofmap", "highway"]
# A column of layers.csv: the same figure in results.json. Columns that earlier versions had keep their places.
LAYERS_CSV = {
    **{name: (lambda layer, name=name: layer[name]) for name in
       ["name", "op", "mapping", "bound", "passes", "active_pes", "cycles", "processing_cycles",
        "dram_stall_cycles", "post_stall_cycles", "macs", "macs_zero_gated"]},
    **{f"glb_bytes_{kind}": (lambda layer, kind=kind: layer["glb_bytes"][kind]) for kind in GLB_KINDS},
    **{f"dram_bytes_{kind}": (lambda layer, kind=kind: layer["dram_bytes"][kind]) for kind in DRAM_KINDS},
    "energy_pj": lambda layer: sum(layer["energy_pj"].values()),
    **{name: (lambda layer, name=name: layer[name]) for name in
       ["glb_conflict_cycles", "ifmap_place", "ofmap_place", "dram_packing_loss_bits"]},
}
# And the columns behind these: what the layer's rows of counts.csv come to.
ENERGIES = {f"energy_pj_{component}": component for component in COMPONENTS}
# A line of stats.txt: unit, and the same figure of results.json.
STATS = {
    **{name: ("cycles", lambda r, name=name: r["totals"][name]) for name in TOTALS if name.endswith("cycles")},
    "passes": ("passes", lambda r: sum(layer["passes"] for layer in r["layers"])),
    "latency": ("ms", lambda r: r["totals"]["latency_ms"]),
    **{name: ("MACs", lambda r, name=name: r["totals"][name]) for name in ("macs", "macs_zero_gated")},
    "tops_per_watt": ("TOPS/W", lambda r: r["totals"]["tops_per_watt"]),
    "utilization": ("1", lambda r: r["totals"]["utilization"]),
    "energy": ("uJ", lambda r: r["totals"]["energy_uj"]),
    "area": ("mm2", lambda r: r["totals"]["area_mm2"]),
    "average_power": ("mW", lambda r: r["totals"]["average_power_mw"]),
    **{name: ("B", lambda r, name=name: r["totals"][name]) for name in TOTALS if name.endswith("_bytes")},
    "widest_psum": ("1", lambda r: r["psums"]["widest"]),
}


def check_layers_csv(f, run):
    """`run`: RunFiles."""
    where = f"{run.where} layers.csv"
    header, rows = read_csv(run.directory / "layers.csv")
    f.same(f"{where} columns", header, [*LAYERS_CSV, *ENERGIES])
    f.same(f"{where} rows", len(rows), len(run.results["layers"]))
    for row, layer in zip(rows, run.results["layers"]):
        for column, figure in LAYERS_CSV.items():
            value = figure(layer)
            value = neutral(value or "") if value is None or isinstance(value, str) else value
            f.same(f"{where} {layer['name']}, {column}", type(value)(row[column]), value)
        for column, component in ENERGIES.items():
            f.same(f"{where} {layer['name']}, {column}", float(row[column]),
                   run.counts.energy(layer=layer["name"], component=component))


def check_stats(f, run):
    where = f"{run.where} stats.txt"
    *lines, policy = (run.directory / "stats.txt").read_text(encoding="utf-8").splitlines()
    f.same(f"{where} policy", policy, f"policy: {run.results['policy']}")
    parts = [re.fullmatch(r"(\S+)\s+(\S+) (\S+)\s+# (.+)", line) for line in lines]
    f.true(where, all(parts), "has a line that is no figure")
    f.keys(where, [part[1] for part in parts], STATS)
    for part in parts:
        unit, figure = STATS[part[1]]
        value = figure(run.results)
        f.same(f"{where} {part[1]}", (part[2], part[3]), (str(value) if isinstance(value, int) else f"{value:.6g}", unit))
