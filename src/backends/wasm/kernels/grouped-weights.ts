import { PackGroupedWeightsArgs, ReduceGroupedGradientArgs } from './args.generated';

/*
 * Weights of grouped convolutions and their gradients between their own layout and that of the register tiles. Transposes of 4×4
 * floats, bound by memory; weights are few, and in inference packed once.
 */

/**
 * Weights of a grouped convolution, K×R×S×(C/G), packed as the register tiles read them: for each group and each 8 (at
 * the end 4) of its output channels o, [tap][input channel i][8 or 4]. Forward, o is k and i is c; for backward-input
 * they swap places. One chunk a group.
 */
export function pack_grouped_weights(args: PackGroupedWeightsArgs, chunk: i32): void {
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  const taps = args.taps;
  const transposed = args.transposed;
  const weights = args.weights + (<usize>(chunk * kg * taps * cg) << 2);
  let out = args.packed + (<usize>(chunk * kg * taps * cg) << 2);
  const filterBytes = <usize>(taps * cg) << 2;
  const outputs = transposed ? cg : kg;
  const inputs = transposed ? kg : cg;
  for (let o = 0; o < outputs; ) {
    const lanes = outputs - o >= 8 ? 8 : 4;
    for (let tap = 0; tap < taps; tap++) {
      const from = weights + (<usize>(tap * cg) << 2);
      for (let i = 0; i < inputs; i += 4) {
        for (let half = 0; half < lanes; half += 4) {
          let r0: v128;
          let r1: v128;
          let r2: v128;
          let r3: v128;
          if (transposed) {
            const at = from + <usize>i * filterBytes + (<usize>(o + half) << 2);
            r0 = v128.load(at);
            r1 = v128.load(at + filterBytes);
            r2 = v128.load(at + 2 * filterBytes);
            r3 = v128.load(at + 3 * filterBytes);
          } else {
            const at = from + <usize>(o + half) * filterBytes + (<usize>i << 2);
            const a = v128.load(at);
            const b = v128.load(at + filterBytes);
            const c = v128.load(at + 2 * filterBytes);
            const d = v128.load(at + 3 * filterBytes);
            const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
            const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
            const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
            const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
            r0 = v128.shuffle<f32>(ab, cd, 0, 1, 4, 5);
            r1 = v128.shuffle<f32>(ab, cd, 2, 3, 6, 7);
            r2 = v128.shuffle<f32>(AB, CD, 0, 1, 4, 5);
            r3 = v128.shuffle<f32>(AB, CD, 2, 3, 6, 7);
          }
          const to = out + (<usize>half << 2);
          const step = <usize>lanes << 2;
          v128.store(to, r0);
          v128.store(to + step, r1);
          v128.store(to + 2 * step, r2);
          v128.store(to + 3 * step, r3);
        }
        out += <usize>lanes << 4;
      }
    }
    o += lanes;
  }
}

/**
 * Adds up the slices of `grouped_gradient`, in their order, and lays the sum out as K×R×S×(C/G). One chunk a group.
 */
export function reduce_grouped_gradient(args: ReduceGroupedGradientArgs, chunk: i32): void {
  const cg = args.sourceDepth;
  const kg = args.targetDepth;
  const taps = args.taps;
  const slices = args.slices;
  const sliceBytes = args.sliceBytes;
  let from = args.partials + (<usize>(chunk * kg * taps * cg) << 2);
  const dw = args.dw + (<usize>(chunk * kg * taps * cg) << 2);
  const filterBytes = <usize>(taps * cg) << 2;
  for (let o = 0; o < kg; ) {
    const lanes = kg - o >= 8 ? 8 : 4;
    const step = <usize>lanes << 2;
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < cg; i += 4) {
        for (let half = 0; half < lanes; half += 4) {
          let at = from + (<usize>half << 2);
          let a = v128.load(at);
          let b = v128.load(at + step);
          let c = v128.load(at + 2 * step);
          let d = v128.load(at + 3 * step);
          for (let slice = 1; slice < slices; slice++) {
            at += sliceBytes;
            a = f32x4.add(a, v128.load(at));
            b = f32x4.add(b, v128.load(at + step));
            c = f32x4.add(c, v128.load(at + 2 * step));
            d = f32x4.add(d, v128.load(at + 3 * step));
          }
          const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
          const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
          const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
          const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
          const to = dw + <usize>(o + half) * filterBytes + (<usize>(tap * cg + i) << 2);
          v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
          v128.store(to + filterBytes, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
          v128.store(to + 2 * filterBytes, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5));
          v128.store(to + 3 * filterBytes, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7));
        }
        from += <usize>lanes << 4;
      }
    }
    o += lanes;
  }
}
