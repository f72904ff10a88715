import { checkKind, text } from '../base/options.ts';
import { isActivation } from '../graph/activation.ts';
import type { Node } from '../graph/node.ts';
import { blurPadding } from '../graph/ops/blur-pool.ts';
import type { OpName, Pair } from '../graph/op-table.ts';
import type { Shape, Value } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { layerValue, layerValues } from '../nn/layer-values.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { trace, type Trace } from '../nn/trace.ts';

/** The pixels of a network's input that a unit of a layer can depend on; each pair is [vertical, horizontal]. */
export interface ReceptiveField {
  /** Rows and columns. It may be larger than the picture: what lies outside is padding. */
  readonly size: Pair;
  /** How many pixels further the next unit looks. 0: all units look at the same. */
  readonly stride: Pair;
  /** The first row and column that unit (0, 0) looks at, below 0 where that is padding. */
  readonly offset: Pair;
}

/** Along one axis, unit p looks at the pixels from first + stride·p to last + stride·p. */
interface Axis {
  readonly first: number;
  readonly last: number;
  readonly stride: number;
}

type Field = readonly [Axis, Axis];

/** Along one axis, output p reads the inputs from start + step·p on, so many. */
interface Window {
  readonly step: number;
  readonly start: number;
  readonly extent: number;
}

/** Ops whose every output is of one place of each input. */
const placewise: ReadonlySet<OpName> = new Set<OpName>([
  'add',
  'add_broadcast',
  'add_scalar',
  'batch_norm',
  'batch_norm_inference',
  'channel_shuffle',
  'concat',
  'div',
  'drop_path',
  'dropout',
  'layer_norm',
  'mul',
  'pad_channels',
  'scale',
  'slice_channels',
  'split',
  'sub',
]);

/**
 * The receptive field of a unit of a layer, which is named by its module's path as for `activations`: in closed form, by a walk over what
 * the network computes for an input of `inputShape` N×C×H×W. A window of R places, dilated by d, with stride s and padding p makes of a
 * field of size r and stride j one of r + (R − 1)·d·j and j·s, which begins p·j pixels earlier (Araujo, Norris and Sim 2019, Distill);
 * where branches meet, it is all that any of them sees. It bounds what a unit depends on, and is reached unless weights are 0; the middle
 * counts for more than the edge. What mixes all places (a mean of the picture, a gate made of one, attention, a linear layer) sees
 * the whole picture: that is the field then, with stride 0, as it is of resizing.
 *
 *     receptiveField(createModel('resnext50_32x4d'), 'layer4', [1, 3, 224, 224]).size; // [427, 427]
 *
 * @throws {UsageError} if there is no such layer.
 */
export function receptiveField(model: AnyModule, layer: string, inputShape: Shape): ReceptiveField {
  const what = 'receptiveField';
  checkModule(what, 'the network', model);
  checkKind(what, 'the layer', layer, text);
  sizes(what, 'the input shape', inputShape, 'N×C×H×W');
  const traced = trace(model, inputShape, { training: false });
  return fieldsOf(traced)(layerValue(what, layerValues(traced.graph), layer));
}

/** Gives the receptive field of each value of a traced network. */
export function fieldsOf({ graph, input }: Pick<Trace, 'graph' | 'input'>): (value: Value) => ReceptiveField {
  const [, , height = 1, width = 1] = input.shape;
  const whole: Field = [wholeOf(height), wholeOf(width)];
  const pixel: Axis = { first: 0, last: 0, stride: 1 };
  const fields = new Map<Value, Field>([[input, [pixel, pixel]]]);
  for (const node of graph.nodes) {
    const field = fieldOf(node, fields, whole);
    if (field !== undefined) for (const output of node.outputs) fields.set(output, field);
  }
  return (value) => {
    const [vertical, horizontal] = fields.get(value) ?? whole;
    return {
      size: [vertical.last - vertical.first + 1, horizontal.last - horizontal.first + 1],
      stride: [vertical.stride, horizontal.stride],
      offset: [vertical.first, horizontal.first],
    };
  };
}

function wholeOf(pixels: number): Axis {
  return { first: 0, last: pixels - 1, stride: 0 };
}

/** The field of what a node gives; undefined if it does not depend on the picture. */
function fieldOf(node: Node, fields: ReadonlyMap<Value, Field>, whole: Field): Field | undefined {
  const seen = node.inputs.flatMap((value) => {
    const field = fields.get(value);
    return field === undefined ? [] : [{ field, value }];
  });
  if (seen.length === 0) return undefined;
  const windows = windowsOf(node);
  if (windows === undefined) return whole;
  const [, , ...places] = node.outputs[0].shape;
  return [0, 1].map((axis) => {
    const all = whole[axis];
    const through = seen.map(({ field, value: { shape } }) => {
      // One number for all places, a gate's: it is where it is, whichever unit reads it.
      const single = (shape[2 + axis] ?? 1) === 1 && (places[axis] ?? 1) > 1;
      return single ? { ...field[axis], stride: 0 } : throughWindow(field[axis], windows[axis]);
    });
    return joined(through, all);
  }) as unknown as Field;
}

function throughWindow({ first, last, stride }: Axis, { step, start, extent }: Window): Axis {
  return {
    first: first + stride * start,
    last: last + stride * (start + extent - 1),
    stride: stride * step,
  };
}

/** What all branches see together. If they go on at different paces, that is no window. */
function joined(axes: readonly Axis[], whole: Axis): Axis {
  const [{ stride }] = axes;
  if (axes.some((axis) => axis.stride !== stride)) return whole;
  return axes.reduce((all, axis) => ({
    first: Math.min(all.first, axis.first),
    last: Math.max(all.last, axis.last),
    stride,
  }));
}

/** What places of its inputs an op reads for a place of its output, vertically and horizontally; undefined if that is no window. */
function windowsOf(node: Node): readonly [Window, Window] | undefined {
  const both = (of: (axis: 0 | 1) => Window): readonly [Window, Window] => [of(0), of(1)];
  if (placewise.has(node.op) || isActivation(node.op)) return both(() => ({ step: 1, start: 0, extent: 1 }));
  switch (node.op) {
    case 'conv2d': {
      const { stride, padding, dilation } = node.attrs;
      const [, , ...kernel] = node.inputs[1].shape;
      return both((axis) => ({
        ...{ step: stride[axis], start: -padding[axis], extent: dilation[axis] * (kernel[axis] - 1) + 1 },
      }));
    }
    case 'max_pool2d':
    case 'avg_pool2d': {
      const { kernelSize, stride, padding } = node.attrs;
      return both((axis) => ({ step: stride[axis], start: -padding[axis], extent: kernelSize[axis] }));
    }
    case 'blur_pool2d': {
      const { filterSize, stride } = node.attrs;
      return both(() => ({ step: stride, start: -blurPadding(node.attrs), extent: filterSize }));
    }
    case 'pad2d': {
      const [top, , left] = node.attrs.padding;
      return both((axis) => ({ step: 1, start: axis === 0 ? -top : -left, extent: 1 }));
    }
    case 'crop2d': {
      const [top, , left] = node.attrs.padding;
      return both((axis) => ({ step: 1, start: axis === 0 ? top : left, extent: 1 }));
    }
    case 'subsample':
      return both(() => ({ step: node.attrs.stride, start: 0, extent: 1 }));
    default:
      return undefined;
  }
}
