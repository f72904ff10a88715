import { GroupedConvArgs } from './args.generated';
import { inTile, isLater } from './activation';
import { activate_rows } from './activations';
import { LINEAGE, madd, WIDE } from './simd';
import { fetch_pixels, make_room_for_pixels } from './fetch';
import { claimSlot, releaseSlot } from './scratch';
import { ceilDivide, emitRow, floorDivide, packRow } from './strip';
import { tile_4x16_wide, tile_8x8_wide } from './grouped-tiles-wide';
import { emitRowSummed, packRowRepeated, tile_depthwise } from './depthwise';

/**
 * Direct grouped convolution, forward and backward-input, for groups of 4 to 32 channels in multiples of 4.
 *
 * A chunk is some rows of one picture and some blocks of groups (16 channels, a cache line of each pixel, or a multiple
 * of that). It packs the source rows it needs into a ring of R rows of four-channel planes (see strip.ts), which stays
 * in the first-level cache, lists for each output row the taps that hit the picture, and runs register tiles over the
 * row: 8 pixels × 4 channels, or 4 pixels × 8 channels where the group is wide enough to share each splat of x between
 * two vectors of weights. Eight accumulators keep both multiply–add units busy and leave V8 registers for the rest.
 *
 * Backward-input reads dy as the source and visits for every phase (h mod stride, w mod stride) of dx only the taps that
 * reach it, so a strided gradient costs no multiplications by inserted zeros. At stride 1 it is the flipped convolution.
 *
 * Of a depthwise convolution (`multiplier` is not 0) blocks are blocks of channels, and weights and tile are those of depthwise.ts.
 *
 * Bound by arithmetic, if rows are fetched in order first (fetch.ts): strided layers of ResNeXt-50 run at 95 to 190 GFLOP/s on two
 * threads in 256-bit vectors, of 287 that registers alone give (docs/performance.md). At stride 1 winograd.ts does a 3×3.
 */
export function grouped_conv(args: GroupedConvArgs, chunk: i32, scratch: usize): void {
  const height = args.height;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const strideH = args.strideRows;
  const padH = args.padRows;
  const reach = (args.filterRows - 1) * args.dilationRows;
  const rowsPerChunk = args.rowsPerChunk;
  const rowChunks = args.rowChunks;
  const blockChunks = args.blockChunks;
  const blocksPerChunk = args.blocksPerChunk;

  const firstBlock = (chunk % blockChunks) * blocksPerChunk;
  const endBlock = min(firstBlock + blocksPerChunk, args.blocks);
  const image = chunk / blockChunks / rowChunks;
  const firstRow = ((chunk / blockChunks) % rowChunks) * rowsPerChunk;
  const endRow = min(firstRow + rowsPerChunk, outHeight);
  // More than a cache line of each pixel.
  if ((endBlock - firstBlock) * args.groupsPerBlock * max(args.sourceDepth, args.targetDepth) > 16) {
    let top = firstRow * strideH - padH;
    let bottom = (endRow - 1) * strideH - padH + reach;
    if (args.transposed) {
      top = ceilDivide(firstRow + padH - reach, strideH);
      bottom = floorDivide(endRow - 1 + padH, strideH);
    }
    const inputs = args.groupsPerBlock * args.sourceDepth;
    const outputs = args.groupsPerBlock * args.targetDepth;
    const x = image * height + max(top, 0);
    const y = image * outHeight + firstRow;
    const sum =
      fetch_pixels(
        args.source, x * args.width, (image * height + min(bottom + 1, height)) * args.width, args.channels,
        firstBlock * inputs, endBlock * inputs,
      ) +
      make_room_for_pixels(
        args.target, y * outWidth, (image * outHeight + endRow) * outWidth, args.outChannels, firstBlock * outputs,
        endBlock * outputs,
      );
    store<u32>(scratch, sum);
  }
  for (let block = firstBlock; block < endBlock; block++) grouped_block(args, image, firstRow, endRow, block);
}

