import { GroupedGradientArgs } from './args.generated';
import { madd, WIDE } from './simd';
import { fetch_pixels } from './fetch';
import { claimSlot, releaseSlot } from './scratch';
import { pack_row_wide, tile_gradient_4x16_wide, tile_gradient_8x8_wide } from './grouped-tiles-wide';
import { packRow } from './strip';
import { packRowRepeated } from './depthwise';

/**
 * Backward-weight of a grouped or depthwise convolution. A chunk is some blocks of groups (about 16 channels each) and a slice: some
 * units, a unit being a few output rows of one picture. For each unit and block it packs the rows of x and dy that a
 * unit needs into planes of four channels (strip.ts) and runs register tiles over them: for one tap 4 input × 8 output
 * channels, or for three taps 4 × 4, or for three taps of two planes of a depthwise convolution. Sums stay in registers
 * for a whole unit and are then added to the slice's own partial gradient, in the layout of packed weights;
 * `reduce_grouped_gradient` adds up the slices.
 *
 * Bound by arithmetic, if the rows of all blocks are fetched in order first: packing them from memory block by block took 3.2 of
 * 5.7 ms in ResNeXt-50's widest strided layer. 25 to 46 GFLOP/s a thread in 128 bits, of 62 that registers alone give (docs/LOG.md).
 */
export function grouped_gradient(args: GroupedGradientArgs, chunk: i32, scratch: usize): void {
  const height = args.height;
  const outHeight = args.outHeight;
  const strideH = args.strideRows;
  const rowsPerUnit = args.rowsPerUnit;
  const unitsPerImage = args.unitsPerImage;
  const blockChunks = args.blockChunks;
  const blocksPerChunk = args.blocksPerChunk;
  const firstBlock = (chunk % blockChunks) * blocksPerChunk;
  const endBlock = min(firstBlock + blocksPerChunk, args.blocks);
  const slice = chunk / blockChunks;
  const firstUnit = slice * args.unitsPerSlice;
  const endUnit = min(firstUnit + args.unitsPerSlice, args.units);
  for (let unit = firstUnit; unit < endUnit; unit++) {
    if (blocksPerChunk > 1) {
      const image = unit / unitsPerImage;
      const row = (unit % unitsPerImage) * rowsPerUnit;
      const end = min(row + rowsPerUnit, outHeight);
      const top = row * strideH - args.padRows;
      const bottom = (end - 1) * strideH - args.padRows + (args.filterRows - 1) * args.dilationRows + 1;
      const inputs = args.groupsPerBlock * args.sourceDepth;
      const outputs = args.groupsPerBlock * args.targetDepth;
      const x = image * height + max(top, 0);
      const y = image * outHeight + row;
      const sum =
        fetch_pixels(
          args.x, x * args.width, (image * height + min(bottom, height)) * args.width, args.channels,
          firstBlock * inputs, endBlock * inputs,
        ) +
        fetch_pixels(
          args.dy, y * args.outWidth, (image * outHeight + end) * args.outWidth, args.outChannels, firstBlock * outputs,
          endBlock * outputs,
        );
      store<u32>(scratch, sum);
    }
    for (let block = firstBlock; block < endBlock; block++) grouped_gradient_unit(args, slice, unit, block);
  }
}

