// Products of matrices for training, in WebAssembly that this script puts together.
//
// Each element of a product is one chain of float32 fma, as in the compiled engine.
// WebAssembly has no fma, but doubles, two at a time: a product of float32 is exact in
// them, and c + product, rounded to a double and then to a float32, is the fma, but for
// two cases: halfway between two float32, where the first rounding may have decided what
// the second does, and below 2^-126, where a float32 has fewer bits. A tile that meets
// one of them gives up, and its chains are done again with the `fma` of network.js. That
// is rare, and all the rest some 15 times as fast as plain JavaScript.

"use strict";

const ROWS = 2; // of a tile
const PAIRS = 4; // of columns
const COLUMNS = 2 * PAIRS;
const MEMORY_PAGE = 2 ** 16; // bytes

// --- the machine code of a tile ------------------------------------------------------

// A whole number in LEB128: seven bits a byte, the lowest first.
const leb128 = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...leb128(n >> 7)]);
const sized = (bytes) => [...leb128(bytes.length), ...bytes];
const section = (id, ...entries) => [id, ...sized([entries.length, ...entries.flat()])];
const name_bytes = (name) => sized([...name].map((c) => c.charCodeAt(0)));
const eight_bytes = (value) => [...new Uint8Array(value.buffer)];

const I32 = 0x7f;
const V128 = 0x7b;
const get_local = (local) => [0x20, local];
const set_local = (local) => [0x21, local];
const i32_add = 0x6a;
const f64_const = (value) => [0x44, ...eight_bytes(new Float64Array([value]))];
const simd = (operation) => [0xfd, ...leb128(operation)];
const both_lanes = (value) => {
  const bytes = eight_bytes(new BigInt64Array([value]));
  return [...simd(0x0c), ...bytes, ...bytes];
};
const v128_and = simd(0x4e);
const f64x2_splat = simd(0x14);
const f64x2_add = simd(0xf0);
const f64x2_mul = simd(0xf2);

// C[0:ROWS, 0:COLUMNS] += A[0:ROWS, 0:K] B[0:K, 0:COLUMNS]. Gives 1, or 0 if it gave up,
// with C as it was.
//
// Rounding to a float32 leaves the last 29 bits of a double zero: half of the last place
// is added, and these bits are cut off. If there are none to cut off, it was halfway.
// All is scaled by 2^127: then what is not below 2^-126 has bit 62, which is where `good`
// looks in the end.
function tile_code() {
  const [c, a, b, K, c_row, a_row, a_column, b_row, good, t, spread] = Array(11).keys();
  const of_b = (v) => 11 + v;
  const sum = (r, v) => 11 + PAIRS + r * PAIRS + v;
  const rows = [...Array(ROWS).keys()];
  const pairs = [...Array(PAIRS).keys()];
  const each = (make) => rows.flatMap((r) => pairs.flatMap((v) => make(r, v)));
  const step = (stride) => [...get_local(stride), i32_add];
  const row_of = (base, stride, r) => [
    ...[...get_local(base), ...Array(r).fill(step(stride)).flat()],
  ];
  const load_pair = (v) => [...simd(0x5d), 2, 8 * v, ...simd(0x5f)]; // as doubles
  const scaled = (power) => [...f64_const(2 ** power), ...f64x2_splat, ...f64x2_mul];
  const load_sum = (r, v) => [
    ...[...row_of(c, c_row, r), ...load_pair(v), ...scaled(127)],
    ...set_local(sum(r, v)),
  ];
  const add_term = (r, v) => [
    ...[...get_local(spread), ...get_local(of_b(v)), ...f64x2_mul],
    ...[...get_local(sum(r, v)), ...f64x2_add],
    ...[...both_lanes(2n ** 28n), ...simd(0xce), ...set_local(t)], // i64x2.add
    ...[...get_local(t), ...both_lanes(-(2n ** 29n)), ...v128_and],
    ...[...set_local(sum(r, v)), ...get_local(t), ...get_local(t)],
    ...get_local(sum(r, v)),
    ...[...simd(0xd6), ...simd(0x4f)], // i64x2.eq, v128.andnot: no bits if halfway
    ...[...get_local(good), ...v128_and, ...set_local(good)],
  ];
  const store_sum = (r, v) => [
    ...[...row_of(c, c_row, r), ...get_local(sum(r, v)), ...scaled(-127)],
    ...[...simd(0x5e), ...simd(0x5b), 2, 8 * v, 0], // f32x4.demote, v128.store64_lane
  ];
  const spread_a = (r) => [
    ...[...row_of(a, a_row, r), 0x2a, 2, 0, 0xbb, ...f64_const(2 ** 127), 0xa2],
    ...[...f64x2_splat, ...set_local(spread)],
  ];
  return [
    ...[1, 3 + PAIRS + ROWS * PAIRS, V128], // locals
    ...[...both_lanes(-1n), ...set_local(good), ...each(load_sum)],
    ...[0x03, 0x40], // loop
    ...pairs.flatMap((v) => [...get_local(b), ...load_pair(v), ...set_local(of_b(v))]),
    ...rows.flatMap((r) => [...spread_a(r), ...pairs.flatMap((v) => add_term(r, v))]),
    ...[...get_local(a), ...step(a_column), ...set_local(a)],
    ...[...get_local(b), ...step(b_row), ...set_local(b)],
    ...[...get_local(K), 0x41, 1, 0x6b, 0x22, K, 0x0d, 0, 0x0b], // until K is 0
    ...[...get_local(good), ...both_lanes(2n ** 62n), ...v128_and, ...simd(0xc3)],
    ...[0x04, I32, ...each(store_sum), 0x41, 1, 0x05, 0x41, 0, 0x0b, 0x0b], // if, else
  ];
}

