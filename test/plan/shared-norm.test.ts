import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import type { Activation } from '../../src/graph/activation.ts';
import { mutatedBy } from '../../src/graph/dispatch.ts';
import { Graph } from '../../src/graph/graph.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Value } from '../../src/graph/value.ts';
import { BatchNorm2d, Conv2d, F, Linear, Module } from '../../src/nn/index.ts';
import { fuse } from '../../src/plan/fuse.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { plainPlan } from '../conformance/plain-plan.ts';
import { seed } from '../support/seed.ts';

const numbers = z.pipe(
  z.array(z.number()),
  z.transform((list) => Float32Array.from(list)),
);
const named = z.pipe(
  z.record(z.string(), numbers),
  z.transform((record) => Object.entries(record)),
);
/** Made by scripts/fixtures/shared_norm.py. */
const fixtures = z
  .array(
    z.object({
      order: z.string(),
      weights: named,
      input: numbers,
      logits: numbers,
      gradients: named,
      statistics: named,
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../fixtures/shared-norm.json', import.meta.url), 'utf8')));

/** A batch norm that is used two or three times; the script has the same in PyTorch. */
class Shared extends Module {
  readonly c1 = new Conv2d(2, 3, 3, { padding: 1, bias: false });
  readonly c2 = new Conv2d(2, 3, 1, { bias: false });
  readonly c3 = new Conv2d(3, 3, 3, { padding: 1, bias: false });
  readonly bn = new BatchNorm2d(3);
  readonly fc = new Linear(3, 4);
  readonly #order: string;

  constructor(order: string) {
    super();
    this.#order = order;
  }

  override forward(x: Value): Value {
    return this.fc(F.flatten(F.adaptiveAvgPool2d(this.#join(x), 1)));
  }

  #join(x: Value): Value {
    switch (this.#order) {
      case 'sum first':
        return F.add(this.bn(this.c1(x)), F.relu(this.bn(this.c2(x))));
      case 'residual first':
        return F.add(F.relu(this.bn(this.c2(x))), this.bn(this.c1(x)));
      default: {
        const a = this.bn(this.c1(x));
        const b = this.bn(this.c3(F.relu(this.bn(this.c2(x)))));
        return F.add(F.relu(F.add(a, b)), this.bn(a));
      }
    }
  }
}

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

describe.each(kinds)('on $name', ({ backends: [backend] }) => {
  test.each(fixtures)('a norm used several times, $order, is as in PyTorch', async (fixture) => {
    const model = new Shared(fixture.order);
    const weights = new Map(fixture.weights);
    const state: StateDict = new Map(
      [...model.stateDict()].map(([name, tensor]) => {
        const data = weights.get(name);
        return [name, data === undefined || tensor.dtype !== 'F32' ? tensor : { ...tensor, data }];
      }),
    );
    model.loadStateDict(state);
    const result = await computeGradients(model, {
      backend,
      input: { shape: [2, 2, 5, 4], data: fixture.input },
      target: [1, 3],
    });
    expect(relativeDistance(result.logits.data, fixture.logits)).toBeLessThan(1e-5);
    for (const [name, expected] of fixture.statistics) {
      expect(relativeDistance(floats(result.buffers, name), expected), name).toBeLessThan(1e-6);
    }
    for (const [name, expected] of fixture.gradients) {
      expect(relativeDistance(floats(result.gradients, name), expected), name).toBeLessThan(1e-4);
    }
  });
});

function floats(tensors: StateDict, name: string): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F32') throw new Error(`no floats '${name}'`);
  return tensor.data;
}

test(`random networks with shared norms compute the same fused and as they are (CARDINAL_SEED=${seed})`, async () => {
  const reference = createReferenceBackend();
  let fused = 0;
  let kept = 0;
  for (let round = 0; round < 150; round++) {
    const { graph, output } = randomGraph(Rng.of(seed, 'shared-norm', round));
    const result = fuse(graph, output, reference, { foldBatchNorm: false, differentiable: true });
    const [plain, rewritten] = [
      await run(graph, output, round),
      await run(result.graph, result.output, round),
    ];
    const distance = relativeDistance(rewritten.output, plain.output);
    // Norms of numbers that are nearly equal magnify rounding, and each node rounds: a few times what the last bits of the input do.
    const bound = distance < 1e-4 ? 1e-4 : await distanceByLastBits(graph, output, round, plain.output);
    expect(distance, `round ${round}`).toBeLessThan(bound);
    for (const [name, expected] of plain.statistics) {
      const actual = rewritten.statistics.get(name) ?? new Float32Array(0);
      expect(relativeDistance(actual, expected), `round ${round}: ${name}`).toBeLessThan(1e-5);
    }
    fused += result.graph.nodes.filter((node) => node.op === 'batch_norm' && isFused(node.attrs)).length;
    kept += result.graph.nodes.filter((node) => node.op === 'batch_norm' && !isFused(node.attrs)).length;
  }
  // Both happen, so that both are tested.
  expect(fused).toBeGreaterThan(100);
  expect(kept).toBeGreaterThan(100);

  async function distanceByLastBits(graph: Graph, output: Value, round: number, expected: Float32Array) {
    const moved = await run(graph, output, round, 2 ** -22);
    return 4 * relativeDistance(moved.output, expected);
  }

  async function run(graph: Graph, output: Value, round: number, moved = 0) {
    const program = await reference.load(plainPlan(graph, 'random', 0));
    const rng = (name: string) => Rng.of(seed, round, name);
    for (const { name, shape, role } of graph.values) {
      if (role === 'computed') continue;
      const draw = rng(name);
      const positive = name.endsWith('running_var');
      const data = Float32Array.from({ length: sizeOf(shape) }, () => draw.normal());
      if (role === 'input') for (let i = 0; i < data.length; i++) data[i] *= 1 + (i % 2 ? moved : -moved);
      program.write(name, positive ? data.map((value) => 1 + Math.abs(value)) : data);
    }
    await program.run('forward');
    const statistics = new Map<string, Float32Array>();
    for (const { name } of new Set(graph.nodes.flatMap(mutatedBy))) {
      statistics.set(name, await program.read(name));
    }
    const result = { output: await program.read(output.name), statistics };
    await program.dispose();
    return result;
  }
});

function isFused(attrs: { readonly activation: Activation; readonly residual: boolean }): boolean {
  return attrs.activation !== 'none' || attrs.residual;
}

/** A dozen nodes over pictures of one shape: convolutions, two norms that are used again and again, sums, ReLUs, factors. */
function randomGraph(rng: Rng): { graph: Graph; output: Value } {
  const graph = new Graph();
  const shape = [2, 3, 4, 3];
  const vectors = (norm: number) => [
    ...['weight', 'bias'].map((name) => graph.parameter(`bn${norm}.${name}`, [3])),
    ...['running_mean', 'running_var'].map((name) => graph.buffer(`bn${norm}.${name}`, [3])),
  ];
  const norms = [vectors(0), vectors(1)];
  const values = [graph.input('input', shape)];
  const recent = () => values[Math.max(0, values.length - 1 - rng.int(4))];
  const plain = { activation: 'none', residual: false } as const;
  for (let i = 0; i < 14; i++) {
    const x = recent();
    const name = `v${i}`;
    const kind = rng.int(10);
    if (kind < 2) {
      const weight = graph.parameter(`conv${i}.weight`, [3, 3, 1, 1]);
      const square = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, bias: false } as const;
      values.push(graph.apply1('conv2d', [x, weight], { ...square, ...plain }, name));
    } else if (kind < 5) {
      const attrs = { ...plain, eps: 1e-3, momentum: 0.3 };
      const [y] = graph.apply('batch_norm', [x, ...norms[rng.int(2)]], attrs, [
        name,
        `${name}.m`,
        `${name}.s`,
      ]);
      values.push(y);
    } else if (kind < 7) values.push(graph.apply1('relu', [x], {}, name));
    else if (kind < 8) values.push(graph.apply1('scale', [x], { factor: 0.5 }, name));
    else values.push(graph.apply1('add', [x, recent()], { activation: 'none' }, name));
  }
  const last = values[values.length - 1];
  return { graph, output: graph.apply1('relu', [last], {}, 'output') };
}
