// One unit of the recurrent cell in numbers, unrolled over a few words.

"use strict";

const UNROLLED = 7; // words at the most
const COLUMN = 66; // pixels for a word

const NOTES = {
  gru:
    "The reset gate decides how much of the old state the new value may see, the update " +
    "gate how much of the old value is kept: after = update · before + (1 − update) · new.",
  lstm:
    "The forget gate decides how much of the cell is kept, the input gate how much of " +
    "the new value is added: cell = forget · cell before + input · new. The state is what " +
    "the output gate lets out: after = output · tanh(cell).",
  none:
    "No gate: at every word, one part from the word and one from the whole old state are " +
    "added and squashed, and replace the unit's value.",
};

// The steps up to time t: the word read, the state, one unit in numbers, the word said.
function cell(one, t) {
  const room = $("said-0").clientWidth - 130;
  const columns = Math.min(UNROLLED, Math.max(2, Math.floor(room / COLUMN)));
  const first = Math.max(0, t - columns + 1);
  const times = Array.from({ length: t - first + 1 }, (_, n) => first + n);
  const unit = +view.unit < 0 ? default_unit(one) : Math.min(+view.unit, one.net.H - 1);
  const row = (name, content, kind = "") =>
    element(
      "tr",
      { class: kind },
      element("th", { scope: "row" }, name),
      ...times.map((time) => element("td", {}, content(time))),
    );
  const numbers = Object.entries(terms_of(one, unit, t)).map(([name]) =>
    row(name, (time) => signed(terms_of(one, unit, time)[name])),
  );
  const table = element(
    "table",
    { class: "unrolled" },
    row("reads", (time) => one.read[time]),
    row("hidden state", (time) => state_grid(one, unit, time), "states"),
    ...numbers,
    row("says", (time) => one.vocabulary.words[one.outputs[time].best]),
  );
  return [unit_picker(one, unit), table, note_of(one)];
}

const signed = (x) => x.toFixed(2).replace("-", "−");

const note_of = ({ outputs: [{ gates }] }) =>
  element("p", { class: "note" }, NOTES[kind_of(gates)]);

function kind_of(gates) {
  if ("update" in gates) return "gru";
  return "forget" in gates ? "lstm" : "none";
}

// The numbers of a unit at time t, by name.
function terms_of({ net, read, outputs, vocabulary }, unit, t) {
  const { h, gates } = outputs[t];
  const before = t ? outputs[t - 1].h : new Float32Array(net.H);
  const after = h[unit];
  if ("update" in gates) {
    const { reset, update, new: fresh } = gates;
    const named = { before: before[unit], reset: reset[unit], new: fresh[unit] };
    return { ...named, update: update[unit], after };
  }
  if ("forget" in gates) {
    const { input, forget, output, new: fresh, cell: kept } = gates;
    const last = t ? outputs[t - 1].gates.cell[unit] : 0;
    const named = { "cell before": last, forget: forget[unit], input: input[unit] };
    return { ...named, new: fresh[unit], cell: kept[unit], output: output[unit], after };
  }
  const brought = net.input_table[vocabulary.tokens.get(read[t]) * net.H + unit];
  const row = net.W_hh.subarray(unit * net.H, (unit + 1) * net.H);
  const recalled = row.reduce((sum, weight, j) => sum + weight * before[j], 0);
  return { "from the word": brought, "from the state": recalled, after };
}

// All units of the state at time t as squares; the picked one is framed.
function state_grid(one, unit, t) {
  const { h } = one.outputs[t];
  const side = Math.ceil(Math.sqrt(h.length));
  const shade = shades();
  const scale = scale_of(one);
  const squares = [...h].map((value, j) =>
    element("rect", {
      class: j === unit ? "pick" : null,
      x: j % side,
      y: Math.floor(j / side),
      width: 0.92,
      height: 0.92,
      fill: shade(value / scale),
      "data-unit": j,
    }),
  );
  squares.push(...squares.splice(unit, 1)); // its frame lies above the others
  return element(
    "svg",
    { viewBox: `-0.2 -0.2 ${side + 0.4} ${side + 0.4}`, "aria-hidden": "true" },
    ...squares,
  );
}

// Units that the probe has named come first.
function unit_picker(one, unit) {
  const named = units_of(one);
  const all = Array.from({ length: one.net.H }, (_, j) => j);
  const others = all.filter((j) => !named.some((each) => each.unit === j));
  const options = [
    ...named.map(({ unit: j, name }) => [j, `${j}, ${name}`]),
    ...others.map((j) => [j, String(j)]),
  ].map(([value, text]) =>
    element("option", { value, selected: value === unit ? "" : null }, text),
  );
  const select = element("select", { id: "unit" }, ...options);
  select.addEventListener("change", () => change({ unit: select.value }, false));
  return element("label", { class: "unit" }, "Unit ", select);
}

const default_unit = (one) => units_of(one)[0]?.unit ?? 0;
