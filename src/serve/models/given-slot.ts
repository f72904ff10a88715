import { UsageError } from '../../base/errors.ts';
import type { Classifier } from '../../use/classifier.ts';
import type { ServedModel } from '../served-model.ts';

/** A name, and the classifier that somebody else made and will dispose of. */
export class GivenSlot {
  readonly name: string;
  readonly model: ServedModel;
  readonly ready = true;

  constructor(name: string, classifier: Classifier) {
    this.name = name;
    const { classes, input, preprocessing, name: architecture } = classifier;
    this.model = {
      ...{ name, version: '1', classifier, source: 'a classifier of this program' },
      about: { architecture, classes, input, preprocessing, digest: undefined },
    };
  }

  async use<T>(work: (model: ServedModel) => Promise<T>, check: (model: ServedModel) => void): Promise<T> {
    check(this.model);
    return work(this.model);
  }

  reload(): Promise<void> {
    return Promise.reject(
      new UsageError(`${this.name} cannot be loaded again: it was given as a classifier, not as weights`),
    );
  }

  change(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  cut(): Promise<void> {
    return Promise.resolve();
  }
}
