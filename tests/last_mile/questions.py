"""What compare, explain, reprice, sensitivity and area say, against the stored runs they were asked about."""

import math
import pathlib
import random
import re

from flat_files import COMPONENTS
from reading import at, read_yaml, text_tables, unfolded
from run_files import FILES, STREAMS

METRICS = {"energy": ("energy_uj", "uJ"), "area": ("area_mm2", "mm2"), "latency": ("latency_ms", "ms"),
           "power": ("average_power_mw", "mW"), "efficiency": ("tops_per_watt", "TOPS/W"),
           **{name: (name, "") for name in ("cycles", "processing_cycles", "dram_stall_cycles", "post_stall_cycles",
                                            "glb_conflict_cycles", "macs", "macs_zero_gated", "utilization")},
           **{name: (name, "B") for name in ("glb_bytes", "glb_transfer_bytes", "dram_bytes", "dram_packing_loss_bytes")}}
COMPARED = ["directory", "network", "accelerator", "precision", "highway", "policy", "totals", "change_percent",
            "energy_pj", "energy_pj_highway", "area_um2"]
# The groups of constants that are uncertain together (docs/cost.md).
GROUPS = {"logic": ["mac", "post", "rlc", "pe_control", "controller"],
          "spads": ["ifmap_spad", "filter_spad", "psum_spad"], "noc": ["noc", "pe_fifo", "pe_link"],
          "glb": ["glb", "glb_filter"], "clock": ["clock"], "leakage": ["leakage"], "dram": ["dram"]}


# What is drawn beside them where the clock rule is `share`: values, not factors.
PARAMETERS = ("fixed_share", "stalled_pe_clock")


def clock_energy(run, fixed, stalled):
    """pJ of the run's clock, were the two parameters these and the factor fitted anew."""
    cost = run.config["cost"]
    clock = run.counts.pick(component="clock")
    rows = {item: {"pj": run.counts.energy(component="clock", item=item), "count": run.counts.count(component="clock", item=item)}
            for item in {row["item"] for row in clock}}
    if cost["clock"] != "share" or not rows:
        return math.fsum(row["pj"] for row in rows.values())
    bits = max(run.results["precision"]["weight"], run.results["precision"]["activation"])
    s, g, p = (float(cost[key]) for key in ("fixed_share", "stalled_pe_clock", "fit_stalled_share"))
    width = (fixed + (1 - fixed) * bits / 16) / (s + (1 - s) * bits / 16)
    fit = (1 - p * (1 - g)) / (1 - p * (1 - stalled))
    pj = {item: row["pj"] for item, row in rows.items()}
    waiting = rows["stalled"]["count"] * pj["active"] / rows["active"]["count"] if "stalled" in rows else 0.0
    by_width = math.fsum([pj["active"], pj.get("gated", 0.0), pj["networks"], stalled * waiting])
    return (by_width * width + pj["buffers"]) * fit


class Uncertain:
    """A run's energy by group; its total at a draw: {group: factor, parameter: value}."""

    def __init__(self, run):
        self.run = run
        self.groups = {group: run.counts.energy(component=parts) for group, parts in GROUPS.items()}

    def total(self, draw):
        cost, groups = self.run.config["cost"], dict(self.groups)
        if any(name in draw for name in PARAMETERS):
            groups["clock"] = clock_energy(self.run, *(draw.get(name, float(cost.get(name, 1))) for name in PARAMETERS))
        return math.fsum(draw.get(group, 1.0) * pj for group, pj in groups.items())


def ranges_of(run):
    """{name: (low, high)} of what is drawn for this run."""
    ranges = at(run.config, "cost.uncertainty")
    share = run.config["cost"]["clock"] == "share"
    return {name: tuple(map(float, ranges[name])) for name in (*GROUPS, *(PARAMETERS if share else ())) if name in ranges}


def drawn(rng, ranges):
    return {name: rng.uniform(*r) if name in PARAMETERS else math.exp(rng.uniform(*map(math.log, r)))
            for name, r in ranges.items()}


CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"


