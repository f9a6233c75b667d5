// Points of two figures as SVG: energy against accuracy, with the front that nothing beats. As in chart.js what is drawn
// carries its figures.

const MARKS = { "highway off": "#4477aa", "highway on": "#882255" };

function draw_mark(kind, { x, y, size }, parent, theme, attributes) {
  const d = kind === "highway on"
    ? `M${x},${y - size * 1.25} L${x + size * 1.25},${y} L${x},${y + size * 1.25} L${x - size * 1.25},${y} Z`
    : `M${x - size},${y} a${size},${size} 0 1,0 ${2 * size},0 a${size},${size} 0 1,0 ${-2 * size},0 Z`;
  return svg_node("path", { d, fill: MARKS[kind], stroke: theme.edge, "stroke-width": 0.8, ...attributes }, parent);
}

// Where everything goes. `spec.points`: [{label, x, y, error, kind, front}]; units of the axes.
function scatter_layout(spec, width) {
  const ends = spec.points.flatMap(({ y, error }) => [y - error, y + error]);
  const y_axis = axis_of(Math.max(0, Math.min(...ends)), Math.max(...ends), 6);
  const left = Math.max(...y_axis.ticks.map((tick) => measure(y_axis.text(tick)))) + 14;
  const right = 18;
  const x_axis = axis_of(0, Math.max(...spec.points.map(({ x }) => x)), Math.max(2, Math.floor((width - left - right) / 90)));
  const top = 44;
  const bottom = top + Math.max(220, Math.min(380, 0.45 * width));
  return { left, right, top, bottom, width, x_axis, y_axis,
           x: (value) => left + ((value - x_axis.low) * (width - left - right)) / (x_axis.high - x_axis.low),
           y: (value) => bottom - ((value - y_axis.low) * (bottom - top)) / (y_axis.high - y_axis.low) };
}

// Labels stand right of their points, left or above where they would run over another label or the edge.
function label_place(place, taken, text, { x, y }) {
  const wide = measure(text);
  const boxes = [[9, 4], [-9 - wide, 4], [-wide / 2, -12], [-wide / 2, 20], [9, -10], [-9 - wide, -10], [9, 18], [-9 - wide, 18]]
    .map(([dx, dy]) => ({ left: x + dx, right: x + dx + wide, top: y + dy - 11, bottom: y + dy + 3, base: y + dy }));
  const inside = ({ left, right, top }) => left > place.left && right < place.width && top > place.top - 12;
  const free = ({ left, right, top, bottom }) => taken.every((other) =>
    right < other.left || left > other.right || bottom < other.top || top > other.bottom);
  const chosen = boxes.find((box) => inside(box) && free(box)) ?? boxes.find(inside) ?? boxes[0];
  taken.push(chosen);
  return chosen;
}

function draw_points(spec, wanted_width, theme) {
  const width = Math.max(wanted_width, LEAST_WIDTH);
  const place = scatter_layout(spec, width);
  const height = place.bottom + 40;
  const svg = svg_node("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`,
                                "font-family": FONT, "font-size": 12, role: "img", "aria-label": spec.description });
  svg_node("title", {}, svg, spec.description);
  let x = 8;
  for (const kind of [...new Set(spec.points.map((point) => point.kind))].sort()) {
    draw_mark(kind, { x, y: 9, size: 5 }, svg, theme);
    svg_node("text", { x: x + 11, y: 13, fill: theme.ink, class: "name" }, svg, kind);
    x += measure(kind) + 36;
  }
  svg_node("path", { d: `M${x - 8},9 H${x + 16}`, stroke: theme.ink, "stroke-dasharray": "5 3", fill: "none" }, svg);
  svg_node("text", { x: x + 22, y: 13, fill: theme.ink, class: "name" }, svg, "front");
  for (const tick of place.y_axis.ticks) {
    const at = place.y(tick).toFixed(1);
    svg_node("path", { d: `M${place.left},${at} H${width - place.right}`, stroke: theme.line }, svg);
    svg_node("text", { class: "y-tick", x: place.left - 6, y: Number(at) + 4, fill: theme.quiet, "text-anchor": "end" }, svg, place.y_axis.text(tick));
  }
  svg_node("text", { class: "y-unit", x: 2, y: place.top - 12, fill: theme.quiet }, svg, spec.y_unit);
  draw_axis({ axis: place.x_axis, x: place.x, top: place.top, bottom: place.bottom }, spec.unit, svg, theme);
  draw_front(spec, place, svg, theme);
  const taken = spec.points.map((point) => [place.x(point.x), place.y(point.y)])
    .map(([px, py]) => ({ left: px - 6, right: px + 6, top: py - 6, bottom: py + 6 }));
  spec.points.forEach((point, i) => {
    const at = { x: place.x(point.x), y: place.y(point.y), size: 5 };
    const group = svg_node("g", { class: "point", "data-point": i }, svg);
    const [low, high] = [place.y(point.y - point.error), place.y(point.y + point.error)];
    svg_node("path", { d: `M${at.x},${low} V${high} M${at.x - 3},${low} h6 M${at.x - 3},${high} h6`, stroke: theme.quiet, fill: "none" }, group);
    draw_mark(point.kind, at, group, theme, { class: "mark", "data-label": point.label, "data-x": point.x, "data-y": point.y,
                                              "data-error": point.error, "data-kind": point.kind, "data-front": point.front });
    const text = shortened(point.short, width / 3);
    const label = label_place(place, taken, text, at);
    svg_node("text", { class: "label", "data-label": point.label, x: label.left, y: label.base, fill: theme.ink }, group, text)
      .setAttribute("style", `paint-order: stroke; stroke: ${theme.paper}; stroke-width: 3px`);
  });
  return svg;
}

// Up and to the right along the points that nothing beats: a step for what is bought, then for what it costs.
function draw_front(spec, place, svg, theme) {
  const front = spec.points.filter((point) => point.front).sort((a, b) => a.x - b.x);
  const d = front.map(({ x, y }, i) => (i === 0 ? `M${place.x(x)},${place.y(y)}` : `H${place.x(x)} V${place.y(y)}`)).join(" ");
  svg_node("path", { d, class: "front", stroke: theme.ink, "stroke-width": 1.3, "stroke-dasharray": "5 3", fill: "none" }, svg);
}

const points_csv = ({ points, unit, y_unit }) => csv_text([["name", unit, y_unit, "standard error", "highway", "on the front"],
  ...points.map(({ label, x, y, error, kind, front }) => [label, x, y, error, kind, String(front)])]);
