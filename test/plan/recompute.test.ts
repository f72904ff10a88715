import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  F,
  Flatten,
  freeze,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  trace,
} from '../../src/nn/index.ts';
import { plainTarget } from '../../src/backends/cpu.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { formatPlan, listPlan } from '../../src/plan/listing.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { planTraining, type TrainingPlanOptions } from '../../src/plan/plan-training.ts';
import { writeWeights } from '../../src/session/state.ts';
import { openBackends } from '../support/backends.ts';
import { seed } from '../support/seed.ts';

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

const sgd = { kind: 'sgd', momentum: true, nesterov: true } as const;
const everything = { optimizer: { kind: 'adamw' }, clip: true, accumulate: true, ema: true } as const;

/** A unit of a network that nothing here knows by name: dropout inside, branches that are joined, no addition. */
class Unit extends Module {
  readonly left: Sequential;
  readonly right: Sequential;
  readonly pool = new AvgPool2d(3, { stride: 1, padding: 1 });
  /** One norm that is used twice, and so tracks two batches a step. */
  readonly shared = new BatchNorm2d(8);

  constructor(channels: number) {
    super();
    this.left = new Sequential(
      new Conv2d(channels, 8, 3, { padding: 1, bias: true }),
      new ReLU(),
      new Dropout(0.3),
    );
    this.right = new Sequential(new Conv2d(channels, 8, 1), new BatchNorm2d(8), new Dropout(0.2), new ReLU());
  }

  override forward(x: Value): Value {
    return F.cat([this.shared(this.left(x)), this.shared(this.right(x)), this.pool(x)]);
  }
}

/** Max pooling, branches, strided shortcuts, and a classifier. */
class Own extends Module {
  readonly stem = new Sequential(new Conv2d(3, 8, 3, { padding: 1 }), new BatchNorm2d(8), new ReLU());
  readonly pool = new MaxPool2d(2);
  readonly units = new Sequential(new Unit(8), new Unit(24), new Unit(40));
  readonly fc = new Linear(56 * 64, 5);

  override forward(x: Value): Value {
    return this.fc(F.flatten(F.relu(this.units(this.pool(this.stem(x))))));
  }
}

interface Network {
  readonly name: string;
  readonly build: () => Module;
  readonly side: number;
  readonly options: Omit<TrainingPlanOptions, 'name'>;
}

const small = { numClasses: 5, inChannels: 3 };
/** The inner widths of 16 at 64 planes, 16 to 128, in a fourth of the channels around them. */
const narrow = { baseWidth: 64, planes: 16 };
const networks: readonly Network[] = [
  {
    name: 'basic blocks, SGD',
    build: () => createModel('resnet20_cifar', small),
    side: 8,
    options: { optimizer: sgd },
  },
  {
    name: 'basic blocks with shortcut A, every option',
    build: () => createModel('resnet20_cifar', { ...small, shortcut: 'A', dropout: 0.2 }),
    side: 9,
    options: everything,
  },
  {
    name: 'bottlenecks, AdamW and a moving average',
    build: () => createModel('resnext', { ...small, ...narrow, layers: [2, 2, 1, 1], cardinality: 1 }),
    side: 17,
    options: { optimizer: { kind: 'adamw' }, ema: true },
  },
  {
    name: 'grouped bottlenecks, label smoothing and clipping',
    build: () =>
      createModel('resnext_cifar', {
        ...small,
        layers: [2, 2, 2],
        cardinality: 4,
        baseWidth: 32,
        planes: 16,
      }),
    side: 12,
    options: { optimizer: sgd, labelSmoothing: 0.1, clip: true },
  },
  {
    name: 'frozen norms and a frozen beginning',
    build: () => {
      const model = createModel('resnext', { ...small, ...narrow, layers: [2, 2, 1, 1], cardinality: 1 });
      freeze(model, ['conv1', 'bn1', 'layer1.0', 'layer2.*bn?', 'layer3.0.conv2']);
      return model;
    },
    side: 17,
    options: everything,
  },
  { name: 'branches, dropout, a shared norm', build: () => new Own(), side: 16, options: everything },
];

