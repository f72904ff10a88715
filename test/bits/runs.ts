import type { Backend } from '../../src/backends/index.ts';
import type { BatchLoader } from '../../src/data/index.ts';
import { compile, type nn, type StateDict } from '../../src/index.ts';
import { fit, networkOf, recipeSchema } from '../../src/train/index.ts';
import { readSafetensors } from '../../src/weights/index.ts';
import { cases, classes } from './networks.ts';

/**
 * What small runs come to, to the last bit. Weights, pictures and learning rates are made by integer arithmetic, divisions and square
 * roots, which are exact everywhere: no bit depends on one engine's `Math`. Only the public interface is used.
 */

/** The first 16 digits of SHA-256 of what a network came to. */
export interface Bits {
  /** Every step's loss and gradient norm, and every tensor of both checkpoints. */
  readonly training: string;
  /** The trained network's logits, as it is and with its batch norms folded into convolutions. */
  readonly logits: string;
}

const steps = 2;

const plain = { name: 'bits', epochs: 1, schedule: { kind: 'constant' } } as const;

export async function bitsOf(backend: Backend, name: string): Promise<Bits> {
  const { picture, build, recipe, checkpointActivations, batch = 4 } = cases[name];
  const model = build();
  model.loadStateDict(seededState(model));
  const hash = new Hash();
  const saved = new Map<string, Uint8Array>();
  await fit({
    network: networkOf(model, picture, { name: 'bits', options: {} }),
    backend,
    data: { train: loader(picture, batch) },
    recipe: recipeSchema.parse({ ...plain, batchSize: batch, ...recipe }),
    checkpointActivations,
    store: {
      save: (kind, bytes) => {
        saved.set(kind, bytes.slice());
        return Promise.resolve(kind);
      },
    },
    onEvent: (event) => {
      if (event.type === 'step') hash.update(Float64Array.of(event.loss, event.gradientNorm ?? 0));
    },
  });
  for (const [kind, bytes] of saved) {
    hashTensors(hash.update(kind), (await readSafetensors(bytes)).tensors);
  }
  const logits = new Hash();
  for (const foldBatchNorm of [true, false]) {
    await using compiled = await compile(model, { input: [2, ...picture], backend, foldBatchNorm });
    const { data } = await compiled.forward(noise(99, 2 * sizeOf(picture)));
    if (!data.every(Number.isFinite)) throw new Error(`${name}: logits that are not finite say nothing`);
    logits.update(data);
  }
  return { training: await hash.short(), logits: await logits.short() };
}

/** SHA-256 of what was given, wherever JavaScript runs. */
class Hash {
  readonly #parts: BlobPart[] = [];

  /** Bytes, which may change afterwards. */
  update(part: string | ArrayBufferView): this {
    const isText = typeof part === 'string';
    this.#parts.push(isText ? part : bytesOf(part).slice());
    return this;
  }

  async short(): Promise<string> {
    const bytes = await new Blob(this.#parts).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes), 0, 8);
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** In the order of their names: how a file orders them is not what is compared. */
function hashTensors(hash: Hash, tensors: StateDict): void {
  for (const name of [...tensors.keys()].sort()) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    const { dtype, shape, data } = tensor;
    hash.update(`${name} ${dtype} ${shape.join('×')}\n`).update(data);
  }
}

/** Weights of the size that keeps signals alive, norms that are not neutral. */
function seededState(model: nn.Module): StateDict {
  const state: StateDict = new Map();
  let seed = 1;
  for (const [name, tensor] of model.stateDict()) {
    const { shape } = tensor;
    if (tensor.dtype !== 'F32') {
      state.set(name, tensor);
      continue;
    }
    const fanIn = sizeOf(shape.slice(1));
    const isVariance = name.endsWith('running_var');
    const [centre, spread] =
      shape.length > 1
        ? [0, Math.sqrt(6 / fanIn)]
        : [isVariance || name.endsWith('weight') ? 1 : 0, isVariance ? 0.5 : 0.25];
    const data = noise(seed++, sizeOf(shape)).map((value) => centre + spread * value);
    state.set(name, { ...tensor, data });
  }
  return state;
}

/** Training batches that are the same in every epoch. */
function loader(picture: readonly [number, number, number], batchSize: number): BatchLoader {
  const length = steps * batchSize;
  const size = sizeOf(picture);
  return {
    dataset: {
      name: 'noise',
      classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
      length,
      label: (index) => index % classes,
      id: (index) => `noise#${index}`,
    },
    batchSize,
    batchesPerEpoch: steps,
    skipped: [],
    dispose: () => Promise.resolve(),
    async *epoch(_, startBatch = 0) {
      for (let step = startBatch; step < steps; step++) {
        const labels = Int32Array.from({ length: batchSize }, (_, row) => (step * batchSize + row) % classes);
        const target = new Float32Array(batchSize * classes);
        labels.forEach((label, row) => (target[row * classes + label] = 1));
        const indices = Uint32Array.from(labels, (_, row) => step * batchSize + row);
        const input = noise(1000 + step, batchSize * size);
        yield await Promise.resolve({ size: batchSize, input, target, labels, indices });
      }
    },
  };
}

/** Numbers from −1 to 1 by a generator of 32 bits (mulberry32). */
function noise(seed: number, length: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, side) => size * side, 1);
