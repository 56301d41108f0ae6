// Recombination: windows of a text in which phrases are replaced by others, as
// counting/training/recombination.py and fillers.py make them. The former begins with a
// window worked through; names and orders are those of both.
//
// In maps, a phrase or a slot goes by its tokens with spaces between them.
//
// Sizes: n tokens of the text, T + 1 tokens of a window; E windows that have a place,
// K different places (a, a2, c): a and then a2 before c; F pairs of fillers.

"use strict";

const LONGEST = 8; // the most words of a filler, whatever the text

const key_of = (tokens) => tokens.join(" ");
const share_any = (some, others) => some.some((one) => others.includes(one));
const meet = (some, others) => [...some].some((one) => others.has(one)); // sets

// --- fillers -------------------------------------------------------------------------

// The words c before which no word returns after another, in order.
function open_words(text) {
  const before = new Map(); // by word c, the words before it
  const closed = new Set();
  for (let i = 1; i < text.length; i++) {
    const [a, c] = [text[i - 1], text[i]];
    if (!before.has(c)) before.set(c, []);
    const words = before.get(c);
    if (closed.has(c) || words.at(-1) === a) continue;
    if (words.includes(a)) closed.add(c);
    words.push(a);
  }
  const open = [...before.keys()].filter((c) => !closed.has(c));
  return open.sort((one, other) => one - other);
}

// The words of the longest line that has no open word.
function longest_filler(text, opened) {
  let most = -1;
  for (let start = 0, at = 1; at <= text.length; at++) {
    if (at < text.length && text[at] !== SEPARATOR) continue;
    const line = [...text.subarray(start, at)]; // but for the first, from its separator
    const words = line.filter((word) => word !== SEPARATOR).length;
    if (!share_any(opened, line)) most = Math.max(most, words);
    start = at;
  }
  return Math.min(most < 0 ? 1 : most, LONGEST);
}

// The fillers of every slot, with their positions, in order.
function fillers_by_slot(text, longest) {
  const slots = new Map();
  for (let i = 1; i < text.length - longest; i++) {
    for (let size = 1; size <= longest; size++) {
      const words = [...text.subarray(i, i + size)];
      const ends = [text[i - 1], text[i + size]];
      if (share_any(words, ends)) continue;
      const slot = key_of(ends);
      if (!slots.has(slot)) slots.set(slot, { c: ends[1], found: [] });
      slots.get(slot).found.push({ i, f: { words, key: key_of(words) } });
    }
  }
  return slots;
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

// The slots in which each filler occurs (f, f), and each two follow each other (f, g).
function homes_of(slots, before) {
  const homes = new Map();
  for (const [slot, { found }] of slots) {
    const put = (f, g) => {
      const key = `${f.key}|${g.key}`;
      if (!homes.has(key)) homes.set(key, { f, g, home: new Set() });
      homes.get(key).home.add(slot);
    };
    for (const { f } of found) put(f, f);
    found.slice(1).forEach(({ i, f: g }, n) => {
      const previous = found[n];
      if (before[i - 1] === previous.i - 1) put(previous.f, g);
    });
  }
  return homes;
}

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

// The places that some fillers fit, each with these.
function fitting_in(found, homes, stood) {
  const moving = new Set(); // "a c": before c, a is followed by another word
  const alone = ({ place: [a, a2] }) => a === a2;
  const moved = found.filter((one) => !alone(one));
  return [...moved, ...found.filter(alone)].flatMap((one) => {
    const [a, a2, c] = one.place;
    if (alone(one) && !moving.has(key_of([a, c]))) return [];
    const fillers = fillers_for(one.place, homes, stood.get(c) ?? new Set());
    if (!fillers.length) return [];
    moving.add(key_of([a, c])).add(key_of([a2, c]));
    return [{ ...one, fillers }];
  });
}

// The fillers that fit a place, with weights such that each kind is as likely: lengths
// of both, and the words that only the second one has.
function fillers_for(place, homes, stood) {
  const [a, a2] = place;
  const own = homes.get(`${a}|${a2}`)?.home;
  if (!own) return [];
  const kinds = new Map();
  for (const { f, g, home } of homes.values()) {
    if ((f.key === g.key) !== (a === a2)) continue;
    if (!meet(own, home)) continue;
    if (share_any([...f.words, ...g.words], place)) continue;
    if (stood.has(f.key) && stood.has(g.key)) continue;
    const added = new Set(g.words.filter((word) => !f.words.includes(word)));
    const kind = [f.words.length, g.words.length, ...[...added].sort()].join();
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push([f.words, g.words]);
  }
  return [...kinds.values()].flatMap((alike) =>
    alike.map((pair) => ({ pair, weight: 1 / alike.length })),
  );
}

// --- the table, and draws from it ----------------------------------------------------

// The windows that have a place, and the fillers that fit it. Null if the text has no
// open word, or no window that begins a line has a place.
function recombination_of(text, T) {
  const opened = open_words(text);
  const slots = fillers_by_slot(text, longest_filler(text, opened));
  const before = last_seen(text);
  const stood = new Map(); // by word c, the fillers that occurred before it
  for (const { c, found } of slots.values()) {
    if (!stood.has(c)) stood.set(c, new Set());
    for (const { f } of found) stood.get(c).add(f.key);
  }
  const found = places_of(text, T, opened);
  const places = fitting_in(found, homes_of(slots, before), stood);
  const windows = places.flatMap(({ place, starts }, k) =>
    starts.map((start) => ({ start, place, k })),
  ); // (E,)
  const at_line = windows.filter(({ start }) => begins_line(text, start));
  if (!at_line.length) return null;
  const chances = chances_of(windows, text, before, T);
  const rarity = new Map();
  const rare = rare_transitions(text, T);
  rare.starts.forEach((start, i) => rarity.set(start, difference(rare.chances, i)));
  const of_windows = windows.map((one, i) => [one, difference(chances, i)]);
  const of_lines = of_windows.filter(([{ start }]) => begins_line(text, start));
  let total = 0;
  const weights = [0]; // (F + 1,), cumulated over all places
  const first = [0]; // (K + 1,): place k has the fillers first[k] .. first[k + 1] - 1
  const fillers = places.flatMap((one) => one.fillers);
  for (const { weight } of fillers) weights.push((total += weight));
  for (const one of places) first.push(first.at(-1) + one.fillers.length);
  return {
    ...{ text, windows, chances, at_line, fillers, weights, first },
    line_chances: cumulated(of_lines.map(([, chance]) => chance)),
    rare_chances: cumulated(at_line.map(({ start }) => rarity.get(start) ?? 0)),
  };
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
