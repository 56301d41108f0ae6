// What is drawn with scripts: elements, colours, bars and the timeline.

"use strict";

function element(tag, attributes = {}, ...children) {
  const svg = SVG_TAGS.has(tag);
  const node = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

const SVG_TAGS = new Set([
  "svg",
  "g",
  "rect",
  "path",
  "line",
  "text",
  "image",
  "title",
]);

// --- colours -------------------------------------------------------------------------

const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const parts_of = (hex) =>
  [1, 3, 5].map((at) =>
    parseInt(
      hex.length === 4 ? hex[(at + 1) / 2].repeat(2) : hex.slice(at, at + 2),
      16,
    ),
  );

// A value in [-1, 1] between the colours of low and high, with the paper at zero.
function shades() {
  const [paper, low, high] = ["--paper", "--low", "--high"].map((n) =>
    parts_of(colour(n)),
  );
  return (value) => {
    const end = value < 0 ? low : high;
    const share = Math.min(1, Math.abs(value));
    return paper.map((from, n) => Math.round(from + (end[n] - from) * share));
  };
}

// --- bars ----------------------------------------------------------------------------

// Rows of [label, share, text, kind] as a list with bars.
function bars(rows) {
  return element(
    "ol",
    { class: "bars", role: "list" },
    ...rows.map(([label, share, text, kind]) =>
      element(
        "li",
        { class: kind ?? "" },
        element("span", { class: kind ?? "" }, label),
        element("span", { class: `bar ${kind ?? ""}`, style: `--share:${share}` }),
        element("span", { class: "p" }, text),
      ),
    ),
  );
}

const share_text = (p) =>
  p > 0.9999 ? "> .9999" : p < 0.0001 ? "< .0001" : p.toFixed(4).slice(1);

// --- the timeline --------------------------------------------------------------------

const LEFT = 92;
const TOP = 78;
const LABEL_ROOM = 78;
const HEAT = 264;
const TRACK = 40;
const GAP = 18;

// Draw rows of values over time, and tracks beneath. `t` counts columns.
//   columns: {read, said, wrong, given, comma}; values[t][unit] in [-1, 1]; order of the
//   units; tracks: {label, kind: bars | lines | stack, series: [{name, colour, values}]};
//   room: width in pixels; picked: {t, row}, -1 for none.
function timeline({ columns, values, order, tracks, room, picked }) {
  const frame = frame_of(columns.length, order.length, tracks.length, room);
  const { width, height, x } = frame;
  const svg = element("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": "A heat map: a column for each word, a row for each unit",
  });
  svg.append(...draw_words(columns, frame), draw_heat(heat(values, order), frame));
  tracks.forEach((track, n) => {
    const y = TOP + HEAT + LABEL_ROOM + n * (TRACK + GAP);
    svg.append(...draw_track(track, frame, y));
  });
  for (const [t, { comma }] of columns.entries()) {
    const d = `M${x(t + 1)} ${TOP}V${frame.bottom}`;
    if (comma) svg.append(element("path", { class: "comma", d }));
  }
  svg.append(...draw_picked(picked, frame));
  return { svg, place: (event) => place_in(svg, event, frame) };
}

// Where things are: T columns, `count` rows.
function frame_of(T, count, tracks, room) {
  const wide = Math.min(28, Math.max(15, Math.floor((room - LEFT - 30) / T)));
  const height = TOP + HEAT + LABEL_ROOM + tracks * (TRACK + GAP) + 10;
  return {
    T,
    count,
    wide,
    high: HEAT / count,
    width: LEFT + wide * T + 30,
    height,
    bottom: height - GAP - 8,
    x: (t) => LEFT + wide * t,
  };
}

// The words that are read above the heat map, those that are said beneath.
function draw_words(columns, { x, wide }) {
  const words = columns.flatMap(({ read, given, said, wrong }, t) => {
    const middle = x(t) + wide / 2;
    const below = TOP + HEAT + 12;
    return [
      slanted(read, middle + 3, TOP - 6, -55, given ? "given" : ""),
      slanted(said, middle - 4, below, 55, wrong ? "bad" : "muted"),
    ];
  });
  return [label("reads", TOP - 8), label("says", TOP + HEAT + 18), ...words];
}

const rect = (kind, x, y, width, height, more = {}) =>
  element("rect", { class: kind, x, y, width, height, ...more });

const draw_heat = (href, { T, wide }) =>
  element("image", {
    x: LEFT,
    y: TOP,
    width: wide * T,
    height: HEAT,
    href,
    preserveAspectRatio: "none",
    style: "image-rendering:pixelated",
  });

// Frames around the column and the row that are picked.
function draw_picked({ t, row }, { T, wide, high, x, bottom }) {
  const column = t < 0 ? [] : [rect("pick", x(t), TOP, wide, bottom - TOP)];
  const unit = row < 0 ? [] : [rect("pick", LEFT, TOP + high * row, wide * T, high)];
  return [...column, ...unit];
}

const label = (text, y) =>
  element("text", { class: "muted", x: LEFT - 12, y, "text-anchor": "end" }, text);

const slanted = (text, x, y, angle, kind) =>
  element("text", { class: kind, x, y, transform: `rotate(${angle} ${x} ${y})` }, text);

// The values as a picture of one point each.
function heat(values, order) {
  const canvas = element("canvas", { width: values.length, height: order.length });
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const shade = shades();
  order.forEach((unit, row) =>
    values.forEach((column, t) => {
      image.data.set([...shade(column[unit]), 255], 4 * (row * values.length + t));
    }),
  );
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

// One track: bars from zero, bars from a low to a high value, or lines.
function draw_track({ label: name, kind, series }, { T, x, wide }, y) {
  const at = (value) => y + TRACK * (1 - value);
  const baseline = `M${LEFT} ${y + TRACK}H${x(T)}`;
  const drawn = [element("path", { class: "baseline", d: baseline })];
  if (series.length === 1) drawn.push(label(name, y + TRACK / 2 + 4));
  series.forEach((one, n) => {
    if (series.length > 1) {
      const swatch = { style: `fill:${one.colour}` };
      drawn.push(label(one.name, y + 10 + 13 * n));
      drawn.push(rect("", LEFT - 9, y + 2 + 13 * n, 5, 9, swatch));
    }
    if (kind === "lines") {
      const points = one.values.map((v, t) => `${x(t) + wide / 2} ${at(v).toFixed(1)}`);
      const style = `stroke:${one.colour}`;
      drawn.push(
        element("path", { class: "line thick", style, d: `M${points.join("L")}` }),
      );
      return;
    }
    const style = `fill:${one.colour}`;
    one.values.forEach((value, t) => {
      const [low, high] = kind === "stack" ? value : [0, value];
      const tall = Math.max(0.5, TRACK * (high - low));
      drawn.push(rect(kind, x(t) + 1, at(high), wide - 2, tall, { style }));
    });
  });
  return drawn;
}

// The column and the row that were clicked, -1 for none.
function place_in(svg, event, { T, wide, high, count }) {
  const box = svg.getBoundingClientRect();
  const t = Math.floor((event.clientX - box.left - LEFT) / wide);
  const row = Math.floor((event.clientY - box.top - TOP) / high);
  return { t: t >= 0 && t < T ? t : -1, row: row >= 0 && row < count ? row : -1 };
}
