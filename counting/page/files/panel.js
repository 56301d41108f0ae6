// Train it here: a network learns in this page, and is then one of those to talk to.

"use strict";

const YOURS = "yours";
const CHART = { width: 560, height: 150 };
const TALK_EVERY = 1500; // milliseconds between two looks at what it says
const GIVEN = 3; // numbers that it counts on from
// The recipe recombined of params.yaml, but with smaller batches, fewer steps and plain
// Adam, without averaged weights: so it takes a few minutes.
const RECOMBINED = {
  recombine: 0.75,
  bptt: 56,
  warm_up: 0.1,
  clip_norm: 1,
  batch_size: 32,
  learning_rate: 0.02,
  steps: 2000,
};

let training = null; // of train(), while there is one
let points = []; // of its curve
let talked = 0; // when it was last asked
let remark = ""; // on the text

// --- settings ------------------------------------------------------------------------

const NUMBERS = ["hidden_size", "batch_size", "learning_rate"];

// The settings of the network and the windows that are picked.
function settings_picked() {
  const { epochs, ...lesson } = DATA.lessons[$("lesson").value];
  if ($("windows").value === "recombined") return { ...lesson, ...RECOMBINED };
  const { batch_size, bptt } = lesson;
  const each = steps_per_epoch(STREAMS.train.length, batch_size, bptt);
  return { ...lesson, steps: epochs * each };
}

// Put in what a network is trained with unless that is changed.
function fill_settings() {
  const settings = settings_picked();
  for (const name of NUMBERS) $(name).value = settings[name];
  $("steps-to-take").value = settings.steps;
}

function settings_given() {
  const settings = settings_picked();
  for (const name of NUMBERS) settings[name] = +$(name).value;
  return { ...settings, steps: +$("steps-to-take").value, seed: 0 };
}

// The text to learn: the numbers, or what was pasted, with batches that fit it.
function text_given() {
  if (!$("own-text").value.trim()) return { words: OURS.words, tokens: STREAMS.train };
  const text = read_text($("own-text").value);
  const { bptt, recombine } = settings_picked();
  const most = Math.max(1, Math.floor((text.tokens.length - 1) / bptt));
  if (!recombine) $("batch_size").value = Math.min(most, +$("batch_size").value);
  return text;
}

// --- while it learns -----------------------------------------------------------------

function start_training() {
  training?.stop();
  points = [];
  talked = 0;
  remark = "";
  $("panel-count").textContent = "";
  try {
    const text = text_given();
    const settings = settings_given();
    if (settings.recombine) tell_panel("Looking for phrases that can be recombined.");
    training = train(settings, text, (event) => hear(event, text, settings));
  } catch (error) {
    training = null;
    tell_panel(error.message);
  }
  busy_panel(Boolean(training));
}

const tell_panel = (text) => ($("panel-status").textContent = text);

function busy_panel(is) {
  $("pause").disabled = !is;
  $("pause").textContent = "Pause";
  $("more").disabled = true;
}

function hear(event, text, { recombine }) {
  const take = (trained, rest) => take_in(trained, text, recombine, rest);
  if (event.state === "failed") {
    busy_panel(false);
    tell_panel(event.message);
  } else if (event.state === "as it is") {
    remark = "Nothing in this text can be recombined; it is trained without. ";
  } else if (event.state === "training") {
    points.push(...event.points);
    draw_curve();
    tell_progress(event.speed);
    if (performance.now() - talked > TALK_EVERY) {
      talked = performance.now();
      training.trained().then(take);
    }
  } else {
    $("pause").textContent = event.state === "paused" ? "Go on" : "Pause";
    $("pause").disabled = event.state === "finished";
    // recombined, its learning rate has come down to nothing
    $("more").disabled = event.state !== "finished" || recombine > 0;
    training.trained().then((trained) => take(trained, true));
    if (event.state === "finished" && recombine && text.words === OURS.words) count_far();
  }
}

// Let it count on from the end of the training text, in numbers that have digits.
function count_far() {
  const start = lines_of_stream(STREAMS.train).slice(-GIVEN);
  const end = number_of(start.at(-1));
  if (end === null) return;
  const words = start.flatMap((line) => [...line, OURS.separator]);
  training.count(words, (n, ended) => {
    const so_far = ended ? "it counts" : "it has so far counted";
    $("panel-count").textContent =
      `Left alone after ${in_digits(end)}, ${so_far} to ${in_digits(n)} without an error.`;
  });
}

