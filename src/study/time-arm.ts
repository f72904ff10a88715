import type { Backend } from '../backends/backend.ts';
import { nextTask } from '../base/next-task.ts';
import { Rng } from '../base/rng.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import type { Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { planWithin } from '../plan/fit.ts';
import { planInference } from '../plan/plan-inference.ts';
import type { Plan } from '../plan/plan.ts';
import { writeWeights } from '../session/state.ts';
import { networkOf } from '../train/network.ts';
import { recipes } from '../train/recipe.ts';
import type { Outcome } from './outcome.ts';
import { buildArm } from './plan.ts';
import type { Arm, TimingSetting } from './study.ts';
import { median } from './statistics.ts';
import { withTrainingStep } from './training-step.ts';

/**
 * Times an arm on random pictures. Gives in milliseconds `forward`, a pass with weights that stay, and (if asked for)
 * `step`, a training step, each the median of some rounds after one that warms up; `memory`, MiB of the step's program; and
 * `difference`, how far the outputs are from those of the arm with which they should be equal. Rejects with `signal`'s reason between
 * two rounds.
 */
export async function timeArm(
  { arm, seed }: { readonly arm: Arm; readonly seed: number },
  setting: TimingSetting,
  arms: readonly Arm[],
  backend: Backend,
  signal?: AbortSignal,
): Promise<Outcome> {
  const startedAt = performance.now();
  const pictures = randomPictures([setting.batch, ...inputOf(arm, setting)], seed);
  const module = buildArm(arm).initialize(seed);
  const original = arms.find(({ id }) => id === setting.same?.reference);
  let expected: Float32Array | undefined;
  if (setting.same !== undefined && original !== undefined) {
    const reference = buildArm(original).initialize(seed);
    expected = (await timeForward(reference, pictures, 0, backend, signal)).output;
    module.loadStateDict(setting.same.convert(reference.stateDict(), arm));
  }
  const forward = await timeForward(module, pictures, setting.rounds, backend, signal);
  const step = setting.step ? await timeStep(module, pictures, setting.rounds, backend, signal) : undefined;
  return {
    arm: arm.id,
    seed,
    values: {
      forward: forward.milliseconds,
      ...(step === undefined ? {} : { step: step.milliseconds, memory: step.bytes / 2 ** 20 }),
      ...(expected === undefined ? {} : { difference: relative(forward.output, expected) }),
    },
    epochs: [],
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function inputOf({ network }: Arm, { input }: TimingSetting): Shape {
  return 'build' in network ? network.input : input;
}

/** A batch N×C×H×W, its numbers channels last. */
interface Pictures {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Standard normal numbers. */
function randomPictures(shape: Shape, seed: number): Pictures {
  const rng = Rng.of(seed, 'pictures');
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()) };
}

/** Only the pass is timed, not the copying of its input and output. */
async function timeForward(
  module: Module,
  { shape, data }: Pictures,
  rounds: number,
  backend: Backend,
  signal: AbortSignal | undefined,
): Promise<{ readonly milliseconds: number; readonly output: Float32Array }> {
  const name = module.displayName ?? module.typeName;
  const planFor = (batch: number): Plan =>
    planInference(trace(module, [batch, ...shape.slice(1)], { training: false }), backend, { name });
  const program = await backend.load(planWithin(backend, name, shape, planFor));
  try {
    await writeWeights(program, module.stateDict());
    program.write('input', data, 'channels_last');
    await program.run('forward');
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await chanceToEnd(signal);
      const before = performance.now();
      await program.run('forward');
      times.push(performance.now() - before);
    }
    const output = program.plan.buffers.find(({ role }) => role === 'output')?.name ?? '';
    return { milliseconds: median(times), output: await program.read(output) };
  } finally {
    await program.dispose();
  }
}

async function timeStep(
  module: Module,
  { shape: [batchSize, ...shape], data }: Pictures,
  rounds: number,
  backend: Backend,
  signal: AbortSignal | undefined,
): Promise<{ readonly milliseconds: number; readonly bytes: number }> {
  const network = networkOf(module, shape, { name: module.displayName ?? module.typeName, options: {} });
  return withTrainingStep(network, backend, { ...recipes.cifar, batchSize }, async (step) => {
    const { program, pictures, run } = step;
    program.write('input', data.subarray(0, pictures * sizeOf(shape)), 'channels_last');
    await run();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await chanceToEnd(signal);
      times.push(await run());
    }
    return { milliseconds: median(times), bytes: program.plan.peakBytes };
  });
}

/** Lets signals be heard, between two rounds. */
async function chanceToEnd(signal: AbortSignal | undefined): Promise<void> {
  await nextTask();
  signal?.throwIfAborted();
}

/** The largest difference over the largest number. */
function relative(values: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let largest = 0;
  expected.forEach((value, index) => {
    difference = Math.max(difference, Math.abs(value - values[index]));
    largest = Math.max(largest, Math.abs(value));
  });
  return difference / largest;
}