/** Some rows of one picture, of one block of groups. */
export function grouped_block(args: GroupedConvArgs, image: i32, firstRow: i32, endRow: i32, block: i32): void {
  const residual = args.residual;
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const outChannels = args.outChannels;
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  const groups = args.groups;
  const groupsPerBlock = args.groupsPerBlock;
  const filterRows = args.filterRows;
  const filterColumns = args.filterColumns;
  const strideW = args.strideColumns;
  const transposed = args.transposed;
  const ringRows = args.ringRows;
  const perPhase = args.perPhase;
  const outPerPhase = args.outPerPhase;

  const firstGroup = block * groupsPerBlock;
  const blockGroups = min(groupsPerBlock, groups - firstGroup);
  const multiplier = args.multiplier;
  const sourceChannels = multiplier ? blockGroups * multiplier : blockGroups * cg;
  const targetChannels = blockGroups * kg;
  const sourcePlanes = (sourceChannels + 3) >> 2;

  const inPhases = transposed ? 1 : strideW;
  const outPhases = transposed ? strideW : 1;
  const inPlaneBytes = <usize>(perPhase * inPhases) << 4;
  const outPlaneBytes = <usize>(outPerPhase * outPhases) << 4;
  // Vectors go in pairs: rows of the output are planes of eight channels.
  const paired = WIDE && !multiplier && (kg & 7) == 0;
  const ringRowBytes = inPlaneBytes * <usize>sourcePlanes;
  const taps = filterRows * filterColumns;
  const slot = claimSlot(args.slots, args.slotBytes);
  const table = slot;
  const entries = multiplier ? taps : (taps * cg) >> 1;
  // Input channels of an entry of the table.
  const perEntry = paired ? 4 : 2;
  const ring = slot + ((<usize>entries * 8 + 63) & ~63);
  const outRow = ring + <usize>ringRows * ringRowBytes;
  const perGroup = multiplier ? 4 * taps : taps * cg * kg;
  const firstPack = multiplier ? block * ((groupsPerBlock * multiplier + 3) >> 2) : firstGroup;
  const weights = args.weights + (<usize>(firstPack * perGroup) << 2);
  const outPixelBytes = <usize>outChannels << 2;
  const sourceImage = args.source + ((<usize>image * height * width * channels + firstGroup * cg) << 2);
  const outOffset = (<usize>image * outHeight * outWidth * outChannels + firstGroup * kg) << 2;
  const bias: usize = args.bias == 0 ? 0 : args.bias + (<usize>(firstGroup * kg) << 2);

  let packed = 0;
  for (let row = firstRow; row < endRow; row++) {
    packed = packSource(args, row, packed, sourceImage, sourceChannels, ring, ringRowBytes, inPhases);
    for (let phase = 0; phase < outPhases; phase++) {
      const end = listTaps(args, row, phase, table, ringRowBytes, inPlaneBytes, perEntry);
      const columns = ceilDivide(outWidth - phase, outPhases);
      const out = outRow + (<usize>(phase * outPerPhase) << (paired ? 5 : 4));
      if (multiplier) {
        depthwiseTiles(sourcePlanes, taps, ring, inPlaneBytes, weights, table, end, out, outPlaneBytes, columns);
      } else {
        groupTiles(blockGroups, cg, kg, taps, ring, inPlaneBytes, weights, table, end, out, outPlaneBytes, columns, paired);
      }
    }
    const at = outOffset + <usize>row * outWidth * outPixelBytes;
    const to = args.target + at;
    if (multiplier > 1 && transposed) {
      emitRowSummed(outRow, outPhases, outPerPhase, to, outPixelBytes, outWidth, blockGroups, multiplier);
    } else {
      const beside: usize = residual == 0 ? 0 : residual + at;
      const activation = inTile(args.activation);
      emitRow(outRow, outPhases, outPerPhase, to, outPixelBytes, outWidth, targetChannels, bias, beside, activation, paired);
      if (LINEAGE && isLater(args.activation)) activate_rows(to, outWidth, targetChannels, outPixelBytes, args.activation);
    }
  }
  releaseSlot(args.slots, args.slotBytes, slot);
}

/**
 * Packs the source rows that output row `row` needs and that are not in the ring yet: from row `packed` on, or the
 * first needed. Gives the next.
 */
