// What is drawn with scripts: elements, colours, bars, the timeline, the matrix.

"use strict";

function element(tag, attributes = {}, ...children) {
  const svg = SVG_TAGS.has(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

const SVG_TAGS = new Set(["svg", "g", "rect", "path", "line", "text", "image", "title"]);

// --- colours -------------------------------------------------------------------------

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const parts_of = (hex) => [1, 3, 5].map((at) => parseInt(
  hex.length === 4 ? hex[(at + 1) / 2].repeat(2) : hex.slice(at, at + 2), 16));

// A value in [-1, 1] between the colours of low and high, with the paper at zero.
function shades() {
  const [paper, low, high] = ["--paper", "--low", "--high"].map((n) => parts_of(colour(n)));
  return (value) => {
    const end = value < 0 ? low : high, share = Math.min(1, Math.abs(value));
    return paper.map((from, n) => Math.round(from + (end[n] - from) * share));
  };
}

// --- bars ----------------------------------------------------------------------------

// Rows of [label, share, text, class] as a list with bars.
function bars(rows) {
  return element("ol", { class: "bars", role: "list" }, ...rows.map(([label, share, text, kind]) =>
    element("li", { class: kind ?? "" },
      element("span", { class: kind ?? "" }, label),
      element("span", { class: `bar ${kind ?? ""}`, style: `--share:${share}` }),
      element("span", { class: "p" }, text))));
}

const share_text = (p) => (p > 0.9999 ? "> .9999" : p < 0.0001 ? "< .0001"
  : p.toFixed(4).slice(1));

// --- the timeline --------------------------------------------------------------------

const LEFT = 92, LABEL_ROOM = 78, HEAT = 264, TRACK = 40, GAP = 18;

// Draw rows of values over time, and tracks beneath. `t` counts columns.
//   columns: {read, said, wrong, given}; values[t][unit] in [-1, 1]; order of the units;
//   tracks: {label, kind: bars | lines | stack, series: [{name, colour, values}]}
function timeline({ columns, values, order, tracks, room, picked }) {
  const T = columns.length, wide = Math.min(28, Math.max(15, Math.floor((room - LEFT - 30) / T)));
  const width = LEFT + wide * T + 30, top = LABEL_ROOM;
  const height = top + HEAT + LABEL_ROOM + tracks.length * (TRACK + GAP) + 10;
  const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "A heat map: a column for each word, a row for each unit" });
  const x = (t) => LEFT + wide * t;
  svg.append(label("reads", top - 8), label("says", top + HEAT + 18));
  columns.forEach((column, t) => {
    svg.append(slanted(column.read, x(t) + wide / 2 + 3, top - 6, -55, column.given ? "given" : ""));
    svg.append(slanted(column.said, x(t) + wide / 2 - 4, top + HEAT + 12, 55, column.wrong ? "bad" : "muted"));
  });
  svg.append(element("image", { x: LEFT, y: top, width: wide * T, height: HEAT, href: heat(values, order),
    preserveAspectRatio: "none", style: "image-rendering:pixelated" }));
  let y = top + HEAT + LABEL_ROOM;
  for (const track of tracks) {
    svg.append(...draw_track(track, x, wide, y, T));
    y += TRACK + GAP;
  }
  columns.forEach((column, t) => {
    if (column.comma) svg.append(element("path", { class: "comma", d: `M${x(t + 1)} ${top}V${height - GAP - 8}` }));
  });
  const rows = HEAT / order.length;
  if (picked.t >= 0) svg.append(element("rect", { class: "pick", x: x(picked.t), y: top, width: wide, height: height - top - GAP - 8 }));
  if (picked.row >= 0) svg.append(element("rect", { class: "pick", x: LEFT, y: top + rows * picked.row, width: wide * T, height: rows }));
  return { svg, place: (event) => place_in(svg, event, { T, wide, top, rows, count: order.length }) };
}

const label = (text, y) => element("text", { class: "muted", x: LEFT - 10, y, "text-anchor": "end" }, text);