function tell_progress(speed) {
  const { step: n, loss, accuracy } = points[points.length - 1];
  tell_panel(
    `${remark}Step ${grouped(n)}: loss ${loss.toFixed(3)} nats per token, accuracy ` +
      `${accuracy.toFixed(3)}; ${grouped(speed)} steps a second.`,
  );
}

// Make what was trained one of the networks to talk to, and show what it says.
function take_in({ network: net, words, files }, text, recombine, rest = false) {
  const ours = text.words === OURS.words;
  const lines = ours ? [] : numbers_of([...text.tokens].map((t) => words[t]), words[0]);
  const vocabulary = ours ? OURS : vocabulary_of(words, lines);
  const step = recombine ? "beyond" : "gates"; // of the story, which starts there
  const { view: preset } = STEPS.find(({ key }) => key === step) ?? STEPS[0];
  const start = ours ? preset.start : [...lines[0], words[0]].join(" ");
  const talk_from = ours && !recombine ? {} : { start };
  VARIANTS.set(YOURS, { name: YOURS, seeds: { 0: "" }, net, vocabulary, talk_from });
  const { words: read } = read_prompt(start, vocabulary);
  const truth = truth_after(read, 8, vocabulary);
  const one = count_on(net, vocabulary, read, truth, 4, "own");
  const said = one.said.slice(one.given).join(" ");
  const judged = verdict({ ...one, kinds: judge(one) });
  const last = numbers_of(read, words[0]).at(-2).join(" ");
  $("panel-said").textContent = `After “${last} ${words[0]}” it says “${said}”. ${judged}`;
  $("talk").hidden = false;
  if (rest) finish(net, files);
}

// Offer the files, and tell whether the pipeline's own weights came out.
function finish(net, files) {
  const links = files.map(({ name, bytes }) => {
    const href = URL.createObjectURL(new Blob([bytes]));
    return element("a", { href, download: name }, name);
  });
  const same = DATA.variants.find((variant) =>
    Object.keys(variant.seeds).some((seed) => same_bits(net, network(variant.name, seed))),
  );
  const told = same
    ? `These are the weights of ${same.name} in the pipeline, bit for bit. `
    : "";
  $("files").replaceChildren(
    told,
    "Download ",
    ...links.flatMap((link, n) => (n ? [", ", link] : [link])),
  );
}

// Count with it in the live count: from the start that is there, unless it read a text
// of its own, or counts where none of the article's networks does.
function talk() {
  const { talk_from } = VARIANTS.get(YOURS);
  change({ variant: YOURS, seed: "0", other: "", ...talk_from });
  $("watch").scrollIntoView();
  $("start").focus({ preventScroll: true });
}

// --- the curve -----------------------------------------------------------------------

// Loss and accuracy by step, with their scales.
function draw_curve() {
  const { width, height } = CHART;
  const last = Math.max(+$("steps-to-take").value, points[points.length - 1].step);
  const most = Math.max(...points.map(({ loss }) => loss), 1);
  const path = (value, kind) => {
    const places = points.map((point) => {
      const x = 30 + ((width - 60) * point.step) / last;
      return `${x.toFixed(1)} ${(10 + (height - 30) * (1 - value(point))).toFixed(1)}`;
    });
    return element("path", { class: `line ${kind}`, d: `M${places.join("L")}` });
  };
  const text = (x, y, content, kind = "") =>
    element("text", { class: `tick ${kind}`, x, y }, content);
  $("curve").replaceChildren(
    element("path", { class: "grid", d: `M30 10V${height - 20}H${width - 30}V10` }),
    path(({ loss }) => loss / most, "loss"),
    path(({ accuracy }) => accuracy, "accuracy"),
    text(26, 14, most.toFixed(1), "end"),
    text(26, height - 20, "0", "end"),
    text(width - 26, 14, "100 %"),
    text(width - 26, height - 20, "0 %"),
    text(36, 22, "loss", "loss"),
    text(width - 36, height - 26, "accuracy", "end accuracy"),
    text(30, height - 4, "step 1"),
    text(width - 30, height - 4, `step ${grouped(last)}`, "end"),
  );
}

function listen_to_panel() {
  if (!$("panel")) return;
  fill_settings();
  for (const id of ["lesson", "windows"])
    $(id).addEventListener("change", fill_settings);
  $("panel").addEventListener("submit", (event) => {
    event.preventDefault();
    start_training();
  });
  $("pause").addEventListener("click", () => {
    if ($("pause").textContent === "Pause") training.pause();
    else {
      $("pause").textContent = "Pause";
      training.resume();
    }
  });
  $("more").addEventListener("click", () => {
    $("steps-to-take").value = points.length + 200;
    busy_panel(true);
    training.more(200);
  });
  $("talk").addEventListener("click", talk);
}
