import { expect, test } from 'vitest';
import { cifarResNetEntries } from '../../src/models/cifar-entries.ts';
import { freeEntries, paperEntries } from '../../src/models/resnext-entries.ts';
import { createModel } from '../../src/models/registry.ts';
import { imagenetPreprocessing } from '../../src/data/preprocessing.ts';
import { metadataOf } from '../../src/train/description.ts';
import { loadOwnCheckpoint } from '../../src/use/own-checkpoint.ts';
import { openWeightsFrom } from '../../src/use/opened-weights.ts';
import { loadFrom } from '../../src/use/trained.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';

const networks = [...paperEntries, ...cifarResNetEntries, ...freeEntries];

/** A file of weights of a network, with a description unless it is bare. */
async function fileOf(name: string, options = {}, bare = false): Promise<Uint8Array> {
  const description = {
    ...{ model: { name, options }, input: [3, 32, 32], classes: ['a', 'b'] },
    ...{ preprocessing: imagenetPreprocessing, licence: 'MIT' },
  };
  return writeSafetensors(createModel(name, options).stateDict(), bare ? {} : metadataOf(description));
}

test('a checkpoint of a ResNeXt is what every loader makes of it', async () => {
  const options = { layers: 11, cardinality: 4, baseWidth: 8, numClasses: 2 };
  const file = await fileOf('resnext_cifar', options);
  const own = await loadOwnCheckpoint(bytesSource(file, 'it'), networks);
  const known = await loadFrom(await openWeightsFrom(bytesSource(file, 'it')), {});
  expect(own?.model.stateDict()).toEqual(known.model.stateDict());
  const { description, classes, preprocessing, licence } = known;
  expect(own).toMatchObject({ description, classes, preprocessing, licence });
});

test('other networks, bare weights and other files are for others to read', async () => {
  const others = [
    await fileOf('resnext29_32x4d_cifar.kuangliu'),
    await fileOf('resnet20_cifar', {}, true),
    Uint8Array.of(0x50, 0x4b, 3, 4, 0x14, 0, 8, 8, 0),
  ];
  for (const file of others)
    expect(await loadOwnCheckpoint(bytesSource(file, 'it'), networks)).toBeUndefined();
});

test('a damaged one is refused', async () => {
  const file = await fileOf('resnet20_cifar');
  file[file.length - 1] ^= 1;
  await expect(loadOwnCheckpoint(bytesSource(file, 'it'), networks)).rejects.toThrow(/^it/);
});