def area_band(one, other, samples=8000):
    """Of the change of area in percent, by the ranges of the runs' technology."""
    node = at(one.config, "technology.node_nm")
    constants = read_yaml(CONFIGS / "technology" / f"{node}nm" / "technology.yaml")[0]["constants"]

    def relative(name):
        low, high = (float(x) / constants[name]["value"] for x in constants[name]["range"])
        return low, high
    cell, dense = relative("um2_per_nand2"), relative("logic_utilization")
    logic = (cell[0] / dense[1], cell[1] / dense[0])
    own = {"mac": relative("mac_area"), "filter_spad": relative("filter_spad_area"), "buffer": relative("buffer_area")}
    areas = [run.results["area_um2"] for run in (one, other)]
    rng = random.Random(4)
    values = []
    for _ in range(samples):
        draw = {name: math.exp(rng.uniform(*map(math.log, r))) for name, r in {**own, "logic": logic}.items()}
        draw["mac"] *= draw["logic"]
        sums = [math.fsum(um2 * draw["buffer" if c.startswith("glb") else c if c in draw else "logic"]
                          for c, um2 in parts.items()) for parts in areas]
        values.append(100 * (sums[1] / sums[0] - 1))
    return values


def check_area_band(f, where, got, one, other):
    values = area_band(one, other)
    for shown, want in zip(got or [math.nan] * 3, band(values)):
        f.close(where, shown, want, 0.0, 1e-9 + 0.05 * (max(values) - min(values)))


def number(value):
    return f"{value:.0f}" if value == math.floor(value) and abs(value) < 1e15 else f"{value:.6g}"


def change(value, base):
    if base == 0:
        return "=" if value == 0 else ""
    percent = 100 * (value / base - 1)
    return "=" if percent == 0 else f"{percent:+.2f} %"


def check_compare_json(f, document, runs):
    f.keys("compare --json", document, ["schema", "runs"])
    f.same("compare --json schema", document["schema"], "turnpike-comparison/1")
    base = runs[0].results["totals"]
    for shown, run in zip(document["runs"], runs):
        where, r = f"compare --json {run.where}", run.results
        f.keys(where, shown, COMPARED)
        f.same(f"{where} directory", shown["directory"], str(run.directory))
        for key in ("network", "accelerator", "policy", "totals", "energy_pj", "energy_pj_highway"):
            f.same(f"{where} {key}", shown[key], r[key])
        f.same(f"{where} area_um2", {c: v for c, v in shown["area_um2"].items() if v or c in r["area_um2"]}, r["area_um2"])
        f.same(f"{where} precision", shown["precision"], {k: r["precision"][k] for k in ("weight", "activation")})
        f.same(f"{where} highway", shown["highway"], {k: r["highway"][k] for k in ("enabled", "bits")})
        f.keys(f"{where} change_percent", shown["change_percent"], [key for key, _ in METRICS.values()])
        for key, percent in shown["change_percent"].items():
            if base[key]:
                f.close(f"{where} change_percent.{key}", percent, 100 * (r["totals"][key] / base[key] - 1), 1e-9, 1e-9)
            else:
                f.same(f"{where} change_percent.{key}", percent, None)


def side_by_side(f, where, table, rows, runs):
    header = ["[1]"] + [title for i in range(2, len(runs) + 1) for title in (f"[{i}]", f"[{i}] to [1]")]
    f.same(f"{where} header", table.header[1:], header)
    f.same(f"{where} rows", [row[0] for row in table.rows], [name for name, _ in rows])
    for shown, (name, values) in zip(table.rows, rows):
        wanted = [number(values[0])]
        for value in values[1:]:
            wanted += [number(value), change(value, values[0])]
        # Sums are made in an order of their own: the sixth digit may round the other way.
        same = all(a == b or close(a, b) for a, b in zip(shown[1:], wanted))
        f.true(f"{where} {name}", same, f"says {shown[1:]}, must be {wanted}")


def close(a, b):
    try:
        return math.isclose(float(a.rstrip(" %")), float(b.rstrip(" %")), rel_tol=2e-6, abs_tol=0.0101 * ("%" in a))
    except ValueError:
        return False


def check_compare_text(f, text, runs):
    tables, lines = text_tables(unfolded(text))
    by_title = {table.header[0]: table for table in tables}
    totals = [(f"{name}, {unit}" if unit else name, [run.results["totals"][key] for run in runs])
              for name, (key, unit) in METRICS.items()]
    side_by_side(f, "compare totals", by_title["totals"], totals, runs)
    for title, key in (("energy, uJ", "energy_pj"), ("area, mm2", "area_um2")):
        rows = [(c, [run.results[key].get(c, 0.0) * 1e-6 for run in runs]) for c in COMPONENTS]
        rows = [(c, values) for c, values in rows if sum(values)]
        rows.append(("total", [math.fsum(run.results[key].values()) * 1e-6 for run in runs]))
        side_by_side(f, f"compare {title}", by_title[title], rows, runs)
    highway = [(c, [run.results["energy_pj_highway"][c] for run in runs]) for c in COMPONENTS]
    highway = [(c, values) for c, values in highway if sum(values)]
    if highway:
        highway.append(("total", [sum(run.results["energy_pj_highway"].values()) for run in runs]))
        wanted = [[c, *(text for value, run in zip(values, runs) for text in
                        (f"{value * 1e-6:.2f}", f"{100 * value / sum(run.results['energy_pj'].values()):.3f}"))]
                  for c, values in highway]
        f.same("compare highway stream", by_title["highway stream, uJ"].rows, wanted)
    f.same("compare: tables", len(tables), 4 if highway else 3)
    for i, run in enumerate(runs, 1):
        f.same(f"compare: policy line [{i}]", lines.count(f"[{i}] {run.results['policy']}"), 1)
        f.true(f"compare: machine line [{i}]", any(line.startswith(f"[{i}] {run.directory}: {run.results['network']} on ")
                                                   for line in lines), "is missing")


