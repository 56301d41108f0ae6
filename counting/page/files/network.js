// The networks of the pipeline in plain JavaScript: the same float32, to the bit.
//
// Every operation of the compiled engine is a rounding, a quotient or an fma, in a
// fixed order. So it can be repeated here, kernel by kernel, under the same names.
// Math.exp and Math.tanh are never called: they differ between browsers.
//
// Sizes: V vocabulary, H hidden, L columns of the logits, M positions a copy head sees.

"use strict";

// --- single operations ---------------------------------------------------------------

const float32 = Math.fround;
const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Int32Array(FLOAT.buffer);
const DOUBLE = new Float64Array(1);
const DOUBLE_BITS = new Uint32Array(DOUBLE.buffer);

// a * b + c of float32, rounded once. As doubles the product is exact, the sum is not;
// `lost` is the part that its rounding lost (Knuth's two-sum). Rounding a second time is
// safe if the first rounding went to the odd neighbour (Boldo and Melquiond 2008).
function fma(a, b, c) {
  const product = a * b;
  const sum = product + c;
  const part = sum - product;
  const lost = product - (sum - part) + (c - part);
  if (lost === 0) return float32(sum);
  DOUBLE[0] = sum;
  if ((DOUBLE_BITS[0] & 1) === 0) {
    if (lost > 0 === sum > 0) DOUBLE_BITS[0] |= 1;
    else if (DOUBLE_BITS[0] !== 0) DOUBLE_BITS[0] -= 1;
    else {
      DOUBLE_BITS[0] = 0xffffffff;
      DOUBLE_BITS[1] -= 1;
    }
  }
  return float32(DOUBLE[0]);
}

// Rounds halves to even: the sum has no bits for a fraction.
const NO_FRACTION = 1.5 * 2 ** 52;
const round_even = (x) => x + NO_FRACTION - NO_FRACTION;

const LOG2_E = float32(Math.LOG2E);
const LN2 = float32(Math.LN2);
const SQRT2 = float32(Math.SQRT2);
const LN2_HIGH = float32(0.693145751953125);
const LN2_LOW = float32(1.42860682030941723e-6);
const EXP = [5040, 720, 120, 24, 6, 2, 1, 1].map((n) => float32(1 / n));
const ATANH = [9, 7, 5, 3].map((n) => float32(2 / n));

// 2^n e^r with x = n ln 2 + r, e^r by its series.
function exp(x) {
  x = Math.min(Math.max(x, -87), 88);
  const n = round_even(float32(x * LOG2_E));
  const r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x));
  let p = EXP[0];
  for (let i = 1; i < EXP.length; i++) p = fma(p, r, EXP[i]);
  FLOAT_BITS[0] = (n + 127) << 23;
  return float32(p * FLOAT[0]);
}

// n ln 2 + ln m with x = 2^n m and ln m = 2 artanh((m - 1) / (m + 1)).
function log(x) {
  FLOAT[0] = x;
  let n = (FLOAT_BITS[0] >> 23) - 127;
  FLOAT_BITS[0] = (FLOAT_BITS[0] & 0x7fffff) | 0x3f800000;
  let m = FLOAT[0];
  if (m > SQRT2) {
    m = float32(m * 0.5);
    n += 1;
  }
  const s = float32(float32(m - 1) / float32(m + 1));
  const z = float32(s * s);
  let p = ATANH[0];
  for (let i = 1; i < ATANH.length; i++) p = fma(p, z, ATANH[i]);
  return fma(n, LN2, fma(float32(p * z), s, float32(s + s)));
}

const sigmoid = (x) => float32(1 / float32(1 + exp(-x)));
const tanh = (x) => float32(1 - float32(2 / float32(1 + exp(float32(x + x)))));
const relu = (x) => (x > 0 ? x : x * 0);

// --- rows ----------------------------------------------------------------------------

// Add W (N, K) times the vector x (K) to out (N): one chain of fma per element.
function matmul_add(out, x, W) {
  const K = x.length;
  for (let j = 0; j < out.length; j++) {
    let sum = out[j];
    for (let k = 0, at = j * K; k < K; k++) sum = fma(x[k], W[at + k], sum);
    out[j] = sum;
  }
}

const row_max = (row) => row.reduce((a, b) => (b > a ? b : a));

// The sum of 4 n values, four at a time.
function row_sum(row) {
  let [a, b, c, d] = row;
  for (let v = 4; v < row.length; v += 4) {
    a = float32(a + row[v]);
    b = float32(b + row[v + 1]);
    c = float32(c + row[v + 2]);
    d = float32(d + row[v + 3]);
  }
  return float32(float32(a + b) + float32(c + d));
}

// Turn 4 n scores into probabilities, in place; gives the sum they are divided by.
function softmax(row, top) {
  for (let v = 0; v < row.length; v++) row[v] = exp(float32(row[v] - top));
  const sum = row_sum(row);
  for (let v = 0; v < row.length; v++) row[v] = float32(row[v] / sum);
  return sum;
}

// The same for any number of scores, summed one after the other.
function softmax_short(row) {
  const top = row_max(row);
  let sum = 0;
  for (let j = 0; j < row.length; j++) {
    row[j] = exp(float32(row[j] - top));
    sum = float32(sum + row[j]);
  }
  for (let j = 0; j < row.length; j++) row[j] = float32(row[j] / sum);
}

