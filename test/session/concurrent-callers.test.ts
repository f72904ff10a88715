import { afterAll, describe, expect, test } from 'vitest';
import type { Backend, Program } from '../../src/backends/backend.ts';
import { DisposedError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { compile } from '../../src/session/compile.ts';
import { computeGradients, type Gradients } from '../../src/session/gradients.ts';
import { writeWeights } from '../../src/session/state.ts';
import { evaluate, prepareInference } from '../../src/train/evaluate.ts';
import { fitPlan } from '../../src/train/micro-batches.ts';
import { fit } from '../../src/train/train.ts';
import { TrainingProgram } from '../../src/train/training-program.ts';
import { openBackends } from '../support/backends.ts';
import { seed } from '../support/seed.ts';
import { countRounds, gaps } from '../support/rounds.ts';
import {
  memoryLoader,
  picture,
  tinyModel,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

const kinds = await openBackends();
const backends = kinds.flatMap((kind) =>
  kind.backends.map((backend) => ({ name: `${kind.name}, ${backend.description}`, backend })),
);
afterAll(async () => {
  await Promise.all(backends.map(({ backend }) => backend.dispose()));
});

const rows = 4;
const input = [rows, ...picture];
const pictures = (stream: number): Float32Array => {
  const rng = Rng.of(seed, 'pictures', stream);
  return Float32Array.from({ length: input.reduce((a, b) => a * b) }, () => rng.normal());
};
const none: StateDict = new Map();
const eight = Array.from({ length: 8 }, (_, index) => index);
const modelOf = (stream: number) => tinyModel().initialize(stream);
/** A loader of which two epochs go through each other: it gives up its turn at every batch. */
const validation = () => memoryLoader({ length: 10, batchSize: rows, seed, training: false });

async function inference(backend: Backend): Promise<Program> {
  return prepareInference(tinyNetwork(1), backend, rows);
}

function flat(state: StateDict): unknown {
  return [...state].map(([name, { data }]) => [name, [...data]]);
}

describe.each(backends)('callers who do not wait for each other ($name)', ({ backend }) => {
  test('of a compiled model get their own logits', async () => {
    const model = await compile(modelOf(1), { input, backend });
    const alone: number[][] = [];
    for (const index of eight) alone.push([...(await model.forward(pictures(index))).data]);
    expect(new Set(alone.map(String)).size).toBe(eight.length);
    const together = await Promise.all(eight.map((index) => model.forward(pictures(index))));
    expect(together.map(({ data }) => [...data])).toEqual(alone);

    // One array, filled anew for each call.
    const shared = new Float32Array(pictures(0).length);
    const reused = await Promise.all(
      eight.map((index) => {
        shared.set(pictures(index));
        return model.forward(shared);
      }),
    );
    expect(reused.map(({ data }) => [...data])).toEqual(alone);
    await model.dispose();
  });

  test('of a compiled model, whether they wait or call in a loop, let the event loop come round', async () => {
    const model = await compile(modelOf(1), { input, backend });
    const { rounds, stop } = countRounds();
    const at: number[] = [];
    const call = async (index: number): Promise<void> => {
      await model.forward(pictures(index));
      at.push(rounds());
    };
    await Promise.all(eight.map(call));
    for (const index of eight) await call(index);
    stop();
    expect(at).toHaveLength(2 * eight.length);
    for (const gap of gaps(at)) expect(gap).toBeGreaterThanOrEqual(1);
    await model.dispose();
  });

  test('of a compiled model are served with the weights that it had when they called', async () => {
    const model = await compile(modelOf(1), { input, backend });
    const x = pictures(0);
    const other = new Map([...modelOf(2).stateDict()]);
    const old = await model.forward(x);
    const [before, , after] = await Promise.all([model.forward(x), model.load(other), model.forward(x)]);
    expect(before.data).toEqual(old.data);
    expect(after.data).not.toEqual(old.data);
    expect((await model.forward(x)).data).toEqual(after.data);

    // Weights that do not fit leave those it has, whole.
    const flattened = new Map(
      [...modelOf(3).stateDict()].map(([name, tensor]) => [name, { ...tensor, shape: [tensor.data.length] }]),
    );
    await expect(model.load(flattened)).rejects.toThrow(
      /expected \d\.weight of [\d×]+ among the weights, got \d+$/,
    );
    const lacking = new Map([...modelOf(3).stateDict()].slice(0, -1));
    await expect(model.load(lacking)).rejects.toThrow(
      /expected a tensor \d\.bias among the weights, got none/,
    );
    expect((await model.forward(x)).data).toEqual(after.data);
    await model.dispose();
  });

  test('of one program judge with one set of weights', async () => {
    const program = await inference(backend);
    const first = await evaluate(program, validation());
    const [a, , b] = await Promise.all([
      evaluate(program, validation()),
      writeWeights(program, tinyNetwork(2).stateDict()),
      evaluate(program, validation()),
    ]);
    expect(a).toEqual(first);
    expect(b).toEqual(await evaluate(program, validation()));
    expect(b).not.toEqual(first);
    await program.dispose();
  });

  test('of one backend get what each of them would get alone', async () => {
    const gradients = (index: number): Promise<Gradients> =>
      computeGradients(modelOf(index), {
        backend,
        input: { shape: input, data: pictures(index) },
        target: [0, 1, 2, 0],
      });
    const train = async (stream: number) => (await fit(tinyRun(stream, { backend }))).state ?? none;
    const alone = {
      gradients: [await gradients(1), await gradients(2)].map((found) => flat(found.gradients)),
      trained: [flat(await train(3)), flat(await train(4))],
    };
    const [one, two, three, four] = await Promise.all([gradients(1), gradients(2), train(3), train(4)]);
    expect([one, two].map((found) => flat(found.gradients))).toEqual(alone.gradients);
    expect([three, four].map(flat)).toEqual(alone.trained);
  });

  test('of a training program get their own losses', async () => {
    const network = tinyNetwork(1);
    const recipe = tinyRecipe();
    // Batches in two parts, so that there are several runs of the program in each.
    const { plan } = fitPlan(network, backend, { ...recipe, accumulate: 2 });
    const program = new TrainingProgram(await backend.load(plan), recipe, 4, 0, network.stateDict());
    const loader = memoryLoader({ length: 16, batchSize: 8, seed, training: true });
    const batches = [];
    for await (const batch of loader.epoch(0)) batches.push(batch);
    // Running statistics do not enter the loss in training, so that each may be asked twice.
    const alone = [];
    for (const batch of batches) alone.push(await program.gradient(batch, 0));
    const [first, second, norm] = await Promise.all([
      ...batches.map((batch) => program.gradient(batch, 0)),
      program.update(0, 0),
    ]);
    expect([first, second]).toEqual(alone);
    expect(norm).toBeUndefined();
    await program.dispose();
    await expect(program.gradient(batches[0], 0)).rejects.toThrow(DisposedError);
    await expect(program.update(0, 0)).rejects.toThrow(DisposedError);
    await expect(program.snapshot()).rejects.toThrow(DisposedError);
  });

  test('of a compiled model that is disposed of: who is served ends well, the others are refused', async () => {
    const model = await compile(modelOf(1), { input, backend });
    const expected = (await model.forward(pictures(0))).data;
    const served = model.forward(pictures(0));
    const waiting = [model.forward(pictures(1)), model.load(modelOf(2).stateDict())];
    const over = [model.dispose(), model.dispose()];
    const late = [model.forward(pictures(1)), model.load(modelOf(2).stateDict())];
    const refused = [...waiting, ...late].map((call) => expect(call).rejects.toThrow(DisposedError));
    expect((await served).data).toEqual(expected);
    await Promise.all([...refused, ...over]);
    await expect(model.forward(pictures(1))).rejects.toThrow(/was disposed of; load it again/);
  });

  test('of a program that is gone are told so, whatever they do', async () => {
    const program = await inference(backend);
    await program.dispose();
    await program.dispose();
    expect(() => {
      program.write('input', pictures(0));
    }).toThrow(DisposedError);
    await expect(program.read('logits')).rejects.toThrow(DisposedError);
    await expect(program.run('forward')).rejects.toThrow(DisposedError);
    await expect(program.take(() => 1)).rejects.toThrow(DisposedError);
    await expect(evaluate(program, validation())).rejects.toThrow(DisposedError);
    await expect(writeWeights(program, tinyNetwork(1).stateDict())).rejects.toThrow(DisposedError);
  });

  test('in plain JavaScript are told what was expected', async () => {
    const model = await compile(modelOf(1), { input, backend });
    const anything = (value: unknown) => value as Float32Array;
    await expect(model.forward(anything([1, 2, 3]))).rejects.toThrow(
      /: input: expected a Float32Array, got \[1, 2, 3\]$/,
    );
    await expect(model.forward(anything(undefined))).rejects.toThrow(/got undefined$/);
    await expect(model.forward(pictures(0), 'nhwc' as 'contiguous')).rejects.toThrow(
      /expected the order contiguous or channels_last, got nhwc$/,
    );
    await expect(model.load(Object.fromEntries(modelOf(2).stateDict()) as never)).rejects.toThrow(
      /: expected a state dict, a Map of tensors by name, got \{ 0\.weight, /,
    );
    await model.dispose();
    const program = await inference(backend);
    await expect(program.run('backward' as 'forward')).rejects.toThrow(/got backward$/);
    await program.dispose();
  });
});

// Backends of their own, since these are disposed of.
const opened = (await openBackends()).flatMap((kind) =>
  kind.backends.map((backend) => ({ name: `${kind.name}, ${backend.description}`, backend })),
);

describe.each(opened)('a backend that is disposed of ($name)', ({ backend }) => {
  test('ends what it has and refuses what comes, with one kind of error', async () => {
    const model = await compile(modelOf(1), { input, backend });
    const program = await inference(backend);
    const slow = validation();
    let goOn: () => void = () => undefined;
    const disposed = new Promise<void>((resolve) => (goOn = resolve));
    const evaluation = evaluate(program, {
      ...slow,
      async *epoch(...args) {
        for await (const batch of slow.epoch(...args)) {
          yield batch;
          await disposed;
        }
      },
    });
    const loading = Promise.allSettled([backend.load(program.plan), compile(modelOf(1), { input, backend })]);
    const training = fit({
      ...tinyRun(1, { backend }),
      onEvent: async ({ type }) => {
        if (type === 'step') await backend.dispose();
      },
    });
    await expect(training).rejects.toThrow(DisposedError);
    await Promise.all([backend.dispose(), backend.dispose()]);

    goOn();
    await expect(evaluation).rejects.toThrow(DisposedError);
    // They were done before, or were not: nothing else.
    for (const outcome of await loading) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DisposedError);
    }
    const gone = /^the (wasm|reference) backend was disposed of; create another to use it$/;
    await expect(backend.load(program.plan)).rejects.toThrow(DisposedError);
    await expect(compile(modelOf(1), { input, backend })).rejects.toThrow(gone);
    await expect(model.forward(pictures(0))).rejects.toThrow(gone);
    await expect(program.run('forward')).rejects.toThrow(gone);
    await expect(program.read('logits')).rejects.toThrow(DisposedError);
    await expect(evaluate(program, validation())).rejects.toThrow(DisposedError);
    expect(() => {
      program.write('input', pictures(0));
    }).toThrow(DisposedError);
    await model.dispose();
    await program.dispose();
  });
});

test.each([1, 3])('a program that was being loaded on %i threads meanwhile is not given', async (threads) => {
  const backend = await createNodeBackend({ threads, blas: false });
  const { plan } = await inference(backend);
  const loading = backend.load(plan);
  const refused = expect(loading).rejects.toThrow(DisposedError);
  await backend.dispose();
  await refused;
});
