import { setTimeout as pause } from 'node:timers/promises';

import type { Backend } from '../../backends/backend.ts';
import { Disposal, type DisposeOptions } from '../../base/disposal.ts';
import { withEndings, withUndo } from '../../base/endings.ts';
import { CardinalError, DisposedError, messageOf, UsageError } from '../../base/errors.ts';
import {
  callback,
  checkKind,
  checkOptions,
  isPlain,
  numberFrom,
  record,
  type Kinds,
} from '../../base/options.ts';
import { quoted } from '../../base/quoted.ts';
import { createNodeBackend, engineKinds, type NodeBackendOptions } from '../../node/backend.ts';
import type { HubOptions } from '../../node/hub/repo.ts';
import { Classifier } from '../../use/classifier.ts';
import { ServeError } from '../errors.ts';
import type { ServedModel } from '../served-model.ts';
import { ModelEvents, type ModelListener } from './events.ts';
import { GivenSlot } from './given-slot.ts';
import { checkModelName, freeName, usualName } from './model-name.ts';
import { SharedEngine } from './shared-engine.ts';
import { Slot } from './slot.ts';
import { checkSource, type ModelSource } from './source.ts';
import { watch, type Sleep } from './watch.ts';

export type { ModelSource } from './source.ts';

/** What computes for all models, and where weights of the hub are kept. */
export interface ServedModelsOptions extends Omit<NodeBackendOptions, 'name' | 'isolated'> {
  /** For `hf:` names: progress, warnings, another cache. */
  readonly hub?: HubOptions | undefined;
  /** Told what happens, from the first model that is loaded on. `listen` takes more. */
  readonly onEvent?: ModelListener | undefined;
  /** Makes what computes for all models, again when it is lost. Default: a backend of `threads` in a thread of its own. */
  readonly backend?: (() => Promise<Backend>) | undefined;
}

/** How files are watched. */
export interface WatchOptions {
  /** Milliseconds between two looks. A file is loaded when it is the same at two of them. Default 1000. */
  readonly interval?: number | undefined;
  /** @internal A clock of a test's. */
  readonly sleep?: Sleep | undefined;
}

const optionKinds: Kinds<ServedModelsOptions> = {
  threads: engineKinds.threads,
  kernels: engineKinds.kernels,
  blas: engineKinds.blas,
  hub: record,
  onEvent: callback,
  backend: callback,
};
const watchKinds: Kinds<WatchOptions> = { interval: numberFrom(1), sleep: callback };

/**
 * Models by name, each with the weights that are in service. They share one backend, so that the threads are no more than the processors; its
 * memory holds the weights of each once, and twice while new ones are loaded. The version of a model is the beginning of its file's
 * SHA-256: the same on every machine that serves these weights, and after a restart.
 *
 *     const models = await ServedModels.load([{ weights: 'runs/shoes' }, { weights: 'hf:timm/resnet18.a1_in1k', name: 'imagenet' }]);
 *     const [best] = await models.use('shoes', ({ classifier }) => classifier.classify('boot.jpg'));
 */
export class ServedModels {
  readonly #slots: ReadonlyMap<string, Slot | GivenSlot>;
  readonly #engine: SharedEngine | undefined;
  readonly #events: ModelEvents;
  readonly #closing: AbortController;
  readonly #disposal: Disposal;

  /**
   * Loads models one after the other, the first of which answers where no name is given, and tries each. Throws a `CardinalError` if one
   * cannot be loaded; then none is.
   */
  static async load(
    sources: readonly ModelSource[],
    options: ServedModelsOptions = {},
  ): Promise<ServedModels> {
    checkOptions('ServedModels.load', options, optionKinds);
    checkKind('ServedModels.load', 'the models', sources, {
      expected: 'a list of { weights, … }, at least one',
      is: (value) => Array.isArray(value) && value.length > 0,
    });
    sources.forEach(checkSource);
    const given = sources.map(({ name }) => name).filter((name) => name !== undefined);
    const twice = given.find((name, index) => given.indexOf(name) !== index);
    if (twice !== undefined)
      throw new UsageError(`two models are called ${twice}: give each a name of its own`);
    const { hub = {}, onEvent, backend, ...engineOptions } = options;
    const closing = new AbortController();
    const engine = new SharedEngine(
      backend ?? (() => createNodeBackend({ ...engineOptions, isolated: true })),
    );
    const events = new ModelEvents();
    if (onEvent !== undefined) events.listen(onEvent);
    const signals = [closing.signal, ...(hub.signal === undefined ? [] : [hub.signal])];
    const common = {
      ...{ engine, events, closing: closing.signal },
      hub: { ...hub, signal: AbortSignal.any(signals) },
    };
    return withUndo(async (undo) => {
      undo.add(() => engine.dispose());
      const slots = new Map<string, Slot>();
      for (const source of sources) {
        const slot = await Slot.open(source, common, ({ place, trained }) => {
          const usual = usualName({ ...place, architecture: trained.description.name });
          return source.name ?? freeName(usual, new Set([...slots.keys(), ...given]));
        });
        undo.add(() => slot.cut());
        slots.set(slot.name, slot);
      }
      return new ServedModels(slots, { engine, events, closing });
    });
  }