/** One unit of a slice, of one block of groups. */
export function grouped_gradient_unit(args: GroupedGradientArgs, slice: i32, unit: i32, block: i32): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const outChannels = args.outChannels;
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  const groupsPerBlock = args.groupsPerBlock;
  const filterRows = args.filterRows;
  const filterColumns = args.filterColumns;
  const strideH = args.strideRows;
  const strideW = args.strideColumns;
  const dilationH = args.dilationRows;
  const multiplier = args.multiplier;
  const rowsPerUnit = args.rowsPerUnit;
  const unitsPerImage = args.unitsPerImage;
  const perPhase = args.perPhase;

  const firstGroup = block * groupsPerBlock;
  const blockGroups = min(groupsPerBlock, args.groups - firstGroup);
  const taps = filterRows * filterColumns;
  const outBlock = blockGroups * kg;
  const sourceBlock = multiplier ? outBlock : blockGroups * cg;
  const sourcePlanes = (sourceBlock + 3) >> 2;
  const outPlanes = (outBlock + 3) >> 2;

  const partial = args.partials + <usize>slice * args.sliceBytes + <usize>block * args.blockBytes;
  if (unit == slice * args.unitsPerSlice) {
    const bytes = multiplier ? <usize>(outPlanes * taps) << 4 : <usize>(blockGroups * cg * kg * taps) << 2;
    memory.fill(partial, 0, bytes);
  }

  // Vectors go in pairs: rows of dy are planes of eight channels.
  const paired = WIDE && !multiplier && (kg & 7) == 0 && ((cg & 7) == 0 || (kg & 15) == 0);
  const planeBytes = <usize>(perPhase * strideW) << 4;
  const rowBytes = planeBytes * <usize>sourcePlanes;
  const outPlaneBytes = <usize>outWidth << 4;
  const outRowBytes = outPlaneBytes * <usize>outPlanes;
  const unitRows = (rowsPerUnit - 1) * strideH + (filterRows - 1) * dilationH + 1;
  const slot = claimSlot(args.slots, args.slotBytes);
  const unused = slot;
  const strip = slot + 128;
  const outStrip = strip + <usize>unitRows * rowBytes;
  const outPixelBytes = <usize>outChannels << 2;

  const image = unit / unitsPerImage;
  const row = (unit % unitsPerImage) * rowsPerUnit;
  const rows = min(rowsPerUnit, outHeight - row);
  const x = args.x + ((<usize>image * height * width * channels + firstGroup * cg) << 2);
  const dy = args.dy + ((<usize>image * outHeight * outWidth * outChannels + firstGroup * kg) << 2);
  packRows(args, x, row, rows, sourceBlock, strip, rowBytes);
  for (let i = 0; i < rows; i++) {
    const from = dy + <usize>((row + i) * outWidth) * outPixelBytes;
    const to = outStrip + <usize>i * outRowBytes;
    if (paired) pack_row_wide(from, outPixelBytes, outWidth, outBlock, to);
    else packRow(from, outPixelBytes, outWidth, outBlock, to, 1, outWidth, 0);
  }

  const step = rowBytes * <usize>strideH;
  if (multiplier) {
    depthwiseTiles(args, taps, outPlanes, strip, planeBytes, rowBytes, step, outStrip, outPlaneBytes, outRowBytes, rows, partial, unused);
  } else {
    for (let group = 0; group < blockGroups; group++) {
      const a = strip + <usize>((group * cg) >> 2) * planeBytes;
      const d = outStrip + <usize>((group * kg) >> 2) * outPlaneBytes;
      const out = partial + (<usize>(group * cg * kg * taps) << 2);
      if (paired) pairedTiles(args, taps, a, planeBytes, rowBytes, step, d, outPlaneBytes << 1, outRowBytes, rows, out);
      else tiles(args, taps, a, planeBytes, rowBytes, step, d, outPlaneBytes, outRowBytes, rows, out, unused);
    }
  }
  releaseSlot(args.slots, args.slotBytes, slot);
}

/** Packs the rows of x that output rows `row` to `row + rows` need into a strip; those beyond the picture are zeros. */
// @ts-ignore: decorator
@inline
function packRows(args: GroupedGradientArgs, x: usize, row: i32, rows: i32, channels: i32, strip: usize, rowBytes: usize): void {
  const height = args.height;
  const width = args.width;
  const strideH = args.strideRows;
  const strideW = args.strideColumns;
  const perPhase = args.perPhase;
  const multiplier = args.multiplier;
  const pixelBytes = <usize>args.channels << 2;
  const top = row * strideH - args.padRows;
  const sourceRows = (rows - 1) * strideH + (args.filterRows - 1) * args.dilationRows + 1;
  for (let i = 0; i < sourceRows; i++) {
    const to = strip + <usize>i * rowBytes;
    if (top + i < 0 || top + i >= height) {
      memory.fill(to, 0, rowBytes);
      continue;
    }
    const from = x + <usize>((top + i) * width) * pixelBytes;
    if (multiplier > 1) {
      packRowRepeated(from, pixelBytes, width, channels, multiplier, to, strideW, perPhase, args.left);
    } else {
      packRow(from, pixelBytes, width, channels, to, strideW, perPhase, args.left);
    }
  }
}

