"""The data island of a report page against the run directories it was made of."""

import html.parser
import json
import math
import pathlib
import random

import accuracy
from charts import SHOWN, of_time
from questions import Uncertain, band, check_area_band, drawn, ranges_of
from reading import at
from run_files import LAYER

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "sim" / "report" / "page"
PAGE = ["schema", "title", "network", "samples", "groups", "shown", "claims", "runs"]
RUN = ["label", "directory", "weight_bits", "activation_bits", "highway", "highway_bits", "settings", "source", "totals",
       "energy_uj_band", "area_um2", "energy_pj", "energy_pj_highway", "energy_pj_time", "highway_bytes", "policy", "passed", "checks",
       "residency", "layers", "without", "accuracy", "on_front", "added_percent_band"]
SOURCE = ["framework", "model", "data", "date", "digest"]
CLAIM = ["what", "from", "to", "paper", "ours", "band"]
PAPER = [("area_mm2", 16, 3, False, -82.3), ("energy_uj", 16, 3, False, -73.1), ("energy_uj", 2, 2, True, 3.9)]
# Title, key, scale and places of the columns, by docs/results.md and what a reader wants to see.
TOP1 = ("top-1 %", "accuracy.top1", 100, 1)
RUN_COLUMNS = [("energy \u00b5J", "totals.energy_uj", 1, -1), ("5 to 95 %", "energy_uj_band", 1, -1), ("area mm\u00b2", "totals.area_mm2", 1, 3),
               ("latency ms", "totals.latency_ms", 1, 2), ("cycles", "totals.cycles", 1, 0),
               ("utilization %", "totals.utilization", 100, 1), ("GLB Mbit", "totals.glb_bytes", 8e-6, -1),
               ("DRAM Mbit", "totals.dram_bytes", 8e-6, -1)]
LAYER_COLUMNS = [("layer", "name", 1, -1), ("mapping", "mapping", 1, -1), ("bound", "bound", 1, -1), ("active PEs", "active_pes", 1, 0),
                 ("kilocycles", "cycles", 1e-3, -1), ("GLB kbit", "glb_bytes", 8e-3, -1),
                 ("GLB highway kbit", "glb_bytes.highway", 8e-3, -1), ("DRAM kbit", "dram_bytes", 8e-3, -1),
                 ("DRAM highway kbit", "dram_bytes.highway", 8e-3, -1), ("energy \u00b5J", "energy_pj", 1e-6, -1)]
CHANGES = [("energy_uj", "energy"), ("area_mm2", "area"), ("cycles", "cycles")]
# Charts of layers: name, key, what it looks like, the part it is taken out of.
BARS = {"cycles": [("processing", "processing_cycles", "", ""),
                   ("bank conflicts", "glb_conflict_cycles", "GLB", "processing_cycles"),
                   ("DRAM stall", "dram_stall_cycles", "DRAM", ""), ("post stall", "post_stall_cycles", "post-processing", "")],
        "highway": [("GLB", "glb_bytes.highway", "GLB", ""), ("DRAM", "dram_bytes.highway", "DRAM", "")]}


class Island(html.parser.HTMLParser):
    """Text of the script element with the page's data, and the title."""

    def __init__(self):
        super().__init__()
        self.open = self.title = self.data = ""

    def handle_starttag(self, tag, attributes):
        self.open = dict(attributes).get("id", "") if tag == "script" else tag

    def handle_endtag(self, tag):
        self.open = ""

    def handle_data(self, data):
        if self.open == "data":
            self.data += data
        elif self.open == "title":
            self.title += data


def charged(figures):
    return {component: value for component, value in figures.items() if value != 0}


