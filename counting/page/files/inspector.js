// The panel below the picked word: how the network came to say it.

"use strict";

const LIKELIEST = 5;

// The panel of the word at place k, which comes from the output before it.
function inspector(one, k) {
  const output = one.outputs[k - 1];
  const folds = [fold("cell", "Inside the cell", () => cell(one, k - 1))];
  if (output.mixture) {
    folds.unshift(fold("copy", "Own word, or a copy?", () => copied(one, output, k)));
  }
  return element(
    "li",
    { class: "inspector" },
    element("p", { class: "note", role: "status" }, sentence(one, output, k)),
    likeliest(one, output, k),
    ...folds,
  );
}

function sentence({ read, given, vocabulary }, { best }, k) {
  const says = k < given ? "would say" : "says";
  const before = read.slice(Math.max(0, k - 4), k).join(" ");
  return `After “${k > 4 ? "… " : ""}${before}” it ${says} “${vocabulary.words[best]}”:`;
}

// The likeliest words, and the true one whatever its rank.
function likeliest({ vocabulary, truth, given }, { p }, k) {
  const { words, tokens } = vocabulary;
  const order = words.map((_, token) => token).sort((a, b) => p[b] - p[a] || a - b);
  const shown = order.slice(0, LIKELIEST);
  const right = tokens.get(truth[k - given]);
  if (right !== undefined && !shown.includes(right)) shown.push(right);
  const rows = shown.map((token) => {
    const place = order.indexOf(token);
    const name = place < LIKELIEST ? words[token] : `${place + 1}. ${words[token]}`;
    return [name, p[token], share_text(p[token]), token === right ? "true" : ""];
  });
  return bars(rows);
}

// A part that can be unfolded; its content is made when it is opened.
function fold(name, title, content) {
  const open = view.open === name;
  const node = element(
    "details",
    { open: open ? "" : null, "data-fold": name },
    element("summary", {}, title),
    ...(open ? content() : []),
  );
  node.addEventListener("toggle", () => {
    if (node.open !== (view.open === name)) change({ open: node.open ? name : "" }, false);
  });
  return node;
}

// --- the copy head -------------------------------------------------------------------

const COPY_NOTE =
  "A copy head mixes three ways of saying a word: a word of its own, one of the last " +
  "words it read, or that word's substitute, from a table that it has learnt.";

function copied(one, output, k) {
  const { own, words, attention, mixture } = output;
  const names = one.vocabulary.words;
  const favourite = (weights) => names[weights.indexOf(Math.max(...weights))];
  const [copy, substitute] = copies(one.net, words, attention);
  const would = (weights) => (words.length ? favourite(weights) : "nothing to copy");
  const ways = [
    [`own word: ${favourite(own)}`, mixture[0], share_text(mixture[0]), "own"],
    [`copy: ${would(copy)}`, mixture[1], share_text(mixture[1]), "copied"],
    [`substitute: ${would(substitute)}`, mixture[2], share_text(mixture[2]), "swapped"],
  ];
  return [
    element("p", { class: "note" }, COPY_NOTE),
    bars(ways),
    element("p", { class: "note" }, "Where it looks: words that it has read, and the word after them"),
    bars(looked_at(one, output, k)),
  ];
}

// Weights (L,) of all words for copying, and for substitution.
function copies({ S, L }, words, attention) {
  const copy = new Float64Array(L);
  const substitute = new Float64Array(L);
  words.forEach((word, j) => {
    copy[word] += attention[j];
    for (let v = 0; v < L; v++) substitute[v] += attention[j] * S[word * L + v];
  });
  return [copy, substitute];
}

function looked_at({ read, vocabulary }, { words, attention }, k) {
  const from = k - 1 - words.length;
  const rows = words.map((word, j) => {
    const before = read.slice(Math.max(0, from + j - 1), from + j + 1).join(" ");
    const next = vocabulary.words[word];
    return [`${before} → ${next}`, attention[j], share_text(attention[j])];
  });
  return rows
    .filter((row) => row[1] >= 0.01)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3);
}
