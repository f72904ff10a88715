import { expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { wasmPlanning } from '../../src/backends/wasm/planning.ts';
import { UsageError } from '../../src/base/errors.ts';
import { roundUp } from '../../src/base/round-up.ts';
import type { Node } from '../../src/graph/node.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/registry.ts';
import { BatchNorm2d, Conv2d, F, Linear, Module, trace } from '../../src/nn/index.ts';
import { batchesOf } from '../../src/plan/batches.ts';
import { formatPlan, listPlan } from '../../src/plan/listing.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Plan, PlanBuffer } from '../../src/plan/plan.ts';

const reference = createReferenceBackend();
const wasm = wasmPlanning(undefined);
/** With the scratch room that kernels need. */
const target = { ...reference, workspaceBytes: (node: Node) => wasm.workspaceBytes(node) };

const tiny = { layers: [1], cardinality: 4, baseWidth: 16, planes: 8, numClasses: 5 } as const;
const network = createModel('resnext_cifar', tiny);
const picture = [3, 16, 16] as const;

function planOf(sizes: readonly number[], model: Module = network): Plan {
  const traces = sizes.map((size) => trace(model, [size, ...picture], { training: false }));
  return planInference(traces, target, { name: 'tiny' });
}

const lasting = ({ buffers }: Plan) =>
  buffers.filter(({ role }) => !['activation', 'workspace'].includes(role));
const weightsOf = (plan: Plan) => lasting(plan).filter(({ role }) => role !== 'input' && role !== 'output');

test('several batch sizes have the weights, the prologue and the memory of the largest, and each its input and logits', () => {
  const alone = planOf([8]);
  const plan = planOf([8, 4, 2, 1]);
  const described = (buffers: readonly PlanBuffer[]) =>
    buffers.map(({ name, shape, role }) => ({ name, shape, role }));
  expect(described(weightsOf(plan))).toEqual(described(weightsOf(alone)));
  expect(plan.steps.prologue.map(({ node }) => node.op)).toEqual(
    alone.steps.prologue.map(({ node }) => node.op),
  );
  expect(described(lasting(plan).filter(({ role }) => role === 'input' || role === 'output'))).toEqual(
    [8, 4, 2, 1].flatMap((size) => {
      const at = size === 8 ? '' : `@${size}`;
      return [
        { name: `input${at}`, shape: [size, ...picture], role: 'input' },
        { name: `logits${at}`, shape: [size, 5], role: 'output' },
      ];
    }),
  );
  // To the byte: a float takes four.
  const more = [4, 2, 1].map((size) => roundUp(4 * size * 3 * 16 * 16, 64) + roundUp(4 * size * 5, 64));
  expect(plan.peakBytes).toBe(alone.peakBytes + more.reduce((a, b) => a + b));
  expect(Math.max(...plan.buffers.map(({ offset, bytes }) => offset + bytes))).toBeLessThanOrEqual(
    plan.peakBytes,
  );
});

test('each batch size has the steps of a plan of its own, on the same weights', () => {
  const plan = planOf([4, 2, 1]);
  expect(Object.keys(plan.steps)).toEqual([
    ...['prologue', 'forward', 'forward@2', 'forward@1', 'gradient', 'accumulate', 'update'],
  ]);
  const all = Object.values(plan.steps).flat();
  expect(all.map(({ index }) => index)).toEqual(all.map((_, index) => index));
  for (const { size, forward } of batchesOf(plan)) {
    const outline = (steps: typeof all) =>
      steps.map(({ node, inputs, outputs }) => ({
        op: node.op,
        weights: inputs
          .filter(({ role }) => role === 'parameter' || role === 'folded')
          .map(({ name }) => name),
        shapes: [...inputs, ...outputs].map(({ shape }) => shape),
      }));
    expect(outline([...plan.steps[forward]])).toEqual(outline([...planOf([size]).steps.forward]));
    expect(plan.steps[forward].every((step) => step.entry === forward)).toBe(true);
  }
});

test('batch sizes never overlap with weights, inputs or logits, and each by itself as a plan must not', () => {
  const plan = planOf([4, 1]);
  const disjoint = (a: PlanBuffer, b: PlanBuffer) =>
    a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
  for (const a of lasting(plan)) {
    for (const b of plan.buffers) expect(a === b || disjoint(a, b), `${a.name} and ${b.name}`).toBe(true);
  }
  const activations = (entry: 'forward' | 'forward@1') =>
    plan.steps[entry].flatMap(({ outputs }) => outputs).filter(({ role }) => role === 'activation');
  // They share the arena: that of the smaller batch lies in that of the larger.
  const end = (buffers: readonly PlanBuffer[]) =>
    Math.max(...buffers.map(({ offset, bytes }) => offset + bytes));
  expect(end(activations('forward@1'))).toBeLessThan(end(activations('forward')));
});

test('names of buffers are unique, and batchesOf tells which are whose', () => {
  const plan = planOf([4, 2]);
  const names = plan.buffers.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(batchesOf(plan)).toEqual([
    { size: 4, forward: 'forward', input: 'input', logits: 'logits' },
    { size: 2, forward: 'forward@2', input: 'input@2', logits: 'logits@2' },
  ]);
  expect(batchesOf(planOf([3]))).toEqual([{ size: 3, forward: 'forward', input: 'input', logits: 'logits' }]);
});

test('a plan of one trace in a list is the plan of that trace', () => {
  const traced = trace(network, [2, ...picture], { training: false });
  const [one, listed] = [traced, [traced]].map((given) => planInference(given, target, { name: 'tiny' }));
  expect(JSON.stringify(listed)).toBe(JSON.stringify(one));
});

/** Computes small batches in another way, with weights of their own. */
class TwoWays extends Module {
  readonly stem = new Conv2d(3, 8, 3);
  readonly norm = new BatchNorm2d(8);
  readonly small = new Conv2d(8, 8, 1);
  readonly smallNorm = new BatchNorm2d(8);
  readonly fc = new Linear(8, 5);

  forward(x: Value): Value {
    const stem = this.norm(this.stem(x));
    const [batch] = x.shape;
    const body = batch > 1 ? stem : this.smallNorm(this.small(stem));
    return this.fc(F.flatten(F.adaptiveAvgPool2d(body, 1)));
  }
}

test('weights that only a small batch uses are there, too, and are folded', () => {
  const plan = planOf([2, 1], new TwoWays());
  expect(plan.steps.prologue.map(({ node }) => node.op)).toEqual(['fold_batch_norm', 'fold_batch_norm']);
  const names = weightsOf(plan).map(({ name }) => name);
  expect(names.filter((name) => name === 'stem.weight' || name === 'small.weight')).toEqual([
    'stem.weight',
    'small.weight',
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test.each([
  [[1, 2], /largest batch first, got 1×3×16×16, 2×3×16×16$/],
  [[2, 2], /largest batch first/],
])('batch sizes %j are refused', (sizes, message) => {
  expect(() => planOf(sizes)).toThrow(message);
  expect(() => planOf(sizes)).toThrow(UsageError);
});

test('no traces, traces of other pictures, and of another network are refused', () => {
  const traced = (model: Module, shape: readonly number[]) => trace(model, shape, { training: false });
  const plan = (...traces: ReturnType<typeof traced>[]) => planInference(traces, target, { name: 'tiny' });
  expect(() => plan()).toThrow(/the network/);
  expect(() => plan(traced(network, [2, 3, 16, 16]), traced(network, [1, 3, 20, 16]))).toThrow(/of one size/);
  const other = createModel('resnext_cifar', { ...tiny, numClasses: 6 });
  expect(() => plan(traced(network, [2, ...picture]), traced(other, [1, ...picture]))).toThrow(
    /traces of one network, got fc\.weight of 5×\d+ and of 6×/,
  );
});

test('the listing has each batch size by itself, counts the largest, and packs weights once', () => {
  const list = (sizes: readonly number[]) => {
    const plan = planOf(sizes);
    const kernels = wasm.kernelsOf(plan);
    expect(kernels.size).toBe(Object.values(plan.steps).flat().length);
    return listPlan(plan, (node) => kernels.get(node) ?? []);
  };
  const [alone, several] = [list([4]), list([4, 2])];
  expect(several.macs).toBe(alone.macs);
  expect(several.memory.parameter).toBe(alone.memory.parameter);
  expect(several.memory.arena).toBe(alone.memory.arena);
  const onceIn = (entry: string) =>
    several.steps.filter((step) => step.entry === entry).flatMap(({ once }) => once);
  expect(onceIn('forward').length).toBeGreaterThan(0);
  expect(onceIn('forward@2')).toEqual([]);
  const kernelsIn = (entry: string) =>
    several.steps.filter((step) => step.entry === entry).map(({ kernels }) => kernels);
  expect(kernelsIn('forward@2')).toEqual(kernelsIn('forward'));
  expect(formatPlan(several)).toMatch(/^forward:\n[^]*^forward@2:\n/m);
});
