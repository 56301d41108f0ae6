// A step of training as the pipeline takes it: the same weights, to the bit.
//
// Forward, back through time, and Adam without decay: what counting/engine does, under
// the same names. Sums keep their order. Of the products see multiply.js.
//
// Sizes: T steps, B windows, H hidden, V vocabulary, L columns of the logits, N = T B.

"use strict";

const EPS = float32(1e-5); // of batch norm
const MOMENTUM = float32(0.1); // of its running statistics
const BETAS = [0.9, 0.999];
const ADAM_EPS = float32(1e-8);
const CLIP_EPS = 1e-6; // added to a norm that is divided by

// --- head: batch norm and linear layer in one, and cross entropy ---------------------

// The columns' means of values (rows, H), summed one row after the other.
function mean_rows(mean, values, H) {
  const rows = values.length / H;
  mean.fill(0);
  for (let at = 0; at < values.length; at += H) add_row(mean, 0, values, at, H);
  for (let j = 0; j < H; j++) mean[j] = float32(mean[j] / rows);
}

const inverse_root = (variance) => float32(1 / float32(Math.sqrt(add(variance, EPS))));

function batch_statistics({ h, y, mean, variance, rs, squares, B, H }) {
  const states = h.subarray(B * H);
  mean_rows(mean, states, H);
  for (let i = 0; i < y.length; i++) {
    y[i] = float32(states[i] - mean[i % H]);
    squares[i] = mul(y[i], y[i]);
  }
  mean_rows(variance, squares, H);
  for (let j = 0; j < H; j++) rs[j] = inverse_root(variance[j]);
}

function move_statistics({ tensors, mean, variance, N, H }) {
  const [running_mean, running_var] = ["mean", "var"].map(
    (name) => tensors[`bn.running_${name}`],
  );
  const unbiased = float32(N / (N - 1));
  const moved = (running, now) => add(running, mul(MOMENTUM, float32(now - running)));
  for (let j = 0; j < H; j++) {
    running_mean[j] = moved(running_mean[j], mean[j]);
    running_var[j] = moved(running_var[j], mul(variance[j], unbiased));
  }
}

// Fill the linear layer with batch norm in it, for states less what `mean` takes off.
function fuse_batch_norm({ tensors, V, H }, mean, rs, fused_W, fused_b) {
  const W = tensors["h_o.weight"];
  const [gamma, beta] = [tensors["bn.weight"], tensors["bn.bias"]];
  fused_b.fill(NEVER);
  for (let p = 0; p < V; p++) {
    let offset = tensors["h_o.bias"][p];
    for (let j = 0; j < H; j++) {
      const w = W[p * H + j];
      const shift = float32(beta[j] - mul(mul(mean[j], gamma[j]), rs[j]));
      offset = add(offset, mul(w, shift));
      fused_W[p * H + j] = mul(w, mul(gamma[j], rs[j]));
    }
    fused_b[p] = offset;
  }
}

// Turn logits into the gradient of the mean loss over the positions that have a target;
// gives that loss, and the share of them that is right.
function softmax_cross_entropy({ out, targets, N, L }) {
  let [total, right] = [0, 0];
  const scored = Math.max(1, targets.filter((target) => target !== NO_TARGET).length);
  for (let i = 0; i < N; i++) {
    const row = out.subarray(i * L, (i + 1) * L);
    const target = targets[i];
    if (target === NO_TARGET) {
      row.fill(0);
      continue;
    }
    const top = row_max(row);
    const logit = row[target];
    right += row.indexOf(top) === target;
    total = add(total, add(log(softmax(row, top)), float32(top - logit)));
    row[target] = float32(row[target] - 1);
    for (let v = 0; v < L; v++) row[v] = float32(row[v] / scored);
  }
  return { loss: float32(total / scored), accuracy: right / scored };
}

