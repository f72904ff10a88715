import { ChannelShuffleArgs } from './args.generated';

/**
 * Channels of all groups in turn: channel i·G + j of y is channel j·C/G + i of x. A chunk is some pixels. Two groups, and the way back, are
 * shuffles of whole vectors and bound by memory; others move one float at a time.
 */
export function channel_shuffle(args: ChannelShuffleArgs, chunk: i32): void {
  const groups = args.groups;
  const perGroup = args.perGroup;
  const pitch = <usize>(groups * perGroup) << 2;
  let pixel = chunk * args.pixelsPerChunk;
  const end = min(pixel + args.pixelsPerChunk, args.pixels);
  let x = args.x + <usize>pixel * pitch;
  let y = args.y + <usize>pixel * pitch;
  for (; pixel < end; pixel++) {
    if (groups == 2) interleave(x, y, perGroup);
    else if (perGroup == 2) separate(x, y, groups);
    else turn(x, y, groups, perGroup);
    x += pitch;
    y += pitch;
  }
}

/** Halves of `count` floats each, in turn. */
// @ts-ignore: decorator
@inline
function interleave(x: usize, y: usize, count: i32): void {
  const second = x + (<usize>count << 2);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    const a = v128.load(x + at);
    const b = v128.load(second + at);
    v128.store(y + (at << 1), v128.shuffle<f32>(a, b, 0, 4, 1, 5));
    v128.store(y + (at << 1), v128.shuffle<f32>(a, b, 2, 6, 3, 7), 16);
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(y + (at << 1), load<f32>(x + at));
    store<f32>(y + (at << 1), load<f32>(second + at), 4);
  }
}

/** The inverse: `count` pairs become two halves. */
// @ts-ignore: decorator
@inline
function separate(x: usize, y: usize, count: i32): void {
  const second = y + (<usize>count << 2);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    const a = v128.load(x + (at << 1));
    const b = v128.load(x + (at << 1), 16);
    v128.store(y + at, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    v128.store(second + at, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(y + at, load<f32>(x + (at << 1)));
    store<f32>(second + at, load<f32>(x + (at << 1), 4));
  }
}

// @ts-ignore: decorator
@inline
function turn(x: usize, y: usize, groups: i32, perGroup: i32): void {
  const step = <usize>perGroup << 2;
  for (let i = 0; i < perGroup; i++) {
    let from = x + (<usize>i << 2);
    for (let j = 0; j < groups; j++) {
      store<f32>(y, load<f32>(from));
      from += step;
      y += 4;
    }
  }
}
