// The page: networks count on from the view, and their words are drawn.

"use strict";

let counted = []; // the counts of the one or two networks

// --- counting ------------------------------------------------------------------------

function count() {
  settle();
  const asked = [[view.variant, view.seed]];
  if (view.other) asked.push([view.other, view.otherSeed]);
  $("notice").textContent = "";
  try {
    counted = asked.map(([name, seed]) => count_of(name, seed));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    counted = [];
    $("notice").textContent = `${capital(error.message)}.`;
  }
  draw();
}

function count_of(name, seed) {
  const vocabulary = vocabulary_for(name);
  const { lead, words, remarks } = read_prompt(view.start, vocabulary);
  const start = [...lead, ...words];
  const truth = truth_after(start, +view.count + 2, vocabulary);
  const fed = truth.length ? view.fed : "own";
  const net = network(name, seed);
  const one = count_on(net, vocabulary, start, truth, +view.count, fed);
  const told = [...remarks, ...(lead.length ? [LEAD_TOLD] : [])];
  $("notice").textContent = told.map((remark) => `${capital(remark)}.`).join(" ");
  const probe = probe_of(name, seed);
  return { ...one, name, seed, probe, kinds: judge(one) };
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

const LEAD_TOLD =
  "two numbers are put before a single one, since a network that starts from nothing " +
  "cannot know where in a count it is";

// --- drawing -------------------------------------------------------------------------

// The place to show: the picked one, else the first error, else the first word.
function shown_of({ said, kinds, given }) {
  const picked = Math.min(+view.place, said.length - 1);
  const wrong = kinds.indexOf("wrong");
  return picked > 0 ? picked : Math.max(1, wrong > 0 ? wrong : given);
}

function draw() {
  fill_controls();
  for (const side of [0, 1]) {
    const one = counted[side];
    $(`verdict-${side}`).textContent = "";
    $(`said-${side}`).replaceChildren();
    if (one) draw_said(one, side, shown_of(counted[+view.side]));
  }
  show_step();
  history.replaceState(null, "", address());
}

// Change the view; count again unless only the shown place has changed.
function change(changes, again = true) {
  const anew = again ? { place: "-1", side: "0" } : {};
  Object.assign(view, anew, changes);
  if (again) count();
  else draw();
}

// --- the story -----------------------------------------------------------------------

function go_to_step(n) {
  view = view_of_step(Math.min(STEPS.length - 1, Math.max(0, n)));
  count();
}

function show_step() {
  for (const node of document.querySelectorAll(".step")) {
    node.hidden = node.id !== `step-${STEPS[view.step].key}`;
  }
  for (const link of document.querySelectorAll("#steps a")) {
    if (link.dataset.step === view.step) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
  $("back").disabled = view.step === "0";
  $("next").disabled = +view.step === STEPS.length - 1;
}

function listen_to_story() {
  $("story").addEventListener("click", (event) => {
    const link = event.target.closest("#steps a");
    const preset = event.target.closest("[data-view]");
    if (link) {
      event.preventDefault();
      go_to_step(+link.dataset.step);
    }
    if (preset) change(JSON.parse(preset.dataset.view));
  });
  $("back").addEventListener("click", () => go_to_step(+view.step - 1));
  $("next").addEventListener("click", () => go_to_step(+view.step + 1));
}

// --- controls ------------------------------------------------------------------------

function options(id, names, chosen, text = (name) => name) {
  const option = (name) => element("option", { value: name }, text(name));
  $(id).replaceChildren(...names.map(option));
  $(id).value = chosen;
}

function fill_controls() {
  const names = [...VARIANTS.keys()];
  const seed = (one) => `seed ${one}`;
  options("variant", names, view.variant);
  options("seed", seeds_of(view.variant), view.seed, seed);
  options("other", ["", ...names], view.other, (name) => name || "none");
  options("otherSeed", seeds_of(view.other), view.otherSeed, seed);
  options("count", OFFERED.count, view.count, (n) => `${n} numbers`);
  $("seed").hidden = seeds_of(view.variant).length < 2;
  $("otherSeed").hidden = seeds_of(view.other).length < 2;
  $("counts").classList.toggle("alone", !view.other);
  if ($("start") !== document.activeElement) $("start").value = view.start;
  $("fed").value = view.fed;
  $("held").checked = view.held === "1";
}

function listen_to_controls() {
  $("controls").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ start: $("start").value });
  });
  for (const id of ["variant", "seed", "other", "otherSeed", "count", "fed"]) {
    $(id).addEventListener("change", () => change({ [id]: $(id).value }));
  }
  $("held").addEventListener("change", () => {
    change({ held: $("held").checked ? "1" : "0" }, false);
  });
  $("share").addEventListener("click", share);
}

// Copy the address, which holds the whole view, and say so.
async function share() {
  const whole = location.href.split("#")[0] + address();
  try {
    await navigator.clipboard.writeText(whole);
    $("shared").textContent = "Link copied.";
  } catch {
    $("shared").textContent = `Copy this link: ${whole}`;
  }
}

// --- words ---------------------------------------------------------------------------

const ALONG = { ArrowLeft: -1, ArrowRight: 1 };

function pick(side, place) {
  const last = counted[side].said.length - 1;
  change({ side: String(side), place: String(Math.min(last, Math.max(1, place))) }, false);
  document.querySelector('.word[aria-pressed="true"]').focus({ preventScroll: true });
  document.querySelector(".inspector").scrollIntoView({ block: "nearest" });
}

function listen_to_words() {
  $("counts").addEventListener("click", (event) => {
    const word = event.target.closest(".word");
    const square = event.target.closest("[data-unit]");
    if (word) pick(+word.dataset.side, +word.dataset.place);
    if (square) change({ unit: square.dataset.unit }, false);
  });
  $("counts").addEventListener("keydown", (event) => {
    const word = event.target.closest(".word");
    if (!word || !(event.key in ALONG)) return;
    event.preventDefault();
    pick(+word.dataset.side, +word.dataset.place + ALONG[event.key]);
  });
}

// The navigation scrolls, and leaves the view in the address as it is.
function listen_to_navigation() {
  document.querySelector("nav").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    const section = document.querySelector(link.getAttribute("href"));
    section.scrollIntoView();
    section.focus({ preventScroll: true });
  });
}

function listen_to_window() {
  addEventListener("hashchange", () => {
    if (location.hash.includes("=") && read_address()) count();
  });
  addEventListener("resize", draw);
  for (const media of ["print", "(prefers-color-scheme: dark)"]) {
    matchMedia(media).addEventListener("change", draw); // shades depend on them
  }
}

if (VARIANTS.size) {
  document.documentElement.classList.add("live");
  if (!read_address()) view = view_of_step(0);
  listen_to_story();
  listen_to_controls();
  listen_to_words();
  listen_to_navigation();
  listen_to_window();
  listen_to_panel();
  count();
}
