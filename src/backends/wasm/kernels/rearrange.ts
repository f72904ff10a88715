import { RearrangeArgs } from './args.generated';
import { innermost, place } from './steps';

/**
 * The same elements in another order: y lies in rows, each of which x has somewhere, float by float in equal steps. A chunk is some rows,
 * or a piece of each of them. Bound by memory where a row lies together in x, else by the loads of single floats.
 */
export function rearrange(args: RearrangeArgs, chunk: i32): void {
  const pieces = args.pieces;
  let row = (chunk / pieces) * args.rowsPerChunk;
  const end = min(row + args.rowsPerChunk, args.rows);
  const first = (chunk % pieces) * args.perPiece;
  const width = min(args.perPiece, args.width - first);
  const step = <usize>args.step << 2;
  const axes = args.axes;
  const steps = args.steps;
  const size = innermost(steps, axes, 2);
  const next = axes == 0 ? <usize>0 : <usize>load<i32>(steps + (<usize>((axes - 1) * 2) << 2), 4) << 2;
  const x = args.x + <usize>first * step;
  let to = args.y + (<usize>first << 2) + (<usize>(row * args.width) << 2);
  while (row < end) {
    const run = min(size - (row % size), end - row);
    let from = x + (<usize>place(steps, axes, 2, 1, row) << 2);
    row += run;
    for (let i = 0; i < run; i++) {
      move(to, from, width, step);
      from += next;
      to += <usize>args.width << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function move(to: usize, from: usize, count: i32, step: usize): void {
  const end = <usize>count << 2;
  if (step == 4) {
    const wide = end & ~15;
    let i: usize = 0;
    for (; i < wide; i += 16) v128.store(to + i, v128.load(from + i));
    for (; i < end; i += 4) store<f32>(to + i, load<f32>(from + i));
  } else {
    for (let i: usize = 0; i < end; i += 4) {
      store<f32>(to + i, load<f32>(from));
      from += step;
    }
  }
}
