import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openData } from '../../src/node/data/open.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import type { TrainOnOptions } from '../../src/node/training/options.ts';
import { trainOn } from '../../src/node/training/train-on.ts';
import type { TrainEvent } from '../../src/train/events.ts';

export interface TrainingCounts {
  runs: number;
  resumed: number;
  epochs: number;
  steps: number;
  checkpoints: number;
  loaders: number;
}

const preprocessing = {
  channels: 3,
  size: [16, 16],
  resize: null,
  interpolation: 'bilinear',
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
} satisfies TrainOnOptions['preprocessing'];

export const tinyNetwork = {
  name: 'resnext_cifar',
  options: { layers: [1, 1], planes: 8, baseWidth: 8, cardinality: 4 },
};

/**
 * Trains a tiny network in a run folder, run after run: pictures decoded by workers, validation, checkpoints, an evaluation and a
 * report. A run that is interrupted is continued by the next call, one that is over makes place for another.
 */
export class Trainings {
  readonly counts: TrainingCounts = { runs: 0, resumed: 0, epochs: 0, steps: 0, checkpoints: 0, loaders: 0 };
  readonly #photos: string;
  readonly #out: string;
  readonly #seed: number;
  #underWay = false;

  constructor(photos: string, folder: string, seed: number) {
    this.#photos = photos;
    this.#out = join(folder, 'run');
    this.#seed = seed;
  }

  /** Trains until `signal`. */
  async train(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#underWay) await rm(this.#out, { recursive: true, force: true });
      const begun = this.counts.checkpoints;
      const { reason } = await trainOn(this.#photos, tinyNetwork, this.#options(signal));
      this.#underWay = reason === 'interrupted' && this.counts.checkpoints > begun;
      await this.#leaveALoader();
    }
  }

  /** One short run to its end, and the path of its weights. */
  async weights(): Promise<string> {
    const out = `${this.#out}-first`;
    await trainOn(this.#photos, tinyNetwork, { ...this.#options(), epochs: 3, out });
    return join(out, 'best.safetensors');
  }

  #options(signal?: AbortSignal): TrainOnOptions {
    const resume = this.#underWay;
    if (resume) this.counts.resumed++;
    else this.counts.runs++;
    return {
      ...{ out: this.#out, resume, signal, seed: this.#seed },
      ...(resume ? {} : { preprocessing, epochs: 20, batchSize: 16, checkpointEvery: 5 }),
      threads: 1 + (this.counts.runs % 2),
      onEvent: (event) => {
        this.#count(event);
      },
    };
  }

  #count({ type }: TrainEvent): void {
    if (type === 'step') this.counts.steps++;
    else if (type === 'epoch') this.counts.epochs++;
    else if (type === 'checkpoint') this.counts.checkpoints++;
  }

  /** A loader that is left in the middle of an epoch, while its workers are ahead. */
  async #leaveALoader(): Promise<void> {
    const { train } = await openData(this.#photos);
    if (train === undefined) throw new Error('no pictures to train on');
    const loader = createLoader(train, { preprocessing, batchSize: 8, training: true, workers: 2 });
    let batches = 0;
    for await (const batch of loader.epoch(0)) if (batch.size > 0 && ++batches === 2) break;
    await loader.dispose();
    this.counts.loaders++;
  }
}
