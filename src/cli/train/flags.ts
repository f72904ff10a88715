import type { AugmentationName } from '../../data/augmentation-names.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Loss } from '../../train/loss.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { EngineFlags } from '../flags/engine.ts';
import type { FitFlags, ModelFlags } from '../flags/weights.ts';

/** Flags of `cardinal train`. */
export interface TrainFlags extends EngineFlags, FitFlags, ModelFlags, PictureLimitOptions {
  readonly model?: string;
  readonly weights?: string;
  readonly head: 'keep' | 'reset';
  readonly freeze?: readonly string[];
  readonly unfreezeAt?: number;
  readonly probe?: boolean;
  readonly recipe: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly lr?: number;
  readonly lrScale?: Readonly<Record<string, number>>;
  readonly layerDecay?: number;
  readonly repeats?: number;
  readonly weightDecay?: number;
  readonly labelSmoothing?: number;
  readonly clipNorm?: number;
  readonly accumulate?: number;
  readonly ema?: number;
  readonly mixup?: number;
  readonly cutmix?: number;
  readonly augment?: AugmentationName;
  readonly labels?: string;
  readonly loss?: Loss;
  readonly balance?: Recipe['balance'];
  readonly patience?: number;
  readonly imageSize?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly valFraction: number;
  readonly seed: number;
  readonly strict: boolean;
  readonly checkpointEvery?: number;
  readonly checkpointMinutes?: number;
  readonly checkpointActivations?: boolean;
  readonly syncBn?: boolean;
  readonly out?: string;
  /** A folder, or `auto`. */
  readonly resume?: string;
  readonly takeOver?: true;
  readonly json: boolean;
}