def check_page(f, path, runs):
    """`runs`: RunFiles in the order of the page."""
    island = Island()
    text = pathlib.Path(path).read_text(encoding="utf-8")
    island.feed(text)
    data = json.loads(island.data)
    for source in (*SOURCES.glob("*.js"), *SOURCES.glob("*.css")):
        f.true(f"{pathlib.Path(path).name}: {source.name}", source.read_text(encoding="utf-8") in text, "is not that of the sources")
    where = f"{pathlib.Path(path).name} data"
    f.keys(where, data, PAGE)
    f.same(f"{where} schema", data["schema"], "turnpike-page/3")
    f.same(f"{where} title", data["title"], island.title)
    f.same(f"{where} network", data["network"], runs[0].results["network"])
    f.same(f"{where} runs", [run["directory"] for run in data["runs"]], [str(run.directory) for run in runs])
    f.same(f"{where} labels: no two alike", len({run["label"] for run in data["runs"]}), len(runs))
    f.same(f"{where} groups", [(group["name"], group["components"]) for group in data["groups"]], list(SHOWN.items()))
    check_shown(f, f"{where} shown", data["shown"], any(accuracy.beside(run) for run in runs))
    bands = Bands(f, data["samples"])
    for shown, run in zip(data["runs"], runs):
        check_run(f, f"{where} {run.where}", shown, run, runs)
        bands.check(f"{where} {run.where} energy_uj_band", shown["energy_uj_band"], [run])
        if shown["without"] >= 0:
            bands.check(f"{where} {run.where} added_percent_band", shown["added_percent_band"], [runs[shown["without"]], run])
        else:
            f.same(f"{where} {run.where} added_percent_band", shown["added_percent_band"], None)
    check_claims(f, f"{where} claims", data["claims"], runs, bands)
    return data


def check_shown(f, where, shown, measured):
    f.keys(where, shown, ["runs", "layers", "changes", "bars"])
    for table, columns in (("runs", [TOP1] * measured + RUN_COLUMNS), ("layers", LAYER_COLUMNS)):
        f.same(f"{where}.{table}", [(c["title"], c["key"], c["scale"], c["places"]) for c in shown[table]], columns)
        f.true(f"{where}.{table}", all(c["text"] for c in shown[table]), "has a figure of which nothing is said")
    f.same(f"{where}.changes", [(change["key"], change["name"]) for change in shown["changes"]], CHANGES)
    f.same(f"{where}.bars", {chart: [(part["name"], part["key"], part["like"], part["of"]) for part in parts]
                             for chart, parts in shown["bars"].items()}, BARS)


class Bands:
    """5, 50 and 95 % points, by samples of its own."""

    def __init__(self, f, samples):
        self.f = f
        f.same("page data samples", samples, 4000)

    def check(self, where, got, runs):
        """Of the energy of one run in uJ, of the change to the second in percent."""
        ranges, energies = ranges_of(runs[0]), [Uncertain(run) for run in runs]
        rng = random.Random(3)

        def metric(draw):
            totals = [each.total(draw) for each in energies]
            return totals[0] * 1e-6 if len(totals) == 1 else 100 * (totals[1] / totals[0] - 1)
        values = [metric(drawn(rng, ranges)) for _ in range(6000)]
        for shown, want in zip(got or [math.nan] * 3, band(values)):
            self.f.close(where, shown, want, 0.0, 1e-9 + 0.04 * (max(values) - min(values)))


def check_claims(f, where, claims, runs, bands):
    """Each claim of section 5.5 of the paper that the runs can answer, once a machine."""
    wanted = []
    for key, wide, narrow, highway, percent in PAPER:
        for start, one in enumerate(runs):
            ends = [end for end, other in enumerate(runs) if is_width(one, wide, False) and is_width(other, narrow, highway)
                    and "resnet18" in one.results["network"] and alike(one, other, ("highway", "precision"))]
            ends.sort(key=lambda end: (runs[end].config["highway"]["bits"] != 8, runs[end].config["highway"]["bits"]))
            wanted += [(start, ends[0], percent, key)] if ends else []
    f.same(where, [(claim["from"], claim["to"], claim["paper"]) for claim in claims], [claim[:3] for claim in wanted])
    for claim, (start, end, _, key) in zip(claims, wanted):
        f.keys(where, claim, CLAIM)
        f.close(f"{where} {claim['what']}", claim["ours"],
                100 * (runs[end].results["totals"][key] / runs[start].results["totals"][key] - 1), 1e-9, 1e-9)
        if key == "energy_uj":
            bands.check(f"{where} {claim['what']} band", claim["band"], [runs[start], runs[end]])
        else:
            check_area_band(f, f"{where} {claim['what']} band", claim["band"], runs[start], runs[end])


