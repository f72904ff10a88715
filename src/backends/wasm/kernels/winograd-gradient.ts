import { WinogradGradientArgs } from './args.generated';
import { WIDE, madd } from './simd';
import { tile_gradient_4x8 } from './grouped-gradient';
import { fetch_tiles } from './winograd-tiles';
import { inputsOf, spreadsOf, winograd_is_wide, winograd_outers_wide, winograd_outers_wide_4x4 } from './winograd-wide';

/**
 * Backward-weight of a grouped or dense 3×3 convolution at stride 1 by Winograd's algorithm: dU = Σ over tiles
 * (Bᵀ x B) (A dy Aᵀ)ᵀ for each of 16 places, of which `winograd_weights_gradient` makes dw. A chunk is a block of groups
 * (about 16 channels), or some input and output channels of a wide group, and a slice: some of the tiles of all pictures, a
 * batch at a time. A slice's partial dU is laid out as weights of winograd-weights.ts.
 *
 * Bound by arithmetic, as winograd.ts is, but for groups of 4, where each load serves four multiplications: those take 0.70 of the
 * direct kernel's time in 256-bit vectors and 1.07 to 1.12 of it in 128 (docs/LOG.md).
 */
export function winograd_gradient(args: WinogradGradientArgs, chunk: i32, scratch: usize): void {
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const batch = args.batch;
  const tileColumns = (outWidth + 1) >> 1;
  const tilesPerImage = ((outHeight + 1) >> 1) * tileColumns;
  const blockChunks = args.blockChunks;
  const blocksPerChunk = args.blocksPerChunk;
  const firstBlock = (chunk % blockChunks) * blocksPerChunk;
  const endBlock = min(firstBlock + blocksPerChunk, args.blocks);
  const slice = chunk / blockChunks;
  const first = slice * args.tilesPerSlice;
  const end = min(first + args.tilesPerSlice, args.tiles);
  for (let tile = first; tile < end; tile += batch) {
    const count = min(batch, end - tile);
    if (blocksPerChunk > 1) {
      // Only groups make several blocks a chunk.
      const inputs = args.groupsPerBlock * args.sourceDepth;
      const outputs = args.groupsPerBlock * args.targetDepth;
      const sum =
        fetch_tiles(
          args.x, args.height, args.width, args.channels, firstBlock * inputs, endBlock * inputs, tile, count,
          tileColumns, tilesPerImage, -args.padRows, 4,
        ) +
        fetch_tiles(
          args.dy, outHeight, outWidth, args.outChannels, firstBlock * outputs, endBlock * outputs, tile, count,
          tileColumns, tilesPerImage, 0, 2,
        );
      store<u32>(scratch, sum);
    }
    for (let block = firstBlock; block < endBlock; block++) {
      winograd_gradient_block(args, block, slice, tile, count, tile == first, scratch);
    }
  }
}

/** What `count` tiles from `tile` on add to one block of a slice's partial dU, or are of it if it is `fresh`. */
export function winograd_gradient_block(
  args: WinogradGradientArgs,
  block: i32,
  slice: i32,
  tile: i32,
  count: i32,
  fresh: bool,
  scratch: usize,
): void {
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  const groupsPerBlock = args.groupsPerBlock;
  const cBlock = args.sourceBlock;
  const kBlock = args.targetBlock;
  const cBlocks = (cg + cBlock - 1) / cBlock;
  const kBlocks = (kg + kBlock - 1) / kBlock;
  const firstGroup = (block / (cBlocks * kBlocks)) * groupsPerBlock;
  const groups = min(groupsPerBlock, args.groups - firstGroup);
  const c0 = (block % cBlocks) * cBlock;
  const k0 = ((block / cBlocks) % kBlocks) * kBlock;
  const inputs = min(cBlock, cg - c0);
  const outputs = min(kBlock, kg - k0);
  const tileColumns = (outWidth + 1) >> 1;
  const tilesPerImage = ((outHeight + 1) >> 1) * tileColumns;
  const wide = WIDE && winograd_is_wide(cg, kg, groups);

  const planeBytes = <usize>args.batch << 4;
  const placeBytes = planeBytes * <usize>((groups * inputs) >> 2) + 64;
  const outPlaceBytes = planeBytes * <usize>((groups * outputs) >> 2) + 64;
  const transformed = scratch + (<usize>(groups * max(inputs, outputs)) << 6);
  const spread = transformed + (placeBytes << 4);

  const groupBytes = <usize>(cg * kg) << 6;
  const partial =
    args.partials +
    <usize>slice * args.sliceBytes +
    <usize>firstGroup * groupBytes +
    (<usize>(k0 * cg) << 6);
  inputsOf(
    wide, args.x + (<usize>(firstGroup * cg + c0) << 2), args.height, args.width, <usize>args.channels << 2, groups * inputs, tile, count,
    tileColumns, tilesPerImage, args.padRows, args.padColumns, scratch, transformed, planeBytes, placeBytes,
  );
  spreadsOf(
    wide, args.dy + (<usize>(firstGroup * kg + k0) << 2), outHeight, outWidth, <usize>args.outChannels << 2, groups * outputs, tile, count,
    tileColumns, tilesPerImage, scratch, spread, planeBytes, outPlaceBytes,
  );
  if (wide) {
    pairedOuters(
      cg, kg, groups, inputs, outputs, c0, transformed, planeBytes, placeBytes, spread, outPlaceBytes, partial, count,
      fresh, scratch,
    );
  } else {
    outers(cg, kg, groups, inputs, outputs, c0, transformed, planeBytes, placeBytes, spread, outPlaceBytes, partial, count, fresh);
  }
}

