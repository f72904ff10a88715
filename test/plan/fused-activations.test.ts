import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { activationNames } from '../../src/graph/activation.ts';
import { isDifferentiableByResult } from '../../src/graph/fusable.ts';
import type { Node } from '../../src/graph/node.ts';
import type { Value } from '../../src/graph/value.ts';
import {
  BatchNorm2d,
  Conv2d,
  F,
  Flatten,
  GELU,
  Hardsigmoid,
  Hardswish,
  LeakyReLU,
  Linear,
  Module,
  Sequential,
  Sigmoid,
  SiLU,
  trace,
} from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Target } from '../../src/plan/target.ts';
import { writeWeights } from '../../src/session/state.ts';
import { normal } from '../conformance/case.ts';
import { openBackends } from '../support/backends.ts';
import { firstDifference, relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** Every kernel that makes what an activation is applied to, and each activation whose slope comes from that. */
class Net extends Module {
  readonly blocks = new Sequential(
    // Patches with a stride, products of one pixel, Winograd in groups and dense, depthwise, groups with a stride, and of few channels.
    this.block(new Conv2d(3, 16, 3, { stride: 2, padding: 1 }), new SiLU()),
    this.block(new Conv2d(16, 24, 1), new Hardswish()),
    this.block(new Conv2d(24, 24, 3, { padding: 1, groups: 3 }), new GELU()),
    this.block(new Conv2d(24, 24, 3, { padding: 1 }), new GELU({ approximate: 'tanh' })),
    this.block(new Conv2d(24, 24, 3, { padding: 1, groups: 24 }), new LeakyReLU()),
    this.block(new Conv2d(24, 32, 3, { stride: 2, padding: 1, groups: 4 }), new Hardsigmoid()),
    this.block(new Conv2d(32, 30, 3, { padding: 1, groups: 2 }), new Sigmoid()),
  );
  readonly other = new Conv2d(30, 30, 3, { padding: 1, groups: 30, bias: true });
  readonly norm = new BatchNorm2d(30);
  readonly gate = new Conv2d(30, 30, 1, { bias: true });
  readonly head = new Sequential(new Flatten(), new Linear(30 * 5 * 4, 5));

  block(conv: Conv2d, activation: Module): Module {
    return new Sequential(conv, new BatchNorm2d(conv.outChannels), activation);
  }

  override forward(x: Value): Value {
    const beside = this.blocks.forward(x);
    const sum = F.silu(F.add(beside, this.norm.forward(this.other.forward(beside))));
    return this.head.forward(F.hardswish(this.gate.forward(sum)));
  }
}

const isLater = ({ attrs }: Node): boolean =>
  'activation' in attrs && !isDifferentiableByResult(attrs.activation);

/** What plans for a backend as if its kernels ended in no activation after ReLU6. */
function without(backend: Backend): Target {
  return {
    alignment: backend.alignment,
    maxBytes: backend.maxBytes,
    maxBufferBytes: backend.maxBufferBytes,
    workspaceBytes: (node) => backend.workspaceBytes(node),
    supports: (node) => !isLater(node) && backend.supports(node),
    workOf: (node) => backend.workOf(node),
  };
}

const shape = [2, 3, 19, 15];
const model = new Net();
model.initialize(seed);
const sgd = { kind: 'sgd', momentum: false, nesterov: false } as const;
const planned = {
  inference: (target: Target) =>
    planInference(trace(model, shape, { training: false }), target, { name: 'fused' }),
  training: (target: Target) =>
    planTraining(trace(model, shape, { training: true }), target, { name: 'fused', optimizer: sgd }),
};

/** Activations by themselves, forward, in a plan. */
function alone({ steps }: Plan): readonly string[] {
  const names: readonly string[] = activationNames;
  return [...steps.forward, ...steps.gradient].map(({ node }) => node.op).filter((op) => names.includes(op));
}

test('in inference all end what is before them, in training all norms without a sum', () => {
  const [{ backends }] = kinds;
  expect(alone(planned.inference(backends[0]))).toEqual([]);
  expect(alone(planned.training(backends[0]))).toEqual(['silu', 'hardswish']);
  expect(alone(planned.training(without(backends[0])))).toHaveLength(9);
});

/** What a plan gives: logits, or the loss's gradients by all parameters. */
async function computed(backend: Backend, plan: Plan): Promise<ReadonlyMap<string, Float32Array>> {
  const program = await backend.load(plan);
  await writeWeights(program, model.stateDict());
  const rng = Rng.of(seed, 'fused activations');
  program.write('input', normal(rng, shape).data);
  const trains = plan.steps.gradient.length > 0;
  if (trains) {
    program.write('target', Float32Array.of(0, 1, 0, 0, 0, 0, 0, 0, 1, 0));
    program.write('loss_gradient', Float32Array.of(1));
  } else await program.run('prologue');
  await program.run(trains ? 'gradient' : 'forward');
  const found = new Map<string, Float32Array>();
  for (const { name, role } of plan.buffers) {
    if (role === 'gradient' || role === 'output') found.set(name, await program.read(name));
  }
  await program.dispose();
  return found;
}

describe.each(kinds)('$name', ({ name: kind, exact, backends }) => {
  test.each(['inference', 'training'] as const)(
    `%s computes with fused activations what it does without (CARDINAL_SEED=${seed})`,
    async (use) => {
      const wanted = await computed(backends[0], planned[use](without(backends[0])));
      for (const backend of backends) {
        const got = await computed(backend, planned[use](backend));
        expect([...got.keys()]).toEqual([...wanted.keys()]);
        for (const [name, values] of wanted) {
          const found = got.get(name) ?? new Float32Array();
          const label = `${name}, ${backend.description}`;
          expect(relativeDistance(found, values, 1e-3), label).toBeLessThan(1e-4);
          // The reference rounds less often, what it does at once.
          if (exact && kind !== 'reference') expect(firstDifference(found, values), label).toBe(-1);
        }
      }
    },
  );
});
