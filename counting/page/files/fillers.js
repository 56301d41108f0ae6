// Fillers: the phrases that may be put before an open word, as
// counting/training/fillers.py finds them, under its names and in its orders.
//
// In maps, a phrase or a slot goes by its tokens with spaces between them.

"use strict";

const LONGEST = 8; // the most words of a filler, whatever the text

const key_of = (tokens) => tokens.join(" ");
const share_any = (some, others) => some.some((one) => others.includes(one));
const meet = (some, others) => [...some].some((one) => others.has(one)); // sets

// The words c before which no word returns after another, in order. But none that every
// line has; the last line may be cut off.
function open_words(text) {
  const before = new Map(); // by word c, the words before it
  const closed = new Set();
  const lines = new Map([[text[0], new Set([0])]]); // by word c, those that have it
  let line = 0;
  for (let i = 1; i < text.length; i++) {
    const [a, c] = [text[i - 1], text[i]];
    if (a === SEPARATOR) line += 1;
    if (!lines.has(c)) lines.set(c, new Set());
    lines.get(c).add(line);
    if (!before.has(c)) before.set(c, []);
    const words = before.get(c);
    if (closed.has(c) || words.at(-1) === a) continue;
    if (words.includes(a)) closed.add(c);
    words.push(a);
  }
  const whole = line + (text.at(-1) === SEPARATOR); // lines that end
  const lacking = (c) => lines.get(c).size - lines.get(c).has(whole) < whole;
  const open = [...before.keys()].filter((c) => !closed.has(c) && lacking(c));
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
