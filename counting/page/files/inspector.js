// Beside the word that was picked: how it came about.

"use strict";

const LIKELIEST = 5;

// What is shown of the word at place k, which comes from the output before it.
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

// The likeliest words, and the true one wherever it stands.
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

// A part that can be unfolded; its content is made when it is.
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
  "A copy head mixes three ways of saying a word: one of its own, one of the last words " +
  "it read, or a substitute for that one, from a table that it has learnt.";

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
    element("p", { class: "note" }, "Where it looks: what it had read, and what came next"),
    bars(looked_at(one, output, k)),
  ];
}

// What would be said by copying, and by substitution, as weights of all words.
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
    const stood = read.slice(Math.max(0, from + j - 1), from + j + 1).join(" ");
    const next = vocabulary.words[word];
    return [`${stood} → ${next}`, attention[j], share_text(attention[j])];
  });
  return rows
    .filter((row) => row[1] >= 0.01)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3);
}
