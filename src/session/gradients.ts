import type { Backend } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import { callback, checkOptions, record, type Kinds } from '../base/options.ts';
import { isFloats } from '../base/floats.ts';
import { f32, type StateDict } from '../base/tensor-data.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { ownLoss, type OwnLoss } from '../nn/own-loss.ts';
import { areNamed, checkInputs, ofBatch, type InputShapes } from '../nn/several.ts';
import { trace } from '../nn/trace.ts';
import { planWithin } from '../plan/fit.ts';
import { lossPlanKind, type LossPlan } from '../plan/record-loss.ts';
import { planTraining, weightsByName } from '../plan/plan-training.ts';
import { backendKind, checkFloats } from './arguments.ts';
import { writeWeights } from './state.ts';

/** An input, in PyTorch's order, the batch first. */
export interface InputData {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** The batch, and the device that computes. */
export interface GradientOptions {
  readonly backend: Backend;
  /** Pictures N×C×H×W, in PyTorch's order; of a network with several inputs each by its name. */
  readonly input: InputData | Readonly<Record<string, InputData>>;
  /** Class of each picture; or, as a Float32Array, N×K: probabilities, labels or numbers. */
  readonly target: readonly number[] | Float32Array;
  readonly labelSmoothing?: number;
  /** What is minimised, or a function of one's own, `(output, target, outputs) => loss`. Default: softmax cross-entropy. */
  readonly loss?: LossPlan | OwnLoss | undefined;
  /** Weights of auxiliary outputs by name, `{ aux: 0.4 }`: their losses are added. Default: none. */
  readonly auxiliary?: Readonly<Record<string, number>> | undefined;
}

export const gradientKinds: Kinds<GradientOptions> = {
  backend: backendKind,
  input: {
    expected: 'pictures { shape, data }',
    is: (value) =>
      isInput(value) || (record.is(value) && Object.values(Object(value) as object).every(isInput)),
  },
  target: {
    expected: 'an array of classes, one for each picture, or a Float32Array N×K',
    is: (value) => Array.isArray(value) || ArrayBuffer.isView(value),
  },
  auxiliary: weightsByName,
  labelSmoothing: {
    expected: 'a number from 0 to 1',
    is: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  loss: { ...lossPlanKind, is: (value) => callback.is(value) || lossPlanKind.is(value) },
};

function isInput(value: unknown): value is InputData {
  return typeof value === 'object' && value !== null && 'shape' in value && 'data' in value;
}

/** The results of one forward and backward pass in training mode. */
export interface Gradients {
  readonly logits: { readonly shape: Shape; readonly data: Float32Array };
  /** What is minimised: mean cross-entropy, if nothing else is asked for. */
  readonly loss: number;
  /** d(loss)/d(parameter), by parameter; without those that are frozen. */
  readonly gradients: StateDict;
  /** Running statistics after the pass, by name. */
  readonly buffers: StateDict;
}

/**
 * Computes logits, loss and every parameter's gradient for one batch, to check a port for example: one forward and
 * backward pass in training mode (batch statistics, dropout with seed 0) with the weights the model has now. The
 * model itself does not change. Frozen parameters get no gradient. Throws a `CardinalError` if the batch does not fit
 * into memory, if a target is not a class of the network, or if there is not one target for each picture.
 */
export async function computeGradients(model: AnyModule, options: GradientOptions): Promise<Gradients> {
  checkModule('computeGradients', 'the network', model);
  checkOptions('computeGradients', options, gradientKinds, ['backend', 'input', 'target']);
  const { backend, input, target, labelSmoothing = 0, loss, auxiliary } = options;
  const inputs: Readonly<Record<string, InputData>> = isInput(input) ? { input } : input;
  for (const [called, { shape, data }] of Object.entries(inputs)) {
    const [words, numbers] = isInput(input)
      ? ["the input's shape", "the input's data"]
      : [`the shape of ${called}`, `the data of ${called}`];
    sizes('computeGradients', words, shape, 'N×C×H×W');
    checkFloats('computeGradients', numbers, data, sizeOf(shape));
  }
  const shapes: Shape | InputShapes = isInput(input)
    ? input.shape
    : Object.fromEntries(Object.entries(input).map(([called, { shape }]) => [called, shape]));
  if (areNamed(shapes)) checkInputs('computeGradients', shapes);
  const [{ shape: first }] = Object.values(inputs);
  const name = model.displayName ?? model.typeName;
  const planFor = (batch: number) =>
    planTraining(trace(model, ofBatch(shapes, batch), { training: true }), backend, {
      name,
      ...{ labelSmoothing, auxiliary },
      loss: typeof loss === 'function' ? ownLoss(loss) : loss,
      optimizer: { kind: 'sgd', momentum: false, nesterov: false },
    });
  const plan = planWithin(backend, name, first, planFor);
  const shape = shapeOf(plan.buffers, 'logits');
  const program = await backend.load(plan);
  try {
    await writeWeights(program, model.stateDict());
    // One that the network does not use has no place.
    const known = new Set(plan.buffers.map((buffer) => buffer.name));
    for (const [called, { data: numbers }] of Object.entries(inputs)) {
      if (known.has(called)) program.write(called, numbers);
    }
    program.write('target', targetOf(name, target, shape));
    program.write('loss_gradient', Float32Array.of(1));
    await program.run('gradient');
    const parameters = plan.buffers.filter(({ role }) => role === 'gradient').map((buffer) => buffer.name);
    const statistics = model.namedBuffers().flatMap(([path]) => (known.has(path) ? [path] : []));
    const [data, [value], ...tensors] = await program.read(['logits', 'loss', ...parameters, ...statistics]);
    const tensorAt = (name: string, index: number) => f32(shapeOf(plan.buffers, name), tensors[index]);
    return {
      logits: { shape, data },
      loss: value,
      gradients: new Map(
        parameters.map((name, index) => [name.replace(/^grad\./, ''), tensorAt(name, index)]),
      ),
      buffers: new Map(statistics.map((name, index) => [name, tensorAt(name, parameters.length + index)])),
    };
  } finally {
    await program.dispose();
  }
}

function targetOf(
  name: string,
  target: readonly number[] | Float32Array,
  [rows, classes]: Shape,
): Float32Array {
  if (!isFloats(target)) return oneHot(name, target, rows, classes);
  checkFloats('computeGradients', "the target's data", target, rows * classes);
  return target;
}

/** Rows N×K with a one at each label. */
export function oneHot(name: string, labels: readonly number[], rows: number, classes: number): Float32Array {
  if (labels.length !== rows) {
    throw new CardinalError(`${name}: expected ${rows} targets, one for each picture, got ${labels.length}`);
  }
  const target = new Float32Array(rows * classes);
  labels.forEach((label, row) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new CardinalError(
        `${name}: expected targets from 0 to ${classes - 1}, got ${label} for picture ${row}`,
      );
    }
    target[row * classes + label] = 1;
  });
  return target;
}

function shapeOf(buffers: readonly { name: string; shape: Shape }[], name: string): Shape {
  return buffers.find((buffer) => buffer.name === name)?.shape ?? [];
}
