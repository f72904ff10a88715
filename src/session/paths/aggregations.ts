import type { Node, NodeOf } from '../../graph/node.ts';
import { isActivation } from '../../graph/activation.ts';
import { isMatmul } from '../../graph/ops/conv2d.ts';
import type { OpName } from '../../graph/op-table.ts';
import { formatShape, type Value } from '../../graph/value.ts';

/** The sum of the paths of a block: Σᵢ Tᵢ(x) of the ResNeXt paper's equation 2, before what normalises it. */
export interface Aggregation {
  /** Path of the module that holds all of it: `layer1.0`. */
  readonly block: string;
  readonly paths: readonly TransformationPath[];
  /** The convolution in the middle: of form (c) that of all paths, else the first path's. */
  readonly middle: NodeOf<'conv2d'>;
  /** N×K×H×W, with the biases. */
  readonly sum: Value;
  /** What the last 1×1 convolutions add beside the paths, K each. */
  readonly biases: readonly Value[];
  /** The batch norm of the sum, if that comes next. */
  readonly norm: NodeOf<'batch_norm_inference'> | undefined;
}

/** One path Tᵢ: what the 1×1 convolution `weight` makes of so many channels of `features`. */
export interface TransformationPath {
  readonly features: Value;
  readonly start: number;
  readonly length: number;
  /** K×C×1×1; it reads the path's channels from its own channel `weightStart` on. */
  readonly weight: Value;
  readonly weightStart: number;
}

type Conv = NodeOf<'conv2d'>;

/** Ops that compute each channel of their first input by itself. */
export const channelwise: ReadonlySet<OpName> = new Set<OpName>([
  'batch_norm_inference',
  'avg_pool2d',
  'max_pool2d',
  'blur_pool2d',
  'pad2d',
  'crop2d',
  'subsample',
  'scale',
]);

/**
 * The aggregated transformations among the nodes of a traced network, in any of the three forms of the ResNeXt paper's Figure 3, found by
 * what is computed and never by names: (c) a grouped convolution whose channels, each by itself, reach a dense 1×1 convolution; (b) paths
 * of one shape that are concatenated for such a convolution; (a) a sum of such convolutions of paths of one shape.
 */
export function aggregationsOf(nodes: readonly Node[]): readonly Aggregation[] {
  const finder = new Finder(nodes);
  const found = nodes.flatMap((node) => finder.at(node) ?? []);
  const names = found.map(({ block }) => block);
  return found.map((one) =>
    names.filter((name) => name === one.block).length === 1 && one.block !== ''
      ? one
      : { ...one, block: one.last },
  );
}

type Found = Aggregation & { readonly last: string };

class Finder {
  readonly #makers = new Map<Value, Node>();
  readonly #users = new Map<Value, Node[]>();

  constructor(nodes: readonly Node[]) {
    for (const node of nodes) {
      for (const output of node.outputs) this.#makers.set(output, node);
      for (const input of node.inputs) this.#users.set(input, [...(this.#users.get(input) ?? []), node]);
    }
  }

  /** The aggregation that ends with a node. */
  at(node: Node): Found | undefined {
    if (node.op === 'add') return this.#summed(node);
    if (node.op !== 'conv2d' || !isDense(node)) return undefined;
    const [x] = node.inputs;
    const maker = this.#makers.get(x);
    return maker?.op === 'concat' ? this.#concatenated(node, maker.inputs) : this.#grouped(node);
  }

