import { CardinalError } from '../../base/errors.ts';
import { quoted, shortened } from '../../base/quoted.ts';
import { topGuesses } from '../../train/guess.ts';
import { ServeError } from '../errors.ts';
import type { ServedModel } from '../served-model.ts';
import { classified } from './classification.ts';
import type { Contents } from './contents.ts';
import { invalid } from './invalid.ts';
import { logitsOfPictures, logitsOfTensor, type ComputeOptions } from './logits.ts';
import { fits, inputsOf, outputsOf, type Datatype, type TensorSpec } from './tensors.ts';

/** A request for inference, whichever protocol it came by. */
export interface InferRequest {
  readonly inputs: readonly RequestInput[];
  /** Empty: all outputs. */
  readonly outputs: readonly RequestedOutput[];
}

export interface RequestInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly contents: Contents;
}

export interface RequestedOutput {
  readonly name: string;
  /** In place of the numbers, so many of the highest, with their classes, as texts. */
  readonly classification?: number | undefined;
}

/** A tensor of the answer, row after row. */
export type OutputTensor = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly datatype: 'FP32'; readonly data: Float32Array }
  | { readonly datatype: 'BYTES'; readonly data: readonly string[] }
);

/**
 * The outputs asked for, in that order. Throws a `ServeError` 400 unless inputs and outputs are what the model's metadata says, before
 * anything is computed; what the classifier throws if a picture cannot be read; the signal's reason if it is aborted.
 */
export async function infer(
  model: ServedModel,
  request: InferRequest,
  options: ComputeOptions,
): Promise<readonly OutputTensor[]> {
  const outputs = requestedOutputs(model, request.outputs);
  const logits = await logitsOf(model, request.inputs, options);
  if (!logits.every(Number.isFinite)) throw notFinite(model, request.inputs);
  const ranked = rank(logits, model.about.classes.length, model.classifier.temperature);
  return outputs.map((output) => outputOf(model, ranked, output));
}

/** Prepared numbers may be too large. Pictures are not: then it is the weights. */
function notFinite({ name }: ServedModel, [input]: readonly RequestInput[]): CardinalError {
  const what = `${name} gives NaN or infinity`;
  return input.datatype === 'FP32'
    ? invalid(`${what} for this input: its numbers are far from those of any picture`)
    : new CardinalError(`${what} for a picture: the weights are damaged, or their training diverged`);
}

function logitsOf(
  model: ServedModel,
  inputs: readonly RequestInput[],
  options: ComputeOptions,
): Promise<Float32Array> {
  const [image, tensor] = inputsOf(model);
  if (inputs.length !== 1) {
    throw invalid(
      `expected one input, ${image.name} or ${tensor.name}, got ${inputs.length === 0 ? 'none' : shortened(inputs.map(({ name }) => name).join(', '))}`,
    );
  }
  const [{ name, datatype, shape, contents }] = inputs;
  const spec = [image, tensor].find((one) => one.name === name);
  if (spec === undefined) {
    throw invalid(
      `input ${quoted(name)}: ${model.name} has no such input; it has ${image.name} and ${tensor.name}`,
    );
  }
  const what = `input ${name}`;
  if (datatype !== spec.datatype)
    throw invalid(`${what}: expected datatype ${spec.datatype}, got ${quoted(datatype)}`);
  if (!fits(shape, spec) || shape[0] < 1) {
    throw invalid(`${what}: expected shape ${inWords(spec)} with N of at least 1, got [${shape.join(', ')}]`);
  }
  const [pictures] = shape;
  if (pictures > options.limits.pictures) {
    const most = options.limits.pictures;
    throw new ServeError(
      413,
      'too_many_pictures',
      `${what}: expected at most ${most} pictures, got ${pictures}`,
    );
  }
  options.takePlaces(pictures);
  return spec === image
    ? logitsOfPictures(model, contents.elements(shape, what), options)
    : logitsOfTensor(model, contents.floats(shape, what), options);
}

function requestedOutputs(
  model: ServedModel,
  requested: readonly RequestedOutput[],
): readonly (RequestedOutput & { readonly datatype: Datatype })[] {
  const specs = outputsOf(model);
  if (requested.length === 0) return specs;
  const count = model.about.classes.length;
  return requested.map((output, index) => {
    const { name, classification } = output;
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) {
      const names = specs.map((one) => one.name).join(', ');
      throw invalid(`output ${quoted(name)}: ${model.name} has no such output; it has ${names}`);
    }
    if (requested.findIndex((one) => one.name === name) !== index) {
      throw invalid(`output ${name}: it is asked for twice`);
    }
    if (classification === undefined) return { ...output, datatype: spec.datatype };
    if (spec.datatype !== 'FP32') {
      throw invalid(`output ${name}: classification is of numbers, of logits or probabilities`);
    }
    if (classification < 1 || classification > count) {
      throw invalid(`output ${name}: expected classification from 1 to ${count}, got ${classification}`);
    }
    return { ...output, datatype: spec.datatype };
  });
}

/** Everything there is to say of each picture. */
interface Ranked {
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
  /** The number of each picture's most likely class. */
  readonly best: readonly number[];
}

function rank(logits: Float32Array, count: number, temperature: number): Ranked {
  const scaled = logits.map((logit) => logit / temperature);
  const probabilities = new Float32Array(logits.length);
  const best = Array.from({ length: logits.length / count }, (_, row) => {
    const guesses = topGuesses(scaled.subarray(row * count, (row + 1) * count), count);
    for (const { label, probability } of guesses) probabilities[row * count + label] = probability;
    return guesses[0].label;
  });
  return { logits, probabilities, best };
}

function outputOf(
  { about: { classes } }: ServedModel,
  ranked: Ranked,
  { name, classification }: RequestedOutput,
): OutputTensor {
  const rows = ranked.best.length;
  if (name === 'classes') {
    return { name, datatype: 'BYTES', shape: [rows], data: ranked.best.map((label) => classes[label]) };
  }
  const data = name === 'logits' ? ranked.logits : ranked.probabilities;
  if (classification === undefined) return { name, datatype: 'FP32', shape: [rows, classes.length], data };
  return {
    name,
    datatype: 'BYTES',
    shape: [rows, classification],
    data: classified(data, classes, classification),
  };
}

function inWords({ shape }: TensorSpec): string {
  return `[${shape.map((size) => (size === -1 ? 'N' : size)).join(', ')}]`;
}
