import { activate, activateOne, inTile, isLater } from './activation';
import { activate_rows } from './activations';
import { Activation, AddBroadcastArgs, AddScalarArgs, DivArgs, ExpandArgs, MulArgs, SubArgs } from './args.generated';
import { innermost, place } from './steps';

/*
 * Arithmetic on tensors that broadcast: y lies in rows, of which each tensor has one, one for several, or a single float. Bound by memory:
 * a tensor is read once if its rows are y's, and from the cache if they stand for several.
 */

const DIV: i32 = 0;
const SUB: i32 = 1;
const ADD: i32 = 2;
const MUL: i32 = 3;
const EXPAND: i32 = 4;
const SHIFT: i32 = 5;

/** y = a/b. */
export function div(args: DivArgs, chunk: i32): void {
  walk(DIV, args, 0, Activation.none, 0, chunk, args.axes, args.steps);
}

/** y = a − b. */
export function sub(args: SubArgs, chunk: i32): void {
  walk(SUB, changetype<DivArgs>(args), 0, Activation.none, 0, chunk, args.axes, args.steps);
}

/** y = a + b. */
export function add_broadcast(args: AddBroadcastArgs, chunk: i32): void {
  walk(ADD, changetype<DivArgs>(args), 0, Activation.none, 0, chunk, args.axes, args.steps);
}

/** y = a + factor; b is not read. */
export function add_scalar(args: AddScalarArgs, chunk: i32): void {
  walk(SHIFT, changetype<DivArgs>(args), args.factor, Activation.none, 0, chunk, args.axes, args.steps);
}

/** y = factor·a; b is not read. */
export function expand(args: ExpandArgs, chunk: i32): void {
  walk(EXPAND, changetype<DivArgs>(args), args.factor, Activation.none, 0, chunk, args.axes, args.steps);
}

/** y = activation(a·b + residual). A gate, a residual and an activation cost one pass. */
export function mul(args: MulArgs, chunk: i32): void {
  const same = changetype<DivArgs>(args);
  walk(MUL, same, 0, args.activation, args.residual, chunk, args.axes, args.steps);
}

/** A chunk is some rows, or a piece of each of them. */
// @ts-ignore: decorator
@inline
function walk(
  op: i32,
  args: DivArgs,
  factor: f32,
  activation: i32,
  residual: usize,
  chunk: i32,
  axes: i32,
  steps: usize,
): void {
  const pieces = args.pieces;
  let row = (chunk / pieces) * args.rowsPerChunk;
  const end = min(row + args.rowsPerChunk, args.rows);
  const first = (chunk % pieces) * args.perPiece;
  const width = min(args.perPiece, args.width - first);
  const pitch = <usize>args.width << 2;
  const y = args.y + (<usize>first << 2);
  const aSpread = args.aSpread;
  const bSpread = args.bSpread;
  const a = aSpread ? args.a : args.a + (<usize>first << 2);
  const b = bSpread ? args.b : args.b + (<usize>first << 2);
  const size = innermost(steps, axes, 3);
  const last = steps + (<usize>((axes - 1) * 3) << 2);
  const aStep = axes == 0 ? <usize>0 : <usize>load<i32>(last, 4) << 2;
  const bStep = axes == 0 ? <usize>0 : <usize>load<i32>(last, 8) << 2;
  const finishes = residual != 0 || activation != Activation.none;
  while (row < end) {
    const run = min(size - (row % size), end - row);
    let aAt = a + (<usize>place(steps, axes, 3, 1, row) << 2);
    let bAt = b + (<usize>place(steps, axes, 3, 2, row) << 2);
    let at = <usize>row * pitch;
    row += run;
    for (let i = 0; i < run; i++) {
      const from = residual == 0 ? <usize>0 : residual + (<usize>first << 2) + at;
      if (op == MUL && finishes) {
        const now = inTile(activation);
        if (bSpread) finished(aAt, bAt, y + at, from, width, false, true, now);
        else if (aSpread) finished(aAt, bAt, y + at, from, width, true, false, now);
        else finished(aAt, bAt, y + at, from, width, false, false, now);
        if (isLater(activation)) activate_rows(y + at, 1, width, pitch, activation);
      } else if (bSpread) combine(op, aAt, bAt, y + at, width, false, true, factor);
      else if (aSpread) combine(op, aAt, bAt, y + at, width, true, false, factor);
      else combine(op, aAt, bAt, y + at, width, false, false, factor);
      aAt += aStep;
      bAt += bStep;
      at += pitch;
    }
  }
}

/** One row; `aSpread` and `bSpread` are constants, of which at most one is true. Two vectors side by side become one of 256 bits. */
// @ts-ignore: decorator
@inline
function combine(op: i32, a: usize, b: usize, y: usize, width: i32, aSpread: bool, bSpread: bool, factor: f32): void {
  const end = <usize>width << 2;
  const wide = end & ~15;
  const paired = end & ~31;
  const factors = f32x4.splat(factor);
  const one = aSpread ? v128.load32_splat(a) : factors;
  const two = op >= EXPAND ? factors : bSpread ? v128.load32_splat(b) : one;
  let i: usize = 0;
  for (; i < paired; i += 32) {
    const p = four(op, aSpread ? one : v128.load(a + i), bSpread || op >= EXPAND ? two : v128.load(b + i));
    const q = four(op, aSpread ? one : v128.load(a + i, 16), bSpread || op >= EXPAND ? two : v128.load(b + i, 16));
    v128.store(y + i, p);
    v128.store(y + i, q, 16);
  }
  for (; i < wide; i += 16) {
    v128.store(y + i, four(op, aSpread ? one : v128.load(a + i), bSpread || op >= EXPAND ? two : v128.load(b + i)));
  }
  for (; i < end; i += 4) {
    const p = load<f32>(aSpread ? a : a + i);
    store<f32>(y + i, single(op, p, op >= EXPAND ? factor : load<f32>(bSpread ? b : b + i)));
  }
}

/** As above, of a product with what follows it. */
// @ts-ignore: decorator
@inline
function finished(
  a: usize,
  b: usize,
  y: usize,
  residual: usize,
  width: i32,
  aSpread: bool,
  bSpread: bool,
  activation: i32,
): void {
  const end = <usize>width << 2;
  const wide = end & ~15;
  const one = v128.load32_splat(a);
  const two = v128.load32_splat(b);
  let i: usize = 0;
  for (; i < wide; i += 16) {
    let v = f32x4.mul(aSpread ? one : v128.load(a + i), bSpread ? two : v128.load(b + i));
    if (residual != 0) v = f32x4.add(v, v128.load(residual + i));
    v128.store(y + i, activate(v, activation));
  }
  for (; i < end; i += 4) {
    let v = load<f32>(aSpread ? a : a + i) * load<f32>(bSpread ? b : b + i);
    if (residual != 0) v += load<f32>(residual + i);
    store<f32>(y + i, activateOne(v, activation));
  }
}

/** What an op, a constant, makes of four pairs of numbers. */
// @ts-ignore: decorator
@inline
function four(op: i32, a: v128, b: v128): v128 {
  if (op == DIV) return f32x4.div(a, b);
  if (op == SUB) return f32x4.sub(a, b);
  if (op == ADD || op == SHIFT) return f32x4.add(a, b);
  return f32x4.mul(a, b);
}

// @ts-ignore: decorator
@inline
function single(op: i32, a: f32, b: f32): f32 {
  if (op == DIV) return a / b;
  if (op == SUB) return a - b;
  if (op == ADD || op == SHIFT) return a + b;
  return a * b;
}
