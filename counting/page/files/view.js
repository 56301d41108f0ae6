// What the page has, and what is picked of it: the view, which the address keeps.

"use strict";

const $ = (id) => document.getElementById(id);

const DATA = JSON.parse($("data").textContent);
const WORDS = DATA.words;
const SEPARATOR = WORDS[0];
const TOKENS = new Map(WORDS.map((word, token) => [word, token]));
const VARIANTS = new Map(DATA.variants.map((variant) => [variant.name, variant]));
const STREAMS = { train: stream_of("train"), valid: stream_of("valid") };
const TEXTS = texts_of([STREAMS.train, STREAMS.valid], WORDS);

function stream_of(name) {
  const bytes = bytes_of(DATA.texts[name]);
  return DATA.token_size === 1 ? new Uint8Array(bytes) : new Uint16Array(bytes);
}

const built = new Map();

// The network of a variant and a seed, put together when it is first asked for.
function network(name, seed) {
  const key = `${name}/${seed}`;
  const variant = VARIANTS.get(name);
  if (!built.has(key)) {
    built.set(key, network_of(variant, bytes_of(variant.seeds[seed])));
  }
  return built.get(key);
}

const seeds_of = (name) => (name ? Object.keys(VARIANTS.get(name).seeds) : []);

// Starts to try: in English where the text ends, what lies beyond, and far outside.
function presets() {
  const lines = numbers_of(
    [...STREAMS.train].map((token) => WORDS[token]),
    SEPARATOR,
  );
  const last = number_of(lines[lines.length - 1]);
  if (last > 100 && last < 90000) {
    return [last - 1, last + 999, last + 1099, 99999].map(in_digits);
  }
  const places = [lines.length - 2, TEXTS.lines.length - 3].filter((n) => n >= 0);
  return places.map((n) => [...TEXTS.lines[n], SEPARATOR].join(" "));
}

// --- the view: all of it is text, as in the address ----------------------------------

const DEFAULTS = {
  start: presets()[1] ?? presets()[0] ?? "",
  variant: DATA.shown[0],
  seed: "",
  other: DATA.shown[1] ?? "",
  otherSeed: "",
  count: "6", // numbers to say
  lead: "2", // numbers read before a single one
  side: "0", // of the networks, the one that is looked into
  place: "-1", // of the word that is picked
  unit: "-1",
  what: "state",
  sort: "0",
};
const OFFERED = { count: ["3", "6", "12", "24"], lead: ["0", "1", "2", "4"] };

let view = { ...DEFAULTS };

// Take the view from the address, if it has one.
function read_address() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const known = Object.keys(DEFAULTS).filter((key) => key in given);
  if (!known.length) return false;
  view = { ...DEFAULTS, ...Object.fromEntries(known.map((key) => [key, given[key]])) };
  return true;
}

function write_address() {
  const said = Object.entries(view).filter(
    ([key, value]) => key === "start" || value !== DEFAULTS[key],
  );
  const hash = `#${new URLSearchParams(said)}`;
  history.replaceState(null, "", hash);
  $("share").href = hash;
}

// Put what the page does not have right: addresses can be typed, and grow old.
function settle() {
  if (!VARIANTS.has(view.variant)) view.variant = DEFAULTS.variant;
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