  /** Models of classifiers by name, which stay their maker's: they cannot be reloaded. Their version is 1. */
  static of(classifiers: Readonly<Record<string, Classifier>>): ServedModels {
    checkKind('ServedModels.of', 'the classifiers', classifiers, {
      expected: 'classifiers by name, at least one',
      is: (value) => isPlain(value) && Object.keys(value).length > 0,
    });
    const slots = Object.entries(classifiers).map(([name, classifier]) => {
      checkModelName(name);
      checkKind('ServedModels.of', name, classifier, {
        expected: 'a classifier, as loadClassifier gives it',
        is: (value) => value instanceof Classifier,
      });
      return [name, new GivenSlot(name, classifier)] as const;
    });
    return new ServedModels(new Map(slots), {
      events: new ModelEvents(),
      closing: new AbortController(),
    });
  }

  private constructor(
    slots: ReadonlyMap<string, Slot | GivenSlot>,
    {
      engine,
      events,
      closing,
    }: { readonly engine?: SharedEngine; readonly events: ModelEvents; readonly closing: AbortController },
  ) {
    this.#slots = slots;
    this.#engine = engine;
    this.#events = events;
    this.#closing = closing;
    this.#disposal = new Disposal({
      drain: () => Promise.all([...slots.values()].map((slot) => slot.drain())),
      cut: () => Promise.all([...slots.values()].map((slot) => slot.cut())),
      free: () => this.#free(),
    });
  }

  /** In the order in which they were given. */
  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Whether every model would answer: none is closed, or waits for a backend that cannot be made. */
  get ready(): boolean {
    return !this.#closing.signal.aborted && [...this.#slots.values()].every(({ ready }) => ready);
  }

  /**
   * The model called `name`, the first one without, whose weights in service must be of `version` if that is given. To compute, `use` it:
   * its classifier ends when it is replaced. Throws a `ServeError` 404 if there is none.
   */
  find(name?: string, version?: string): ServedModel {
    const { model } = this.#slot(name);
    requireVersion(model, version);
    return model;
  }

  /**
   * Does `work` with a model, whose generation stays until it is over, even if another one takes its place meanwhile. If what computes is
   * lost, it is made again, and `work` is done once more: so it must not consume what it takes, such as a stream, and must not catch a
   * `DeviceLostError`.
   * @throws {ServeError} 404 if there is no such model; 503 if the models are closed, or what computes cannot be made again.
   */
  async use<T>(
    name: string | undefined,
    work: (model: ServedModel) => Promise<T>,
    version?: string,
  ): Promise<T> {
    if (this.#closing.signal.aborted) {
      throw new ServeError(503, 'models_closed', 'the models are closed; send the request elsewhere', {
        headers: { 'retry-after': '1' },
      });
    }
    return this.#slot(name).use(work, (model) => {
      requireVersion(model, version);
    });
  }

  /**
   * Loads the weights of a model anew, of all models one after the other without a name: beside those in service, which answer meanwhile.
   * The new ones are tried on a made-up picture, and take over between two requests; the old ones end when the last request that uses
   * them does. Weights that are the same as before change nothing. Resolves when the new ones are in service.
   * @throws {CardinalError} in one line, if weights cannot be read, fail when they are tried, or have another shape (`mayChangeShape`): the old
   * ones stay in service.
   */
  async reload(name?: string): Promise<void> {
    const slots = name === undefined ? [...this.#slots.values()] : [this.#slot(name)];
    const errors: unknown[] = [];
    for (const slot of slots) {
      try {
        await slot.reload();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new CardinalError(errors.map(messageOf).join('; '), { cause: errors[0] });
  }

  /** Calls `listener` with what happens from now on. Gives a function that stops it. */
  listen(listener: ModelListener): () => void {
    checkKind('listen', 'the listener', listener, callback);
    return this.#events.listen(listener);
  }

  /**
   * Has each model reloaded when its file changes, until the function that it gives is called, or the models are closed. A file that is bad,
   * or not whole yet, leaves the old weights in service, and is tried again when it has changed again. Names of the hub are not
   * watched.
   */
  watch(options: WatchOptions = {}): () => void {
    checkOptions('watch', options, watchKinds);
    const { interval = 1000, sleep = quietPause } = options;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#closing.signal]);
    void watch([...this.#slots.values()], { interval, sleep, signal });
    return () => {
      stop.abort();
    };
  }

  /**
   * Refuses new work and frees all memory and threads. With `drain` what was accepted is finished first; else what waits is refused. A reload
   * that is under way comes to nothing. May be called again, and then without `drain` to cut the draining short.
   */
  close(options?: DisposeOptions): Promise<void> {
    this.#closing.abort(new DisposedError('the models were closed; load them again to use them'));
    return this.#disposal.ask(options);
  }

  /** For `await using models = await ServedModels.load(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #slot(name: string | undefined): Slot | GivenSlot {
    const [first] = this.#slots.values();
    const slot = name === undefined ? first : this.#slots.get(name);
    if (slot !== undefined) return slot;
    throw new ServeError(
      404,
      'model_not_found',
      `there is no model ${quoted(String(name))}: expected ${this.names.join(', ')}`,
    );
  }

  async #free(): Promise<void> {
    await withEndings(async (endings) => {
      endings.add(() => this.#engine?.dispose());
      // A reload, or a revival, may have ended while it was drained.
      await Promise.all([...this.#slots.values()].map((slot) => slot.cut()));
    });
  }
}

function requireVersion({ name, version }: ServedModel, wanted: string | undefined): void {
  if (wanted === undefined || wanted === version) return;
  throw new ServeError(
    404,
    'model_not_found',
    `there is no version ${quoted(wanted)} of ${name}: expected ${version}`,
  );
}

/** Does not keep a process alive. */
const quietPause: Sleep = (milliseconds, signal) => pause(milliseconds, undefined, { signal, ref: false });
