import { WinogradConvArgs } from './args.generated';
import { WIDE, madd } from './simd';
import { fetch_tiles, winograd_inputs, winograd_output } from './winograd-transform';
import { winograd_inputs_wide, winograd_outputs_wide } from './winograd-tiles-wide';
import { winograd_is_wide, winograd_products_wide } from './winograd-wide';

/**
 * Grouped or dense 3×3 convolution at stride 1 by Winograd's F(2×2, 3×3) (winograd-transform.ts), forward, and
 * backward-input with weights transposed and flipped: 2.25 times fewer multiplications than the direct kernel. Channels a
 * group are multiples of 4 on both sides.
 *
 * A chunk is some tiles and a block of output channels: some groups (about 16 channels, a cache line of each pixel), or some
 * channels of a wide group. It takes a batch of tiles at a time, so few that transformed tiles and products stay in the
 * second-level cache: transform, a product of tiles × channels for each of the 16 places and each group, transform back.
 * The input channels of a wide group come in blocks as well, whose products are added up.
 */
export function winograd_conv(args: WinogradConvArgs, chunk: i32, scratch: usize): void {
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const batch = args.batch;
  const tileColumns = (outWidth + 1) >> 1;
  const tilesPerImage = ((outHeight + 1) >> 1) * tileColumns;
  const blockChunks = args.blockChunks;
  const blocksPerChunk = args.blocksPerChunk;
  const firstBlock = (chunk % blockChunks) * blocksPerChunk;
  const endBlock = min(firstBlock + blocksPerChunk, args.blocks);
  const first = (chunk / blockChunks) * args.tilesPerChunk;
  const end = min(first + args.tilesPerChunk, args.tiles);
  for (let tile = first; tile < end; tile += batch) {
    const count = min(batch, end - tile);
    if (blocksPerChunk > 1) {
      // Only groups make several blocks a chunk.
      const inputs = args.groupsPerBlock * args.sourceDepth;
      const outputs = args.groupsPerBlock * args.targetDepth;
      const sum =
        fetch_tiles(args.source, args.height, args.width, args.channels, firstBlock * inputs, endBlock * inputs, tile, count, tileColumns, tilesPerImage, -args.padRows, 4) +
        fetch_tiles(args.target, outHeight, outWidth, args.outChannels, firstBlock * outputs, endBlock * outputs, tile, count, tileColumns, tilesPerImage, 0, 2);
      store<u32>(scratch, sum);
    }
    for (let block = firstBlock; block < endBlock; block++) {
      winograd_block(args, block, tile, count, scratch);
    }
  }
}

