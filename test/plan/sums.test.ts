import { afterAll, describe, expect, test } from 'vitest';
import { plainTarget } from '../../src/backends/cpu.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Activation } from '../../src/graph/activation.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Conv2dAttrs } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape, Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { Conv2d, F, Flatten, freeze, Linear, Module, trace } from '../../src/nn/index.ts';
import { placeBuffers, type Persistent } from '../../src/plan/place.ts';
import { differentiate } from '../../src/plan/differentiate.ts';
import { fuse } from '../../src/plan/fuse.ts';
import { fuseSums } from '../../src/plan/fuse-sums.ts';
import { formatPlan, listPlan } from '../../src/plan/listing.ts';
import type { Plan, PlanBuffer, Step } from '../../src/plan/plan.ts';
import { prune } from '../../src/plan/schedule.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { writeWeights } from '../../src/session/state.ts';
import { openBackends } from '../support/backends.ts';
import { firstDifference, relativeDistance } from '../support/compare.ts';
import { normal } from '../conformance/case.ts';
import { seed } from '../support/seed.ts';
import { stepsPlan } from '../support/steps-plan.ts';

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

const sgd = { kind: 'sgd', momentum: true, nesterov: false } as const;

/** relu(stem) + conv1×1(relu(stem)): the gradient of the sum is the convolution's dy and the residual at once. */
class Short extends Module {
  readonly stem = new Conv2d(3, 8, 3);
  readonly branch = new Conv2d(8, 8, 1);
  readonly fc = new Linear(8 * 4 * 4, 5);

  override forward(x: Value): Value {
    const beside = F.relu(this.stem(x));
    return this.fc(F.flatten(F.add(beside, this.branch(beside))));
  }
}

/** Four convolutions of one value, whose gradients are summed one after the other. */
class Branches extends Module {
  readonly stem = new Conv2d(3, 8, 3);
  readonly one = new Conv2d(8, 4, 1);
  readonly two = new Conv2d(8, 4, 1, { bias: true });
  readonly three = new Conv2d(8, 4, 3, { padding: 1 });
  readonly four = new Conv2d(8, 4, 1);
  readonly flatten = new Flatten();
  readonly fc = new Linear(16 * 4 * 4, 5);

  override forward(x: Value): Value {
    const stem = this.stem(x);
    return this.fc(this.flatten(F.cat([this.one(stem), this.two(stem), this.three(stem), this.four(stem)])));
  }
}

interface Network {
  readonly name: string;
  readonly build: () => Module;
  readonly side: number;
  /** Sums that a convolution does, and how many of them where the other gradient lies. */
  readonly sums: number;
  readonly inPlace: number;
}

const bottlenecks = () =>
  createModel('resnext', { numClasses: 5, layers: [2, 2, 1, 1], cardinality: 4, baseWidth: 32, planes: 16 });
const networks: readonly Network[] = [
  { name: 'bottlenecks', build: bottlenecks, side: 17, sums: 6, inPlace: 6 },
  // Gradients of one, two and three come after four's: three's is no product, and its sum stays.
  { name: 'branches', build: () => new Branches(), side: 6, sums: 2, inPlace: 2 },
  { name: 'a residual that is dy', build: () => new Short(), side: 6, sums: 1, inPlace: 0 },
  {
    name: 'a residual that is dy, which nothing else needs',
    build: () => {
      const model = new Short();
      freeze(model, ['branch']);
      return model;
    },
    side: 6,
    sums: 1,
    inPlace: 0,
  },
];

const planOf = ({ build, side }: Network, checkpointActivations = false): Plan =>
  planTraining(trace(build(), [2, 3, side, side], { training: true }), plainTarget, {
    name: 'net',
    optimizer: sgd,
    checkpointActivations,
  });
const summing = ({ steps }: Plan): readonly Step[] =>
  steps.gradient.filter(({ node }) => node.op === 'conv2d_backward_input' && node.attrs.residual);
const isInPlace = ({ inputs, outputs }: Step): boolean => inputs[2].offset === outputs[0].offset;