const slanted = (text, x, y, angle, kind) => element("text", { class: kind, x, y,
  transform: `rotate(${angle} ${x} ${y})` }, text);

// The values as a picture of one point each.
function heat(values, order) {
  const canvas = element("canvas", { width: values.length, height: order.length });
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  const shade = shades();
  order.forEach((unit, row) => values.forEach((column, t) => {
    image.data.set([...shade(column[unit]), 255], 4 * (row * values.length + t));
  }));
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

function draw_track({ label: name, kind, series }, x, wide, y, T) {
  const at = (value) => y + TRACK * (1 - value);
  const drawn = [element("path", { class: "baseline", d: `M${LEFT} ${y + TRACK}H${x(T)}` })];
  series.forEach(({ name: one, colour: tint, values }, n) => {
    drawn.push(series.length > 1
      ? element("text", { x: LEFT - 10, y: y + 10 + 13 * n, "text-anchor": "end", style: `fill:${tint}` }, one)
      : label(name, y + TRACK / 2 + 4));
    if (kind === "lines") {
      const d = values.map((v, t) => `${x(t) + wide / 2} ${at(v).toFixed(1)}`).join("L");
      drawn.push(element("path", { class: "line thick", style: `stroke:${tint}`, d: `M${d}` }));
    } else values.forEach((v, t) => {
      const [low, high] = Array.isArray(v) ? v : [Math.min(0, v), Math.max(0, v)];
      drawn.push(element("rect", { class: kind, x: x(t) + 1, y: at(high), width: wide - 2, height: Math.max(0.5, TRACK * (high - low)), style: `fill:${tint}` }));
    });
  });
  return drawn;
}

// The column and the row that were clicked.
function place_in(svg, event, { T, wide, top, rows, count }) {
  const frame = svg.getBoundingClientRect();
  const t = Math.floor((event.clientX - frame.left - LEFT) / wide);
  const row = Math.floor((event.clientY - frame.top - top) / rows);
  return { t: t >= 0 && t < T ? t : -1, row: row >= 0 && row < count ? row : -1 };
}

// --- the matrix ----------------------------------------------------------------------

const CELL = 19, MOST_WORDS = 40;

// counts: Map of "expected said" to times, both tokens; gives an SVG of the words in it.
function matrix(counts, words) {
  const pairs = [...counts].map(([key, times]) => [...key.split(" ").map(Number), times]);
  const common = (at) => {
    const times = new Map();
    for (const pair of pairs) times.set(pair[at], (times.get(pair[at]) ?? 0) + pair[2]);
    return [...times].sort((a, b) => b[1] - a[1]).slice(0, MOST_WORDS).map(([w]) => w).sort((a, b) => a - b);
  };
  const rows = common(0), columns = common(1), left = 84, top = 72;
  const most = Math.max(1, ...pairs.map((pair) => pair[2])), shade = shades();
  const svg = element("svg", { width: left + CELL * columns.length + 40, height: top + CELL * rows.length + 8,
    role: "img", "aria-label": "Expected words down, said words across; the list beside it has the most frequent" });
  columns.forEach((w, n) => svg.append(slanted(words[w], left + CELL * n + 12, top - 6, -55, "tick")));
  rows.forEach((w, n) => svg.append(element("text", { class: "tick end", x: left - 8, y: top + CELL * n + 13 }, words[w])));
  for (const r of rows.keys()) for (const c of columns.keys()) {
    const times = counts.get(`${rows[r]} ${columns[c]}`) ?? 0;
    const tint = times ? Math.log(1 + times) / Math.log(1 + most) : 0.02;
    svg.append(element("rect", { x: left + CELL * c, y: top + CELL * r, width: CELL - 1, height: CELL - 1,
      fill: `rgb(${shade(-tint)})` }, element("title", {}, `expected ${words[rows[r]]}, said ${words[columns[c]]}: ${times}`)));
  }
  return svg;
}
