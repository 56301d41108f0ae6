// Which windows a step of training reads, and where they have loss: as
// counting/training/batches.py and lines.py draw them, by the same draws.
//
// Sizes: n tokens of the text, B windows of T + 1 tokens.

"use strict";

const SEPARATOR = 0; // the token that ends a line
const NO_TARGET = -1; // the target of a position that has no loss
const SURVEYED = 2 ** 17; // only so many tokens of a long text are looked at

// --- draws ---------------------------------------------------------------------------

// NumPy's default_rng(seed): `random(k)` draws k float64 in [0, 1), `integers(end, k)`
// k whole numbers below `end`, by the method of Lemire (2019) in 32 bits.
function default_rng(seed) {
  const next = pcg64(seed_words(seed));
  const kept = []; // half of 64 bits, which the next draw of 32 takes
  function draw_32() {
    if (kept.length) return kept.pop();
    const bits = next();
    kept.push(Number(bits >> 32n));
    return Number(bits & 0xffffffffn);
  }
  function integer(end) {
    if (end === 1) return 0;
    const uneven = (2 ** 32 - end) % end; // below it, some numbers come too often
    let product;
    do product = draw_32() * end;
    while (product % 2 ** 32 < uneven);
    return Math.floor(product / 2 ** 32);
  }
  const drawn = (k, draw) => Array.from({ length: k }, draw);
  return {
    random: (k) => drawn(k, () => Number(next() >> 11n) / 2 ** 53),
    integers: (end, k) => drawn(k, () => integer(end)),
  };
}

// How many of ascending values come before `x`; with `equal`, those equal to it, too.
function count_below(values, x, equal) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < x || (equal && values[middle] === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Turn weights into chances, cumulated up to 1.
function cumulated(weights) {
  let total = 0;
  const sums = Float64Array.from(weights, (weight) => (total += weight));
  return sums.map((sum) => sum / total);
}

// --- lines ---------------------------------------------------------------------------

const begins_line = (text, at) => at === 0 || text[at - 1] === SEPARATOR;

// The separators that must be read before a target has loss: what comes before the
// first one is not a whole line, unless the window begins with a line.
const lines_needed = (text, start) => (begins_line(text, start) ? 1 : 2);

// How many words two lines begin with in common.
function in_common(one, two) {
  const differs = one.findIndex((word, i) => word !== two[i]);
  return differs < 0 ? one.length : differs;
}

// Weigh windows that begin a line so that each kind of transition is as likely: how many
// words two lines begin with in common, and their lengths.
function rare_transitions(text, T) {
  const lines = [[]];
  const first = [0];
  text.forEach((token, at) => {
    if (token !== SEPARATOR) return lines.at(-1).push(token);
    lines.push([]);
    first.push(at + 1);
  });
  const kind_before = (i) =>
    [in_common(lines[i - 1], lines[i]), lines[i - 1].length, lines[i].length].join();
  const kinds = lines.map((_, i) => (i ? kind_before(i) : null));
  const counts = counted_by(kinds);
  const sums = new Float64Array(text.length + 1); // of weights, where a line begins
  kinds.forEach((kind, i) => (sums[first[i]] = i ? 1 / counts.get(kind) : 0));
  for (let at = 1; at < sums.length; at++) sums[at] += sums[at - 1];
  const starts = first.filter((start) => start < text.length - T);
  const weights = starts.map((start) => sums[start + T] - sums[start]);
  if (!weights.some((weight) => weight)) {
    throw Error(
      `No window of ${T} words and commas holds a line of the text and what comes ` +
        "next; give it shorter lines, or train as the article does.",
    );
  }
  return { starts, chances: cumulated(weights) };
}

function counted_by(keys) {
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

// --- windows -------------------------------------------------------------------------

// The windows of a text as a recipe with recombination draws them. Gives `table`, null
// where nothing can be recombined, and `draw`, of the next step: B rows of T + 1 tokens,
// and of each the separators that come before its first loss.
function windows_of(text, { bptt: T, batch_size: B, recombine, seed }) {
  const rng = default_rng(seed);
  const count = text.length - T;
  const surveyed = text.subarray(0, SURVEYED);
  const rare = rare_transitions(surveyed, T);
  const table = recombination_of(surveyed, T, rare);
  const put = table ? round_even(recombine * B) : 0;

  // Move a start to the next beginning of a line, where that leaves room.
  function next_line(start) {
    const moved = text.indexOf(SEPARATOR, start) + 1;
    return moved > 0 && moved <= start + T + 1 && moved < count ? moved : start;
  }
  function starts_of(k) {
    const quarter = Math.floor(k / 4);
    const drawn = rng.random(quarter);
    return [
      ...drawn.map((x) => rare.starts[count_below(rare.chances, x)]),
      ...rng.integers(count, quarter).map(next_line),
      ...rng.integers(count, k - 2 * quarter),
    ];
  }
  function draw() {
    const row_at = (start) => text.subarray(start, start + T + 1);
    const plain = starts_of(B - put).map((start) => ({ start, row: row_at(start) }));
    const changed = put ? draw_recombined(table, put, T, rng) : [];
    const all = [...changed, ...plain];
    return all.map(({ start, row }) => ({ row, needed: lines_needed(text, start) }));
  }
  return { table, draw };
}

// Take windows, with a target only where a line was read that tells it.
function read_windows({ tokens, targets, T, B }, drawn) {
  drawn.forEach(({ row, needed }, b) => {
    let lines = 0;
    for (let t = 0; t < T; t++) {
      lines += row[t] === SEPARATOR;
      tokens[t * B + b] = row[t];
      targets[t * B + b] = lines >= needed ? row[t + 1] : NO_TARGET;
    }
  });
}