  /** Form (c). */
  #grouped(last: Conv): Found | undefined {
    const [features, weight] = last.inputs;
    const source = this.#sourceOf(features);
    if (source === undefined || source.attrs.groups === 1) return undefined;
    // What reads the means of channels is a gate's.
    if (places(features) === 1 && places(source.outputs[0]) > 1) return undefined;
    const { groups } = source.attrs;
    const length = features.shape[1] / groups;
    const paths = Array.from({ length: groups }, (_, path) => ({
      ...{ features, weight, length, start: path * length, weightStart: path * length },
    }));
    return this.#found(last, [source], paths, biasesOf([last]));
  }

  /** Form (b). */
  #concatenated(last: Conv, parts: readonly Value[]): Found | undefined {
    const sources = this.#alike(parts);
    if (sources === undefined || this.#onlyUser(last.inputs[0]) === undefined) return undefined;
    const [, weight] = last.inputs;
    const [, length] = parts[0].shape;
    const paths = parts.map((features, path) => ({
      ...{ features, weight, length, start: 0, weightStart: path * length },
    }));
    return this.#found(last, sources, paths, biasesOf([last]));
  }

  /** Form (a). */
  #summed(last: NodeOf<'add'>): Found | undefined {
    // Part of a larger sum, which is asked about as well.
    const user = this.#onlyUser(last.outputs[0]);
    if (user?.op === 'add' && this.#termsOf(user) !== undefined) return undefined;
    const terms = this.#termsOf(last);
    if (terms === undefined) return undefined;
    const sources = this.#alike(terms.map(({ inputs: [features] }) => features));
    if (sources === undefined || new Set(terms.map(geometry)).size > 1) return undefined;
    const paths = terms.map(({ inputs: [features, weight] }) => ({
      ...{ features, weight, length: features.shape[1], start: 0, weightStart: 0 },
    }));
    return this.#found(last, sources, paths, biasesOf(terms));
  }

  /** The dense convolutions that a sum is of, if it is of nothing else. */
  #termsOf(sum: NodeOf<'add'>): readonly Conv[] | undefined {
    const terms: Conv[] = [];
    // Sums are as deep as they have terms: no recursion.
    const open: Node[] = [sum];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.op === 'conv2d' && isDense(node)) terms.push(node);
      else if (node.op !== 'add' || node.attrs.activation !== 'none') return undefined;
      else {
        const makers = node.inputs.map((input) =>
          this.#onlyUser(input) === undefined ? undefined : this.#makers.get(input),
        );
        for (const maker of makers.toReversed()) {
          if (maker === undefined) return undefined;
          open.push(maker);
        }
      }
    }
    return terms;
  }

  /** The convolutions that so many values come from, if these are of one shape, and nothing else reads the values. */
  #alike(values: readonly Value[]): readonly Conv[] | undefined {
    if (values.length < 2) return undefined;
    const sources = values.flatMap((value) =>
      this.#onlyUser(value) === undefined ? [] : (this.#sourceOf(value) ?? []),
    );
    if (sources.length < values.length || new Set(sources.map(geometry)).size > 1) return undefined;
    return sources;
  }

  /** The convolution whose channels a value has, each by itself. */
  #sourceOf(value: Value): Conv | undefined {
    for (let node = this.#makers.get(value); node !== undefined;) {
      if (node.op === 'conv2d') return node;
      const { op, inputs, outputs } = node;
      const before: Value | undefined =
        channelwise.has(op) || isActivation(op)
          ? inputs[0]
          : op === 'mul'
            ? gated(inputs, outputs[0])
            : undefined;
      if (before === undefined) return undefined;
      node = this.#makers.get(before);
    }
    return undefined;
  }

  #onlyUser(value: Value): Node | undefined {
    const users = this.#users.get(value) ?? [];
    return users.length === 1 ? users[0] : undefined;
  }

  #found(
    last: Node,
    sources: readonly Conv[],
    paths: readonly TransformationPath[],
    biases: readonly Value[],
  ): Found {
    const [sum] = last.outputs;
    const next = this.#onlyUser(sum);
    const norm = next?.op === 'batch_norm_inference' ? next : undefined;
    const block = commonPath([...sources, last].map(({ scope }) => scope));
    return { block, last: last.scope, paths, middle: sources[0], sum, biases, norm };
  }
}

function isDense({ attrs, inputs: [, weight] }: Conv): boolean {
  return isMatmul(attrs, weight.shape);
}

function places({ shape: [, , height, width] }: Value): number {
  return height * width;
}

function biasesOf(convolutions: readonly Conv[]): readonly Value[] {
  return convolutions.flatMap(({ attrs, inputs }) => (attrs.bias ? [inputs[2]] : []));
}

/** The same for convolutions of one shape. */
function geometry({ attrs, inputs: [, weight] }: Conv): string {
  return `${formatShape(weight.shape)} ${JSON.stringify(attrs)}`;
}

/** The factor that has the product's shape, if the other is a gate: a number for each channel. */
function gated(factors: readonly Value[], product: Value): Value | undefined {
  const whole = factors.slice(0, 2).filter(({ shape }) => formatShape(shape) === formatShape(product.shape));
  return whole.length === 1 ? whole[0] : undefined;
}

function commonPath(paths: readonly string[]): string {
  const [first, ...others] = paths.map((path) => path.split('.'));
  const end = first.findIndex((part, at) => others.some((other) => other[at] !== part));
  return first.slice(0, end < 0 ? first.length : end).join('.');
}