function fused_linear_backward(s) {
  const { matmul_add, tensors, gradients, out, y, rs, D, d_out, N, V, H, L } = s;
  d_out.fill(0);
  D.fill(0);
  for (let i = 0; i < N; i++) add_row(d_out, 0, out, i * L, L);
  // a tile gives up where a sum is zero, as it is up to the first position with a target
  const from = Math.max(0, s.targets.findIndex((target) => target !== NO_TARGET));
  const d = turned(matrix(out, L, from * L));
  matmul_add(matrix(D, H), d, matrix(y, H, from * H), V, H, N - from);
  const W = tensors["h_o.weight"];
  const [gamma, beta] = [tensors["bn.weight"], tensors["bn.bias"]];
  const [dW, db] = [gradients["h_o.weight"], gradients["h_o.bias"]];
  const [d_gamma, d_beta] = [gradients["bn.weight"], gradients["bn.bias"]];
  d_gamma.fill(0);
  d_beta.fill(0);
  for (let p = 0; p < V; p++) {
    db[p] = d_out[p];
    for (let j = 0; j < H; j++) {
      const [w, slope] = [W[p * H + j], mul(D[p * H + j], rs[j])];
      dW[p * H + j] = add(mul(slope, gamma[j]), mul(db[p], beta[j]));
      d_gamma[j] = add(d_gamma[j], mul(w, slope));
      d_beta[j] = add(d_beta[j], mul(w, db[p]));
    }
  }
  for (let i = 0; i < y.length; i++) {
    const j = i % H;
    const share = float32(mul(gamma[j], rs[j]) / N);
    const moved = add(d_beta[j], mul(mul(y[i], rs[j]), d_gamma[j]));
    s.d_states[i] = mul(-share, moved);
  }
  matmul_add(matrix(s.d_states, H), matrix(out, L), matrix(s.fused_W, H), N, H, V);
}

// --- a step --------------------------------------------------------------------------

// The factor that keeps the norm of all gradients at clip_norm or less, with four sums
// of squares as in counting/engine/adam.py.
function clip_scale({ gradients, settings: { clip_norm } }) {
  if (!clip_norm) return 1;
  const all = Object.values(gradients);
  const n = all.reduce((size, part) => size + part.length, 0);
  const fours = n - (n % 4);
  const sums = [0, 0, 0, 0];
  let i = 0;
  for (const part of all) {
    for (let j = 0; j < part.length; j++, i++)
      sums[i < fours ? i % 4 : 0] += part[j] * part[j];
  }
  const norm = Math.sqrt(sums[0] + sums[1] + (sums[2] + sums[3]));
  return float32(Math.min(1, clip_norm / (norm + CLIP_EPS)));
}

// One-cycle in straight lines: up to the learning rate in the warm-up, then down to
// nothing; without a warm-up, always the learning rate.
function rate_of({ learning_rate: rate, warm_up, steps }, step) {
  if (!warm_up) return rate;
  const top = warm_up * steps;
  return rate * (step + 1 <= top ? (step + 1) / top : (steps - step) / (steps - top));
}

function adam_update(s, rate) {
  const { tensors, gradients, m, v, powers } = s;
  const scale = clip_scale(s);
  BETAS.forEach((beta, i) => (powers[i] *= beta));
  const [keep_m, keep_v] = BETAS.map(float32);
  const pace = float32(rate / (1 - powers[0]));
  const root = float32(1 / Math.sqrt(1 - powers[1]));
  for (const name of Object.keys(gradients)) {
    const [values, d, m_, v_] = [tensors, gradients, m, v].map((all) => all[name]);
    for (let i = 0; i < d.length; i++) {
      const g = mul(d[i], scale);
      m_[i] = add(mul(keep_m, m_[i]), mul(less(keep_m), g));
      v_[i] = add(mul(keep_v, v_[i]), mul(mul(less(keep_v), g), g));
      const spread = add(mul(float32(Math.sqrt(v_[i])), root), ADAM_EPS);
      values[i] = float32(values[i] - float32(mul(pace, m_[i]) / spread));
    }
  }
}

// Give the gradients of the recurrence to the tensors they are of.
function put_gradients(s) {
  const { walk, matmul_add, gradients, d_table, d_W_hh, d_b_n, V, H, G_H } = s;
  const d_embedding = gradients["i_h.weight"].fill(0);
  const rows = matrix(d_table, G_H);
  matmul_add(matrix(d_embedding, H), rows, matrix(s.W_ih, H), V, H, G_H);
  const [d_W, d_b] = [s.of(gradients, "W_ih").fill(0), s.of(gradients, "b_ih").fill(0)];
  matmul_add(matrix(d_W, H), turned(rows), matrix(s.embedding, H), G_H, H, V);
  for (let token = 0; token < V; token++) add_row(d_b, 0, d_table, token * G_H, G_H);
  if (s.of(gradients, "W_hh") === d_W) return add_row(d_W, 0, d_W_hh, 0, G_H * H);
  s.of(gradients, "W_hh").set(d_W_hh);
  s.of(gradients, "b_hh").set(d_b);
  if (walk.G === 3) s.of(gradients, "b_hh").set(d_b_n, 2 * H);
}

