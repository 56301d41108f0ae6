// The parameters of a network: their names and shapes, and what they are at first, to
// the bit as counting/networks/initial.py draws them from NumPy's PCG64.
//
// Sizes: H hidden, G gates, V vocabulary.

"use strict";

const LAYER = {
  ...{ W_ih: "layer.weight_ih_l0", W_hh: "layer.weight_hh_l0" },
  ...{ b_ih: "layer.bias_ih_l0", b_hh: "layer.bias_hh_l0" },
};
const [h_h, h_h_bias] = ["layer.h_h.weight", "layer.h_h.bias"]; // of a loop
const LOOP = { W_ih: h_h, W_hh: h_h, b_ih: h_h_bias };

// The shapes of all parameters by their names, in their order.
function shapes_of({ recurrence, hidden_size: H }, V) {
  const G_H = H * (WALKS[recurrence]?.G ?? 1);
  const matrices = { [LAYER.W_ih]: [G_H, H], [LAYER.W_hh]: [G_H, H] };
  const layer = { ...matrices, [LAYER.b_ih]: [G_H], [LAYER.b_hh]: [G_H] };
  return {
    "i_h.weight": [V, H],
    ...(recurrence === "loop" ? { [h_h]: [H, H], [h_h_bias]: [H] } : layer),
    ...{ "bn.weight": [H], "bn.bias": [H] },
    ...{ "h_o.weight": [V, H], "h_o.bias": [V] },
  };
}

const size_of = (shape) => shape.reduce((a, b) => a * b, 1);

// --- what they are at first ----------------------------------------------------------

const DRAWN_BITS = 24; // of a number, all that a float32 holds exactly
const SUMMED = 12; // numbers, whose sum is nearly normal

// NumPy's SeedSequence(seed, spawn_key=...), a pool of four words stirred by hashing
// (O'Neill 2014): four whole numbers of 64 bits.
function seed_words(seed, ...spawn_key) {
  const hash = (factor, multiplier) => (value) => {
    const mixed = Math.imul(value ^ factor, (factor = Math.imul(factor, multiplier)));
    return mixed ^ (mixed >>> 16);
  };
  const mix = (x, y) => {
    const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return mixed ^ (mixed >>> 16);
  };
  const into = hash(0x43b0d7e5, 0x931e8875);
  const pool = [seed >>> 0, Math.floor(seed / 2 ** 32), 0, 0].map(into);
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++)
      if (to !== from) pool[to] = mix(pool[to], into(pool[from]));
  for (const key of spawn_key)
    for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], into(key));
  const words = [...pool, ...pool].map(hash(0x8b51f9dd, 0x58f38ded));
  return [...new BigUint64Array(Int32Array.from(words).buffer)];
}

// PCG64 (O'Neill 2014): gives a function that draws the next 64 bits.
function pcg64([high, low, stream_high, stream_low]) {
  const wide = (n) => BigInt.asUintN(128, n);
  const increment = wide((((stream_high << 64n) | stream_low) << 1n) | 1n);
  const next = (n) => wide(n * 0x2360ed051fc65da44385df649fccf645n + increment);
  let state = next(increment + ((high << 64n) | low));
  return () => {
    state = next(state);
    const folded = BigInt.asUintN(64, (state >> 64n) ^ state);
    const turn = state >> 122n;
    return BigInt.asUintN(64, (folded >> turn) | (folded << (64n - turn)));
  };
}

// The parameters of a network by name, in the order in which they are drawn.
function initial_weights(settings, V) {
  const next = pcg64(seed_words(settings.seed, 0));
  const whole = () => Number(next() >> BigInt(64 - DRAWN_BITS));
  const half = 2 ** (DRAWN_BITS - 1);
  const bound = float32(1 / Math.sqrt(settings.hidden_size));
  const normal = (size) => {
    const sums = new Float64Array(size).fill(-SUMMED * half);
    for (let n = 0; n < SUMMED * size; n++) sums[n % size] += whole();
    return Float32Array.from(sums, (sum) => sum / 2 ** DRAWN_BITS);
  };
  const uniform = (size) =>
    Float32Array.from({ length: size }, () => bound * ((whole() - half) / half));
  const drawn = {
    ...{ "i_h.weight": normal, "bn.weight": (size) => new Float32Array(size).fill(1) },
    ...{ "bn.bias": (size) => new Float32Array(size) },
  };
  const shapes = Object.entries(shapes_of(settings, V));
  return Object.fromEntries(
    shapes.map(([name, shape]) => [name, (drawn[name] ?? uniform)(size_of(shape))]),
  );
}
