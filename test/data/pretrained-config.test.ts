import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { isPretrainedConfig, readPretrainedConfig } from '../../src/data/pretrained-config.ts';

const source = 'hf:timm/net@c0ffee/config.json';

/** As https://huggingface.co/timm/resnext50_32x4d.tv_in1k has it. */
const published = {
  architecture: 'resnext50_32x4d',
  num_classes: 1000,
  num_features: 2048,
  pretrained_cfg: {
    tag: 'tv_in1k',
    custom_load: false,
    input_size: [3, 224, 224],
    fixed_input_size: false,
    interpolation: 'bilinear',
    crop_pct: 0.875,
    crop_mode: 'center',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    num_classes: 1000,
    pool_size: [7, 7],
    first_conv: 'conv1',
    classifier: 'fc',
    license: 'bsd-3-clause',
    origin_url: 'https://github.com/pytorch/vision',
    paper_ids: 'arXiv:1611.05431',
  },
};

const preprocessing = {
  channels: 3,
  size: [224, 224],
  resize: 256,
  interpolation: 'bilinear',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

function read(fields: object, pretrained: object = {}) {
  return readPretrainedConfig(
    { architecture: 'a', num_classes: 2, pretrained_cfg: pretrained, ...fields },
    source,
  );
}

describe('timm’s config.json', () => {
  test('as it is published', () => {
    expect(isPretrainedConfig(published)).toBe(true);
    expect(readPretrainedConfig(published, source)).toEqual({
      architecture: 'resnext50_32x4d',
      tag: 'tv_in1k',
      numClasses: 1000,
      preprocessing,
      testPreprocessing: undefined,
      classes: undefined,
      licence: 'bsd-3-clause',
      origin: 'https://github.com/pytorch/vision',
    });
  });

  test('of the first version, with all keys in one object', () => {
    const { pretrained_cfg: inner, ...outer } = published;
    const flat = { ...inner, ...outer, num_classes: 2, labels: ['cat', 'dog'] };
    expect(readPretrainedConfig(flat, source)).toMatchObject({
      architecture: 'resnext50_32x4d',
      numClasses: 2,
      preprocessing,
      classes: ['cat', 'dog'],
    });
  });

  test('that says nothing of pictures does not know how they are prepared', () => {
    const config = { architecture: 'resnext50_32x4d', num_classes: 10 };
    expect(readPretrainedConfig(config, source)).toMatchObject({
      preprocessing: undefined,
      testPreprocessing: undefined,
    });
  });

  test('that says little has timm’s defaults', () => {
    const config = { architecture: 'resnext50_32x4d.x_in1k', num_classes: 10, crop_pct: 0.875 };
    expect(readPretrainedConfig(config, source)).toEqual({
      architecture: 'resnext50_32x4d',
      tag: 'x_in1k',
      numClasses: 10,
      preprocessing: { ...preprocessing, interpolation: 'bicubic' },
      testPreprocessing: undefined,
      classes: undefined,
      licence: undefined,
      origin: source,
    });
  });

  test('with null where nothing is known', () => {
    const nothing = {
      tag: null,
      mean: null,
      input_size: null,
      crop_pct: null,
      license: null,
      label_names: null,
    };
    expect(read({}, { ...nothing, hf_hub_id: 'timm/net' })).toMatchObject({
      preprocessing: undefined,
      origin: 'hf:timm/net',
    });
  });

  // ⌊size / crop_pct⌋ as Python computes it.
  test.each([
    [224, 0.875, 256],
    [224, 0.9, 248],
    [224, 0.95, 235],
    [224, 0.965, 232],
    [176, 0.875, 201],
    [288, 1, 288],
    [288, 0.95, 303],
    [320, 0.95, 336],
  ])('a side of %i with crop_pct %f is cut from %i', (side, crop_pct, resize) => {
    const config = read({}, { input_size: [3, side, side], crop_pct });
    expect(config.preprocessing).toMatchObject({ size: [side, side], resize });
  });

  test('has larger pictures for tests, in timm’s second training of ResNeXt-50', () => {
    const config = read(
      {},
      { input_size: [3, 176, 176], test_input_size: [3, 224, 224], crop_pct: 0.875, test_crop_pct: 0.965 },
    );
    expect(config.preprocessing).toMatchObject({ size: [176, 176], resize: 201 });
    expect(config.testPreprocessing).toMatchObject({ size: [224, 224], resize: 232 });
  });

  test('squashes pictures straight to their size', () => {
    const { preprocessing: squashed } = read(
      {},
      { input_size: [3, 192, 256], crop_mode: 'squash', crop_pct: 1 },
    );
    expect(squashed).toMatchObject({ size: [192, 256], resize: null });
  });

  test('of a grey network', () => {
    const { preprocessing: grey } = read(
      {},
      { input_size: [1, 28, 28], mean: [0.1307], std: [0.3081], crop_pct: 1 },
    );
    expect(grey).toMatchObject({ channels: 1, size: [28, 28], resize: 28, mean: [0.1307], std: [0.3081] });
  });

  test('with one mean for all channels', () => {
    expect(read({}, { mean: [0.5], std: [0.25] }).preprocessing).toMatchObject({
      mean: [0.5, 0.5, 0.5],
      std: [0.25, 0.25, 0.25],
    });
  });

  test('in torchvision’s words', () => {
    const config = read({
      pretrained_cfg: { crop_size: [224], resize_size: [232], interpolation: 'InterpolationMode.BILINEAR' },
      categories: undefined,
    });
    expect(config.preprocessing).toMatchObject({ size: [224, 224], resize: 232, interpolation: 'bilinear' });
    expect(read({}, { categories: ['tench', 'goldfish'] }).classes).toEqual(['tench', 'goldfish']);
  });
});

describe('the classes', () => {
  test('are the descriptions, and told apart where two share one', () => {
    const config = read({
      num_classes: 4,
      label_names: ['n01440764', 'n02012849', 'n03126707', 'n99999999'],
      label_descriptions: { n01440764: 'tench, Tinca tinca', n02012849: 'crane', n03126707: 'crane' },
    });
    expect(config.classes).toEqual([
      'tench, Tinca tinca',
      'crane (n02012849)',
      'crane (n03126707)',
      'n99999999',
    ]);
  });

  test('may be given by number', () => {
    expect(read({ label_names: { '1': 'dog', '0': 'cat' } }).classes).toEqual(['cat', 'dog']);
  });

  test('outside count more than those inside, which may be of what was tuned', () => {
    const config = read({ label_names: ['cat', 'dog'] }, { num_classes: 1000, label_names: ['a', 'b', 'c'] });
    expect(config).toMatchObject({ numClasses: 2, classes: ['cat', 'dog'] });
  });

  test('tell how many there are', () => {
    expect(readPretrainedConfig({ architecture: 'a', label_names: ['x', 'y', 'z'] }, source).numClasses).toBe(
      3,
    );
  });
});

describe('is refused in one line', () => {
  test.each<[string, object, object, RegExp]>([
    ['no architecture', { architecture: undefined }, {}, /: architecture: /],
    ['no number of classes', { num_classes: undefined }, {}, /: num_classes: expected the number of classes/],
    ['no class', { num_classes: 0 }, {}, /: num_classes: /],
    ['a size of two', {}, { input_size: [224, 224] }, /: pretrained_cfg\.input_size/],
    ['two channels', {}, { input_size: [2, 224, 224] }, /: channels: /],
    ['a deviation of 0', {}, { std: [0, 1, 1] }, /: std\.0: /],
    ['two means', {}, { mean: [0, 1] }, /mean and std need one number for each channel/],
    ['text for a share', {}, { crop_pct: '0.9' }, /: pretrained_cfg\.crop_pct: /],
    ['borders', {}, { crop_mode: 'border' }, /: crop_mode 'border' with crop_pct 0\.875 is not supported/],
    [
      'squash and crop',
      {},
      { crop_mode: 'squash' },
      /: crop_mode 'squash' with crop_pct 0\.875 is not supported/,
    ],
    ['trimmed pictures', {}, { crop_border_pixels: 4 }, /: crop_border_pixels 4 is not supported/],
    ['no square', {}, { input_size: [3, 192, 256] }, /: input_size 192×256 is not supported/],
    [
      'an unknown filter',
      {},
      { interpolation: 'random' },
      /: interpolation 'random' is not supported: expected nearest or box or bilinear or /,
    ],
    [
      'more classes than any memory holds',
      { num_classes: 2 ** 52, label_names: ['cat'] },
      {},
      /: label_names: expected one for each of the 4503599627370496 classes, got 1$/,
    ],
    [
      'too few names',
      { label_names: ['cat'] },
      {},
      /: label_names: expected one for each of the 2 classes, got 1$/,
    ],
    [
      'a gap in the names',
      { label_names: { '0': 'a', '2': 'b' } },
      {},
      /expected one for each of the 2 classes/,
    ],
  ])('%s', (_, outer, inner, message) => {
    const failing = () => read(outer, inner);
    expect(failing).toThrow(CardinalError);
    expect(failing).toThrow(message);
    expect(failing).toThrow(/^hf:timm\/net@c0ffee\/config\.json: [^\n]*$/);
  });
});

test.each([{ architectures: ['ResNetForImageClassification'] }, { architecture: 7 }, [], null, 'text'])(
  '%j is not of this kind',
  (value) => {
    expect(isPretrainedConfig(value)).toBe(false);
  },
);
