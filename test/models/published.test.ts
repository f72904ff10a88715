import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { countModel } from '../../src/cost/count-model.ts';
import { pretrainedOf } from '../../src/models/pretrained/index.ts';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';
import { readJson } from '../parity/tensors.ts';

/** What `scripts/fixtures/residual.py` wrote of timm's whole networks. */
const listings = readJson('residual/listings.json') as Readonly<
  Record<
    string,
    { readonly size: number; readonly params: number; readonly macs: number; readonly sha256: string }
  >
>;

test.each(Object.entries(listings))(
  "%s has timm's tensors, parameters, MACs and size of pictures",
  (name, listed) => {
    const lines = [...createModel(name).stateSpecs()].map(
      ([path, { shape }]) => `${path} ${shape.join('x')}`,
    );
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(listed.sha256);
    const { params, macs } = countModel(name);
    expect([params, macs]).toEqual([listed.params, listed.macs]);
    expect(modelInfo(name).inputShape).toEqual([3, listed.size, listed.size]);
  },
);

test('weights are published of networks that the registry has, under names of their own', () => {
  const names = listModels();
  const all = names.flatMap((name) => pretrainedOf(name));
  expect(all.length).toBeGreaterThan(260);
  expect(new Set(all.map(({ hub }) => hub)).size).toBe(all.length);
  // timm's results-imagenet.csv.
  const [best] = pretrainedOf('resnext50_32x4d').filter(({ name }) => name.endsWith('.a1_in1k'));
  expect(best).toMatchObject({
    hub: 'hf:timm/resnext50_32x4d.a1_in1k',
    year: 2021,
    licence: 'Apache-2.0',
    pictures: { size: 224, cropShare: 0.95, interpolation: 'bicubic' },
    accuracies: [
      { size: 224, cropShare: 0.95, top1: 80.526, top5: 94.458 },
      { size: 288, cropShare: 1, top1: 81.48, top5: 95.152 },
    ],
  });
});