const planOf = (
  { name, build, side, options }: Network,
  checkpointActivations: boolean,
  batch = 4,
  on = plainTarget,
) =>
  planTraining(trace(build(), [batch, 3, side, side], { training: true }), on, {
    name,
    ...options,
    checkpointActivations,
  });
const recomputed = (plan: Plan): readonly Step[] => plan.steps.gradient.filter(({ recompute }) => recompute);

describe.each(networks)('$name', (network) => {
  test.each(kinds)('trains to the same bits as with all activations kept: $name', async ({ backends }) => {
    // The most threads; that their number does not matter is tested elsewhere.
    const backend = backends[backends.length - 1];
    const kept = await trainedBits(network, backend, false);
    const dropped = await trainedBits(network, backend, true);
    expect([...dropped.keys()]).toEqual([...kept.keys()]);
    for (const [name, bits] of kept) {
      expect(Buffer.compare(dropped.get(name) ?? Buffer.of(), bits), `${name}, seed ${seed}`).toBe(0);
    }
  });

  test('takes less memory, computes nothing twice that is kept and nothing three times', () => {
    const plan = planOf(network, true);
    const plain = planOf(network, false);
    expect(plan.keepingAllBytes).toBe(plain.peakBytes);
    expect(plan.peakBytes).toBeLessThan(plain.peakBytes);
    expect(recomputed(plain)).toEqual([]);
    const steps = recomputed(plan);
    expect(steps.length).toBeGreaterThan(0);
    const forward = plan.steps.gradient.findIndex(({ node }) => node.op === 'softmax_cross_entropy');
    expect(steps.every(({ index }) => index > plan.steps.gradient[forward].index)).toBe(true);
    expect(steps.length).toBeLessThan(forward);
    // Every buffer is written once, by the step that computes it.
    const written = plan.steps.gradient.flatMap(({ outputs }) => outputs.map(({ id }) => id));
    expect(new Set(written).size).toBe(written.length);
    // What does not recompute is what the plain plan does, in the same order.
    const shape = ({ node }: Step) => `${node.op} ${node.scope} ${JSON.stringify(node.attrs)}`;
    expect(plan.steps.gradient.filter(({ recompute }) => !recompute).map(shape)).toEqual(
      plain.steps.gradient.map(shape),
    );
  });
});

test('running statistics are tracked once a step; everything else that may be dropped is dropped somewhere', () => {
  const ops = networks.flatMap((network) => recomputed(planOf(network, true)).map(({ node }) => node.op));
  expect(ops).not.toContain('batch_norm');
  for (const op of ['conv2d', 'batch_norm_recompute', 'dropout', 'concat', 'relu']) expect(ops).toContain(op);
});

test.each([
  ['resnext50_32x4d', 8, 0.5, 0.45],
  ['resnet50', 8, 0.6, 0.45],
  ['resnext29_32x4d_cifar', 32, 0.4, 0.6],
])(
  '%s at a batch of %i: at most %f of the peak, at most %f of a forward pass more',
  (name, batch, peak, more) => {
    const model = createModel(name);
    const side = name.endsWith('cifar') ? 32 : 224;
    const input = [batch, 3, side, side];
    const plan = planTraining(trace(model, input, { training: true }), plainTarget, {
      name,
      optimizer: { kind: 'sgd', momentum: true, nesterov: false },
      checkpointActivations: true,
    });
    expect(plan.peakBytes / (plan.keepingAllBytes ?? 0)).toBeLessThan(peak);
    const forward = listPlan(
      planInference(trace(model, input, { training: false }), plainTarget, { name }),
      () => [],
    ).macs;
    const again = listPlan(plan, () => [])
      .steps.filter(({ recompute }) => recompute)
      .reduce((sum, { macs }) => sum + macs, 0);
    expect(again / forward).toBeLessThan(more);
  },
);

