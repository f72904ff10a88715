import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';

import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { nodePreparer } from '../../../src/node/data/prepare-threads.ts';
import { saveWeights } from '../../../src/node/weights.ts';
import type { ModelEvent } from '../../../src/serve/models/events.ts';
import {
  ServedModels,
  type ModelSource,
  type ServedModelsOptions,
} from '../../../src/serve/models/served-models.ts';
import { temporaryFolder } from '../../node/data/support/sources.ts';
import { classes, colourNetwork, plain, preprocessing, red } from './colours.ts';

// Files of weights, and models loaded from them, of the file of tests that imports this.

const folder = temporaryFolder();
afterAll(folder.remove);
// The threads that decode live as long as somebody uses them: not each test starts them anew.
const decoders = nodePreparer(true);
afterAll(() => decoders.dispose());
export const at = (name: string): string => join(folder.path, name);

/** The most likely colour first, and the least likely one. */
export const [likely, unlikely, uncertain] = [
  at('likely.safetensors'),
  at('unlikely.safetensors'),
  at('uncertain.safetensors'),
];
await saveWeights(colourNetwork(10), likely);
await saveWeights(colourNetwork(-10), unlikely);
await saveWeights(colourNetwork(Number.NaN), uncertain);
export const picture = await plain(red);
export const versionOf = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
export const [v1, v2] = [versionOf(likely), versionOf(unlikely)];

/** What is served: a file of the test's own, which it changes. */
export const served = at('served.safetensors');
export const source: ModelSource = {
  weights: served,
  name: 'colours',
  model: () => colourNetwork(),
  preprocessing,
  classes,
};
beforeEach(() => {
  copyFileSync(likely, served);
});

export const opened = new Set<ServedModels>();
afterEach(async () => {
  await Promise.all([...opened].map((models) => models.close()));
  opened.clear();
});

export async function load(
  sources: readonly ModelSource[] = [source],
  options: ServedModelsOptions = {},
): Promise<{ models: ServedModels; events: ModelEvent[] }> {
  const events: ModelEvent[] = [];
  const models = await ServedModels.load(sources, {
    backend: () => Promise.resolve(createReferenceBackend()),
    onEvent: (event) => events.push(event),
    ...options,
  });
  opened.add(models);
  return { models, events };
}

/** The best class of a red picture, and the version that said so. */
export const answer = (models: ServedModels, name?: string): Promise<string> =>
  models.use(name, async ({ classifier, version }) => {
    const [best] = await classifier.classify(picture);
    return `${best.class} ${version}`;
  });

export const replace = (path: string): void => {
  copyFileSync(path, at('new'));
  renameSync(at('new'), served);
};

export const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'was accepted',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  );
