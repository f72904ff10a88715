import { WIDE, address, word } from './simd';
import { winograd_product_4, winograd_product_4x4, winograd_product_8 } from './winograd-product';
import { fetch_tiles, winograd_inputs, winograd_outputs } from './winograd-tiles';
import { winograd_inputs_wide, winograd_outputs_wide } from './winograd-tiles-wide.generated';
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
 *
 * Arguments: 0 source, 1 target, 2 weights of winograd-weights.ts, 3 bias or 0, 4 residual or 0, 5 relu, 6–8 source H, W, C,
 * 9–11 target H, W, C, 12–13 channels a group of source and target, 14 groups, 15 groups a block, 16–17 channels a block of
 * source and target (of one group; those of a group unless it is wide), 18 blocks, 19–20 padding, 21 tiles a chunk, 22 tiles of
 * all pictures, 23 tiles a batch, a multiple of 8, 24 chunks that share the blocks of the same tiles, 25 blocks a chunk.
 */
export function winograd_conv(args: usize, chunk: i32, scratch: usize): void {
  const outHeight = word(args, 9);
  const outWidth = word(args, 10);
  const batch = word(args, 23);
  const tileColumns = (outWidth + 1) >> 1;
  const tilesPerImage = ((outHeight + 1) >> 1) * tileColumns;
  const blockChunks = word(args, 24);
  const blocksPerChunk = word(args, 25);
  const firstBlock = (chunk % blockChunks) * blocksPerChunk;
  const endBlock = min(firstBlock + blocksPerChunk, word(args, 18));
  const first = (chunk / blockChunks) * word(args, 21);
  const end = min(first + word(args, 21), word(args, 22));
  for (let tile = first; tile < end; tile += batch) {
    const count = min(batch, end - tile);
    if (blocksPerChunk > 1) {
      // Only groups make several blocks a chunk.
      const inputs = word(args, 15) * word(args, 12);
      const outputs = word(args, 15) * word(args, 13);
      const sum =
        fetch_tiles(address(args, 0), word(args, 6), word(args, 7), word(args, 8), firstBlock * inputs, endBlock * inputs, tile, count, tileColumns, tilesPerImage, -word(args, 19), 4) +
        fetch_tiles(address(args, 1), outHeight, outWidth, word(args, 11), firstBlock * outputs, endBlock * outputs, tile, count, tileColumns, tilesPerImage, 0, 2);
      store<u32>(scratch, sum);
    }
    for (let block = firstBlock; block < endBlock; block++) {
      winograd_block(args, block, tile, count, scratch);
    }
  }
}

/** `count` tiles from `tile` on of one block of output channels. */
export function winograd_block(args: usize, block: i32, tile: i32, count: i32, scratch: usize): void {
  const outHeight = word(args, 9);
  const outWidth = word(args, 10);
  const cg = word(args, 12);
  const kg = word(args, 13);
  const groupsPerBlock = word(args, 15);
  const cBlock = word(args, 16);
  const kBlock = word(args, 17);
  const tileColumns = (outWidth + 1) >> 1;
  const tilesPerImage = ((outHeight + 1) >> 1) * tileColumns;
  const kBlocks = (kg + kBlock - 1) / kBlock;
  const firstGroup = (block / kBlocks) * groupsPerBlock;
  const groups = min(groupsPerBlock, word(args, 14) - firstGroup);
  const k0 = (block % kBlocks) * kBlock;
  const outputs = min(kBlock, kg - k0);
  const wide = WIDE && winograd_is_wide(cg, kg, groups);

  const planeBytes = <usize>word(args, 23) << 4;
  // A line more than the planes need, lest all places of a tile fall into the same sets of the cache.
  const placeBytes = planeBytes * <usize>((groups * cBlock) >> 2) + 64;
  const outPlaceBytes = planeBytes * <usize>((groups * outputs) >> 2) + 64;
  const transformed = scratch + (<usize>(groups * cBlock) << 6);
  const products = transformed + (placeBytes << 4);

  const firstOutput = <usize>(firstGroup * kg + k0) << 2;
  const pixelBytes = <usize>word(args, 11) << 2;
  const residual = address(args, 4);
  const bias: usize = address(args, 3) == 0 ? 0 : address(args, 3) + firstOutput;
  const groupBytes = <usize>(cg * kg) << 6;
  const weights = address(args, 2) + <usize>firstGroup * groupBytes + (<usize>(k0 * cg) << 6);

  for (let c0 = 0; c0 < cg; c0 += cBlock) {
    const inputs = min(cBlock, cg - c0);
    const from = address(args, 0) + (<usize>(firstGroup * cg + c0) << 2);
    if (wide) {
      winograd_inputs_wide(
        from,
        word(args, 6),
        word(args, 7),
        <usize>word(args, 8) << 2,
        groups * inputs,
        tile,
        count,
        tileColumns,
        tilesPerImage,
        word(args, 19),
        word(args, 20),
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
      word(args, 6),
      word(args, 7),
      <usize>word(args, 8) << 2,
      groups * inputs,
      tile,
      count,
      tileColumns,
      tilesPerImage,
      word(args, 19),
      word(args, 20),
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
      groups * outputs,
      address(args, 1) + firstOutput,
      outHeight,
      outWidth,
      pixelBytes,
      tile,
      count,
      tileColumns,
      tilesPerImage,
      bias,
      residual == 0 ? 0 : residual + firstOutput,
      word(args, 5),
    );
    return;
  }
  winograd_outputs(
    products,
    planeBytes,
    outPlaceBytes,
    groups * outputs,
    address(args, 1) + firstOutput,
    outHeight,
    outWidth,
    pixelBytes,
    tile,
    count,
    tileColumns,
    tilesPerImage,
    bias,
    residual == 0 ? 0 : residual + firstOutput,
    word(args, 5),
  );
}
