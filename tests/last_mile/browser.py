"""The report page as a browser draws it, where chromium is installed (Debian's `chromium`; no requirement of the
set-up): it loads nothing and complains of nothing, its tables, its bars and what it saves say what the run
directories say, and on a phone no figure is off the screen."""

import csv
import io
import shutil
import xml.etree.ElementTree

import accuracy
import charts
from charts import number, signed, three_digits
from devtools import PROGRAM, Browser
from reading import neutral

TABLES = """Object.fromEntries([...document.querySelectorAll("table")].map((table) =>
  [table.closest("section").querySelector("h2").textContent,
   [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))]))"""
# Names that stand outside of the picture, and figures that stand outside of the window.
OUTSIDE = """(() => {
  const outside = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    for (const {left, right, width} of range.getClientRects())
      if (width > 0 && (left < -1 || right > innerWidth + 1)) outside.push(walk.currentNode.textContent);
  }
  return outside;
})()"""


BUTTONS = 'document.querySelectorAll("section .save > button")'
# What a button saves, without the browser's limit of files a page: name, text, and what stands on the page.
SAVED = """(async () => {
  const button = """ + BUTTONS + """[%d], [create, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
  let blob, name;
  URL.createObjectURL = (made) => (blob = made, create.call(URL, made));
  HTMLAnchorElement.prototype.click = function () { name = this.download; };
  button.click();
  [URL.createObjectURL, HTMLAnchorElement.prototype.click] = [create, click];
  const root = button.closest("figure") ?? button.closest("p").previousElementSibling;
  return [name, await blob.text(),
    [...root.querySelectorAll(".label, tbody th")].map((node) => node.dataset.label ?? node.textContent),
    [...root.querySelectorAll("[data-value]")].map((bar) => +bar.dataset.value)];
})()"""


def installed():
    return shutil.which(PROGRAM) is not None


def megabits(values):
    return number(sum(values) * 8 / 1e6)


def range_text(band, places):
    return f"{band[0]:.{places}f} to {band[2]:.{places}f}".replace("-", "\u2212") if band else ""


def signed_energy(value):
    return "0" if abs(value) < 1e-9 else signed(value, 3 if abs(value) < 1 else 2)


def overview(shown, run):
    r, measured = run.results, accuracy.beside(run)
    t, band = r["totals"], shown["energy_uj_band"]
    return {"run": shown["label"], **({"top-1 %": f"{100 * measured['top1']:.1f}"} if measured else {}), "energy µJ": number(t["energy_uj"]), "5 to 95 %": f"{number(band[0])} to {number(band[2])}",
            "area mm²": f"{t['area_mm2']:.3f}", "cycles": f"{t['cycles']:,}", "latency ms": f"{t['latency_ms']:,.2f}",
            "utilization %": f"{100 * t['utilization']:.1f}", "GLB Mbit": megabits([t["glb_bytes"]]),
            "DRAM Mbit": megabits([t["dram_bytes"]]), "checks": shown["checks"]}


def highway(pair):
    own = {kind: [layer[f"{kind}_bytes"]["highway"] for layer in pair.run.results["layers"]] for kind in ("dram", "glb")}
    return {"run": pair.shown["label"], "µJ": signed_energy(pair.added),
            **{f"% {name}": signed(pair.percent(key), 2) for name, key in
               (("energy", "energy_uj"), ("area", "area_mm2"), ("cycles", "cycles"))},
            "5 to 95 %": range_text(pair.shown["added_percent_band"], 2), "own accesses µJ": number(pair.sum("own")),
            "longer run µJ": signed_energy(pair.sum("longer")), "other data µJ": signed_energy(pair.sum("other")),
            "own DRAM Mbit": megabits(own["dram"]), "own GLB Mbit": megabits(own["glb"])}


