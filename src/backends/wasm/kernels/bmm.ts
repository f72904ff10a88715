import { BmmArgs } from './args.generated';
import { loadLanes, storeLanes } from './rows';
import { madd } from './simd';

/**
 * y = a·b for each matrix of a batch, in tiles of four rows and eight columns whose sums stay in registers; each is added up in order. A
 * chunk is some rows of one matrix. Nothing is packed: b is read row by row, a float by float.
 */
export function bmm(args: BmmArgs, chunk: i32): void {
  const matrix = chunk / args.chunksPerMatrix;
  let row = (chunk % args.chunksPerMatrix) * args.rowsPerChunk;
  const end = min(row + args.rowsPerChunk, args.rows);
  const columns = args.columns;
  const inner = args.inner;
  const pitch = <usize>columns << 2;
  const rowStep = <usize>args.rowStep << 2;
  const innerStep = <usize>args.innerStep << 2;
  const b = args.b + <usize>(matrix * inner) * pitch;
  let a = args.a + (<usize>(matrix * args.rows * inner) << 2) + <usize>row * rowStep;
  let y = args.y + <usize>(matrix * args.rows + row) * pitch;
  while (row < end) {
    const rows = end - row >= 4 ? 4 : 1;
    let column = 0;
    for (; column + 8 <= columns; column += 8) {
      const at = <usize>column << 2;
      if (rows == 4) tile_bmm_4x8(a, rowStep, innerStep, b + at, y + at, pitch, inner);
      else tile_bmm_1x8(a, innerStep, b + at, y + at, pitch, inner);
    }
    for (; column < columns; column += 4) {
      const at = <usize>column << 2;
      const lanes = min(columns - column, 4);
      for (let one = 0; one < rows; one++) {
        const out = y + at + <usize>one * pitch;
        tile_bmm_1x4(a + <usize>one * rowStep, innerStep, b + at, out, pitch, inner, lanes);
      }
    }
    row += rows;
    a += <usize>rows * rowStep;
    y += <usize>rows * pitch;
  }
}

export function tile_bmm_4x8(
  a: usize,
  rowStep: usize,
  innerStep: usize,
  b: usize,
  y: usize,
  pitch: usize,
  inner: i32,
): void {
  let p0 = f32x4.splat(0);
  let q0 = p0;
  let p1 = p0;
  let q1 = p0;
  let p2 = p0;
  let q2 = p0;
  let p3 = p0;
  let q3 = p0;
  for (let l = 0; l < inner; l++) {
    const p = v128.load(b);
    const q = v128.load(b, 16);
    let at = a;
    let factor = v128.load32_splat(at);
    p0 = madd(factor, p, p0);
    q0 = madd(factor, q, q0);
    at += rowStep;
    factor = v128.load32_splat(at);
    p1 = madd(factor, p, p1);
    q1 = madd(factor, q, q1);
    at += rowStep;
    factor = v128.load32_splat(at);
    p2 = madd(factor, p, p2);
    q2 = madd(factor, q, q2);
    at += rowStep;
    factor = v128.load32_splat(at);
    p3 = madd(factor, p, p3);
    q3 = madd(factor, q, q3);
    a += innerStep;
    b += pitch;
  }
  v128.store(y, p0);
  v128.store(y, q0, 16);
  y += pitch;
  v128.store(y, p1);
  v128.store(y, q1, 16);
  y += pitch;
  v128.store(y, p2);
  v128.store(y, q2, 16);
  y += pitch;
  v128.store(y, p3);
  v128.store(y, q3, 16);
}

export function tile_bmm_1x8(a: usize, innerStep: usize, b: usize, y: usize, pitch: usize, inner: i32): void {
  let p = f32x4.splat(0);
  let q = p;
  for (let l = 0; l < inner; l++) {
    const factor = v128.load32_splat(a);
    p = madd(factor, v128.load(b), p);
    q = madd(factor, v128.load(b, 16), q);
    a += innerStep;
    b += pitch;
  }
  v128.store(y, p);
  v128.store(y, q, 16);
}

export function tile_bmm_1x4(
  a: usize,
  innerStep: usize,
  b: usize,
  y: usize,
  pitch: usize,
  inner: i32,
  lanes: i32,
): void {
  let p = f32x4.splat(0);
  for (let l = 0; l < inner; l++) {
    p = madd(v128.load32_splat(a), loadLanes(b, lanes), p);
    a += innerStep;
    b += pitch;
  }
  storeLanes(y, p, lanes);
}
