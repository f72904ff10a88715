import { checkOptions, oneOf, type Kinds } from '../base/options.ts';
import { activationOf } from './blocks/activation.ts';
import { makeDivisible } from './blocks/divisible.ts';
import {
  mobileKinds,
  MobileNetwork,
  repeated,
  squeezeToQuarter,
  type MobileOptions,
} from './mobile-network.ts';
import { kindsOf } from './options.ts';

/**
 * MnasNet: Platform-Aware Neural Architecture Search for Mobile (Tan et al., CVPR 2019, arXiv 1807.11626), with timm's
 * parameter names. A1 is the paper's, with squeeze-and-excitation; B1 was searched without. The small one is of the
 * authors' program.
 */
export type MnasNetVariant = 'a1' | 'b1' | 'small';

/** Kernel, expansion, channels, blocks, stride of the first, and whether it squeezes and excites (Figure 7 for A1). */
type Row = readonly [
  kernel: number,
  expansion: number,
  channels: number,
  layers: number,
  stride: number,
  se?: 'SE',
];

interface Variant {
  readonly stem: number;
  readonly rows: readonly Row[];
  /** Stages whose only block adds no input, whatever the width. */
  readonly withoutShortcut: readonly number[];
}

const variants: Readonly<Record<MnasNetVariant, Variant>> = {
  a1: {
    stem: 32,
    rows: [
      [3, 1, 16, 1, 1],
      [3, 6, 24, 2, 2],
      [5, 3, 40, 3, 2, 'SE'],
      [3, 6, 80, 4, 2],
      [3, 6, 112, 2, 1, 'SE'],
      [5, 6, 160, 3, 2, 'SE'],
      [3, 6, 320, 1, 1],
    ],
    withoutShortcut: [0],
  },
  b1: {
    stem: 32,
    rows: [
      [3, 1, 16, 1, 1],
      [3, 3, 24, 3, 2],
      [5, 3, 40, 3, 2],
      [5, 6, 80, 3, 2],
      [3, 6, 96, 2, 1],
      [5, 6, 192, 4, 2],
      [3, 6, 320, 1, 1],
    ],
    withoutShortcut: [0, 6],
  },
  small: {
    stem: 8,
    rows: [
      [3, 1, 8, 1, 1],
      [3, 3, 16, 1, 2],
      [3, 6, 16, 2, 2],
      [5, 6, 32, 4, 2, 'SE'],
      [3, 6, 32, 3, 1, 'SE'],
      [5, 6, 88, 3, 2, 'SE'],
      [3, 6, 144, 1, 1],
    ],
    withoutShortcut: [],
  },
};

/** Options of `MnasNet`. */
export interface MnasNetOptions extends MobileOptions {
  readonly variant?: MnasNetVariant;
  /** Every number of channels is so many times the paper's, but for the last layer's 1280. */
  readonly widthMultiplier?: number;
}

const kinds: Kinds<MnasNetOptions> = {
  ...mobileKinds,
  ...kindsOf('widthMultiplier'),
  variant: oneOf('a1', 'b1', 'small'),
};

/** N×3×H×W → N×1000. */
export class MnasNet extends MobileNetwork {
  static override readonly typeName: string = 'MnasNet';

  constructor(options: MnasNetOptions = {}) {
    checkOptions('MnasNet', options, kinds);
    const { variant = 'b1', widthMultiplier = 1, ...rest } = options;
    const { stem, rows, withoutShortcut } = variants[variant];
    const activation = activationOf('relu');
    const wide = (channels: number) => makeDivisible(channels * widthMultiplier);
    const stages = rows.map(([kernelSize, expansion, channels, layers, stride, se], stage) =>
      repeated(layers, {
        kernelSize,
        stride,
        expansion,
        channels: wide(channels),
        attention: se && squeezeToQuarter(activation),
        residual: !withoutShortcut.includes(stage),
      }),
    );
    super(wide(stem), stages, 1280, { ...rest, activation });
  }
}
