"""A run directory, file by file, against its counts.csv and what the network says (docs/results.md)."""

import math
import pathlib
import re

from flat_files import COMPONENTS, DRAM_KINDS, GLB_KINDS, TOTALS, WITHOUT_AREA, check_layers_csv, check_stats
from prices import PriceBook, Prices
from reading import at, digest_of, neutral, read_csv, read_json, read_yaml

STREAMS = ["low", "highway"]
COUNTS = ["component", "action", "item", "stream", "layer", "bits", "count", "energy_pj", "interpolated"]
RESULTS = ["schema", "accelerator", "profile", "network", "batch", "policy", "precision", "highway", "totals",
           "area_um2", "energy_pj", "energy_pj_highway", "operations", "off_array", "checks", "psums",
           "residency", "layers"]
LAYER = ["name", "op", "mapping", "passes", "active_pes", "cycles", "processing_cycles", "dram_stall_cycles",
         "post_stall_cycles", "glb_conflict_cycles", "macs", "macs_zero_gated", "bound", "ifmap_place",
         "ofmap_place", "glb_bytes", "dram_bytes", "dram_packing_loss_bits", "energy_pj"]
CHECKS = ["passed", "ofmap_bit_exact", "outputs_compared", "float_max_error", "accumulators_exact", "first_difference",
          "codes_compared", "codes_differing", "codes_off_by_one", "codes_within_tolerance", "tensors_differing",
          "largest_code_difference", "tolerance", "likely_cause", "conservation"]
CONSERVATION = ["clock_cycles", "cycles_above_bounds", "dram_filter_values", "dram_ifmap_values",
                "dram_ofmap_values", "energy", "filter_words", "glb_lines_hold_what_moves",
                "glb_lines_within_ports", "ifmap_words", "macs", "no_highway_stream_without_highway", "passes",
                "psum_words"]
RUN = ["schema", "version", "arguments", "request", "timing", "passes_simulated", "clocks_simulated", "digests",
       "inputs", "files", "host", "wall_seconds"]
PSUM_RULES = {"scaled": "scaled with the operands", "overflow_free": "overflow-free"}
FILES = ["config.resolved.yaml", "counts.csv", "layers.csv", "results.json", "run.json", "stats.txt"]


