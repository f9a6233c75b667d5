"""A sweep directory and what `turnpike sweep` prints, against the run directories of its points."""

import pathlib

from charts import SHOWN
from flat_files import TOTALS
from reading import read_csv, read_json, text_tables, unfolded

WITH_RESULTS = ("ok", "check_failed")
ADDED = ["the highway adds", "uJ", "5 to 95 %", "%", "DRAM Mbit", "GLB Mbit", "mm2 %", "cycles %"]
BUYER = ["k bits with highway against", "energy %", "area %", "cycles %"]
CLAIMS = ["claim (paper, section 5.5)", "paper %", "ours, 5 to 95 %", "point %"]
SUMMARY = ["point", "cycles", "uJ", "mm2", "highway", "%", "status"]
OPERATIONS = ["operations per inference", "low-precision MACs", "high-precision adds", "non-linear",
              "element-wise multiplies"]


def change(value, base):
    return f"{100.0 * (value / base - 1.0):+.1f}"


class Interval:
    """Equals any text 'LOW .. HIGH' in order; `sensitivity` of the same sweep must give the same (claims.py)."""

    def __eq__(self, text):
        low, _, high = text.partition(" .. ")
        try:
            return float(low) <= float(high)
        except ValueError:
            return False

    def __repr__(self):
        return "LOW .. HIGH"


class Point:
    """What a sweep must say of one point."""

    def __init__(self, directory, settings, status, message=""):
        self.settings, self.status, self.message = settings, status, message
        self.id = "_".join(f"{key}-{str(value).lower() if isinstance(value, bool) else value}"
                           for key, value in settings.items())
        self.directory = pathlib.Path(directory) / self.id
        self.results = read_json(self.directory / "results.json") if status in WITH_RESULTS else None

    def text(self, key):
        value = self.settings.get(key, "")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def total(self, key):
        return self.results["totals"][key]

    def bits(self):
        return self.results["precision"]["weight"]

    def asked(self):
        return self.settings.get("highway.enabled") is True

    def besides_highway(self):
        return {key: value for key, value in self.settings.items() if not key.startswith("highway.")}

    def label(self):
        r = self.results
        weight, activation = r["precision"]["weight"], r["precision"]["activation"]
        text = f"{weight} bit" if weight == activation else f"{weight} x {activation} bit"
        if self.asked():
            text += f" + {r['highway']['bits']}-bit highway" if r["highway"]["enabled"] else " + highway (one copy)"
        for key in self.settings:
            if not key.startswith("precision") and key not in ("highway.enabled", "highway.bits"):
                text += f", {key}={self.text(key)}"
        return text


