import type { EpochRecord } from './progress.ts';
import type { Task } from '../data/task.ts';

/** What a training run reports while it runs. The loop never prints; command line, report and tests render these events. */
export type TrainEvent =
  | StartEvent
  | StepEvent
  | EpochEvent
  | {
      readonly type: 'checkpoint';
      readonly kind: 'last' | 'best';
      readonly path: string;
      readonly step: number;
    }
  | UnfrozenEvent
  | { readonly type: 'warning'; readonly message: string }
  | EndEvent;

/** The run begins, or continues. */
export interface StartEvent {
  readonly type: 'start';
  readonly model: string;
  /** Elements of all parameters, and of those that are not frozen. */
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly trainSamples: number;
  readonly validationSamples: number;
  readonly classes: readonly string[];
  /** What is predicted, if not one class a picture: then `classes` are the names of labels or numbers, and `top1` is 0 everywhere. */
  readonly task?: Exclude<Task, 'classes'>;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Pictures for one optimiser step, and for one run of the program; they differ when batches are accumulated. */
  readonly batchSize: number;
  readonly microBatchSize: number;
  /** Memory of the training program, in bytes. */
  readonly programBytes: number;
  /** Where activations may be recomputed: what it would be if all were kept. */
  readonly keepingAllBytes?: number;
  readonly backend: string;
  /** What does the work, in words (`Backend.description`). */
  readonly engine: string;
  /** Steps already done by the run that this one continues. */
  readonly resumedSteps: number;
}

/** What was frozen is trained from here on (`unfreezeAt`). */
export interface UnfrozenEvent {
  readonly type: 'unfrozen';
  /** 0-based: the epoch that begins, and the optimiser steps that are done. */
  readonly epoch: number;
  readonly step: number;
  /** Elements of the parameters that are trained now. */
  readonly trainableParameters: number;
  /** Memory of the training program, in bytes. */
  readonly programBytes: number;
}

/** An optimiser step is done. */
export interface StepEvent {
  readonly type: 'step';
  /** 0-based epoch; `step` counts optimiser steps over the whole run, this one included. */
  readonly epoch: number;
  readonly step: number;
  readonly stepInEpoch: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** What this step minimised: the mean cross-entropy of its pictures, with label smoothing and mixing. */
  readonly loss: number;
  /** Mean over the epoch so far. */
  readonly meanLoss: number;
  /** Share of the epoch's pictures so far whose largest logit was the true class, in training mode. */
  readonly top1: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Share of the time that steps waited for their pictures to be read, decoded and augmented, of late. */
  readonly waiting: number;
  readonly secondsLeft: number;
  /** Time for the whole run so far, the parts before it was continued included, in seconds. */
  readonly elapsed: number;
  /** L2 norm of the gradients before clipping, if they are clipped. */
  readonly gradientNorm?: number;
}

/** An epoch is done and validated. */
export interface EpochEvent {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly learningRate: number;
  readonly train: { readonly loss: number; readonly top1: number };
  /** Absent if there are no validation pictures. */
  readonly validation?: EpochRecord['validation'];
  /** Time for the epoch, its validation included. */
  readonly seconds: number;
  /** Time for the whole run so far, the parts before it was continued included, in seconds. */
  readonly elapsed: number;
  /** True if this is the best validation top-1 so far; of labels the best mAP, of numbers the smallest root mean squared error. */
  readonly best: boolean;
}

/** The run has ended, and why. */
export interface EndEvent {
  readonly type: 'end';
  readonly reason: 'finished' | 'interrupted' | 'stopped-early' | 'not-finite';
  readonly step: number;
  /** Time for the whole run, the parts before it was continued included. */
  readonly seconds: number;
  /** One line for a person, where the reason needs one. */
  readonly message?: string;
}