def layer_row(layer):
    def kilobits(values):
        return number(sum(values) * 8 / 1e3)
    return {"layer": layer["name"], "mapping": layer["mapping"] or "", "bound": layer["bound"] or "",
            "active PEs": str(layer["active_pes"]) if layer["mapping"] else "", "kilocycles": number(layer["cycles"] / 1e3),
            "energy µJ": number(sum(layer["energy_pj"].values()) / 1e6),
            **{f"{name} kbit": kilobits(layer[f"{name.lower()}_bytes"].values()) for name in ("DRAM", "GLB")},
            **{f"{name} highway kbit": kilobits([layer[f"{name.lower()}_bytes"]["highway"]]) for name in ("DRAM", "GLB")}}


def check_table(f, where, rows, wanted):
    """Rows of `wanted` by their titles."""
    f.same(f"{where}: rows", len(rows) - 1, len(wanted))
    titles = [title.strip() for title in rows[0]] if rows else []
    f.same(f"{where}: columns", len(titles), len(wanted[0]) if wanted else len(titles))
    for cells, want in zip(rows[1:], wanted):
        for title, text in want.items():
            column = titles.index(title) if title in titles else None
            f.same(f"{where} {cells[0]}, {title}", cells[column] if column is not None else None, text)


def check_headline(f, browser, pairs):
    """Each highway, the costliest first, and why it costs that."""
    lines = browser.evaluate('[...document.querySelectorAll(".headline p")].map((line) => line.textContent)')
    if not pairs:
        f.same("page, headline", lines, [])
        return
    first = ranked(pairs)[0]
    f.same("page, headline", lines, [headline(pair) for pair in ranked(pairs)])
    text = browser.evaluate('document.querySelector("main").textContent')
    if first.added:
        for part in ("own", "longer", "other"):
            f.true(f"page, why: {part}", f"{charts.signed_three(first.sum(part))} µJ" in text, "is not told")


def ranked(pairs):
    return sorted(pairs, key=lambda pair: -pair.percent("energy_uj"))


def headline(pair):
    r = pair.run.results
    start = f"{r['highway']['bits']}-bit highway at {r['precision']['weight']} bits: "
    if pair.added == 0:
        return f"{start}costs no energy"
    rest = pair.sum("longer") + pair.sum("other")
    own = charts.parts_text([("buffer" if name == "GLB" else name, value) for name, value in pair.by_group("own")])
    rest_text = ("\u2212" if rest < 0 else "") + ("0" if rest == 0 else three_digits(rest))
    mappings = [[layer["mapping"] for layer in run.results["layers"]] for run in (pair.run, pair.base)]
    what = "longer run and other data" if mappings[0] == mappings[1] else "longer run, other data and mapping"
    return (f"{start}{charts.signed_three(pair.added)} µJ, {range_text(pair.shown['added_percent_band'], 2)} % "
            f"(as priced {signed(pair.percent('energy_uj'), 2)} %): {own}, {what} {rest_text}")


def check_tables(f, tables, data, runs, pairs):
    check_table(f, "page, Runs", tables.get("Runs", []),
                [overview(shown, run) for run, shown in zip(runs, data["runs"])])
    if pairs:
        check_table(f, "page, highway", tables.get("What the highway costs", []), [highway(pair) for pair in pairs])
    f.same("page, claims", [row[1:] for row in tables.get("The paper's claims", [])[1:]],
           [[signed(claim["paper"]), range_text(claim["band"], 1), signed(claim["ours"])] for claim in data["claims"]])
    f.same("page, directories", [row[:2] for row in tables.get("What these figures mean", [])[1:]],
           [[shown["label"], str(run.directory)] for shown, run in zip(data["runs"], runs)])


def check_layers(f, browser, runs, shown_first):
    """The run that is chosen at first, and what another choice shows."""
    picker = 'document.querySelector(".picker select")'
    f.same("page, run of the layers", int(browser.evaluate(f"{picker}.value")), shown_first)
    for index in {shown_first, 0, len(runs) - 1}:
        browser.evaluate(f"({picker}.value = {index}, {picker}.dispatchEvent(new Event('change')))")
        rows = browser.evaluate(TABLES).get("Layer by layer", [])
        check_table(f, f"page, layers of {runs[index].where}", rows, [layer_row(layer) for layer in runs[index].results["layers"]])
    browser.evaluate(f"({picker}.value = {shown_first}, {picker}.dispatchEvent(new Event('change')))")


