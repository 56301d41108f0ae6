// Elements, shades and bars, with which the other scripts draw.

"use strict";

const SVG_TAGS = new Set("svg g rect path text title".split(" "));

function element(tag, attributes = {}, ...children) {
  const node = SVG_TAGS.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const colour = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const parts_of = (hex) =>
  (hex.length === 4 ? [...hex.slice(1)].map((c) => c + c) : hex.match(/[^#]{2}/g)).map(
    (part) => parseInt(part, 16),
  );

// A value in [-1, 1] between the colours of low and high, with the paper at zero.
function shades() {
  const [paper, low, high] = ["--paper", "--low", "--high"].map((n) =>
    parts_of(colour(n)),
  );
  return (value) => {
    const end = value < 0 ? low : high;
    const share = Math.min(1, Math.abs(value));
    const mixed = paper.map((from, n) => Math.round(from + (end[n] - from) * share));
    return `rgb(${mixed})`;
  };
}

// Rows of [label, share, text, kind] as a list with bars.
function bars(rows) {
  const row = ([label, share, text, kind]) =>
    element(
      "li",
      { class: kind ?? "" },
      element("span", {}, label),
      element("span", { class: "bar", style: `--share:${share}` }),
      element("span", { class: "p" }, text),
    );
  return element("ol", { class: "bars", role: "list" }, ...rows.map(row));
}

const share_text = (p) =>
  p > 0.9999 ? "> .9999" : p < 0.0001 ? "< .0001" : p.toFixed(4).slice(1);

const grouped = (n) => Math.round(n).toLocaleString("en");
