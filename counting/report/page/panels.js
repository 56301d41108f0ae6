// The panels: what the networks said, how a word came about, the state, the matrix.

"use strict";

// --- the words that were said --------------------------------------------------------

function counted_column(one, side, shown) {
  const list = element("ol", {});
  let line = [], from = 0;
  one.tokens.forEach((token, k) => {
    const button = word_button(one, side, k, shown);
    if (WORDS[token] === SEPARATOR && line.length) line.push(element("span", { class: "together" }, line.pop(), button));
    else line.push(button);
    if (WORDS[token] !== SEPARATOR && k < one.tokens.length - 1) return;
    const words = one.tokens.slice(from, k + 1).map((t) => WORDS[t]).filter((w) => w !== SEPARATOR);
    const n = number_of(words);
    list.append(element("li", {}, element("span", { class: "digits" }, n === null ? "" : in_digits(n)),
      element("span", {}, ...line)));
    line = [];
    from = k + 1;
  });
  return element("div", {}, element("h3", {}, `${one.name}, seed ${one.seed}`),
    element("p", { class: "verdict" }, verdict(one)), list);
}

function verdict({ tokens, given, truth, wrong }) {
  const said = tokens.length - given;
  if (!truth.length) return `It says ${said} words.`;
  if (wrong < 0) return `All ${said} words that it says are right.`;
  const right = wrong - given;
  return `${right === 0 ? "Its first word is wrong" : `${right} ${right === 1 ? "word" : "words"} right, then an error`}: ` +
    `it says “${WORDS[tokens[wrong]]}”, right is “${truth[right]}”.`;
}

function word_button(one, side, k, shown) {
  const { tokens, given, wrong, truth } = one;
  const kind = k < given ? "given" : wrong < 0 || k < wrong ? "said" : k === wrong ? "wrong" : "after";
  const picked = side === +view.side && k === shown;
  const button = element("button", { type: "button", class: `word ${kind}`, "aria-pressed": picked,
    tabindex: picked || (side !== +view.side && k === given) ? 0 : -1, "data-place": k, "data-side": side },
    element("span", { class: "text" }, WORDS[tokens[k]]));
  if (kind === "wrong") button.append(element("span", { class: "hidden" }, " is wrong, right is "),
    element("small", {}, truth[k - given]));
  const unit = +view.unit;
  if (side === +view.side && unit >= 0 && k < one.outputs.length) button.style.background = unit_tint(one, unit, k);
  return button;
}

// The colour of a unit's value after a word was read; pale, so that words stay legible.
function unit_tint(one, unit, k) {
  const column = track_of(one, view.what)[k], scale = largest(one, view.what);
  return `rgb(${shades()((0.35 * column[unit]) / scale)})`;
}

// --- how a word came about -----------------------------------------------------------

function draw_top(one, shown) {
  if (!one) return $("top").replaceChildren();
  const { p } = one.outputs[shown - 1], truth = one.truth[shown - one.given];
  const order = WORDS.map((_, t) => t).sort((a, b) => p[b] - p[a] || a - b).slice(0, 5);
  const read = one.tokens.slice(Math.max(0, shown - 5), shown).map((t) => WORDS[t]).join(" ");
  return $("top").replaceChildren(
    element("p", { class: "note" }, `After “… ${read}” `, element("b", {}, `it ${shown < one.given ? "would say" : "says"}`)),
    bars(order.map((t) => [WORDS[t], p[t], share_text(p[t]), WORDS[t] === truth ? "true" : undefined])));
}

const most_of = (weights) => {
  const token = weights.indexOf(Math.max(...weights));
  return [WORDS[token], weights[token]];
};

