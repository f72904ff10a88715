import type { Call } from '../../base/channel/service.ts';
import type { LayerGradient } from '../../session/gradient-norms.ts';

/** What the room Paper asks: the paper's argument, computed on this engine. */
export interface PaperCalls {
  /** How large the gradients of a network's layers are with shortcuts and without, when training begins and after some steps. */
  shortcutGradients: Call<[ShortcutsQuery], ShortcutsFound, { progress(done: number, total: number): void }>;
  /** How long convolutions of more and more groups take. Times are told after each round, and become medians of more rounds. */
  timeGroups: Call<[GroupsQuery], readonly GroupTimes[], { timed(times: readonly GroupTimes[]): void }>;
  /** A block of random weights in its three forms, and how far their outputs are apart. */
  equalForms: Call<[FormsQuery], FormsFound>;
}

export interface ShortcutsQuery {
  /** Labelled pictures. */
  readonly data: string;
  /** n of each of three stages: the network has 9n + 2 layers. */
  readonly blocks: number;
  /** The blocks: ResNet's 1×64d or ResNeXt's 32×4d, at a quarter of the paper's width. */
  readonly network: 'resnet' | 'resnext';
  /** Steps of SGD between the two looks; 0 for none and one look. */
  readonly steps: number;
  readonly seed: number;
}

export interface ShortcutsFound {
  /** Pictures of a batch, and the side to which each was resized. */
  readonly batch: number;
  readonly size: number;
  /** Pictures that could not be read. */
  readonly skipped: number;
  readonly residual: PlainOrResidual;
  readonly plain: PlainOrResidual;
}

/** What came of a network. */
export interface PlainOrResidual {
  /** Before the first step, and after the last if there are any; of the same batch. */
  readonly looks: readonly GradientLook[];
  /** Of each step's batch. */
  readonly losses: readonly number[];
}

export interface GradientLook {
  readonly steps: number;
  readonly loss: number;
  /** By depth. */
  readonly layers: readonly LayerGradient[];
}

/**
 * `layer`: one 3×3 convolution that keeps its channels, by groups, and the 1×1 one that makes it separable. `block`: the three convolutions
 * of the paper's block at the cost of ResNet's, by cardinality.
 */
export interface GroupsQuery {
  readonly what: 'layer' | 'block';
  /** Channels in and out; of `layer` a power of 2, of `block` the paper's 256. */
  readonly channels: number;
  /** Side of the square pictures. */
  readonly size: number;
  /** Pictures at once. */
  readonly batch: number;
}

export interface GroupTimes {
  /** Groups of the 3×3 convolution; undefined for a 1×1 convolution of all channels. */
  readonly groups: number | undefined;
  /** Channels inside of a group. */
  readonly width: number;
  /** Multiply–accumulates of the forward pass, of one picture. Both gradients take as many each. */
  readonly macs: number;
  /** Milliseconds of a batch: the forward pass, and the same with both gradients. */
  readonly forward: number;
  readonly step: number;
}

export interface FormsQuery {
  readonly cardinality: number;
  readonly width: number;
  readonly seed: number;
  /** One parameter of form (a) is another than in (b) and (c). */
  readonly isChanged: boolean;
}

export interface FormsFound {
  /** By form, in the order (a), (b), (c). */
  readonly forms: readonly FormOutput[];
  /** The largest number of form (c). */
  readonly largest: number;
  /** Channels × side × side of each form's `maps`. */
  readonly shape: readonly [number, number, number];
  /** Numbers that were compared: all of the output's. */
  readonly compared: number;
}

export interface FormOutput {
  readonly form: 'a' | 'b' | 'c';
  /** The largest difference from form (c). */
  readonly difference: number;
  /** The first channels of its output. */
  readonly maps: Float32Array;
}
