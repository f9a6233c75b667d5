"""What the highway buys: accuracy of a sweep's points in sensitivity, compare and on the page, and the picture of it."""

import math
import pathlib

from reading import read_json

# Marks, axes and front of the picture, as they are drawn.
POINTS = """[...document.querySelectorAll("figure.points")].map((figure) => {
  const at = (node, name) => +node.getAttribute(name);
  return {
    title: figure.querySelector("figcaption").textContent,
    marks: [...figure.querySelectorAll(".mark")].map((mark) => {
      const {x, y, width, height} = mark.getBBox(), {label, kind, front} = mark.dataset;
      return {label, kind, front: front === "true", x: x + width / 2, y: y + height / 2, shape: mark.getAttribute("d").includes("a"),
        value: [+mark.dataset.x, +mark.dataset.y, +mark.dataset.error]}; }),
    x_ticks: [...figure.querySelectorAll(".tick")].map((tick) => [at(tick, "x"), tick.textContent]),
    y_ticks: [...figure.querySelectorAll(".y-tick")].map((tick) => [at(tick, "y") - 4, tick.textContent]),
    front: figure.querySelector(".front").getAttribute("d"),
    units: [figure.querySelector(".unit").textContent, figure.querySelector(".y-unit").textContent],
    names: [...figure.querySelectorAll(".name")].map((name) => name.textContent),
  };
})"""


def beside(run):
    """Accuracy that the sweep around a run directory states for it; None without."""
    file = pathlib.Path(run.directory).parent / "sweep.json"
    if not file.exists():
        return None
    points = [point for point in read_json(file)["points"] if point["id"] == pathlib.Path(run.directory).name]
    return points[0].get("accuracy") if points else None


def on_front(run, runs):
    """Nothing is as good in both and better in one."""
    if beside(run) is None:
        return False
    mine = (run.results["totals"]["energy_uj"], -beside(run)["top1"])
    others = [(other.results["totals"]["energy_uj"], -beside(other)["top1"]) for other in runs
              if beside(other) is not None and other.results["network"] == run.results["network"]]
    return not any(other[0] <= mine[0] and other[1] <= mine[1] and other != mine for other in others)


def gain(one, other):
    """Points of top-1 from one run to another, and the standard error of two samples."""
    a, b = beside(one), beside(other)
    return 100 * (b["top1"] - a["top1"]), 100 * math.sqrt(a["standard_error"] ** 2 + b["standard_error"] ** 2)


def check_claims(f, document, text, runs):
    """`turnpike sensitivity` of the sweep."""
    found = {(run.results["precision"]["weight"], run.config["highway"]["enabled"]): run for run in runs}
    rows = [(row, (row["bits"], False)) for row in document["overheads"]]
    rows += [(row, (row["against_bits"], False)) for row in document["alternatives"]]
    f.true("accuracy, rows of sensitivity", len(rows) > 4, f"are {len(rows)}")
    for row, base in rows:
        points, error = gain(found[base], found[row["bits"], True])
        where = f"accuracy, {row['bits']} bits + highway against {base[0]}"
        f.close(f"{where}: points", row["top1_points"], points, 1e-9, 1e-9)
        f.close(f"{where}: standard error", row["top1_standard_error"], error, 1e-9, 1e-9)
        f.true(f"{where}: text", f"{points:+.1f} +- {error:.1f}" in text, "is not in the table")


def check_compare(f, document, text, runs):
    for shown, run in zip(document["runs"], runs):
        f.same(f"compare accuracy {run.where}", shown.get("accuracy"), beside(run))
    line = next((line for line in text.splitlines() if line.startswith("top-1, %")), "")
    f.true("compare accuracy: text", f"{100 * beside(runs[0])['top1']:.1f}" in line
           and f"{gain(runs[0], runs[1])[0]:+.1f} points" in line, f"is '{line}'")


def text_number(text):
    return float(text.replace(",", "").replace("\u2212", "-"))


def scale_of(ticks):
    """Place of a value, from the first and the last tick."""
    (first, low), (last, high) = [(place, text_number(text)) for place, text in (ticks[0], ticks[-1])]
    return lambda value: first + (value - low) * (last - first) / (high - low)


def check_picture(f, browser, shown, runs):
    """`shown`: the runs of the page's data."""
    measured = [(label["label"], run) for label, run in zip(shown, runs) if beside(run)]
    drawn = browser.evaluate(POINTS)
    f.same("page, pictures of accuracy", [each["title"] for each in drawn], ["Energy and accuracy"] if measured else [])
    for picture in drawn:
        f.same("page, accuracy: units", picture["units"], ["\u00b5J", "top-1, %"])
        f.same("page, accuracy: labels", [mark["label"] for mark in picture["marks"]], [label for label, _ in measured])
        x, y = scale_of(picture["x_ticks"]), scale_of(picture["y_ticks"])
        for mark, (label, run) in zip(picture["marks"], measured):
            energy, right = run.results["totals"]["energy_uj"], beside(run)
            where = f"page, accuracy, {label}"
            for name, got, want in zip(("energy", "top-1", "error"), mark["value"],
                                       (energy, 100 * right["top1"], 100 * right["standard_error"])):
                f.close(f"{where}: {name}", got, want, 1e-9, 1e-9)
            f.close(f"{where}: from the left", mark["x"], x(energy), 0.0, 0.3)
            f.close(f"{where}: height", mark["y"], y(100 * right["top1"]), 0.0, 0.3)
            highway = run.config["highway"]["enabled"]
            f.same(f"{where}: kind", (mark["kind"], mark["shape"]), ("highway on", False) if highway else ("highway off", True))
            f.same(f"{where}: front", mark["front"], on_front(run, runs))
        front = sorted((run.results["totals"]["energy_uj"], 100 * beside(run)["top1"]) for _, run in measured if on_front(run, runs))
        corners = [(x(front[0][0]), y(front[0][1]))]
        for energy, top1 in front[1:]:
            corners += [(x(energy), corners[-1][1]), (x(energy), y(top1))]
        got = []
        for word in picture["front"].split():
            kind, rest = word[0], word[1:]
            place = [float(part) for part in rest.split(",")]
            got.append(tuple(place) if kind == "M" else (place[0], got[-1][1]) if kind == "H" else (got[-1][0], place[0]))
        f.same("page, accuracy: corners of the front", len(got), len(corners))
        for one, other in zip(got, corners):
            f.close("page, accuracy: front, x", one[0], other[0], 0.0, 0.3)
            f.close("page, accuracy: front, y", one[1], other[1], 0.0, 0.3)
        f.true("page, accuracy: legend", {"front", *(mark["kind"] for mark in picture["marks"])} == set(picture["names"]),
               f"names {picture['names']}")
    if measured:
        text = browser.evaluate('document.querySelector(".gains").textContent')
        for index, run in enumerate(runs):
            if shown[index]["without"] >= 0:
                points = gain(runs[shown[index]["without"]], run)[0]
                f.true(f"page, gain of {shown[index]['label']}", f"{'+' if points >= 0 else chr(0x2212)}{abs(points):.1f} points for " in text,
                       "is not told")
