import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { loadClassifier, type Classifier } from '../../src/node/index.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import { seed } from '../support/seed.ts';
import { drawWeights } from '../use/explain/networks.ts';
import type { Tools } from './engine-page.ts';
import { browsers, openBrowser } from './support/browsers.ts';
import { load, ToolPages, type Loaded } from './support/tool-pages.ts';

/** In the page. */
declare const tools: Tools;

/** Options of every call, which are JSON. */
const asked = {
  label: 'kind 2',
  size: 8,
  layers: ['layer1.0.conv2', 'fc'],
  blocks: ['layer2.0'],
};

/** What is told of a picture, with its numbers as lists. */
interface Told {
  readonly explained: unknown;
  readonly covered: unknown;
  readonly layers: unknown;
  readonly paths: unknown;
  readonly features: number[];
  readonly logits: number[];
}

let files: Loaded['files'];
let expected: Told;

beforeAll(async () => {
  const loaded = await load();
  const options = { layers: [1, 1], cardinality: 4, baseWidth: 16, planes: 16, numClasses: 5 };
  const model = createModel('resnext_cifar', options);
  drawWeights(model, seed);
  const checkpoint = await buildCheckpoint({
    model: { name: 'resnext_cifar', options },
    input: [3, 32, 32],
    classes: Array.from({ length: 5 }, (_, label) => `kind ${label}`),
    preprocessing: {
      ...{ channels: 3, size: [32, 32], resize: 32, interpolation: 'bilinear' },
      ...{ mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.25] },
    },
    state: model.stateDict(),
  });
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-explains-'));
  const path = join(folder, 'small.safetensors');
  await writeFile(path, checkpoint);
  await using classifier = await loadClassifier(path, { blas: false, threads: 1 });
  expected = await toldBy(classifier, loaded.picture);
  await rm(folder, { recursive: true });
  files = { ...loaded.files, '/small.safetensors': checkpoint };
}, 60_000);

async function toldBy(classifier: Classifier, picture: Uint8Array): Promise<Told> {
  const { label, size, layers, blocks } = asked;
  return listed({
    explained: await classifier.explain(picture, { label }),
    covered: await classifier.occlusion(picture, { label, size }),
    layers: await classifier.activations(picture, { layers }),
    paths: await classifier.pathContributions(picture, { label, blocks }),
    features: await classifier.features(picture),
    logits: await classifier.logits(picture),
  }) as Told;
}

/** The same as JSON, in which no functions are; with lists in place of arrays of numbers. */
function listed(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one: unknown) => (one instanceof Float32Array ? [...one] : one)),
  );
}

describe.each(browsers)('a classifier in a page of %s', (kind) => {
  let pages: ToolPages;
  beforeAll(async () => {
    pages = new ToolPages(await openBrowser(kind), files);
  });
  afterAll(() => pages.close());

  test.each([true, false])(
    "tells of a picture what Node's does, isolated: %s",
    async (isolated) => {
      const { page, server } = await pages.open({ isolated });
      const found = await page.evaluate(async ({ label, size, layers, blocks }) => {
        const { loadClassifier, attempt } = tools;
        const classifier = await loadClassifier('/small.safetensors', { base: '/dist' });
        const list = (value: unknown): unknown =>
          JSON.parse(
            JSON.stringify(value, (_, one: unknown) => (one instanceof Float32Array ? [...one] : one)),
          );
        const before = performance.getEntriesByType('resource').map(({ name }) => name);
        const blob = await (await fetch('/picture.png')).blob();
        const progress: unknown[] = [];
        const paths: unknown[] = [];
        const told = {
          explained: await classifier.explain(blob, { label }),
          covered: await classifier.occlusion('/picture.png', {
            ...{ label, size },
            onProgress: (one) => progress.push(one),
          }),
          layers: await classifier.activations(blob, { layers }),
          paths: await classifier.pathContributions(blob, {
            ...{ label, blocks },
            onProgress: (one) => paths.push(one),
          }),
          features: await classifier.features(blob),
          logits: await classifier.logits(blob),
        };
        const ending = new AbortController();
        ending.abort(new Error('enough'));
        const faults = [
          await attempt(() => classifier.explain(blob, { label: 'kind 9' })),
          await attempt(() => classifier.activations(blob, { layers: ['conv9'] })),
          await attempt(() => classifier.activations(blob, {} as never)),
          await attempt(() => classifier.pathContributions(blob, { blocks: ['layer9'] })),
          await attempt(() => classifier.occlusion(blob, { side: 3 } as never)),
          await attempt(() => classifier.features(new Blob(['none']))),
          await attempt(() => classifier.logits(blob, { signal: ending.signal })),
        ];
        const waiting = attempt(() => classifier.pathContributions(blob));
        await classifier.dispose();
        const after = [await waiting, await attempt(() => classifier.explain(blob))];
        return { told: list(told), before, progress, paths, faults, after };
      }, asked);
      expect(found.told).toEqual(expected);
      // The script that explains comes when it is needed, and the weights once.
      expect(found.before.some((name) => name.endsWith('/explain.js'))).toBe(false);
      expect(server.requests.filter((path) => path === '/small.safetensors')).toHaveLength(1);
      const covered = expected.covered as { rows: number; columns: number };
      expect(found.progress.at(-1)).toEqual({
        done: covered.rows * covered.columns,
        of: covered.rows * covered.columns,
      });
      expect(found.paths.at(-1)).toEqual({ done: 4, of: 4, block: 'layer2.0' });
      expect(found.faults).toEqual([
        expect.stringMatching(/^UsageError: .*kind 9/),
        expect.stringMatching(/^UsageError: activations: expected a layer .*'conv9'/),
        expect.stringMatching(/^UsageError: .*layers/),
        expect.stringMatching(/^UsageError: .*'layer9'/),
        expect.stringMatching(/^UsageError: .*side/),
        expect.stringMatching(/^UnreadableError: cannot read the picture/),
        'Error: enough',
      ]);
      expect(found.after).toEqual([
        expect.stringMatching(/^DisposedError: /),
        expect.stringMatching(/^DisposedError: /),
      ]);
    },
    120_000,
  );
});
