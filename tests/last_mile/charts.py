"""The charts of a report page, bar by bar, against the run directories."""

import decimal
import functools

# What the page shows as one component, in its order.
SHOWN = {"MAC": ["mac"], "ifmap spad": ["ifmap_spad"], "filter spad": ["filter_spad"], "psum spad": ["psum_spad"],
         "PE control": ["pe_control"], "PE links": ["pe_link"], "NoC + FIFOs": ["noc", "pe_fifo"], "GLB": ["glb", "glb_filter"],
         "post-processing": ["post", "rlc", "controller"], "clock": ["clock"], "leakage": ["leakage"], "DRAM": ["dram"]}
# What keeps the array waiting looks like the component it waits for.
WAITS = {"bank conflicts": "GLB", "DRAM stall": "DRAM", "post stall": "post-processing"}
# Each view of each figure: its bars, from what is drawn.
CHARTS = """Object.fromEntries([...document.querySelectorAll("figure:not(.points)")].map((figure) => {
  const read = () => {
    const nodes = (root, what) => [...root.querySelectorAll(what)];
    const look = (bar) => [bar.getAttribute("fill"), bar.nextElementSibling?.dataset.pattern].join(" ");
    const at = (node, name) => +node.getAttribute(name);
    return {
      bars: nodes(figure, ".row").map((row) => ({
        label: row.querySelector(".label").dataset.label, sum: row.querySelector(".sum").textContent,
        band: nodes(row, ".band").map(({dataset}) => [+dataset.low, +dataset.high])[0] ?? null,
        parts: nodes(row, "[data-series]").map((bar) => ({name: bar.dataset.series, value: +bar.dataset.value,
          x: at(bar, "x"), width: at(bar, "width"), look: look(bar)}))})),
      ticks: nodes(figure, ".tick").map((tick) => [at(tick, "x"), tick.textContent]),
      legend: nodes(figure, ".name").map((name) => name.textContent),
      cut: nodes(figure, "text").filter((text) => text.getBoundingClientRect().right > innerWidth).length,
      unit: figure.querySelector(".unit").textContent,
    };
  };
  const views = [...figure.querySelectorAll("input")];
  const drawn = views.length === 0 ? [read()] : views.map((view) => (view.click(), read()));
  views[0]?.click();
  return [figure.querySelector("figcaption").textContent, drawn];
}))"""


def rounded(value, places):
    """As Intl.NumberFormat rounds: the shortest decimal form, half away from zero."""
    return decimal.Decimal(repr(float(value))).quantize(decimal.Decimal(1).scaleb(-places), decimal.ROUND_HALF_UP)


def number(value):
    size = abs(value)
    places = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3
    return f"{rounded(value, places):,.{places}f}"


def signed(value, places=1):
    return ("+" if value >= 0 else "\u2212") + f"{abs(value):.{places}f}"


def three_digits(value):
    size = abs(value)
    if size >= 1000:
        return f"{rounded(size, 0):,.0f}"
    places = 2 - decimal.Decimal(repr(float(size))).adjusted()
    text = rounded(size, places)
    return f"{rounded(size, places - 1) if text.adjusted() > 2 - places else text:f}"


def signed_three(value):
    return ("\u2212" if value < 0 else "+") + ("0" if value == 0 else three_digits(value))


def parts_text(named):
    """The largest first; what is less than 1 % of the sum is left out."""
    whole = sum(abs(value) for _, value in named)
    kept = sorted((part for part in named if abs(part[1]) > 0.01 * whole), key=lambda part: -abs(part[1]))
    return ", ".join(f"{name} {three_digits(value)}" for name, value in kept)


def grouped(figures, scale=1e-6):
    return {name: sum(figures.get(component, 0.0) for component in parts) * scale for name, parts in SHOWN.items()}


def less(one, other):
    return {name: one.get(name, 0.0) - other.get(name, 0.0) for name in {*one, *other}}


