import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { alike, nearest } from '../base/nearest.ts';
import { shortened } from '../base/quoted.ts';
import { isMap } from '../base/options.ts';
import { f32, isTensor, type StateDict, type TensorData } from '../base/tensor-data.ts';
import { formatShape, type Shape } from '../graph/value.ts';
import { ModuleBuffer } from './buffer.ts';
import { Parameter } from './parameter.ts';

type Tensors = ReadonlyMap<string, Parameter | ModuleBuffer>;

/** The tensors' numbers, not copied. */
export function readState(tensors: Tensors): StateDict {
  return new Map(
    [...tensors].map(([name, tensor]): [string, TensorData] => [
      name,
      tensor instanceof Parameter ? f32(tensor.shape, tensor.data) : tensor.value,
    ]),
  );
}

/**
 * Copies `dict` into the tensors, or hands its arrays over if `assign`, or throws before it changes any. `owner` begins the
 * message.
 */
export function writeState(
  owner: string,
  tensors: Tensors,
  dict: StateDict,
  { strict, assign }: { readonly strict: boolean; readonly assign: boolean },
): void {
  checkState(owner, dict);
  const unexpected = [...dict.keys()].filter((name) => !tensors.has(name));
  const missing = [...tensors.keys()].filter(
    (name) => !dict.has(name) && !name.endsWith('num_batches_tracked'),
  );
  const misshaped = [...tensors].flatMap(([name, tensor]) => {
    const given = dict.get(name);
    if (given === undefined) return [];
    const expected = specOf(tensor);
    const fits = given.dtype === expected.dtype && formatShape(given.shape) === formatShape(expected.shape);
    return fits ? [] : [misshape(name, expected, given)];
  });
  const mismatch = strict ? { missing, unexpected, misshaped } : { missing: [], unexpected: [], misshaped };
  if (misshaped.length + mismatch.missing.length + mismatch.unexpected.length > 0) {
    throw new CardinalError(mismatchMessage(owner, mismatch));
  }

  for (const [name, tensor] of tensors) {
    const given = dict.get(name);
    if (given === undefined) continue;
    const own = assign ? given : copyOf(given);
    if (tensor instanceof ModuleBuffer) tensor.value = own;
    else if (own.dtype === 'F32') tensor.data = own.data;
  }
}

/** Throws a `UsageError` unless it is a Map of tensors by name: one made by hand may be and hold anything. */
export function checkState(owner: string, dict: StateDict): void {
  const given: unknown = dict;
  if (!isMap(given)) {
    throw new UsageError(
      `${owner}: expected a state dict, a Map of tensors by name, got ${described(given)}`,
    );
  }
  for (const [name, tensor] of dict) checkTensor(owner, name, tensor);
}

function checkTensor(owner: string, name: unknown, tensor: unknown): void {
  if (typeof name === 'string' && isTensor(tensor)) return;
  throw new UsageError(
    `${owner}: expected tensors { dtype: 'F32', shape, data: a Float32Array of its size } by name, got ${described(tensor)} for ${described(name)}`,
  );
}

/** What a tensor of a network is, without its numbers. */
export interface TensorSpec {
  readonly dtype: TensorData['dtype'];
  readonly shape: Shape;
}

/** Type and shape of each tensor; nothing is drawn. */
export function readSpecs(tensors: Tensors): Map<string, TensorSpec> {
  return new Map([...tensors].map(([name, tensor]) => [name, specOf(tensor)]));
}

function specOf(tensor: Parameter | ModuleBuffer): TensorSpec {
  if (tensor instanceof Parameter) return { dtype: 'F32', shape: tensor.shape };
  const { dtype, shape } = tensor.value;
  return { dtype, shape };
}

function copyOf(tensor: TensorData): TensorData {
  return tensor.dtype === 'F32'
    ? { ...tensor, data: tensor.data.slice() }
    : { ...tensor, data: tensor.data.slice() };
}

/** What keeps tensors from being a network's: names, and for those of another shape what `misshape` says. */
export interface Mismatch {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshaped: readonly string[];
}

/** One line about it, with the nearest unexpected name behind each missing one. */
export function mismatchMessage(owner: string, { missing, unexpected, misshaped }: Mismatch): string {
  const problems = [
    ...(missing.length === 0 ? [] : [`missing ${list(missing, (name) => hint(name, unexpected))}`]),
    ...(unexpected.length === 0 ? [] : [`unexpected ${list(unexpected)}`]),
    ...(misshaped.length === 0 ? [] : [`of another shape: ${list(misshaped)}`]),
  ];
  return `${owner}: the state dict does not fit: ${problems.join('; ')}; were these weights saved from the same network?`;
}

/** "fc.weight: expected 10×2048, got 1000×2048". */
export function misshape(
  name: string,
  expected: TensorSpec,
  given: { readonly dtype: string; readonly shape: Shape },
): string {
  // The type is said where it is part of the difference.
  const sameKind = isFloat(expected.dtype) === isFloat(given.dtype);
  const [wanted, got] = [expected, given].map(({ dtype, shape }) =>
    sameKind ? formatShape(shape) : `${dtype} ${formatShape(shape)}`,
  );
  return `${name}: expected ${wanted}, got ${got}`;
}

function isFloat(dtype: string): boolean {
  return /^B?F\d/.test(dtype);
}

/** The first names of many: a message stays one readable line. */
function list(names: readonly string[], note: (name: string) => string = () => ''): string {
  const shown = names.slice(0, 5).map((name) => shortened(name) + note(name));
  const rest = names.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** A name is looked for among so many, because each comparison takes its time. */
const mostCompared = 5000;

function hint(name: string, unexpected: readonly string[]): string {
  const similar = nearest(name, unexpected.slice(0, mostCompared), 1).at(0);
  // Names of another network's are no hint, however near the nearest is.
  return similar === undefined || !alike(name, similar) ? '' : ` (${shortened(similar)}?)`;
}
