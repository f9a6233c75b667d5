"use strict";
// Stacked horizontal bars as SVG. What is drawn carries its figures (data-series, data-value), so that a reader of
// the page's elements finds what a reader of the picture sees.

const LIGHT = { ink: "#1a1a1a", quiet: "#5f6368", line: "#d9dce1", paper: "#ffffff", edge: "#ffffff" };
const DARK = { ink: "#e8eaed", quiet: "#a8adb4", line: "#41464d", paper: "#1b1d20", edge: "#c8ccd2" };

// Lines of a pattern in the box from (left, top) to (right, bottom). Drawn one by one: a print would hold an SVG
// pattern as a picture a bar.
const range = (from, to, step) => Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
const PITCH = 8;
const slanted = (least, most, ends) => range(Math.ceil(least / PITCH) * PITCH, most, PITCH).map(ends).filter(([from, , to]) => to > from)
  .map(([x, y, to_x, to_y]) => `M${x.toFixed(1)},${y.toFixed(1)} L${to_x.toFixed(1)},${to_y.toFixed(1)}`).join(" ");
const PATTERNS = {
  plain: () => "",
  rising: ({ left, top, right, bottom }) => slanted(left + top, right + bottom, (sum) => {
    const [from, to] = [Math.max(left, sum - bottom), Math.min(right, sum - top)];
    return [from, sum - from, to, sum - to];
  }),
  falling: ({ left, top, right, bottom }) => slanted(left - bottom, right - top, (gap) => {
    const [from, to] = [Math.max(left, gap + top), Math.min(right, gap + bottom)];
    return [from, from - gap, to, to - gap];
  }),
  upright: ({ left, top, right, bottom }) => range(Math.ceil(left / PITCH) * PITCH, right, PITCH).map((x) => `M${x},${top} V${bottom}`).join(" "),
  level: ({ left, top, right, bottom }) => range(top + 3, bottom, 5.5).map((y) => `M${left},${y} H${right}`).join(" "),
  crossed: (box) => `${PATTERNS.rising(box)} ${PATTERNS.falling(box)}`,
  dotted: (box) => PATTERNS.level(box),
};
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const ROW = { height: 26, bar: 17, narrow: 44 };
const LEAST_WIDTH = 280;

const measure = (() => {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `12px ${FONT}`;
  return (text) => context.measureText(text).width;
})();

