import { CardinalError, DisposedError, messageOf } from '../../base/errors.ts';
import { Turns } from '../../base/turns.ts';
import type { HubOptions } from '../../node/hub/repo.ts';
import { classifierOf } from '../../node/classifier.ts';
import { ServeError } from '../errors.ts';
import type { ServedModel } from '../served-model.ts';
import type { ModelEvents } from './events.ts';
import { fingerprintOf } from './fingerprint.ts';
import { Generation } from './generation.ts';
import { loadModel, versionOf, type LoadedModel } from './load-model.ts';
import type { SharedEngine } from './shared-engine.ts';
import { placeOf, type ModelSource } from './source.ts';
import { requireSameShape, tryModel } from './try-model.ts';

/** What all models of a server have. */
export interface Common {
  readonly engine: SharedEngine;
  readonly events: ModelEvents;
  readonly hub: HubOptions;
  /** Aborted with a `DisposedError` when the models are closed. */
  readonly closing: AbortSignal;
}

/** A name, and the weights that answer to it: one generation after the other. */
export class Slot {
  readonly name: string;
  readonly #common: Common;
  readonly #source: ModelSource;
  readonly #reloads: Turns;
  /** Replaced, and still in use. */
  readonly #retiring = new Set<Promise<void>>();
  #current: Generation;
  /** What its file was when it was last read, or tried to be. */
  #seen: string | undefined;
  #waiting: Promise<void> | undefined;
  #reviving: Promise<void> | undefined;
  #isDown = false;

  /** Loads a model; `nameFor` says what it is called. Throws a `CardinalError` if it cannot be loaded, or fails when it is tried. */
  static async open(
    source: ModelSource,
    common: Common,
    nameFor: (loaded: LoadedModel) => string,
  ): Promise<Slot> {
    const { place, fingerprint } = await look(source);
    const loaded = await loadModel(source, place, common);
    if (loaded === undefined) throw new TypeError('weights that nobody knows were taken for known ones');
    const name = nameFor(loaded);
    const generation = await openGeneration(name, source, loaded, common);
    common.events.tell({ type: 'loaded', model: generation.model, previous: undefined, notes: loaded.notes });
    return new Slot(generation, source, common, fingerprint);
  }

  private constructor(generation: Generation, source: ModelSource, common: Common, seen: string | undefined) {
    this.name = generation.model.name;
    this.#current = generation;
    this.#source = source;
    this.#common = common;
    this.#seen = seen;
    this.#reloads = new Turns('the models');
  }

  get model(): ServedModel {
    return this.#current.model;
  }

  get ready(): boolean {
    return !this.#isDown;
  }

  /** As `ServedModels.use`. */
  async use<T>(work: (model: ServedModel) => Promise<T>, check: (model: ServedModel) => void): Promise<T> {
    for (let isSecond = false; ; isSecond = true) {
      while (this.#isLost(this.#current)) await this.#revive();
      const generation = this.#current;
      check(generation.model);
      try {
        return await generation.use(work);
      } catch (error) {
        if (!this.#common.engine.met(error, generation.backend) || isSecond) throw error;
      }
    }
  }

  /** As `ServedModels.reload`. A reload that has not begun sees all that was written until then: those who ask for one share it. */
  reload(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    const mustWait = this.#reloads.busy;
    const turn = this.#reloads.take(() => {
      this.#waiting = undefined;
      return this.#reload();
    });
    if (mustWait) this.#waiting = turn;
    return turn;
  }

