// The sections of the report page, from the data island (docs/results.md, "report.html"). Figures are those of the
// run directories; nothing is computed here but sums, differences and percentages.

const { runs, groups } = data;
const MICRO = 1e-6; // pJ to µJ, µm² to mm², bit to Mbit

const signed = (value, places = 1) => (value >= 0 ? "+" : "−") + Math.abs(value).toFixed(places);
// Below a femtojoule there is nothing but rounding.
const signed_energy = (value) => (Math.abs(value) < 1e-9 ? "0" : signed(value, Math.abs(value) < 1 ? 3 : 2));
// Three digits, all of what is before the point.
const three_digits = (value) => Math.abs(value).toLocaleString("en-US",
  Math.abs(value) < 1000 ? { minimumSignificantDigits: 3, maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
const signed_three = (value) => (value < 0 ? "−" : "+") + (value === 0 ? "0" : three_digits(value));
const range_text = (band, places) => (band ? `${band[0].toFixed(places)} to ${band[2].toFixed(places)}`.replaceAll("-", "−") : "");
const sum_of = (figures) => total(Object.values(figures));
const of_group = ({ components }, figures) => total(components.map((component) => figures[component] ?? 0));
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

// What the group's components come to in each of `rows`; groups without any are left out.
const by_group = (rows, figures_of, scale = MICRO) =>
  groups.map((group) => ({ name: group.name, values: rows.map((row) => of_group(group, figures_of(row)) * scale) }))
    .filter(({ values }) => values.some((value) => value !== 0));

// What `key` ("a.b": b of a) says of a row; the parts of an object together.
function figure_of(row, { key, scale }) {
  const value = key.split(".").reduce((part, name) => part?.[name], row) ?? "";
  if (Array.isArray(value)) return `${number(value[0] * scale)} to ${number(value[2] * scale)}`;
  return typeof value === "string" ? value : scale * (typeof value === "object" ? sum_of(value) : value);
}

// A column of a table, as the data describe it.
const column = (shown) => [shown.title, (row) => figure_of(row, shown), (value) => {
  if (typeof value === "string") return value;
  if (value === 0 && shown.none_at_zero) return "";
  return shown.places < 0 ? number(value)
    : value.toLocaleString("en-US", { minimumFractionDigits: shown.places, maximumFractionDigits: shown.places });
}, shown.text];

// The bars of a chart of layers; a part that is taken out of another is not in that one.
const bars_of = (chart, layers) => data.shown.bars[chart].map((part, _, parts) => ({ name: part.name, values: layers.map((layer) =>
  figure_of(layer, part) - total(parts.filter(({ of }) => of === part.key).map((taken) => figure_of(layer, taken)))) }))
  .filter(({ values }) => total(values) > 0);

const less = (figures, others) =>
  Object.fromEntries([...new Set([...Object.keys(figures), ...Object.keys(others)])].map((component) =>
    [component, (figures[component] ?? 0) - (others[component] ?? 0)]));

// A run against the same machine without highway. `own`: the accesses that only the highway makes; `longer`: clock,
// leakage, DRAM standby of more time and chip; `other`: the accesses both make, which see other data or mappings.
function pair_of(run) {
  const base = runs[run.without];
  const longer = less(run.energy_pj_time, base.energy_pj_time);
  const added = less(run.energy_pj, base.energy_pj);
  return {
    run,
    base,
    added: run.totals.energy_uj - base.totals.energy_uj,
    percent: (key) => 100 * (run.totals[key] / base.totals[key] - 1),
    own: run.energy_pj_highway,
    longer,
    other: less(less(added, longer), run.energy_pj_highway),
  };
}

const pairs = runs.filter((run) => run.without >= 0).map(pair_of);
const ranked = [...pairs].sort((a, b) => b.percent("energy_uj") - a.percent("energy_uj"));
const dearest = ranked[0];

function pair_name({ run }) {
  const bits = run.weight_bits === run.activation_bits ? `${run.weight_bits}` : `${run.weight_bits} x ${run.activation_bits}`;
  return run.label.replace(`${bits} bit + ${run.highway_bits}-bit highway`, `${run.highway_bits}-bit highway at ${bits} bits`);
}

// "DRAM 43.1, GLB 37.1", the largest first; what is less than 1 % of the sum is left out.
function parts_text(named, show) {
  const all = total(named.map(([, value]) => Math.abs(value)));
  return named.filter(([, value]) => Math.abs(value) > 0.01 * all)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .map(([name, value]) => `${name} ${show(value)}`).join(", ");
}

const named_groups = (figures, name_of) => groups.map((group) => [name_of?.(group) || group.name, of_group(group, figures) * MICRO]);

// Layers whose mapping is not that of the machine without highway.
const remapped = ({ run, base }) => run.layers.filter((layer) =>
  base.layers.some(({ name, mapping }) => name === layer.name && mapping !== layer.mapping)).length;

function headline_parts(pair) {
  const rest = (sum_of(pair.longer) + sum_of(pair.other)) * MICRO;
  const own = parts_text(named_groups(pair.own, ({ word }) => word), three_digits);
  const what = remapped(pair) > 0 ? "longer run, other data and mapping" : "longer run and other data";
  return [own, `${what} ${rest < 0 ? "−" : ""}${rest === 0 ? "0" : three_digits(rest)}`]
    .filter((part) => part).join(", ");
}

function headline() {
  const failed = runs.filter(({ passed }) => !passed).map(({ label }) => label);
  if (failed.length > 0) element("p", `A check failed, do not trust the figures of: ${failed.join("; ")}.`, document.querySelector("main"), "failed");
  if (!dearest) return;
  const box = element("div", undefined, document.querySelector("main"), "headline");
  const say = (pair, className) => {
    const line = element("p", `${pair_name(pair)}: `, box, className);
    if (pair.added === 0) return line.append("costs no energy");
    // The interval first: the point is one of many that the constants and parameters allow.
    const band = pair.run.added_percent_band;
    element("b", `${signed_three(pair.added)} µJ, ${band ? `${range_text(band, 2)} %` : ""}`, line);
    element("span", ` (as priced ${signed(pair.percent("energy_uj"), 2)} %): ${headline_parts(pair)}`, line);
  };
  ranked.slice(0, 6).forEach((pair) => say(pair, pair === dearest ? "first" : ""));
  if (ranked.length > 6) element("p", `${plural(ranked.length - 6, "more highway")} below.`, box, "quiet");
}

// Why the change of the whole run is not what the highway's own accesses cost.
function why(pair) {
  const change = (value) => `${signed_three(value)} µJ`;
  const own = sum_of(pair.own) * MICRO;
  const [longer, other] = [sum_of(pair.longer) * MICRO, sum_of(pair.other) * MICRO];
  const by_time = named_groups(pair.longer, ({ of_time }) => of_time);
  const moved = remapped(pair);
  return `Of the ${change(pair.added)} (${pair_name(pair)}), ${change(own)} are the accesses that only the highway makes. ` +
    `The other ${change(longer + other)}: the run takes ${signed(pair.percent("cycles"), 2)} % cycles on ${signed(pair.percent("area_mm2"), 2)} % ` +
    `chip, ${longer ? change(longer) : "which this policy does not charge"}${longer ? ` (${parts_text(by_time, signed_three)})` : ""}; and the accesses that both machines make carry other data` +
    `${moved ? `, ${moved === 1 ? "one layer has" : `${moved} layers have`} another mapping` : ""}, ` +
    `${change(other)}${other ? ` (${parts_text(named_groups(pair.other), signed_three)})` : ""}.`;
}

function highway() {
  if (pairs.length === 0) {
    section("What the highway costs", runs.some((run) => run.highway)
      ? "Not told here: no run of this page is the same network on the same machine without highway. Add one made with highway.enabled=false."
      : "Not told here: no run of this page has a highway. Add one made with highway.enabled=true.");
    return;
  }
  const made = section("What the highway costs", "Each run against the same machine without highway. The absolute cost comes first, because its " +
    `percentage depends on what else a profile charges. Ranges are 5 to 95 % of ${data.samples.toLocaleString("en-US")} samples of the uncertain constants.`);
  element("p", why(dearest), made);
  const others = ranked.filter((pair) => pair !== dearest && pair.added !== 0);
  if (others.length > 0) {
    const box = element("details", undefined, made);
    element("summary", "Why, for the other highways", box);
    others.forEach((pair) => element("p", why(pair), box));
  }
  highway_table(made);
  const alone = runs.filter((run) => run.highway && run.without < 0).map(({ label }) => label);
  if (alone.length > 0) element("p", `Not told, for want of the same machine without highway: ${alone.join("; ")}.`, made);
  const spec = { labels: pairs.map(({ run }) => run.label), signed: true };
  const rest = ["longer", "other"].map((part) =>
    ({ name: part === "longer" ? "longer run" : "other data", values: pairs.map((pair) => sum_of(pair[part]) * MICRO) }));
  const series = [...by_group(pairs, ({ own }) => own), ...rest].filter(({ values }) => values.some((value) => value !== 0));
  const percent = series.map(({ name, values }) =>
    ({ name, values: values.map((value, i) => (100 * value) / pairs[i].base.totals.energy_uj) }));
  const bands = pairs.map(({ run }) => run.added_percent_band && [run.added_percent_band[0], run.added_percent_band[2]]);
  figure(made, "Energy the highway adds", [
    { ...spec, name: "µJ", unit: "µJ", series },
    { ...spec, name: "percent, with range", unit: "% of the run without highway", series: percent, bands },
    { ...spec, name: "µJ by component", unit: "µJ", series: by_group(pairs, ({ run, base }) => less(run.energy_pj, base.energy_pj)) },
  ]);
  const area = by_group(pairs, ({ run, base }) => less(run.area_um2, base.area_um2));
  if (area.length > 0) figure(made, "Area the highway adds", [{ ...spec, name: "mm²", unit: "mm²", series: area }]);
}

function highway_table(parent) {
  const energy = (part) => (pair) => sum_of(pair[part]) * MICRO;
  const changes = data.shown.changes.map(({ key, name }) => [`% ${name}`, ({ percent }) => percent(key), (value) => signed(value, 2)]);
  table(parent, "What the highway costs", [
    ["run", ({ run }) => run.label],
    ["µJ", ({ added }) => added, signed_energy],
    ["5 to 95 %", ({ run }) => range_text(run.added_percent_band, 2)],
    ...changes.slice(0, 1),
    ...changes.slice(1),
    ["own accesses µJ", energy("own"), number],
    ["longer run µJ", energy("longer"), signed_energy],
    ["other data µJ", energy("other"), signed_energy],
    ["own DRAM Mbit", ({ run }) => run.highway_bytes.dram * 8 * MICRO, number],
    ["own GLB Mbit", ({ run }) => run.highway_bytes.glb * 8 * MICRO, number],
  ], pairs);
}

// What the highway buys: energy and accuracy of the runs whose sweep names a data set.
function accuracy() {
  const measured = runs.filter((run) => run.accuracy);
  if (measured.length === 0) return;
  const { images } = measured[0].accuracy;
  const made = section("What the highway buys", `Energy against the share of ${images.toLocaleString("en-US")} images that the network gets right, as each ` +
    "machine quantizes it; lines up and down are one standard error. The front joins the runs that no other run beats: none is as accurate for less energy.");
  const gains = pairs.filter(({ run, base }) => run.accuracy && base.accuracy).map((pair) => {
    const points = 100 * (pair.run.accuracy.top1 - pair.base.accuracy.top1);
    return `${pair_name(pair)}: ${signed(points)} points for ${signed_three(pair.added)} µJ (${signed(pair.percent("energy_uj"), 2)} %)`;
  });
  if (gains.length > 0) element("p", `${gains.join("; ")}.`, made, "gains");
  figure(made, "Energy and accuracy", [{
    name: "top-1", unit: "µJ", y_unit: "top-1, %",
    points: measured.map((run) => ({ label: run.label, short: short_name(run), x: run.totals.energy_uj, y: 100 * run.accuracy.top1,
      error: 100 * run.accuracy.standard_error, kind: run.highway ? "highway on" : "highway off", front: run.on_front && data.network !== "" })),
  }]);
}

// "2 bit" of "2 bit + 8-bit highway": the mark tells the rest.
const short_name = ({ label }) => label.replace(/ \+ \d+-bit highway/, "");

// The three figures of section 5.5 of the precision-highway paper, where the runs hold them.
function claims() {
  if (data.claims.length === 0) return;
  const made = section("The paper's claims", "Section 5.5 of the precision-highway paper (arXiv 1812.09818) beside these runs. Which of them holds is a " +
    "matter of the policy below.");
  const several = new Set(data.claims.map(({ from }) => from)).size > 2;
  table(made, "The paper's claims", [
    ["claim", ({ what, from }) => what + (several ? `, ${runs[from].label}` : "")],
    ["paper %", ({ paper }) => paper, signed],
    ["these runs, 5 to 95 %", ({ band }) => range_text(band, 1)],
    ["as priced %", ({ ours }) => ours, signed],
  ], data.claims);
}

function overview() {
  const made = section("Runs");
  table(made, "Runs", [["run", (run) => run.label], ...data.shown.runs.map(column), ["checks", (run) => run.checks]], runs);
}

// What the runs without a twin come to; what a highway adds to its twin is on this scale a hair, and has figures of its own.
function components() {
  const alone = runs.filter((run) => run.without < 0);
  const views = (figures_of, unit, band_of) => {
    const view = (rows, name) => ({ name, unit, labels: rows.map((run) => run.label), series: by_group(rows, figures_of), bands: band_of && rows.map(band_of) });
    const first = sum_of(figures_of(alone[0])) * MICRO;
    const whole = view(alone, unit);
    const percent = { ...whole, name: `percent of ${alone[0].label}`, unit: `% of ${alone[0].label}`, bands: undefined,
                      series: whole.series.map(({ name, values }) => ({ name, values: values.map((value) => (100 * value) / first) })) };
    return [whole, ...(alone.length > 1 ? [percent] : []), ...(pairs.length > 0 ? [view(runs, "with highways")] : [])];
  };
  const made = section("Energy and area by component", `The whole of each run${pairs.length > 0 ? " without highway; what a highway adds is shown above" : ""}. ` +
    "Lines across the bars are 5 to 95 % ranges.");
  figure(made, "Energy by component", views((run) => run.energy_pj, "µJ", ({ energy_uj_band: band }) => [band[0], band[2]]));
  figure(made, "Area by component", views((run) => run.area_um2, "mm²"));
}

function layers() {
  const made = section("Layer by layer", "Where the cycles and the energy of one run go.");
  const picker = element("select", undefined, element("label", "run ", made, "picker"));
  runs.forEach((run, i) => (element("option", run.label, picker).value = i));
  const box = element("div", undefined, made);
  const draw = () => {
    box.replaceChildren();
    const run = runs[picker.value];
    if (run.highway) highway_by_layer(box, run);
    layer_charts(box, run);
    layer_table(box, run);
  };
  picker.value = Math.max(0, dearest ? runs.indexOf(dearest.run) : runs.findIndex((run) => run.highway));
  picker.addEventListener("change", draw);
  draw();
}

function highway_by_layer(box, run) {
  const own = run.layers.filter((layer) => layer.dram_bytes.highway + layer.glb_bytes.highway + sum_of(layer.energy_pj_highway) > 0);
  if (own.length === 0) {
    element("p", "No layer of this run moves or computes anything for its highway alone.", box, "quiet");
    return;
  }
  const labels = own.map(({ name }) => name);
  figure(box, "The highway by layer", [
    { name: "µJ", labels, unit: "µJ of the highway's own accesses", series: by_group(own, (layer) => layer.energy_pj_highway) },
    { name: "kbit", labels, unit: "kbit of the highway", series: bars_of("highway", own) },
  ]);
}

function layer_charts(box, run) {
  const labels = run.layers.map(({ name }) => name);
  const views = [{ name: "µJ", labels, unit: "µJ", series: by_group(run.layers, (layer) => layer.energy_pj) }];
  if (run.without >= 0) {
    const base = Object.fromEntries(runs[run.without].layers.map((layer) => [layer.name, layer]));
    views.push({ name: "µJ more than without highway", labels, unit: "µJ more than without highway", signed: true,
                 series: by_group(run.layers, ({ name, energy_pj }) => less(energy_pj, base[name]?.energy_pj ?? {})) });
  }
  figure(box, "Energy by layer", views);
  figure(box, "Cycles by layer", [{ name: "kilocycles", labels, unit: "kilocycles", series: bars_of("cycles", run.layers) }]);
}

function layer_table(box, run) {
  table(box, "Layers", data.shown.layers.map(column), run.layers);
  const homeless = run.residency.filter(({ place }) => place === "dram").map(({ tensor }) => tensor);
  element("p", `Stored tensors: ${run.residency.length - homeless.length} in the global buffer, ${homeless.length} in DRAM` +
    `${homeless.length ? ` (${homeless.join(", ")})` : ""}.`, box);
}

function provenance() {
  const made = section("What these figures mean", "A figure means nothing without its policy. Where a number comes from: turnpike explain DIR component.action@layer.");
  const policies = [...new Set(runs.map(({ policy }) => policy))];
  for (const policy of policies) {
    element("p", policy, made, "policy");
    if (policies.length > 1) element("p", `of ${runs.filter((run) => run.policy === policy).map(({ label }) => label).join("; ")}`, made, "quiet");
  }
  const traced = runs.some(({ source }) => source);
  table(made, "Sources", [
    ["run", ({ label }) => label],
    ["directory", ({ directory }) => directory],
    ...(traced ? [["trace from", ({ source }) => source]] : []),
    ["settings that differ", ({ settings }) => Object.entries(settings).map(([key, value]) => `${key}=${value}`).join(" ")],
  ], runs);
}

document.querySelector("h1").textContent = data.title;
[headline, highway, accuracy, claims, overview, components, layers, provenance].forEach((draw) => draw());
