// Words and numbers: how numbers are spelled, and which words come after a text.
//
// A vocabulary belongs to a text: its words, the separator first, and its lines, one
// number each. The rules are those of the terminal (counting/speaking).

"use strict";

const UNITS = (
  "zero one two three four five six seven eight nine ten eleven twelve " +
  "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const LARGEST = 9999999;

// The English words of a number, as the data spells them: no "and", no hyphen.
function spell(n) {
  for (const [unit, word] of [
    [1e6, "million"],
    [1000, "thousand"],
    [100, "hundred"],
  ]) {
    if (n >= unit) return [...spell(Math.floor(n / unit)), word, ...rest(n % unit)];
  }
  if (n >= 20) return [TENS[Math.floor(n / 10) - 2], ...rest(n % 10)];
  return [UNITS[n]];
}

const rest = (n) => (n ? spell(n) : []);

// The number that English words spell, or null if they spell none.
function number_of(words) {
  let done = 0;
  let n = 0;
  for (const word of words) {
    if (UNITS.includes(word)) n += UNITS.indexOf(word);
    else if (TENS.includes(word)) n += 10 * (TENS.indexOf(word) + 2);
    else if (word === "hundred") n *= 100;
    else if (word === "thousand" || word === "million") {
      done += n * (word === "million" ? 1e6 : 1000);
      n = 0;
    } else return null;
  }
  n += done;
  return n > 0 && n <= LARGEST && words.join(" ") === spell(n).join(" ") ? n : null;
}

const in_digits = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

// Cut a list of words at the separator.
function numbers_of(words, separator) {
  const numbers = [[]];
  for (const word of words) {
    if (word === separator) numbers.push([]);
    else numbers[numbers.length - 1].push(word);
  }
  return numbers;
}

function vocabulary_of(words, lines = []) {
  const places = new Map(); // of lines that occur once; null for the others
  lines.forEach((line, n) => {
    const key = line.join(" ");
    places.set(key, places.has(key) ? null : n);
  });
  const tokens = new Map(words.map((word, token) => [word, token]));
  return { words, separator: words[0], tokens, lines, places };
}

// Spell a number; empty if one of its words is not known.
function spell_known(n, { tokens }) {
  const words = n <= LARGEST ? spell(n) : [];
  return words.every((word) => tokens.has(word)) ? words : [];
}

// The line after a line: by arithmetic if it is English, else from the text, if the
// line occurs there once.
function line_after(line, vocabulary) {
  const n = number_of(line);
  if (n !== null) return spell_known(n + 1, vocabulary);
  const place = vocabulary.places.get(line.join(" "));
  return vocabulary.lines[(place ?? Infinity) + 1] ?? [];
}

// The words that should come after a start, for `count` numbers at the most. Known only
// after a separator that ends a number.
function truth_after(start, count, vocabulary) {
  const { separator } = vocabulary;
  const numbers = numbers_of(start, separator);
  let line = numbers.pop().length ? [] : (numbers.pop() ?? []);
  const truth = [];
  for (let n = 0; n < count; n++) {
    line = line_after(line, vocabulary);
    if (!line.length) break;
    truth.push(...line, separator);
  }
  return truth;
}

// The last number up to which all can be spelled; 0 if one cannot.
function largest({ tokens }) {
  for (let n = 1; n <= 1000000; n += n < 1000 ? 1 : 1000) {
    if (!spell_known(n, { tokens }).length) return n - 1;
  }
  return LARGEST;
}
