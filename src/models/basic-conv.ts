import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d, Module, ReLU, Sequential } from '../nn/index.ts';

/**
 * What the Inception networks are made of (Szegedy et al. 2017, arXiv 1602.07261): convolutions without bias, batch norm
 * with ε = 1e-3 and ReLU, in branches that are concatenated. Names are those of timm and of Cadene's
 * pretrained-models.pytorch. Weights begin as PyTorch draws a convolution's, as they do there; the paper does not say how.
 */

/**
 * Output channels; kernel, square if it is one number; what is padded, 'same' unless the paper's figures mark the
 * convolution with a V; and the stride.
 */
export type ConvSpec = readonly [
  channels: number,
  kernel: number | readonly [number, number],
  padding?: 'same' | 'valid',
  stride?: number,
];

/** N×C×H×W → N×K×P×Q. */
export class BasicConv2d extends Module {
  static override readonly typeName: string = 'BasicConv2d';

  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly relu: ReLU;

  constructor(inChannels: number, [channels, kernel, padding = 'same', stride = 1]: ConvSpec) {
    super();
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    this.conv = new Conv2d(inChannels, channels, [height, width], {
      stride,
      padding: padding === 'same' ? [(height - 1) / 2, (width - 1) / 2] : 0,
      bias: false,
    });
    this.bn = new BatchNorm2d(channels, { eps: 1e-3 });
    this.relu = new ReLU({ inplace: true });
  }

  get outChannels(): number {
    return this.conv.outChannels;
  }

  forward(x: Value): Value {
    return this.relu(this.bn(this.conv(x)));
  }
}

/**
 * One way through a `Mixed`: convolutions one after another; a max pool of 3×3 with stride 2; or an average pool of 3×3
 * that does not count its padding, and a 1×1 convolution to so many channels.
 */
export type BranchSpec = readonly ConvSpec[] | 'maxPool' | { readonly avgPool: number };

/** Makes every number of channels narrower or wider: see `widthOf`. */
export type Wide = (channels: number) => number;

/** Branches of one input, called `branch0`, `branch1`, … if they have no other names. `typeName` is what `summary` prints. */
export abstract class Branches extends Module {
  /** Of all branches together. */
  protected readonly branchChannels: number;
  readonly #branches: readonly (readonly [name: string, branch: Module])[];
  readonly #typeName: string;

  constructor(typeName: string, inChannels: number, specs: Specs, wide: Wide) {
    super();
    this.#typeName = typeName;
    const made = named(specs).map(([name, spec]) => ({ name, ...branchOf(inChannels, spec, wide) }));
    this.#branches = made.map(({ name, module }) => [name, module]);
    this.branchChannels = made.reduce((sum, { channels }) => sum + channels, 0);
  }

  override get typeName(): string {
    return this.#typeName;
  }

  override namedChildren(): [string, Module][] {
    return [
      ...this.#branches.map(([name, branch]): [string, Module] => [name, branch]),
      ...super.namedChildren(),
    ];
  }

  /** What comes out of the branches, concatenated. */
  protected concatenated(x: Value): Value {
    return F.cat(this.#branches.map(([, branch]) => branch(x)));
  }
}

type Specs = readonly BranchSpec[] | ReadonlyMap<string, BranchSpec>;

function named(specs: Specs): (readonly [string, BranchSpec])[] {
  return specs instanceof Map
    ? [...(specs as ReadonlyMap<string, BranchSpec>)]
    : (specs as readonly BranchSpec[]).map((spec, index) => [`branch${index}`, spec]);
}

/** Branches whose results are concatenated, and no more. */
export class Mixed extends Branches {
  get outChannels(): number {
    return this.branchChannels;
  }

  forward(x: Value): Value {
    return this.concatenated(x);
  }
}

function branchOf(
  inChannels: number,
  spec: BranchSpec,
  wide: Wide,
): { readonly module: Module; readonly channels: number } {
  if (spec === 'maxPool') return { module: new MaxPool2d(3, { stride: 2 }), channels: inChannels };
  if ('avgPool' in spec) {
    const channels = wide(spec.avgPool);
    return { module: pooledBranch(inChannels, channels), channels };
  }
  let channels = inChannels;
  const convolutions = spec.map(([wanted, ...rest]) => {
    const made = new BasicConv2d(channels, [wide(wanted), ...rest]);
    channels = made.outChannels;
    return made;
  });
  // A single convolution is not wrapped, which the names of its parameters show.
  return { module: convolutions.length === 1 ? convolutions[0] : new Sequential(convolutions), channels };
}

/** The branch of an average pool that does not count its padding. */
export function pooledBranch(inChannels: number, channels: number): Sequential {
  const pool = new AvgPool2d(3, { stride: 1, padding: 1, countIncludePad: false });
  return new Sequential(pool, new BasicConv2d(inChannels, [channels, 1]));
}

/** A module that knows how many channels come out of it. */
export interface Sized extends Module {
  readonly outChannels: number;
}

/** Modules one after another, each made for the channels that come out of the one before. */
export function stack(inChannels: number, makers: readonly ((channels: number) => Sized)[]): Sized[] {
  let channels = inChannels;
  return makers.map((make) => {
    const made = make(channels);
    channels = made.outChannels;
    return made;
  });
}

/** As many as `count` of what `make` makes. */
export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
