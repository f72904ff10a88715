import { CardinalError } from 'cardinal-nn';
import {
  endIn,
  settingsOf,
  type MetricsCursor,
  type MetricsPart,
  type RunState,
  type StudioPlatform,
  type StudioRuns,
  type TrainRequest,
} from 'cardinal-nn/studio';
import { listRuns, readMetrics, trainOn } from 'cardinal-nn/web';
import { bytesAt, textAt } from './private-files.ts';

const folder = 'opfs:runs/';

/** Lines of a run that are read: some hours of training. */
const mostLines = 100_000;

/** Lines among which a run's end is: some of a run that goes on may stand behind it. */
const lastLines = 5;

/** Milliseconds between two looks at a run. */
const look = 400;

/** Runs in the private file system of the page's site, of which the page trains one at a time. */
export class WebRuns implements StudioRuns {
  readonly #data: StudioPlatform['data'];
  readonly #canKeep: boolean;
  /** What run of which data trains here, and how it is ended. */
  #training:
    { readonly path: string; readonly end: AbortController; readonly over: Promise<unknown> } | undefined;
  readonly #failures = new Map<string, string>();

  constructor(data: StudioPlatform['data'], canKeep: boolean) {
    this.#data = data;
    this.#canKeep = canKeep;
  }

  async list(): Promise<readonly RunState[]> {
    if (!this.#canKeep) return [];
    const runs = await listRuns();
    return Promise.all(
      runs.map(async ({ path, startedAt, model, epochs, canContinue, inUse }): Promise<RunState> => {
        const isHere = this.#training?.path === path;
        return {
          ...{ id: path, name: path.slice(path.lastIndexOf('/') + 1), startedAt, model, epochs },
          settings: await settingsAt(path),
          training: isHere ? 'here' : inUse ? 'elsewhere' : 'no',
          end: isHere || inUse ? undefined : endIn(await readMetrics(path, { last: lastLines })),
          hasCheckpoint: canContinue,
          error: this.#failures.get(path),
        };
      }),
    );
  }

  async metrics(id: string, cursor?: MetricsCursor): Promise<MetricsPart> {
    const all = await readMetrics(id, { last: mostLines });
    const from = cursor ?? { at: 0, before: '' };
    const isSame = lineBefore(all, from.at) === from.before;
    const next = { at: all.length, before: lineBefore(all, all.length) };
    return { records: all.slice(isSame ? from.at : 0), cursor: next, again: !isSame, more: false };
  }

  async start({ data, model, name = model.name, weights, ...options }: TrainRequest): Promise<string> {
    this.#requireFree();
    const taken = new Set((await this.list()).map(({ id }) => id));
    let out = `${folder}${name}`;
    for (let n = 2; taken.has(out); n++) out = `${folder}${name}-${n}`;
    const from = weights === undefined ? undefined : await (await this.weights(weights)).read();
    const named = { name: model.name, options: model.options ?? {} };
    await this.#train(out, data, (data, on) =>
      trainOn(data, named, { ...options, weights: from, out, ...on }),
    );
    return out;
  }

  async resume(id: string, epochs: number | undefined, patience?: number): Promise<void> {
    this.#requireFree();
    const run = (await this.list()).find((each) => each.id === id);
    if (run?.model === undefined)
      throw new CardinalError(`${id} cannot be continued: its settings are not there`);
    const named = { name: run.model };
    const source = run.settings['data'] ?? '';
    const data = source === 'pictures' ? 'data:bundled' : `data:kept/${source}`;
    await this.#train(id, data, (data, on) =>
      trainOn(data, named, { out: id, resume: true, epochs, patience, ...on }),
    );
  }

  async stop(id: string): Promise<void> {
    const training = this.#training;
    if (training?.path !== id) throw new CardinalError(`${id} is not trained by this page`);
    training.end.abort();
    await training.over;
  }

  changed(_id: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, look);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** The weights of a run: a key that changes when they do, and how they are read. */
  async weights(id: string): Promise<{ readonly key: string; readonly read: () => Promise<Uint8Array> }> {
    for (const name of ['best.safetensors', 'last.safetensors']) {
      const file = await bytesAt(`${id}/${name}`);
      if (file === undefined) continue;
      const key = `${id} ${name} ${file.lastModified} ${file.size}`;
      return { key, read: async () => new Uint8Array(await file.arrayBuffer()) };
    }
    throw new CardinalError(`${id} has no checkpoint yet: it has to train for an epoch first`);
  }

  async dispose(): Promise<void> {
    this.#training?.end.abort();
    await this.#training?.over;
  }

  async #train(
    path: string,
    data: string,
    train: (
      data: Awaited<ReturnType<StudioPlatform['data']>>,
      on: { readonly signal: AbortSignal; readonly onEvent: (event: { readonly type: string }) => void },
    ) => Promise<unknown>,
  ): Promise<void> {
    const end = new AbortController();
    const begun = Promise.withResolvers<undefined>();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type === 'start') begun.resolve(undefined);
    };
    const running = this.#data(data).then((open) => train(open, { signal: end.signal, onEvent }));
    const over = running.then(
      () => {
        begun.resolve(undefined);
        this.#training = undefined;
      },
      (error: unknown) => {
        begun.reject(error);
        this.#training = undefined;
        this.#failures.set(path, error instanceof Error ? error.message : String(error));
      },
    );
    this.#failures.delete(path);
    this.#training = { path, end, over };
    await begun.promise;
  }

  #requireFree(): void {
    if (this.#training === undefined) return;
    const { path } = this.#training;
    throw new CardinalError(
      `${path.slice(path.lastIndexOf('/') + 1)} is training: stop it first, or wait until it has ended`,
    );
  }
}

/** What a run that was cut, or is another, has not at that place. */
function lineBefore(all: readonly object[], at: number): string {
  return at === 0 ? '' : JSON.stringify(all[at - 1] ?? '');
}

async function settingsAt(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await textAt(`${path}/config.json`);
  if (text === undefined) return {};
  try {
    return settingsOf(JSON.parse(text) as Parameters<typeof settingsOf>[0]);
  } catch {
    // A damaged file tells no settings.
    return {};
  }
}