/** `count` tiles from `tile` on of one block of output channels. */
export function winograd_block(args: WinogradConvArgs, block: i32, tile: i32, count: i32, scratch: usize): void {
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  const groupsPerBlock = args.groupsPerBlock;
  const cBlock = args.sourceBlock;
  const kBlock = args.targetBlock;
  const tileColumns = (outWidth + 1) >> 1;
  const tilesPerImage = ((outHeight + 1) >> 1) * tileColumns;
  const kBlocks = (kg + kBlock - 1) / kBlock;
  const firstGroup = (block / kBlocks) * groupsPerBlock;
  const groups = min(groupsPerBlock, args.groups - firstGroup);
  const k0 = (block % kBlocks) * kBlock;
  const outputs = min(kBlock, kg - k0);
  const targetPlanes = (groups * outputs) >> 2;
  const wide = WIDE && winograd_is_wide(cg, kg, groups);

  const planeBytes = <usize>args.batch << 4;
  // A line more than the planes need, lest all places of a tile fall into the same sets of the cache.
  const placeBytes = planeBytes * <usize>((groups * cBlock) >> 2) + 64;
  const outPlaceBytes = planeBytes * <usize>targetPlanes + 64;
  const transformed = scratch + (<usize>(groups * cBlock) << 6);
  const products = transformed + (placeBytes << 4);

  const firstOutput = <usize>(firstGroup * kg + k0) << 2;
  const pixelBytes = <usize>args.outChannels << 2;
  const rowBytes = pixelBytes * <usize>outWidth;
  const residual = args.residual;
  const bias: usize = args.bias == 0 ? 0 : args.bias + firstOutput;
  const groupBytes = <usize>(cg * kg) << 6;
  const weights = args.weights + <usize>firstGroup * groupBytes + (<usize>(k0 * cg) << 6);

  for (let c0 = 0; c0 < cg; c0 += cBlock) {
    const inputs = min(cBlock, cg - c0);
    const from = args.source + (<usize>(firstGroup * cg + c0) << 2);
    if (wide) {
      winograd_inputs_wide(
        from,
        args.height,
        args.width,
        <usize>args.channels << 2,
        groups * inputs,
        tile,
        count,
        tileColumns,
        tilesPerImage,
        args.padRows,
        args.padColumns,
        scratch,
        transformed,
        planeBytes << 1,
        placeBytes,
      );
      winograd_products_wide(
        cg, kg, groups, inputs, outputs, c0, transformed, planeBytes << 1, placeBytes, weights, products, outPlaceBytes, count,
      );
      continue;
    }
    winograd_inputs(
      from,
      args.height,
      args.width,
      <usize>args.channels << 2,
      groups * inputs,
      tile,
      count,
      tileColumns,
      tilesPerImage,
      args.padRows,
      args.padColumns,
      scratch,
      transformed,
      planeBytes,
      placeBytes,
    );
    for (let group = 0; group < groups; group++) {
      const x = transformed + <usize>((group * inputs) >> 2) * planeBytes;
      let w = weights + <usize>group * groupBytes;
      let out = products + <usize>((group * outputs) >> 2) * planeBytes;
      for (let k = 0; k < outputs; k += 8, out += planeBytes << 1) {
        const lanes = min(8, outputs - k);
        let from = w + (<usize>(c0 * lanes) << 2);
        const step = <usize>(cg * lanes) << 2;
        for (let place: usize = 0; place < 16; place++, from += step) {
          const xp = x + place * placeBytes;
          const to = out + place * outPlaceBytes;
          if (lanes == 8) winograd_product_8(xp, planeBytes, from, inputs, to, count, c0);
          else if (cg == 4) winograd_product_4x4(xp, from, to, count);
          else winograd_product_4(xp, planeBytes, from, inputs, to, count, c0);
        }
        w += step << 4;
      }
    }
  }

  if (wide) {
    winograd_outputs_wide(
      products,
      planeBytes << 1,
      outPlaceBytes,
      targetPlanes >> 1,
      args.target + firstOutput,
      outHeight,
      outWidth,
      pixelBytes,
      tile,
      count,
      tileColumns,
      tilesPerImage,
      bias,
      residual == 0 ? 0 : residual + firstOutput,
      args.activation,
    );
    return;
  }
  for (let t = 0; t < count; t++) {
    const image = (tile + t) / tilesPerImage;
    const place = tile + t - image * tilesPerImage;
    const row = (place / tileColumns) << 1;
    const column = (place % tileColumns) << 1;
    const at = <usize>((image * outHeight + row) * outWidth + column) * pixelBytes + firstOutput;
    winograd_output(
      products + (<usize>t << 4),
      planeBytes,
      outPlaceBytes,
      targetPlanes,
      args.target + at,
      rowBytes,
      pixelBytes,
      outHeight - row,
      outWidth - column,
      bias,
      residual == 0 ? 0 : residual + at,
      args.activation,
    );
  }
}

/**
 * out[tile][8] = Σ over `channels` of x[channel][tile] · w[channel][8], four tiles at a time; `out` has two planes. Added to
 * what is there if `add` is not 0.
 */