function draw_copy(one, shown) {
  const output = one?.outputs[shown - 1], box = $("copy");
  if (!output?.mixture) {
    const able = DATA.variants.filter((v) => v.head === "copy").map((v) => v.name);
    $("copy-note").textContent = one ? `${one.name} can only say words of its own.` + (able.length ? ` Pick a network that copies: ${able.join(", ")}.` : "") : "";
    return box.replaceChildren();
  }
  $("copy-note").textContent = "How much weight it gives to a word of its own, to a word copied from the last ones it read, and to a substitute of the copied word, taken from a table it has learnt.";
  const { S, L } = one.net, copied = new Float64Array(L), put = new Float64Array(L);
  output.words.forEach((word, j) => {
    copied[word] += output.attention[j];
    for (let v = 0; v < L; v++) put[v] += output.attention[j] * S[word * L + v];
  });
  const favourites = [most_of(output.own), most_of(copied), most_of(put)];
  const names = ["own word", "copied", "substitute"], kinds = ["own", "copied", "substituted"];
  box.replaceChildren(bars(names.map((name, n) => [
    output.words.length || n === 0 ? `${name}: ${favourites[n][0]}` : `${name}: nothing to copy`,
    output.mixture[n], share_text(output.mixture[n]), kinds[n]])),
    looked_at(one, output, shown));
  return box;
}

// Where it looks: "when I had read this, that came next".
function looked_at(one, output, shown) {
  const from = shown - 1 - output.words.length;
  const rows = output.words.map((word, j) => [
    `${one.tokens.slice(Math.max(0, from + j - 1), from + j + 1).map((t) => WORDS[t]).join(" ")} → ${WORDS[word]}`,
    output.attention[j], share_text(output.attention[j])]);
  const best = rows.filter((row) => row[1] >= 0.01).sort((a, b) => b[1] - a[1]).slice(0, 4);
  return element("div", {}, element("p", { class: "note", style: "margin-top:1rem" },
    "Where it looks: the words it stood at, and what came next there"), bars(best));
}

// --- the timeline --------------------------------------------------------------------

const NOTES = {
  state: "The hidden state is all that a network remembers. Stripes that last from comma to comma hold a word of the number; those that change at every word tell where in the number it stands.",
  reset: "The reset gate of a GRU: in full colour, a new value sees the old state; blank, it is made of the word alone.",
  update: "The update gate of a GRU: in full colour, a unit keeps its value; blank, it takes a new one. Watch it at the comma.",
  new: "The new values, before the gates decide how much of them is taken.",
  input: "The input gate of an LSTM: in full colour, the cell is written to.",
  forget: "The forget gate of an LSTM: in full colour, the cell keeps what it holds; blank, it is wiped. Watch it at the comma.",
  output: "The output gate of an LSTM: in full colour, the cell can be seen from outside.",
  cell: "The cell of an LSTM, the memory behind its gates.",
};

const track_of = (one, what) => one.outputs.map((output) => (what === "state" ? output.h : output.gates[what]));

const largest = (one, what) => Math.max(1e-9, ...track_of(one, what).map((row) => Math.max(...row.map(Math.abs))));

// The units by the moment at which each is at its highest.
function by_moment(values) {
  const moment = (unit) => values.reduce((best, row, t) => (row[unit] > values[best][unit] ? t : best), 0);
  const units = Array.from(values[0], (_, unit) => [moment(unit), unit]);
  return units.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, unit]) => unit);
}

function draw_timeline(one, shown) {
  if (!one) return $("timeline").replaceChildren();
  if (view.what !== "state" && !(view.what in one.outputs[0].gates)) view.what = "state";
  const scale = largest(one, view.what), values = track_of(one, view.what).map((row) => row.map((v) => v / scale));
  const units = values[0].length, unit = +view.unit;
  const order = view.sort === "1" ? by_moment(values) : Array.from({ length: units }, (_, n) => n);
  const columns = one.outputs.map((output, t) => ({
    read: WORDS[one.tokens[t]], given: t < one.given, comma: WORDS[one.tokens[t]] === SEPARATOR,
    said: WORDS[output.best], wrong: t + 1 === one.wrong }));
  const drawn = timeline({ columns, values, order, tracks: tracks_of(one, values, unit), room: $("timeline").clientWidth,
    picked: { t: shown - 1, row: unit < 0 ? -1 : order.indexOf(unit) } });
  drawn.svg.addEventListener("click", (event) => {
    const { t, row } = drawn.place(event);
    if (t >= 0) view.place = String(t + 1);
    if (row >= 0) view.unit = String(order[row]);
    draw();
  });
  $("timeline").replaceChildren(drawn.svg);
  $("timeline-status").textContent = timeline_status(one, shown, unit);
  $("what-note").textContent = NOTES[view.what];
  $("timeline").order = order;
}

