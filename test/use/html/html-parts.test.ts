import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { joinedBytes } from '../../../src/base/joined-bytes.ts';
import { bytesSource } from '../../../src/weights/byte-source.ts';
import { createModel, nn } from '../../../src/index.ts';
import { allEntries } from '../../../src/models/all-entries.ts';
import { checkpointEntries } from '../../../src/models/checkpoint-entries.ts';
import { htmlNetworks, type HtmlFiles } from '../../../src/use/html/files.ts';
import { htmlParts } from '../../../src/use/html/html-parts.ts';
import { htmlSize, mostHtmlWeights, requireHtmlSize, weightBytes } from '../../../src/use/html/size.ts';
import { openWeightsFrom } from '../../../src/use/opened-weights.ts';
import { loadFrom, type Trained } from '../../../src/use/trained.ts';
import { metadataOf } from '../../../src/train/description.ts';
import { writeSafetensors } from '../../../src/weights/safetensors.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const files: HtmlFiles = {
  page: text('<title>é</title><!-- inside --><script>last</script>'),
  engine: text('engine'),
  relaxed: text('relaxed'),
  simd: text('simd'),
  pictures: text('pictures'),
  jpeg: text('jpeg'),
  decoder: text('decoder'),
  licences: text('licences'),
};
const preprocessing = {
  ...{
    channels: 3 as const,
    size: [32, 32] as [number, number],
    resize: 32,
    interpolation: 'bilinear' as const,
  },
  ...{ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
};
const model = {
  name: 'resnext_cifar',
  // More than one element takes.
  options: { layers: [1, 1, 1], planes: 32, cardinality: 8, baseWidth: 32, numClasses: 2 },
};
const description = {
  ...{ model, input: [3, 32, 32], classes: ['</script>', '<!--'], preprocessing, temperature: 2 },
  ...{ licence: 'MIT', trained: { epochs: 2, steps: 9, validation: { loss: 1, top1: 0.5, top5: 1 } } },
};

let loaded: Trained;
beforeAll(async () => {
  const state = createModel(model.name, model.options).initialize(1).stateDict();
  const bytes = await writeSafetensors(state, metadataOf(description));
  loaded = await loadFrom(await openWeightsFrom(bytesSource(bytes, 'net')), {});
});

function trained(changes: Partial<Trained> = {}): Trained {
  return { ...loaded, ...changes };
}

async function pageOf(network: Trained, title = 'net'): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of htmlParts(network, files, title)) parts.push(part);
  return new TextDecoder().decode(joinedBytes(parts));
}

function inside(page: string): [string, string][] {
  return [...page.matchAll(/<script type="[\w/]+" data-inside="(\w+)">([^<]*)<\/script>\n/g)].map(
    ([, name, content]) => [name, content],
  );
}

describe('an HTML file with a network', () => {
  test('is the page with everything in its place, whatever names hold', async () => {
    const page = await pageOf(trained(), "</script><!-- it's & 𝛼");
    expect(page.startsWith('<title>é</title><script type="application/json" data-inside="facts">')).toBe(
      true,
    );
    expect(page.endsWith('</script>\n<script>last</script>')).toBe(true);
    const blocks = inside(page);
    // Nothing but whole elements between them.
    expect(page.match(/</g)).toHaveLength(2 * blocks.length + 4);
    expect(JSON.parse(blocks[0][1])).toMatchObject({
      ...{ title: "</script><!-- it's & 𝛼", network: 'resnext_cifar', networks: 'resnext', licence: 'MIT' },
      trained: description.trained,
    });
    for (const name of ['engine', 'relaxed', 'simd', 'pictures', 'jpeg', 'decoder', 'licences']) {
      const found = blocks.filter(([each]) => each === name);
      expect(found).toHaveLength(1);
      expect(gunzipSync(Buffer.from(found[0][1], 'base64')).toString()).toBe(name);
    }
  });

  test('has the checkpoint in it', async () => {
    const network = trained();
    const blocks = inside(await pageOf(network)).filter(([name]) => name === 'weights');
    expect(blocks.length).toBeGreaterThan(1);
    const bytes = joinedBytes(blocks.map(([, content]) => new Uint8Array(Buffer.from(content, 'base64'))));
    const again = await loadFrom(await openWeightsFrom(bytesSource(bytes, 'again')), {});
    expect(again).toMatchObject({
      ...{ classes: description.classes, temperature: 2, trained: description.trained, preprocessing },
    });
    for (const [name, tensor] of network.model.stateDict())
      expect(again.model.stateDict().get(name)?.data, name).toEqual(tensor.data);
  });

  test('is about as large as was said', async () => {
    const { model: network } = trained();
    const weights = weightBytes(network);
    const { length } = await writeSafetensors(network.stateDict());
    expect(Math.abs(length - weights)).toBeLessThan(0.02 * weights);
    expect(htmlSize(weights)).toBeGreaterThan((4 / 3) * weights);
  });

  test.each<[string, () => Trained, RegExp]>([
    ['numbers', () => trained({ task: 'numbers' }), /gives numbers, a page shows classes/],
    ['no preprocessing', () => trained({ preprocessing: undefined }), /how pictures are prepared/],
    ['two channels', () => trained({ channels: 2 }), /1 or 3 channels, got a network of 2/],
    ['a name too few', () => trained({ classes: ['one'] }), /has 2 classes, but there is 1 name for them/],
    [
      'preprocessing of other channels',
      () => trained({ preprocessing: { ...preprocessing, channels: 1, mean: [0], std: [1] } }),
      /expected preprocessing of 3 channels, the network's, got 1$/,
    ],
    [
      'a network of its own',
      () => trained({ model: new nn.Linear(2, 2), description: { name: 'mine', options: {} } }),
      /mine is no network of the registry/,
    ],
  ])('is refused for %s in one line', async (_, network, message) => {
    await expect(pageOf(network())).rejects.toThrow(message);
    await expect(pageOf(network())).rejects.not.toThrow(/\n/);
  });

  test('is refused for more weights than a page takes, before anything is written', () => {
    expect(() => {
      requireHtmlSize('net', mostHtmlWeights);
    }).not.toThrow();
    expect(() => {
      requireHtmlSize('net', mostHtmlWeights + 1);
    }).toThrow(/^net has 513 MiB of weights, a page takes 512 MiB: serve it/);
  });

  test('without a place in its page is refused', async () => {
    const parts = htmlParts(trained(), { ...files, page: text('<p>') }, 'net');
    await expect(parts.next()).rejects.toThrow(/no place for a network/);
  });

  test('of weights that were adapted claims no scores', async () => {
    const page = await pageOf(trained({ adapted: true }));
    expect(JSON.parse(inside(page)[0][1])).toMatchObject({ trained: { epochs: 2, steps: 9 } });
    expect(page).not.toContain('validation');
  });
});

test('small scripts are taken for networks that their engine loads by itself, and for no others', () => {
  const small = allEntries.filter(
    ({ name }) => htmlNetworks({ description: { name, options: {} }, task: undefined }) === 'resnext',
  );
  const loaded = new Set(checkpointEntries.map(({ name }) => name));
  expect(small.every(({ name }) => loaded.has(name))).toBe(true);
  expect(small.length).toBeGreaterThan(20);
  const of = (options: object, task?: 'labels') =>
    htmlNetworks({ description: { name: 'resnet50', options: { ...options } }, task });
  expect([of({ numClasses: 3 }), of({ attention: 'se' }), of({}, 'labels')]).toEqual([
    'resnext',
    'all',
    'all',
  ]);
});
