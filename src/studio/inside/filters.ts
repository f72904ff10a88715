import { CardinalError } from '../../base/errors.ts';
import { sizeOf } from '../../base/shape.ts';
import type { Node } from '../../graph/node.ts';
import type { AnyModule } from '../../nn/module.ts';
import type { Filters, FiltersQuery, InsideConvolution } from './service.ts';

const ending = '.weight';

/** The convolutions of a traced network whose weights are parameters, each once. */
export function convolutionsOf(nodes: readonly Node[]): readonly InsideConvolution[] {
  const found = new Map<string, InsideConvolution>();
  for (const node of nodes) {
    if (node.op !== 'conv2d') continue;
    const [, { name, role, shape }] = node.inputs;
    if (role !== 'parameter' || !name.endsWith(ending)) continue;
    const [outputs, inputs, rows, columns] = shape;
    const layer = name.slice(0, -ending.length);
    found.set(layer, { layer, shape: [outputs, inputs, rows, columns], groups: node.attrs.groups });
  }
  return [...found.values()];
}

/** Some of a convolution's filters. Throws a `CardinalError` if the network has no such layer. */
export function filtersOf(
  model: AnyModule,
  { layer, outputs, inputs }: Omit<FiltersQuery, 'weights'>,
): Filters {
  const tensor = model.stateDict().get(layer + ending);
  if (tensor?.dtype !== 'F32' || tensor.shape.length !== 4) {
    throw new CardinalError(`expected a layer of the network that is a convolution, got '${layer}'`);
  }
  const { shape, data } = tensor;
  const [all, read, rows, columns] = shape;
  const [first, last] = [Math.min(outputs.from, all), Math.min(outputs.from + outputs.count, all)];
  const [left, right] = [Math.min(inputs.from, read), Math.min(inputs.from + inputs.count, read)];
  const size = rows * columns;
  const kept = [last - first, right - left, rows, columns] as const;
  const part = new Float32Array(sizeOf(kept));
  for (let k = first; k < last; k++) {
    const row = data.subarray((k * read + left) * size, (k * read + right) * size);
    part.set(row, (k - first) * row.length);
  }
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { shape: kept, data: part, largest };
}