describe.each(networks)('$name', (network) => {
  test('sums of gradients are done by the convolutions, in place where the other gradient dies', () => {
    const plan = planOf(network);
    expect(summing(plan)).toHaveLength(network.sums);
    expect(summing(plan).filter(isInPlace)).toHaveLength(network.inPlace);
    expect(plan.fusions['conv2d_backward_input + add']).toBe(network.sums);
    const left = plan.steps.gradient.filter(({ node }) => node.op === 'add');
    expect(left).toHaveLength(network.build() instanceof Branches ? 1 : 0);
  });

  test.each([false, true])('what is alive keeps its place, activations recomputed: %s', (again) => {
    const steps = Object.values(planOf(network, again).steps).flat();
    const lives = new Map<PlanBuffer, { first: number; last: number }>();
    steps.forEach(({ inputs, outputs }, index) => {
      for (const buffer of [...inputs, ...outputs]) {
        lives.set(buffer, { first: lives.get(buffer)?.first ?? index, last: index });
      }
    });
    const replaced = new Set(
      summing(planOf(network, again)).map(({ inputs, outputs }) => `${inputs[2].name} ${outputs[0].name}`),
    );
    const all = [...lives];
    for (const [a, lifeA] of all) {
      for (const [b, lifeB] of all) {
        if (a === b || a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset) continue;
        const apart = lifeA.last < lifeB.first || lifeB.last < lifeA.first;
        const handedOver =
          (lifeA.last === lifeB.first && replaced.has(`${a.name} ${b.name}`)) ||
          (lifeB.last === lifeA.first && replaced.has(`${b.name} ${a.name}`));
        expect(apart || handedOver, `${a.name} and ${b.name}`).toBe(true);
      }
    }
  });

  test.each(kinds)('gradients are those of separate sums: $name', async ({ name, exact, backends }) => {
    for (const backend of backends) {
      const together = await gradientsOf(network, backend, true);
      const apart = await gradientsOf(network, backend, false);
      expect([...together.keys()]).toEqual([...apart.keys()]);
      for (const [which, wanted] of apart) {
        const got = together.get(which) ?? new Float32Array();
        const label = `${which}, ${backend.description}, seed ${seed}`;
        expect(relativeDistance(got, wanted, 0), label).toBeLessThan(1e-5);
        // The kernels add what an addition would, as long as a sum is not cut into blocks; the reference rounds once less.
        if (exact && name !== 'reference') expect(firstDifference(got, wanted), label).toBe(-1);
      }
    }
  });
});

test('the listing shows what is added', () => {
  const text = formatPlan(listPlan(planOf(networks[0]), () => []));
  expect(text.split('\n').filter((line) => /conv2d_backward_input +\+residual/.test(line))).toHaveLength(6);
  expect(text).toContain('6 × conv2d_backward_input + add');
});

/** The loss's gradients by all parameters, with sums of gradients fused or not. */
async function gradientsOf({ build, side }: Network, backend: Backend, fused: boolean) {
  const model = build();
  model.initialize(seed);
  const traced = trace(model, [2, 3, side, side], { training: true });
  const { graph, output } = fuse(traced.graph, traced.output, backend, {
    foldBatchNorm: false,
    differentiable: true,
  });
  const target = graph.input('target', output.shape);
  const loss = graph.apply1('softmax_cross_entropy', [output, target], { labelSmoothing: 0 }, 'loss');
  const parameters = graph.values.filter(({ role, frozen }) => role === 'parameter' && frozen !== true);
  const gradients = differentiate(graph, loss, graph.input('loss_gradient', [1]), parameters);
  const persistent = new Map<Value, Persistent>([[loss, { role: 'output' }]]);
  for (const [{ name }, gradient] of gradients) {
    persistent.set(gradient, { role: 'gradient', name: `grad.${name}` });
  }
  const kept = [loss, ...gradients.values()];
  const nodes = prune(graph.nodes, kept);
  const gradient = fused ? fuseSums(nodes, kept, backend).nodes : nodes;
  expect(gradient.length < nodes.length).toBe(fused);
  const schedule = { prologue: [], forward: [], gradient, accumulate: [], update: [] };
  const program = await backend.load(placeBuffers('net', schedule, persistent, {}, backend));
  await writeWeights(program, model.stateDict());
  const rng = Rng.of(seed, 'sums');
  program.write('input', normal(rng, [2, 3, side, side]).data);
  program.write('target', Float32Array.of(0, 1, 0, 0, 0, 0, 0, 0, 1, 0));
  program.write('loss_gradient', Float32Array.of(1));
  await program.run('gradient');
  const found = new Map<string, Float32Array>();
  for (const { name, role } of program.plan.buffers) {
    if (role === 'gradient') found.set(name, await program.read(name));
  }
  await program.dispose();
  return found;
}

/** Channels of dx and of dy: tails of tiles, sums in one block of 256 and in several, and rows for several threads. */
const products: readonly (readonly [channels: number, inner: number, height: number, width: number])[] = [
  [8, 16, 3, 5],
  [13, 7, 9, 6],
  [96, 256, 20, 21],
  [70, 600, 13, 11],
];
const pointwise = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;