function tile_module() {
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic number and version
    ...section(1, [0x60, ...sized(Array(8).fill(I32)), 1, I32]), // type
    ...section(2, [...name_bytes("memory"), ...name_bytes(""), 2, 0, 1]), // import
    ...section(3, [0]), // function
    ...section(7, [...name_bytes("tile"), 0, 0]), // export
    ...section(10, sized(tile_code())),
  ]);
}

// --- products ------------------------------------------------------------------------

// Memory for so many float32, in which `take` gives arrays of zeros, and products.
function products(floats) {
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((4 * floats) / MEMORY_PAGE),
  });
  const module = new WebAssembly.Module(tile_module());
  const { tile } = new WebAssembly.Instance(module, { memory: { "": memory } }).exports;
  let taken = 0;
  const take = (size) => {
    const array = new Float32Array(memory.buffer, 4 * taken, size);
    taken += size;
    return array;
  };

  // Element (i, j) of C in plain JavaScript; where A is zero there is nothing to add.
  function chain(C, A, B, K, i, j) {
    let sum = C.array[C.at + i * C.row + j];
    for (let k = 0; k < K; k++) {
      const a = A.array[A.at + i * A.row + k * A.column];
      if (a !== 0) sum = fma(a, B.array[B.at + k * B.row + j], sum);
    }
    C.array[C.at + i * C.row + j] = sum;
  }

  // Add the product of A (M, K) and B (K, N) to C (M, N).
  function matmul_add(C, A, B, M, N, K) {
    const [c, a, b] = [C, A, B].map(({ array, at }) => array.byteOffset + 4 * at);
    const [c_row, a_row, b_row] = [4 * C.row, 4 * A.row, 4 * B.row];
    const a_column = 4 * A.column;
    for (let i = 0; i < M; i += ROWS) {
      const [c_i, a_i] = [c + i * c_row, a + i * a_row];
      for (let j = 0; j < N; j += COLUMNS) {
        const [c_ij, b_j] = [c_i + 4 * j, b + 4 * j];
        const whole = i + ROWS <= M && j + COLUMNS <= N;
        if (whole && tile(c_ij, a_i, b_j, K, c_row, a_row, a_column, b_row)) continue;
        for (let r = i; r < Math.min(i + ROWS, M); r++)
          for (let s = j; s < Math.min(j + COLUMNS, N); s++) chain(C, A, B, K, r, s);
      }
    }
  }

  return { take, matmul_add };
}
