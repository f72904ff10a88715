import { inTile, isLater } from './activation';
import { activate_rows } from './activations';
import { WinogradConvArgs } from './args.generated';
import { LINEAGE, WIDE } from './simd';
import { winograd_product_4, winograd_product_4x4, winograd_product_8 } from './winograd-product';
import { fetch_tiles } from './winograd-tiles';
import { inputsOf, outputsOf, winograd_is_wide, winograd_products_wide } from './winograd-wide';

/**
 * Grouped or dense 3×3 convolution at stride 1 by Winograd's F(2×2, 3×3) (winograd-transform.ts), forward, and
 * backward-input with weights transposed and flipped: 2.25 times fewer multiplications than the direct kernel. Channels a
 * group are multiples of 4 on both sides.
 *
 * A chunk is some tiles and a block of output channels: some groups (about 16 channels, a cache line of each pixel), or some
 * channels of a wide group. It takes a batch of tiles at a time, so few that transformed tiles and products stay in the
 * second-level cache: transform, a product of tiles × channels for each of the 16 places and each group, transform back.
 * The input channels of a wide group come in blocks as well, whose products are added up.
 *
 * Bound by arithmetic, transforms included, on what lies in the second-level cache: groups of 16 run at 340 GFLOP/s on two threads in
 * 256-bit vectors, counted as a direct convolution, which could do 287 (docs/performance.md). Batches that fit the first-level
 * cache took 10 to 20 % longer, for their calls (docs/LOG.md).
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
        fetch_tiles(
          args.source, args.height, args.width, args.channels, firstBlock * inputs, endBlock * inputs, tile, count,
          tileColumns, tilesPerImage, -args.padRows, 4,
        ) +
        fetch_tiles(
          args.target, outHeight, outWidth, args.outChannels, firstBlock * outputs, endBlock * outputs, tile, count,
          tileColumns, tilesPerImage, 0, 2,
        );
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
  const wide = WIDE && winograd_is_wide(cg, kg, groups);

  const planeBytes = <usize>args.batch << 4;
  // A line more than the planes need, lest all places of a tile fall into the same sets of the cache.
  const placeBytes = planeBytes * <usize>((groups * cBlock) >> 2) + 64;
  const outPlaceBytes = planeBytes * <usize>((groups * outputs) >> 2) + 64;
  const transformed = scratch + (<usize>(groups * cBlock) << 6);
  const products = transformed + (placeBytes << 4);

  const firstOutput = <usize>(firstGroup * kg + k0) << 2;
  const residual = args.residual;
  const bias: usize = args.bias == 0 ? 0 : args.bias + firstOutput;
  const groupBytes = <usize>(cg * kg) << 6;
  const weights = args.weights + <usize>firstGroup * groupBytes + (<usize>(k0 * cg) << 6);

  for (let c0 = 0; c0 < cg; c0 += cBlock) {
    const inputs = min(cBlock, cg - c0);
    const from = args.source + (<usize>(firstGroup * cg + c0) << 2);
    inputsOf(
      wide, from, args.height, args.width, <usize>args.channels << 2, groups * inputs, tile, count,
      tileColumns, tilesPerImage, args.padRows, args.padColumns, scratch, transformed, planeBytes, placeBytes,
    );
    if (wide) {
      winograd_products_wide(
        cg, kg, groups, inputs, outputs, c0, transformed, planeBytes << 1, placeBytes, weights, products, outPlaceBytes, count,
      );
    } else {
      productsOf(cg, kg, groups, inputs, outputs, c0, transformed, planeBytes, placeBytes, weights, products, outPlaceBytes, count);
    }
  }
  outputsOf(
    wide, products, planeBytes, outPlaceBytes, groups * outputs, args.target + firstOutput, outHeight, outWidth,
    <usize>args.outChannels << 2, tile, count, tileColumns, tilesPerImage, bias,
    residual == 0 ? 0 : residual + firstOutput, inTile(args.activation),
  );
  if (LINEAGE && isLater(args.activation)) {
    const to = args.target + firstOutput;
    activateTiles(to, outHeight, outWidth, <usize>args.outChannels << 2, groups * outputs, tile, count, tileColumns, args.activation);
  }
}

/** The activation of `count` tiles from `tile` on that are stored, of `channels` channels: by the rows of tiles side by side. */
function activateTiles(
  target: usize, outHeight: i32, outWidth: i32, pixelBytes: usize, channels: i32, tile: i32, count: i32, tileColumns: i32,
  activation: i32,
): void {
  const tileRows = (outHeight + 1) >> 1;
  const end = tile + count;
  while (tile < end) {
    const line = tile / tileColumns;
    const column = tile - line * tileColumns;
    const run = min(end - tile, tileColumns - column);
    const image = line / tileRows;
    const row = (line - image * tileRows) << 1;
    const left = column << 1;
    const pixels = min(run << 1, outWidth - left);
    let at = target + <usize>((image * outHeight + row) * outWidth + left) * pixelBytes;
    for (let r = min(2, outHeight - row); r > 0; r--, at += <usize>outWidth * pixelBytes) {
      activate_rows(at, pixels, channels, pixelBytes, activation);
    }
    tile += run;
  }
}

/** The products of a block whose planes are of four channels: `winograd_products_wide`. */
// @ts-ignore: decorator
@inline
function productsOf(
  cg: i32, kg: i32, groups: i32, inputs: i32, outputs: i32, c0: i32, transformed: usize, planeBytes: usize, placeBytes: usize,
  weights: usize, products: usize, outPlaceBytes: usize, count: i32,
): void {
  const groupBytes = <usize>(cg * kg) << 6;
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
