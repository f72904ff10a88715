import {
  exampleName,
  recordsIn,
  settingsOf,
  type MetricsCursor,
  type MetricsPart,
  type RunState,
} from 'cardinal-nn/studio';
import { messageOf } from '../../parts/message-of.ts';
import { ofFiles } from './data-ids.ts';
import { fetched } from './fetched.ts';

/** The files of the run that comes with the studio (`scripts/make-example-run.ts`). */
const files = {
  weights: new URL('../../../../data/fashion-mnist-run/best.safetensors', import.meta.url),
  config: new URL('../../../../data/fashion-mnist-run/config.json', import.meta.url),
  metrics: new URL('../../../../data/fashion-mnist-run/metrics.jsonl', import.meta.url),
};

export const exampleId = 'run:example';

/** A run that comes with the studio, so that a link shows everything: fetched when somebody looks at it, and never changed. */
export class ExampleRun {
  readonly #found = new Map<keyof typeof files, Promise<Uint8Array>>();

  /** How it stands; with an error if it is not beside the page. */
  async state(): Promise<RunState> {
    const known = { id: exampleId, name: exampleName, startedAt: undefined, isExample: true } as const;
    try {
      const config = JSON.parse(new TextDecoder().decode(await this.#bytes('config'))) as Config;
      const settings = settingsOf({ ...config, data: ofFiles });
      const { model, recipe } = config;
      return {
        ...{ ...known, model: model.name, epochs: recipe.epochs, settings },
        ...{ training: 'no', end: 'finished' },
        hasCheckpoint: true,
      };
    } catch (error) {
      return {
        ...{ ...known, model: undefined, epochs: undefined, settings: {} },
        training: 'no',
        hasCheckpoint: false,
        error: messageOf(error),
      };
    }
  }

  async metrics(cursor?: MetricsCursor): Promise<MetricsPart> {
    // Who has a cursor has read all, and asks again every two seconds: nothing comes after it.
    if (cursor !== undefined) return { records: [], cursor, again: false, more: false };
    const { records } = recordsIn(await this.#bytes('metrics'));
    return { records, cursor: { at: records.length, before: '' }, again: false, more: false };
  }

  weights(): Promise<Uint8Array> {
    return this.#bytes('weights');
  }

  #bytes(name: keyof typeof files): Promise<Uint8Array> {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const bytes = fetched(files[name], 'the example').then(
      async (blob) => new Uint8Array(await blob.arrayBuffer()),
    );
    this.#found.set(name, bytes);
    // Once it can be had again, it is.
    bytes.catch(() => this.#found.delete(name));
    return bytes;
  }
}

/** Of a file that comes with the studio, and is not checked. */
type Config = Parameters<typeof settingsOf>[0];
