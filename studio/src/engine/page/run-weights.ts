import { bytesSource, CardinalError } from 'cardinal-nn';
import { calibrated, exampleStays } from 'cardinal-nn/studio';
import { exampleId, type ExampleRun } from './example.ts';
import { storeError } from './no-room.ts';
import { bytesAt, writeWhole } from './private-files.ts';
import { nameOf } from './run-config.ts';

/** The weights that runs of a page have come to. */
export class RunWeights {
  readonly #example: ExampleRun;

  constructor(example: ExampleRun) {
    this.#example = example;
  }

  /** The weights of a run: a key that changes when they do, and how they are read. Throws a `CardinalError` if it has none yet. */
  async of(id: string): Promise<{ readonly key: string; readonly read: () => Promise<Uint8Array> }> {
    if (id === exampleId) return { key: id, read: () => this.#example.weights() };
    const { path, file } = await newest(id);
    const key = `${path} ${file.lastModified} ${file.size}`;
    return { key, read: async () => new Uint8Array(await file.arrayBuffer()) };
  }

  /** Writes a temperature into the checkpoint of a run that nobody trains; the file's path. */
  async calibrate(id: string, temperature: number): Promise<string> {
    if (id === exampleId) throw exampleStays();
    const { path, file } = await newest(id);
    const source = bytesSource(new Uint8Array(await file.arrayBuffer()), path);
    const bytes = await calibrated(source, temperature);
    await writeWhole(path, bytes).catch(async (error: unknown) => {
      throw await storeError(error, `the temperature of ${nameOf(id)} could not be saved`);
    });
    return `${nameOf(id)}/${nameOf(path)}`;
  }
}

/** Of a run the best weights, or the newest if it has no validation. */
async function newest(id: string): Promise<{ readonly path: string; readonly file: File }> {
  for (const name of ['best.safetensors', 'last.safetensors']) {
    const path = `${id}/${name}`;
    const file = await bytesAt(path);
    if (file !== undefined) return { path, file };
  }
  throw new CardinalError(`${nameOf(id)} has no checkpoint yet: it has to train for an epoch first`);
}