/** Tiles of three taps of two planes of a depthwise convolution. `unused` has room for the sums of what is there once only. */
// @ts-ignore: decorator
@inline
function depthwiseTiles(
  args: GroupedGradientArgs, taps: i32, outPlanes: i32, strip: usize, planeBytes: usize, rowBytes: usize, step: usize,
  outStrip: usize, outPlaneBytes: usize, outRowBytes: usize, rows: i32, partial: usize, unused: usize,
): void {
  const outWidth = args.outWidth;
  for (let plane = 0; plane < outPlanes; plane += 2) {
    const pair = plane + 1 < outPlanes;
    const second: usize = pair ? 1 : 0;
    const a = strip + <usize>plane * planeBytes;
    const d = outStrip + <usize>plane * outPlaneBytes;
    for (let tap = 0; tap < taps; tap += 3) {
      const tap1 = min(tap + 1, taps - 1);
      const tap2 = min(tap + 2, taps - 1);
      const out = partial + (<usize>(plane * taps) << 4);
      const out1 = pair ? out + (<usize>taps << 4) : unused;
      const beyond = pair ? <usize>1 << 4 : 0;
      tile_gradient_depthwise(
        a + tapOffset(args, tap, rowBytes),
        a + tapOffset(args, tap1, rowBytes),
        a + tapOffset(args, tap2, rowBytes),
        second * planeBytes,
        step,
        d,
        second * outPlaneBytes,
        outRowBytes,
        rows,
        outWidth,
        out + (<usize>tap << 4),
        tap + 1 < taps ? out + (<usize>tap1 << 4) : unused,
        tap + 2 < taps ? out + (<usize>tap2 << 4) : unused,
        out1 + <usize>tap * beyond,
        tap + 1 < taps ? out1 + <usize>tap1 * beyond : unused,
        tap + 2 < taps ? out1 + <usize>tap2 * beyond : unused,
      );
    }
  }
}

/** Tiles of one group where vectors go in pairs: `a` are its planes of x, `dy` its planes of eight channels. */
// @ts-ignore: decorator
@inline
function pairedTiles(
  args: GroupedGradientArgs, taps: i32, a: usize, planeBytes: usize, rowBytes: usize, step: usize,
  dy: usize, dyPlaneBytes: usize, outRowBytes: usize, rows: i32, out: usize,
): void {
  const outWidth = args.outWidth;
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  let k = 0;
  const panelBytes = <usize>(taps * cg) << 5;
  for (; k + 16 <= kg; k += 16) {
    const d = dy + <usize>(k >> 3) * dyPlaneBytes;
    for (let tap = 0; tap < taps; tap++) {
      const at = a + tapOffset(args, tap, rowBytes);
      for (let c = 0; c < cg; c += 4) {
        const from = at + <usize>(c >> 2) * planeBytes;
        tile_gradient_4x16_wide(from, step, d, dyPlaneBytes, outRowBytes, rows, outWidth, out, panelBytes);
        out += 128;
      }
    }
    out += panelBytes;
  }
  if (k < kg) {
    const d = dy + <usize>(k >> 3) * dyPlaneBytes;
    for (let tap = 0; tap < taps; tap++) {
      const at = a + tapOffset(args, tap, rowBytes);
      for (let c = 0; c < cg; c += 8) {
        const from = at + <usize>(c >> 2) * planeBytes;
        tile_gradient_8x8_wide(from, planeBytes, step, d, outRowBytes, rows, outWidth, out);
        out += 256;
      }
    }
  }
}

