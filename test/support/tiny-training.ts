import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Batch, BatchLoader, Dataset } from '../../src/data/dataset.ts';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  freeze,
  Linear,
  ReLU,
  Sequential,
  type Module,
} from '../../src/nn/index.ts';
import { parseCheckpoint, type Checkpoint } from '../../src/train/checkpoint.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import { networkOf, type Network } from '../../src/train/network.ts';
import { recipeSchema, type Recipe } from '../../src/train/recipe.ts';
import type { CheckpointKind, CheckpointStore } from '../../src/train/store.ts';
import { train, type LoopOptions, type TrainResult } from '../../src/train/train.ts';

/** Small pictures of [channels, side, side] in which the class is a bright row. */
export const picture = [2, 4, 4] as const;
export const classes = ['first row', 'second row', 'third row'];

/** Batches that (seed, epoch) alone decides, made in memory. `tamper` may spoil one on its way. */
export function memoryLoader(options: {
  readonly length: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly training: boolean;
  readonly tamper?: (batch: Batch, epoch: number, position: number) => void;
}): BatchLoader {
  const { length, batchSize, seed, training, tamper } = options;
  const [channels, height, width] = picture;
  const dataset: Dataset = {
    name: 'rows',
    classes,
    length,
    label: (index) => index % classes.length,
    id: (index) => `rows#${index}`,
  };
  const batchesPerEpoch = training ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  function make(order: Uint32Array, epoch: number, position: number): Batch {
    const indices = order.slice(position * batchSize, (position + 1) * batchSize);
    const input = new Float32Array(batchSize * channels * height * width);
    const target = new Float32Array(batchSize * classes.length);
    indices.forEach((index, row) => {
      const rng = Rng.of(seed, index, training ? epoch : 0);
      target[row * classes.length + dataset.label(index)] = 1;
      for (let i = 0; i < channels * height * width; i++) {
        const bright = Math.floor(i / (width * channels)) === dataset.label(index);
        input[row * channels * height * width + i] = rng.normal() * 0.5 + (bright ? 1 : 0);
      }
    });
    const labels = Int32Array.from(indices, (index) => dataset.label(index));
    const batch = { size: indices.length, input, target, labels, indices };
    tamper?.(batch, epoch, position);
    return batch;
  }
  return {
    dataset,
    batchSize,
    batchesPerEpoch,
    skipped: [],
    dispose: () => Promise.resolve(),
    async *epoch(epoch, startBatch = 0) {
      const order = training
        ? Rng.of(seed, 'shuffle', epoch).permutation(length)
        : Uint32Array.from({ length }, (_, index) => index);
      for (let position = startBatch; position < batchesPerEpoch; position++) {
        yield await Promise.resolve(make(order, epoch, position));
      }
    },
  };
}

/** A network of every kind of state: running statistics, dropout, biases. */
export function tinyModel({ norm = true, dropout = 0.1 } = {}): Module {
  return new Sequential(
    new Conv2d(2, 4, 3, { padding: 1, groups: 2 }),
    ...(norm ? [new BatchNorm2d(4)] : []),
    new ReLU(),
    new Flatten(),
    ...(dropout > 0 ? [new Dropout(dropout)] : []),
    new Linear(4 * 16, classes.length),
  );
}

/** A frozen convolution and norm, trained ones, and a frozen norm that gradients flow through. */
export const frozenParts = ['0', '1', '4'];
export function frozenModel(patterns: readonly string[] = frozenParts): Module {
  const model = new Sequential(
    new Conv2d(2, 4, 3, { padding: 1, groups: 2 }),
    new BatchNorm2d(4),
    new ReLU(),
    new Conv2d(4, 4, 3, { padding: 1 }),
    new BatchNorm2d(4),
    new ReLU(),
    new Conv2d(4, 6, 1),
    new BatchNorm2d(6),
    new ReLU(),
    new Flatten(),
    new Dropout(0.1),
    new Linear(6 * 16, classes.length),
  );
  freeze(model, patterns);
  return model;
}

export function tinyNetwork(seed: number, model: Module = tinyModel()): Network {
  model.initialize(seed);
  return networkOf(model, picture, { name: 'tiny', options: {} });
}

export function tinyRecipe(changes: object = {}): Recipe {
  return recipeSchema.parse({
    name: 'tiny',
    epochs: 3,
    batchSize: 8,
    optimizer: { kind: 'sgd', learningRate: 0.05, nesterov: true, weightDecay: 1e-3 },
    schedule: { kind: 'cosine', warmUp: { epochs: 0.5 } },
    ...changes,
  });
}

/** Everything `train` needs for a run of 3 epochs of 5 steps with 10 validation pictures in batches of 4. */
export function tinyRun(seed: number, changes: Partial<LoopOptions> = {}): LoopOptions {
  const recipe = changes.recipe ?? tinyRecipe();
  return {
    network: tinyNetwork(seed),
    backend: createReferenceBackend(),
    data: {
      train: memoryLoader({ length: 43, batchSize: recipe.batchSize, seed, training: true }),
      validation: memoryLoader({ length: 10, batchSize: 4, seed: seed + 1, training: false }),
    },
    recipe,
    seed,
    ...changes,
  };
}

/** Keeps the newest bytes of each kind, as a disk would. */
export class MemoryStore implements CheckpointStore {
  readonly files = new Map<CheckpointKind, Uint8Array>();

  save(kind: CheckpointKind, bytes: Uint8Array): Promise<string> {
    this.files.set(kind, bytes);
    return Promise.resolve(`memory/${kind}.safetensors`);
  }

  bytes(kind: CheckpointKind): Uint8Array {
    const bytes = this.files.get(kind);
    if (bytes === undefined) throw new Error(`no ${kind} checkpoint was saved`);
    return bytes;
  }

  read(kind: CheckpointKind): Promise<Checkpoint> {
    return parseCheckpoint(this.bytes(kind), `memory/${kind}.safetensors`);
  }
}

/** Runs to the end, or until `until` says that the process dies there. */
export async function runTraining(
  options: LoopOptions,
  until: (event: TrainEvent, count: number) => boolean | Promise<boolean> = () => false,
): Promise<{ events: TrainEvent[]; result: TrainResult | undefined }> {
  const events: TrainEvent[] = [];
  const generator = train(options);
  for (;;) {
    const next = await generator.next();
    if (next.done === true) return { events, result: next.value };
    events.push(next.value);
    if (await until(next.value, events.length)) {
      // Leaves the loop as a killed process does: nothing is saved on the way out.
      await generator.return(undefined as never);
      return { events, result: undefined };
    }
  }
}

/** A backend that claims to have only so much memory. */
export function limitedBackend(maxBytes: number): Backend {
  const backend = createReferenceBackend();
  return { ...backend, maxBytes };
}

/** A backend, and how many of the programs that it loaded are not disposed of. */
export function countingBackend(maxBytes = Infinity): {
  readonly backend: Backend;
  readonly open: () => number;
} {
  const limited = limitedBackend(maxBytes);
  let open = 0;
  const load: Backend['load'] = async (plan) => {
    const program = await limited.load(plan);
    const dispose = program.dispose.bind(program);
    open++;
    program.dispose = (options) => {
      open--;
      return dispose(options);
    };
    return program;
  };
  return { backend: { ...limited, load }, open: () => open };
}