def described(row):
    text = f"{row['component']}.{row['action']}"
    text += f" {row['item']}" if row["item"] else ""
    text += f", {row['bits']} bit" if row["bits"] else ""
    return text + (", highway" if row["stream"] == "highway" else "")


def check_explain(f, document, text, run, component, action=None, layer=None):
    """JSON and text of one question about energy."""
    question = component + (f".{action}" if action else "") + (f"@{layer}" if layer else "")
    where = f"explain {question}"
    f.keys(where, document, ["schema", "what", "unit", "total", "share", "layers", "policy", "items"])
    wanted = {"component": component, **({"action": action} if action else {}), **({"layer": layer} if layer else {})}
    rows = run.counts.pick(**wanted)
    energy = math.fsum(row["pj"] for row in rows)
    f.same(f"{where} head", (document["schema"], document["what"], document["unit"], document["policy"]),
           ("turnpike-explanation/1", question, "pJ", run.results["policy"]))
    f.same(f"{where} layers", document["layers"], [layer] if layer else list(run.layers))
    f.close(f"{where} total", document["total"], energy)
    f.close(f"{where} share", document["share"], energy / run.counts.energy())
    f.true(f"{where} text", f"{question}: {energy:.6g} pJ, {100 * energy / run.counts.energy():.3f} % of the run's energy"
           in text, "does not say the total")
    sums = {}
    for row in rows:
        count, pj, _ = sums.get(described(row), (0, 0.0, ""))
        sums[described(row)] = (count + row["count"], pj + row["pj"], row["interpolated"])
    f.same(f"{where} items", sorted(item["what"] for item in document["items"]), sorted(sums))
    for item in document["items"]:
        f.keys(f"{where} {item['what']}", item, ["what", "count", "each_pj", "stored_pj", "energy_pj", "interpolated", "steps"])
        count, pj, interpolated = sums[item["what"]]
        f.same(f"{where} {item['what']} count", item["count"], count)
        f.close(f"{where} {item['what']} count x price", item["count"] * item["each_pj"], item["energy_pj"], 1e-6, 1e-3)
        f.close(f"{where} {item['what']} energy_pj", item["energy_pj"], pj)
        f.close(f"{where} {item['what']} stored_pj", item["stored_pj"], pj)
        f.same(f"{where} {item['what']} interpolated", str(item["interpolated"]).lower(), interpolated)
        f.true(f"{where} {item['what']} steps", item["steps"], "there are none")
        line = f"{item['what']}: {count} x {item['each_pj']:.6g} pJ = {pj:.6g} pJ"
        f.true(f"{where} text", line in text, f"does not say '{line}'")


def check_explain_area(f, document, run, component):
    where = f"explain area.{component}"
    f.keys(where, document, ["schema", "what", "unit", "total", "share", "layers", "policy", "items"])
    area = run.results["area_um2"]
    f.close(f"{where} total", document["total"], area[component])
    f.close(f"{where} share", document["share"], area[component] / math.fsum(area.values()))
    f.close(f"{where} items", math.fsum(item["area_um2"] for item in document["items"]), area[component])
    for item in document["items"]:
        f.keys(f"{where} {item['what']}", item, ["what", "area_um2", "interpolated", "steps"])


def check_area(f, document, run):
    """`turnpike area` of the run's machine."""
    f.keys("area --json", document, ["schema", "accelerator", "node_nm", "precision", "policy", "area_mm2", "parts"])
    sums = {}
    for part in document["parts"]:
        f.keys("area --json part", part, ["component", "part", "stream", "area_um2", "interpolated", "steps"])
        f.true("area --json stream", part["stream"] in STREAMS, f"is {part['stream']}")
        sums[part["component"]] = sums.get(part["component"], 0.0) + part["area_um2"]
    for component, area in run.results["area_um2"].items():
        f.close(f"area --json {component}", sums.get(component, 0.0), area, 1e-9)
    f.close("area --json area_mm2", document["area_mm2"], run.results["totals"]["area_mm2"], 1e-9)
    f.same("area --json policy", document["policy"], run.results["policy"])