/** Tiles of one group, of planes of four channels. `unused` has room for the sums of taps that are there once only. */
// @ts-ignore: decorator
@inline
function tiles(
  args: GroupedGradientArgs, taps: i32, a: usize, planeBytes: usize, rowBytes: usize, step: usize,
  dy: usize, outPlaneBytes: usize, outRowBytes: usize, rows: i32, out: usize, unused: usize,
): void {
  const outWidth = args.outWidth;
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  let k = 0;
  for (; k + 8 <= kg; k += 8) {
    const d = dy + <usize>(k >> 2) * outPlaneBytes;
    for (let tap = 0; tap < taps; tap++) {
      const at = a + tapOffset(args, tap, rowBytes);
      for (let c = 0; c < cg; c += 4) {
        const from = at + <usize>(c >> 2) * planeBytes;
        tile_gradient_4x8(from, step, d, outPlaneBytes, outRowBytes, rows, outWidth, out);
        out += 128;
      }
    }
  }
  if (k < kg) {
    const d = dy + <usize>(k >> 2) * outPlaneBytes;
    const tapBytes = <usize>cg << 4;
    for (let tap = 0; tap < taps; tap += 3) {
      const tap1 = min(tap + 1, taps - 1);
      const tap2 = min(tap + 2, taps - 1);
      const a0 = a + tapOffset(args, tap, rowBytes);
      const a1 = a + tapOffset(args, tap1, rowBytes);
      const a2 = a + tapOffset(args, tap2, rowBytes);
      for (let c = 0; c < cg; c += 4) {
        const shift = <usize>(c >> 2) * planeBytes;
        const to = out + (<usize>c << 4);
        tile_gradient_3x4x4(
          a0 + shift,
          a1 + shift,
          a2 + shift,
          step,
          d,
          outRowBytes,
          rows,
          outWidth,
          to + <usize>tap * tapBytes,
          tap + 1 < taps ? to + <usize>tap1 * tapBytes : unused,
          tap + 2 < taps ? to + <usize>tap2 * tapBytes : unused,
        );
      }
    }
  }
}

/** Where in the strip a tap finds the source of output row 0, column 0. */
// @ts-ignore: decorator
@inline
function tapOffset(args: GroupedGradientArgs, tap: i32, rowBytes: usize): usize {
  const filterColumns = args.filterColumns;
  const strideW = args.strideColumns;
  const r = tap / filterColumns;
  const column = (tap - r * filterColumns) * args.dilationColumns;
  return <usize>(r * args.dilationRows) * rowBytes + (<usize>((column % strideW) * args.perPhase + column / strideW) << 4);
}

// @ts-ignore: decorator
@inline
function accumulate(to: usize, v: v128): void {
  v128.store(to, f32x4.add(v128.load(to), v));
}

/** One tap, 4 input × 8 output channels: out[c][8] += Σ over pixels x[c]·dy[8]. */
export function tile_gradient_4x8(
  x: usize,
  xStep: usize,
  dy: usize,
  dyPlaneBytes: usize,
  dyStep: usize,
  rows: i32,
  columns: i32,
  out: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  for (let row = 0; row < rows; row++) {
    let xp = x;
    let dp = dy;
    for (const end = xp + (<usize>columns << 4); xp < end; xp += 16, dp += 16) {
      const d0 = v128.load(dp);
      const d1 = v128.load(dp + dyPlaneBytes);
      let v = v128.load32_splat(xp);
      a0 = madd(v, d0, a0);
      b0 = madd(v, d1, b0);
      v = v128.load32_splat(xp, 4);
      a1 = madd(v, d0, a1);
      b1 = madd(v, d1, b1);
      v = v128.load32_splat(xp, 8);
      a2 = madd(v, d0, a2);
      b2 = madd(v, d1, b2);
      v = v128.load32_splat(xp, 12);
      a3 = madd(v, d0, a3);
      b3 = madd(v, d1, b3);
    }
    x += xStep;
    dy += dyStep;
  }
  accumulate(out, a0);
  accumulate(out + 16, b0);
  accumulate(out + 32, a1);
  accumulate(out + 48, b1);
  accumulate(out + 64, a2);
  accumulate(out + 80, b2);
  accumulate(out + 96, a3);
  accumulate(out + 112, b3);
}

