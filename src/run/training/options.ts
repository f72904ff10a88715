import type { Backend } from '../../backends/backend.ts';
import type { AugmentationName } from '../../data/augmentation-names.ts';
import type { AugmentFunction } from '../../data/own/augment.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { GivenOptions } from '../../models/registry.ts';
import type { Module } from '../../nn/module.ts';
import type { TrainEvent } from '../../train/events.ts';
import type { AskedLoss } from '../../train/loss.ts';
import type { Recipe, RecipeOverrides } from '../../train/recipe.ts';
import type { VerifyOptions } from '../../weights/digest.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { RunConfig } from './config.ts';
import type { RunEvent } from './events.ts';

/** A network of the registry; classes and channels come from the data, or options from the weights that training begins with. */
export interface NamedModel {
  readonly name: string;
  readonly options?: GivenOptions;
}

/** Limits of pictures are for a path: pictures that are open already are read with `openData`'s. */
export interface TrainOnOptions extends Omit<RecipeOverrides, 'loss'>, VerifyOptions, PictureLimitOptions {
  /** A recipe or the name of one; the other numbers here change it. Default `quick`. */
  readonly recipe?: Recipe | string | undefined;
  /**
   * What is minimised: one of a recipe's losses, by its name or with its options, or a function of one's own on symbolic values,
   * `(output, target, outputs) => F.mean(…)`. Only that function's name is kept: it must be given again to go on. Default: the recipe's, or what is
   * usual for the labels.
   */
  readonly loss?: AskedLoss | undefined;
  /** A file of labels for a folder of pictures, as `openData` takes it: CSV or JSON. What they are decides what is learned. */
  readonly labels?: string | undefined;
  /** Run folder for checkpoints, metrics, settings and the report; nothing is written without it. */
  readonly out?: string | undefined;
  /**
   * Continue the run in `out` at the exact batch, whether a program or `cardinal train` began it, with its own
   * network, recipe, seed, preprocessing, held-out pictures and frozen parameters; others, if they are given, are
   * refused. More `epochs` than it had make it longer, if its learning rate does not fall along a cosine. What its
   * results do not depend on may be given anew (`patience`, `strict`, checkpoints, limits of pictures, `threads`, …)
   * and stays as it was otherwise. Options for how a run begins (`weights`, `head`, `inChannels`, `partial`) have no
   * effect, which a `warning` event reports. A run that was ended before its first checkpoint begins anew.
   *
   * `auto`: continue it if there is one, else begin it, for schedulers that only start again.
   */
  readonly resume?: boolean | 'auto' | undefined;
  /**
   * With `resume`: take the folder from whoever has it, for a caller who knows that its process is over. One that is not
   * stops at its next write.
   */
  readonly takeOver?: boolean | undefined;
  /**
   * Weights to begin with: a checkpoint, a PyTorch or safetensors file, `hf:owner/repo`. Pictures are then prepared as
   * theirs were, unless `preprocessing` is given.
   */
  readonly weights?: string | undefined;
  /**
   * The classifier of `weights`: `keep` (default), with the classes that they name, in their order; or `reset` for other
   * classes than they were trained on.
   */
  readonly head?: 'keep' | 'reset' | undefined;
  /**
   * Channels of the pictures, where they are others than those of `weights`: their first convolution is adapted as timm
   * does, and the preprocessing with it.
   */
  readonly inChannels?: 1 | 3 | undefined;
  /** Begin with what fits of `weights` and keep the network's initial values for the rest; a `warning` event lists the rest. */
  readonly partial?: boolean | undefined;
  /**
   * Paths of modules and parameters that are not trained, as `nn.freeze` takes them, beside those of the network that have
   * `requiresGrad` false already. A run that is continued has its own; others, if they are given, are refused.
   */
  readonly freeze?: readonly string[] | undefined;
  /** Called with every event; the run waits for a promise that it returns. Any other result is ignored. */
  readonly onEvent?: ((event: TrainEvent) => unknown) | undefined;
  /**
   * Evaluate what was trained on the test pictures, or on the validation pictures if there are no others. Default: true.
   */
  readonly evaluate?: boolean | undefined;
  /** With `out`: write `report.html` and, if it was evaluated, `misclassified.csv`. Default: true. */
  readonly report?: boolean | undefined;
  /**
   * Ends the run with a checkpoint as soon as the current micro-batch is over: the step that it belongs to is
   * discarded, and repeated when the run is continued.
   */
  readonly signal?: AbortSignal | undefined;
  /** Stop when validation has not improved for so many epochs. */
  readonly patience?: number | undefined;
  /** Optimiser steps between checkpoints, beside the one after each epoch. */
  readonly checkpointEvery?: number | undefined;
  /**
   * Minutes between checkpoints, beside these, from the end of one to the next; fewer where saving would take more than a twentieth of
   * the time. Default 5; 0: none by the clock.
   */
  readonly checkpointMinutes?: number | undefined;
  /**
   * Recompute activations in the backward pass instead of keeping them all: much less memory for some more time, the same
   * results. Default: false; for a run that is continued, as it was.
   */
  readonly checkpointActivations?: boolean | undefined;
  /**
   * Where several ranks train together (`cardinal train` under mpirun): batch norms take the statistics of all their pictures, as one
   * process would, and not each rank those of its own. Default: true.
   */
  readonly syncBatchNorm?: boolean | undefined;
  /** Everything random comes from it; weights too, if the network is given by its name. Default 0. */
  readonly seed?: number | undefined;
  /** Share of every class that is held out for validation where a folder has no validation pictures. Default 0.1; 0: none. */
  readonly valFraction?: number | undefined;
  /** Refuse what cannot be read, instead of leaving it out with a warning. */
  readonly strict?: boolean | undefined;
  /**
   * How pictures are augmented: by name; or a function of one's own, which gets the picture as it was decoded and gives another,
   * with `augmentation` in numbers after it, if that is given. `augmentation` alone gives it in numbers. Default: the recipe's, or what
   * is usual for the data.
   */
  readonly augment?: AugmentationName | AugmentFunction | undefined;
  /** Side of the input. Default: the pictures' own; for photos the named network's, or 224. */
  readonly imageSize?: number | undefined;
  /** Default: by `imageSize`, with mean and standard deviation measured on the pictures. */
  readonly preprocessing?: Preprocessing | undefined;
  /** What computes; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: Backend | undefined;
  readonly threads?: number | undefined;
  /** Use a native BLAS library for matmuls. Default: true if there is one; for a run that is continued, as it was. */
  readonly blas?: boolean | undefined;
}

/** What a run is asked for, by a program or on the command line. What is not given has its default, or stays as it was. */
export interface RunOptions extends Omit<
  TrainOnOptions,
  'out' | 'inChannels' | 'backend' | 'onEvent' | 'signal'
> {
  /** The run's folder, or how it is called once the settings are known. */
  readonly out?: string | ((config: RunConfig) => Promise<string>) | undefined;
  readonly inChannels?: number | undefined;
  /** Mean and standard deviation of each channel, where no whole `preprocessing` is given. */
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** One that is there, which its maker disposes of, or the name of one to make. */
  readonly backend?: Backend | string | undefined;
}

/** A run that is asked for. */
export interface RunRequest {
  /** Undefined for the pictures of the run that is continued. */
  readonly source: string | OpenData | undefined;
  /** Without a name: the network of the weights, or of the run that is continued. */
  readonly model: Module | Partial<NamedModel>;
  readonly options: RunOptions;
  /** The command that asks for it; undefined for a program. */
  readonly command?: string | undefined;
  /** Awaited for every event. */
  readonly onEvent: (event: RunEvent) => unknown;
  /** Called when there is something to save: what ends the run from then on. */
  readonly listen: () => AbortSignal | undefined;
}
