"""The tables of docs/highway_cost.md, from sweeps that this module runs; used by tools/update_docs."""

import csv
import json
import os
import pathlib
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACCELERATOR = "configs/accelerators/precision-highway.yaml"
PROFILES = ("silicon", "access", "paper")
BOTH_IN = ("--set", "cost.leakage=true", "--set", "cost.dram_background=true")
# Columns of the study the tables are set beside (docs/highway_cost.md), which are not the groups of a report page.
COLUMNS = {"MAC": ("mac",), "filter spad": ("filter_spad",), "ifmap spad": ("ifmap_spad",), "psum spad": ("psum_spad",),
           "PE-PE": ("pe_link",), "NoC": ("noc", "pe_fifo"), "GLB": ("glb", "glb_filter"), "clock": ("clock",),
           "post": ("post",), "DRAM": ("dram",)}
STUDY = ("mac", "filter_spad", "ifmap_spad", "psum_spad", "pe_link", "noc", "glb", "clock", "post", "dram")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def banded(value, band, digits=1):
    """The interval first, the point in brackets."""
    text = f"{value:+.{digits}f}"
    return text if band is None else f"{band[0]:+.{digits}f} to {band[2]:+.{digits}f} ({text})"


def ends(pair):
    low, high = pair
    if low is None:
        return ""
    return f"{low:+.1f}" if low == high else f"{low:+.1f} .. {high:+.1f}"


