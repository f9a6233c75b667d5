"""The tables of a report page as a browser draws them, where chromium is installed (Debian's `chromium`; no
requirement of the set-up), against the run directories."""

import decimal
import html.parser
import shutil
import subprocess


class Drawn(html.parser.HTMLParser):
    """Tables of a page after its scripts have run: title of the section -> rows of cells."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.title, self.tables, self.stack = "", {}, []

    def handle_starttag(self, tag, attributes):
        if tag == "h2":
            self.title = ""
        elif tag == "tr":
            self.tables.setdefault(self.title, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.title][-1].append("")
        self.stack.append(tag)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop() != tag:
            pass

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "h2":
            self.title += data
        elif self.stack and self.stack[-1] in ("td", "th"):
            self.tables[self.title][-1][-1] += data


def drawn(page, folder):
    """None without a browser."""
    browser = shutil.which("chromium")
    if browser is None:
        return None
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/browser",
                           "--dump-dom", f"file://{page}"], capture_output=True, text=True, check=False, timeout=100)
    out = Drawn()
    out.feed(done.stdout)
    return out.tables


def number(value):
    """As Intl.NumberFormat rounds: the shortest decimal form, half away from zero."""
    size = abs(value)
    places = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3
    exact = decimal.Decimal(repr(value)).quantize(decimal.Decimal(1).scaleb(-places), decimal.ROUND_HALF_UP)
    return f"{exact:,.{places}f}"


def signed(value, places=1):
    return ("+" if value >= 0 else "\u2212") + f"{abs(value):.{places}f}"


def megabits(values):
    return number(sum(values) * 8 / 1e6)


def overview(label, r):
    t = r["totals"]
    return {"run": label, "energy µJ": number(t["energy_uj"]), "area mm²": f"{t['area_mm2']:.3f}",
            "cycles": f"{t['cycles']:,}", "latency ms": f"{t['latency_ms']:.2f}",
            "utilization %": f"{100 * t['utilization']:.1f}", "GLB Mbit": megabits([t["glb_bytes"]]),
            "DRAM Mbit": megabits([t["dram_bytes"]])}


def highway(label, r, base):
    t, b = r["totals"], base["totals"]
    own = {kind: [layer[f"{kind}_bytes"]["highway"] for layer in r["layers"]] for kind in ("dram", "glb")}
    return {"run": label, "µJ": signed(t["energy_uj"] - b["energy_uj"]),
            **{f"% {name}": signed(100 * (t[key] / b[key] - 1), 2) for name, key in
               (("energy", "energy_uj"), ("area", "area_mm2"), ("cycles", "cycles"))},
            "own accesses µJ": number(sum(r["energy_pj_highway"].values()) / 1e6),
            "own DRAM Mbit": megabits(own["dram"]), "own GLB Mbit": megabits(own["glb"])}


def layer_row(layer):
    def kilobits(values):
        return number(sum(values) * 8 / 1e3)
    return {"layer": layer["name"], "mapping": layer["mapping"] or "", "bound": layer["bound"] or "",
            "active PEs": str(layer["active_pes"]) if layer["mapping"] else "", "kilocycles": number(layer["cycles"] / 1e3),
            **{f"{name} kbit": kilobits(layer[f"{name.lower()}_bytes"].values()) for name in ("DRAM", "GLB")},
            **{f"{name} kbit > of it highway": kilobits([layer[f"{name.lower()}_bytes"]["highway"]])
               for name in ("DRAM", "GLB")}}


def check_table(f, where, rows, wanted):
    """Rows of `wanted` by their titles; "A > B" is column B right behind column A."""
    f.same(f"{where}: rows", len(rows) - 1, len(wanted))
    for cells, want in zip(rows[1:], wanted):
        for title, text in want.items():
            first, _, second = title.partition(" > ")
            column = rows[0].index(first) if first in rows[0] else None
            if second and column is not None:
                column = column + 1 if rows[0][column + 1] == second else None
            f.same(f"{where} {cells[0]}, {title}", cells[column] if column is not None else None, text)


def check_drawn(f, tables, data, runs):
    """`data`: the island of the same page, whose labels and pairs the tables use."""
    labels = [run["label"] for run in data["runs"]]
    check_table(f, "page, Runs", tables.get("Runs", [[]]), [
        {**overview(label, run.results), "checks": shown["checks"]}
        for label, run, shown in zip(labels, runs, data["runs"])])
    check_table(f, "page, highway", tables.get("What the highway costs", [[]]), [
        highway(label, run.results, runs[shown["without"]].results)
        for label, run, shown in zip(labels, runs, data["runs"]) if shown["without"] >= 0])
    check_table(f, "page, Layers", tables.get("Layers", [[]]), [layer_row(l) for l in runs[0].results["layers"]])

    def change(key, one, other):
        totals = [runs[labels.index(label)].results["totals"][key] for label in (one, other)]
        return signed(100 * (totals[1] / totals[0] - 1))
    wide = next(label for label in labels if label.startswith("2 bit + "))
    claims = tables.get("The paper's claims", [[]])
    f.same("page, claims", [row[1:] for row in claims[1:]],
           [["\u221282.3", change("area_mm2", "16 bit", "3 bit")], ["\u221273.1", change("energy_uj", "16 bit", "3 bit")],
            ["+3.9", change("energy_uj", "2 bit", wide)]])
    f.same("page, directories", [row[:2] for row in tables.get("What these figures mean", [[]])[1:]],
           [[label, str(run.directory)] for label, run in zip(labels, runs)])