def of_time(run):
    """Energy of clock, leakage and what DRAM draws whatever is moved."""
    return {"clock": run.counts.energy(component="clock"), "leakage": run.counts.energy(component="leakage"),
            "dram": run.counts.energy(component="dram", action=["background", "refresh"])}


class Pair:
    """A run and the same machine without highway; `shown`: the run in the page's data."""

    def __init__(self, shown, run, base):
        self.shown, self.run, self.base = shown, run, base
        r, b = run.results, base.results
        self.added = r["totals"]["energy_uj"] - b["totals"]["energy_uj"]
        self.changes = {key: less(r[key], b[key]) for key in ("energy_pj", "area_um2")}
        own = {component: run.counts.energy(component=component, stream="highway") for component in r["energy_pj"]}
        longer = less(of_time(run), of_time(base))
        self.parts = {"own": own, "longer": longer, "other": less(less(self.changes["energy_pj"], longer), own)}

    def percent(self, key):
        return 100 * (self.run.results["totals"][key] / self.base.results["totals"][key] - 1)

    def sum(self, part):
        return sum(self.parts[part].values()) * 1e-6

    def by_group(self, part):
        return list(grouped(self.parts[part]).items())


def whole(shown, runs):
    """The two charts of whole runs: those without a twin, in percent of the first, and all of them."""
    alone = [i for i, run in enumerate(shown) if run["without"] < 0]
    out = {}
    for title, key in (("Energy by component", "energy_pj"), ("Area by component", "area_um2")):
        def view(chosen, share=None, key=key):
            return [(shown[i]["label"], grouped(runs[i].results[key], 100 / share if share else 1e-6)) for i in chosen]
        first = sum(runs[alone[0]].results[key].values())
        out[title] = [view(alone), *([view(alone, first)] if len(alone) > 1 else []),
                      *([view(range(len(runs)))] if len(alone) < len(runs) else [])]
    return out


def added(pairs):
    label = [pair.shown["label"] for pair in pairs]
    joined = [{**dict(pair.by_group("own")), "longer run": pair.sum("longer"), "other data": pair.sum("other")} for pair in pairs]
    percent = [{name: 100 * value / pair.base.results["totals"]["energy_uj"] for name, value in parts.items()}
               for pair, parts in zip(pairs, joined)]
    return {"Energy the highway adds": [list(zip(label, parts)) for parts in (
                joined, percent, [grouped(pair.changes["energy_pj"]) for pair in pairs])],
            "Area the highway adds": [list(zip(label, (grouped(pair.changes["area_um2"]) for pair in pairs)))]}


def by_layer(run, base):
    layers = run.results["layers"]
    names = [layer["name"] for layer in layers]

    def energies(of, **wanted):
        return [{c: of.counts.energy(layer=name, component=c, **wanted) for c in run.results["energy_pj"]} for name in names]
    own = energies(run, stream="highway")
    traffic = [{"GLB": l["glb_bytes"]["highway"] * 8e-3, "DRAM": l["dram_bytes"]["highway"] * 8e-3} for l in layers]
    keep = [i for i, parts in enumerate(own) if sum(parts.values()) + sum(traffic[i].values()) > 0]
    out = {"Energy by layer": [list(zip(names, map(grouped, energies(run))))],
           "Cycles by layer": [[(l["name"], {
               "processing": (l["processing_cycles"] - l["glb_conflict_cycles"]) / 1e3, "bank conflicts": l["glb_conflict_cycles"] / 1e3,
               "DRAM stall": l["dram_stall_cycles"] / 1e3, "post stall": l["post_stall_cycles"] / 1e3}) for l in layers]]}
    if base:
        out["Energy by layer"].append([(name, grouped(less(one, other)))
                                       for name, one, other in zip(names, energies(run), energies(base))])
    if run.results["highway"]["enabled"] and keep:
        out["The highway by layer"] = [[(names[i], grouped(own[i])) for i in keep], [(names[i], traffic[i]) for i in keep]]
    return out