def same_bytes(f, where, one, other):
    for name in FILES:
        if name != "run.json":
            f.true(f"{where} {name}", (one / name).read_bytes() == (other / name).read_bytes(), "is not the same")


def band(samples):
    ordered = sorted(samples)
    return [ordered[int(q * (len(ordered) - 1))] for q in (0.05, 0.5, 0.95)]


def check_sensitivity(f, document, runs):
    where = "sensitivity --json"
    f.keys(where, document, ["schema", "samples", "seed", "policies", "numbers"])
    f.same(f"{where} schema", document["schema"], "turnpike-sensitivity/1")
    f.same(f"{where} policies", document["policies"], [mapped(run) for run in runs])
    energies = [Uncertain(run) for run in runs]
    ranges = ranges_of(runs[0])

    def metric(draw):
        totals = [each.total(draw) for each in energies]
        return totals[0] * 1e-6 if len(runs) == 1 else 100 * (totals[1] / totals[0] - 1)

    number_ = document["numbers"][0]
    f.same(f"{where} numbers", len(document["numbers"]), max(1, len(runs) - 1))
    f.keys(f"{where} number", number_, ["what", "nominal", "p5", "p50", "p95", "constants", "policies"])
    f.close(f"{where} nominal", number_["nominal"], metric({}), 1e-9, 1e-9)
    f.same(f"{where} groups", sorted(name_of(row) for row in number_["constants"]), sorted(ranges))
    for row in number_["constants"]:
        name = name_of(row)
        f.keys(f"{where} constants", row, ["parameter", "value", "at_low", "at_high"] if name in PARAMETERS else
               ["group", "factor", "at_low", "at_high"])
        f.same(f"{where} {name} range", ends_of(row), list(ranges[name]))
        for key, end in zip(("at_low", "at_high"), ends_of(row)):
            f.close(f"{where} {name} {key}", row[key], metric({name: end}), 1e-9, 1e-9)
    rng = random.Random(1)
    samples = [metric(drawn(rng, ranges)) for _ in range(20000)]
    spread = max(samples) - min(samples)
    for key, value in zip(("p5", "p50", "p95"), band(samples)):
        f.close(f"{where} {key}", number_[key], value, 0.0, 0.04 * spread)
    if len(runs) == 1:
        check_policies(f, where, runs[0], {row["policy"]: row["value"] for row in number_["policies"]})


def name_of(row):
    return row.get("group") or row.get("parameter")


def ends_of(row):
    return row.get("factor") or row.get("value")


def mapped(run):
    """The policy line where prices vary and mappings stay: whose prices chose them."""
    text = f"; mapped for {run.config.get('mapper', {}).get('prices') or run.config['profile']}"
    return re.sub(r"(?=; departs: |; energies replaced|; areas replaced|; beware: |$)", text, run.results["policy"], count=1)


def check_policies(f, where, run, values):
    counts, cost = run.counts, run.config["cost"]
    total = counts.energy()
    # Without the clock, and with the pins of gated registers where they are paid for anyway.
    clock = "clock: inside accesses only" if cost["access_clock"] else "clock: none"
    out = {clock: counts.energy(component="clock")}
    if cost["leakage"]:
        out["leakage: out"] = counts.energy(component="leakage")
    if cost["dram_background"]:
        out["DRAM standby: out"] = counts.energy(component="dram", action=["refresh", "background"])
    for policy, less in out.items():
        if policy == clock and cost["clock"] == "none":
            continue
        f.close(f"{where} {policy}", values.get(policy), (total - less) * 1e-6, 1e-9)


def check_sensitivity_text(f, text, document):
    text = unfolded(text)
    for number_ in document["numbers"]:
        line = (f"{number_['what']}: 5 - 50 - 95 % of {document['samples']} samples: {number_['p5']:.3f} - "
                f"{number_['p50']:.3f} - {number_['p95']:.3f}; as priced: {number_['nominal']:.3f}")
        f.true("sensitivity", line in text, f"does not say '{line}'")
        for table in text_tables(text)[0]:
            for row in table.rows:
                known = {name_of(r): r for r in number_["constants"]}.get(row[0])
                if known:
                    swing = abs(known["at_high"] - known["at_low"])
                    f.same(f"sensitivity {row[0]}", [float(x) for x in row[1:]],
                           [float(f"{x:.3f}") for x in (ends_of(known)[0], known["at_low"], ends_of(known)[1],
                                                        known["at_high"], swing)])
