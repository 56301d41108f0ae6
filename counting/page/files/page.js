// The page: networks count on from what is picked, and it is drawn what they said.

"use strict";

const MOST_TOKENS = 400; // of a count that never reaches a separator

let counted = []; // what each network said, one or two of them

// --- counting ------------------------------------------------------------------------

// Let a network read a start and go on alone for some numbers.
function count_on(net, start, truth, numbers) {
  const tokens = start.map((word) => TOKENS.get(word));
  const outputs = [];
  const most = Math.min(MOST_TOKENS, tokens.length + 14 * numbers);
  let state = zero_state(net);
  let ended = 0;
  while (ended < numbers && tokens.length < most) {
    const output = step(net, state, tokens[outputs.length]);
    outputs.push(output);
    state = output.state;
    if (outputs.length < tokens.length) continue;
    tokens.push(output.best);
    if (WORDS[output.best] === SEPARATOR) ended += 1;
  }
  const given = start.length;
  const said = tokens.slice(given).map((token) => WORDS[token]);
  const first = said.findIndex((word, k) => k < truth.length && word !== truth[k]);
  return { net, tokens, outputs, given, truth, wrong: first < 0 ? -1 : given + first };
}

function count() {
  settle();
  const { words, changed } = read_start(view.start, +view.lead, WORDS, TEXTS);
  const truth = truth_after(words, +view.count + 2, SEPARATOR, TEXTS);
  tell(words, changed, truth);
  const asked = [[view.variant, view.seed]];
  if (view.other) asked.push([view.other, view.otherSeed]);
  const all = words.length ? asked : [];
  counted = all.map(([name, seed]) => {
    const run = count_on(network(name, seed), words, truth, +view.count);
    return { name, seed, ...run };
  });
  draw();
}

// Say which words were not known, and whether the page knows what comes next.
function tell(words, changed, truth) {
  const lines = changed.map(({ word, near: [best, ...others] }) => {
    const also = others.length ? ` (also near: ${others.join(", ")})` : "";
    return `“${word}” is no word of theirs; they read “${best}”${also}.`;
  });
  if (!words.length) lines.push("Give a start: a number.");
  else if (!truth.length) {
    lines.push("This page does not know what comes next here, so no error is marked.");
  }
  $("notice").textContent = lines.join(" ");
}

// --- drawing -------------------------------------------------------------------------

// The place that is looked at: what was picked, or the first error, or the first word.
function shown_of(one) {
  const picked = Math.min(+view.place, one.tokens.length - 1);
  return picked > 0 ? picked : Math.max(1, one.wrong > 0 ? one.wrong : one.given);
}

function draw() {
  const one = counted[+view.side];
  if (one) draw_inside(one);
  else for (const id of ["top", "copy", "timeline", "counts"]) $(id).replaceChildren();
  fill_controls(one);
  write_address();
}

function draw_inside(one) {
  view.unit = String(Math.min(+view.unit, one.net.H - 1));
  if (!(view.what in one.outputs[0].gates)) view.what = "state";
  const shown = shown_of(one);
  const columns = counted.map((each, side) => said_column(each, side, shown));
  $("counts").replaceChildren(...columns);
  draw_top(one, shown);
  draw_copy(one, shown);
  draw_timeline(one, shown);
}

// --- controls ------------------------------------------------------------------------

// Change the view; counted anew unless only what is looked at has changed.
function change(changes, again = true) {
  Object.assign(view, changes, again ? { place: "-1" } : {});
  if (again) count();
  else draw();
}

function options(id, names, chosen, text = (name) => name) {
  const option = (name) => element("option", { value: name }, text(name));
  $(id).replaceChildren(...names.map(option));
  $(id).value = chosen;
}

