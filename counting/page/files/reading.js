// Turn what somebody types, digits or words, into words that a network knows, by the
// rules of counting/speaking/prompt.py; tests/speaking/inputs.json has cases.

"use strict";

const LEAD_IN = 2; // numbers to put before a single one
const CORRECTED = 4; // letters of a word that may be corrected, at least
const THOUSANDS = /(?<![0-9])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])/g; // 9,097
const DOTS = /[\s.]*\.\s*$/;
const HYPHENS = /[-\u2010\u2013]/;
const SHOWN = 12; // words that a refusal lists at the most
const SHOWN_LETTERS = 60; // of a bad value that a refusal repeats, at the most

class Refusal extends Error {}

// Read a text: the words, numbers put before a single one, and remarks on it; or throw
// a Refusal that says what can be read.
function read_prompt(text, vocabulary) {
  const reader = { ...vocabulary, known: known_of(vocabulary), remarks: [] };
  const parts = parts_of_text(reader, text);
  const numbers = parts.flatMap((part) => numbers_in(reader, part));
  if (!numbers.length) throw refusal(reader, "there is no number");
  const words = numbers.flatMap((number) => [...number, reader.separator]).slice(0, -1);
  const last = number_of(numbers[numbers.length - 1]);
  const open = parts[parts.length - 1].length > 0;
  if (last && open) reader.remarks.push("a comma is added at the end");
  if (last || !open) words.push(reader.separator);
  const lead = last && numbers.length === 1 ? lead_in(reader, last) : [];
  return { lead, words, remarks: reader.remarks };
}

function known_of({ words, separator }) {
  const known = words.filter((word) => word !== separator && word !== "<unk>");
  return new Map(known.map((word) => [plain(word), word]));
}

const plain = (text) => text.normalize("NFKC");

const is_digits = (typed) => /^[0-9]+$/.test(typed);

// Cut a text where numbers end, and each number at its blanks.
function parts_of_text({ remarks, separator }, text) {
  text = plain(text).replace(DOTS, "");
  const [found] = text.match(THOUSANDS) ?? [];
  if (found) {
    const several = found.replaceAll(",", ", ");
    remarks.push(`${found} is read as one number: write ${several} for several`);
  }
  return text
    .replace(THOUSANDS, (number) => number.replaceAll(",", ""))
    .replace(/[;\n]/g, separator)
    .split(separator)
    .map((part) => part.split(/\s+/).filter(Boolean));
}

// The numbers of a part, in words: more than one if blanks separate digits.
function numbers_in(reader, part) {
  const numbers = [[]];
  part.forEach((typed, n) => {
    const before = part[n - 1] ?? "";
    if (is_digits(before) && is_digits(typed)) {
      reader.remarks.push(`a comma is read between ${before} and ${typed}`);
      numbers.push([]);
    }
    numbers[numbers.length - 1].push(...words_in(reader, typed));
  });
  return numbers.filter((words) => words.length);
}

// The text between two blanks, as known words.
function words_in(reader, typed) {
  const { known } = reader;
  for (const word of [typed, typed.toLowerCase()]) {
    if (known.has(word)) return [known.get(word)];
  }
  if (is_digits(typed) && typed[0] !== "0") return spelled(reader, typed);
  const parts = typed.toLowerCase().split(HYPHENS);
  if (/[0-9]/.test(typed) || !parts.every(Boolean)) {
    throw refusal(reader, `${quoted(typed)} cannot be read`);
  }
  return parts
    .filter((part) => part !== "and" || known.has("and"))
    .map((part) => known.get(part) ?? corrected(reader, part));
}

function spelled(reader, digits) {
  const short = digits.length <= String(LARGEST).length;
  const words = short ? spell_known(+digits, reader) : [];
  if (words.length) return words;
  throw refusal(reader, `${quoted(digits)} has words that it does not know`);
}

function corrected(reader, word) {
  const close = [...reader.known].filter(([other]) => are_near(word, other));
  if (close.length === 1 && word.length >= CORRECTED && /^\p{L}+$/u.test(word)) {
    reader.remarks.push(`'${word}' is read as '${close[0][1]}'`);
    return close[0][1];
  }
  const meant = close.map(([, other]) => `'${other}'`).join(" or ");
  const hint = meant && ` (did you mean ${meant}?)`;
  throw refusal(reader, `${quoted(word)} is not a word it knows${hint}`);
}

// Whether two words differ by one letter, or by two neighbours that are swapped.
function are_near(one, other) {
  [one, other] = [[...one], [...other]];
  while (one.length && other.length && one[0] === other[0]) {
    one.shift();
    other.shift();
  }
  while (one.length && other.length && one.at(-1) === other.at(-1)) {
    one.pop();
    other.pop();
  }
  const most = Math.max(one.length, other.length);
  const swapped = one.length === 2 && one.join() === other.reverse().join();
  return most <= 1 || swapped;
}

function lead_in(reader, number) {
  const words = [];
  if (number <= LEAD_IN) return words; // a count begins with it
  for (let n = number - LEAD_IN; n < number; n++) {
    const before = spell_known(n, reader);
    if (before.length) words.push(...before, reader.separator);
  }
  return words;
}

function quoted(text) {
  const whole = text.includes("'") ? `"${text}"` : `'${text}'`;
  return whole.length <= SHOWN_LETTERS ? whole : `${whole.slice(0, SHOWN_LETTERS)}...`;
}

// An error that says what was read so far, what is wrong, and what can be read.
function refusal(reader, what) {
  const reason = [...reader.remarks, what].join("; ");
  const most = largest(reader);
  if (most) {
    const range = `numbers from 1 to ${in_digits(most)}, in digits or words`;
    return new Refusal(`${reason}: the network reads ${range}`);
  }
  const listed = [...reader.known.values()].slice(0, SHOWN).join(" ");
  return new Refusal(`${reason}: the network reads the words ${listed} ...`);
}
