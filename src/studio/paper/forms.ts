import type { Backend } from '../../backends/backend.ts';
import { CardinalError } from '../../base/errors.ts';
import { largest } from '../../base/extremes.ts';
import { nextTask } from '../../base/next-task.ts';
import { Rng } from '../../base/rng.ts';
import { sizeOf } from '../../base/shape.ts';
import { f32, type StateDict, type TensorData } from '../../base/tensor-data.ts';
import { bottlenecks } from '../../models/bottlenecks.ts';
import { convertForm } from '../../models/convert-form.ts';
import type { Form } from '../../models/options.ts';
import { compile } from '../../session/compile.ts';
import type { FormOutput, FormsFound, FormsQuery } from './service.ts';

/** Channels in and out, as in the paper's Figure 3, and the side of the picture. */
const channels = 256;
const side = 14;
/** Channels that are shown. */
const shown = 6;
/** Weights of a block that is computed while a control moves. */
const mostWeights = 4e6;

/**
 * Computes a block in the forms (a), (b) and (c) with the same weights, drawn from the seed, norms included. Rejects with a `CardinalError` if
 * the block is too large to be tried in passing.
 */
export async function equalForms(
  { cardinality, width, seed, isChanged }: FormsQuery,
  backend: Backend,
  signal: AbortSignal,
): Promise<FormsFound> {
  const weights = cardinality * (2 * channels * width + 9 * width ** 2);
  if (weights > mostWeights) {
    throw new CardinalError(
      `a block of ${cardinality}×${width}d has ${Math.round(weights / 1e5) / 10} million weights: expected at most ${mostWeights / 1e6} million to compute in three forms; take fewer or thinner paths`,
    );
  }
  const grouped = drawn(blockOf('c', cardinality, width).stateDict(), seed);
  const rng = Rng.of(seed, 'pictures');
  const input = Float32Array.from({ length: channels * side ** 2 }, () => rng.normal());
  const outputs = new Map<Form, Float32Array>();
  for (const form of ['a', 'b', 'c'] as const) {
    await nextTask();
    signal.throwIfAborted();
    const block = blockOf(form, cardinality, width);
    const state = convertForm(grouped, form);
    block.loadStateDict(form === 'a' && isChanged ? withAnother(state) : state);
    const compiled = await compile(block, { input: [1, channels, side, side], backend });
    try {
      outputs.set(form, (await compiled.forward(input)).data);
    } finally {
      await compiled.dispose();
    }
  }
  const expected = outputs.get('c') ?? new Float32Array();
  return {
    forms: [...outputs].map(([form, output]): FormOutput => ({
      form,
      difference: largest(Array.from(output, (value, at) => Math.abs(value - expected[at]))),
      maps: output.slice(0, shown * side ** 2),
    })),
    largest: largest(Array.from(expected, Math.abs)),
    shape: [shown, side, side],
    compared: expected.length,
  };
}

function blockOf(form: Form, cardinality: number, width: number) {
  const planes = channels / bottlenecks[form].expansion;
  // A block rounds planes·widthPerGroup/64 down: the middle between two whole numbers makes that exact.
  const widthPerGroup = ((width + 0.5) * 64) / planes;
  return new bottlenecks[form](channels, planes, {
    ...{ stride: 1, groups: cardinality, widthPerGroup, shortcut: 'B' },
  });
}

/** Weights and running statistics as training leaves them, and not as it begins: norms that do nothing would prove little. */
function drawn(state: StateDict, seed: number): StateDict {
  const rng = Rng.of(seed, 'weights');
  return new Map(
    [...state].map(([name, tensor]): [string, TensorData] => {
      if (tensor.dtype !== 'F32') return [name, tensor];
      const isScale = name.endsWith('running_var') || (tensor.shape.length === 1 && name.endsWith('weight'));
      const spread = tensor.shape.length === 1 ? 0.3 : 1 / Math.sqrt(sizeOf(tensor.shape.slice(1)));
      const draw = (): number => (isScale ? rng.uniform(0.5, 1.5) : spread * rng.normal());
      return [name, f32(tensor.shape, Float32Array.from(tensor.data, draw))];
    }),
  );
}

/** The same with another bias in the norm behind the sum, which shows wherever the output is above zero. */
function withAnother(state: StateDict): StateDict {
  const name = 'bn3.bias';
  const tensor = state.get(name);
  if (tensor?.dtype !== 'F32') return state;
  const data = tensor.data.slice();
  data[0] += 1;
  return new Map([...state, [name, f32(tensor.shape, data)]]);
}