class Page:
    """Sweeps once each, in $TURNPIKE_DOCS_RESULTS or a temporary directory; `run` starts a program of the build."""

    def __init__(self, run):
        self.run = run
        self.temporary = None
        self.done = {}

    def results(self):
        given = os.environ.get("TURNPIKE_DOCS_RESULTS")
        if given:
            return pathlib.Path(given)
        if self.temporary is None:
            self.temporary = tempfile.TemporaryDirectory(prefix="turnpike-docs-")
        return pathlib.Path(self.temporary.name)

    def sweep(self, name, profile):
        """Directory of a sweep under a profile."""
        directory = self.results() / f"{pathlib.Path(name).name}-{profile}"
        file = f"{name}.yaml" if "/" in name else f"configs/sweeps/{name}.yaml"
        if (name, profile) not in self.done:
            self.done[name, profile] = self.run("turnpike", "sweep", file, "--profile", profile,
                                                "-j", str(os.cpu_count() or 1), "--wide", "-o", str(directory))
        return directory

    def claims(self, name, profile, *changes):
        """turnpike-claims/1 of a sweep. Counts of `access` are those of `silicon`."""
        base = "silicon" if profile == "access" else profile
        prices = ("--profile", "access") if profile == "access" else ()
        return json.loads(self.run("turnpike", "sensitivity", str(self.sweep(name, base)), *prices, *changes, "--json"))

    def accountings(self):
        return [(profile, profile, ()) for profile in PROFILES] + [("paper + leakage + DRAM standby", "paper", BOTH_IN)]

    def three_claims(self):
        paper = self.claims("paper_fig6", "paper")["claims"]
        rows = [["paper, section 5.5"] + [f"{claim['paper']:+.1f}" for claim in paper]]
        for label, profile, changes in self.accountings():
            claims = self.claims("paper_fig6", profile, *changes)["claims"]
            rows.append([label] + [banded(c["ours"], c["band"]) for c in claims])
        return table(["accounting", "area 16 to 3 bit, %", "energy 16 to 3 bit, %", "8-bit highway at 2 bit, %"], rows)

    def networks(self):
        rows = []
        for name in ("paper_fig6", "resnet50", "lstm300"):
            for profile in PROFILES:
                claims = self.claims(name, profile)
                at_two = next(o for o in claims["overheads"] if o["bits"] == 2)
                rows.append([claims["network"], profile] + [banded(c["ours"], c["band"]) for c in claims["claims"]] +
                            [f"{at_two['own_uj']:.2f}", f"{at_two['dram_mbit']:.2f}", f"{at_two['glb_mbit']:.2f}"])
        return table(["network", "profile", "area 16 to 3 bit, %", "energy 16 to 3 bit, %", "8-bit highway at 2 bit, %",
                      "highway's own uJ", "DRAM Mbit", "GLB Mbit"], rows)

    def network_components(self):
        rows = []
        for name in ("paper_fig6", "resnet50", "lstm300"):
            for profile in ("silicon", "paper"):
                for bits in (16, 3, 2):
                    run = self.sweep(name, profile) / f"precision-{bits}_highway.enabled-false" / "results.json"
                    ours = json.loads(run.read_text(encoding="utf-8"))
                    energy = [sum(ours["energy_pj"][c] for c in parts) * 1e-6 for parts in COLUMNS.values()]
                    energy.append(ours["energy_pj"]["leakage"] * 1e-6)
                    digits = 1 if ours["totals"]["energy_uj"] < 1000 else 0
                    rows.append([f"{ours['network']}, {profile} {bits}", f"{ours['totals']['energy_uj']:.{digits}f}"] +
                                [f"{value:.{digits}f}" if value else "-" for value in energy] +
                                [f"{ours['totals']['area_mm2']:.2f}"])
        return table(["uJ of", "total"] + list(COLUMNS) + ["leakage", "area mm2"], rows)

    def widths(self):
        rows = []
        for label, profile, changes in self.accountings():
            for o in self.claims("highway_bits", profile, *changes)["overheads"]:
                if o["bits"] == 2 and o["highway_bits"] in (8, 16, 32):
                    rows.append([label, str(o["highway_bits"]), f"{o['own_uj']:.0f}", f"{o['added_uj']:.0f}",
                                 f"{o['dram_mbit']:.1f}", f"{o['glb_mbit']:.1f}",
                                 banded(o["energy_percent"], o["band_percent"], 2), f"{o['area_percent']:+.2f}",
                                 f"{o['cycles_percent']:+.2f}"])
        return table(["accounting", "h", "highway's own uJ", "run's uJ more", "DRAM Mbit", "GLB Mbit", "energy %", "area %",
                      "cycles %"], rows)

    def limits(self):
        def cell(claims, bits, percent):
            limit = next(x for x in claims["limits"] if x["bits"] == bits and x["percent"] == percent)
            return "none" if limit["up_to"] == 0 else f"h = {limit['up_to']}" + (" (all)" if limit["widest_run"] else "")
        rows = []
        for label, profile, changes in self.accountings():
            claims = self.claims("highway_bits", profile, *changes)
            for bits in (3, 2):
                rows.append([label, str(bits)] + [cell(claims, bits, p) for p in (1.0, 2.0, 3.9, 5.0, 10.0)])
        return table(["accounting", "bits", "at most 1 %", "2 %", "3.9 %", "5 %", "10 %"], rows)

    def storage(self):
        rows = []
        for profile in ("silicon", "paper"):
            for o in self.claims("highway_storage", profile)["overheads"]:
                rows.append([profile, o["setting"].replace("highway.storage=", "").replace("feature_maps=", ""),
                             str(o["highway_bits"]), f"{o['own_uj']:.0f}", f"{o['dram_mbit']:.1f}", f"{o['glb_mbit']:.1f}",
                             banded(o["energy_percent"], o["band_percent"], 2), f"{o['cycles_percent']:+.2f}"])
        return table(["profile", "storage, feature maps", "h", "own uJ", "DRAM Mbit", "GLB Mbit", "energy %", "cycles %"], rows)

    def buffer_lines(self):
        """Both policies for the ten points."""
        with open(self.sweep("buffer_lines", "silicon") / "sweep.csv", newline="", encoding="utf-8") as file:
            points = {(int(row["precision"]), row["highway.enabled"] == "true", row["glb.line"]): row
                      for row in csv.DictReader(file)}
        def pair(key, digits, bits, highway):
            return " / ".join(f"{float(points[bits, highway, line][key]):.{digits}f}" for line in ("bits", "values"))
        rows = [[f"{bits}{' + highway' if highway else ''}", pair("energy_uj", 0, bits, highway), pair("energy_uj_glb", 0, bits, highway),
                 pair("highway_energy_uj", 1, bits, highway) if highway else "", pair("area_mm2", 2, bits, highway),
                 pair("post_stall_cycles", 0, bits, highway)]
                for bits, highway, line in points if line == "bits"]
        return table(["bits", "uJ", "GLB uJ", "highway's own uJ", "mm2", "clocks waiting for post-processing"], rows)

    def breakdown(self):
        with open(ROOT / "tests/sim/cost/study_breakdown.csv", newline="", encoding="utf-8") as file:
            study = {(row["profile"], row["bits"]): row for row in csv.DictReader(file)}
        rows = []
        for (profile, bits), theirs in study.items():
            run = self.sweep("policies", profile) / f"precision-{bits}_highway.enabled-false"
            ours = json.loads(self.run("turnpike", "reprice", str(run), "--set", "cost.dram_background=false", "--json"))
            energy = {name: sum(ours["energy_pj"][c] for c in parts) * 1e-6 for name, parts in COLUMNS.items()}
            leakage = ours["energy_pj"]["leakage"] * 1e-6
            cells = []
            for (name, value), column in zip(energy.items(), STUDY):
                reference = float(theirs[column])
                change = f" ({100 * (value / reference - 1):+.0f} %)" if reference else ""
                cells.append(f"{value:.0f}{change}" if value or reference else "-")
            total = sum(energy.values())
            rows.append([f"{profile} {bits}", f"{total:.0f} ({100 * (total / float(theirs['total']) - 1):+.0f} %)"] + cells +
                        [f"{leakage:.0f}"])
        return table(["uJ (against the study)", "total"] + list(COLUMNS) + ["leakage"], rows)

    def counts(self):
        """Million counts of a run at 16-bit psums, beside the study's."""
        with open(ROOT / "tests/sim/cost/study_counts.csv", newline="", encoding="utf-8") as file:
            study = list(csv.DictReader(file))
        rows = []
        for theirs in study:
            run = self.sweep("policies", "silicon") / f"precision-{theirs['bits']}_highway.enabled-false"
            with open(run / "counts.csv", newline="", encoding="utf-8") as file:
                counts = [(r["component"], r["action"], r["item"], int(r["bits"].split("+")[-1] or 0), int(r["count"]))
                          for r in csv.DictReader(file)]
            def total(component, action, items=None):
                return sum(n for c, a, i, _, n in counts if (c, a) == (component, action) and (items is None or i in items))
            # A line holds so many bits; a group of four 16-bit psums takes whole ones.
            line = next(bits for component, _, item, bits, _ in counts if (component, item) == ("glb", "psum"))
            psums = 4 * total("glb", "read", ("psum",)) // -(-4 * 16 // line)
            executed, gated = total("mac", "compute"), total("mac", "gated")
            cycles = json.loads((run / "results.json").read_text(encoding="utf-8"))["totals"]["cycles"]
            ours = {"accumulations": total("pe_link", "compute"), "link_writes": total("pe_link", "write"),
                    "glb_psum_reads": psums, "array_psum_words": total("noc", "write", ("psum_in_y", "psum_out_y")),
                    "ifmap_spad_writes": total("ifmap_spad", "write"), "ifmap_spad_reads": total("ifmap_spad", "read"),
                    "cycles": cycles}
            share = int(theirs["gated_macs"]) / (int(theirs["gated_macs"]) + int(theirs["executed_macs"]))
            rows.append([theirs["bits"], f"{100 * share:.0f} / {100 * gated / (gated + executed):.0f}"] +
                        [f"{int(theirs.get(key) or theirs['accumulations']) / 1e6:.1f} / {value / 1e6:.1f}"
                         for key, value in ours.items()])
        return table(["bits", "MACs gated %", "sums between PEs", "PE link FIFO", "psums read from GLB", "psums to and from array",
                      "ifmap spad writes", "ifmap spad reads", "cycles"], rows)

    def study_swings(self):
        """The study's spread of the energy claim by assumption, points, beside ours."""
        def spread(profile, matches):
            values = [x for s in self.claims("policies", profile)["swings"] if matches(s) for x in s["energy"] if x is not None]
            return f"{max(values + [0.0]) - min(values + [0.0]):.0f}"
        def constants(s):
            return s["from"].startswith("constants") and s["name"] not in ("dram", "clock", "leakage")
        kinds = (("first and last layer composed on narrow MACs", "> 100", lambda s: s["name"] == "layers.first_last=composed"),
                 ("clock: with the width, constant or proportional", "53",
                  lambda s: s["name"] in ("clock: constant", "clock: proportional to the width")),
                 ("psum width", "53", lambda s: s["name"].startswith("psum.")),
                 ("DRAM: device, or pJ per bit x 1..3.5", "15", lambda s: "dram" in s["name"] and "standby" not in s["name"]))
        rows = [[name, study, spread("silicon", f), spread("paper", f)] for name, study, f in kinds]
        def most(profile):
            return max(abs(x) for s in self.claims("policies", profile)["swings"] if constants(s) for x in s["energy"])
        rows.append(["a group of constants, MAC, spads, GLB, NoC", "at most 4", f"at most {most('silicon'):.1f}", f"at most {most('paper'):.1f}"])
        return table(["energy 16 to 3 bit, points from end to end", "study", "silicon", "paper"], rows)

    def tornado(self):
        def rows_of(profile):
            for s in self.claims("policies", profile)["swings"]:
                values = [x for key in ("energy", "highway", "area") for x in s[key] if x is not None]
                if any(abs(x) >= 0.05 for x in values):
                    yield [profile, f"`{s['name']}`", s["from"], ends(s["energy"]), ends(s["highway"]), ends(s["area"])]
        rows = [row for profile in ("silicon", "paper") for row in rows_of(profile)]
        return table(["base", "otherwise", "from", "energy 16 to 3", "8-bit highway at 2", "area 16 to 3"], rows)

    def spill(self):
        return "```\n" + self.run("turnpike", "spill", ACCELERATOR, "--network", "zoo:resnet18", "--wide").strip() + "\n```"

    def buyer(self):
        rows = []
        for name in ("paper_fig6", "resnet50", "lstm300"):
            for profile in PROFILES:
                claims = self.claims(name, profile)
                for a in claims["alternatives"]:
                    if a["bits"] in (2, 3, 4):
                        rows.append([claims["network"], profile, f"{a['bits']} + highway : {a['against_bits']}",
                                     banded(a["energy_percent"], a["band_percent"]), f"{a['area_percent']:+.1f}",
                                     f"{a['cycles_percent']:+.1f}"])
        return table(["network", "profile", "bits", "energy %", "area %", "cycles %"], rows)

    def bought(self):
        """Energy and top-1 in one row, of the network that ships with weights."""
        claims = self.claims("tests/fixtures/shapes_sweep", "silicon")
        rows = []
        for kind, what in (("overheads", "the same without"), ("alternatives", "{against_bits}")):
            for row in claims[kind]:
                rows.append([f"{row['bits']} + highway : {what.format(**row)}", banded(row["energy_percent"], row["band_percent"]),
                             f"{row['area_percent']:+.1f}", f"{row['top1_points']:+.1f} \u00b1 {row['top1_standard_error']:.1f}"])
        return table(["bits", "energy %", "area %", "top-1 points"], rows)

    def operations(self):
        blocks = []
        for name in ("paper_fig6", "resnet50", "lstm300"):
            self.sweep(name, "silicon")
            lines = self.done[name, "silicon"].splitlines()
            start = next(i for i, line in enumerate(lines) if line.startswith("operations per inference"))
            end = next(i for i in range(start, len(lines)) if lines[i].startswith("rule:"))
            blocks.append(f"{lines[0].split(',')[0]}\n" + "\n".join(lines[start:end]))
        return "```\n" + "\n\n".join(blocks) + "\n```"

    def tables(self):
        return {"three claims": self.three_claims, "networks": self.networks, "network components": self.network_components,
                "widths": self.widths, "limits": self.limits, "storage": self.storage, "buffer lines": self.buffer_lines,
                "breakdown": self.breakdown, "counts": self.counts,
                "study swings": self.study_swings, "tornado": self.tornado, "spill": self.spill, "buyer": self.buyer, "bought": self.bought,
                "operations": self.operations}