function fill_controls(one) {
  const names = [...VARIANTS.keys()];
  options("variant", names, view.variant);
  options("seed", seeds_of(view.variant), view.seed);
  options("other", ["", ...names], view.other, (name) => name || "none");
  options("other-seed", seeds_of(view.other), view.otherSeed);
  options("count", OFFERED.count, view.count);
  options("lead", OFFERED.lead, view.lead);
  options(
    "what",
    one ? ["state", ...Object.keys(one.outputs[0].gates)] : [],
    view.what,
  );
  $("other-seed").disabled = !view.other;
  if ($("start") !== document.activeElement) $("start").value = view.start;
  $("unit").value = +view.unit < 0 ? "" : view.unit;
  $("unit").max = one ? one.net.H - 1 : 0;
  $("sort").checked = view.sort === "1";
}

function move_place(by) {
  const one = counted[+view.side];
  const place = Math.max(1, shown_of(one) + by);
  change({ place: String(Math.min(one.tokens.length - 1, place)) }, false);
}

function move_unit(by) {
  const { order } = $("timeline");
  const row = Math.max(0, order.indexOf(+view.unit) + by);
  change({ unit: String(order[Math.min(order.length - 1, row)]) }, false);
}

const ALONG = { ArrowLeft: -1, ArrowRight: 1 };
const ACROSS = { ArrowUp: -1, ArrowDown: 1 };

function listen_to_words() {
  const focus = () => document.querySelector('.word[aria-pressed="true"]')?.focus();
  $("counts").addEventListener("click", (event) => {
    const word = event.target.closest(".word");
    if (!word) return;
    const { side, place } = word.dataset;
    change({ side, place: String(Math.max(1, +place)) }, false);
    focus();
  });
  $("counts").addEventListener("keydown", (event) => {
    const by = ALONG[event.key];
    if (!by) return;
    event.preventDefault();
    view.side = event.target.dataset.side ?? view.side;
    move_place(by);
    focus();
  });
  $("timeline").addEventListener("keydown", (event) => {
    const along = ALONG[event.key];
    const across = ACROSS[event.key];
    if (!(along || across) || !counted.length) return;
    event.preventDefault();
    if (along) move_place(along);
    else move_unit(across);
  });
}

function listen_to_controls() {
  $("controls").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ start: $("start").value });
  });
  const picks = { variant: "variant", seed: "seed", other: "other", count: "count" };
  const more = { "other-seed": "otherSeed", lead: "lead" };
  for (const [id, key] of Object.entries({ ...picks, ...more })) {
    $(id).addEventListener("change", () => change({ [key]: $(id).value }));
  }
  const look = (id, value) => {
    $(id).addEventListener("change", () => change({ [id]: value($(id)) }, false));
  };
  look("what", (select) => select.value);
  look("sort", (box) => (box.checked ? "1" : "0"));
  look("unit", (input) => (/^\d+$/.test(input.value) ? input.value : "-1"));
}

function offer_presets() {
  const texts = presets();
  for (const text of texts) {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => change({ start: text }));
    $("presets").append(button);
  }
  if (texts.length < 4) return;
  const [end, one, two, far] = texts;
  $("preset-note").textContent =
    `${end} is where the training text ends; ${one} and ${two} lie beyond it, ` +
    `${far} far outside.`;
}

// The matrix takes some seconds: it is begun when it comes into sight.
function offer_readers() {
  const names = [...VARIANTS.keys()];
  const readers = names.flatMap((name) =>
    seeds_of(name).map((seed) => `${name}/${seed}`),
  );
  const first = `${view.other || view.variant}/`;
  const chosen = readers.find((reader) => reader.startsWith(first));
  options("reader", readers, chosen, (reader) => reader.replace("/", ", seed "));
  $("reader").addEventListener("change", read_all);
  const watcher = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watcher.disconnect();
    read_all();
  });
  watcher.observe($("reader"));
}

function listen_to_window() {
  addEventListener("hashchange", () => {
    if (location.hash.includes("=") && read_address()) count();
  });
  addEventListener("resize", draw);
  for (const media of ["print", "(prefers-color-scheme: dark)"]) {
    matchMedia(media).addEventListener("change", draw); // the heat map has colours
  }
}

if (VARIANTS.size) {
  const shared = read_address();
  settle();
  offer_presets();
  offer_readers();
  listen_to_controls();
  listen_to_words();
  listen_to_window();
  count();
  if (shared) $("watch").scrollIntoView();
}
