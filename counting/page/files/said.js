// Draw the words of the networks: a line per number, errors marked, and under each word
// the digits that a probe reads from the state.

"use strict";

// Draw the words of one network; `shown` is the place to inspect.
function draw_said(one, side, shown) {
  const mine = side === +view.side;
  const lines = lines_of(one).flatMap((places) => {
    const drawn = [line(one, side, places, shown)];
    if (mine && places.includes(shown)) drawn.push(inspector(one, shown));
    return drawn;
  });
  $(`verdict-${side}`).textContent = `${one.name}: ${verdict(one)}`;
  $(`said-${side}`).replaceChildren(...lines);
}

// Cut the places of the words into lines, which end with the separator.
function lines_of({ read, vocabulary }) {
  const lines = [[]];
  read.forEach((word, k) => {
    lines[lines.length - 1].push(k);
    if (word === vocabulary.separator && k + 1 < read.length) lines.push([]);
  });
  return lines;
}

function line(one, side, places, shown) {
  const { separator } = one.vocabulary;
  const n = number_of(places.map((k) => one.read[k]).filter((w) => w !== separator));
  const buttons = places.map((k) => word_button(one, side, k, shown));
  const last = element("span", { class: "together" }, ...buttons.splice(-2));
  return element(
    "li",
    {},
    element("span", { class: "digits" }, n === null ? "" : in_digits(n)),
    element("span", {}, ...buttons, last),
  );
}

function word_button(one, side, k, shown) {
  const kind = one.kinds[k];
  const picked = side === +view.side && k === shown;
  const tabbed = picked || (side !== +view.side && k === one.given);
  const unit = side === +view.side ? +view.unit : -1;
  const tint = unit >= 0 && k < one.outputs.length ? unit_tint(one, unit, k) : null;
  return element(
    "button",
    {
      type: "button",
      class: `word ${kind}`,
      style: tint && `background:${tint}`,
      "aria-pressed": picked,
      tabindex: tabbed ? 0 : -1,
      "data-place": k,
      "data-side": side,
    },
    element("span", { class: "text" }, one.said[k]),
    ...(kind === "wrong" ? correction(one.truth[k - one.given]) : []),
    view.held === "1" ? held(one, k) : null,
  );
}

const correction = (word) => [
  element("span", { class: "hidden" }, " is wrong, right is "),
  element("small", { class: "truth" }, word),
];

// The digits in the state after the word at place k was read.
function held(one, k) {
  const digits = digits_held(one, k);
  if (!digits) return null;
  const parts = digits.map(({ digit, wrong }) =>
    element(wrong ? "b" : "span", {}, String(digit)),
  );
  const hidden = element("span", { class: "hidden" }, "; in its state: ");
  return element("small", { class: "held" }, hidden, ...parts);
}

// The colour of a unit's value after a word was read; pale, so that words stay legible.
function unit_tint(one, unit, k) {
  const { h } = one.outputs[k];
  return shades()((0.4 * h[unit]) / scale_of(one));
}

// The largest value that a unit of the state takes.
function scale_of({ outputs }) {
  return Math.max(1e-9, ...outputs.map(({ h }) => Math.max(...h.map(Math.abs))));
}