def check_charts(f, browser, shown, runs, pairs, run):
    """`run`: whose layers are shown."""
    drawn = browser.evaluate(CHARTS)
    base = next((pair.base for pair in pairs if pair.run is run), None)
    wanted = {**(added(pairs) if pairs else {}), **whole(shown, runs), **by_layer(run, base)}
    if not any(value for _, parts in wanted.get("Area the highway adds", [[]])[0] for value in parts.values()):
        wanted.pop("Area the highway adds", None)
    f.same("page, figures", sorted(drawn), sorted(wanted))
    for title, views in wanted.items():
        f.same(f"page, {title}: views", len(drawn.get(title, [])), len(views))
        for index, (got, bars) in enumerate(zip(drawn.get(title, []), views)):
            check_chart(f, f"page, {title} ({index + 1}, {got['unit']})", got, bars)
    for number_, title, chosen in ((1, "Energy the highway adds", [pair.shown["added_percent_band"] for pair in pairs]),
                                   (0, "Energy by component", [s["energy_uj_band"] for s in shown if s["without"] < 0])):
        if title in drawn:
            f.same(f"page, {title}: bands", [bar["band"] for bar in drawn[title][number_]["bars"]],
                   [[band[0], band[2]] for band in chosen])
    check_looks(f, drawn)


def check_chart(f, where, got, wanted):
    f.same(f"{where}: labels", [bar["label"] for bar in got["bars"]], [label for label, _ in wanted])
    size = max([abs(value) for _, parts in wanted for value in parts.values()] + [1e-30])
    ticks = [(x, float(text.replace(",", "").replace("\u2212", "-"))) for x, text in got["ticks"]]
    scale = (ticks[-1][0] - ticks[0][0]) / (ticks[-1][1] - ticks[0][1])
    origin = ticks[0][0] - scale * ticks[0][1]
    for bar, (label, parts) in zip(got["bars"], wanted):
        place = f"{where} {label}"
        shown = {part["name"]: part["value"] for part in bar["parts"]}
        for name in {*shown, *parts}:
            f.close(f"{place}, {name}", shown.get(name, 0.0), parts.get(name, 0.0), 1e-9, 1e-9 * size)
        f.close(f"{place}, sum", float(bar["sum"].replace(",", "").replace("\u2212", "-")), sum(shown.values()), 5e-3, 5.1e-4)
        for side in (1, -1):
            end = 0.0
            for part in (part for part in bar["parts"] if part["value"] * side > 0):
                edges = sorted((origin + scale * end, origin + scale * (end + part["value"])))
                end += part["value"]
                f.close(f"{place}, {part['name']}: left edge", part["x"], edges[0], 0.0, 0.2)
                f.close(f"{place}, {part['name']}: right edge", part["x"] + part["width"], edges[1], 0.0, 0.2)
    names = list(dict.fromkeys(name for _, parts in wanted for name, value in parts.items() if any(
        abs(other.get(name, 0.0)) > 1e-9 * size for _, other in wanted)))
    f.true(f"{where}: legend", set(names) <= set(got["legend"]), f"names {got['legend']}, must name {names}")
    f.same(f"{where}: names cut off", got["cut"], 0)


def check_looks(f, drawn):
    """One colour and pattern a name on the whole page, and no two names alike."""
    looks = {}
    for views in drawn.values():
        for part in (part for view in views for bar in view["bars"] for part in bar["parts"]):
            if part["width"] > 16:  # in what is narrower no line of a pattern need be
                looks.setdefault(WAITS.get(part["name"], part["name"]), set()).add(part["look"])
    f.same("page, looks of a component", {name: len(seen) for name, seen in looks.items()}, dict.fromkeys(looks, 1))
    f.same("page, components that look alike", len(functools.reduce(set.union, looks.values(), set())), len(looks))