// Change the weights by the tokens and targets that `s` has; gives loss and accuracy.
function learn(s) {
  run_recurrence(s);
  batch_statistics(s);
  move_statistics(s);
  fuse_batch_norm(s, s.nothing, s.rs, s.fused_W, s.fused_b);
  affine(s, s.out, s.y, s.fused_W, s.fused_b, s.room);
  const result = softmax_cross_entropy(s);
  fused_linear_backward(s);
  recurrence_backward(s);
  put_gradients(s);
  adam_update(s, rate_of(s.settings, s.step));
  s.step += 1;
  return result;
}

// --- a network that learns -----------------------------------------------------------

// How many float32 each array has that a step fills.
function sizes_of(walk, { bptt: T, batch_size: B, hidden_size: H }, V, L) {
  const [G_H, N] = [walk.G * H, T * B];
  const states = (T + 1) * B * H;
  const along = { h: states, c: walk === WALKS.lstm ? states : 0 };
  const back = { d_states: N * H, dh: B * H, dc: B * H, d_W_hh: G_H * H, d_b_n: H };
  const input = { table: V * G_H, d_table: V * G_H, room: Math.max(G_H, L) * H };
  const norm = { y: N * H, squares: N * H, mean: H, variance: H, rs: H, nothing: H };
  const head = { fused_W: L * H, fused_b: L, out: N * L, D: V * H, d_out: L };
  return { gates: N * walk.saved * H, ...along, ...back, ...input, ...norm, ...head };
}

const mapped = (all, make) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, make(value)]));

// A network that begins with `initial` parameters, by name, and all that a step needs.
function learner(settings, V, initial) {
  const { recurrence, activation, hidden_size: H, bptt: T, batch_size: B } = settings;
  const walk = WALKS[activation ?? recurrence];
  const L = 32 * Math.ceil(V / 32);
  const shapes = shapes_of(settings, V);
  const lengths = mapped(shapes, size_of);
  const sizes = sizes_of(walk, settings, V, L);
  const all = [lengths, lengths, sizes].flatMap(Object.values);
  const { take, matmul_add } = products(all.reduce((a, b) => a + b));
  const tensors = mapped(lengths, take);
  for (const name of Object.keys(shapes)) tensors[name].set(initial[name]);
  tensors["bn.running_mean"] = new Float32Array(H);
  tensors["bn.running_var"] = new Float32Array(H).fill(1);
  const names = recurrence === "loop" ? LOOP : LAYER;
  const of = (all, part) => all[names[part]];
  const zeros = () => mapped(lengths, (length) => new Float32Array(length));
  return {
    ...{ settings, shapes, walk, matmul_add, T, B, H, V, L, N: T * B, G_H: walk.G * H },
    ...{ tensors, gradients: mapped(lengths, take), ...mapped(sizes, take) },
    ...{ embedding: tensors["i_h.weight"], of, W_ih: of(tensors, "W_ih") },
    ...{ W_hh: of(tensors, "W_hh"), b_hh: of(tensors, "b_hh") },
    ...{ m: zeros(), v: zeros(), powers: [1, 1], step: 0 },
    ...{ tokens: new Int32Array(T * B), targets: new Int32Array(T * B) },
  };
}

// The bias of the input side; that of a GRU has another one inside a product.
function input_bias({ walk, tensors, of, b_hh }) {
  const b_ih = of(tensors, "b_ih");
  return walk.G === 3 || !b_hh ? b_ih : b_ih.map((b, j) => add(b, b_hh[j]));
}

const steps_per_epoch = (tokens, B, T) => Math.floor(Math.floor((tokens - 1) / B) / T);

// Take the windows of a step where the article does: the text is cut into B rows, and
// step k of an epoch reads the k-th stretch of T tokens of each.
function read_rows({ tokens, targets, T, B, step }, stream) {
  const column = (step % steps_per_epoch(stream.length, B, T)) * T;
  const row = Math.floor((stream.length - 1) / B);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      tokens[t * B + b] = stream[b * row + column + t];
      targets[t * B + b] = stream[b * row + column + t + 1];
    }
  }
}

// What has been learnt, as the engine of the page takes a network (page/arrays.py).
function network_now(s) {
  const { walk, tensors, V, H, L, W_hh, b_hh, settings } = s;
  const [W_out, shift] = [L * H, L].map((size) => new Float32Array(size));
  affine(s, s.table, s.embedding, s.W_ih, input_bias(s), s.room);
  const rs = tensors["bn.running_var"].map(inverse_root);
  fuse_batch_norm(s, tensors["bn.running_mean"], rs, W_out, shift);
  return {
    ...{ V, H, L, recurrence: settings.activation ?? settings.recurrence },
    ...{ input_table: s.table.slice(), W_hh: W_hh.slice() },
    bias_hh: walk.G === 3 ? b_hh.slice() : new Float32Array(0),
    ...{ W_out, shift },
  };
}