/** Σ over tiles of all groups' products, of planes of eight channels; `planeBytes` are those of four, `sums` has room for 256 bytes. */
// @ts-ignore: decorator
@inline
function pairedOuters(
  cg: i32, kg: i32, groups: i32, inputs: i32, outputs: i32, c0: i32, transformed: usize, planeBytes: usize, placeBytes: usize,
  spread: usize, outPlaceBytes: usize, partial: usize, count: i32, fresh: bool, sums: usize,
): void {
  const groupBytes = <usize>(cg * kg) << 6;
  if (cg == 4) {
    for (let group = 0; group < groups; group += 2) {
      const plane = <usize>group * planeBytes;
      const out = partial + <usize>group * groupBytes;
      winograd_outers_wide_4x4(transformed + plane, placeBytes, spread + plane, outPlaceBytes, count, out, fresh, sums);
    }
    return;
  }
  for (let group = 0; group < groups; group++) {
    winograd_outers_wide(
      cg,
      inputs,
      outputs,
      transformed + <usize>((group * inputs) >> 2) * planeBytes,
      placeBytes,
      spread + <usize>((group * outputs) >> 2) * planeBytes,
      outPlaceBytes,
      planeBytes << 1,
      count,
      partial + <usize>group * groupBytes + (<usize>c0 << 5),
      fresh,
    );
  }
}

/** The same of planes of four channels. */
// @ts-ignore: decorator
@inline
function outers(
  cg: i32, kg: i32, groups: i32, inputs: i32, outputs: i32, c0: i32, transformed: usize, planeBytes: usize, placeBytes: usize,
  spread: usize, outPlaceBytes: usize, partial: usize, count: i32, fresh: bool,
): void {
  const groupBytes = <usize>(cg * kg) << 6;
  for (let group = 0; group < groups; group++) {
    const x = transformed + <usize>((group * inputs) >> 2) * planeBytes;
    let d = spread + <usize>((group * outputs) >> 2) * planeBytes;
    let out = partial + <usize>group * groupBytes;
    for (let k = 0; k < outputs; k += 8, d += planeBytes << 1) {
      const lanes = min(8, outputs - k);
      const step = <usize>(cg * lanes) << 2;
      for (let place: usize = 0; place < 16; place += 2) {
        const xp = x + place * placeBytes;
        const dp = d + place * outPlaceBytes;
        let at = out + place * step + (<usize>(c0 * lanes) << 2);
        if (fresh) {
          const bytes = <usize>(inputs * lanes) << 2;
          memory.fill(at, 0, bytes);
          memory.fill(at + step, 0, bytes);
        }
        const end = xp + <usize>(inputs >> 2) * planeBytes;
        for (let plane = xp; plane < end; plane += planeBytes) {
          const next = plane + placeBytes;
          if (lanes == 8) {
            tile_gradient_4x8(plane, 0, dp, planeBytes, 0, 1, count, at);
            tile_gradient_4x8(next, 0, dp + outPlaceBytes, planeBytes, 0, 1, count, at + step);
          } else {
            winograd_outer_2x4x4(plane, next, dp, dp + outPlaceBytes, count, at, at + step);
          }
          at += <usize>lanes << 4;
        }
      }
      out += step << 4;
    }
  }
}

/** Two places, 4 input × 4 output channels: out[c][4] += Σ over tiles x[c]·dy[4]. */
export function winograd_outer_2x4x4(
  x0: usize,
  x1: usize,
  dy0: usize,
  dy1: usize,
  tiles: i32,
  out0: usize,
  out1: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = a0;
  let b1 = a0;
  let b2 = a0;
  let b3 = a0;
  const end = <usize>tiles << 4;
  for (let at: usize = 0; at < end; at += 16) {
    const p = x0 + at;
    const d = v128.load(dy0 + at);
    a0 = madd(v128.load32_splat(p), d, a0);
    a1 = madd(v128.load32_splat(p, 4), d, a1);
    a2 = madd(v128.load32_splat(p, 8), d, a2);
    a3 = madd(v128.load32_splat(p, 12), d, a3);
    const q = x1 + at;
    const e = v128.load(dy1 + at);
    b0 = madd(v128.load32_splat(q), e, b0);
    b1 = madd(v128.load32_splat(q, 4), e, b1);
    b2 = madd(v128.load32_splat(q, 8), e, b2);
    b3 = madd(v128.load32_splat(q, 12), e, b3);
  }
  addTo(out0, a0, a1, a2, a3);
  addTo(out1, b0, b1, b2, b3);
}

// @ts-ignore: decorator
@inline
function addTo(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(out, f32x4.add(v128.load(out), a));
  v128.store(out, f32x4.add(v128.load(out, 16), b), 16);
  v128.store(out, f32x4.add(v128.load(out, 32), c), 32);
  v128.store(out, f32x4.add(v128.load(out, 48), d), 48);
}
