// Loop, RNN, GRU and LSTM along time and back, to the bit as in the compiled engine
// (counting/engine/recurrence.py, gates.py); docs/bptt.md derives the formulas.
//
// Sizes: T steps, B windows, H hidden, G gates, V vocabulary. Arrays are flat, with time
// first. A window has its places in them: `before` and `now` in h and c, b in the
// gradients of one step, g among the gates, and x in the table, where its token is.

"use strict";

const add = (a, b) => float32(a + b);
const mul = (a, b) => float32(a * b);
const less = (x) => float32(1 - x); // 1 - x

function add_row(total, to, values, from, size) {
  for (let j = 0; j < size; j++) total[to + j] = add(total[to + j], values[from + j]);
}

function copy_row(copy, to, values, from, size) {
  for (let j = 0; j < size; j++) copy[to + j] = values[from + j];
}

// --- recurrences, a window at a step -------------------------------------------------
//
// `begin` gives the gates what the product with the last state is added to, `end` makes
// the next state of the sum. `back` takes the gradient of that state, and puts those of
// the gates in their place. G gates are multiplied, `saved` are kept for the way back.

const walk_elman = (squash, slope) => ({
  G: 1,
  saved: 1,
  begin: ({ gates, table, H }, { g, x }) => copy_row(gates, g, table, x, H),
  end({ gates, h, H }, { g, now }) {
    for (let j = 0; j < H; j++) h[now + j] = squash(gates[g + j]);
  },
  back({ gates, h, dh, d_states, d_table, H }, { g, x, b, before, now }) {
    for (let j = 0; j < H; j++) {
      const d = add(dh[b + j], d_states[before + j]);
      gates[g + j] = mul(d, slope(h[now + j]));
      dh[b + j] = 0;
    }
    add_row(d_table, x, gates, g, H);
  },
});

const walk_gru = {
  G: 3,
  saved: 4, // r, z, q, n
  begin({ gates, table, b_hh, H }, { g, x }) {
    for (let j = 0; j < 2 * H; j++) gates[g + j] = add(table[x + j], b_hh[j]);
    copy_row(gates, g + 2 * H, b_hh, 2 * H, H);
  },
  end({ gates, h, table, H }, { g, x, before, now }) {
    for (let j = 0; j < H; j++) {
      const r = sigmoid(gates[g + j]);
      const z = sigmoid(gates[g + H + j]);
      const n = tanh(fma(r, gates[g + 2 * H + j], table[x + 2 * H + j]));
      h[now + j] = fma(z, float32(h[before + j] - n), n);
      gates[g + j] = r;
      gates[g + H + j] = z;
      gates[g + 3 * H + j] = n;
    }
  },
  back({ gates, h, dh, d_states, d_table, d_b_n, H }, { g, x, b, before }) {
    for (let j = 0; j < H; j++) {
      const [r, z] = [gates[g + j], gates[g + H + j]];
      const [q, n] = [gates[g + 2 * H + j], gates[g + 3 * H + j]];
      const d = add(dh[b + j], d_states[before + j]);
      const dn = mul(mul(d, less(z)), less(mul(n, n)));
      gates[g + j] = mul(mul(mul(dn, q), r), less(r));
      gates[g + H + j] = mul(mul(mul(d, float32(h[before + j] - n)), z), less(z));
      gates[g + 2 * H + j] = mul(dn, r);
      dh[b + j] = mul(z, d);
      d_table[x + 2 * H + j] = add(d_table[x + 2 * H + j], dn);
    }
    add_row(d_table, x, gates, g, 2 * H);
    add_row(d_b_n, 0, gates, g + 2 * H, H);
  },
};

