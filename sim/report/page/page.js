// The report page: draws the data island that `turnpike report` puts beside this script. Figures are
// those of the run directories; nothing is computed here but sums, differences and percentages.
import * as echarts from "echarts/core";
import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const data = JSON.parse(document.getElementById("data").textContent);
const runs = data.runs;

// Components drawn as one, in the order of the stack: what computes, what stores, what moves.
const GROUPS = [
  ["MAC", ["mac"], "#1f4e79"],
  ["ifmap spad", ["ifmap_spad"], "#5b9bd5"],
  ["filter spad", ["filter_spad"], "#9dc3e6"],
  ["psum spad", ["psum_spad"], "#2e75b6"],
  ["PE control", ["pe_control"], "#7f7f7f"],
  ["PE links", ["pe_link"], "#a9d18e"],
  ["NoC + FIFOs", ["noc", "pe_fifo"], "#548235"],
  ["GLB", ["glb", "glb_filter"], "#bf9000"],
  ["post-processing", ["post", "rlc", "controller"], "#c55a11"],
  ["clock", ["clock"], "#7030a0"],
  ["leakage", ["leakage"], "#b4a7d6"],
  ["DRAM", ["dram"], "#a61c3c"],
];

const sum = (values) => values.reduce((a, b) => a + b, 0);
const group = (figures, components) => sum(components.map((c) => figures[c] ?? 0));
const digits = (value) => {
  const size = Math.abs(value);
  return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
};
const number = (value) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits(value), maximumFractionDigits: digits(value) });
const signed = (value, places = 1) => (value >= 0 ? "+" : "−") + Math.abs(value).toFixed(places);

function element(tag, text, parent, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

// A table whose first column is text and whose others are figures.
function table(parent, head, rows) {
  const box = element("div", undefined, parent, "scroll");
  const made = element("table", undefined, box);
  const line = element("tr", undefined, element("thead", undefined, made));
  head.forEach((title) => (element("th", title, line).scope = "col"));
  const body = element("tbody", undefined, made);
  for (const row of rows) {
    const tr = element("tr", undefined, body);
    row.forEach((cell, i) => {
      const made_cell = element(i === 0 ? "th" : "td", cell, tr);
      if (i === 0) made_cell.scope = "row";
    });
  }
}

function section(title, text) {
  const made = element("section", undefined, document.querySelector("main"));
  element("h2", title, made);
  if (text) element("p", text, made);
  return made;
}

const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const charts = [];

// Stacked bars: `series` [{name, values, color}], one bar a label. Drawn anew when the page's width or
// colour scheme changes.
function bars(parent, labels, series, unit, options = {}) {
  const box = element("div", undefined, parent, "chart");
  box.style.height = `${104 + labels.length * 26}px`;
  const chart = echarts.init(box, null, { renderer: "svg" });
  const draw = (shown = series, shown_unit = unit) => {
    const ink = dark() ? "#e6e6e6" : "#1a1a1a";
    chart.setOption(
      {
        textStyle: { color: ink, fontFamily: "system-ui, sans-serif" },
        aria: { enabled: true, decal: { show: true }, label: { description: options.description } },
        animation: false,
        legend: { top: 0, type: "scroll", textStyle: { color: ink } },
        grid: { left: 8, right: 24, top: 40, bottom: 26, containLabel: true },
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow" },
          confine: true,
          valueFormatter: (value) => `${number(value)} ${shown_unit}`,
        },
        xAxis: {
          type: "value",
          name: shown_unit,
          nameLocation: "middle",
          nameGap: 26,
          axisLabel: { color: ink, hideOverlap: true },
          nameTextStyle: { color: ink },
          splitLine: { lineStyle: { color: dark() ? "#444" : "#ddd" } },
        },
        yAxis: {
          type: "category",
          inverse: true,
          data: labels,
          axisLabel: { color: ink, interval: 0 },
          axisTick: { show: false },
        },
        series: shown.map(({ name, values, color }) => ({
          name,
          type: "bar",
          stack: "all",
          barMaxWidth: 20,
          itemStyle: { color },
          data: values,
        })),
      },
      true,
    );
  };
  draw();
  const entry = { chart, draw, last: [series, unit] };
  entry.show = (shown, shown_unit) => {
    entry.last = [shown, shown_unit];
    draw(shown, shown_unit);
  };
  charts.push(entry);
  return entry;
}