// --- recurrences: (network, row of the input table, state) -> h, c and the gates -----

function elman(squash) {
  return ({ W_hh }, row, { h }) => {
    const next = row.slice();
    matmul_add(next, h, W_hh);
    return { h: next.map(squash), gates: {} };
  };
}

function gru({ H, W_hh, bias_hh }, row, { h }) {
  const g = bias_hh.slice();
  for (let j = 0; j < 2 * H; j++) g[j] = float32(row[j] + bias_hh[j]);
  matmul_add(g, h, W_hh);
  const reset = g.slice(0, H).map(sigmoid);
  const update = g.slice(H, 2 * H).map(sigmoid);
  const fresh = reset.map((r, j) => tanh(fma(r, g[2 * H + j], row[2 * H + j])));
  const next = fresh.map((n, j) => fma(update[j], float32(h[j] - n), n));
  return { h: next, gates: { reset, update, new: fresh } };
}

function lstm({ H, W_hh }, row, { h, c }) {
  const a = row.slice();
  matmul_add(a, h, W_hh);
  const part = (n, squash) => a.slice(n * H, (n + 1) * H).map(squash);
  const i = part(0, sigmoid);
  const f = part(1, sigmoid);
  const g = part(2, tanh);
  const o = part(3, sigmoid);
  const cell = c.map((before, j) => fma(f[j], before, float32(i[j] * g[j])));
  const next = o.map((out, j) => float32(out * tanh(cell[j])));
  return { h: next, c: cell, gates: { input: i, forget: f, new: g, output: o, cell } };
}

const RECURRENCES = { gru, lstm, relu: elman(relu), tanh: elman(tanh) };

// --- heads: (network, projected row, state, token) -> probabilities and more ---------

const NEVER = float32(-1e30); // a logit of no token
const FLOOR = float32(1e-8); // added to a probability before its logarithm

function linear_head({ L }, out) {
  const p = out.slice(0, L);
  const top = row_max(p);
  const logits = p.slice();
  const log_sum = log(softmax(p, top));
  return { p, loss: (target) => float32(log_sum + float32(top - logits[target])) };
}

// Own word, copied word, or its substitute: p = g1 own + g2 c + g3 c S.
// `state.keys` belong to the last M positions, `state.followers` are the tokens after
// these.
function copy_head({ V, H, L, S, copy_reach }, out, { keys, followers }, token) {
  const own = out.slice(0, L);
  const query = out.slice(L, L + H);
  const scale = float32(H ** -0.5);
  const key = out.slice(L + H, L + 2 * H).map((k) => float32(k * scale));
  const mixture = out.slice(L + 2 * H, L + 2 * H + 3);
  softmax(own, row_max(own));
  if (keys.length === 0) mixture[1] = mixture[2] = NEVER;
  softmax_short(mixture);
  const words = keys.length ? [...followers, token] : [];
  const attention = new Float32Array(keys.length);
  keys.forEach((k, j) => matmul_add(attention.subarray(j, j + 1), query, k));
  if (keys.length) softmax_short(attention);
  const p = own.map((o) => float32(mixture[0] * o));
  words.forEach((word, j) => {
    p[word] = float32(p[word] + float32(mixture[1] * attention[j]));
    const weight = float32(mixture[2] * attention[j]);
    for (let v = 0; v < L; v++)
      p[v] = float32(p[v] + float32(weight * S[word * L + v]));
  });
  const whole = log(float32(1 + float32(V * FLOOR)));
  const loss = (target) => float32(whole - log(float32(p[target] + FLOOR)));
  const kept = [...keys, key].slice(-copy_reach);
  const memory = { keys: kept, followers: words.slice(words.length - kept.length + 1) };
  return { p, loss, own, mixture, attention, words, memory };
}

// --- a network -----------------------------------------------------------------------

const zero_state = ({ H }) => ({
  h: new Float32Array(H),
  c: new Float32Array(H),
  keys: [],
  followers: [],
});

// Read one token: gives the probabilities of the next one, and the new state.
function step(network, state, token) {
  const { W_out, shift, input_table, head } = network;
  const G_H = input_table.length / network.V;
  const row = input_table.slice(token * G_H, (token + 1) * G_H);
  const { h, c, gates } = network.recurrence(network, row, state);
  const out = shift.slice();
  matmul_add(out, h, W_out);
  const said = head(network, out, state, token);
  return {
    ...said,
    h,
    gates,
    best: said.p.indexOf(row_max(said.p)),
    state: { h, c, ...(said.memory ?? { keys: [], followers: [] }) },
  };
}

// Put a network together from its settings and the bytes of its arrays.
function network_of({ V, H, L, recurrence, head, copy_reach, shapes }, bytes) {
  const network = { V, H, L, copy_reach };
  network.recurrence = RECURRENCES[recurrence];
  network.head = head === "copy" ? copy_head : linear_head;
  let at = 0;
  for (const [name, size] of shapes) {
    network[name] = new Float32Array(bytes, 4 * at, size);
    at += size;
  }
  return network;
}

const bytes_of = (base64) =>
  Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
