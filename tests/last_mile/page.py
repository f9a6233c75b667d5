"""The data island of a report page against the run directories it was made of."""

import html.parser
import json
import pathlib

from run_files import GLB_KINDS

PAGE = ["schema", "title", "network", "runs"]
RUN = ["label", "directory", "weight_bits", "activation_bits", "highway", "highway_bits", "settings", "totals",
       "area_um2", "energy_pj", "energy_pj_highway", "highway_bytes", "policy", "checks", "residency", "layers",
       "without"]
LAYER = {  # a key of a layer: the same figure of results.json
    "name": lambda l: l["name"],
    "mapping": lambda l: l["mapping"],
    "bound": lambda l: l["bound"],
    "active_pes": lambda l: l["active_pes"],
    "processing": lambda l: l["processing_cycles"],
    "dram_stall": lambda l: l["dram_stall_cycles"],
    "post_stall": lambda l: l["post_stall_cycles"],
    "conflicts": lambda l: l["glb_conflict_cycles"],
    "dram_bytes": lambda l: {kind: l["dram_bytes"].get(kind, 0) for kind in GLB_KINDS},
    "glb_bytes": lambda l: l["glb_bytes"],
    "energy_pj": lambda l: charged(l["energy_pj"]),
}


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
    island.feed(pathlib.Path(path).read_text(encoding="utf-8"))
    data = json.loads(island.data)
    where = f"{pathlib.Path(path).name} data"
    f.keys(where, data, PAGE)
    f.same(f"{where} schema", data["schema"], "turnpike-page/1")
    f.same(f"{where} title", data["title"], island.title)
    f.same(f"{where} network", data["network"], runs[0].results["network"])
    f.same(f"{where} runs", [run["directory"] for run in data["runs"]], [str(run.directory) for run in runs])
    f.same(f"{where} labels: no two alike", len({run["label"] for run in data["runs"]}), len(runs))
    for shown, run in zip(data["runs"], runs):
        check_run(f, f"{where} {run.where}", shown, run, runs)
    return data


def check_run(f, where, shown, run, runs):
    r = run.results
    f.keys(where, shown, RUN)
    for key, value in {
            "weight_bits": r["precision"]["weight"], "activation_bits": r["precision"]["activation"],
            "totals": r["totals"], "area_um2": charged(r["area_um2"]), "energy_pj": charged(r["energy_pj"]),
            "energy_pj_highway": charged(r["energy_pj_highway"]), "policy": r["policy"],
            "highway_bytes": {kind: sum(layer[f"{kind}_bytes"]["highway"] for layer in r["layers"])
                              for kind in ("dram", "glb")},
            "residency": [{key: tensor[key] for key in ("tensor", "bits", "values", "place")}
                          for tensor in r["residency"]]}.items():
        f.same(f"{where} {key}", shown[key], value)
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
    f.same(f"{where} checks", shown["checks"], "all passed" if passed(r) else "FAILED")
    f.same(f"{where} without", shown["without"], without(run, runs))
    f.same(f"{where} layers", [layer["name"] for layer in shown["layers"]], [layer["name"] for layer in r["layers"]])
    for layer, stored in zip(shown["layers"], r["layers"]):
        f.keys(f"{where} layer {stored['name']}", layer, LAYER)
        for key, figure in LAYER.items():
            f.same(f"{where} layer {stored['name']}, {key}", layer[key], figure(stored))


def passed(r):
    checks = r["checks"]
    return (checks["ofmap_bit_exact"] is not False and checks["accumulators_exact"] is not False
            and checks["float_max_error"] <= 1e-5 and all(checks["conservation"].values()))


def without(run, runs):
    """Index of the run of the same machine and network without highway; -1 if there is none."""
    def rest(other):
        return {key: value for key, value in other.config.items() if key != "highway"}
    if not run.config["highway"]["enabled"]:
        return -1
    for index, other in enumerate(runs):
        if (not other.config["highway"]["enabled"] and rest(other) == rest(run)
                and other.results["network"] == run.results["network"]):
            return index
    return -1
