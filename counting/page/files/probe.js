// The digits that linear probes read from the state.

"use strict";

const PLACES = ["thousands", "hundreds", "tens", "units"];
const NAMED = 0.75; // a digit explains this share of the variance of a named unit

// The probes of a variant are those of one seed; null for the others.
function probe_of(name, seed) {
  const { probe } = VARIANTS.get(name);
  return probe && String(probe.seed) === seed ? probe.places : null;
}

// How many digits of a number are certain after these English words of it: "four" may
// still become 400 or 4,000.
function places_read(words, ended) {
  const [before, last] = [words.at(-2), words.at(-1)];
  if (ended || UNITS.indexOf(last) > 9) return 4;
  if (TENS.includes(last)) return 3;
  if (last === "hundred") return 2;
  if (last === "thousand") return 1;
  if (before === "hundred" || TENS.includes(before)) return 4;
  return before === "thousand" ? 1 : 0;
}

// Read the digits from the state after place k: each that is certain there, and whether
// it is wrong; a dot where the probe was never fitted to the right digit. Null if there
// are none: probes are fitted inside a text, so they cannot read the first number.
function digits_held({ probe, read, outputs, vocabulary }, k) {
  const { separator } = vocabulary;
  const ended = read[k] === separator;
  const from = k ? read.lastIndexOf(separator, k - 1) + 1 : 0;
  const words = read.slice(from, ended ? k : k + 1);
  const n = number_of(words);
  if (!probe || !from || !outputs[k] || n === null || n > 9999) return null;
  const certain = places_read(words, ended);
  const right = [...String(n).padStart(4, "0")].map(Number);
  return PLACES.slice(0, certain).flatMap((place, p) => {
    if (!probe[place]) return [];
    if (!probe[place].digits.includes(right[p])) return [{ digit: "·", wrong: false }];
    const digit = read_digit(probe[place], outputs[k].h);
    return [{ digit, wrong: digit !== right[p] }];
  });
}

// The digit with the largest weight · h + bias.
function read_digit({ digits, weight, bias }, h) {
  const scores = weight.map((row, j) => row.reduce((sum, w, i) => sum + w * h[i], bias[j]));
  return digits[scores.indexOf(Math.max(...scores))];
}

// Units that hold a digit: number and name, each unit once.
function units_of({ probe }) {
  const found = new Map();
  for (const place of PLACES) {
    for (const [unit, share] of probe?.[place]?.units ?? []) {
      if (share >= NAMED && !found.has(unit)) found.set(unit, `holds the ${place}`);
    }
  }
  return [...found].map(([unit, name]) => ({ unit, name }));
}
