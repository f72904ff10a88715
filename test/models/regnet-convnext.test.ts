import { describe, expect, it, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { createModel, modelInfo } from '../../src/models/index.ts';
import { regnetStages } from '../../src/models/regnet.ts';
import { trace } from '../../src/nn/index.ts';

const perOutput: Readonly<Record<string, number>> = { batch_norm_inference: 2, layer_norm: 5 };

// Parameters as timm has them, and GMACs as its benchmarks list them at 224², to two decimals that are often rounded up. They count two
// operations for each output of a batch norm and five for one of a layer norm beside the multiply–accumulates of weights; ours are of weights
// alone.
test.each([
  ['regnetx_002', 2_684_792, 0.2],
  ['regnetx_004', 5_157_512, 0.4],
  ['regnetx_004_tv', 5_495_976, 0.42],
  ['regnetx_006', 6_196_040, 0.61],
  ['regnetx_008', 7_259_656, 0.81],
  ['regnetx_016', 9_190_136, 1.62],
  ['regnetx_032', 15_296_552, 3.2],
  ['regnetx_040', 22_118_248, 3.99],
  ['regnetx_064', 26_209_256, 6.49],
  ['regnetx_080', 39_572_648, 8.02],
  ['regnetx_120', 46_106_056, 12.13],
  ['regnetx_160', 54_278_536, 15.99],
  ['regnetx_320', 107_811_560, 31.81],
  ['regnety_002', 3_162_996, 0.2],
  ['regnety_004', 4_344_144, 0.41],
  ['regnety_006', 6_055_160, 0.61],
  ['regnety_008', 6_263_168, 0.81],
  ['regnety_008_tv', 6_432_512, 0.84],
  ['regnety_016', 11_202_430, 1.63],
  ['regnety_032', 19_436_338, 3.2],
  ['regnety_040', 20_646_656, 4],
  ['regnety_064', 30_583_252, 6.39],
  ['regnety_080', 39_180_068, 8],
  ['regnety_080_tv', 39_381_472, 8.51],
  ['regnety_120', 51_822_544, 12.14],
  ['regnety_160', 83_590_140, 15.96],
  ['regnety_320', 145_046_770, 32.34],
  ['convnext_atto', 3_695_520, 0.55],
  ['convnext_femto', 5_217_784, 0.79],
  ['convnext_pico', 9_045_672, 1.37],
  ['convnext_nano', 15_593_560, 2.46],
  ['convnext_tiny', 28_589_128, 4.47],
  ['convnext_small', 50_223_688, 8.71],
  ['convnext_base', 88_591_464, 15.38],
  ['convnext_large', 197_767_336, 34.4],
])('%s has %i parameters and %s GMACs', (name, params, gmacs) => {
  const count = countModel(name);
  expect(count.params).toBe(params);
  const { graph } = trace(createModel(name), [1, 3, 224, 224], { training: false });
  const ofNorms = graph.nodes.reduce(
    (sum, { op, outputs }) =>
      sum + (Object.hasOwn(perOutput, op) ? perOutput[op] * sizeOf(outputs[0].shape) : 0),
    0,
  );
  expect(Math.abs((count.macs + ofNorms) / 1e9 - gmacs)).toBeLessThan(0.0101);
});

describe('RegNet', () => {
  it('finds the stages of the paper from its six numbers', () => {
    // RegNetX-3.2GF, Figure 16: d = (2, 6, 15, 2), w = (96, 192, 432, 1008), g = 48.
    const shape = { depth: 25, initialWidth: 88, slope: 26.31, multiplier: 2.25, groupWidth: 48 };
    expect(regnetStages(shape).map(({ blocks }) => blocks)).toEqual([2, 6, 15, 2]);
    expect(regnetStages(shape).map(({ width }) => width)).toEqual([96, 192, 432, 1008]);
  });

  it('has the widths of either program where a half decides', () => {
    const shape = { depth: 14, initialWidth: 56, slope: 38.84, multiplier: 2.4, groupWidth: 16 };
    const widths = (halves: 'even' | 'up') => regnetStages({ ...shape, halves }).map(({ width }) => width);
    expect(widths('even')).toEqual([64, 128, 320, 768]);
    expect(widths('up')).toEqual([64, 144, 320, 784]);
  });

  it('is known by torchvision’s names, too', () => {
    expect(modelInfo('regnet_y_800mf').name).toBe('regnety_008_tv');
    expect(modelInfo('regnet_x_400mf').name).toBe('regnetx_004_tv');
    expect(modelInfo('regnet_y_1_6gf').name).toBe('regnety_016');
    expect(modelInfo('regnet_x_8gf').name).toBe('regnetx_080');
  });
});

describe('options', () => {
  it('make them shorter, narrower, grey, of other classes, and squeeze', () => {
    const small = { widthMultiplier: 0.2, numClasses: 7, inChannels: 1, dropPath: 0.1, dropout: 0.1 };
    for (const options of [small, { ...small, layers: 6, baseWidth: 4, attention: 'se' }]) {
      const { output } = trace(createModel('regnetx_002', options), [2, 1, 65, 70], { training: true });
      expect(output.shape).toEqual([2, 7]);
    }
    const model = createModel('convnext_tiny', { ...small, layers: [1, 1, 2] });
    expect(trace(model, [2, 1, 65, 70], { training: true }).output.shape).toEqual([2, 7]);
  });

  it.each([
    [() => createModel('regnetx_002', { layers: [1, 2] }), /layers to be a number of blocks/],
    [() => createModel('regnetx_002', { attention: 'sk' }), /attention to be se or none/],
    [() => createModel('convnext_tiny', { layers: 50 }), /the blocks of each stage such as 3,3,9,3/],
  ])('are refused on one line: case %#', (attempt, message) => {
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/\n/);
  });
});
