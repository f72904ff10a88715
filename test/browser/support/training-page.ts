import { trainOn, type TrainOnOptions } from '../../../src/web/index.ts';
import { madeUpPictures } from './made-up-pictures.ts';

/** What tests of training call in a page. */
const calls = {
  /** Trains on pictures that are made up, and gives what it came to as JSON. */
  async train(options: TrainOnOptions) {
    const events: string[] = [];
    const { reason, step, best, evaluation } = await trainOn(
      madeUpPictures(),
      { name: 'resnext_cifar', options: { layers: [1, 1, 1], cardinality: 2, planes: 4 } },
      { ...options, base: '/dist', onEvent: ({ type }) => void events.push(type) },
    );
    return { reason, step, best, top1: evaluation?.top1, events };
  },
};
Object.assign(globalThis, calls);
export type Calls = typeof calls;
