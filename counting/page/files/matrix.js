// One network reads the whole unseen text: what was expected, and what it said.

"use strict";

const CELL = 19;
const MOST_WORDS = 40;
const SLICE = 100; // words that are read before the page may do something else

let reading = 0; // the last reading that was begun; an older one stops

function read_all() {
  const mine = ++reading;
  const net = network(...$("reader").value.split("/"));
  const counts = new Map(); // of "expected said", both tokens
  const run = { state: zero_state(net), t: 0, spent: 0, wrong: 0 };
  busy(true);
  const slice = () => {
    if (mine !== reading) return;
    read_slice(net, counts, run);
    tell_reading(run);
    if (run.t < STREAMS.valid.length - 1) setTimeout(slice);
    else show_matrix(counts);
  };
  slice();
}

function read_slice(net, counts, run) {
  const tokens = STREAMS.valid;
  const end = Math.min(run.t + SLICE, tokens.length - 1);
  const began = performance.now();
  for (; run.t < end; run.t++) {
    const { best, state } = step(net, run.state, tokens[run.t]);
    const expected = tokens[run.t + 1];
    run.state = state;
    if (best === expected) continue;
    const key = `${expected} ${best}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    run.wrong += 1;
  }
  run.spent += performance.now() - began;
}

const grouped = (n) => Math.round(n).toLocaleString("en");

function busy(is) {
  for (const id of ["matrix", "matrix-status"]) $(id).setAttribute("aria-busy", is);
}

function tell_reading({ t, wrong, spent }) {
  $("matrix-status").textContent =
    `${grouped(t)} words said, ${grouped(wrong)} of them wrong; ` +
    `${grouped((1000 * t) / spent)} words a second in your browser.`;
}

function show_matrix(counts) {
  $("matrix").replaceChildren(...(counts.size ? [matrix_of(counts)] : []));
  $("confusions").replaceChildren(...(counts.size ? [table_of(counts)] : []));
  busy(false);
}

function table_of(counts) {
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
  const cell = (text) => element("td", {}, text);
  const rows = most.map(([key, times]) => {
    const words = key.split(" ").map((token) => cell(WORDS[token]));
    return element("tr", {}, ...words, cell(grouped(times)));
  });
  const names = ["expected", "said", "times"];
  const head = names.map((name) => element("th", { scope: "col" }, name));
  return element(
    "table",
    { class: "plain words" },
    element("caption", {}, "The most frequent"),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
}

// The words that are wrong most often, on one side, in the order of their tokens.
function frequent(counts, side) {
  const times = new Map();
  for (const [key, n] of counts) {
    const token = +key.split(" ")[side];
    times.set(token, (times.get(token) ?? 0) + n);
  }
  const most = [...times].sort((a, b) => b[1] - a[1]).slice(0, MOST_WORDS);
  return most.map(([token]) => token).sort((a, b) => a - b);
}

function matrix_of(counts) {
  const rows = frequent(counts, 0);
  const columns = frequent(counts, 1);
  const left = 84;
  const top = 72;
  const strength = strength_of(counts);
  const svg = element("svg", {
    width: left + CELL * columns.length + 40,
    height: top + CELL * rows.length + 8,
    role: "img",
    "aria-label":
      "Expected words down, said words across; a table has the most frequent",
  });
  columns.forEach((said, c) => {
    svg.append(slanted(WORDS[said], left + CELL * c + 12, top - 6, -55, "tick"));
  });
  rows.forEach((expected, r) => {
    const y = top + CELL * r;
    svg.append(
      element("text", { class: "tick end", x: left - 8, y: y + 13 }, WORDS[expected]),
    );
    columns.forEach((said, c) => {
      const times = counts.get(`${expected} ${said}`) ?? 0;
      const fill = `rgb(${shades()(-strength(times))})`;
      const cell = rect("", left + CELL * c, y, CELL - 1, CELL - 1, { fill });
      const title = `expected ${WORDS[expected]}, said ${WORDS[said]}: ${grouped(times)}`;
      cell.append(element("title", {}, title));
      svg.append(cell);
    });
  });
  return svg;
}

// How dark a cell is: by the logarithm, or rare errors could not be seen.
function strength_of(counts) {
  const most = Math.log(1 + Math.max(...counts.values()));
  return (times) => (times ? Math.log(1 + times) / most : 0.02);
}