def is_width(run, bits, highway):
    widths = run.results["precision"]
    return (widths["weight"], widths["activation"], run.config["highway"]["enabled"]) == (bits, bits, highway)


def check_run(f, where, shown, run, runs):
    r = run.results
    f.keys(where, shown, RUN)
    for key, value in {
            "weight_bits": r["precision"]["weight"], "activation_bits": r["precision"]["activation"],
            "totals": r["totals"], "area_um2": charged(r["area_um2"]), "energy_pj": charged(r["energy_pj"]),
            "energy_pj_highway": charged(r["energy_pj_highway"]), "policy": r["policy"],
            "energy_pj_time": sorted(charged(of_time(run))),
            "highway_bytes": {kind: sum(layer[f"{kind}_bytes"]["highway"] for layer in r["layers"])
                              for kind in ("dram", "glb")},
            "residency": [{key: tensor[key] for key in ("tensor", "bits", "values", "place")}
                          for tensor in r["residency"]]}.items():
        f.same(f"{where} {key}", sorted(shown[key]) if key == "energy_pj_time" else shown[key], value)
    for component, energy in of_time(run).items():
        f.close(f"{where} energy_pj_time.{component}", shown["energy_pj_time"].get(component, 0.0), energy)
    f.same(f"{where} highway", (shown["highway"], shown["highway_bits"] if shown["highway"] else 0),
           (run.config["highway"]["enabled"], run.config["highway"]["bits"] if shown["highway"] else 0))
    f.true(f"{where} label", str(r["precision"]["weight"]) in shown["label"]
           and ("highway" in shown["label"]) >= shown["highway"], f"is '{shown['label']}'")
    for key, value in shown["settings"].items():
        node = run.config
        for part in key.split("."):
            node = node.get(part, {}) if isinstance(node, dict) else {}
        text = str(node).lower() if isinstance(node, bool) else str(node)
        f.true(f"{where} settings.{key}", value in (text, "..."), f"is {value!r} and not {text!r}")
    f.same(f"{where} source", shown["source"],
           ", ".join(f"{key} {r['source'][key]}" for key in SOURCE if key in r["source"]) if "source" in r else "")
    f.same(f"{where} accuracy", (shown["accuracy"], shown["on_front"]), (accuracy.beside(run), accuracy.on_front(run, runs)))
    f.same(f"{where} passed", shown["passed"], passed(r))
    f.same(f"{where} checks", shown["checks"], "all passed" if passed(r) else "FAILED")
    f.same(f"{where} without", shown["without"], without(run, runs))
    f.same(f"{where} layers", [layer["name"] for layer in shown["layers"]], [layer["name"] for layer in r["layers"]])
    for layer, stored in zip(shown["layers"], r["layers"]):
        f.keys(f"{where} layer {stored['name']}", layer, [*LAYER, "energy_pj_highway"])
        for key in LAYER:
            f.same(f"{where} layer {stored['name']}, {key}", layer[key],
                   charged(stored[key]) if key == "energy_pj" else stored[key])
        for component in r["energy_pj"]:
            f.close(f"{where} layer {stored['name']}, energy_pj_highway.{component}", layer["energy_pj_highway"].get(component, 0.0),
                    run.counts.energy(layer=stored["name"], component=component, stream="highway"))


def passed(r):
    checks = r["checks"]
    codes = checks["ofmap_bit_exact"] is not False or (
        checks["tolerance"] > 0 and checks["codes_differing"] == checks["codes_within_tolerance"])
    return (codes and checks["accumulators_exact"] is not False
            and checks["float_max_error"] <= 1e-5 and all(checks["conservation"].values()))


def without(run, runs):
    """Index of the run of the same machine and network without highway; -1 if there is none."""
    if not run.config["highway"]["enabled"]:
        return -1
    for index, other in enumerate(runs):
        if not other.config["highway"]["enabled"] and alike(run, other, ("highway",)):
            return index
    return -1


def alike(one, other, but):
    """The same network on machines that differ in nothing but these keys."""
    rests = [{key: value for key, value in run.config.items() if key not in but} for run in (one, other)]
    return rests[0] == rests[1] and all(one.results[key] == other.results[key] for key in ("network", "batch"))
