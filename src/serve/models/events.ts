import type { ServedModel } from '../served-model.ts';

/** What happens to served models, for logs and metrics. */
export type ModelEvent =
  /** Its weights are in service, since the start or for those of version `previous`. */
  | {
      readonly type: 'loaded';
      readonly model: ServedModel;
      readonly previous: string | undefined;
      readonly notes: readonly string[];
    }
  /** A reload found the weights that are in service. */
  | { readonly type: 'unchanged'; readonly model: ServedModel }
  /** A reload failed; `model` stays in service. */
  | { readonly type: 'kept'; readonly model: ServedModel; readonly error: Error }
  /** What computes was lost, and made again with the same weights. */
  | { readonly type: 'revived'; readonly model: ServedModel }
  /** What computes was lost, and could not be made again: the next request tries it. */
  | { readonly type: 'down'; readonly model: ServedModel; readonly error: Error };

export type ModelListener = (event: ModelEvent) => void;

/** Tells any number of listeners. */
export class ModelEvents {
  readonly #listeners = new Set<ModelListener>();

  /** Gives a function that stops it. */
  listen(listener: ModelListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(event: ModelEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
