import { activePart, activationHasRest } from './activation';
import { Activation, CombineTilesArgs, MulBackwardArgs, SumTilesArgs } from './args.generated';
import { addRow } from './rows';
import { horizontalSum } from './simd';
import { place } from './steps';

/*
 * Sums over the middle of [group][row][float], and what is computed beside them while a tensor is read: a chunk leaves the sum of a tile of
 * rows, and `combine_tiles` adds tiles up in their order. How rows are cut follows from sizes alone. Bound by memory.
 */

/** Σ over each tile of rows. A chunk is some groups, or a tile of one, or a piece of it. */
export function sum_tiles(args: SumTilesArgs, chunk: i32): void {
  const width = args.width;
  const pieces = args.pieces;
  const tiles = args.tiles;
  const first = (chunk % pieces) * args.perPiece;
  const piece = min(args.perPiece, width - first);
  const tile = (chunk / pieces) % tiles;
  const pitch = <usize>width << 2;
  let group = (chunk / pieces / tiles) * args.groupsPerChunk;
  const end = min(group + args.groupsPerChunk, args.groups);
  const rows = min(args.rowsPerTile, args.rows - tile * args.rowsPerTile);
  for (; group < end; group++) {
    const x = args.x + <usize>(group * args.rows + tile * args.rowsPerTile) * pitch + (<usize>first << 2);
    const sums = args.partials + <usize>(group * tiles + tile) * pitch + (<usize>first << 2);
    if (width == 1) {
      store<f32>(sums, sumOf(x, rows));
    } else {
      memory.fill(sums, 0, <usize>piece << 2);
      addRow(x, pitch, rows, piece, sums);
    }
  }
}

/** Σ of floats that lie one after the other. */
// @ts-ignore: decorator
@inline
function sumOf(x: usize, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    a = f32x4.add(a, v128.load(x));
    b = f32x4.add(b, v128.load(x, 16));
    c = f32x4.add(c, v128.load(x, 32));
    d = f32x4.add(d, v128.load(x, 48));
    x += 64;
  }
  for (; i + 4 <= count; i += 4) {
    a = f32x4.add(a, v128.load(x));
    x += 16;
  }
  let sum = horizontalSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; i < count; i++) {
    sum += load<f32>(x);
    x += 4;
  }
  return sum;
}

/** factor·Σ of the tiles of each group, in doubles. A chunk is some of the sums. */
export function combine_tiles(args: CombineTilesArgs, chunk: i32): void {
  const width = args.width;
  const tiles = args.tiles;
  const factor = <f64>args.factor;
  const begin = chunk * args.perChunk;
  const end = min(begin + args.perChunk, args.count);
  for (let i = begin; i < end; i++) {
    const group = i / width;
    let at = args.partials + (<usize>(group * tiles * width + (i - group * width)) << 2);
    let sum: f64 = 0;
    for (let tile = 0; tile < tiles; tile++) {
      sum += load<f32>(at);
      at += <usize>width << 2;
    }
    store<f32>(args.sums + (<usize>i << 2), <f32>(sum * factor));
  }
}

/**
 * Both gradients of a product in one pass over dy and a: dz = activation′(y)·dy, da = dz·b, where a group has one row of b, and of each
 * tile of rows Σ dz·a. Chunks as in `sum_tiles`, whose x is a.
 */
export function mul_backward(args: MulBackwardArgs, chunk: i32): void {
  if (args.activation == Activation.none) bothGradients(args, chunk, false, false);
  else if (activationHasRest(args.activation)) bothGradients(args, chunk, true, true);
  else bothGradients(args, chunk, true, false);
}

