import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModel } from '../../src/models/registry.ts';
import { loadTrained } from '../../src/node/trained.ts';
import { metadataOf } from '../../src/train/description.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { asking } from './support/line.ts';
import { openPlatform, type TestPlatform } from './support/studio.ts';

const model = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8, numClasses: 3 },
};
const classes = ['cat', 'dog', 'bird'];

let folder: string;
let opened: TestPlatform;
let engine: ReturnType<typeof asking>;
let weights: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-use-'));
  const path = join(folder, 'pets.safetensors');
  const state = createModel(model.name, model.options).stateDict();
  await writeFile(
    path,
    await writeSafetensors(state, metadataOf({ model, input: [3, 32, 32], classes, temperature: 1.5 })),
  );
  opened = await openPlatform([path]);
  engine = asking(opened.platform);
  weights = (await engine.call('items', []))[0].id;
});

afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

test.each(['safetensors', 'pytorch'] as const)(
  '%s has the weights, and is read as others are',
  async (format) => {
    const { name, bytes } = await engine.call('exportWeights', [{ weights, format }]);
    const path = join(folder, `again-${name}`);
    await writeFile(path, bytes);
    const again = await loadTrained(
      path,
      format === 'pytorch' ? { model: model.name, options: model.options } : {},
    );
    const before = (await opened.platform.trained(weights)).model.stateDict();
    const after = again.model.stateDict();
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [key, tensor] of before) expect(after.get(key)?.data, key).toEqual(tensor.data);
    if (format === 'safetensors')
      expect(again).toMatchObject({ classes, temperature: 1.5, description: model });
  },
);

test('ONNX names its classes and its input', async () => {
  const { name, bytes } = await engine.call('exportWeights', [{ weights, format: 'onnx' }]);
  expect(name).toBe('resnext_cifar.onnx');
  const text = new TextDecoder('latin1').decode(bytes);
  expect(text).toContain(JSON.stringify(classes));
  expect(text).toContain('logits');
});

test('what is no format is said', async () => {
  await expect(engine.call('exportWeights', [{ weights, format: 'tflite' as 'onnx' }])).rejects.toThrow(
    /exportWeights.*format/,
  );
});
