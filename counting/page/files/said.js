// What the networks said: the numbers line by line, the first error marked.

"use strict";

const text_of = (tokens) => tokens.map((token) => WORDS[token]).join(" ");

function said_column(one, side, shown) {
  return element(
    "div",
    {},
    element("h3", {}, `${one.name}, seed ${one.seed}`),
    element("p", { class: "verdict" }, verdict(one)),
    element(
      "ol",
      {},
      ...lines_of(one.tokens).map((places) => line(one, side, places, shown)),
    ),
  );
}

// The places of the tokens, line by line; a line ends with the separator.
function lines_of(tokens) {
  const lines = [[]];
  tokens.forEach((token, k) => {
    lines[lines.length - 1].push(k);
    if (WORDS[token] === SEPARATOR && k + 1 < tokens.length) lines.push([]);
  });
  return lines;
}

function line(one, side, places, shown) {
  const words = places.map((k) => WORDS[one.tokens[k]]).filter((w) => w !== SEPARATOR);
  const n = number_of(words);
  const buttons = places.map((k) => word_button(one, side, k, shown));
  const last = element("span", { class: "together" }, ...buttons.splice(-2));
  return element(
    "li",
    {},
    element("span", { class: "digits" }, n === null ? "" : in_digits(n)),
    element("span", {}, ...buttons, last),
  );
}

function verdict({ tokens, given, truth, wrong }) {
  const said = tokens.length - given;
  if (!truth.length) return `It says ${said} words.`;
  if (wrong < 0) return `All ${said} words that it says are right.`;
  const right = wrong - given;
  const before =
    right === 0
      ? "Its first word is wrong"
      : `${right} ${right === 1 ? "word" : "words"} right, then an error`;
  return `${before}: it says “${WORDS[tokens[wrong]]}”, right is “${truth[right]}”.`;
}

function kind_of({ given, wrong }, k) {
  if (k < given) return "given";
  if (wrong < 0 || k < wrong) return "said";
  return k === wrong ? "wrong" : "after";
}

function word_button(one, side, k, shown) {
  const kind = kind_of(one, k);
  const mine = side === +view.side;
  const picked = mine && k === shown;
  const button = element(
    "button",
    {
      type: "button",
      class: `word ${kind}`,
      "aria-pressed": picked,
      tabindex: picked || (!mine && k === one.given) ? 0 : -1,
      "data-place": k,
      "data-side": side,
    },
    element("span", { class: "text" }, WORDS[one.tokens[k]]),
  );
  if (kind === "wrong") {
    const hidden = element("span", { class: "hidden" }, " is wrong, right is ");
    button.append(hidden, element("small", {}, one.truth[k - one.given]));
  }
  if (mine && +view.unit >= 0 && k < one.outputs.length) {
    button.style.background = unit_tint(one, +view.unit, k);
  }
  return button;
}

// The colour of a unit's value after a word was read; pale, so that words stay legible.
function unit_tint(one, unit, k) {
  const { values, scale } = track_of(one, view.what);
  return `rgb(${shades()((0.35 * values[k][unit]) / scale)})`;
}
