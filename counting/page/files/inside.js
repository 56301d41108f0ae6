// How a word came about: the likeliest words, what was copied, the state over time.

"use strict";

// --- the likeliest words -------------------------------------------------------------

function draw_top(one, shown) {
  const { p } = one.outputs[shown - 1];
  const truth = one.truth[shown - one.given];
  const order = WORDS.map((_, token) => token).sort((a, b) => p[b] - p[a] || a - b);
  const read = text_of(one.tokens.slice(Math.max(0, shown - 5), shown));
  const says = element("b", {}, `it ${shown < one.given ? "would say" : "says"}`);
  const rows = order.slice(0, 5).map((t) => {
    return [WORDS[t], p[t], share_text(p[t]), WORDS[t] === truth ? "true" : ""];
  });
  $("top").replaceChildren(
    element("p", { class: "note" }, `After “… ${read}” `, says),
    bars(rows),
  );
}

// --- the copy head -------------------------------------------------------------------

const COPY_NOTE =
  "How much weight it gives to a word of its own, to a word copied from the last ones " +
  "it read, and to a substitute of the copied word, taken from a table it has learnt.";

function draw_copy(one, shown) {
  const output = one.outputs[shown - 1];
  $("copy-note").textContent = output.mixture ? COPY_NOTE : cannot_copy(one);
  $("copy").replaceChildren(
    ...(output.mixture
      ? [bars(ways_of(one, output)), looked_at(one, output, shown)]
      : []),
  );
}

function cannot_copy({ name }) {
  const able = DATA.variants.filter((v) => v.head === "copy").map((v) => v.name);
  const others = able.length ? ` Pick a network that copies: ${able.join(", ")}.` : "";
  return `${name} can only say words of its own.${others}`;
}

const favourite = (weights) => WORDS[weights.indexOf(Math.max(...weights))];

// The three ways of saying a word, each with the word it would say.
function ways_of({ net: { S, L } }, { own, words, attention, mixture }) {
  const copied = new Float64Array(L);
  const substitute = new Float64Array(L);
  words.forEach((word, j) => {
    copied[word] += attention[j];
    for (let v = 0; v < L; v++) substitute[v] += attention[j] * S[word * L + v];
  });
  const would = (weights) => (words.length ? favourite(weights) : "nothing to copy");
  return [
    [`own word: ${favourite(own)}`, mixture[0], share_text(mixture[0]), "own"],
    [`copied: ${would(copied)}`, mixture[1], share_text(mixture[1]), "copied"],
    [
      `substitute: ${would(substitute)}`,
      mixture[2],
      share_text(mixture[2]),
      "substituted",
    ],
  ];
}

// Where it looks: "when I had read this, that came next".
function looked_at({ tokens }, { words, attention }, shown) {
  const from = shown - 1 - words.length;
  const rows = words.map((word, j) => {
    const stood = text_of(tokens.slice(Math.max(0, from + j - 1), from + j + 1));
    return [`${stood} → ${WORDS[word]}`, attention[j], share_text(attention[j])];
  });
  const most = rows.filter((row) => row[1] >= 0.01).sort((a, b) => b[1] - a[1]);
  const note = "Where it looks: the words it stood at, and what came next there";
  return element(
    "div",
    {},
    element("p", { class: "note" }, note),
    bars(most.slice(0, 4)),
  );
}

// --- the state over time -------------------------------------------------------------

const NOTES = {
  state:
    "The hidden state is all that a network remembers. A stripe that lasts from comma to " +
    "comma can hold a word of the number; a unit that changes at every word can tell " +
    "where in the number it stands.",
  reset:
    "The reset gate of a GRU: in full colour, a new value sees the old state; blank, it " +
    "is made of the word alone.",
  update:
    "The update gate of a GRU: in full colour, a unit keeps its value; blank, it takes a " +
    "new one. Watch it at the comma.",
  new: "The new values, before the gates decide how much of them is taken.",
  input: "The input gate of an LSTM: in full colour, the cell is written to.",
  forget:
    "The forget gate of an LSTM: in full colour, the cell keeps what it holds; blank, it " +
    "is wiped. Watch it at the comma.",
  output:
    "The output gate of an LSTM: in full colour, the cell can be seen from outside.",
  cell: "The cell of an LSTM, the memory behind its gates.",
};