def bytes_of(bits):
    return -(-bits // 8)


class Counts:
    """The rows of counts.csv; sums of their counts by layer and key."""

    def __init__(self, path, layers):
        self.header, self.rows = read_csv(path)
        names = {neutral(name): name for name in layers}
        for row in self.rows:
            row["count"], row["pj"] = int(row["count"]), float(row["energy_pj"])
            row["layer"] = names.get(row["layer"], f"no layer: {row['layer']}")
        self.of_layer = {layer: [row for row in self.rows if row["layer"] == layer] for layer in layers}

    def pick(self, layer=None, **wanted):
        rows = self.rows if layer is None else self.of_layer[layer]
        for key, value in wanted.items():
            values = value if isinstance(value, (list, tuple)) else (value,)
            rows = [row for row in rows if row[key] in values]
        return rows

    def count(self, **wanted):
        return sum(row["count"] for row in self.pick(**wanted))

    def bits(self, **wanted):
        return sum(row["count"] * int(row["bits"]) for row in self.pick(**wanted))

    def energy(self, **wanted):
        return math.fsum(row["pj"] for row in self.pick(**wanted))


class RunFiles:
    """One run directory."""

    def __init__(self, findings, directory, where=""):
        self.f = findings
        self.directory = pathlib.Path(directory)
        self.where = where or self.directory.name
        self.results = read_json(self.directory / "results.json")
        self.config, self.origin = read_yaml(self.directory / "config.resolved.yaml")
        self.layers = {layer["name"]: layer for layer in self.results["layers"]}
        self.counts = Counts(self.directory / "counts.csv", self.layers)

    def check(self, configs, book, expected, arguments=None):
        self.f.same(f"{self.where}: files", sorted(path.name for path in self.directory.iterdir()), FILES)
        self.check_counts(configs, book)
        self.check_head(expected)
        for name, layer in self.layers.items():
            self.check_layer(f"{self.where} layer {name}", name, layer)
            self.check_shape(f"{self.where} layer {name}", name, layer, expected)
        self.check_totals()
        self.check_checks(expected)
        check_layers_csv(self.f, self)
        check_stats(self.f, self)
        self.check_record(arguments)

    def check_counts(self, configs, book):
        self.f.keys(f"{self.where} counts.csv", self.counts.header, COUNTS)
        prices = Prices(configs, self.config, self.results)
        self.tables = prices.tables
        self.device = prices.tables.device if prices.tables.device.get("kind") == "dram" else None
        for row in self.counts.rows:
            where = f"{self.where} counts.csv {row['layer']}"
            self.f.true(where, row["component"] in COMPONENTS and row["stream"] in STREAMS
                        and row["layer"] in self.layers and row["count"] > 0, f"has the row {row}")
            book.check(where, prices, row)

    def check_head(self, expected):
        r, where = self.results, f"{self.where} results.json"
        self.f.keys(where, r, RESULTS + (["source"] if expected.source else []))
        self.f.same(f"{where} source", r.get("source"), expected.source)
        self.f.same(f"{where} schema", r["schema"], "turnpike-results/1")
        self.f.same(f"{where} accelerator", r["accelerator"], self.config["name"])
        self.f.same(f"{where} profile", r["profile"], self.config["profile"])
        self.f.same(f"{where} network", r["network"], expected.name)
        self.f.same(f"{where} batch", r["batch"], expected.batch)
        self.f.same(f"{where} operations", r["operations"], expected.without(self.excluded()))
        self.f.keys(f"{where} precision", r["precision"], ["weight", "activation", "psum", "float_layers"])
        self.f.keys(f"{where} highway", r["highway"], ["enabled", "bits", "storage", "wider_skips"])
        self.f.same(f"{where} highway.storage", r["highway"]["storage"], at(self.config, "highway.storage"))
        if not r["highway"]["enabled"]:
            self.f.same(f"{where} highway.bits", r["highway"]["bits"], 0)
        self.f.same(f"{where} highway.wider_skips", r["highway"]["wider_skips"], getattr(expected, "wider_skips", []))
        self.f.same(f"{where} policy: no baseline", "no baseline" in r["policy"], bool(r["highway"]["wider_skips"]))
        asked = self.config["precision"]
        asked = asked if isinstance(asked, dict) else {"weight": asked, "activation": asked}
        if self.origin.get("precision", "").startswith("--set"):
            self.f.same(f"{where} precision", {k: r["precision"][k] for k in asked}, asked)
        self.check_policy(f"{where} policy", r["policy"])

    def check_policy(self, where, policy):
        """What is charged, of the configuration the figures were made with."""
        config = self.config
        for part in [f"profile {config['profile']}", f"first/last layer {at(config, 'layers.first_last')}",
                     f"control {'in' if at(config, 'cost.control') else 'out'}",
                     f"leakage {'in' if at(config, 'cost.leakage') else 'out'}",
                     f"DRAM {at(config, 'dram.device')}", f"feature maps {config['feature_maps']}",
                     f"standby {'in' if at(config, 'cost.dram_background') else 'out'}",
                     self.clock_words(),
                     f"psum {PSUM_RULES.get(at(config, 'psum.cost_bits'), '{} bit').format(at(config, 'psum.cost_bits'))}"]:
            self.f.true(where, part in policy, f"says '{policy}' and not '{part}'")
        self.f.same(f"{where}: what is not to be trusted", policy.partition("; beware: ")[2], ", ".join(self.untrusted()))

    def clock_words(self):
        cost = self.config["cost"]
        if cost["clock"] == "none":
            return "clock inside accesses only" if cost["access_clock"] else "no clock"
        words = f"clock {cost['clock']} x {cost['clock_factor']}"
        if cost["clock"] == "share":
            parts = [float(cost[key]) for key in ("fixed_share", "stalled_pe_clock", "idle_pe_clock")]
            words += " (fixed {:g}, stalled PEs {:g}, idle PEs {:g})".format(*parts)
        return words + (", clock pins in accesses" if cost["access_clock"] else "")

    def untrusted(self):
        """Of figures without an Accelergy table."""
        r, highest = self.results, self.tables.constants["highest_clock_mhz"]
        floats = r["precision"]["float_layers"]
        if self.tables.device.get("energy", {}).get("quality") == "placeholder":
            yield "memory energies are placeholders"
        if at(self.config, "clock_mhz") > highest:
            yield f"clock above {highest} MHz"
        if r["totals"]["area_mm2"] > 26 * 33:
            yield "area above 858 mm2"
        if floats:
            yield f"{floats} float layer{'' if floats == 1 else 's'} priced as 16 bit"

    def check_layer(self, where, name, layer):
        f, counts, pes = self.f, self.counts, at(self.config, "array.rows") * at(self.config, "array.columns")
        f.keys(where, layer, LAYER)
        f.same(f"{where} cycles", layer["cycles"],
               layer["processing_cycles"] + layer["dram_stall_cycles"] + layer["post_stall_cycles"])
        f.true(where, layer["glb_conflict_cycles"] <= layer["processing_cycles"], "has more conflicts than cycles")
        f.true(where, layer["active_pes"] <= pes, "has more active PEs than there are")
        f.keys(f"{where} glb_bytes", layer["glb_bytes"], GLB_KINDS)
        for kind in ("ifmap", "psum", "ofmap"):
            items = ["ofmap", "skip"] if kind == "ofmap" else [kind]
            f.same(f"{where} glb_bytes.{kind}", layer["glb_bytes"][kind],
                   bytes_of(counts.bits(layer=name, component="glb", stream="low", item=items)))
        f.same(f"{where} glb_bytes.filter", layer["glb_bytes"]["filter"],
               bytes_of(counts.bits(layer=name, component="glb_filter", action="read")))
        f.same(f"{where} glb_bytes.highway", layer["glb_bytes"]["highway"],
               bytes_of(counts.bits(layer=name, component="glb", stream="highway",
                                    item=["ifmap", "psum", "ofmap", "skip"])))
        f.keys(f"{where} energy_pj", layer["energy_pj"], COMPONENTS)
        for component, energy in layer["energy_pj"].items():
            f.same(f"{where} energy_pj.{component}", energy, counts.energy(layer=name, component=component))
        f.same(f"{where} clocked PE-cycles", counts.count(layer=name, component="clock", item=["active", "stalled", "gated"]),
               layer["cycles"] * pes)
        f.same(f"{where} PE-cycles with a MAC", counts.count(layer=name, component="clock", item="active"),
               counts.count(layer=name, component="mac"))
        for item in ("networks", "buffers"):
            f.same(f"{where} clocks of {item}", counts.count(layer=name, component="clock", item=item), layer["cycles"])
        for component in ("leakage", "controller"):
            f.same(f"{where} cycles of {component}", counts.count(layer=name, component=component), layer["cycles"])
        for component, action in (("filter_spad", "read"), ("psum_spad", "write")):
            f.same(f"{where} {component} {action}", counts.count(layer=name, component=component, action=action),
                   counts.count(layer=name, component="mac", action="compute"))
        f.true(f"{where} pe_control", counts.count(layer=name, component="pe_control")
               <= layer["active_pes"] * layer["processing_cycles"], "has more cycles than its active PEs")
        self.check_dram(where, name, layer)

    def check_dram(self, where, name, layer):
        """Bursts hold the words; the clocks of all states are the layer's time."""
        f, counts = self.f, self.counts
        f.keys(f"{where} dram_bytes", layer["dram_bytes"], DRAM_KINDS)
        for kind, moved in layer["dram_bytes"].items():
            f.same(f"{where} dram_bytes.{kind}: whole words", moved % 8, 0)
        moved = sum(layer["dram_bytes"].values())
        f.true(f"{where} dram_packing_loss_bits", 0 <= layer["dram_packing_loss_bits"] <= 8 * moved,
               "are not between none and all")
        for place in ("ifmap", "ofmap"):
            places = ("glb", "dram", "none") if layer["mapping"] else ("glb", "dram", "none", "")
            f.true(f"{where} {place}_place", layer[f"{place}_place"] in places, "is no place")
            if layer[f"{place}_place"] != "dram" and layer["mapping"]:
                f.same(f"{where} dram_bytes.{place} of a map that is not in DRAM", layer["dram_bytes"][place], 0)
        device = self.device
        if device is not None:
            clocks = counts.count(layer=name, component="dram", action="background")
            f.close(f"{where} DRAM clocks", clocks * device["tck_ns"], layer["cycles"] * 1e3 / self.config["clock_mhz"],
                    0.0, 2 * device["tck_ns"])

    def check_shape(self, where, name, layer, expected):
        f, counts = self.f, self.counts
        macs = 0 if name in self.excluded() else expected.macs.get(name, 0)
        f.same(f"{where} macs", layer["macs"], macs)
        f.true(f"{where} macs_zero_gated", layer["macs_zero_gated"] <= layer["macs"], "are more than all")
        if name in expected.gated:
            f.same(f"{where} macs_zero_gated", layer["macs_zero_gated"], expected.gated[name])
        slots = counts.count(layer=name, component="mac")
        composed = slots // macs if macs and at(self.config, "layers.first_last") == "composed" else 1
        f.same(f"{where} MAC slots", slots, macs * composed)
        if composed == 1:
            f.same(f"{where} gated slots", counts.count(layer=name, component="mac", action="gated"),
                   layer["macs_zero_gated"])
        for key in ("mapping", "bound"):
            f.same(f"{where} {key}: only of products", layer[key] is not None, macs > 0)
        if layer["bound"] is not None:
            f.true(f"{where} bound", layer["bound"] in ("mac", "psum", "ifmap", "filter", "dram"), "is no bound")
        shape = expected.shapes.get(name)
        if shape is not None and macs and composed == 1:
            self.check_mapping(where, name, layer, shape, expected.weight_bits.get(name))

    def check_mapping(self, where, name, layer, s, weight_bits):
        """Passes and values moved, by docs/dataflow.md."""
        f, counts = self.f, self.counts
        m = {letter: int(value) for letter, value in re.findall(r"([mneqprtw])(\d+)", layer["mapping"])}
        f.true(f"{where} mapping", set("mnepqrt") <= set(m), f"is {layer['mapping']}")
        ceil = lambda a, b: -(-a // b)
        parts = ceil(s.R, at(self.config, "array.rows")) * ceil(s.S, at(self.config, "spads.ifmap"))
        k = ceil(s.C, m["q"] * m["r"]) * parts
        tiles = ceil(s.F, m.get("w", s.F)) * ceil(s.E, m["e"]) * ceil(s.N, m["n"])
        groups = [min(m["m"], s.M - first) for first in range(0, s.M, m["m"])]
        blocks = sum(ceil(group, m["p"] * m["t"]) for group in groups)
        f.same(f"{where} passes", layer["passes"], s.G * tiles * k * blocks)
        f.same(f"{where} active_pes", layer["active_pes"] > 0, True)
        noc = {item: counts.count(layer=name, component="noc", item=item)
               for item in ("psum_in_y", "psum_out_y", "filter_y")}
        f.same(f"{where} psums to and from the array", (noc["psum_in_y"], noc["psum_out_y"]),
               (k * s.ofmap(), k * s.ofmap()))
        f.same(f"{where} weights to the array", noc["filter_y"], s.weights() * tiles)
        if "dram" not in (layer["ifmap_place"], layer["ofmap_place"]) and not layer["dram_bytes"]["highway"]:
            widths = {int(row["bits"]) for row in counts.pick(layer=name, component="filter_spad")}
            f.same(f"{where} dram_bytes.filter less packing loss, bits",
                   8 * sum(layer["dram_bytes"].values()) - layer["dram_packing_loss_bits"],
                   noc["filter_y"] * (weight_bits or max(widths)))

    def excluded(self):
        return {layer["name"] for layer in self.results["off_array"]}

    def check_totals(self):
        f, r, t, where = self.f, self.results, self.results["totals"], f"{self.where} totals"
        layers = r["layers"]
        f.keys(where, t, TOTALS)
        for name in ("cycles", "processing_cycles", "dram_stall_cycles", "post_stall_cycles",
                     "glb_conflict_cycles", "macs", "macs_zero_gated"):
            f.same(f"{where}.{name}", t[name], sum(layer[name] for layer in layers))
        f.close(f"{where}.latency_ms", t["latency_ms"], t["cycles"] / (self.config["clock_mhz"] * 1e3))
        pes = at(self.config, "array.rows") * at(self.config, "array.columns")
        f.close(f"{where}.utilization", t["utilization"],
                t["macs"] / (t["processing_cycles"] * pes) if t["processing_cycles"] else 0.0)
        energy = self.counts.energy()
        f.close(f"{where}.energy_uj", t["energy_uj"], energy * 1e-6)
        f.close(f"{where}.average_power_mw", t["average_power_mw"], energy * 1e-6 / t["latency_ms"])
        f.close(f"{where}.tops_per_watt", t["tops_per_watt"], 2 * t["macs"] / energy)
        f.keys(f"{self.where} area_um2", r["area_um2"], [c for c in COMPONENTS if c not in WITHOUT_AREA])
        f.close(f"{where}.area_mm2", t["area_mm2"], math.fsum(r["area_um2"].values()) * 1e-6)
        for key, stream in (("energy_pj", STREAMS), ("energy_pj_highway", "highway")):
            f.keys(f"{self.where} {key}", r[key], COMPONENTS)
            for component, value in r[key].items():
                f.same(f"{self.where} {key}.{component}", value,
                       self.counts.energy(component=component, stream=stream))
        counted = [self.counts.bits(component="glb", item=["ifmap", "psum", "ofmap", "skip"]),
                   self.counts.bits(component="glb_filter", action="read")]
        f.same(f"{where}.glb_bytes", t["glb_bytes"], bytes_of(sum(counted)))
        f.same(f"{where}.glb_transfer_bytes", t["glb_transfer_bytes"],
               bytes_of(self.counts.bits(component="glb", item="transfer")))
        f.same(f"{where}.dram_bytes", t["dram_bytes"], sum(sum(layer["dram_bytes"].values()) for layer in layers))
        f.same(f"{where}.dram_packing_loss_bytes", t["dram_packing_loss_bytes"],
               bytes_of(sum(layer["dram_packing_loss_bits"] for layer in layers)))
        self.check_bursts(f"{where}.dram_bytes", t["dram_bytes"])

    def check_bursts(self, where, moved):
        device = self.device
        if device is not None:
            burst = at(device, "organisation.channel_bits") // 8 * at(device, "organisation.burst_length")
            bursts = self.counts.count(component="dram", action=["read", "write"])
            self.f.true(where, moved <= bursts * burst and 8 * bursts <= moved, f"{moved} do not fit {bursts} bursts")

    def check_checks(self, expected):
        f, checks, where = self.f, self.results["checks"], f"{self.where} checks"
        f.keys(where, checks, CHECKS)
        f.same(f"{where}.passed", checks["passed"],
               checks["ofmap_bit_exact"] is not False and checks["accumulators_exact"] is not False
               and checks["float_max_error"] <= 1e-5 and all(checks["conservation"].values()))
        f.keys(f"{where}.conservation", checks["conservation"], CONSERVATION)
        f.same(f"{where}.conservation", [name for name, holds in checks["conservation"].items() if not holds], [])
        if expected.outputs is not None:
            f.same(f"{where}.outputs_compared", checks["outputs_compared"], expected.outputs)
        f.same(f"{where}.ofmap_bit_exact", checks["ofmap_bit_exact"], getattr(expected, "exact", True))
        f.same(f"{where}.accumulators_exact", checks["accumulators_exact"], getattr(expected, "accumulators", None))
        f.same(f"{where}.first_difference: none if exact", checks["first_difference"] == "",
               checks["ofmap_bit_exact"] is not False)
        for part in getattr(expected, "difference", []):
            f.true(f"{where}.first_difference", part in checks["first_difference"],
                   f"says '{checks['first_difference']}' and not '{part}'")
        differing = getattr(expected, "differing", {})  # tensor: differences of its codes
        sizes = [abs(size) for sizes in differing.values() for size in sizes]
        tolerance = getattr(expected, "tolerance", 0)
        for name, wanted in {"codes_differing": len(sizes), "codes_off_by_one": sizes.count(1),
                             "codes_within_tolerance": sum(size <= tolerance for size in sizes),
                             "tensors_differing": len(differing), "tolerance": tolerance,
                             "largest_code_difference": max(sizes, default=0)}.items():
            f.same(f"{where}.{name}", checks[name], wanted)
        f.true(f"{where}.codes_compared", len(sizes) <= checks["codes_compared"] <= checks["outputs_compared"]
               and (checks["ofmap_bit_exact"] is None) == (checks["codes_compared"] == 0),
               f"{checks['codes_compared']} of {checks['outputs_compared']}")
        f.true(f"{where}.likely_cause", not checks["likely_cause"] or sizes, "a cause of nothing")
        error = getattr(expected, "float_error", 0.0)
        if error is not None:
            f.close(f"{where}.float_max_error", checks["float_max_error"], error, 1e-6, 1e-9)
        psums = self.results["psums"]
        f.keys(f"{self.where} psums", psums, ["widest", "layers_over_cost_bits"])
        single = {name for name in expected.widest if self.layers[name]["passes"] == 1} | getattr(expected, "monotone", set())
        if expected.widest and single == set(expected.widest):
            f.same(f"{self.where} psums.widest", psums["widest"], max(expected.widest.values()))
            limit = 2 ** (self.results["precision"]["psum"] - 1) - 1
            f.same(f"{self.where} psums.layers_over_cost_bits", psums["layers_over_cost_bits"],
                   sum(widest > limit for widest in expected.widest.values()))
        self.check_residency(expected)

    def check_residency(self, expected):
        f, where = self.f, f"{self.where} residency"
        for tensor in self.results["residency"]:
            f.keys(where, tensor, ["tensor", "bits", "values", "highway", "place", "reason"])
            name = f"{where} {tensor['tensor']}"
            f.true(name, tensor["place"] in ("glb", "dram") and tensor["bits"] >= 1, f"is {tensor}")
            f.true(f"{name} reason", tensor["place"] == "glb" or tensor["reason"] != "", "has none")
            known = getattr(expected, "tensors", {}).get(tensor["tensor"])
            if known:
                f.same(name, (tensor["values"], tensor["highway"]), known)
        places = {tensor["place"] for tensor in self.results["residency"]}
        if self.config["feature_maps"] == "spill":
            f.same(f"{where}: places of spilled maps", places, {"dram"})
        if any("dram" in (layer["ifmap_place"], layer["ofmap_place"]) for layer in self.results["layers"]):
            f.true(f"{where}: places", "dram" in places, "are all in the buffer, but layers say otherwise")
        for layer in self.results["off_array"]:
            f.keys(f"{self.where} off_array", layer, ["name", "share_of_macs"])
            f.close(f"{self.where} off_array {layer['name']}", layer["share_of_macs"],
                    expected.macs[layer["name"]] / sum(expected.macs.values()))

    def check_record(self, arguments):
        record, where = read_json(self.directory / "run.json"), f"{self.where} run.json"
        self.f.keys(where, record, RUN)
        self.f.same(f"{where} schema", record["schema"], "turnpike-run/1")
        if arguments is not None:
            self.f.same(f"{where} arguments", record["arguments"], arguments)
        self.f.true(where, record["timing"] in ("memo", "reference") and record["wall_seconds"] > 0 and record["host"]
                    and record["version"], "lacks what identifies the run")
        passes = sum(layer["passes"] for layer in self.results["layers"])
        self.f.true(f"{where} passes_simulated", 0 <= record["passes_simulated"] <= passes, "are more than there are")
        self.f.true(f"{where} clocks_simulated", (record["passes_simulated"] == 0) == (record["clocks_simulated"] == 0)
                    and record["clocks_simulated"] <= self.results["totals"]["processing_cycles"], "do not fit the passes")
        self.f.true(f"{where} digests", len(record["digests"]) > 0, "has none")
        self.f.true(f"{where} request", len(record["request"]) > 0, "is empty")
        self.f.same(f"{where} files", record["files"],
                    {name: digest_of(self.directory / name) for name in FILES if name != "run.json"})
        self.check_inputs(where, record["inputs"])

    def check_inputs(self, where, inputs):
        """The files a run was made from, as they are: the device it names is one of them."""
        for path, digest in inputs.items():
            self.f.same(f"{where} inputs {path}", digest, digest_of(path))
        device = f"/{at(self.config, 'dram.device')}.yaml"
        for part in (device, "/configs/technology/"):
            self.f.true(f"{where} inputs", any(part in path for path in inputs), f"have no {part}")
