import { fromBinary } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { f32, type StateDict } from '../../src/base/tensor-data.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import type { Value } from '../../src/graph/value.ts';
import * as nn from '../../src/nn/index.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { compile } from '../../src/session/compile.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { writeWeights } from '../../src/session/state.ts';
import { networkOf } from '../../src/train/network.ts';
import { exportOnnx } from '../../src/weights/onnx/export.ts';
import { ModelProtoSchema } from '../../src/weights/onnx/onnx_pb.ts';
import { relativeDistance } from '../support/compare.ts';

const numbers = z.array(z.number());
const fixture = z
  .object({
    shapes: z.record(z.string(), z.array(z.number())),
    state: z.record(z.string(), numbers),
    ...{ picture: numbers, numbers, target: numbers, logits: numbers, losses: numbers, loss: z.number() },
    evaluated: z.array(numbers),
    gradients: z.record(z.string(), numbers),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/several.json', import.meta.url), 'utf8')));

const { F } = nn;

/** The network of scripts/fixtures/several.py: a picture and numbers, and an auxiliary head on the picture's features. */
class TwoBranches extends nn.Module<{ readonly logits: Value; readonly aux: Value }> {
  readonly conv = new nn.Conv2d(3, 4, 3, { padding: 1 });
  readonly bn = new nn.BatchNorm2d(4);
  readonly aux = new nn.Linear(4, 3);
  readonly numbers = new nn.Linear(5, 6);
  readonly fc = new nn.Linear(4, 3);
  readonly beside = new nn.Linear(6, 3);

  forward(picture: Value, given: Value): { readonly logits: Value; readonly aux: Value } {
    const features = F.mean(F.relu(this.bn(this.conv(picture))), [2, 3]);
    const beside = this.beside(F.relu(this.numbers(given)));
    return { logits: F.add(this.fc(features), beside), aux: this.aux(features) };
  }
}

/** The same under other names, which tensors do not clash with. */
class Named extends nn.Module<{ readonly out: Value; readonly auxiliary: Value }> {
  readonly net = new TwoBranches();

  forward(picture: Value, given: Value): { readonly out: Value; readonly auxiliary: Value } {
    const { logits, aux } = this.net(picture, given);
    return { out: logits, auxiliary: aux };
  }
}

class Listed extends nn.Module<readonly Value[]> {
  readonly net = new TwoBranches();

  forward(picture: Value, given: Value): readonly Value[] {
    return Object.values(this.net(picture, given));
  }
}

const shapes = { picture: [6, 3, 5, 4], vector: [6, 5] };
const data = { picture: Float32Array.from(fixture.picture), vector: Float32Array.from(fixture.numbers) };
const input = {
  picture: { shape: shapes.picture, data: data.picture },
  vector: { shape: shapes.vector, data: data.vector },
};

function state(prefix = ''): StateDict {
  return new Map(
    Object.entries(fixture.state).map(([name, tensor]) => [
      prefix + name,
      f32(fixture.shapes[name], Float32Array.from(tensor)),
    ]),
  );
}

function loaded<T extends nn.Module<nn.Outputs>>(model: T, prefix = ''): T {
  model.loadStateDict(state(prefix));
  return model;
}

const backend = createReferenceBackend();

test('PyTorch’s outputs, in evaluation mode, by name and in order', async () => {
  for (const [model, names] of [
    [loaded(new TwoBranches()), ['logits', 'aux']],
    [loaded(new Named(), 'net.'), ['out', 'auxiliary']],
    [loaded(new Listed(), 'net.'), ['logits', 'output1']],
  ] as const) {
    const compiled = await compile(model, { input: shapes, backend });
    const outputs = await compiled.outputs(data);
    expect(Object.keys(outputs)).toEqual(names);
    for (const [at, { shape, data: got }] of Object.values(outputs).entries()) {
      expect(shape).toEqual([6, 3]);
      expect(relativeDistance(got, Float32Array.from(fixture.evaluated[at]))).toBeLessThan(1e-5);
    }
    const main = await compiled.forward(data);
    expect(main.data).toEqual(Object.values(outputs)[0].data);
    await expect(compiled.forward(data.picture)).rejects.toThrow(
      /expected the input picture, vector, got input$/,
    );
    await compiled.dispose();
  }
});

test('PyTorch’s loss and gradients with a weighted auxiliary head', async () => {
  const model = loaded(new Named(), 'net.');
  const { target } = fixture;
  const { logits, loss, gradients } = await computeGradients(model, {
    ...{ backend, input, target, auxiliary: { auxiliary: 0.4 } },
  });
  expect(relativeDistance(logits.data, Float32Array.from(fixture.logits))).toBeLessThan(1e-5);
  expect(loss).toBeCloseTo(fixture.loss, 5);
  expect([...gradients.keys()].sort()).toEqual(
    Object.keys(fixture.gradients)
      .map((name) => `net.${name}`)
      .sort(),
  );
  for (const [name, expected] of Object.entries(fixture.gradients)) {
    const got = gradients.get(`net.${name}`)?.data;
    if (!(got instanceof Float32Array)) throw new Error(name);
    expected.forEach((value, at) => {
      expect(got[at], `${name}[${at}]`).toBeCloseTo(value, 5);
    });
  }
  const without = await computeGradients(model, { backend, input, target });
  expect(without.loss).toBeLessThan(loss);
  expect(without.gradients.has('net.aux.weight')).toBe(false);
});

test('a loss of one’s own gets all outputs by name', async () => {
  const { target } = fixture;
  for (const [model, names] of [
    [loaded(new Named(), 'net.'), ['out', 'auxiliary']],
    [loaded(new Listed(), 'net.'), ['logits', 'output1']],
    [new Single().initialize(1), ['logits']],
  ] as const) {
    let seen: readonly string[] = [];
    const loss = (output: Value, wanted: Value, outputs: Readonly<Record<string, Value>>): Value => {
      seen = Object.keys(outputs);
      expect(outputs[seen[0]]).toBe(output);
      // Of the last alone, which the main one need not be.
      const error = F.sub(outputs[seen[seen.length - 1]], wanted);
      return F.mean(F.mul(error, error), [0, 1]);
    };
    const given = model instanceof Single ? input.picture : input;
    const { gradients } = await computeGradients(model, { backend, input: given, target, loss });
    expect(seen).toEqual(names);
    expect([...gradients.keys()].some((name) => /\bfc\.weight$/.test(name))).toBe(names.length === 1);
  }
});

test('a loop of one’s own trains it to PyTorch’s losses', async () => {
  const model = loaded(new Named(), 'net.');
  const plan = planTraining(nn.trace(model, shapes, { training: true }), backend, {
    ...{ name: 'two branches', auxiliary: { auxiliary: 0.4 } },
    optimizer: { kind: 'sgd', momentum: false, nesterov: false },
  });
  const program = await backend.load(plan);
  await writeWeights(program, model.stateDict());
  program.write('loss_gradient', Float32Array.of(1));
  program.write('hyper', Float32Array.of(0.1, 0, 0));
  const target = new Float32Array(18);
  fixture.target.forEach((label, row) => (target[row * 3 + label] = 1));
  for (const expected of fixture.losses) {
    program.write('picture', data.picture);
    program.write('vector', data.vector);
    program.write('target', target);
    await program.run('gradient');
    await program.run('update');
    expect((await program.read('loss'))[0]).toBeCloseTo(expected, 4);
  }
  await program.dispose();
});

class Single extends nn.Module {
  readonly fc = new nn.Linear(60, 3);

  forward(picture: Value): Value {
    return this.fc(F.flatten(picture));
  }
}

/** One input, and an auxiliary head. */
class Headed extends nn.Module<readonly [Value, Value]> {
  readonly fc = new nn.Linear(4, 3);
  readonly side = new nn.Linear(4, 3);

  forward(x: Value): readonly [Value, Value] {
    return [this.fc(x), this.side(x)];
  }
}

class HeadedPicture extends nn.Module<{ readonly out: Value; readonly side: Value }> {
  readonly conv = new nn.Conv2d(3, 4, 3);
  readonly fc = new nn.Linear(4, 3);
  readonly head = new nn.Linear(4, 2);

  forward(x: Value): { readonly out: Value; readonly side: Value } {
    const features = F.mean(F.relu(this.conv(x)), [2, 3]);
    return { out: this.fc(features), side: this.head(features) };
  }
}

test('evaluation and prediction compute the main output alone', () => {
  const network = networkOf(new Headed().initialize(1), [4], { name: 'headed', options: {} });
  const { buffers } = network.planInference(2, backend);
  expect(buffers.filter(({ role }) => role === 'output').map(({ name }) => name)).toEqual(['logits']);
  expect(buffers.some(({ name }) => name === 'side.weight')).toBe(false);
});

test('an ONNX file has all outputs under their names', async () => {
  const bytes = await exportOnnx(new HeadedPicture().initialize(1), { input: [3, 8, 8], name: 'headed' });
  const graph = fromBinary(ModelProtoSchema, bytes).graph;
  expect(graph?.output.map(({ name }) => name)).toEqual(['logits', 'side']);
  const made = new Set(graph?.node.flatMap(({ output }) => output));
  expect(graph?.output.every(({ name }) => made.has(name))).toBe(true);
});

describe('what does not fit is one line', () => {
  const traced = (model: nn.Module<nn.Outputs>): unknown => nn.trace(model, [2, 4], { training: true });
  /** Whatever a plain JavaScript class gives. */
  class Gives extends nn.Module<nn.Outputs> {
    readonly fc = new nn.Linear(4, 3);
    readonly loss = new nn.Parameter([3], () => new Float32Array(3));
    readonly #give: (x: Value) => unknown;
    constructor(give: (x: Value) => unknown) {
      super();
      this.#give = give;
    }
    forward(x: Value): nn.Outputs {
      return this.#give(F.add(this.fc(x), this.loss)) as nn.Outputs;
    }
  }

  test.each<[string, (x: Value) => unknown, RegExp]>([
    ['no values', () => [], /expected its forward to give one value/],
    [
      'something else among them',
      (x) => [x, 7],
      /expected each output of its forward to be a value, .* got 7 as output1$/,
    ],
    [
      'a name of the plan',
      (x) => ({ out: x, target: F.relu(x) }),
      /the name 'target' is one that a program has of its own/,
    ],
    [
      'a name of a tensor',
      (x) => ({ out: x, 'fc.bias': F.relu(x) }),
      /its output 'fc\.bias' is called as a tensor of its own/,
    ],
  ])('%s', (_, give, message) => {
    expect(() => traced(new Gives(give))).toThrow(message);
  });

  test('an auxiliary output that is not there, or of another shape', () => {
    const plan = (auxiliary: Record<string, number>, model: nn.Module<nn.Outputs>): unknown =>
      planTraining(nn.trace(model, [2, 4], { training: true }), backend, {
        ...{ name: 'x', auxiliary, optimizer: { kind: 'adamw' } },
      });
    expect(() => plan({ aux: 0.4 }, new Headed())).toThrow(
      'auxiliary: the network gives no aux beside its main output: it has output1',
    );
    expect(() => plan({ aux: 0.4 }, new nn.Linear(4, 3))).toThrow(/it has one output$/);
    expect(() => plan({ aux: 0.4 }, new Gives((x) => ({ out: x, aux: F.mean(x, [1]) })))).toThrow(
      'auxiliary: expected aux to be 2×3 as the main output is, got 2',
    );
  });
});

describe('inputs by name', () => {
  class Ignoring extends nn.Module {
    readonly fc = new nn.Linear(3, 2);

    forward(x: Value, y: Value): Value {
      F.relu(y);
      return this.fc(x);
    }
  }
  const backend = createReferenceBackend();

  test('one that the network does not use is given as the others are', async () => {
    const model = new Ignoring().initialize(1);
    const compiled = await compile(model, { input: { x: [1, 3], y: [1, 5] }, backend });
    const given = { x: Float32Array.of(1, 2, 3), y: new Float32Array(5) };
    expect((await compiled.forward(given)).shape).toEqual([1, 2]);
    await expect(compiled.forward({ x: given.x })).rejects.toThrow('expected the input x, y, got x');
    const input = { x: { shape: [1, 3], data: given.x }, y: { shape: [1, 5], data: given.y } };
    expect((await computeGradients(model, { backend, input, target: [1] })).gradients.size).toBe(2);
  });

  test.each([
    [{}, /^(compile|computeGradients): expected the shape of each input by name, got \{\}$/],
    [{ x: [2, 3], y: [1, 5] }, /^(compile|computeGradients): expected inputs of as many pictures each, got 2 of x and 1 of y$/], // prettier-ignore
    [{ x: [1, 3], hyper1: [1, 5] }, /the name 'hyper1' is one that a program has of its own/],
    [{ x: [1, 3], gradient_norm: [1, 5] }, /the name 'gradient_norm' is one that a program has of its own/],
  ])('refuses %o', async (shapes: Readonly<Record<string, number[]>>, message) => {
    const model = new Ignoring().initialize(1);
    await expect(compile(model, { input: shapes, backend })).rejects.toThrow(message);
    const input = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { shape, data: new Float32Array(shape[0] * shape[1]) },
      ]),
    );
    await expect(computeGradients(model, { backend, input, target: [1] })).rejects.toThrow(message);
  });

  test('an output that is called as the input of an ONNX file is refused', async () => {
    class Called extends nn.Module<{ readonly logits: Value; readonly image: Value }> {
      readonly conv = new nn.Conv2d(3, 2, 1);

      forward(x: Value): { readonly logits: Value; readonly image: Value } {
        const y = this.conv(x);
        return { logits: F.mean(y, [2, 3]), image: F.relu(y) };
      }
    }
    const preprocessing: Preprocessing = { channels: 3, size: [4, 4], resize: null, interpolation: 'bilinear', mean: [0, 0, 0], std: [1, 1, 1] }; // prettier-ignore
    await expect(
      exportOnnx(new Called().initialize(1), { name: 'called', input: [3, 4, 4], preprocessing }),
    ).rejects.toThrow('exportOnnx: the input of the file is called image, and so is an output');
  });
});

