import type { Call } from '../../base/channel/service.ts';
import type { ReceptiveField } from '../../cost/receptive-field.ts';
import type { BlockLayers } from '../../session/paths/block-layers.ts';
import type { Classification } from '../../use/classify-each.ts';
import type { BlockContributions, PathProgress } from '../../session/paths/contributions.ts';
import type { PictureRef } from '../refs.ts';

/** What the room "Look inside" asks of a trained network. */
export interface InsideCalls {
  /** Its classes, and what can be looked at: layers in the order in which they are computed, and blocks with paths. */
  inside: Call<[{ readonly weights: string }], InsideNetwork>;
  /** What it takes a picture for, and where in the picture it sees a class. */
  explainPicture: Call<[ExplainQuery], PictureExplained, { progress(done: number, total: number): void }>;
  /** What a layer gives for a picture. */
  layerMaps: Call<[LayerQuery], LayerMaps>;
  /** Weights of a convolution. */
  filters: Call<[FiltersQuery], Filters>;
  /** What each path of the blocks contributes to a class. */
  pathShares: Call<[PathsQuery], PathShares, { progress(progress: PathProgress): void }>;
}

export interface InsideNetwork {
  readonly name: string;
  readonly classes: readonly string[];
  /** [C, H, W] of its input. */
  readonly input: readonly [number, number, number];
  readonly layers: readonly InsideLayer[];
  /** Blocks whose paths can be asked for. */
  readonly blocks: readonly InsideBlock[];
  /** Convolutions whose weights can be asked for, in the order in which they are computed. */
  readonly convolutions: readonly InsideConvolution[];
}

/** A block with paths: how many, and its layers. */
export interface InsideBlock extends BlockLayers {
  readonly block: string;
  readonly paths: number;
}

export interface InsideConvolution {
  /** Name of its weight, without `.weight`. */
  readonly layer: string;
  /** [K, C/G, R, S]: outputs, inputs that each reads, rows and columns. */
  readonly shape: readonly [number, number, number, number];
  readonly groups: number;
}

export interface InsideLayer {
  /** Its module's path, `layer1.0.relu#1` for one of several calls. */
  readonly layer: string;
  /** Of one picture: [C, H, W], or [D]. */
  readonly shape: readonly number[];
  /** What unit (0, 0) sees of the input, and how far the next one is. */
  readonly field: ReceptiveField;
}

interface OfPicture {
  readonly weights: string;
  readonly picture: PictureRef;
}

export interface ExplainQuery extends OfPicture {
  readonly method: 'grad-cam' | 'occlusion';
  /** The class. Default: the likeliest. */
  readonly label?: number | undefined;
}

export interface PictureExplained {
  /** The likeliest classes, best first. */
  readonly top: readonly Classification[];
  /** The class that is explained. */
  readonly label: number;
  readonly probability: number;
  /** `height` × `width` numbers from 0 to 1, of the network's input. */
  readonly map: Float32Array;
  readonly width: number;
  readonly height: number;
  /** The part of the picture that the map lies on. */
  readonly region: RegionSeen;
}

/** The part of a picture that a network's input is made of, in shares of the picture's width and height. */
export interface RegionSeen {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface LayerQuery extends OfPicture {
  readonly layer: string;
}

/** A layer's values for a picture. */
export interface LayerMaps {
  /** [C, H, W], or [D]. */
  readonly shape: readonly number[];
  /** In this order; of many channels the first `shape[0]`. */
  readonly data: Float32Array;
  /** How many channels there are in all. */
  readonly channels: number;
  readonly region: RegionSeen;
}

/** Which filters of which convolution: those of so many outputs, and of each so many of the inputs that it reads. */
export interface FiltersQuery {
  readonly weights: string;
  readonly layer: string;
  readonly outputs: Span;
  readonly inputs: Span;
}

export interface Span {
  readonly from: number;
  readonly count: number;
}

export interface Filters {
  /** [outputs, inputs, R, S]: as many as were asked for and there are. */
  readonly shape: readonly [number, number, number, number];
  /** In this order. */
  readonly data: Float32Array;
  /** Largest absolute value of the whole layer. */
  readonly largest: number;
}

export interface PathsQuery extends OfPicture {
  readonly label?: number | undefined;
  readonly blocks?: readonly string[] | undefined;
}

export interface PathShares {
  readonly label: number;
  readonly logit: number;
  readonly blocks: readonly BlockContributions[];
}