function svg_node(tag, attributes, parent, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

const total = (values) => values.reduce((a, b) => a + b, 0);

// At most three digits behind the point, fewer for what is large.
function number(value) {
  const size = Math.abs(value);
  const places = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}

// The text, its middle left out where it is wider than `width`.
function shortened(text, width) {
  if (measure(text) <= width) return text;
  let kept = text.length - 1;
  const cut = () => `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
  while (kept > 2 && measure(cut()) > width) kept -= 1;
  return cut();
}

// Ends and step of an axis that holds `low` and `high`, with about `count` steps of 1, 2 or 5 times a power of ten.
function axis_of(low, high, count) {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power * count >= span * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { low: first * step, high: last * step, ticks, text: (tick) =>
    tick.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places }) };
}

// Where everything goes. `spec`: labels of the bars; series [{name, values}]; unit; bands [[low, high] or null], of
// the sum of a bar; signed: sums are shown with their sign.
function layout(spec, width) {
  const narrow = width < 560;
  const sums = spec.labels.map((_, i) => total(spec.series.map(({ values }) => values[i])));
  const part = (i, keep) => total(spec.series.map(({ values }) => values[i]).filter(keep));
  const bands = spec.bands ?? spec.labels.map(() => null);
  const ends = spec.labels.map((_, i) => [part(i, (v) => v < 0), part(i, (v) => v > 0), ...(bands[i] ?? [])]).flat();
  const sum_texts = sums.map((sum) => (spec.signed && sum > 0 ? "+" : "") + number(sum).replace("-", "−"));
  const left = narrow ? 26 : Math.min(Math.max(...spec.labels.map(measure)) + 12, 0.32 * width);
  const right = Math.max(...sum_texts.map(measure)) + 16;
  const axis = axis_of(Math.min(0, ...ends), Math.max(0, ...ends), Math.max(2, Math.floor((width - left - right) / 90)));
  const legend = legend_rows(spec.series.map(({ name }) => name), width);
  const top = legend.length * 20 + 10;
  const pitch = narrow ? ROW.narrow : ROW.height;
  const scale = (width - left - right) / (axis.high - axis.low);
  return { narrow, sums, sum_texts, bands, left, axis, legend, top, pitch, width, bottom: top + pitch * spec.labels.length,
           x: (value) => left + (value - axis.low) * scale };
}

function legend_rows(names, width) {
  const rows = [[]];
  let x = 0;
  for (const name of names) {
    const wide = measure(name) + 38;
    if (x + wide > width && x > 0) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push({ name, x });
    x += wide;
  }
  return rows;
}

// A box in colour and pattern of what it stands for.
function draw_box(name, { x, y, width, height }, parent, edge, attributes) {
  const [colour, pattern] = STYLES[name];
  svg_node("rect", { x, y, width, height, fill: colour, stroke: edge, "stroke-width": 0.5, ...attributes }, parent);
  const d = PATTERNS[pattern]({ left: x, top: y, right: x + width, bottom: y + height });
  const bright = parseInt(colour.slice(1, 3), 16) + parseInt(colour.slice(3, 5), 16) > 330;
  if (d.trim()) {
    svg_node("path", { d, class: "pattern", "data-pattern": pattern, fill: "none", stroke: bright ? "#000000" : "#ffffff", "stroke-opacity": 0.55,
                       "stroke-width": 1.4, ...(pattern === "dotted" ? { "stroke-dasharray": "2 3" } : {}) }, parent);
  }
}

function draw_legend(place, svg, theme) {
  place.legend.forEach((row, line) =>
    row.forEach(({ name, x }) => {
      draw_box(name, { x: x + 1, y: line * 20 + 3, width: 18, height: 12 }, svg, theme.edge);
      svg_node("text", { x: x + 24, y: line * 20 + 13, fill: theme.ink, class: "name" }, svg, name);
    }));
}

function draw_axis(place, unit, svg, theme) {
  const { axis, x, top, bottom } = place;
  axis.ticks.forEach((tick) => {
    const at = x(tick).toFixed(1);
    svg_node("path", { d: `M${at},${top} V${bottom}`, stroke: Math.abs(tick) < 1e-12 ? theme.quiet : theme.line }, svg);
    svg_node("text", { class: "tick", x: at, y: bottom + 15, fill: theme.quiet, "text-anchor": "middle" }, svg,
             axis.text(tick).replace("-", "−"));
  });
  svg_node("text", { class: "unit", x: (x(axis.low) + x(axis.high)) / 2, y: bottom + 32, fill: theme.quiet, "text-anchor": "middle" }, svg, unit);
}

function draw_bar(spec, place, i, svg, theme) {
  const row = svg_node("g", { class: "row", "data-bar": i }, svg);
  const y = place.top + place.pitch * i;
  svg_node("rect", { x: 0, y, width: place.width, height: place.pitch, fill: theme.paper, "fill-opacity": 0 }, row);
  const bar = y + (place.narrow ? 21 : (ROW.height - ROW.bar) / 2);
  const middle = bar + ROW.bar / 2;
  svg_node("text", { class: "label", "data-label": spec.labels[i], fill: theme.ink,
                     ...(place.narrow ? { x: 2, y: y + 15 } : { x: place.left - 8, y: middle + 4, "text-anchor": "end" }) },
           row, shortened(spec.labels[i], place.narrow ? place.width - 4 : place.left - 12))
    .setAttribute("style", `paint-order: stroke; stroke: ${theme.paper}; stroke-width: 4px`);
  const ends = { plus: 0, minus: 0 };
  spec.series.forEach(({ name, values }) => {
    const value = values[i];
    if (value === 0) return;
    const side = value > 0 ? "plus" : "minus";
    const [from, to] = [ends[side], ends[side] + value].sort((a, b) => a - b).map(place.x);
    ends[side] += value;
    draw_box(name, { x: from, y: bar, width: to - from, height: ROW.bar }, row, theme.edge, { "data-series": name, "data-value": value });
  });
  if (place.bands[i]) draw_band(place, i, middle, row, theme);
  const end = place.x(Math.max(ends.plus, ...(place.bands[i] ?? [])));
  svg_node("text", { x: end + 7, y: middle + 4, fill: theme.ink, class: "sum" }, row, place.sum_texts[i]);
}

function draw_band(place, i, middle, row, theme) {
  const [low, high] = place.bands[i].map(place.x);
  const d = `M${low},${middle} H${high} M${low},${middle - 5} V${middle + 5} M${high},${middle - 5} V${middle + 5}`;
  svg_node("path", { d, stroke: theme.paper, "stroke-width": 4.5, fill: "none" }, row);
  svg_node("path", { d, stroke: theme.ink, "stroke-width": 1.6, fill: "none", class: "band",
                     "data-low": place.bands[i][0], "data-high": place.bands[i][1] }, row);
}

function draw_bars(spec, wanted_width, theme) {
  const width = Math.max(wanted_width, LEAST_WIDTH);
  const place = layout(spec, width);
  const height = place.bottom + 40;
  const svg = svg_node("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`,
                                "font-family": FONT, "font-size": 12, role: "img", "aria-label": spec.description });
  svg_node("title", {}, svg, spec.description);
  draw_legend(place, svg, theme);
  draw_axis(place, spec.unit, svg, theme);
  spec.labels.forEach((_, i) => draw_bar(spec, place, i, svg, theme));
  return svg;
}
