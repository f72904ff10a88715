import { readFile } from 'node:fs/promises';
import type { OpName, OpTable } from '../../../src/graph/op-table.ts';
import type { NodeOf } from '../../../src/graph/node.ts';
import type { Shape } from '../../../src/graph/value.ts';
import type { Call, Lowering, PlacedBuffer } from '../../../src/backends/wasm/call.ts';
import { Rng } from '../../../src/base/rng.ts';
import { sizeOf } from '../../../src/base/shape.ts';

/** One WebAssembly module on one memory, so that lowered calls can be run one after another without a backend. */
export interface Bench {
  /** Runs one op and gives its outputs, as stored (channels-last), and the inputs after it (some ops write in place). */
  run<K extends OpName>(lowering: Lowering<K>, op: Op<K>, order?: ChunkOrder): Result;
}

export interface Op<K extends OpName> {
  readonly op: K;
  readonly attrs: OpTable[K];
  readonly inputs: readonly { readonly shape: Shape; readonly data: Float32Array }[];
  readonly outputs: readonly Shape[];
}

export interface Result {
  readonly outputs: readonly Float32Array[];
  readonly inputs: readonly Float32Array[];
}

export type ChunkOrder = 'forward' | 'reverse';

type Kernel = (args: number, chunk: number) => void;

export async function openBench(
  file = process.env['KERNELS'] ?? 'kernels-full-simd',
  pages = 2048,
): Promise<Bench> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const bytes = await readFile(new URL(`../../../dist/kernels/${file}.wasm`, import.meta.url));
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });

  return {
    run(lowering, { op, attrs, inputs, outputs }, order = 'forward') {
      let top = 4096;
      const place = (shape: Shape, bytesWanted = 0): PlacedBuffer => {
        const size = Math.max(bytesWanted, shape.reduce((a, b) => a * b, 1) * 4);
        const buffer = { shape, bytes: size, address: top };
        // A gap of poison between buffers.
        top += Math.ceil(size / 64) * 64 + 64;
        return buffer;
      };
      const placedInputs = inputs.map(({ shape }) => place(shape));
      const placedOutputs = outputs.map((shape) => place(shape));
      const values = [...inputs.map(({ shape }) => shape), ...outputs].map((shape, id) => ({
        id,
        name: `v${id}`,
        shape,
        role: 'computed' as const,
      }));
      const node: NodeOf<typeof op> = {
        ...{ id: 0, op, attrs, scope: '' },
        inputs: values.slice(0, inputs.length),
        outputs: values.slice(inputs.length),
      };
      const workspace = place([], lowering.workspaceBytes?.(node) ?? 0);
      const poisonFrom = workspace.address + workspace.bytes;
      if (top > memory.buffer.byteLength) throw new Error(`the bench needs ${top} bytes`);
      // NaN everywhere shows up whatever is read without having been written.
      new Uint8Array(memory.buffer, 0, top).fill(0xff);
      placedInputs.forEach(({ address }, i) => {
        new Float32Array(memory.buffer, address, inputs[i].data.length).set(inputs[i].data);
      });
      const calls = lowering.calls({
        attrs,
        inputs: placedInputs,
        outputs: placedOutputs,
        workspace: workspace.address,
        keep: () => undefined,
      });
      for (const call of calls) runCall(call, order);
      const poison = new Uint8Array(memory.buffer, poisonFrom, 64);
      if (poison.some((byte) => byte !== 0xff)) throw new Error('a kernel wrote beyond its workspace');
      for (const buffer of [...placedInputs, ...placedOutputs]) {
        const gap = new Uint8Array(memory.buffer, buffer.address + buffer.bytes, 64);
        if (gap.some((byte) => byte !== 0xff)) throw new Error('a kernel wrote beyond a buffer');
      }
      const read = (buffer: PlacedBuffer) =>
        new Float32Array(memory.buffer, buffer.address, buffer.bytes / 4).slice();
      return { outputs: placedOutputs.map(read), inputs: placedInputs.map(read) };
    },
  };

  function runCall(call: Call, order: ChunkOrder): void {
    const kernel = instance.exports[call.kernel] as Kernel | undefined;
    if (kernel === undefined) throw new Error(`no kernel ${call.kernel}`);
    const view = new DataView(memory.buffer);
    const args = 64;
    call.args.forEach((word, index) => {
      view.setInt32(args + 4 * index, word, true);
    });
    if (call.args.length > 900) throw new Error('too many arguments for the bench');
    for (let i = 0; i < call.chunks; i++) kernel(args, order === 'forward' ? i : call.chunks - 1 - i);
  }
}

/** Runs an op in both chunk orders, insists on the same bits, and gives the result. */
export function runBothWays<K extends OpName>(bench: Bench, lowering: Lowering<K>, op: Op<K>): Result {
  const result = bench.run(lowering, op);
  if (!sameBits(result, bench.run(lowering, op, 'reverse'))) throw new Error(`${op.op}: chunk order matters`);
  return result;
}

export function randomArray(rng: Rng, size: number): Float32Array {
  return Float32Array.from({ length: size }, () => rng.uniform(-1, 1));
}

/** A random tensor; where `shape` has four sizes, the caller reads `data` as channels-last. */
export function randomTensor(rng: Rng, shape: Shape): { shape: Shape; data: Float32Array } {
  return { shape, data: randomArray(rng, sizeOf(shape)) };
}

/**
 * Largest |a − b|, relative to the largest |b|, or to `least` if that is larger: numbers of size 1 that cancel are not
 * expected to be exact. Infinite where one is NaN and the other is not.
 */
export function maxError(actual: ArrayLike<number>, expected: ArrayLike<number>, least = 0.5): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  let scale = least;
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isNaN(expected[i])) scale = Math.max(scale, Math.abs(expected[i]));
  }
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]) && Number.isNaN(actual[i])) continue;
    const error = Math.abs(actual[i] - expected[i]);
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error / scale);
  }
  return worst;
}

/** Whether two results have the same bits. */
export function sameBits(a: Result, b: Result): boolean {
  const lists = [
    [a.outputs, b.outputs],
    [a.inputs, b.inputs],
  ];
  return lists.every(([left, right]) =>
    left.every((array, i) => Buffer.from(array.buffer).equals(Buffer.from(right[i].buffer))),
  );
}
