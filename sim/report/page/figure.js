// Tables and figures of the page, and what can be saved of them.

const data = JSON.parse(document.getElementById("data").textContent);

// Colour and pattern of each name, the same in every chart.
const STYLES = { "longer run": ["#555555", "upright"], "other data": ["#e5e5e5", "falling"] };
for (const { name, colour, pattern } of data.groups) STYLES[name] = [colour, pattern];
// What keeps the array waiting looks like the component it waits for.
for (const { name, like } of Object.values(data.shown.bars).flat()) STYLES[name] = like ? STYLES[like] : ["#808080", "plain"];

// Names reach the document as text, never as markup.
function element(tag, text, parent, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

function section(title, text) {
  const made = element("section", undefined, document.querySelector("main"));
  element("h2", title, made);
  if (text) element("p", text, made);
  return made;
}

// A text that a spreadsheet would run stands behind an apostrophe (RFC 4180; docs/results.md).
function csv_field(value) {
  if (typeof value === "number") return String(value);
  const text = String(value);
  const safe = /^'*[=+\-@\t\r\n]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csv_text = (rows) => rows.map((row) => `${row.map(csv_field).join(",")}\n`).join("");

function save(title, kind, text) {
  const link = element("a", undefined, document.body);
  link.href = URL.createObjectURL(new Blob([text], { type: kind === "svg" ? "image/svg+xml" : "text/csv" }));
  link.download = `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")}.${kind}`;
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function save_button(parent, title, kind, text) {
  const made = element("button", kind.toUpperCase(), parent);
  made.type = "button";
  made.title = `save “${title}” as ${kind.toUpperCase()}`;
  made.addEventListener("click", () => save(title, kind, text()));
}

// `columns`: [title, value of a row, text of the value, what it means]; the first names the row. The file holds values, not texts.
function table(parent, title, columns, rows) {
  const box = element("div", undefined, parent, "scroll");
  const made = element("table", undefined, box, columns.length > 4 ? "wide" : "");
  const line = element("tr", undefined, element("thead", undefined, made));
  const body = element("tbody", undefined, made);
  const cells = rows.map((row) => columns.map(([, value, text = String]) => text(value(row))));
  const wordy = columns.map((_, i) => i > 0 && cells.some((texts) => texts[i].length > 18 && !/^[\d,.−+ to]*$/.test(texts[i])));
  columns.forEach(([name, , , meaning], i) => {
    const head = element("th", name, line, wordy[i] ? "text" : "");
    head.scope = "col";
    if (meaning) head.title = meaning;
  });
  for (const texts of cells) {
    const tr = element("tr", undefined, body);
    texts.forEach((text, i) => {
      const cell = element(i === 0 ? "th" : "td", text, tr, wordy[i] ? "text" : "");
      if (i === 0) cell.scope = "row";
      else cell.dataset.title = columns[i][0];
    });
  }
  save_button(element("p", undefined, parent, "save"), title, "csv", () =>
    csv_text([columns.map(([name]) => name), ...rows.map((row) => columns.map(([, value]) => value(row)))]));
}

const figures = [];
const paper_width = 700;
const dark = matchMedia("(prefers-color-scheme: dark)");

function redraw(width, theme) {
  figures.splice(0, figures.length, ...figures.filter(({ box }) => box.isConnected));
  figures.forEach(({ draw }) => draw(width, theme));
}

const on_screen = () => matchMedia("print").matches || redraw();
addEventListener("resize", on_screen);
dark.addEventListener("change", on_screen);
addEventListener("beforeprint", () => redraw(paper_width, LIGHT));
addEventListener("afterprint", () => redraw());

const draw_chart = (spec, width, theme) => (spec.points ? draw_points : draw_bars)(spec, width, theme);

// A chart with its title; `views`: what can be chosen for it, [{name, labels, series, unit, ...}] (chart.js) or
// [{name, points, unit, y_unit}] (scatter.js).
function figure(parent, title, views) {
  const made = element("figure", undefined, parent, views[0].points ? "points" : "");
  const head = element("div", undefined, made, "head");
  element("figcaption", title, head);
  let shown = views[0];
  if (views.length > 1) {
    choice(head, `${title} in`, views.map((view) => [view.name, () => { shown = view; draw(); }]));
  }
  const box = element("div", undefined, made, "chart");
  const draw = (width = box.clientWidth, theme = dark.matches ? DARK : LIGHT) => {
    box.replaceChildren(draw_chart({ ...shown, description: `${title}, ${shown.unit}` }, width, theme));
    box.querySelectorAll(".point").forEach((point) => show_point(point, shown));
    box.querySelectorAll(".row").forEach((row) => show_tip(row, shown));
  };
  draw();
  figures.push({ box, draw });
  const buttons = element("p", undefined, head, "save");
  save_button(buttons, title, "csv", () => (shown.points ? points_csv : chart_csv)(shown));
  save_button(buttons, title, "svg", () => {
    const svg = draw_chart({ ...shown, description: title }, 960, LIGHT);
    svg.prepend(svg_node("rect", { width: "100%", height: "100%", fill: LIGHT.paper }));
    return new XMLSerializer().serializeToString(svg);
  });
}

function chart_csv({ labels, series, unit, bands }) {
  const head = ["name", ...series.map(({ name }) => `${name} (${unit})`), ...(bands ? [`5 % (${unit})`, `95 % (${unit})`] : [])];
  return csv_text([head, ...labels.map((label, i) =>
    [label, ...series.map(({ values }) => values[i]), ...(bands ? bands[i] ?? ["", ""] : [])])]);
}

// A row of buttons of which one is chosen.
function choice(parent, name, entries) {
  const box = element("fieldset", undefined, parent);
  box.setAttribute("aria-label", name);
  entries.forEach(([label, act], i) => {
    const wrap = element("label", undefined, box);
    const input = element("input", undefined, wrap);
    input.type = "radio";
    input.name = `${name} ${figures.length}`;
    input.checked = i === 0;
    input.addEventListener("change", act);
    element("span", label, wrap);
  });
}

// What a bar is made of, beside the pointer.
const tip = element("div", undefined, document.body, "tip");
tip.hidden = true;

function show_tip(row, { labels, series, unit, bands }) {
  const i = Number(row.dataset.bar);
  tip_over(row, () => {
    const parts = series.filter(({ values }) => values[i] !== 0);
    element("b", labels[i], tip);
    parts.forEach(({ name, values }) => element("div", `${name}: ${number(values[i])} ${unit}`, tip));
    element("div", `together: ${number(total(series.map(({ values }) => values[i])))} ${unit}`, tip, "sum");
    if (bands?.[i]) element("div", `5 to 95 %: ${bands[i].map(number).join(" to ")} ${unit}`, tip);
  });
}

function show_point(node, { points, unit, y_unit }) {
  const { label, x, y, error, front } = points[Number(node.dataset.point)];
  tip_over(node, () => {
    element("b", label, tip);
    element("div", `${number(x)} ${unit}`, tip);
    element("div", `${y_unit}: ${number(y)} ± ${number(error)}`, tip);
    if (front) element("div", "nothing here is as accurate for less energy", tip, "sum");
  });
}

function tip_over(node, fill) {
  node.addEventListener("pointermove", (event) => {
    tip.replaceChildren();
    fill();
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8))}px`;
  });
  node.addEventListener("pointerleave", () => (tip.hidden = true));
}
