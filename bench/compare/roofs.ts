import type { Backend } from '../../src/backends/backend.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape } from '../../src/graph/value.ts';
import type { NodeOf } from '../../src/graph/node.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { usableKernels } from '../../src/node/kernels.ts';
import { oneOpPlan } from '../../test/support/steps-plan.ts';
import { bytesOf, flopOf, type Layer, type Pass } from './layer.ts';
import { wasmPeak } from './peak.ts';

/** What a machine does at most, with so many threads at once: the two roofs of the roofline (Williams et al. 2009). */
export interface Roofs {
  readonly threads: number;
  /** GFLOP/s of multiply–adds in WebAssembly. */
  readonly wasm: number;
  /** GFLOP/s of the native library on a large product; undefined if there is none. */
  readonly native: number | undefined;
  /** GB/s between memory, or the caches, and threads, by how many bytes they go over again and again, fewest first. */
  readonly bandwidth: readonly { readonly bytes: number; readonly gbs: number }[];
}

/** Which roof a contender works under: the vectors that WebAssembly has, or all that the processor has. */
export type Kind = 'wasm' | 'native';

/**
 * The least milliseconds for a pass of a layer: its arithmetic at the peak or its bytes at the bandwidth, whichever takes longer.
 * Undefined if the peak is not known.
 */
export function attainable(layer: Layer, pass: Pass, roofs: Roofs, kind: Kind): number | undefined {
  const peak = roofs[kind];
  if (peak === undefined) return undefined;
  const bytes = bytesOf(layer, pass);
  // Of the sizes measured the next smaller one, whose bandwidth is no less.
  const { gbs } = roofs.bandwidth.findLast((one) => one.bytes <= bytes) ?? roofs.bandwidth[0];
  return Math.max(flopOf(layer) / peak, bytes / gbs) / 1e6;
}

/** Measures them. */
export async function measureRoofs(threads: number, hasBlas: boolean): Promise<Roofs> {
  const wasm = await wasmPeak(threads, usableKernels()[0]);
  const plain = await createNodeBackend({ threads, blas: false });
  const bandwidth: { bytes: number; gbs: number }[] = [];
  for (let mib = 2; mib <= 256; mib *= 2) {
    // Two inputs and an output.
    const shape: Shape = [Math.floor((mib * 2 ** 20) / 12 / 1024), 1024];
    const bytes = 12 * sizeOf(shape);
    const ms = await leastTime(
      plain,
      'add',
      { activation: 'none' },
      [shape, shape],
      shape,
      Math.ceil(512 / mib),
    );
    bandwidth.push({ bytes, gbs: bytes / ms / 1e6 });
  }
  await plain.dispose();
  let native: number | undefined;
  if (hasBlas) {
    const backend = await createNodeBackend({ threads, blas: true });
    const side: Shape = [2048, 2048];
    const ms = await leastTime(backend, 'linear', { bias: false }, [side, side], side, 12);
    native = (2 * 2048 ** 3) / ms / 1e6;
    await backend.dispose();
  }
  return { threads, wasm, native, bandwidth };
}

/** The higher of two measurements, one by one: what else ran on the machine can only have lowered them. */
export function higherRoofs(one: Roofs, other: Roofs): Roofs {
  return {
    threads: one.threads,
    wasm: Math.max(one.wasm, other.wasm),
    native: one.native === undefined ? other.native : Math.max(one.native, other.native ?? 0),
    bandwidth: one.bandwidth.map(({ bytes, gbs }, i) => ({
      bytes,
      gbs: Math.max(gbs, other.bandwidth[i].gbs),
    })),
  };
}

async function leastTime<K extends OpName>(
  backend: Backend,
  op: K,
  attrs: NodeOf<K>['attrs'],
  inputs: readonly Shape[],
  output: Shape,
  runs: number,
): Promise<number> {
  const program = await backend.load(oneOpPlan(backend, op, attrs, inputs, [output]));
  inputs.forEach((shape, i) => {
    program.write(`in${i}`, new Float32Array(sizeOf(shape)).fill(0.5));
  });
  let least = Infinity;
  for (let run = -3; run < runs; run++) {
    const before = performance.now();
    await program.run('forward');
    if (run >= 0) least = Math.min(least, performance.now() - before);
  }
  await program.dispose();
  return least;
}
