import {
  AdaptiveAvgPoolArgs,
  AdaptiveAvgPoolBackwardArgs,
  AdaptiveMaxPoolArgs,
  AdaptiveMaxPoolBackwardArgs,
} from './args.generated';
import { loadLanes, storeLanes } from './rows';

/*
 * Adaptive pooling, channels as lanes: window i of P covers the rows from ⌊i·H/P⌋ to ⌈(i + 1)·H/P⌉, so that windows differ in
 * size and may overlap. Each tensor is read once but where windows overlap; networks have one such layer, on their smallest pictures.
 */

/** The first of the places that window `i` covers. Of the windows that cover place `i`, it is the first with both sizes swapped. */
// @ts-ignore: decorator
@inline
function begin(i: i32, size: i32, windows: i32): i32 {
  return (i * size) / windows;
}

/** The place behind the last one that window `i` covers; likewise. */
// @ts-ignore: decorator
@inline
function end(i: i32, size: i32, windows: i32): i32 {
  return ((i + 1) * size + windows - 1) / windows;
}

/** The largest of each window; NaN wins as in PyTorch. A chunk is a row of y. */
export function adaptive_max_pool(args: AdaptiveMaxPoolArgs, chunk: i32): void {
  pool(args, chunk, true);
}

/** The mean of each window. A chunk is a row of y. */
export function adaptive_avg_pool(args: AdaptiveAvgPoolArgs, chunk: i32): void {
  pool(args, chunk, false);
}

// @ts-ignore: decorator
@inline
function pool(args: AdaptiveMaxPoolArgs, chunk: i32, largest: bool): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const pitch = <usize>channels << 2;
  const image = chunk / outHeight;
  const p = chunk % outHeight;
  const h0 = begin(p, height, outHeight);
  const h1 = end(p, height, outHeight);
  for (let q = 0; q < outWidth; q++) {
    const v0 = begin(q, width, outWidth);
    const v1 = end(q, width, outWidth);
    const size = f32x4.splat(<f32>((h1 - h0) * (v1 - v0)));
    const y = args.target + <usize>(chunk * outWidth + q) * pitch;
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4);
      let a = largest ? f32x4.splat(-Infinity) : f32x4.splat(0);
      for (let h = h0; h < h1; h++) {
        let at = args.source + <usize>((image * height + h) * width + v0) * pitch + (<usize>c << 2);
        for (let v = v0; v < v1; v++) {
          const x = loadLanes(at, lanes);
          // `max` of WebAssembly keeps NaN.
          a = largest ? f32x4.max(a, x) : f32x4.add(a, x);
          at += pitch;
        }
      }
      storeLanes(y + (<usize>c << 2), largest ? a : f32x4.div(a, size), lanes);
    }
  }
}

/** Each element of dx gathers its share of every window it was in. A chunk is a row of dx. */
export function adaptive_avg_pool_backward(args: AdaptiveAvgPoolBackwardArgs, chunk: i32): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const pitch = <usize>channels << 2;
  const image = chunk / height;
  const h = chunk % height;
  const p1 = end(h, outHeight, height);
  for (let v = 0; v < width; v++) {
    const q0 = begin(v, outWidth, width);
    const q1 = end(v, outWidth, width);
    const dx = args.target + <usize>(chunk * width + v) * pitch;
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4);
      let sum = f32x4.splat(0);
      for (let p = begin(h, outHeight, height); p < p1; p++) {
        const rows = end(p, height, outHeight) - begin(p, height, outHeight);
        for (let q = q0; q < q1; q++) {
          const size = rows * (end(q, width, outWidth) - begin(q, width, outWidth));
          const dy = args.source + <usize>((image * outHeight + p) * outWidth + q) * pitch;
          sum = f32x4.add(sum, f32x4.div(loadLanes(dy + (<usize>c << 2), lanes), f32x4.splat(<f32>size)));
        }
      }
      storeLanes(dx + (<usize>c << 2), sum, lanes);
    }
  }
}

/**
 * dy goes to the first largest element of its window, rows first. A chunk is some channels (a multiple of 4, but for the last) of one
 * picture.
 */
export function adaptive_max_pool_backward(args: AdaptiveMaxPoolBackwardArgs, chunk: i32): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const pitch = <usize>channels << 2;
  const image = chunk / args.blocks;
  const first = (chunk % args.blocks) * args.channelsPerChunk;
  const last = min(first + args.channelsPerChunk, channels);
  const picture = <usize>(image * height * width) * pitch;
  const x = args.x + picture;
  const dx = args.target + picture;
  for (let i = 0; i < height * width; i++) {
    memory.fill(dx + <usize>i * pitch + (<usize>first << 2), 0, <usize>(last - first) << 2);
  }
  for (let p = 0; p < outHeight; p++) {
    const h0 = begin(p, height, outHeight);
    const h1 = end(p, height, outHeight);
    for (let q = 0; q < outWidth; q++) {
      const v0 = begin(q, width, outWidth);
      const v1 = end(q, width, outWidth);
      const dy = args.source + <usize>((image * outHeight + p) * outWidth + q) * pitch;
      for (let c = first; c < last; c++) {
        const shift = <usize>c << 2;
        let where = <usize>(h0 * width + v0) * pitch + shift;
        let best = load<f32>(x + where);
        for (let h = h0; h < h1; h++) {
          for (let v = v0; v < v1; v++) {
            const at = <usize>(h * width + v) * pitch + shift;
            const value = load<f32>(x + at);
            if (value > best || value != value) {
              best = value;
              where = at;
            }
          }
        }
        store<f32>(dx + where, load<f32>(dx + where) + load<f32>(dy + shift));
      }
    }
  }
}
