// Training in the page: a worker that learns, and what the page asks of it.
//
// The worker is made of the scripts of the page up to this one, which is why none of
// them touches the document. It takes steps only when it is asked to, some at a time.
//
//   const training = train(settings, { words, tokens }, tell)  begins at once
//   training.pause(), .resume(), .stop(), .more(steps)
//   await training.trained()  what the weights are now: a network and its files
//   training.count(start, hear)  counts on from numbers, given as words, to its first
//               error; hear(n, ended) is told the last number that is right
//
// settings: recurrence, activation, hidden_size, batch_size and learning_rate of a
// model, bptt of a recipe, steps and seed; with `recombine`, the share of windows that
// are recombined, also warm_up and clip_norm. tell({ state, ... }) is told:
//   "training"  points [{ step, loss, accuracy }], in nats per token and in [0, 1] on
//               the batch of the step; speed, in steps a second
//   "as it is"  nothing in the text can be recombined
//   "paused", "finished", "failed" with a message

"use strict";

const SO_FAR = [...(globalThis.document?.scripts ?? [])].filter(({ type }) => !type);
const AT_ONCE = 100; // milliseconds between two reports
const CONFIG_FORMAT = 3; // of the folder, as in counting/base/checkpoint.py

// --- texts ---------------------------------------------------------------------------

// The words of a text, one number or sentence a line, and the text as their tokens. As
// the pipeline reads one: the separator between lines is the first word.
function read_text(typed) {
  const comma = typed.split("\n").find((line) => line.includes(","));
  if (comma) {
    throw Error(`“${comma.trim()}” has a comma; give one number or sentence per line.`);
  }
  const lines = typed.split("\n").filter((line) => line.trim());
  const read = lines.join(" , ").split(/\s+/).filter(Boolean);
  const words = [...new Set([",", ...read])];
  const token_of = new Map(words.map((word, token) => [word, token]));
  return { words, tokens: Uint16Array.from(read, (word) => token_of.get(word)) };
}

// Refuse what cannot be trained, with a sentence that says why.
function check(settings, tokens) {
  const { learning_rate, batch_size, bptt, recombine } = settings;
  for (const [name, least] of Object.entries({
    hidden_size: 1,
    batch_size: 2,
    steps: 1,
  })) {
    const value = settings[name];
    if (!(Number.isInteger(value) && value >= least))
      throw Error(`${name} is ${value}; give a whole number from ${least} on.`);
  }
  if (!(learning_rate > 0 && learning_rate <= 1))
    throw Error(`learning_rate is ${learning_rate}; give more than 0 and at most 1.`);
  const has = `The text has ${tokens.length} words and commas, but`;
  if (recombine && tokens.length <= bptt)
    throw Error(`${has} a window needs ${bptt + 1}; give more text.`);
  if (!recombine && !steps_per_epoch(tokens.length, batch_size, bptt)) {
    throw Error(
      `${has} ${batch_size} rows of ${bptt} need ${batch_size * bptt + 1}; ` +
        "give more text, or smaller batches.",
    );
  }
}

// --- what the page asks --------------------------------------------------------------

function train(settings, { words, tokens }, tell) {
  const source = SO_FAR.map(({ text }) => text).join("\n");
  const worker = new Worker(URL.createObjectURL(new Blob([source])));
  const waiting = []; // for what was trained
  let hear_count;
  const now = { step: 0, steps: settings.steps, paused: false, busy: false };

  function stop() {
    worker.onmessage = null;
    worker.terminate();
  }
  function go_on() {
    if (now.busy) return;
    if (now.step === now.steps) return tell({ state: "finished" });
    if (now.paused) return tell({ state: "paused" });
    now.busy = true;
    worker.postMessage({ about: "steps", steps: now.steps - now.step });
  }
  const hear = {
    points({ points, speed }) {
      now.busy = false;
      now.step = points.at(-1).step;
      tell({ state: "training", points, speed });
      go_on();
    },
    network({ step, network, tensors }) {
      const files = files_of(settings, words, tensors, step);
      waiting.shift()({ step, words, settings, network: put_together(network), files });
    },
    counted: ({ n, ended }) => hear_count(n, ended),
    as_it_is() {
      tell({ state: "as it is" });
    },
    failed({ message }) {
      stop();
      tell({ state: "failed", message });
    },
  };
  worker.onmessage = ({ data }) => hear[data.about](data);
  worker.onerror = ({ message }) => hear.failed({ message });
  worker.postMessage({ about: "settings", settings, tokens, V: words.length });
  go_on();
  return {
    pause() {
      now.paused = true;
    },
    resume() {
      now.paused = false;
      go_on();
    },
    more(steps) {
      now.steps += steps;
      go_on();
    },
    stop,
    trained() {
      worker.postMessage({ about: "trained" });
      return new Promise((resolve) => waiting.push(resolve));
    },
    count(start, hear) {
      hear_count = hear;
      worker.postMessage({ about: "count", words, start });
    },
  };
}