// @ts-ignore: decorator
@inline
function packSource(
  args: GroupedConvArgs, row: i32, packed: i32, source: usize, channels: i32, ring: usize, ringRowBytes: usize, phases: i32,
): i32 {
  const height = args.height;
  const width = args.width;
  const strideH = args.strideRows;
  const padH = args.padRows;
  const reach = (args.filterRows - 1) * args.dilationRows;
  const multiplier = args.multiplier;
  const transposed = args.transposed;
  const ringRows = args.ringRows;
  const left = args.left;
  const perPhase = args.perPhase;
  const pixelBytes = <usize>args.channels << 2;
  let lowest = row * strideH - padH;
  let highest = lowest + reach;
  if (transposed) {
    highest = floorDivide(row + padH, strideH);
    lowest = ceilDivide(row + padH - reach, strideH);
  }
  packed = max(packed, lowest);
  highest = min(highest, height - 1);
  for (; packed <= highest; packed++) {
    const from = source + <usize>packed * width * pixelBytes;
    const to = ring + <usize>(packed % ringRows) * ringRowBytes;
    if (multiplier > 1 && !transposed) {
      packRowRepeated(from, pixelBytes, width, channels, multiplier, to, phases, perPhase, left);
    } else {
      packRow(from, pixelBytes, width, channels, to, phases, perPhase, left);
    }
  }
  return packed;
}

/** Lists at `table` the taps of a phase of output row `row` that hit the picture, as tiles read them. Gives the list's end. */
// @ts-ignore: decorator
@inline
function listTaps(
  args: GroupedConvArgs, row: i32, phase: i32, table: usize, ringRowBytes: usize, inPlaneBytes: usize, perEntry: i32,
): usize {
  const height = args.height;
  const cg = args.sourceDepth;
  const filterRows = args.filterRows;
  const filterColumns = args.filterColumns;
  const strideH = args.strideRows;
  const strideW = args.strideColumns;
  const padH = args.padRows;
  const padW = args.padColumns;
  const dilationH = args.dilationRows;
  const dilationW = args.dilationColumns;
  const transposed = args.transposed;
  const ringRows = args.ringRows;
  const left = args.left;
  const perPhase = args.perPhase;
  const multiplier = args.multiplier;
  let entry = table;
  for (let r = 0; r < filterRows; r++) {
    let from = row * strideH - padH + r * dilationH;
    if (transposed) {
      const scaled = row + padH - r * dilationH;
      from = scaled >= 0 && scaled % strideH == 0 ? scaled / strideH : -1;
    }
    if (from < 0 || from >= height) continue;
    const ringRow = <usize>(from % ringRows) * ringRowBytes;
    for (let s = 0; s < filterColumns; s++) {
      let column = s * dilationW;
      if (transposed) {
        const scaled = phase + padW - s * dilationW;
        column = floorDivide(scaled, strideW);
        if (column * strideW != scaled) continue;
        column += left;
      } else {
        column = (column % strideW) * perPhase + column / strideW;
      }
      const at = ringRow + (<usize>column << 4);
      const tap = r * filterColumns + s;
      if (multiplier) {
        store<u32>(entry, <u32>at);
        store<u32>(entry, tap << 4, 4);
        entry += 8;
        continue;
      }
      for (let c = 0; c < cg; c += perEntry) {
        store<u32>(entry, <u32>(at + <usize>(c >> 2) * inPlaneBytes + (<usize>(c & 2) << 2)));
        store<u32>(entry, (tap * cg + c) << 4, 4);
        entry += 8;
      }
    }
  }
  return entry;
}

/** The tiles of a phase of an output row of a depthwise convolution, plane by plane. */
// @ts-ignore: decorator
@inline
function depthwiseTiles(
  planes: i32, taps: i32, ring: usize, inPlaneBytes: usize, weights: usize, table: usize, end: usize,
  outRow: usize, outPlaneBytes: usize, columns: i32,
): void {
  for (let plane = 0; plane < planes; plane++) {
    const x = ring + <usize>plane * inPlaneBytes;
    const w = weights + (<usize>(plane * taps) << 4);
    const out = outRow + <usize>plane * outPlaneBytes;
    for (let q = 0; q < columns; q += 8) {
      const at = <usize>q << 4;
      tile_depthwise(x + at, w, table, end, out + at);
    }
  }
}