// What is shown of each moment, the state or a gate, and the largest value of it.
function track_of({ outputs }, what) {
  const values = outputs.map(({ h, gates }) => (what === "state" ? h : gates[what]));
  const scale = Math.max(1e-9, ...values.map((row) => Math.max(...row.map(Math.abs))));
  return { values, scale };
}

// The units by the moment at which each is at its highest.
function by_moment(values) {
  const moment = (unit) =>
    values.reduce((best, row, t) => (row[unit] > values[best][unit] ? t : best), 0);
  const units = Array.from(values[0], (_, unit) => [moment(unit), unit]);
  return units.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, unit]) => unit);
}

function draw_timeline(one, shown) {
  const unit = +view.unit;
  const { values, scale } = track_of(one, view.what);
  const shares = values.map((row) => row.map((value) => value / scale));
  const order = view.sort === "1" ? by_moment(shares) : [...shares[0].keys()];
  const drawn = timeline({
    columns: columns_of(one),
    values: shares,
    order,
    tracks: tracks_of(one, shares, unit),
    room: $("timeline").clientWidth,
    picked: { t: shown - 1, row: unit < 0 ? -1 : order.indexOf(unit) },
  });
  drawn.svg.addEventListener("click", (event) => {
    const { t, row } = drawn.place(event);
    const place = t < 0 ? {} : { place: String(t + 1) };
    change({ ...place, ...(row < 0 ? {} : { unit: String(order[row]) }) }, false);
  });
  $("timeline").replaceChildren(drawn.svg);
  $("timeline").order = order;
  $("what-note").textContent = NOTES[view.what];
  $("timeline-status").textContent = status_of(one, shown - 1, values[shown - 1][unit]);
}

const columns_of = ({ outputs, tokens, given, wrong }) =>
  outputs.map((output, t) => ({
    read: WORDS[tokens[t]],
    given: t < given,
    comma: WORDS[tokens[t]] === SEPARATOR,
    said: WORDS[output.best],
    wrong: t + 1 === wrong,
  }));

function status_of({ tokens, outputs }, t, value) {
  const { best, p } = outputs[t];
  const says = `Having read “${WORDS[tokens[t]]}”, it says “${WORDS[best]}”`;
  const unit =
    value === undefined
      ? ""
      : ` Unit ${view.unit} is at ${value.toFixed(3)}; the words above are coloured by it.`;
  return `${says}, with probability ${share_text(p[best])}.${unit}`;
}

// --- beneath it: how sure it is, the unit, its gates, its ways of saying a word ------

const mean = (row) => row.reduce((a, b) => a + b, 0) / row.length;

function tracks_of({ outputs }, values, unit) {
  const sure = outputs.map(({ p, best }) => p[best]);
  const tracks = [{ label: "how sure", kind: "bars", series: [tinted("muted", sure)] }];
  if (unit >= 0) {
    const around = values.map((row) => (1 + row[unit]) / 2); // zero in the middle
    tracks.push({
      label: `unit ${unit}`,
      kind: "lines",
      series: [tinted("ink", around)],
    });
  }
  const gates = ["reset", "update", "input", "forget", "output"];
  const known = gates.filter((gate) => gate in outputs[0].gates);
  if (known.length) tracks.push(gate_track(outputs, known, unit));
  if (outputs[0].mixture) tracks.push(mixture_track(outputs));
  return tracks;
}

const tinted = (tint, values, name) => ({ name, colour: `var(--${tint})`, values });

// The gates of the unit that is picked, or the mean over all units.
function gate_track(outputs, known, unit) {
  const value = (row) => (unit < 0 ? mean(row) : row[unit]);
  const series = known.map((gate, n) => {
    const values = outputs.map(({ gates }) => value(gates[gate]));
    return tinted(
      ["c1", "c0", "c2"][n],
      values,
      `${unit < 0 ? "mean" : "its"} ${gate}`,
    );
  });
  return { kind: "lines", series };
}

function mixture_track(outputs) {
  const series = ["own", "copied", "substitute"].map((name, n) => {
    const values = outputs.map(({ mixture }) => {
      const low = mixture.slice(0, n).reduce((a, b) => a + b, 0);
      return [low, low + mixture[n]];
    });
    return tinted(["c2", "c1", "c4"][n], values, name);
  });
  return { kind: "stack", series };
}
