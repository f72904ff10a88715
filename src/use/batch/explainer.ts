import type { Picture } from '../../data/dataset.ts';
import type { Output } from '../../session/compile.ts';
import type { Explanation, Occlusion, PicturePaths } from '../explain/explanation.ts';
import type { LayersOptions, OcclusionOptions, PathsOptions } from './options.ts';

/** Which class, and when to end. */
export interface Asked {
  readonly label: number | string | undefined;
  readonly signal: AbortSignal;
}

type Rest<T> = Omit<T, 'label' | 'signal'>;

/** Computes logits of inputs H×W×C, some at a time: `size` of them are computed together at most. */
export interface InputBatches {
  readonly size: number;
  logits(input: Float32Array): Promise<Float32Array>;
}

/** What tells more of a picture than its classes. */
export interface PictureExplainer {
  /** The embedding of a decoded picture, D numbers. */
  features(picture: Picture, options: { readonly signal: AbortSignal }): Promise<Float32Array>;
  /** Why a class is seen in it: the one of this label or name, or the most likely one. */
  explain(picture: Picture, asked: Asked): Promise<Explanation>;
  /** The same by what falls when a part of it is covered. */
  occlusion(
    picture: Picture,
    options: Asked & Rest<OcclusionOptions> & { readonly batches: InputBatches },
  ): Promise<Occlusion>;
  /** What layers give for it. */
  activations(
    picture: Picture,
    options: Pick<LayersOptions, 'layers'> & { readonly signal: AbortSignal },
  ): Promise<Readonly<Record<string, Output>>>;
  /** What each of the paths of its blocks contributes to a class. */
  pathContributions(picture: Picture, options: Asked & Rest<PathsOptions>): Promise<PicturePaths>;
  /** Frees its memory; resolves when what it computes is over. */
  dispose(): Promise<void>;
}
