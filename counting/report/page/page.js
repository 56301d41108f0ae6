// The page: what is picked is a view; a view is counted, drawn, and kept in the address.

"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const WORDS = DATA.words, SEPARATOR = WORDS[0];
const TOKENS = new Map(WORDS.map((word, token) => [word, token]));
const TokenArray = DATA.token_size === 1 ? Uint8Array : Uint16Array;
const STREAMS = Object.fromEntries(Object.entries(DATA.texts)
  .map(([name, text]) => [name, new TokenArray(bytes_of(text))]));
const TEXTS = texts_of([STREAMS.train, STREAMS.valid], WORDS);
const VARIANTS = new Map(DATA.variants.map((variant) => [variant.name, variant]));
const MOST_TOKENS = 400; // of a count that never reaches a comma
const $ = (id) => document.getElementById(id);

const built = new Map();

// The network of a variant and a seed, put together when it is first asked for.
function network(name, seed) {
  const key = `${name}/${seed}`, variant = VARIANTS.get(name);
  if (!built.has(key)) built.set(key, network_of(variant, bytes_of(variant.seeds[seed])));
  return built.get(key);
}

// --- the view ------------------------------------------------------------------------

const DEFAULTS = {
  start: "", variant: DATA.shown[0], seed: "", other: DATA.shown[1] ?? "", otherSeed: "",
  count: "6", lead: "2", side: "0", place: "-1", unit: "-1", what: "state", sort: "0",
};
let view = { ...DEFAULTS };
let counted = []; // what each network said, one or two of them

// Starts to try: where the text ends, and the next roll-overs; beyond it in English.
function presets() {
  const text = numbers_of([...STREAMS.train].map((t) => WORDS[t]), SEPARATOR);
  const last = number_of(text[text.length - 1]);
  if (last > 100 && last < 90000) return [last - 1, last + 999, last + 1099, 99999].map(in_digits);
  return [text.length - 2, TEXTS.lines.length - 3].filter((n) => n >= 0)
    .map((n) => [...TEXTS.lines[n], SEPARATOR].join(" "));
}

function read_address() {
  const given = new URLSearchParams(location.hash.slice(1));
  const known = Object.keys(DEFAULTS).filter((key) => given.has(key));
  for (const key of known) view[key] = given.get(key);
  return known.length > 0;
}

function write_address() {
  const changed = Object.entries(view).filter(([key, value]) => value !== DEFAULTS[key]);
  const hash = `#${new URLSearchParams([["start", view.start], ...changed.filter(([k]) => k !== "start")])}`;
  history.replaceState(null, "", hash);
  $("share").href = hash;
}

// Make a view valid: names and seeds that the page has.
function settle() {
  if (!VARIANTS.has(view.variant)) view.variant = DATA.shown[0];
  if (!VARIANTS.has(view.other)) view.other = "";
  const seed_of = (name, seed) => (name && !(seed in VARIANTS.get(name).seeds)
    ? Object.keys(VARIANTS.get(name).seeds)[0] : seed);
  view.seed = seed_of(view.variant, view.seed);
  view.otherSeed = seed_of(view.other, view.otherSeed);
  if (!view.other || view.side !== "1") view.side = "0";
  for (const id of ["count", "lead"]) {
    const offered = [...$(id).options].map((option) => option.value);
    if (!offered.includes(view[id])) view[id] = DEFAULTS[id];
  }
  for (const key of ["place", "unit"]) if (!/^\d+$/.test(view[key])) view[key] = "-1";
}

// --- counting ------------------------------------------------------------------------

// Let a network read a start and go on alone for some numbers.
function count_on(net, start, truth, numbers) {
  const tokens = start.map((word) => TOKENS.get(word)), outputs = [];
  let state = zero_state(net), ended = 0;
  const most = Math.min(MOST_TOKENS, tokens.length + 14 * numbers);
  while (ended < numbers && tokens.length < most) {
    const output = step(net, state, tokens[outputs.length]);
    outputs.push(output);
    state = output.state;
    if (outputs.length < tokens.length) continue;
    tokens.push(output.best);
    if (output.best === TOKENS.get(SEPARATOR)) ended += 1;
  }
  const first = tokens.findIndex((token, k) => k >= start.length
    && truth[k - start.length] !== undefined && WORDS[token] !== truth[k - start.length]);
  return { net, tokens, outputs, given: start.length, truth, wrong: first };
}

function count() {
  settle();
  const start = read_start(view.start, +view.lead, WORDS, TEXTS);
  tell(start);
  if (!start.words.length) { counted = []; return draw(); }
  const truth = truth_after(start.words, +view.count + 2, SEPARATOR, TEXTS);
  const asked = [[view.variant, view.seed], ...(view.other ? [[view.other, view.otherSeed]] : [])];
  counted = asked.map(([name, seed]) => ({ name, seed,
    ...count_on(network(name, seed), start.words, truth, +view.count) }));
  return draw();
}

// Say which words were not known, and whether anybody knows what comes next.
function tell({ words, changed }) {
  const lines = changed.map(({ word, near: [best, ...others] }) =>
    `“${word}” is no word of theirs; they read “${best}”` +
    (others.length ? ` (also near: ${others.join(", ")}).` : "."));
  if (!words.length) lines.push("Give a start: a number in words or digits.");
  else if (!truth_after(words, 1, SEPARATOR, TEXTS).length) lines.push("What comes next here is not known to this page, so no error is marked.");
  $("notice").textContent = lines.join(" ");
}

