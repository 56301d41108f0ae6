// Train it here: a network learns in this page, and is then one of those to talk to.

"use strict";

const YOURS = "yours";
const CHART = { width: 560, height: 150 };
const TALK_EVERY = 1500; // milliseconds between two looks at what it says

let training = null; // of train(), while there is one
let points = []; // of its curve
let talked = 0; // when it was last asked

// --- settings ------------------------------------------------------------------------

const NUMBERS = ["hidden_size", "batch_size", "learning_rate"];

// The text to learn: the numbers, or what was pasted, with batches that fit it.
function text_given() {
  if (!$("own-text").value.trim()) return { words: OURS.words, tokens: STREAMS.train };
  const text = read_text($("own-text").value);
  const { bptt } = DATA.lessons[$("lesson").value];
  const most = Math.max(1, Math.floor((text.tokens.length - 1) / bptt));
  $("batch_size").value = Math.min(most, +$("batch_size").value);
  return text;
}

// Put in what the pipeline trains a network with.
function fill_settings() {
  const settings = DATA.lessons[$("lesson").value];
  for (const name of NUMBERS) $(name).value = settings[name];
  const { batch_size, bptt, epochs } = settings;
  const each = steps_per_epoch(STREAMS.train.length, batch_size, bptt);
  $("steps-to-take").value = epochs * each;
}

function settings_given() {
  const { epochs, ...settings } = DATA.lessons[$("lesson").value];
  for (const name of NUMBERS) settings[name] = +$(name).value;
  return { ...settings, steps: +$("steps-to-take").value, seed: 0 };
}

// --- while it learns -----------------------------------------------------------------

function start_training() {
  training?.stop();
  points = [];
  talked = 0;
  let text;
  try {
    text = text_given();
    training = train(settings_given(), text, (event) => hear(event, text));
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

function hear(event, text) {
  if (event.state === "failed") {
    busy_panel(false);
    tell_panel(event.message);
  } else if (event.state === "training") {
    points.push(...event.points);
    draw_curve();
    tell_progress(event.speed);
    if (performance.now() - talked > TALK_EVERY) {
      talked = performance.now();
      training.trained().then((trained) => take_in(trained, text));
    }
  } else {
    $("pause").textContent = event.state === "paused" ? "Go on" : "Pause";
    $("pause").disabled = event.state === "finished";
    $("more").disabled = event.state !== "finished";
    training.trained().then((trained) => take_in(trained, text, true));
  }
}

function tell_progress(speed) {
  const { step: n, loss, accuracy } = points[points.length - 1];
  tell_panel(
    `Step ${grouped(n)}: loss ${loss.toFixed(3)} nats per token, accuracy ` +
      `${accuracy.toFixed(3)}; ${grouped(speed)} steps a second.`,
  );
}

// Make what was trained one of the networks to talk to, and show what it says.
function take_in({ network: net, words, files }, text, rest = false) {
  const ours = text.words === OURS.words;
  const lines = ours ? [] : numbers_of([...text.tokens].map((t) => words[t]), words[0]);
  const vocabulary = ours ? OURS : vocabulary_of(words, lines);
  const start = ours ? null : [...lines[0], words[0]].join(" ");
  VARIANTS.set(YOURS, { name: YOURS, seeds: { 0: "" }, net, vocabulary, start });
  const { view: preset } = STEPS.find(({ key }) => key === "gates") ?? STEPS[0];
  const { words: read } = read_prompt(start ?? preset.start, vocabulary);
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

// Count with it in the live count, from the start of its own text if it has one.
function talk() {
  const { start } = VARIANTS.get(YOURS);
  change({ variant: YOURS, seed: "0", other: "", ...(start ? { start } : {}) });
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
  $("lesson").addEventListener("change", fill_settings);
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