test.each([0, 1, 2, 3, 4])(
  'compiled weights are of one moment, if they change %d turns later',
  async (turns) => {
    const model = new nn.Sequential(
      ...[0, 1, 2].map(() => new nn.Linear(1024, 1024, { bias: false })),
    ).initialize(1);
    const set = (value: number): void => {
      for (const [, parameter] of model.namedParameters()) parameter.data.fill(value);
    };
    set(1 / 1024);
    const compiling = compile(model, { input: [1, 1024], backend: createReferenceBackend() });
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    set(2 / 1024);
    const { data } = await (await compiling).forward(new Float32Array(1024).fill(1));
    expect([1, 8]).toContain(data[0]);
  },
);

test.each([
  { kind: 'focal', gamma: 2, alpha: 0.1 },
  { kind: 'focal', gamma: 2, alpha: NaN, several: true },
  { kind: 'focal', gamma: Infinity },
  { kind: 'bce', targetThreshold: 'x' },
  { kind: 'bce', sum_classes: true },
  { kind: 'constructor' },
])('a plan refuses the loss %o', (loss) => {
  const model = new nn.Linear(3, 2);
  const traced = nn.trace(model, [1, 3], { training: true });
  const optimizer = { kind: 'sgd', momentum: false, nesterov: false } as const;
  expect(() =>
    planTraining(traced, createReferenceBackend(), { name: 'net', optimizer, loss: loss as never }),
  ).toThrow(/expected loss to be a loss \{ kind/);
});
