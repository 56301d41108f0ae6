// The data of the page, and the view: what is shown of it, kept in the address.

"use strict";

const $ = (id) => document.getElementById(id);

const DATA = JSON.parse($("data").textContent);
const STREAMS = { train: stream_of("train"), valid: stream_of("valid") };
const OURS = vocabulary_of(DATA.words, [
  ...lines_of_stream(STREAMS.train),
  ...lines_of_stream(STREAMS.valid),
]);
const VARIANTS = new Map(DATA.variants.map((variant) => [variant.name, variant]));
const STEPS = DATA.steps;

function stream_of(name) {
  const bytes = bytes_of(DATA.texts[name]);
  return DATA.token_size === 1 ? new Uint8Array(bytes) : new Uint16Array(bytes);
}

function lines_of_stream(stream) {
  const words = [...stream].map((token) => DATA.words[token]);
  return numbers_of(words, DATA.words[0]);
}

const built = new Map();

// The network of a variant and a seed, put together when it is first asked for.
function network(name, seed) {
  const key = `${name}/${seed}`;
  const variant = VARIANTS.get(name);
  if (variant.net) return variant.net; // trained in this page
  if (!built.has(key)) {
    built.set(key, network_of(variant, bytes_of(variant.seeds[seed])));
  }
  return built.get(key);
}

const seeds_of = (name) => (name ? Object.keys(VARIANTS.get(name).seeds) : []);
const vocabulary_for = (name) => VARIANTS.get(name).vocabulary ?? OURS;

// --- the view: all of it is text, as in the address ----------------------------------

const DEFAULTS = {
  step: "0", // of the story
  start: "",
  variant: "",
  seed: "",
  other: "",
  otherSeed: "",
  count: "6", // numbers to say
  fed: "own", // with its own words, or with the truth
  held: "1", // whether digits read from the state are shown
  side: "0", // of the two networks, the one to inspect
  place: "-1", // of the word that is picked
  unit: "-1",
  open: "", // the unfolded part of the panel: cell, copy
};
const OFFERED = {
  count: ["3", "6", "12", "24"],
  fed: ["own", "truth"],
  held: ["0", "1"],
  open: ["", "cell", "copy"],
};

let view = { ...DEFAULTS };

// The view that a step of the story begins with.
const view_of_step = (n) => ({ ...DEFAULTS, ...STEPS[n].view, step: String(n) });

// Take the view from the address, if it has one.
function read_address() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const known = Object.keys(DEFAULTS).filter((key) => key in given);
  if (!known.length) return false;
  const step = STEPS[given.step] ? given.step : 0;
  const asked = Object.fromEntries(known.map((key) => [key, given[key]]));
  view = { ...view_of_step(step), ...asked };
  return true;
}

const address = () => `#${new URLSearchParams(view)}`;

// Replace values that the page does not have: an address can be mistyped, or old.
function settle() {
  if (!STEPS[view.step]) view.step = "0";
  if (!VARIANTS.has(view.variant)) view.variant = [...VARIANTS.keys()][0];
  if (!VARIANTS.has(view.other)) view.other = "";
  const seed_of = (name, seed) => {
    const seeds = seeds_of(name);
    return seeds.includes(seed) ? seed : (seeds[0] ?? "");
  };
  view.seed = seed_of(view.variant, view.seed);
  view.otherSeed = seed_of(view.other, view.otherSeed);
  if (!view.other || view.side !== "1") view.side = "0";
  for (const [key, values] of Object.entries(OFFERED)) {
    if (!values.includes(view[key])) view[key] = DEFAULTS[key];
  }
  for (const key of ["place", "unit"]) {
    if (!/^\d+$/.test(view[key])) view[key] = "-1";
  }
}
