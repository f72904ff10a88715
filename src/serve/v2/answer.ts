import { shortFloats } from '../http/short-floats.ts';
import type { ServedModel } from '../served-model.ts';
import { binaryOf } from './binary.ts';
import type { OutputTensor } from './infer.ts';
import type { InferResponseJson } from './schemas.ts';

/** The answer to an inference request of HTTP: JSON, and behind it the outputs that are given as binary data. */
export interface Answer {
  readonly json: InferResponseJson;
  /** In the order of `json.outputs`. */
  readonly binary: readonly Uint8Array[];
}

export function answerOf(
  { name, version }: Pick<ServedModel, 'name' | 'version'>,
  { id, isBinary }: { readonly id: string | undefined; readonly isBinary: (output: string) => boolean },
  outputs: readonly OutputTensor[],
): Answer {
  const binary: Uint8Array[] = [];
  const written = outputs.map((output) => {
    const { name, datatype, shape, data } = output;
    const head = { name, datatype, shape: [...shape] };
    if (!isBinary(name)) return { ...head, data: datatype === 'FP32' ? shortFloats(data) : [...data] };
    const bytes = binaryOf(output);
    binary.push(bytes);
    return { ...head, parameters: { binary_data_size: bytes.length } };
  });
  const named = { model_name: name, model_version: version };
  return { json: { ...named, ...(id === undefined ? {} : { id }), outputs: written }, binary };
}