// --- drawing -------------------------------------------------------------------------

function draw() {
  const one = counted[+view.side];
  if (one) view.unit = String(Math.min(+view.unit, one.net.H - 1));
  const place = one && one.outputs.length ? Math.min(+view.place, one.tokens.length - 1) : -1;
  const shown = one && place < 1 ? Math.max(1, one.wrong > 0 ? one.wrong : one.given) : place;
  $("counts").replaceChildren(...counted.map((each, side) => counted_column(each, side, shown)));
  draw_top(one, shown);
  draw_copy(one, shown);
  draw_timeline(one, shown);
  fill_controls(one);
  write_address();
}

// --- controls ------------------------------------------------------------------------

function options(select, names, chosen, text = (name) => name) {
  select.replaceChildren(...names.map((name) => element("option", { value: name }, text(name))));
  select.value = chosen;
}

function fill_controls(one) {
  options($("variant"), [...VARIANTS.keys()], view.variant);
  options($("other"), ["", ...VARIANTS.keys()], view.other, (name) => name || "none");
  options($("seed"), Object.keys(VARIANTS.get(view.variant).seeds), view.seed);
  options($("other-seed"), view.other ? Object.keys(VARIANTS.get(view.other).seeds) : [], view.otherSeed);
  $("other-seed").disabled = !view.other;
  options($("what"), one ? ["state", ...Object.keys(one.outputs[0].gates)] : [], view.what);
  if ($("start") !== document.activeElement) $("start").value = view.start;
  $("count").value = view.count;
  $("lead").value = view.lead;
  $("unit").value = +view.unit < 0 ? "" : view.unit;
  $("unit").max = one ? one.net.H - 1 : 0;
  $("sort").checked = view.sort === "1";
}

// Change the view; counted anew unless only what is shown of it has changed.
function change(changes, again = true) {
  Object.assign(view, changes, again ? { place: "-1" } : {});
  if (again) count(); else draw();
}

function move_place(by) {
  const one = counted[+view.side];
  const now = +view.place > 0 ? +view.place : Math.max(1, one.wrong > 0 ? one.wrong : one.given);
  change({ place: String(Math.min(one.tokens.length - 1, Math.max(1, now + by))) }, false);
}

function move_unit(by) {
  const order = $("timeline").order, row = order.indexOf(+view.unit);
  change({ unit: String(order[Math.min(order.length - 1, Math.max(0, row + by))]) }, false);
}

const KEYS = {
  ArrowLeft: () => move_place(-1), ArrowRight: () => move_place(1),
  ArrowUp: () => move_unit(-1), ArrowDown: () => move_unit(1),
};

function listen() {
  $("controls").addEventListener("submit", (event) => { event.preventDefault(); change({ start: $("start").value }); });
  $("presets").append(...presets().map((text) => {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => { $("start").value = text; change({ start: text }); });
    return button;
  }));
  const [end, ...beyond] = presets();
  $("preset-note").textContent = beyond.length === 3
    ? `${end} is where the training text ends; ${beyond[0]} and ${beyond[1]} lie beyond it, ${beyond[2]} far outside.` : "";
  const selects = { variant: "variant", seed: "seed", other: "other", "other-seed": "otherSeed", count: "count", lead: "lead" };
  for (const [id, key] of Object.entries(selects)) $(id).addEventListener("change", () => change({ [key]: $(id).value }));
  $("what").addEventListener("change", () => change({ what: $("what").value }, false));
  $("sort").addEventListener("change", () => change({ sort: $("sort").checked ? "1" : "0" }, false));
  $("unit").addEventListener("change", () => change({ unit: $("unit").value === "" ? "-1" : $("unit").value }, false));
  $("counts").addEventListener("click", (event) => {
    const word = event.target.closest(".word");
    if (word) change({ side: word.dataset.side, place: String(Math.max(1, +word.dataset.place)) }, false);
  });
  $("counts").addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    view.side = event.target.dataset.side ?? view.side;
    move_place(by);
    document.querySelector('#counts .word[aria-pressed="true"]')?.focus();
  });
  $("timeline").addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || !counted.length) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  $("reader").addEventListener("change", read_all);
  addEventListener("hashchange", () => { if (location.hash.includes("=") && read_address()) count(); });
  addEventListener("resize", () => draw());
  for (const media of ["print", "(prefers-color-scheme: dark)"]) {
    matchMedia(media).addEventListener("change", () => draw());
  }
  new IntersectionObserver((seen, observer) => {
    if (seen.some((one) => one.isIntersecting)) { observer.disconnect(); read_all(); }
  }).observe($("reader"));
}

if (VARIANTS.size) {
  DEFAULTS.start = view.start = presets()[1] ?? presets()[0] ?? "";
  const shared = read_address();
  listen();
  settle();
  const readers = DATA.variants.flatMap((v) => Object.keys(v.seeds).map((seed) => `${v.name}/${seed}`));
  options($("reader"), readers, readers.find((key) => key.startsWith(`${view.other || view.variant}/`)),
    (key) => key.replace("/", ", seed "));
  count();
  if (shared) $("watch").scrollIntoView();
}