// @ts-ignore: decorator
@inline
function bothGradients(args: MulBackwardArgs, chunk: i32, activates: bool, capped: bool): void {
  const width = args.width;
  const pieces = args.pieces;
  const tiles = args.tiles;
  const first = (chunk % pieces) * args.perPiece;
  const piece = min(args.perPiece, width - first);
  const tile = (chunk / pieces) % tiles;
  const pitch = <usize>width << 2;
  let group = (chunk / pieces / tiles) * args.groupsPerChunk;
  const end = min(group + args.groupsPerChunk, args.groups);
  const rows = min(args.rowsPerTile, args.rows - tile * args.rowsPerTile);
  for (; group < end; group++) {
    const shift = <usize>(group * args.rows + tile * args.rowsPerTile) * pitch + (<usize>first << 2);
    const b = args.b + (<usize>(place(args.steps, args.axes, 2, 1, group) + first) << 2);
    const sums = args.partials + <usize>(group * tiles + tile) * pitch + (<usize>first << 2);
    const dz = args.dz == 0 ? <usize>0 : args.dz + shift;
    if (width == 1) {
      const factor = load<f32>(b);
      const sum = run(args.dy + shift, args.x + shift, args.y + shift, factor, args.da + shift, dz, rows, activates, capped);
      store<f32>(sums, sum);
      continue;
    }
    for (let row = 0; row < rows; row++) {
      const at = shift + <usize>row * pitch;
      const out = args.dz == 0 ? <usize>0 : args.dz + at;
      oneRow(args.dy + at, args.x + at, args.y + at, b, args.da + at, out, sums, piece, row == 0, activates, capped);
    }
  }
}

/** `activates` and `capped` are constants. The first row begins the sums. */
// @ts-ignore: decorator
@inline
function oneRow(
  dy: usize,
  a: usize,
  y: usize,
  b: usize,
  da: usize,
  dz: usize,
  sums: usize,
  width: i32,
  begins: bool,
  activates: bool,
  capped: bool,
): void {
  const end = <usize>width << 2;
  const wide = end & ~15;
  let i: usize = 0;
  for (; i < wide; i += 16) {
    let gradient = v128.load(dy + i);
    if (activates) {
      gradient = v128.and(gradient, activePart(v128.load(y + i), capped));
      if (dz != 0) v128.store(dz + i, gradient);
    }
    const product = f32x4.mul(gradient, v128.load(a + i));
    v128.store(da + i, f32x4.mul(gradient, v128.load(b + i)));
    v128.store(sums + i, begins ? product : f32x4.add(v128.load(sums + i), product));
  }
  for (; i < end; i += 4) {
    let gradient = load<f32>(dy + i);
    if (activates) {
      const at = load<f32>(y + i);
      if (!(at > 0) || (capped && !(at < 6))) gradient = 0;
      if (dz != 0) store<f32>(dz + i, gradient);
    }
    const product = gradient * load<f32>(a + i);
    store<f32>(da + i, gradient * load<f32>(b + i));
    store<f32>(sums + i, begins ? product : load<f32>(sums + i) + product);
  }
}

/** As `oneRow`, of floats that one of b stands for; gives Σ dz·a. */
// @ts-ignore: decorator
@inline
function run(
  dy: usize,
  a: usize,
  y: usize,
  b: f32,
  da: usize,
  dz: usize,
  count: i32,
  activates: bool,
  capped: bool,
): f32 {
  const end = <usize>count << 2;
  const wide = end & ~15;
  const paired = end & ~31;
  const factor = f32x4.splat(b);
  let p = f32x4.splat(0);
  let q = p;
  let i: usize = 0;
  for (; i < paired; i += 32) {
    let g = v128.load(dy + i);
    let h = v128.load(dy + i, 16);
    if (activates) {
      g = v128.and(g, activePart(v128.load(y + i), capped));
      h = v128.and(h, activePart(v128.load(y + i, 16), capped));
      if (dz != 0) {
        v128.store(dz + i, g);
        v128.store(dz + i, h, 16);
      }
    }
    p = f32x4.add(p, f32x4.mul(g, v128.load(a + i)));
    q = f32x4.add(q, f32x4.mul(h, v128.load(a + i, 16)));
    v128.store(da + i, f32x4.mul(g, factor));
    v128.store(da + i, f32x4.mul(h, factor), 16);
  }
  for (; i < wide; i += 16) {
    let g = v128.load(dy + i);
    if (activates) {
      g = v128.and(g, activePart(v128.load(y + i), capped));
      if (dz != 0) v128.store(dz + i, g);
    }
    p = f32x4.add(p, f32x4.mul(g, v128.load(a + i)));
    v128.store(da + i, f32x4.mul(g, factor));
  }
  let sum = horizontalSum(f32x4.add(p, q));
  for (; i < end; i += 4) {
    let g = load<f32>(dy + i);
    if (activates) {
      const at = load<f32>(y + i);
      if (!(at > 0) || (capped && !(at < 6))) g = 0;
      if (dz != 0) store<f32>(dz + i, g);
    }
    sum += g * load<f32>(a + i);
    store<f32>(da + i, g * b);
  }
  return sum;
}
