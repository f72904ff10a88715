import { CardinalError } from 'cardinal-nn';
import {
  endIn,
  exampleStays,
  noPart,
  readPart,
  settingsOf,
  Training,
  type CutOff,
  type MetricsCursor,
  type MetricsPart,
  type RunState,
  type StudioPlatform,
  type StudioRuns,
  type TrainingDirections,
  type TrainRequest,
} from 'cardinal-nn/studio';
import { listRuns, trainOn } from 'cardinal-nn/web';
import { messageOf } from '../../parts/message-of.ts';
import { lastRecords } from './cut-off.ts';
import { exampleId, type ExampleRun } from './example.ts';
import { goOnWith } from './going-on.ts';
import { pause } from './pause.ts';
import { bytesAt, keepsNothing } from './private-files.ts';
import { configAt, configToContinue, dataOf, nameOf } from './run-config.ts';
import type { RunWeights } from './run-weights.ts';

type Data = Awaited<ReturnType<StudioPlatform['data']>>;

const folder = 'opfs:runs/';

/** Milliseconds between two looks at a run. */
const look = 400;

/** Minutes between checkpoints beside those of epochs: so much is done again at most when a tab was closed. */
const checkpointMinutes = 1;

export interface WebRunsOptions {
  readonly data: StudioPlatform['data'];
  readonly weights: RunWeights;
  readonly example: ExampleRun;
  readonly canKeep: boolean;
}

/** Runs in the private file system of the page's site, of which the page trains one at a time, and the example. */
export class WebRuns implements StudioRuns {
  readonly #options: WebRunsOptions;
  #training: Training | undefined;
  readonly #failures = new Map<string, string>();

  constructor(options: WebRunsOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly RunState[]> {
    return [...(await this.#own()), await this.#options.example.state()];
  }

  async metrics(id: string, cursor?: MetricsCursor): Promise<MetricsPart> {
    if (id === exampleId) return this.#options.example.metrics(cursor);
    const file = await bytesAt(`${id}/metrics.jsonl`);
    if (file === undefined) return noPart(cursor);
    const at = async (begin: number, length: number): Promise<Uint8Array> =>
      new Uint8Array(await file.slice(begin, begin + length).arrayBuffer());
    // While it is added to, a file may become stale before it is read: the next look finds it.
    return readPart(at, cursor).catch(() => ({ ...noPart(cursor), again: false, ...(cursor && { cursor }) }));
  }

  start({ data, model, name = model.name, weights, ...options }: TrainRequest): Promise<string> {
    return this.#claimed(async (training) => {
      const taken = new Set((await this.#own()).map(({ id }) => id));
      let out = `${folder}${name}`;
      for (let n = 2; taken.has(out); n++) out = `${folder}${name}-${n}`;
      const from = weights === undefined ? undefined : await (await this.#options.weights.of(weights)).read();
      const named = { name: model.name, options: model.options ?? {} };
      const given = { ...options, weights: from, out, checkpointMinutes };
      await this.#begin(training, out, data, (open, on) => trainOn(open, named, { ...given, ...on }));
      return out;
    });
  }

  async resume(id: string, epochs: number | undefined, patience?: number): Promise<void> {
    if (id === exampleId) throw exampleStays();
    await this.#claimed(async (training) => {
      const config = await configToContinue(id);
      const { name, options } = config.model;
      const given = { out: id, resume: true, epochs, patience, checkpointMinutes } as const;
      await this.#begin(training, id, dataOf(config), (open, on) =>
        trainOn(open, { name, options }, { ...given, ...on }),
      );
    });
  }

  async goOn(tell: (run: CutOff) => void, signal: AbortSignal): Promise<void> {
    if (!this.#options.canKeep) return;
    const runs = {
      list: () => this.#own(),
      isFree: () => this.#training === undefined,
      resume: (id: string) => this.resume(id, undefined),
      forget: (id: string) => this.#failures.delete(id),
    };
    await goOnWith(runs, tell, signal);
  }

  async stop(id: string): Promise<void> {
    if (id === exampleId || this.#training?.path !== id) {
      throw new CardinalError(`${nameOf(id)} is not trained by this page: stop it in the tab that trains it`);
    }
    await this.#training.stop();
  }

  changed(_id: string, signal: AbortSignal): Promise<void> {
    return pause(look, signal);
  }

  async dispose(): Promise<void> {
    await this.#training?.stop();
  }

  /** Those of visitors. */
  async #own(): Promise<readonly RunState[]> {
    if (!this.#options.canKeep) return [];
    const runs = await listRuns();
    return Promise.all(
      runs.map(async ({ path, startedAt, model, epochs, canContinue, inUse }): Promise<RunState> => {
        const isHere = this.#training?.path === path;
        const config = await configAt(path);
        return {
          ...{ id: path, name: nameOf(path), startedAt, model, epochs },
          settings: config === undefined ? {} : settingsOf(config),
          training: isHere ? 'here' : inUse ? 'elsewhere' : 'no',
          end: isHere || inUse ? undefined : endIn(await lastRecords(path)),
          hasCheckpoint: canContinue,
          error: this.#failures.get(path),
        };
      }),
    );
  }

  /** Does what begins a run, unless one trains already. */
  async #claimed<T>(begin: (training: Training) => Promise<T>): Promise<T> {
    if (!this.#options.canKeep) throw new CardinalError(keepsNothing);
    const path = this.#training?.path;
    if (this.#training !== undefined) {
      throw new CardinalError(
        `${path === undefined ? 'a run' : nameOf(path)} is training: stop it first, or wait until it has ended`,
      );
    }
    const training = new Training();
    this.#training = training;
    try {
      return await begin(training);
    } catch (error) {
      training.fail(error);
      if (this.#training === training) this.#training = undefined;
      throw error;
    }
  }

  async #begin(
    training: Training,
    path: string,
    data: string,
    train: (data: Data, on: TrainingDirections) => Promise<unknown>,
  ): Promise<void> {
    training.path = path;
    this.#failures.delete(path);
    void training.over.then((error) => {
      if (error !== undefined) this.#failures.set(path, messageOf(error));
      if (this.#training === training) this.#training = undefined;
    });
    await training.begin(async (on) => train(await this.#options.data(data), on));
  }
}
