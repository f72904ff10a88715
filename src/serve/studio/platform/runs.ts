import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { CardinalError, messageOf, passOver } from '../../../base/errors.ts';
import { parseJson } from '../../../base/validate.ts';
import type { OpenData } from '../../../data/open-data.ts';
import type { NodeBackendOptions } from '../../../node/backend.ts';
import { namesIn, readTextFile } from '../../../node/files.ts';
import { isInUse } from '../../../node/lock/in-use.ts';
import { RunFolder } from '../../../node/run-folder.ts';
import { runPlatform } from '../../../node/run-platform.ts';
import { runConfigSchema } from '../../../node/training/config.ts';
import { holdsCheckpoint } from '../../../run/folder/checkpoints.ts';
import { metricsName } from '../../../run/folder/run-folder.ts';
import type { RunConfig } from '../../../run/training/config.ts';
import type { RunRequest } from '../../../run/training/options.ts';
import { trainRun } from '../../../run/training/run.ts';
import { exampleStays } from '../../../studio/example.ts';
import { settingsOf } from '../../../studio/train/settings.ts';
import type { MetricsCursor, MetricsPart, StudioRuns } from '../../../studio/train/platform.ts';
import type { RunState, TrainRequest } from '../../../studio/train/service.ts';
import { Training } from '../../../studio/train/training.ts';
import { Ends } from './ends.ts';
import type { Items, Located } from './items.ts';
import { readMetricsFrom } from './metrics.ts';

export interface NodeRunsOptions {
  readonly items: Items;
  readonly engine: Omit<NodeBackendOptions, 'isolated'> | undefined;
  readonly data: (id: string) => Promise<OpenData>;
  readonly weightsOf: (item: Located) => Promise<string>;
}

const mostConfigBytes = 2 ** 24;

/** Milliseconds between two looks at a run that may have gone on. */
const look = 400;

/** Runs on this machine: of folders that were named, and those that the studio trains, one at a time. */
export class NodeRuns implements StudioRuns {
  readonly #options: NodeRunsOptions;
  #training: Training | undefined;
  readonly #ends = new Ends();
  /** Why runs failed that were begun here, by their folder. */
  readonly #failures = new Map<string, string>();

  constructor(options: NodeRunsOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly RunState[]> {
    const items = (await this.#options.items.all()).filter(({ kind }) => kind === 'run');
    return Promise.all(items.map((item) => this.#stateOf(item)));
  }

  async metrics(id: string, cursor?: MetricsCursor): Promise<MetricsPart> {
    const { path } = await this.#options.items.find(id, 'run');
    return readMetricsFrom(join(path, metricsName), cursor);
  }

  start(request: TrainRequest): Promise<string> {
    const { items, data: open, engine, weightsOf } = this.#options;
    const { data, model, name = model.name, weights, ...options } = request;
    return this.#claimed(async (training) => {
      const source = await open(data);
      const from =
        weights === undefined ? undefined : await weightsOf(await items.find(weights, 'run', 'weights'));
      const out = await RunFolder.freshPath(items.runsFolder, name);
      await this.#begin(training, out, {
        source,
        model: { name: model.name, options: model.options ?? {} },
        options: { ...options, weights: from, out, ...engineOf(engine) },
      });
      return `run:${out}`;
    });
  }

  resume(id: string, epochs: number | undefined, patience?: number): Promise<void> {
    return this.#claimed(async (training) => {
      const { path, isExample } = await this.#options.items.find(id, 'run');
      if (isExample) throw exampleStays();
      await this.#requireNamedData(path);
      await this.#begin(training, path, {
        source: undefined,
        model: {},
        options: { out: path, resume: true, epochs, patience },
      });
    });
  }

  async stop(id: string): Promise<void> {
    const { path } = await this.#options.items.find(id, 'run');
    if (this.#training?.path !== path) {
      throw new CardinalError(
        `${basename(path)} is not trained by this studio: stop it where it was started, by Ctrl-C`,
      );
    }
    await this.#training.stop();
  }

  async changed(_id: string, signal: AbortSignal): Promise<void> {
    await pause(look, undefined, { signal }).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    await this.#training?.stop();
  }

  async #begin(
    training: Training,
    path: string,
    request: Omit<RunRequest, 'onEvent' | 'listen'>,
  ): Promise<void> {
    training.path = path;
    let hasBegun = false;
    void training.over.then((error) => {
      // Why a run could not go on, whoever asked for it is told; the run is as it was.
      if (error !== undefined && hasBegun) this.#failures.set(path, messageOf(error));
      if (this.#training === training) this.#training = undefined;
    });
    await training.begin(({ signal, onEvent }) =>
      // In a thread of its own: this one answers the page.
      trainRun({ ...request, listen: () => signal, onEvent }, runPlatform(undefined, { isolated: true })),
    );
    hasBegun = true;
    this.#failures.delete(path);
  }

  /** Does what begins a run, unless one trains already. */
  async #claimed<T>(begin: (training: Training) => Promise<T>): Promise<T> {
    const path = this.#training?.path;
    if (this.#training !== undefined) {
      throw new CardinalError(
        `${path === undefined ? 'a run' : basename(path)} is training: stop it first, or wait until it has ended`,
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

  /** A run's settings name a folder, which need not be one that the studio may read. */
  async #requireNamedData(path: string): Promise<void> {
    const config = await configOf(path);
    const known = await this.#options.items.all();
    if (config === undefined || known.some((item) => item.kind === 'data' && item.path === config.data))
      return;
    throw new CardinalError(
      `${basename(path)} was trained on ${config.data}, which was not named: start cardinal studio with it as well`,
    );
  }

  async #stateOf({ id, name, path, isExample }: Located): Promise<RunState> {
    const [config, names] = await Promise.all([configOf(path), namesIn(path)]);
    const isHere = this.#training?.path === path;
    const training = isHere ? 'here' : (await isInUse(path)) ? 'elsewhere' : 'no';
    // The pictures of the example lie beside it, wherever the package does.
    const known =
      isExample && config !== undefined ? { ...config, data: join(dirname(path), config.data) } : config;
    return {
      ...{ id, name, isExample, model: config?.model.name },
      startedAt: isExample ? undefined : config?.startedAt,
      ...{ epochs: config?.recipe.epochs, settings: known === undefined ? {} : settingsOf(known) },
      ...{ training, end: training === 'no' ? await this.#ends.of(join(path, metricsName)) : undefined },
      hasCheckpoint: isExample || holdsCheckpoint(names),
      error: this.#failures.get(path),
    };
  }
}

async function configOf(path: string): Promise<RunConfig | undefined> {
  const file = join(path, 'config.json');
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  return readTextFile(file, mostConfigBytes)
    .then((text) => parseJson(runConfigSchema, text, file))
    .catch(passOver(undefined));
}

function engineOf(engine: NodeRunsOptions['engine']) {
  return { backend: engine?.name, threads: engine?.threads, blas: engine?.blas };
}
