import { expect, test } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { aggregationsOf } from '../../src/session/paths/aggregations.ts';
import { blockLayersOf } from '../../src/session/paths/block-layers.ts';

function layersOf(name: string, options: Readonly<Record<string, unknown>> = {}, size = 64) {
  const { nodes } = trace(createModel(name, options), [1, 3, size, size], { training: false }).graph;
  return new Map(aggregationsOf(nodes).map((found) => [found.block, blockLayersOf(found, nodes)]));
}

const plain = { kernel: [3, 3], isReduced: true, hasShortcut: true };

test.each(['a', 'b', 'c'])("ResNeXt-50's blocks are those of the paper's Table 1, in form (%s)", (form) => {
  const found = layersOf('resnext50_32x4d', { form });
  expect(found.size).toBe(16);
  expect(found.get('layer1.0')).toEqual({ ...plain, inputWidth: 64, width: 4, outputWidth: 256 });
  expect(found.get('layer1.1')).toEqual({ ...plain, inputWidth: 256, width: 4, outputWidth: 256 });
  expect(found.get('layer4.0')).toEqual({ ...plain, inputWidth: 1024, width: 32, outputWidth: 2048 });
  expect(found.get('layer4.2')).toEqual({ ...plain, inputWidth: 2048, width: 32, outputWidth: 2048 });
});

test('blocks with gates have shortcuts, a path of RegNet has its group', () => {
  const layers = { ...plain, inputWidth: 64, width: 4, outputWidth: 256 };
  expect(layersOf('seresnext50_32x4d').get('layer1.0')).toEqual(layers);
  expect(layersOf('regnety_008').get('s1.b1')).toMatchObject({ ...plain, width: 16, outputWidth: 64 });
});

test("MobileNetV2's first block has no 1×1 convolution before its paths, and its second no shortcut", () => {
  const found = layersOf('mobilenetv2_100');
  const one = { width: 1, kernel: [3, 3] };
  // Table 2 of Sandler et al. 2018: 32 → 16 with t = 1, then 16 → 24 and 24 → 24 with t = 6.
  expect(found.get('blocks.0.0')).toEqual({
    ...{ ...one, inputWidth: 32, outputWidth: 16, isReduced: false, hasShortcut: false },
  });
  expect(found.get('blocks.1.0')).toEqual({
    ...{ ...one, inputWidth: 16, outputWidth: 24, isReduced: true, hasShortcut: false },
  });
  expect(found.get('blocks.1.1')).toEqual({
    ...{ ...one, inputWidth: 24, outputWidth: 24, isReduced: true, hasShortcut: true },
  });
});