  /** What its file is now, if it is another than the one that was last read, or tried to be. */
  async change(): Promise<string | undefined> {
    const { fingerprint } = await look(this.#source);
    return fingerprint === this.#seen ? undefined : fingerprint;
  }

  /** Refuses reloads; finishes what was accepted. */
  async drain(): Promise<void> {
    await this.#reloads.close();
    await Promise.all([this.#current.retire(), ...this.#retiring]);
  }

  /** Refuses what waits. */
  async cut(): Promise<void> {
    await Promise.all([this.#reloads.close(), this.#current.cut()]);
    // A reload may have ended meanwhile.
    await Promise.all([this.#current.cut(), ...this.#retiring]);
  }

  async #reload(): Promise<void> {
    const current = this.#current;
    const { events } = this.#common;
    try {
      const { place, fingerprint } = await look(this.#source);
      this.#seen = fingerprint;
      const loaded = await loadModel(this.#source, place, {
        ...this.#common,
        known: current.loaded.digest,
      });
      if (loaded === undefined) {
        events.tell({ type: 'unchanged', model: current.model });
        return;
      }
      const next = await openGeneration(this.name, this.#source, loaded, this.#common);
      try {
        if (this.#source.mayChangeShape !== true) requireSameShape(next.model, current.model);
        this.#common.closing.throwIfAborted();
      } catch (error) {
        await next.cut();
        throw error;
      }
      this.#switchTo(next);
      events.tell({
        ...{ type: 'loaded', model: next.model, notes: loaded.notes },
        previous: current.model.version,
      });
    } catch (error) {
      if (error instanceof DisposedError) throw error;
      const { model } = current;
      const kept = new CardinalError(
        `${model.name} stays at version ${model.version}: ${messageOf(error).split('\n')[0]}`,
        { cause: error },
      );
      events.tell({ type: 'kept', model, error: kept });
      throw kept;
    }
  }

  #switchTo(next: Generation): void {
    const before = this.#current;
    this.#current = next;
    this.#isDown = false;
    const retired = before.retire().catch(() => undefined);
    this.#retiring.add(retired);
    void retired.then(() => this.#retiring.delete(retired));
  }

  #isLost({ backend }: Generation): boolean {
    return this.#common.engine.isLost(backend);
  }

  /** Makes the same generation again, once for all who wait for it. */
  #revive(): Promise<void> {
    return (this.#reviving ??= this.#make(this.#current).finally(() => {
      this.#reviving = undefined;
    }));
  }

  async #make(lost: Generation): Promise<void> {
    const { events, closing } = this.#common;
    const { model, loaded } = lost;
    try {
      const next = await openGeneration(this.name, this.#source, loaded, this.#common);
      // A reload was faster, or nobody needs it any more.
      if (this.#current !== lost || closing.aborted) {
        await next.cut();
        closing.throwIfAborted();
        return;
      }
      this.#switchTo(next);
      events.tell({ type: 'revived', model: next.model });
    } catch (error) {
      if (error instanceof DisposedError) throw error;
      this.#isDown = true;
      events.tell({ type: 'down', model, error: error instanceof Error ? error : new Error(String(error)) });
      throw new ServeError(503, 'model_down', 'what computes for this model was lost; try again later', {
        headers: { 'retry-after': '5' },
        cause: error,
      });
    }
  }
}

/** Where the weights of `source` are, and in which state, without reading them. */
async function look(source: ModelSource): Promise<{
  readonly place: Awaited<ReturnType<typeof placeOf>>;
  readonly fingerprint: string | undefined;
}> {
  const place = await placeOf(source);
  return { place, fingerprint: place.isFile ? await fingerprintOf(place.weights) : undefined };
}

/** Has weights computed by the engine, and tries them. */
function openGeneration(
  name: string,
  source: ModelSource,
  loaded: LoadedModel,
  { engine }: Common,
): Promise<Generation> {
  const { trained, preprocessing, classes, digest } = loaded;
  const { maxPixels, decodeSeconds, maxBatch, maxDelay, queue } = source;
  return engine.during(async (backend) => {
    const classifier = await classifierOf(trained, {
      ...{ backend, isolated: true, preprocessing, classes },
      ...{ maxPixels, decodeSeconds, maxBatch, maxDelay, queue },
    });
    const about = {
      ...{ architecture: trained.description.name, classes: classifier.classes },
      ...{ input: classifier.input, preprocessing, digest },
    };
    const version = versionOf(digest);
    const generation = new Generation(
      { name, version, classifier, source: loaded.place.weights, about },
      { loaded, backend },
    );
    try {
      await tryModel(generation.model);
      return generation;
    } catch (error) {
      await generation.cut();
      throw error;
    }
  });
}