export function winograd_product_8(
  x: usize,
  planeBytes: usize,
  w: usize,
  channels: i32,
  out: usize,
  tiles: i32,
  add: i32,
): void {
  const wEnd = w + (<usize>channels << 5);
  for (const end = x + (<usize>tiles << 4); x < end; x += 64, out += 64) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let plane = x;
    for (let wp = w; wp < wEnd; plane += planeBytes) {
      let xp = plane;
      for (const last = xp + 16; xp < last; xp += 4, wp += 32) {
        const w0 = v128.load(wp);
        const w1 = v128.load(wp, 16);
        let v = v128.load32_splat(xp);
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
    const second = out + planeBytes;
    if (add) {
      a0 = f32x4.add(a0, v128.load(out));
      a1 = f32x4.add(a1, v128.load(out, 16));
      a2 = f32x4.add(a2, v128.load(out, 32));
      a3 = f32x4.add(a3, v128.load(out, 48));
      b0 = f32x4.add(b0, v128.load(second));
      b1 = f32x4.add(b1, v128.load(second, 16));
      b2 = f32x4.add(b2, v128.load(second, 32));
      b3 = f32x4.add(b3, v128.load(second, 48));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
    v128.store(second, b0);
    v128.store(second, b1, 16);
    v128.store(second, b2, 32);
    v128.store(second, b3, 48);
  }
}

/** The same for four output channels, eight tiles at a time. */
export function winograd_product_4(
  x: usize,
  planeBytes: usize,
  w: usize,
  channels: i32,
  out: usize,
  tiles: i32,
  add: i32,
): void {
  const wEnd = w + (<usize>channels << 4);
  for (const end = x + (<usize>tiles << 4); x < end; x += 128, out += 128) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let a4 = a0;
    let a5 = a0;
    let a6 = a0;
    let a7 = a0;
    let plane = x;
    for (let wp = w; wp < wEnd; plane += planeBytes) {
      let xp = plane;
      for (const last = xp + 16; xp < last; xp += 4, wp += 16) {
        const w0 = v128.load(wp);
        a0 = madd(v128.load32_splat(xp), w0, a0);
        a1 = madd(v128.load32_splat(xp, 16), w0, a1);
        a2 = madd(v128.load32_splat(xp, 32), w0, a2);
        a3 = madd(v128.load32_splat(xp, 48), w0, a3);
        a4 = madd(v128.load32_splat(xp, 64), w0, a4);
        a5 = madd(v128.load32_splat(xp, 80), w0, a5);
        a6 = madd(v128.load32_splat(xp, 96), w0, a6);
        a7 = madd(v128.load32_splat(xp, 112), w0, a7);
      }
    }
    if (add) {
      a0 = f32x4.add(a0, v128.load(out));
      a1 = f32x4.add(a1, v128.load(out, 16));
      a2 = f32x4.add(a2, v128.load(out, 32));
      a3 = f32x4.add(a3, v128.load(out, 48));
      a4 = f32x4.add(a4, v128.load(out, 64));
      a5 = f32x4.add(a5, v128.load(out, 80));
      a6 = f32x4.add(a6, v128.load(out, 96));
      a7 = f32x4.add(a7, v128.load(out, 112));
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
}

/** The same from four channels to four, whose weights stay in registers. */
export function winograd_product_4x4(x: usize, w: usize, out: usize, tiles: i32): void {
  const w0 = v128.load(w);
  const w1 = v128.load(w, 16);
  const w2 = v128.load(w, 32);
  const w3 = v128.load(w, 48);
  for (const end = x + (<usize>tiles << 4); x < end; x += 128, out += 128) {
    let a0 = f32x4.mul(v128.load32_splat(x), w0);
    let a1 = f32x4.mul(v128.load32_splat(x, 16), w0);
    let a2 = f32x4.mul(v128.load32_splat(x, 32), w0);
    let a3 = f32x4.mul(v128.load32_splat(x, 48), w0);
    let a4 = f32x4.mul(v128.load32_splat(x, 64), w0);
    let a5 = f32x4.mul(v128.load32_splat(x, 80), w0);
    let a6 = f32x4.mul(v128.load32_splat(x, 96), w0);
    let a7 = f32x4.mul(v128.load32_splat(x, 112), w0);
    a0 = madd(v128.load32_splat(x, 4), w1, a0);
    a1 = madd(v128.load32_splat(x, 20), w1, a1);
    a2 = madd(v128.load32_splat(x, 36), w1, a2);
    a3 = madd(v128.load32_splat(x, 52), w1, a3);
    a4 = madd(v128.load32_splat(x, 68), w1, a4);
    a5 = madd(v128.load32_splat(x, 84), w1, a5);
    a6 = madd(v128.load32_splat(x, 100), w1, a6);
    a7 = madd(v128.load32_splat(x, 116), w1, a7);
    a0 = madd(v128.load32_splat(x, 8), w2, a0);
    a1 = madd(v128.load32_splat(x, 24), w2, a1);
    a2 = madd(v128.load32_splat(x, 40), w2, a2);
    a3 = madd(v128.load32_splat(x, 56), w2, a3);
    a4 = madd(v128.load32_splat(x, 72), w2, a4);
    a5 = madd(v128.load32_splat(x, 88), w2, a5);
    a6 = madd(v128.load32_splat(x, 104), w2, a6);
    a7 = madd(v128.load32_splat(x, 120), w2, a7);
    v128.store(out, madd(v128.load32_splat(x, 12), w3, a0));
    v128.store(out, madd(v128.load32_splat(x, 28), w3, a1), 16);
    v128.store(out, madd(v128.load32_splat(x, 44), w3, a2), 32);
    v128.store(out, madd(v128.load32_splat(x, 60), w3, a3), 48);
    v128.store(out, madd(v128.load32_splat(x, 76), w3, a4), 64);
    v128.store(out, madd(v128.load32_splat(x, 92), w3, a5), 80);
    v128.store(out, madd(v128.load32_splat(x, 108), w3, a6), 96);
    v128.store(out, madd(v128.load32_splat(x, 124), w3, a7), 112);
  }
}
