import { describe, expect, test } from 'vitest';
import { convolutionsOf } from '../../bench/compare/convolutions.ts';
import {
  bytesOf,
  describeLayer,
  flopOf,
  repeatsOf,
  shapesOf,
  type Layer,
} from '../../bench/compare/layer.ts';
import { partsOf, suites, type LayerWork } from '../../bench/compare/work.ts';

describe('the convolutions of a network', () => {
  const layers = convolutionsOf('resnext50_32x4d', [8, 3, 224, 224]);
  const named = (name: string): Layer => {
    const found = layers.find((layer) => layer.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  test('do all of its published work but the last layer’s', () => {
    // 4.230 GMACs a picture (torchvision), 2048×1000 of them linear.
    const macs = layers.reduce((sum, layer) => sum + (layer.times * flopOf(layer)) / 2 / 8, 0) + 2048 * 1000;
    expect((macs / 1e9).toFixed(3)).toBe('4.230');
  });

  test('are told once, with how often there is one', () => {
    // 1 stem, 16 blocks of 3, 4 projections.
    expect(layers.reduce((sum, { times }) => sum + times, 0)).toBe(53);
    const shapes = layers.map(describeLayer);
    expect(new Set(shapes).size).toBe(shapes.length);
    // Table 1 of the paper: the stride of a stage sits in the 3×3 of its first block.
    expect(
      layers.filter(({ groups }) => groups === 32).map((layer) => [layer.times, describeLayer(layer)]),
    ).toEqual([
      [3, '128→128 3×3 G32 56²'],
      [1, '256→256 3×3/2 G32 56²'],
      [3, '256→256 3×3 G32 28²'],
      [1, '512→512 3×3/2 G32 28²'],
      [5, '512→512 3×3 G32 14²'],
      [1, '1024→1024 3×3/2 G32 14²'],
      [2, '1024→1024 3×3 G32 7²'],
    ]);
  });

  test('have the shapes that PyTorch gives them', () => {
    expect(shapesOf(named('conv1'))).toEqual({
      x: [8, 3, 224, 224],
      w: [64, 3, 7, 7],
      y: [8, 64, 112, 112],
    });
    expect(shapesOf(named('layer2.0.conv2'))).toEqual({
      x: [8, 256, 56, 56],
      w: [256, 8, 3, 3],
      y: [8, 256, 28, 28],
    });
  });

  test('need not read the pixels that a stride passes over, but write their gradient', () => {
    const project = named('layer2.0.downsample.0');
    const [x, w, y] = [8 * 256 * 56 * 56, 512 * 256, 8 * 512 * 28 * 28];
    expect(bytesOf(project, 'forward')).toBe(4 * (x / 4 + w + y));
    expect(bytesOf(project, 'weight')).toBe(4 * (x / 4 + w + y));
    expect(bytesOf(project, 'input')).toBe(4 * (x + w + y));
    // A 3×3 with stride 2 touches all.
    expect(bytesOf(named('layer2.0.conv2'), 'forward')).toBe(4 * (x + 256 * 8 * 9 + 8 * 256 * 28 * 28));
  });

  test('of ResNeXt-29 are in the suite as well', () => {
    const works = suites['shapes'].works.map((make) => make());
    expect(works.map(({ id }) => id)).toEqual(['resnext50-1', 'resnext50-8', 'resnext29-32']);
    const counts = works.map((work) => ('layers' in work ? [work.layers.length, work.passes.length] : []));
    expect(counts).toEqual([
      [24, 1],
      [24, 3],
      [18, 3],
    ]);
  });

  test('of pictures are not asked for their gradient', () => {
    const parts = partsOf(suites['shapes'].works[1]() as LayerWork);
    expect(parts.filter(({ pass }) => pass === 'input').map(({ layer }) => layer.name)).toEqual(
      layers.map(({ name }) => name).filter((name) => name !== 'conv1'),
    );
  });

  test('are repeated until a time takes milliseconds, and not for ever', () => {
    expect(repeatsOf(named('conv1'))).toBe(1);
    const [tiny] = convolutionsOf('resnet20_cifar', [1, 3, 32, 32]);
    expect(repeatsOf(tiny)).toBe(16);
  });
});
