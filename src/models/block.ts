import { CardinalError } from '../base/errors.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { Module, ReLU, type BatchNorm2d } from '../nn/index.ts';
import type { Shortcut } from './options.ts';
import type { Bridge } from './shortcut.ts';

/** What a block has beside the layers of its paper, or in their place: `parts.ts` makes them of a network's options. */
export interface BlockParts {
  readonly activation: () => Module;
  /** Weighs the channels of what the last batch norm gives. */
  readonly attention?: ((channels: number) => Module) | undefined;
  /** Attention has so many times fewer channels inside than outside, where it is a part of the block itself. Default: 16. */
  readonly reduction?: number;
  /** Stands for the stride of the 3×3: N×C×H×W → N×C×(H/stride)×(W/stride). */
  readonly antialias?: ((channels: number, stride: number) => Module) | undefined;
  /** Leaves out the block of some pictures in training. */
  readonly dropPath?: Module | undefined;
  /** Projects the shortcut in its own way. */
  readonly project?: ((bridge: Bridge) => Module) | undefined;
}

export interface BlockOptions {
  readonly stride: number;
  /** G, the paper's cardinality C. */
  readonly groups: number;
  /** The paper's bottleneck width d, at the 64 planes of the first stage. */
  readonly widthPerGroup: number;
  /** Groups of one channel: then `groups` and `widthPerGroup` only say how many channels there are. */
  readonly depthwise?: boolean;
  readonly shortcut: Shortcut;
  readonly parts?: BlockParts;
}

/** The papers' blocks: ReLU, and no more. */
export const plainParts: BlockParts = { activation: () => new ReLU({ inplace: true }) };

/** A residual block: N×inChannels×H×W → N×(planes·expansion)×(H/stride)×(W/stride). */
export abstract class Block extends Module {
  /** The batch norm before the addition, whose γ = 0 makes the block begin as the identity. */
  abstract readonly last: BatchNorm2d;

  /** Gives its convolutions initialisers of its own, where those of `initializeResNet` do not suit. */
  initializeWeights?(): void;
}

export interface BlockType {
  readonly expansion: number;
  new (inChannels: number, planes: number, options: BlockOptions): Block;
}

/** A block that ends as ResNet's do. */
export abstract class ResidualBlock extends Block {
  abstract readonly relu: Module;
  abstract readonly se: Module | undefined;
  abstract readonly downsample: Module | undefined;
  abstract readonly drop_path: Module | undefined;
  readonly #residual: boolean;

  constructor(shortcut: Shortcut) {
    super();
    this.#residual = shortcut !== 'none';
  }

  /** The rest of the block behind its last batch norm: the shortcut from x is added, and activated. */
  protected joined(normed: Value, x: Value): Value {
    let out = this.se?.(normed) ?? normed;
    if (this.#residual) {
      out = this.drop_path?.(out) ?? out;
      out = F.add(out, this.downsample?.(x) ?? x);
    }
    return this.relu(out);
  }
}

/** Channels of one group inside a bottleneck: ⌊planes·widthPerGroup/64⌋. Throws a `CardinalError` if that is none. */
export function innerWidth(planes: number, widthPerGroup: number): number {
  const width = Math.floor((planes * widthPerGroup) / 64);
  if (width > 0) return width;
  throw new CardinalError(
    `Bottleneck: expected a base width of at least ${Math.ceil(64 / planes)} for ${planes} planes, got ${widthPerGroup}`,
  );
}