addEventListener("resize", () => charts.forEach(({ chart }) => chart.resize()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  charts.forEach(({ draw, last }) => draw(...last)),
);

// A row of buttons of which one is chosen.
function choice(parent, name, entries, chosen) {
  const box = element("fieldset", undefined, parent);
  element("legend", name, box);
  entries.forEach(([label, act], i) => {
    const wrap = element("label", undefined, box);
    const input = element("input", undefined, wrap);
    input.type = "radio";
    input.name = name;
    input.checked = i === 0;
    input.addEventListener("change", act);
    wrap.append(` ${label}`);
  });
}

const labels = runs.map((run) => run.label);
const grouped = (pick, scale) =>
  GROUPS.map(([name, components, color]) => ({
    name,
    color,
    values: runs.map((run) => group(pick(run), components) / scale),
  })).filter(({ values }) => values.some((value) => value > 0));

function percent_of_first(series) {
  const base = sum(series.map(({ values }) => values[0]));
  return series.map((one) => ({ ...one, values: one.values.map((value) => (100 * value) / base) }));
}

function component_chart(title, text, pick, scale, unit, description) {
  const made = section(title, text);
  const series = grouped(pick, scale);
  const holder = element("div", undefined, made);
  const chart = bars(made, labels, series, unit, { description });
  if (runs.length > 1) {
    choice(holder, `${title} in`, [
      [unit, () => chart.show(series, unit)],
      [`percent of ${labels[0]}`, () => chart.show(percent_of_first(series), "%")],
    ]);
  }
}

function overview() {
  const made = section("Runs");
  table(
    made,
    ["run", "energy µJ", "area mm²", "cycles", "latency ms", "utilization %", "GLB Mbit", "DRAM Mbit", "checks"],
    runs.map((run) => {
      const t = run.totals;
      return [
        run.label,
        number(t.energy_uj),
        t.area_mm2.toFixed(3),
        t.cycles.toLocaleString("en-US"),
        t.latency_ms.toFixed(2),
        (100 * t.utilization).toFixed(1),
        number((t.glb_bytes * 8) / 1e6),
        number((t.dram_bytes * 8) / 1e6),
        run.checks,
      ];
    }),
  );
}

// Runs that differ in the highway alone.
function highway() {
  const pairs = runs.filter((run) => run.without >= 0);
  if (pairs.length === 0) return;
  const made = section(
    "What the highway costs",
    "Each run against the same machine without highway, and the accesses that only the highway makes, by component. " +
      "The absolute cost comes first, because its percentage depends on what else a profile charges.",
  );
  table(
    made,
    ["run", "µJ", "% energy", "% area", "% cycles", "own accesses µJ", "own DRAM Mbit", "own GLB Mbit"],
    pairs.map((run) => {
      const base = runs[run.without];
      const change = (key) => 100 * (run.totals[key] / base.totals[key] - 1);
      return [
        run.label,
        signed(run.totals.energy_uj - base.totals.energy_uj),
        signed(change("energy_uj"), 2),
        signed(change("area_mm2"), 2),
        signed(change("cycles"), 2),
        number(sum(Object.values(run.energy_pj_highway)) / 1e6),
        number((run.highway_bytes.dram * 8) / 1e6),
        number((run.highway_bytes.glb * 8) / 1e6),
      ];
    }),
  );
  const series = GROUPS.map(([name, components, color]) => ({
    name,
    color,
    values: pairs.map((run) => group(run.energy_pj_highway, components) / 1e6),
  })).filter(({ values }) => values.some((value) => value > 0));
  if (series.length > 0) {
    bars(made, pairs.map((run) => run.label), series, "µJ", {
      description: "Energy of the highway's own accesses by component",
    });
  }
}

// The three figures of section 5.5 of the precision-highway paper, where the runs hold them.
function claims() {
  const find = (bits, highway) =>
    runs.find((run) => run.weight_bits === bits && run.activation_bits === bits && run.highway === highway);
  const [wide, narrow, two, two_highway] = [find(16, false), find(3, false), find(2, false), find(2, true)];
  if (data.network !== "resnet18" || !wide || !narrow || !two || !two_highway) return;
  const made = section(
    "The paper's claims",
    "Section 5.5 of the precision-highway paper (arXiv 1812.09818) beside these runs. Which of them holds is a matter of the policy below.",
  );
  const change = (from, to, key) => signed(100 * (to.totals[key] / from.totals[key] - 1));
  table(
    made,
    ["claim", "paper %", "these runs %"],
    [
      ["chip area, 16 → 3 bit", "−82.3", change(wide, narrow, "area_mm2")],
      ["energy, 16 → 3 bit", "−73.1", change(wide, narrow, "energy_uj")],
      [`energy added by the highway at 2 bit (ours ${two_highway.highway_bits} bit)`, "+3.9", change(two, two_highway, "energy_uj")],
    ],
  );
}

function layers() {
  const made = section("Layers", "Where the cycles and the energy of one run go.");
  const picker = element("select", undefined, element("label", "run ", made));
  runs.forEach((run, i) => (element("option", run.label, picker).value = i));
  const cycles = element("div", undefined, made);
  const energy = element("div", undefined, made);
  const details = element("div", undefined, made);
  let drawn = [];
  const draw = () => {
    drawn.forEach((entry) => {
      entry.chart.dispose();
      charts.splice(charts.indexOf(entry), 1);
    });
    [cycles, energy, details].forEach((box) => box.replaceChildren());
    const run = runs[picker.value || 0];
    const names = run.layers.map((layer) => layer.name);
    const of = (name, color, value) => ({ name, color, values: run.layers.map(value) });
    drawn = [
      bars(
        cycles,
        names,
        [
          of("processing", "#2e75b6", (l) => (l.processing - l.conflicts) / 1e3),
          of("buffer banks", "#bf9000", (l) => l.conflicts / 1e3),
          of("DRAM stall", "#a61c3c", (l) => l.dram_stall / 1e3),
          of("post stall", "#c55a11", (l) => l.post_stall / 1e3),
        ],
        "kilocycles",
        { description: `Cycles of each layer of ${run.label}` },
      ),
      bars(
        energy,
        names,
        GROUPS.map(([name, components, color]) => of(name, color, (l) => group(l.energy_pj, components) / 1e6)).filter(
          ({ values }) => values.some((value) => value > 0),
        ),
        "µJ",
        { description: `Energy of each layer of ${run.label} by component` },
      ),
    ];
    table(
      details,
      ["layer", "mapping", "bound", "active PEs", "kilocycles", "DRAM kbit", "of it highway", "GLB kbit", "of it highway"],
      run.layers.map((l) => [
        l.name,
        l.mapping ?? "",
        l.bound ?? "",
        l.mapping ? String(l.active_pes) : "",
        number((l.processing + l.dram_stall + l.post_stall) / 1e3),
        number((sum(Object.values(l.dram_bytes)) * 8) / 1e3),
        number((l.dram_bytes.highway * 8) / 1e3),
        number((sum(Object.values(l.glb_bytes)) * 8) / 1e3),
        number((l.glb_bytes.highway * 8) / 1e3),
      ]),
    );
    const homeless = run.residency.filter((tensor) => tensor.place === "dram");
    element(
      "p",
      `Stored tensors: ${run.residency.length - homeless.length} in the global buffer, ${homeless.length} in DRAM` +
        (homeless.length ? ` (${homeless.map((tensor) => tensor.tensor).join(", ")}).` : "."),
      details,
    );
  };
  picker.addEventListener("change", draw);
  draw();
}

function provenance() {
  const made = section("What these figures mean", "A figure means nothing without its policy. Where a number comes from: turnpike explain DIR component.action@layer.");
  const policies = [...new Set(runs.map((run) => run.policy))];
  for (const policy of policies) {
    const whose = runs.filter((run) => run.policy === policy).map((run) => run.label);
    element("p", policy, made, "policy");
    if (policies.length > 1) element("p", `— ${whose.join("; ")}`, made, "quiet");
  }
  table(
    made,
    ["run", "directory", "settings that differ"],
    runs.map((run) => [run.label, run.directory, Object.entries(run.settings).map(([k, v]) => `${k}=${v}`).join(" ")]),
  );
}

document.querySelector("h1").textContent = data.title;
overview();
highway();
claims();
component_chart(
  "Energy by component",
  "",
  (run) => run.energy_pj,
  1e6,
  "µJ",
  "Energy of each run, stacked by component",
);
component_chart("Area by component", "", (run) => run.area_um2, 1e6, "mm²", "Area of each run, stacked by component");
layers();
provenance();
