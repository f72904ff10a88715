import { CardinalError } from '../../base/errors.ts';
import { f32, type StateDict, type TensorData } from '../../base/tensor-data.ts';
import { formatShape } from '../../graph/value.ts';
import { parseSet } from '../../models/options.ts';
import { createModel } from '../../models/registry.ts';
import { readFile, writeFileAtomic } from '../../node/files.ts';
import type { WeightsFile } from '../../node/weights-file.ts';
import { compile } from '../../session/compile.ts';
import { computeGradients } from '../../session/gradients.ts';
import { loadTensors } from '../../weights/load.ts';
import { readSafetensors, writeSafetensors } from '../../weights/safetensors.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import type { FitFlags, ModelFlags } from '../flags/weights.ts';
import { openWeights, tellUnmatched } from '../loading.ts';
import { printJson, tell } from '../output/print.ts';

/** Flags of `cardinal run`. */
export interface RunFlags extends EngineFlags, FitFlags, ModelFlags {
  readonly weights: string;
  readonly input: string;
  readonly output: string;
  readonly gradients: boolean;
  readonly json: boolean;
}

/** `cardinal run`: raw tensors in and out. */
export async function runTensors(name: string, flags: RunFlags): Promise<void> {
  const { weights, input: inputPath, output: outputPath, gradients, inChannels, partial } = flags;
  const model = createModel(name, {
    ...parseSet(flags.set ?? []),
    ...(inChannels === undefined ? {} : { inChannels }),
  });
  const load = async ({ tensors: given, unreadable }: WeightsFile): Promise<void> => {
    tellUnmatched(await loadTensors(model, given, { source: weights, inChannels, partial, unreadable }));
  };
  await openWeights(weights, load, flags);
  const { tensors } = await readSafetensors(await readFile(inputPath), inputPath, { verify: flags.verify });
  const input = required(tensors, 'input', 'F32', 4, inputPath);
  const target = gradients ? Array.from(required(tensors, 'target', 'I64', 1, inputPath).data, Number) : [];

  const output: StateDict = new Map();
  await withBackend(flags, async (backend) => {
    if (gradients) {
      const result = await computeGradients(model, { backend, input, target });
      output.set('logits', f32(result.logits.shape, result.logits.data));
      output.set('loss', f32([], Float32Array.of(result.loss)));
      // In PyTorch's order: the backward pass finds them last to first.
      for (const [key] of model.namedParameters()) {
        const gradient = result.gradients.get(key);
        if (gradient !== undefined) output.set(`grad.${key}`, gradient);
      }
      for (const [key, tensor] of result.buffers) output.set(`buffer.${key}`, tensor);
    } else {
      const compiled = await compile(model, { input: input.shape, backend });
      const { shape, data } = await compiled.forward(input.data);
      output.set('logits', f32(shape, data));
    }
  });
  await writeFileAtomic(outputPath, await writeSafetensors(output));
  const shapes = Object.fromEntries([...output].map(([key, { shape }]) => [key, shape]));
  if (flags.json) printJson({ output: outputPath, tensors: shapes });
  else
    tell(
      `wrote ${output.size === 1 ? '1 tensor' : `${output.size} tensors`} to ${outputPath}: logits ${formatShape(shapes['logits'] ?? [])}`,
    );
}

/** A tensor of the input file. Throws a `CardinalError` if it is missing, of another type or of another rank. */
function required<T extends TensorData['dtype']>(
  tensors: StateDict,
  name: string,
  dtype: T,
  rank: number,
  path: string,
): Extract<TensorData, { readonly dtype: T }> {
  const tensor = tensors.get(name);
  const expected = `${dtype} with ${rank === 4 ? '4 dimensions N×C×H×W' : 'one dimension N'}`;
  if (tensor === undefined) {
    const names = [...tensors.keys()];
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    throw new CardinalError(
      `${path}: expected a tensor '${name}' (${expected}), got ${names.slice(0, 5).join(', ') || 'none'}${more}`,
    );
  }
  if (!hasType(tensor, dtype) || tensor.shape.length !== rank) {
    throw new CardinalError(
      `${path}: expected '${name}' to be ${expected}, got ${tensor.dtype} ${formatShape(tensor.shape)}`,
    );
  }
  return tensor;
}

function hasType<T extends TensorData['dtype']>(
  tensor: TensorData,
  dtype: T,
): tensor is Extract<TensorData, { readonly dtype: T }> {
  return tensor.dtype === dtype;
}