test('the listing marks what is computed again, and tells what it saves', () => {
  const [network] = networks;
  const text = formatPlan(listPlan(planOf(network, true), () => [{ name: 'kernel', once: false }]));
  const plan = planOf(network, true);
  expect(text.split('\n').filter((line) => / recompute\b/.test(line))).toHaveLength(recomputed(plan).length);
  expect(text).toMatch(/recomputed: \d+ steps, .* the peak would be \d+\.\d+ MiB \(\d+ % saved\)/);
  expect(formatPlan(listPlan(planOf(network, false), () => [{ name: 'kernel', once: false }]))).not.toContain(
    'recompute',
  );
});

test('where nothing can be saved, nothing is recomputed', () => {
  const build = () => new Sequential(new Conv2d(3, 4, 3), new Flatten(), new Linear(4 * 36, 2));
  const plan = planOf({ name: 'shallow', build, side: 8, options: { optimizer: sgd } }, true);
  expect(recomputed(plan)).toEqual([]);
  expect(plan.keepingAllBytes).toBe(plan.peakBytes);
  expect(formatPlan(listPlan(plan, () => []))).toContain('would save nothing');
});

/** Every number that three steps leave behind, and the loss and the gradients of each of them. */
async function trainedBits(network: Network, backend: Backend, checkpointActivations: boolean) {
  const plan = planOf(network, checkpointActivations, 4, backend);
  const program = await backend.load(plan);
  const rng = Rng.of(seed, network.name);
  const model = network.build();
  model.initialize(seed);
  const state = new Map(model.stateDict());
  for (const { name, role, shape } of plan.buffers) {
    if ((role !== 'parameter' && role !== 'buffer') || state.has(name)) continue;
    const size = shape.reduce((product, n) => product * n, 1);
    state.set(name, { dtype: 'F32', shape, data: new Float32Array(size) });
  }
  await writeWeights(program, state);
  const bits = new Map<string, Buffer>();
  const keep = async (prefix: string, roles: readonly string[]): Promise<void> => {
    for (const { name, role } of plan.buffers) {
      if (!roles.includes(role)) continue;
      const data = await program.read(name);
      expect(firstNotFinite(data), `${name}, seed ${seed}`).toBe(-1);
      bits.set(`${prefix}${name}`, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    }
  };
  const inputs = plan.buffers.filter(({ role }) => role === 'input');
  const adam = network.options.optimizer.kind === 'adamw';
  for (let step = 0; step < 3; step++) {
    for (const { name, shape } of inputs) {
      const size = shape.reduce((product, n) => product * n, 1);
      const values: Partial<Record<string, () => Float32Array>> = {
        input: () => Float32Array.from({ length: size }, () => rng.normal()),
        target: () =>
          Float32Array.from({ length: size }, (_, i) =>
            Number(i % shape[1] === Math.floor(i / shape[1]) % shape[1]),
          ),
        hyper: () =>
          adam
            ? Float32Array.of(0.01 / (step + 1), 1e-3, 1e-8, 1 / Math.sqrt(step + 1), 0.9, 0.1, 0.999, 1e-3)
            : Float32Array.of(0.05, 0.9, 1e-3),
        dropout_seed: () => Float32Array.of(step * 12_345),
        accumulate_scale: () => Float32Array.of(step === 0 ? 0 : 1),
        ema_decay: () => Float32Array.of(0.9, 0.1),
      };
      program.write(name, values[name]?.() ?? Float32Array.of(1));
    }
    await program.run('gradient');
    await keep(`step ${step}: `, ['output', 'gradient']);
    await program.run('accumulate');
    await program.run('update');
  }
  await keep('', ['parameter', 'buffer']);
  await program.dispose();
  return bits;
}

/** A loop: a callback for each of so many numbers would take longer than the training. */
function firstNotFinite(data: Float32Array): number {
  for (let index = 0; index < data.length; index++) if (!Number.isFinite(data[index])) return index;
  return -1;
}
