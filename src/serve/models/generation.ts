import type { Backend } from '../../backends/backend.ts';
import { Turns } from '../../base/turns.ts';
import type { ServedModel } from '../served-model.ts';
import type { LoadedModel } from './load-model.ts';

/** Weights in service, until whoever uses them is done. */
export class Generation {
  readonly model: ServedModel;
  /** What it is made of again when its backend is lost: the file may have others by then. */
  readonly loaded: LoadedModel;
  readonly backend: Backend;
  readonly #users: Turns;

  constructor(
    model: ServedModel,
    { loaded, backend }: { readonly loaded: LoadedModel; readonly backend: Backend },
  ) {
    this.model = model;
    this.loaded = loaded;
    this.backend = backend;
    this.#users = new Turns(`version ${model.version} of ${model.name}`, { atOnce: Infinity });
  }

  use<T>(work: (model: ServedModel) => Promise<T>): Promise<T> {
    return this.#users.take(() => work(this.model));
  }

  /** Refuses new users; when those that it has are done, its memory is free. */
  async retire(): Promise<void> {
    await this.#users.close({ drain: true });
    await this.model.classifier.dispose({ drain: true });
  }

  /** Refuses what waits; resolves when the rest is over and its memory is free. */
  async cut(): Promise<void> {
    // Users wait for what the classifier refuses.
    await this.model.classifier.dispose();
    await this.#users.close();
  }
}
