import { CardinalError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { f32, type StateDict, type TensorData } from '../base/tensor-data.ts';
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

/** Copies `dict` into the tensors, or throws before it changes any. `owner` begins the message. */
export function writeState(owner: string, tensors: Tensors, dict: StateDict, strict: boolean): void {
  const unexpected = [...dict.keys()].filter((name) => !tensors.has(name));
  const missing = [...tensors.keys()].filter(
    (name) => !dict.has(name) && !name.endsWith('num_batches_tracked'),
  );
  const problems: string[] = [];
  if (strict && missing.length > 0) {
    problems.push(`missing ${list(missing, (name) => hint(name, unexpected))}`);
  }
  if (strict && unexpected.length > 0) problems.push(`unexpected ${list(unexpected)}`);

  const misshaped = [...tensors].flatMap(([name, tensor]) => {
    const given = dict.get(name);
    if (given === undefined) return [];
    const expected = specOf(tensor);
    const fits = given.dtype === expected.dtype && formatShape(given.shape) === formatShape(expected.shape);
    return fits ? [] : [`${name}: expected ${format(expected)}, got ${format(given)}`];
  });
  if (misshaped.length > 0) problems.push(`of another shape: ${list(misshaped)}`);
  if (problems.length > 0) {
    throw new CardinalError(
      `${owner}: the state dict does not fit: ${problems.join('; ')}; were these weights saved from the same network?`,
    );
  }

  for (const [name, tensor] of tensors) {
    const given = dict.get(name);
    if (given === undefined) continue;
    if (tensor instanceof ModuleBuffer) tensor.value = copyOf(given);
    else if (given.dtype === 'F32') tensor.data = given.data.slice();
  }
}

interface Spec {
  readonly dtype: TensorData['dtype'];
  readonly shape: Shape;
}

function specOf(tensor: Parameter | ModuleBuffer): Spec {
  return tensor instanceof Parameter ? { dtype: 'F32', shape: tensor.shape } : tensor.value;
}

function copyOf(tensor: TensorData): TensorData {
  return tensor.dtype === 'F32'
    ? { ...tensor, data: tensor.data.slice() }
    : { ...tensor, data: tensor.data.slice() };
}

function format({ dtype, shape }: Spec): string {
  return dtype === 'F32' ? formatShape(shape) : `${dtype} ${formatShape(shape)}`;
}

/** The first names of many: a message stays one readable line. */
function list(names: readonly string[], note: (name: string) => string = () => ''): string {
  const shown = names.slice(0, 5).map((name) => name + note(name));
  const rest = names.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function hint(name: string, unexpected: readonly string[]): string {
  const similar = nearest(name, unexpected, 1).at(0);
  return similar === undefined ? '' : ` (${similar}?)`;
}
