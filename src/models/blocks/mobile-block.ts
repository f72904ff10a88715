import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional.ts';
import { Module, type BatchNorm2dOptions } from '../../nn/index.ts';
import type { Padding } from './convolution.ts';
import { DropPath } from './drop-path.ts';

/** What all blocks of a mobile network have in common. */
export interface MobileStyle {
  readonly activation: () => Module;
  readonly padding?: Padding | undefined;
  readonly norm?: BatchNorm2dOptions | undefined;
}

/** What the blocks of mobile networks are made from, beside their channels. */
export interface MobileBlockOptions extends MobileStyle {
  readonly kernelSize: number;
  readonly stride: number;
  /** Makes the attention of so many channels, where the block has one. */
  readonly attention?: ((channels: number) => Module) | undefined;
  /** Whether the input is added where it has the output's shape; default: true. */
  readonly residual?: boolean;
  /** Probability that training leaves the block out for a picture, where its input is added. */
  readonly dropPath?: number;
}

/** A block whose input is added to its output where they have one shape: N×inChannels×H×W → N×outChannels×(H/stride)×(W/stride). */
export abstract class MobileBlock extends Module {
  readonly drop_path: DropPath | undefined;
  readonly #residual: boolean;

  constructor(inChannels: number, outChannels: number, options: MobileBlockOptions) {
    super();
    this.#residual = (options.residual ?? true) && options.stride === 1 && inChannels === outChannels;
    const { dropPath = 0 } = options;
    this.drop_path = this.#residual && dropPath > 0 ? new DropPath(dropPath) : undefined;
  }

  /** What the input is added to. */
  protected abstract branch(x: Value): Value;

  forward(x: Value): Value {
    const out = this.branch(x);
    return this.#residual ? F.add(this.drop_path?.(out) ?? out, x) : out;
  }
}