function timeline_status(one, shown, unit) {
  const t = shown - 1, value = unit < 0 ? "" : ` Unit ${unit} is at ${track_of(one, view.what)[t][unit].toFixed(3)}; the words above are coloured by it.`;
  return `Having read “${WORDS[one.tokens[t]]}”, it says “${WORDS[one.outputs[t].best]}”, with probability ${share_text(one.outputs[t].p[one.outputs[t].best])}.${value}`;
}

const mean = (row) => row.reduce((a, b) => a + b, 0) / row.length;

// Beneath the heat map: how sure it is, the unit, its gates, its ways of saying a word.
function tracks_of({ outputs }, values, unit) {
  const tracks = [{ label: "how sure", kind: "bars", series: [{ colour: "var(--muted)", values: outputs.map((o) => o.p[o.best]) }] }];
  if (unit >= 0) tracks.push({ label: `unit ${unit}`, kind: "lines", series: [{ colour: "var(--ink)", values: values.map((row) => (1 + row[unit]) / 2) }] });
  const gates = ["reset", "update", "input", "forget", "output"].filter((gate) => gate in outputs[0].gates);
  const tints = ["var(--c1)", "var(--c0)", "var(--c2)"];
  const of = (row) => (unit < 0 ? mean(row) : row[unit]), whose = unit < 0 ? "mean" : "its";
  if (gates.length) tracks.push({ label: "gates", kind: "lines", series: gates.map((gate, n) => ({
    name: `${whose} ${gate}`, colour: tints[n], values: outputs.map((o) => of(o.gates[gate])) })) });
  if (outputs[0].mixture) tracks.push({ label: "says", kind: "stack", series: ["own", "copied", "substitute"].map((name, n) => ({
    name, colour: ["var(--c2)", "var(--c1)", "var(--c4)"][n],
    values: outputs.map(({ mixture: m }) => { const low = m.slice(0, n).reduce((a, b) => a + b, 0); return [low, low + m[n]]; }) })) });
  return tracks;
}

// --- expected and said ---------------------------------------------------------------

let reading = 0; // the last reading that was begun; an older one stops

// Read the unseen text in slices, so that the page stays at hand.
function read_all() {
  const mine = ++reading, [variant, seed] = $("reader").value.split("/");
  const net = network(variant, seed), tokens = STREAMS.valid, counts = new Map();
  let state = zero_state(net), t = 0, spent = 0;
  $("matrix").setAttribute("aria-busy", "true");
  const slice = () => {
    if (mine !== reading) return;
    const began = performance.now();
    for (const end = Math.min(t + 100, tokens.length - 1); t < end; t++) {
      const output = step(net, state, tokens[t]), key = `${tokens[t + 1]} ${output.best}`;
      state = output.state;
      if (output.best !== tokens[t + 1]) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    spent += performance.now() - began;
    tell_reading(t, counts, spent);
    if (t < tokens.length - 1) setTimeout(slice);
    else show_matrix(counts);
  };
  slice();
}

const grouped = (n) => Math.round(n).toLocaleString("en");

function tell_reading(t, counts, spent) {
  const wrong = [...counts.values()].reduce((a, b) => a + b, 0);
  $("matrix-status").textContent = `${grouped(t)} words said, ${grouped(wrong)} of them wrong; `
    + `${grouped((1000 * t) / spent)} words a second in your browser.`;
}

function show_matrix(counts) {
  $("matrix").setAttribute("aria-busy", "false");
  $("matrix").replaceChildren(...(counts.size ? [matrix(counts, WORDS)] : []));
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
  const rows = most.map(([key, times]) => element("tr", {},
    ...key.split(" ").map((t) => element("td", {}, WORDS[t])), element("td", {}, grouped(times))));
  const head = ["expected", "said", "times"].map((text) => element("th", { scope: "col" }, text));
  $("confusions").replaceChildren(...(most.length ? [element("table", { class: "plain words" },
    element("caption", {}, "The most frequent"), element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows))] : []));
}
