import { CardinalError } from '../base/errors.ts';
import { concat, split } from '../base/concat.ts';
import type { StateDict, TensorData } from '../base/tensor-data.ts';
import { checkKind, oneOf } from '../base/options.ts';
import { checkState } from '../nn/state.ts';
import { formatShape } from '../graph/value.ts';
import type { Form } from './options.ts';

/** The layers that each path has in forms (a) and (b), in PyTorch's order. */
const layersOfPath = ['conv1', 'bn1', 'conv2', 'bn2'] as const;

/**
 * The same network's weights for another form of its ResNeXt blocks (Figure 3): concatenates what the paths have, or
 * takes it apart. Any state dict will do whose blocks have this library's names (`layer1.0.conv2.weight`,
 * `layer1.0.paths.3.…`), and gradients, moving averages and optimiser states as well, because they are laid out as
 * the weights are. What belongs to no such block stays as it is. Tensors that change are copied, the others shared.
 *
 * Throws a `CardinalError` if a block lacks a layer (from (c), conv2 gives the cardinality and must be there), or if
 * its paths have counted different numbers of batches.
 */
export function convertForm(state: StateDict, form: Form): StateDict {
  checkState('convertForm', state);
  checkKind('convertForm', 'the form', form, oneOf('a', 'b', 'c'));
  const converted: StateDict = new Map();
  const blocks = findBlocks(state);
  const done = new Set<string>();
  for (const [name, tensor] of state) {
    const block = blocks.get(name);
    if (block === undefined) {
      converted.set(name, tensor);
      continue;
    }
    if (done.has(block)) continue;
    done.add(block);
    const prefix = block === '' ? '' : `${block}.`;
    const grouped = toGrouped(membersOf(state, blocks, block, prefix), block);
    for (const [member, value] of fromGrouped(grouped, form, block)) converted.set(prefix + member, value);
  }
  return converted;
}

/** The path of the block by the name of each tensor that a conversion may change. */
function findBlocks(state: StateDict): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const blocks = new Set<string>();
  // Lazy throughout: `paths.3.` belongs to the layer, not to the block.
  const pattern = /^(?:(.*?)\.)??(?:paths\.\d+\.)?(conv[123]|bn[123])\.([^.]+)$/;
  for (const name of state.keys()) {
    const match = pattern.exec(name);
    if (match === null) continue;
    const [, block = '', layer] = match;
    found.set(name, block);
    // The third layer distinguishes a bottleneck from a stem and from a block of two layers.
    if (layer === 'conv3' || layer === 'bn3') blocks.add(block);
  }
  return new Map([...found].filter(([, block]) => blocks.has(block)));
}

function membersOf(
  state: StateDict,
  blocks: ReadonlyMap<string, string>,
  block: string,
  prefix: string,
): StateDict {
  return new Map(
    [...state].flatMap(([name, tensor]): [string, TensorData][] =>
      blocks.get(name) === block ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}

/** A block's tensors in whatever form, as form (c) has them. */
function toGrouped(members: StateDict, block: string): StateDict {
  const paths = [...members.keys()].flatMap((name) => /^paths\.(\d+)\./.exec(name)?.[1] ?? []);
  if (paths.length === 0) return members;
  // Counted, because a number in a name may be any.
  const cardinality = new Set(paths).size;
  const beyond = paths.find((path) => Number(path) >= cardinality);
  if (beyond !== undefined) {
    throw new CardinalError(
      `convertForm: expected the ${cardinality} paths of ${shown(block)} to be called 0 to ${cardinality - 1}, got ${beyond}`,
    );
  }
  const parts = new Map<string, TensorData[]>();
  for (let path = 0; path < cardinality; path++) {
    const prefix = `paths.${path}.`;
    for (const [name, tensor] of members) {
      if (!name.startsWith(prefix)) continue;
      const layer = name.slice(prefix.length);
      parts.set(layer, [...(parts.get(layer) ?? []), tensor]);
    }
  }
  const grouped: StateDict = new Map();
  for (const [name, tensors] of parts) {
    if (tensors.length !== cardinality) {
      throw new CardinalError(
        `convertForm: expected ${name} in each of the ${cardinality} paths of ${shown(block)}, got it in ${tensors.length}`,
      );
    }
    grouped.set(name, joinPaths(name, tensors, block));
  }
  for (const [name, tensor] of members) if (!name.startsWith('paths.')) grouped.set(name, tensor);
  return grouped;
}

/** The tensors of form (c) as another form has them, in PyTorch's order. */
function fromGrouped(grouped: StateDict, form: Form, block: string): StateDict {
  if (form === 'c') return grouped;
  const width = grouped.get('conv2.weight')?.shape;
  if (width === undefined) {
    throw new CardinalError(
      `convertForm: expected conv2.weight in ${shown(block)}, which gives its cardinality, got none`,
    );
  }
  const cardinality = width[0] / width[1];
  const layers: readonly string[] = form === 'a' ? [...layersOfPath, 'conv3'] : layersOfPath;
  const ofPaths = [...grouped].filter(([name]) => layers.includes(name.split('.')[0]));
  const parts = ofPaths.map(
    ([name, tensor]) => [name, splitPaths(name, tensor, cardinality, block)] as const,
  );
  const converted: StateDict = new Map();
  for (let path = 0; path < cardinality; path++) {
    for (const [name, tensors] of parts) converted.set(`paths.${path}.${name}`, tensors[path]);
  }
  for (const [name, tensor] of grouped) {
    if (!layers.includes(name.split('.')[0])) converted.set(name, tensor);
  }
  return converted;
}

/** The last convolution sums over the paths' channels, its second axis; all else has them first. */
function axisOf(name: string): 0 | 1 {
  return name.startsWith('conv3.') ? 1 : 0;
}

/** A path's tensors of one name as form (c) has them. */
function joinPaths(name: string, tensors: readonly TensorData[], block: string): TensorData {
  const floats = tensors.filter((tensor) => tensor.dtype === 'F32');
  if (floats.length === tensors.length) {
    const shapes = new Set(tensors.map(({ shape }) => formatShape(shape)));
    if (shapes.size === 1) return concat(floats, axisOf(name));
    throw mismatch('shape', name, block, shapes);
  }
  // The only integers count batches, and paths of one network see the same.
  const counts = new Set(tensors.map(({ data }) => String(data[0])));
  if (counts.size === 1) return tensors[0];
  throw mismatch('number', name, block, counts);
}

function mismatch(what: string, name: string, block: string, got: ReadonlySet<string>): CardinalError {
  return new CardinalError(
    `convertForm: expected the same ${what} in ${name} of all paths of ${shown(block)}, got ${[...got].slice(0, 3).join(' and ')}`,
  );
}

/** A tensor of form (c) as each of the paths has it. */
function splitPaths(name: string, tensor: TensorData, paths: number, block: string): readonly TensorData[] {
  if (tensor.dtype === 'I64') {
    return Array.from({ length: paths }, () => ({ ...tensor, data: tensor.data.slice() }));
  }
  const axis = axisOf(name);
  const channels = tensor.shape[axis];
  if (channels % paths === 0) return split(tensor, paths, axis);
  throw new CardinalError(
    `convertForm: expected ${name} of ${shown(block)} to have a multiple of ${paths} channels (its cardinality), got ${channels}`,
  );
}

function shown(block: string): string {
  return block === '' ? 'the block' : block;
}