/** Three taps, 4 input × 4 output channels: outₜ[c][4] += Σ over pixels xₜ[c]·dy[4]. */
export function tile_gradient_3x4x4(
  x0: usize,
  x1: usize,
  x2: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: i32,
  columns: i32,
  out0: usize,
  out1: usize,
  out2: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let c0 = a0;
  let c1 = a0;
  let c2 = a0;
  let c3 = a0;
  const width = <usize>columns << 4;
  for (let row = 0; row < rows; row++) {
    for (let q: usize = 0; q < width; q += 16) {
      const d = v128.load(dy + q);
      const p0 = x0 + q;
      a0 = madd(v128.load32_splat(p0), d, a0);
      a1 = madd(v128.load32_splat(p0, 4), d, a1);
      a2 = madd(v128.load32_splat(p0, 8), d, a2);
      a3 = madd(v128.load32_splat(p0, 12), d, a3);
      const p1 = x1 + q;
      b0 = madd(v128.load32_splat(p1), d, b0);
      b1 = madd(v128.load32_splat(p1, 4), d, b1);
      b2 = madd(v128.load32_splat(p1, 8), d, b2);
      b3 = madd(v128.load32_splat(p1, 12), d, b3);
      const p2 = x2 + q;
      c0 = madd(v128.load32_splat(p2), d, c0);
      c1 = madd(v128.load32_splat(p2, 4), d, c1);
      c2 = madd(v128.load32_splat(p2, 8), d, c2);
      c3 = madd(v128.load32_splat(p2, 12), d, c3);
    }
    x0 += xStep;
    x1 += xStep;
    x2 += xStep;
    dy += dyStep;
  }
  accumulate(out0, a0);
  accumulate(out0 + 16, a1);
  accumulate(out0 + 32, a2);
  accumulate(out0 + 48, a3);
  accumulate(out1, b0);
  accumulate(out1 + 16, b1);
  accumulate(out1 + 32, b2);
  accumulate(out1 + 48, b3);
  accumulate(out2, c0);
  accumulate(out2 + 16, c1);
  accumulate(out2 + 32, c2);
  accumulate(out2 + 48, c3);
}

/** Three taps of two planes (the second may be the first again): outₜ[4] += Σ over pixels xₜ·dy. */
export function tile_gradient_depthwise(
  x0: usize,
  x1: usize,
  x2: usize,
  xPlane: usize,
  xStep: usize,
  dy: usize,
  dyPlane: usize,
  dyStep: usize,
  rows: i32,
  columns: i32,
  out0: usize,
  out1: usize,
  out2: usize,
  out3: usize,
  out4: usize,
  out5: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  const width = <usize>columns << 4;
  for (let row = 0; row < rows; row++) {
    for (let q: usize = 0; q < width; q += 16) {
      const d = v128.load(dy + q);
      const e = v128.load(dy + dyPlane + q);
      a0 = madd(v128.load(x0 + q), d, a0);
      b0 = madd(v128.load(x0 + xPlane + q), e, b0);
      a1 = madd(v128.load(x1 + q), d, a1);
      b1 = madd(v128.load(x1 + xPlane + q), e, b1);
      a2 = madd(v128.load(x2 + q), d, a2);
      b2 = madd(v128.load(x2 + xPlane + q), e, b2);
    }
    x0 += xStep;
    x1 += xStep;
    x2 += xStep;
    dy += dyStep;
  }
  accumulate(out0, a0);
  accumulate(out1, a1);
  accumulate(out2, a2);
  accumulate(out3, b0);
  accumulate(out4, b1);
  accumulate(out5, b2);
}