const walk_lstm = {
  G: 4,
  saved: 4, // i, f, g, o
  begin: ({ gates, table, H }, { g, x }) => copy_row(gates, g, table, x, 4 * H),
  end({ gates, h, c, H }, { g, before, now }) {
    for (let j = 0; j < H; j++) {
      const i = (gates[g + j] = sigmoid(gates[g + j]));
      const f = (gates[g + H + j] = sigmoid(gates[g + H + j]));
      const n = (gates[g + 2 * H + j] = tanh(gates[g + 2 * H + j]));
      const o = (gates[g + 3 * H + j] = sigmoid(gates[g + 3 * H + j]));
      c[now + j] = fma(f, c[before + j], mul(i, n));
      h[now + j] = mul(o, tanh(c[now + j]));
    }
  },
  back({ gates, c, dh, dc, d_states, d_table, H }, { g, x, b, before, now }) {
    for (let j = 0; j < H; j++) {
      const [i, f] = [gates[g + j], gates[g + H + j]];
      const [n, o] = [gates[g + 2 * H + j], gates[g + 3 * H + j]];
      const d = add(dh[b + j], d_states[before + j]);
      const m = tanh(c[now + j]);
      const d_cell = add(dc[b + j], mul(mul(d, o), less(mul(m, m))));
      gates[g + j] = mul(mul(mul(d_cell, n), i), less(i));
      gates[g + H + j] = mul(mul(mul(d_cell, c[before + j]), f), less(f));
      gates[g + 2 * H + j] = mul(mul(d_cell, i), less(mul(n, n)));
      gates[g + 3 * H + j] = mul(mul(mul(d, m), o), less(o));
      dh[b + j] = 0;
      dc[b + j] = mul(d_cell, f);
    }
    add_row(d_table, x, gates, g, 4 * H);
  },
};

const WALKS = {
  relu: walk_elman(relu, (h) => (h > 0 ? 1 : h)),
  tanh: walk_elman(tanh, (h) => less(mul(h, h))),
  gru: walk_gru,
  lstm: walk_lstm,
};

// --- along time ----------------------------------------------------------------------

const matrix = (array, row, at = 0) => ({ array, at, row, column: 1 });
const turned = ({ array, at, row }) => ({ array, at, row: 1, column: row });

// Call with the places of every window at step t.
function each_window({ walk, tokens, B, H }, t, call) {
  for (let n = 0; n < B; n++) {
    const [b, before] = [n * H, (t * B + n) * H];
    const x = tokens[t * B + n] * walk.G * H;
    call({ b, before, now: before + B * H, g: before * walk.saved, x });
  }
}

// Put W (rows, columns) the other way round, so that its columns lie in rows.
function turn(to, W, rows, columns) {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) to[j * rows + i] = W[i * columns + j];
}

// out = x W' + b for x (M, H), W (N, H); `room` (H, N).
function affine({ matmul_add, H }, out, x, W, b, room) {
  const N = b.length;
  for (let i = 0; i < out.length; i++) out[i] = b[i % N];
  turn(room, W, N, H);
  matmul_add(matrix(out, N), matrix(x, H), matrix(room, N), out.length / N, N, H);
}

function run_recurrence(s) {
  const { walk, matmul_add, T, B, H, G_H } = s;
  affine(s, s.table, s.embedding, s.W_ih, input_bias(s), s.room);
  turn(s.room, s.W_hh, G_H, H);
  for (let t = 0; t < T; t++) {
    each_window(s, t, (places) => walk.begin(s, places));
    const gates = matrix(s.gates, walk.saved * H, t * B * walk.saved * H);
    const before = matrix(s.h, H, t * B * H);
    matmul_add(gates, before, matrix(s.room, G_H), B, G_H, H);
    each_window(s, t, (places) => walk.end(s, places));
  }
}

function recurrence_backward(s) {
  const { walk, matmul_add, T, B, H, G_H } = s;
  for (const array of [s.dh, s.dc, s.d_table, s.d_b_n, s.d_W_hh]) array.fill(0);
  for (let t = T - 1; t >= 0; t--) {
    each_window(s, t, (places) => walk.back(s, places));
    const gates = matrix(s.gates, walk.saved * H, t * B * walk.saved * H);
    const before = matrix(s.h, H, t * B * H);
    matmul_add(matrix(s.dh, H), gates, matrix(s.W_hh, H), B, H, G_H);
    matmul_add(matrix(s.d_W_hh, H), turned(gates), before, G_H, H, B);
  }
}