def check_saved(f, browser):
    """Every table and the first view of every figure, saved: the same texts and bars."""
    count = browser.evaluate(f"{BUTTONS}.length")
    f.true("page, what can be saved", count > 0, "is nothing")
    name, text = browser.downloaded(f"{BUTTONS}[0].click()")
    for index in range(count):
        saved = browser.evaluate(SAVED % index)
        if index == 0:
            f.same("page, a saved file", saved[:2], [name, text])
        check_file(f, *saved)


def check_file(f, name, text, names, bars):
    """`names`, `bars`: of the table or the figure that the button belongs to."""
    if name.endswith(".svg"):
        drawn = [float(node.get("data-value")) for node in xml.etree.ElementTree.fromstring(text).iter() if node.get("data-value")]
        f.same(f"page, {name}", drawn, bars)
        return
    rows = list(csv.reader(io.StringIO(text)))
    f.same(f"page, {name}: names", [row[0] for row in rows[1:]], [neutral(label) for label in names])
    f.same(f"page, {name}: columns", {len(row) for row in rows}, {len(rows[0])})
    if bars:
        series = [column for column, title in enumerate(rows[0]) if column and not title.startswith(("5 %", "95 %"))]
        cells = [float(row[column]) for row in rows[1:] for column in series]
        f.same(f"page, {name}: figures", [cell for cell in cells if cell], bars)


def check_phone(f, browser):
    f.same("page at 420 px: width", browser.evaluate("document.documentElement.scrollWidth"), 420)
    f.same("page at 420 px: outside of the screen", browser.evaluate(OUTSIDE), [])


def look(f, page, data, runs, folder, pictures):
    """`data`: the island of the page, checked before. `pictures`: where screenshots and the print are kept."""
    pairs = [charts.Pair(shown, run, runs[shown["without"]]) for shown, run in zip(data["runs"], runs) if shown["without"] >= 0]
    with Browser(folder / f"browser {page.stem}") as browser:
        browser.resize(1400)
        browser.open(page)
        check_headline(f, browser, pairs)
        check_tables(f, browser.evaluate(TABLES), data, runs, pairs)
        shown_first = runs.index(ranked(pairs)[0].run) if pairs else max(0, next((i for i, s in enumerate(data["runs"]) if s["highway"]), 0))
        check_layers(f, browser, runs, shown_first)
        charts.check_charts(f, browser, data["runs"], runs, pairs, runs[shown_first])
        accuracy.check_picture(f, browser, data["runs"], runs)
        check_saved(f, browser)
        failed = [s["label"] for s in data["runs"] if s["checks"] == "FAILED"]
        f.same("page, failed checks", browser.evaluate('document.querySelector(".failed")?.textContent ?? ""'),
               f"A check failed, do not trust the figures of: {'; '.join(failed)}." if failed else "")
        alone = [s["label"] for s in data["runs"] if s["highway"] and s["without"] < 0]
        if pairs and alone:
            f.true("page, highways without a twin", f"without highway: {'; '.join(alone)}." in browser.evaluate("document.body.textContent"),
                   "are not named")
        if not pairs:
            f.true("page without pairs", "Not told here: no run of this page" in browser.evaluate("document.body.textContent"),
                   "does not say why the highway's cost is missing")
        browser.screenshot(pictures / f"{page.stem}-1400.png")
        browser.resize(420)
        check_phone(f, browser)
        browser.screenshot(pictures / f"{page.stem}-420.png")
        browser.resize(1400)
        browser.print(pictures / f"{page.stem}.pdf")
        f.same("page, complaints and requests", browser.problems[:5], [])