/** The tiles of a phase of an output row, group by group. */
// @ts-ignore: decorator
@inline
function groupTiles(
  groups: i32, cg: i32, kg: i32, taps: i32, ring: usize, inPlaneBytes: usize, weights: usize, table: usize, end: usize,
  outRow: usize, outPlaneBytes: usize, columns: i32, paired: bool,
): void {
  for (let group = 0; group < groups; group++) {
    const x = ring + <usize>((group * cg) >> 2) * inPlaneBytes;
    let w = weights + (<usize>(group * taps * cg * kg) << 2);
    let out = outRow + <usize>((group * kg) >> 2) * outPlaneBytes;
    let k = 0;
    if (paired) {
      const panelBytes = <usize>(taps * cg) << 5;
      const planeBytes = outPlaneBytes << 1;
      for (; k + 16 <= kg; k += 16) {
        tile_4x16_wide(x, w, panelBytes, table, end, out, planeBytes, columns);
        w += panelBytes << 1;
        out += planeBytes << 1;
      }
      if (k < kg) tile_8x8_wide(x, w, table, end, out, columns);
      continue;
    }
    for (; k + 8 <= kg; k += 8) {
      for (let q = 0; q < columns; q += 4) {
        const at = <usize>q << 4;
        tile_4x8(x + at, w, table, end, out + at, outPlaneBytes);
      }
      w += <usize>(taps * cg) << 5;
      out += outPlaneBytes << 1;
    }
    if (k < kg) {
      for (let q = 0; q < columns; q += 8) {
        const at = <usize>q << 4;
        tile_8x4(x + at, w, table, end, out + at);
      }
    }
  }
}

/**
 * 8 pixels × 4 output channels. `table` lists (offset of x, offset of the weights) of two input channels of a tap; weights
 * are [2][4]. Two and not four, since then nothing is spilled.
 */
export function tile_8x4(x: usize, w: usize, table: usize, end: usize, out: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (; table < end; table += 8) {
    const xp = x + load<u32>(table);
    const wp = w + load<u32>(table, 4);
    const w0 = v128.load(wp);
    a0 = madd(v128.load32_splat(xp), w0, a0);
    a1 = madd(v128.load32_splat(xp, 16), w0, a1);
    a2 = madd(v128.load32_splat(xp, 32), w0, a2);
    a3 = madd(v128.load32_splat(xp, 48), w0, a3);
    a4 = madd(v128.load32_splat(xp, 64), w0, a4);
    a5 = madd(v128.load32_splat(xp, 80), w0, a5);
    a6 = madd(v128.load32_splat(xp, 96), w0, a6);
    a7 = madd(v128.load32_splat(xp, 112), w0, a7);
    const w1 = v128.load(wp, 16);
    a0 = madd(v128.load32_splat(xp, 4), w1, a0);
    a1 = madd(v128.load32_splat(xp, 20), w1, a1);
    a2 = madd(v128.load32_splat(xp, 36), w1, a2);
    a3 = madd(v128.load32_splat(xp, 52), w1, a3);
    a4 = madd(v128.load32_splat(xp, 68), w1, a4);
    a5 = madd(v128.load32_splat(xp, 84), w1, a5);
    a6 = madd(v128.load32_splat(xp, 100), w1, a6);
    a7 = madd(v128.load32_splat(xp, 116), w1, a7);
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
  v128.store(out, a5, 80);
  v128.store(out, a6, 96);
  v128.store(out, a7, 112);
}

/**
 * 4 pixels × 8 output channels; weights are [2][8], so their offsets are twice those of the table. The two input channels
 * take a turn of a loop each: unrolled, the compiler keeps both channels' products alive and spills.
 */
export function tile_4x8(x: usize, w: usize, table: usize, end: usize, out: usize, outPlaneBytes: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  let v = a0;
  for (; table < end; table += 8) {
    let xp = x + load<u32>(table);
    let wp = w + (load<u32>(table, 4) << 1);
    for (const last = xp + 8; xp < last; xp += 4, wp += 32) {
      const w0 = v128.load(wp);
      const w1 = v128.load(wp, 16);
      v = v128.load32_splat(xp);
      a0 = madd(v, w0, a0);
      b0 = madd(v, w1, b0);
      v = v128.load32_splat(xp, 16);
      a1 = madd(v, w0, a1);
      b1 = madd(v, w1, b1);
      v = v128.load32_splat(xp, 32);
      a2 = madd(v, w0, a2);
      b2 = madd(v, w1, b2);
      v = v128.load32_splat(xp, 48);
      a3 = madd(v, w0, a3);
      b3 = madd(v, w1, b3);
    }
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  const second = out + outPlaneBytes;
  v128.store(second, b0);
  v128.store(second, b1, 16);
  v128.store(second, b2, 32);
  v128.store(second, b3, 48);
}