// The network that network_now gives, with functions, which messages cannot carry.
const put_together = (network) => ({
  ...network,
  recurrence: RECURRENCES[network.recurrence],
  head: linear_head,
});

// --- files: as the pipeline writes them ----------------------------------------------

// The folder that counting.networks.load reads, named after the variant.
function files_of(settings, words, tensors, step) {
  const { variant, seed, recurrence, activation = null, ...rest } = settings;
  const { hidden_size, batch_size, learning_rate, recombine } = rest;
  const named = recombine ? "recombined" : "article";
  const recipe = { recipe: named, batch_size, learning_rate };
  const model = { recurrence, activation, hidden_size, copy_head: null, ...recipe };
  const name = { format: CONFIG_FORMAT, variant: variant ?? recurrence };
  const config = { ...name, model, vocabulary: words, seeds: [seed] };
  const bytes = new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
  return [
    { name: "config.json", bytes },
    { name: `seed-${seed}.safetensors`, bytes: safetensors(tensors, step) },
  ];
}

// Weights and how many batches they have seen, byte for byte as safetensors.numpy.save
// has them: the one whole number first, then by name.
function safetensors(tensors, step) {
  const batches = { values: new BigInt64Array([BigInt(step)]), shape: [] };
  const named = [["bn.num_batches_tracked", batches]];
  for (const name of Object.keys(tensors).sort()) named.push([name, tensors[name]]);
  const header = {};
  const parts = [];
  let end = 0;
  for (const [name, { values, shape }] of named) {
    const data_offsets = [end, (end += values.byteLength)];
    header[name] = { dtype: shape.length ? "F32" : "I64", shape, data_offsets };
    parts.push(new Uint8Array(values.buffer));
  }
  const text = JSON.stringify(header);
  const padded = text.padEnd(8 * Math.ceil(text.length / 8));
  const length = new Uint8Array(new BigUint64Array([BigInt(padded.length)]).buffer);
  const all = [length, new TextEncoder().encode(padded), ...parts];
  const bytes = new Uint8Array(all.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// Whether two networks are the same, bit for bit.
function same_bits(one, other) {
  const names = ["input_table", "W_hh", "bias_hh", "W_out", "shift"];
  return names.every((name) => {
    const [a, b] = [one[name], other[name]];
    return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
  });
}

// --- the worker ----------------------------------------------------------------------

// Count on, left alone, to the first error; tell(n) is told the numbers on the way. As
// long as a network is right, the truth is what it reads. Gives the last right number.
function count_from(network, words, start, tell) {
  const vocabulary = vocabulary_of(words);
  let state = zero_state(network);
  let best;
  function read(word) {
    ({ state, best } = step(network, state, vocabulary.tokens.get(word)));
  }
  function says(word) {
    if (words[best] !== word) return false;
    read(word);
    return true;
  }
  start.forEach(read);
  let line = numbers_of(start, words[0]).at(-2);
  for (;;) {
    const next = line_after(line, vocabulary);
    if (!next.length || ![...next, words[0]].every(says)) return number_of(line);
    line = next;
    tell(number_of(line));
  }
}

function worker_hears() {
  let learning;
  let read_batch;
  const answer = {
    settings({ settings, tokens, V }) {
      check(settings, tokens);
      const text = Uint16Array.from(tokens);
      learning = learner(settings, V, initial_weights(settings, V));
      read_batch = () => read_rows(learning, text);
      if (!settings.recombine) return;
      const windows = windows_of(text, settings);
      read_batch = () => read_windows(learning, windows.draw());
      if (!windows.table) postMessage({ about: "as_it_is" });
    },
    steps({ steps }) {
      const points = [];
      const began = performance.now();
      while (points.length < steps && performance.now() - began < AT_ONCE) {
        read_batch();
        const result = learn(learning);
        if (!isFinite(result.loss)) {
          throw Error("The loss is no number any more: lower the learning rate.");
        }
        points.push({ step: learning.step, ...result });
      }
      const speed = (1000 * points.length) / (performance.now() - began);
      postMessage({ about: "points", points, speed });
    },
    trained() {
      const tensors = {};
      for (const [name, values] of Object.entries(learning.tensors)) {
        const shape = learning.shapes[name] ?? [learning.H];
        tensors[name] = { values: values.slice(), shape };
      }
      const network = network_now(learning);
      postMessage({ about: "network", step: learning.step, network, tensors });
    },
    count({ words, start }) {
      let told = performance.now();
      const last = count_from(put_together(network_now(learning)), words, start, (n) => {
        if (performance.now() - told < AT_ONCE) return;
        told = performance.now();
        postMessage({ about: "counted", n, ended: false });
      });
      postMessage({ about: "counted", n: last, ended: true });
    },
  };
  onmessage = ({ data }) => {
    try {
      answer[data.about](data);
    } catch ({ message }) {
      postMessage({ about: "failed", message });
    }
  };
}

if (!globalThis.document) worker_hears();