class SweepFiles:
    def __init__(self, findings, directory, points, profile="silicon"):
        self.f = findings
        self.directory = pathlib.Path(directory)
        self.where = self.directory.name
        self.points = points
        self.profile = profile

    def check(self):
        self.check_csv()
        self.check_json(read_json(self.directory / "sweep.json"))

    def check_csv(self):
        where = f"{self.where} sweep.csv"
        keys = list(dict.fromkeys(key for point in self.points for key in point.settings))
        header, rows = read_csv(self.directory / "sweep.csv")
        components = [name for name in next((p.results["energy_pj"] for p in self.points if p.results), {})]
        self.f.same(f"{where} columns", header, ["id", "profile", "status", *keys, *sorted(TOTALS), "highway_energy_uj", "added_energy_uj",
                                                 *(f"energy_uj_{name}" for name in components), "message"])
        self.f.same(f"{where} ids", [row["id"] for row in rows], [point.id for point in self.points])
        for row, point in zip(rows, self.points):
            self.f.same(f"{where} {point.id}", (row["profile"], row["status"]), (self.profile, point.status))
            for key in keys:
                self.f.same(f"{where} {point.id}, {key}", row[key], point.text(key))
            for total in TOTALS:
                text = row[total]
                value = point.total(total) if point.results else None
                self.f.same(f"{where} {point.id}, {total}", float(text) if text else None, value)
            self.check_csv_energies(f"{where} {point.id}", row, point, components)

    def check_csv_energies(self, where, row, point, components):
        """The highway's own energy, the difference to the point without it, and what makes up the whole."""
        if not point.results:
            self.f.same(f"{where}, energies", [row[name] for name in row if "energy_uj" in name], [""] * (len(components) + 3))
            self.f.true(f"{where}, message", point.message in row["message"], f"is {row['message']}")
            return
        self.f.same(f"{where}, message", row["message"], "")
        self.f.close(f"{where}, highway", float(row["highway_energy_uj"]), sum(point.results["energy_pj_highway"].values()) * 1e-6, 1e-9)
        for name in components:
            self.f.close(f"{where}, {name}", float(row[f"energy_uj_{name}"]), point.results["energy_pj"][name] * 1e-6, 1e-9)
        twin = next((p for p in self.points if p.results and not p.asked() and not p.results["highway"]["enabled"]
                     and p.besides_highway() == point.besides_highway()), None) if point.asked() else None
        expected = None if twin is None else point.total("energy_uj") - twin.total("energy_uj")
        got = float(row["added_energy_uj"]) if row["added_energy_uj"] else None
        self.f.true(f"{where}, added", (got is None) == (expected is None) and (got is None or abs(got - expected) <= 1e-6), f"is {got}, must be {expected}")

    def check_json(self, document, where="sweep.json"):
        where = f"{self.where} {where}"
        self.f.keys(where, document, ["schema", "request", "points"])
        self.f.true(f"{where} request", all(word in " ".join(document["request"]) for word in ("accelerator ", "network ")),
                    f"is {document['request']}")
        self.f.same(f"{where} schema", document["schema"], "turnpike-sweep-results/1")
        self.f.same(f"{where} ids", [point["id"] for point in document["points"]], [p.id for p in self.points])
        for entry, point in zip(document["points"], self.points):
            place = f"{where} {point.id}"
            self.f.keys(place, entry, ["id", "settings", "profile", "status", "totals",
                                       *(["message"] if point.message else [])])
            self.f.same(f"{place} settings", entry["settings"], point.settings)
            self.f.same(f"{place} profile", entry["profile"], self.profile)
            self.f.same(f"{place} status", entry["status"], point.status)
            self.f.true(f"{place} message", point.message in entry.get("message", ""), f"is {entry.get('message')}")
            self.f.same(f"{place} totals", entry["totals"] or {}, point.results["totals"] if point.results else {})

    def check_status(self, text):
        """`--status`: a line a point."""
        self.f.same(f"{self.where} --status", [line.rsplit(": ", 1)[-1].split(" (")[0] for line in unfolded(text).splitlines()],
                    [point.status for point in self.points])

    def check_text(self, text, wide):
        """The tables `turnpike sweep` prints, with --wide or in 80 columns."""
        tables, lines = text_tables(text if wide else unfolded(text))
        by_title = {table.header[0]: table for table in tables}
        with_results = [point for point in self.points if point.results]
        where = f"{self.where} printed{' --wide' if wide else ''}"
        self.f.true(where, f"{with_results[0].results['network']}, profile {self.profile}" in lines, "has no heading")
        if wide:
            self.components(f"{where} energy", by_title.pop("energy, uJ"), with_results, "energy")
            self.components(f"{where} area", by_title.pop("area, mm2"), with_results, "area")
            self.policies(where, lines, with_results)
        else:
            self.summary(where, by_title.pop("point"))
            for point in with_results:
                self.f.true(f"{where} policy", any(point.results["policy"] in line for line in lines), "is not said")
        for point in self.points:
            if not point.results:
                settings = ", ".join(f"{key}={point.text(key)}" for key in point.settings)
                found = [line for line in lines if all(part in line for part in settings.split(", "))]
                self.f.true(f"{where} {point.id}", any(point.status in line and point.message in line for line in found),
                            f"is told of by {found} only")
        plain = all(set(point.settings) <= {"precision", "highway.enabled"} for point in self.points)
        if plain:
            self.check_questions(where, by_title, with_results)
        self.f.same(f"{where}: tables that are left", sorted(by_title), [])

    def policies(self, where, lines, with_results):
        """Each policy line once; where there are several, the points they belong to."""
        policies = list(dict.fromkeys(point.results["policy"] for point in with_results))
        for policy in policies:
            self.f.same(f"{where} lines '{policy}'", lines.count(policy), 1)
            if len(policies) > 1:
                labels = [point.label() for point in with_results if point.results["policy"] == policy]
                after = lines[lines.index(policy) + 1] if policy in lines else ""
                self.f.same(f"{where} points of '{policy}'", [part.strip() for part in after[5:].split("; ")], labels)

    def summary(self, where, table):
        """A line a point: what the highway adds is against the point that differs in it alone."""
        self.f.keys(f"{where} columns", table.header, SUMMARY)
        self.f.same(f"{where} rows", len(table.rows), len(self.points))
        for row, point in zip(table.rows, self.points):
            wanted = ["", "", "", "", "", point.status]
            if point.results:
                total = point.total("energy_uj")
                twins = [p for p in self.points if p.results and not p.results["highway"]["enabled"] and p is not point
                         and not p.asked() and p.besides_highway() == point.besides_highway()]
                added = ["", ""]
                if point.asked() and twins:
                    base = twins[0].total("energy_uj")
                    added = [f"{total - base:+.1f}", f"{100 * (total / base - 1):+.2f}"]
                wanted = [str(point.total("cycles")), f"{total:.1f}", f"{point.total('area_mm2'):.3f}", *added,
                          point.status]
            self.f.same(f"{where} {row[0]}", row[1:], wanted)

    def components(self, where, table, points, kind):
        total, digits = ("energy_uj", 0) if kind == "energy" else ("area_mm2", 3)
        figures = "energy_pj" if kind == "energy" else "area_um2"
        extra = ["kcycles"] if kind == "energy" else []
        columns = {name: parts for name, parts in SHOWN.items()
                   if any(point.results[figures].get(component, 0.0) for point in points for component in parts)}
        self.f.keys(f"{where} columns", table.header, [table.header[0], "total", "vs 16 bit %", *extra, *columns])
        self.f.same(f"{where} rows", [row[0] for row in table.rows], [point.label() for point in points])
        wide = [p for p in points if p.bits() == p.results["precision"]["activation"] == 16
                and not p.results["highway"]["enabled"]]
        for row, point in zip(table.records(), points):
            wanted = {table.header[0]: point.label(), "total": f"{point.total(total):.{digits}f}",
                      "vs 16 bit %": change(point.total(total), wide[0].total(total)) if wide else ""}
            if extra:
                wanted["kcycles"] = f"{point.total('cycles') / 1e3:.0f}"
            for column, components in columns.items():
                value = sum(point.results[figures].get(component, 0.0) for component in components)
                wanted[column] = f"{value * 1e-6:.{1 if kind == 'energy' else 3}f}"
            for column, text in wanted.items():
                self.f.same(f"{where} {point.label()}, {column}", row.get(column), text)

    def check_questions(self, where, tables, points):
        """What the highway adds, the paper's claims, the operations, the buyer's question."""
        plain = {p.bits(): p for p in reversed(points) if not p.asked()}
        high = {p.bits(): p for p in reversed(points) if p.asked()}
        rows = []
        for with_highway in [p for p in points if p.asked() and p.bits() in plain]:
            w, o = with_highway.results["totals"], plain[with_highway.bits()].results["totals"]
            rows.append([with_highway.label(), f"{w['energy_uj'] - o['energy_uj']:.1f}", Interval(),
                         f"{100 * (w['energy_uj'] / o['energy_uj'] - 1):.2f}",
                         f"{(w['dram_bytes'] - o['dram_bytes']) * 8e-6:.2f}",
                         f"{(w['glb_bytes'] - o['glb_bytes']) * 8e-6:.2f}",
                         change(w["area_mm2"], o["area_mm2"]), change(w["cycles"], o["cycles"])])
        self.table(f"{where} highway", tables.pop(ADDED[0], None), ADDED, rows)
        rows = []
        for k in sorted(high):
            wider = [bits for bits in sorted(plain) if bits > k]
            if wider:
                a, b = high[k].results["totals"], plain[wider[0]].results["totals"]
                rows.append([f"{k} bit + highway against {wider[0]} bit",
                             *(change(a[key], b[key]) for key in ("energy_uj", "area_mm2", "cycles"))])
        self.table(f"{where} buyer", tables.pop(BUYER[0], None), BUYER, rows)
        operations = points[0].results["operations"]
        rows = [["ours", *map(str, operations.values())]]
        if "resnet18" in points[0].results["network"]:
            rows.append(["paper, Table 6", "6.89 G", "9.68 M", "7.48 M", "-"])
            p16, p3, p2, p2h = plain.get(16), plain.get(3), plain.get(2), high.get(2)
            if p16 and p3 and p2 and p2h:
                self.table(f"{where} claims", tables.pop(CLAIMS[0], None), CLAIMS, [
                    ["chip area, 16 -> 3 bit", "-82.3", Interval(), change(p3.total("area_mm2"), p16.total("area_mm2"))],
                    ["energy, 16 -> 3 bit", "-73.1", Interval(), change(p3.total("energy_uj"), p16.total("energy_uj"))],
                    [f"energy added by the {p2h.results['highway']['bits']}-bit highway at 2 bit", "+3.9",
                     Interval(), change(p2h.total("energy_uj"), p2.total("energy_uj"))]])
        self.table(f"{where} operations", tables.pop(OPERATIONS[0], None), OPERATIONS, rows)

    def table(self, where, table, header, rows):
        if not rows:
            return
        self.f.true(where, table is not None, "is missing")
        if table is not None:
            self.f.same(f"{where} header", table.header, header)
            self.f.same(f"{where} rows", table.rows, rows)
