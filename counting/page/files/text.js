// Words and numbers: what was typed becomes tokens, and what comes next is worked out.

"use strict";

const UNITS = (
  "zero one two three four five six seven eight nine ten eleven twelve " +
  "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const LARGEST = 999999;

// English words of a number, as the data spells them: no "and", no hyphen.
function spell(n) {
  if (n >= 1000) return [...spell(Math.floor(n / 1000)), "thousand", ...rest(n % 1000)];
  if (n >= 100) return [UNITS[Math.floor(n / 100)], "hundred", ...rest(n % 100)];
  if (n >= 20) return [TENS[Math.floor(n / 10) - 2], ...rest(n % 10)];
  return [UNITS[n]];
}

const rest = (n) => (n ? spell(n) : []);

// The number that words spell, or null if they spell none.
function number_of(words) {
  let thousands = 0;
  let n = 0;
  for (const word of words) {
    if (UNITS.includes(word)) n += UNITS.indexOf(word);
    else if (TENS.includes(word)) n += 10 * (TENS.indexOf(word) + 2);
    else if (word === "hundred") n *= 100;
    else if (word === "thousand") {
      thousands = n * 1000;
      n = 0;
    } else return null;
  }
  n += thousands;
  return n <= LARGEST && words.join(" ") === spell(n).join(" ") ? n : null;
}

const in_digits = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

// How many letters must be changed, added or left out to make one word of another.
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + other));
    }
    row = next;
  }
  return row[b.length];
}

// The known words nearest to an unknown one, the nearest first.
function nearest(word, known, count = 3) {
  const far = known.map((other) => [distance(word, other), other]);
  return far
    .sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
    .slice(0, count)
    .map(([, other]) => other);
}

// Cut a list of words at the separator.
function numbers_of(words, separator) {
  const numbers = [[]];
  for (const word of words) {
    if (word === separator) numbers.push([]);
    else numbers[numbers.length - 1].push(word);
  }
  return numbers;
}

// The texts the networks were given, a number a line, and what follows a line.
function texts_of(streams, words) {
  const lines = streams.flatMap((s) =>
    numbers_of(
      [...s].map((t) => words[t]),
      words[0],
    ),
  );
  const place = new Map();
  lines.forEach((line, n) => {
    const key = line.join(" ");
    if (!place.has(key)) place.set(key, n);
  });
  const beside = (line, by) => lines[place.get(line.join(" ")) + by] ?? null;
  return { lines, beside };
}

// The line `by` places after a line: by arithmetic in English, else in the texts.
function neighbour(line, by, texts) {
  const n = number_of(line);
  if (n === null) return texts.beside(line, by);
  return n + by >= 1 && n + by <= LARGEST ? spell(n + by) : null;
}

// What was typed as words: digits are spelled where the vocabulary is English, and a
// single number gets the `lead` numbers before it. Unknown words are replaced, and told.
function read_start(typed, lead, words, texts) {
  const separator = words[0];
  const known = new Set(words);
  const spaced = typed
    .toLowerCase()
    .replace(/(\d),(?=\d{3}(?!\d))/g, "$1")
    .split(separator)
    .join(` ${separator} `);
  let asked = spaced.split(/\s+/).filter(Boolean);
  let digits = false;
  asked = asked.flatMap((word) => {
    if (!/^\d+$/.test(word) || +word > LARGEST || known.has(word)) return [word];
    digits = true;
    return spell(+word);
  });
  const changed = [];
  const heard = asked.map((word) => {
    if (known.has(word)) return word;
    const near = nearest(word, words.slice(1));
    changed.push({ word, near });
    return near[0];
  });
  if (digits && heard[heard.length - 1] !== separator) heard.push(separator);
  return { words: with_lead(heard, lead, separator, texts), changed };
}

// Put the numbers before a single one in front of it.
function with_lead(heard, lead, separator, texts) {
  const numbers = numbers_of(heard, separator).filter((line) => line.length);
  if (numbers.length !== 1) return heard;
  const before = [];
  for (let by = -lead; by < 0; by++) {
    const line = neighbour(numbers[0], by, texts);
    if (line) before.push(...line, separator);
  }
  return [...before, ...heard];
}

// The true words after a start, `count` numbers of them; empty if nobody can know.
function truth_after(start, count, separator, texts) {
  const numbers = numbers_of(start, separator);
  const open = numbers.pop();
  const last = numbers.filter((line) => line.length).pop();
  let line = last ? neighbour(last, 1, texts) : open;
  let truth = [];
  if (!line || open.some((word, n) => word !== line[n])) return [];
  for (let n = 0; n < count && line; n++) {
    truth.push(...line, separator);
    line = neighbour(line, 1, texts);
  }
  return truth.slice(open.length);
}
