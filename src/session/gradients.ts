import type { Backend } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import { checkOptions, type Kinds } from '../base/options.ts';
import { f32, type StateDict } from '../base/tensor-data.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { planWithin } from '../plan/fit.ts';
import { planTraining } from '../plan/plan-training.ts';
import { backendKind, checkFloats } from './arguments.ts';
import { writeWeights } from './state.ts';

/** The batch, and the device that computes. */
export interface GradientOptions {
  readonly backend: Backend;
  /** Pictures N×C×H×W, in PyTorch's order. */
  readonly input: { readonly shape: Shape; readonly data: Float32Array };
  /** Class of each picture. */
  readonly target: readonly number[];
  readonly labelSmoothing?: number;
}

const gradientKinds: Kinds<GradientOptions> = {
  backend: backendKind,
  input: {
    expected: 'pictures { shape, data }',
    is: (value) => typeof value === 'object' && value !== null && 'shape' in value && 'data' in value,
  },
  target: {
    expected: 'an array of classes, one for each picture',
    is: (value) => Array.isArray(value) || ArrayBuffer.isView(value),
  },
  labelSmoothing: {
    expected: 'a number from 0 to 1',
    is: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
};

/** The results of one forward and backward pass in training mode. */
export interface Gradients {
  readonly logits: { readonly shape: Shape; readonly data: Float32Array };
  /** Mean cross-entropy. */
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
export async function computeGradients(model: Module, options: GradientOptions): Promise<Gradients> {
  checkModule('computeGradients', 'the network', model);
  checkOptions('computeGradients', options, gradientKinds, ['backend', 'input', 'target']);
  const { backend, input, target, labelSmoothing = 0 } = options;
  sizes('computeGradients', "the input's shape", input.shape, 'N×C×H×W');
  checkFloats('computeGradients', "the input's data", input.data, sizeOf(input.shape));
  const name = model.displayName ?? model.typeName;
  const planFor = (batch: number) =>
    planTraining(trace(model, [batch, ...input.shape.slice(1)], { training: true }), backend, {
      name,
      labelSmoothing,
      optimizer: { kind: 'sgd', momentum: false, nesterov: false },
    });
  const plan = planWithin(backend, name, input.shape, planFor);
  const shape = shapeOf(plan.buffers, 'logits');
  const program = await backend.load(plan);
  try {
    await writeWeights(program, model.stateDict());
    program.write('input', input.data);
    program.write('target', oneHot(name, target, shape[0], shape[1]));
    program.write('loss_gradient', Float32Array.of(1));
    await program.run('gradient');
    const parameters = plan.buffers.filter(({ role }) => role === 'gradient').map((buffer) => buffer.name);
    const known = new Set(plan.buffers.map((buffer) => buffer.name));
    const statistics = model.namedBuffers().flatMap(([path]) => (known.has(path) ? [path] : []));
    const [data, [loss], ...tensors] = await program.read(['logits', 'loss', ...parameters, ...statistics]);
    const tensorAt = (name: string, index: number) => f32(shapeOf(plan.buffers, name), tensors[index]);
    return {
      logits: { shape, data },
      loss,
      gradients: new Map(
        parameters.map((name, index) => [name.replace(/^grad\./, ''), tensorAt(name, index)]),
      ),
      buffers: new Map(statistics.map((name, index) => [name, tensorAt(name, parameters.length + index)])),
    };
  } finally {
    await program.dispose();
  }
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
