"""`turnpike sensitivity` of a sweep: claims, what the highway adds, alternatives, one assumption at a time."""

import math
import random

from questions import Uncertain, band, check_area_band, drawn, mapped, ranges_of
from reading import at, text_tables, unfolded

TOP = ["schema", "network", "policy", "samples", "seed", "highway_bits", "claims", "overheads", "limits", "alternatives",
       "swings", "missing"]
OVERHEAD = ["setting", "bits", "highway_bits", "added_uj", "own_uj", "dram_mbit", "glb_mbit", "energy_percent",
            "band_percent", "area_percent", "cycles_percent"]
ALTERNATIVE = ["bits", "highway_bits", "against_bits", "energy_percent", "band_percent", "area_percent", "cycles_percent"]


class Sweep:
    """Runs by width and highway; energies by group of constants."""

    def __init__(self, runs):
        self.runs = {(run.results["precision"]["weight"], at(run.config, "highway.enabled")): run for run in runs}
        self.energies = {key: Uncertain(run) for key, run in self.runs.items()}
        self.ranges = ranges_of(runs[0])
        rng = random.Random(2)
        self.samples = [drawn(rng, self.ranges) for _ in range(8000)]

    def total(self, key, name):
        return self.runs[key].results["totals"][name]

    def change(self, one, other, name):
        return 100 * (self.total(other, name) / self.total(one, name) - 1)

    def energy(self, one, other, draw):
        sums = [self.energies[key].total(draw) for key in (one, other)]
        return 100 * (sums[1] / sums[0] - 1)

    def check_band(self, f, where, got, one, other):
        values = [self.energy(one, other, factors) for factors in self.samples]
        for shown, want in zip(got, band(values)):
            f.close(f"{where} band", shown, want, 0.0, 1e-9 + 0.05 * (max(values) - min(values)))


def check_claims(f, document, text, runs):
    sweep = Sweep(runs)
    where = "sensitivity of a sweep"
    f.keys(where, document, TOP)
    f.same(f"{where} head", (document["schema"], document["network"], document["policy"], document["limits"]),
           ("turnpike-claims/1", runs[0].results["network"], mapped(runs[0]), []))
    f.same(f"{where} missing", document["missing"], [])
    bits = document["highway_bits"]
    claims = [("chip area, 16 -> 3 bit", -82.3, "area_mm2", (16, False), (3, False)),
              ("energy, 16 -> 3 bit", -73.1, "energy_uj", (16, False), (3, False)),
              (f"energy added by the {bits}-bit highway at 2 bit", 3.9, "energy_uj", (2, False), (2, True))]
    f.same(f"{where} claims", [(c["what"], c["paper"]) for c in document["claims"]], [claim[:2] for claim in claims])
    for shown, (what, _, total, one, other) in zip(document["claims"], claims):
        f.keys(f"{where} {what}", shown, ["what", "paper", "ours", "band"])
        f.close(f"{where} {what}", shown["ours"], sweep.change(one, other, total), 1e-9, 1e-9)
        if total == "energy_uj":
            sweep.check_band(f, f"{where} {what}", shown["band"], one, other)
        else:
            check_area_band(f, f"{where} {what} band", shown["band"], sweep.runs[one], sweep.runs[other])
    check_pairs(f, where, document, sweep)
    check_swings(f, where, document, sweep)
    tables = text_tables(unfolded(text))[0]
    shown = {row[0]: row[5] for row in tables[0].rows}
    f.same(f"{where} text", shown, {c["what"]: f"{c['ours']:+.1f}" for c in document["claims"]})


def check_pairs(f, where, document, sweep):
    widths = sorted({bits for bits, _ in sweep.runs}, reverse=True)
    f.same(f"{where} overheads", [row["bits"] for row in document["overheads"]], widths)
    for row in document["overheads"]:
        place, one, other = f"{where}, highway at {row['bits']}", (row["bits"], False), (row["bits"], True)
        f.keys(place, row, OVERHEAD)
        difference = {name: sweep.total(other, name) - sweep.total(one, name) for name in
                      ("energy_uj", "dram_bytes", "glb_bytes")}
        f.close(f"{place} added_uj", row["added_uj"], difference["energy_uj"], 1e-9, 1e-9)
        f.close(f"{place} own_uj", row["own_uj"], sweep.runs[other].counts.energy(stream="highway") * 1e-6, 1e-9, 1e-9)
        f.close(f"{place} dram_mbit", row["dram_mbit"], difference["dram_bytes"] * 8e-6, 1e-9, 1e-9)
        f.close(f"{place} glb_mbit", row["glb_mbit"], difference["glb_bytes"] * 8e-6, 1e-9, 1e-9)
        check_changes(f, place, row, sweep, one, other)
    for row in document["alternatives"]:
        place = f"{where}, {row['bits']} bit + highway against {row['against_bits']}"
        f.keys(place, row, ALTERNATIVE)
        f.true(place, row["bits"] < row["against_bits"], "is not against a wider machine")
        check_changes(f, place, row, sweep, (row["against_bits"], False), (row["bits"], True))


def check_changes(f, place, row, sweep, one, other):
    for name, total in (("energy_percent", "energy_uj"), ("area_percent", "area_mm2"), ("cycles_percent", "cycles")):
        f.close(f"{place} {name}", row[name], sweep.change(one, other, total), 1e-9, 1e-9)
    sweep.check_band(f, place, row["band_percent"], one, other)


def check_swings(f, where, document, sweep):
    """Constants at the ends of their ranges; of the policies those that leave a component out."""
    claims = {"energy": ((16, False), (3, False)), "highway": ((2, False), (2, True))}
    rows = {row["name"]: row for row in document["swings"]}
    f.true(f"{where} swings", set(sweep.ranges) <= set(rows), f"are of {sorted(rows)}")
    ends = {name: [{name: end} for end in ends] for name, ends in sweep.ranges.items()}
    pins = at(next(iter(sweep.runs.values())).config, "cost.access_clock")
    ends["clock: inside accesses only" if pins else "clock: none"] = [{"clock": 0.0}] * 2
    ends["leakage: out"] = [{"leakage": 0.0}] * 2
    for name, factors in ends.items():
        row = rows.get(name)
        if row is None:
            f.true(f"{where} {name}", False, "is missing")
            continue
        f.keys(f"{where} {name}", row, ["name", "from", "energy", "highway", "area"])
        for claim, (one, other) in claims.items():
            nominal = sweep.energy(one, other, {})
            for got, moved in zip(row[claim], factors):
                f.close(f"{where} {name}, {claim}", got, sweep.energy(one, other, moved) - nominal, 1e-8, 1e-8)
