import type { Call } from '../../base/channel/service.ts';
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
  /** What each path of the blocks contributes to a class. */
  pathShares: Call<[PathsQuery], PathShares, { progress(progress: PathProgress): void }>;
}

export interface InsideNetwork {
  readonly name: string;
  readonly classes: readonly string[];
  /** [C, H, W] of its input. */
  readonly input: readonly [number, number, number];
  readonly layers: readonly InsideLayer[];
  /** Blocks whose paths can be asked for, and how many each has. */
  readonly blocks: readonly { readonly block: string; readonly paths: number }[];
}

export interface InsideLayer {
  /** Its module's path, `layer1.0.relu#1` for one of several calls. */
  readonly layer: string;
  /** Of one picture: [C, H, W], or [D]. */
  readonly shape: readonly number[];
  /** How many pixels of the input a unit can see, vertically and horizontally. */
  readonly sees: readonly [number, number];
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
  /** The part of the picture that the map lies on, in shares of the picture's width and height. */
  readonly region: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
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