describe.each(kinds)('a product that adds, on $name', ({ name, exact, backends }) => {
  test.each(products)('%i ← %i channels, %i×%i', async (channels, inner, height, width) => {
    const x: Shape = [2, channels, height, width];
    const dy: Shape = [2, inner, height, width];
    const shapes = { dy, w: [inner, channels, 1, 1], other: x, dx: x, summed: x, apart: x };
    const attrs = { ...pointwise, inputSize: [height, width] } as const;
    const rng = Rng.of(seed, 'product');
    const data = [dy, shapes.w, x].map((shape) => normal(rng, shape).data);
    for (const backend of backends) {
      const op = 'conv2d_backward_input';
      const plan = stepsPlan(backend, 'sums', shapes, [
        { op, attrs: { ...attrs, residual: false }, inputs: ['dy', 'w'], outputs: ['dx'] },
        { op: 'add', attrs: { activation: 'none' }, inputs: ['other', 'dx'], outputs: ['apart'] },
        { op, attrs: { ...attrs, residual: true }, inputs: ['dy', 'w', 'other'], outputs: ['summed'] },
        { op, attrs: { ...attrs, residual: true }, inputs: ['dy', 'w', 'other'], outputs: ['other'] },
      ]);
      const program = await backend.load(plan);
      for (const [i, buffer] of ['dy', 'w', 'other'].entries()) program.write(buffer, data[i]);
      program.write('summed', new Float32Array(sizeOf(x)).fill(NaN));
      await program.run('forward');
      const [apart, summed, inPlace] = await Promise.all(
        ['apart', 'summed', 'other'].map((buffer) => program.read(buffer)),
      );
      const label = `${backend.description}, seed ${seed}`;
      expect(relativeDistance(summed, apart), label).toBeLessThan(1e-6);
      expect(relativeDistance(inPlace, apart), `in place, ${label}`).toBeLessThan(1e-6);
      if (exact) expect(firstDifference(inPlace, summed), `in place, ${label}`).toBe(-1);
      if (exact && name !== 'reference' && inner <= 256) {
        expect(firstDifference(summed, apart), label).toBe(-1);
      }
      await program.dispose();
    }
  });
});

describe('a sum stays an addition', () => {
  interface Drawn {
    readonly attrs?: Partial<Conv2dAttrs>;
    readonly kernel?: number;
    readonly activation?: Activation;
    readonly late?: boolean;
    readonly readAgain?: boolean;
    readonly kept?: boolean;
    readonly twice?: boolean;
    readonly swapped?: boolean;
  }

  /** conv2d_backward_input + add, of nodes written by hand, after the pass. */
  function opsOf(how: Drawn): readonly string[] {
    const {
      kernel = 1,
      activation = 'none',
      late = false,
      readAgain = false,
      kept = false,
      twice = false,
    } = how;
    const attrs = { ...pointwise, ...how.attrs };
    const graph = new Graph();
    const size = [1, 4, 6, 6];
    const outSize = attrs.stride[0] === 2 ? 3 : 6 + 2 * attrs.padding[0] - kernel + 1;
    const dy = graph.input('dy', [1, 4, outSize, outSize]);
    const w = graph.input('w', [4, 4 / attrs.groups, kernel, kernel]);
    const makeOther = () => graph.apply1('relu', [graph.input('other', size)], {});
    const early = late ? undefined : makeOther();
    const dx = graph.apply1('conv2d_backward_input', [dy, w], {
      ...attrs,
      inputSize: [6, 6],
      residual: false,
    });
    const terms = [twice ? dx : (early ?? makeOther()), dx];
    const sum = graph.apply1('add', how.swapped === true ? terms.reverse() : terms, { activation });
    if (readAgain) graph.apply1('relu', [dx], {});
    const { nodes } = fuseSums(graph.nodes, kept ? [sum, dx] : [sum], plainTarget);
    expect(nodes.flatMap(({ outputs }) => outputs)).toContain(sum);
    return nodes.map(({ op }) => op);
  }

  test.each<[string, Drawn, boolean]>([
    ['not where the convolution can do it', {}, false],
    ['nor the other way round', { swapped: true }, false],
    ['of a 3×3 convolution', { kernel: 3, attrs: { padding: [1, 1] } }, true],
    ['of a strided one', { attrs: { stride: [2, 2] } }, true],
    ['of one with padding', { attrs: { padding: [1, 1] } }, true],
    ['of groups', { attrs: { groups: 2 } }, true],
    ['with ReLU', { activation: 'relu' }, true],
    ['if the other term comes later', { late: true }, true],
    ['if dx is read again', { readAgain: true }, true],
    ['if the host reads dx', { kept: true }, true],
    ['of dx and itself', { twice: true }, true],
  ])('%s', (_, how, stays) => {
    expect(opsOf(how).includes('add')).toBe(stays);
  });

  test('a residual of another shape is refused', () => {
    const graph = new Graph();
    const dy = graph.input('dy', [1, 8, 6, 6]);
    const apply = (kernel: number, channels: number, groups = 1) => {
      const name = `${kernel}.${channels}.${groups}`;
      const w = graph.input(`w${name}`, [8, 4 / groups, kernel, kernel]);
      const residual = graph.input(`residual${name}`, [1, channels, 6, 6]);
      const padding = [(kernel - 1) / 2, (kernel - 1) / 2] as const;
      return graph.apply('conv2d_backward_input', [dy, w, residual], {
        ...{ ...pointwise, padding, groups, inputSize: [6, 6], residual: true },
      });
    };
    for (const [output] of [apply(1, 4), apply(3, 4), apply(1, 4, 2)]) {
      expect(output.shape).toEqual([1, 4, 6, 6]);
    }
    for (const kernel of [1, 3]) {
      expect(() => apply(kernel, 8)).toThrow(
        /conv2d_backward_input: expected a residual of shape 1×4×6×6, got 1×8×6×6/,
      );
    }
  });
});
