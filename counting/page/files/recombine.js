// Recombination: windows of a text in which phrases are replaced by others, as
// counting/training/recombination.py makes them, under its names and in its orders. It
// begins with a window worked through.
//
// Sizes: T + 1 tokens of a window; E windows that have a place, K different places
// (a, a2, c): a and then a2 before c; F pairs of fillers that fit them; k windows drawn.

"use strict";

// --- places --------------------------------------------------------------------------

// The places of a text, and the starts of the windows that have each: c occurs at least
// twice in them, always after a, or after a and from some point on after a2; and a first
// occurs where there is no loss yet.
function places_of(text, T, opened) {
  const separators = new Int32Array(text.length + 1); // before each token
  text.forEach((token, i) => (separators[i + 1] = separators[i] + !token));
  return opened.flatMap((c) => {
    const at = []; // the positions before c
    text.forEach((token, i) => token === c && i && at.push(i - 1));
    let change = 0;
    const changes = at.map((i, n) => (change += n && text[i] !== text[at[n - 1]]));
    const here = new Map();
    let [low, high] = [0, -1]; // the first and the last in the window
    for (let start = 0; at.length > 1 && start < text.length - T; start++) {
      while (at[low] < start) low += 1;
      while (at[high + 1] < start + T) high += 1;
      if (low >= high || changes[high] - changes[low] > 1) continue;
      const read = separators[at[low]] - separators[start];
      if (read >= lines_needed(text, start)) continue;
      const place = [text[at[low]], text[at[high]], c];
      const key = key_of(place);
      if (!here.has(key)) here.set(key, { place, starts: [] });
      here.get(key).starts.push(start);
    }
    const order = ({ place: [a, a2] }, { place: [b, b2] }) => a - b || a2 - b2;
    return [...here.values()].sort(order);
  });
}

// The position at which each token occurred last; -1 if nowhere.
function last_seen(text) {
  const last = new Map();
  return Int32Array.from(text, (token, i) => {
    const before = last.get(token) ?? -1;
    last.set(token, i);
    return before;
  });
}

// --- the table, and draws from it ----------------------------------------------------

// The windows that have a place, and the fillers that fit it. Null if the text has no
// open word, or no window that begins a line has a place. `rare` is what
// rare_transitions gives for the text.
function recombination_of(text, T, rare) {
  const opened = open_words(text);
  const slots = fillers_by_slot(text, longest_filler(text, opened));
  const before = last_seen(text);
  const found = places_of(text, T, opened);
  const places = fitting_in(found, homes_of(slots, before), stood_before(slots));
  const windows = places.flatMap(({ place, starts }, k) =>
    starts.map((start) => ({ start, place, k })),
  ); // (E,)
  const chances = chances_of(windows, text, before, T);
  const rarity = rarity_of(rare);
  const at_line = windows
    .map(({ start }, i) => ({ i, rare: rarity.get(start) ?? 0 }))
    .filter(({ i }) => begins_line(text, windows[i].start));
  if (!at_line.length) return null;
  return {
    text,
    windows,
    chances,
    ...fillers_of(places),
    at_line: at_line.map(({ i }) => windows[i]),
    line_chances: cumulated(at_line.map(({ i }) => difference(chances, i))),
    rare_chances: cumulated(at_line.map(({ rare }) => rare)),
  };
}

// By word c, the fillers that occurred before it.
function stood_before(slots) {
  const stood = new Map();
  for (const { c, found } of slots.values()) {
    if (!stood.has(c)) stood.set(c, new Set());
    for (const { f } of found) stood.get(c).add(f.key);
  }
  return stood;
}

// The chances of windows that begin a line, by their starts, with each kind of
// transition as likely.
function rarity_of({ starts, chances }) {
  return new Map(starts.map((start, i) => [start, difference(chances, i)]));
}

// The fillers of all places: those of place k are first[k] .. first[k + 1] - 1.
function fillers_of(places) {
  let total = 0;
  const fillers = places.flatMap((one) => one.fillers); // (F,)
  const weights = [0, ...fillers.map(({ weight }) => (total += weight))]; // cumulated
  const first = [0];
  for (const one of places) first.push(first.at(-1) + one.fillers.length);
  return { fillers, weights, first };
}

const difference = (sums, i) => sums[i] - (i ? sums[i - 1] : 0);

// Cumulate the chances of drawing windows: each word that is new in its window and has
// loss is as likely, once in windows with a alone and once with a and a2; to this the
// same is added for every window.
function chances_of(windows, text, before, T) {
  const kinds = windows.map(({ start, place: [a, a2] }) => {
    const new_words = [];
    const needed = lines_needed(text, start);
    let lines = 0;
    for (let at = start + 1; at <= start + T; at++) {
      lines += text[at - 1] === SEPARATOR;
      if (before[at] < start && lines >= needed)
        new_words.push(2 * text[at] + (a === a2));
    }
    return new_words;
  });
  const counts = counted_by(kinds.flat());
  const weight = (sum, kind) => sum + 1 / counts.get(kind);
  return cumulated(kinds.map((one) => 1 / windows.length + one.reduce(weight, 0)));
}

// Draw k recombined windows, a quarter by the rarity of transitions, and a quarter that
// begin with a line: for each its tokens, and where in the text it starts.
function draw_recombined(table, k, T, rng) {
  const quarter = Math.floor(k / 4);
  const drawn = (windows, chances, size) =>
    rng.random(size).map((x) => windows[count_below(chances, x, true)]);
  const windows = [
    ...drawn(table.at_line, table.rare_chances, quarter),
    ...drawn(table.at_line, table.line_chances, quarter),
    ...drawn(table.windows, table.chances, k - 2 * quarter),
  ];
  return rng.random(k).map((x, row) => {
    const { start, place, k: which } = windows[row];
    const { weights, first, fillers } = table;
    const [low, high] = [weights[first[which]], weights[first[which + 1]]];
    const at = count_below(weights, low + x * (high - low), true);
    const { pair } = fillers[Math.min(at, first[which + 1]) - 1];
    return { start, row: with_fillers(table.text, start, place, pair, T + 1) };
  });
}

// A window of the text with fillers in its place; where they are longer, the end is cut
// off. The last word is replaced, too, if c comes right after it: it is a target.
function with_fillers(text, start, [a, a2, c], [f, g], length) {
  const row = [];
  for (let at = start; row.length < length; at++) {
    const word = text[at];
    const filler = text[at + 1] !== c ? null : word === a ? f : word === a2 ? g : null;
    row.push(...(filler ?? [word]));
  }
  return row.slice(0, length);
}
