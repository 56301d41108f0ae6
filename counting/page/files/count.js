// One network counts on from a start, and its words are judged as long as the truth is
// known.

"use strict";

const MOST_TOKENS = 400; // where a network never says a separator

// Read a start and go on for some numbers, fed with its own words or with the truth.
//
// In the result, `read[k]` is the word read at place k, `said[k]` the word given or said
// there, and `outputs[k]` the output after `read[0..k]`, so that `said[k + 1]` comes from
// `outputs[k]`. The first `given` words are not its own.
function count_on(net, vocabulary, start, truth, numbers, fed) {
  const { words, tokens, separator } = vocabulary;
  const given = start.length;
  const [read, said, outputs] = [[...start], [...start], []];
  const most = Math.min(MOST_TOKENS, given + 14 * numbers);
  let state = zero_state(net);
  let ended = 0;
  while (ended < numbers && said.length < most) {
    const output = step(net, state, tokens.get(read[outputs.length]));
    outputs.push(output);
    state = output.state;
    if (outputs.length < given) continue;
    const word = words[output.best];
    const next = fed === "truth" ? truth[said.length - given] : word;
    if (next === undefined) break; // the truth has ended
    said.push(word);
    read.push(next);
    if (next === separator) ended += 1;
  }
  return { net, vocabulary, read, said, outputs, given, truth, fed };
}

// Judge each place: given, right, wrong; "after" the first error of a network that reads
// its own words; "unknown" after the end of the truth.
function judge({ said, given, truth, fed }) {
  const kinds = [];
  said.forEach((word, k) => {
    if (k < given) kinds.push("given");
    else if (fed === "own" && /wrong|after/.test(kinds[k - 1])) kinds.push("after");
    else if (k - given >= truth.length) kinds.push("unknown");
    else kinds.push(word === truth[k - given] ? "right" : "wrong");
  });
  return kinds;
}

const plural = (n, word) => `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;

// Describe the whole count in a sentence or two.
function verdict(one) {
  const { said, kinds, given, truth, fed } = one;
  const right = kinds.filter((kind) => kind === "right").length;
  const first = kinds.indexOf("wrong");
  const unknown = kinds.includes("unknown")
    ? " The truth ends there, and what follows is not judged."
    : "";
  if (!truth.length) {
    const all = plural(said.length - given, "word");
    return `It says ${all}. The right ones are not known here, so none is judged.`;
  }
  if (fed === "truth") return `${forced(kinds, right)}${unknown}`;
  if (first < 0) return `${plural(right, "word")} said, all right.${unknown}`;
  const before = right ? `${plural(right, "word")} right, then` : "Its first word is";
  const instead = `“${said[first]}” instead of “${truth[first - given]}”`;
  return `${before} ${instead}. What follows is not judged.`;
}

// Token accuracy and the longest run without an error, which are two things.
function forced(kinds, right) {
  const judged = kinds.filter((kind) => kind === "right" || kind === "wrong");
  const runs = judged.map((kind) => (kind === "right" ? "+" : " ")).join("");
  const longest = Math.max(...runs.split(" ").map((run) => run.length));
  const percent = Math.round((100 * right) / judged.length);
  return (
    `${right} of ${plural(judged.length, "word")} right, a token accuracy of ` +
    `${percent}%; at most ${longest} of them in a row.`
  );
}
