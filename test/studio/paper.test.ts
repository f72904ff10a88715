import { afterAll, beforeAll, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { bottleneckParameters } from '../../src/cost/tradeoff.ts';
import { createModel } from '../../src/models/index.ts';
import { gradientNorms } from '../../src/session/gradient-norms.ts';
import { someBatches } from '../../src/studio/paper/batches.ts';
import type { GroupTimes, ShortcutsQuery } from '../../src/studio/paper/service.ts';
import { asking } from './support/line.ts';
import { openPlatform, type TestPlatform } from './support/studio.ts';

let opened: TestPlatform;
let data: string;

beforeAll(async () => {
  opened = await openPlatform();
  const [item] = await opened.platform.items();
  data = item.id;
});
afterAll(() => opened.close());

const query = (more: Partial<ShortcutsQuery> = {}): ShortcutsQuery => ({
  ...{ data, blocks: 1, network: 'resnext', steps: 0, seed: 5, ...more },
});

test('gradients by depth are those that the library computes of the same network and pictures', async () => {
  const { platform } = opened;
  const found = await asking(platform).call('shortcutGradients', [query()]);
  expect(found).toMatchObject({ batch: 32, size: 16, skipped: 0 });
  const { batches } = await someBatches(await platform.data(data), platform, {
    ...{ count: 1, batchSize: 32, size: 16, seed: 5, signal: new AbortController().signal },
  });
  const [{ input, labels }] = batches;
  for (const residual of [true, false]) {
    const model = createModel('resnext_cifar', {
      ...{ layers: [1, 1, 1], planes: 16, cardinality: 32, baseWidth: 4, residual, numClasses: 10 },
    }).initialize(5);
    const expected = await gradientNorms(model, {
      backend: await platform.backend(),
      input: { shape: [32, 3, 16, 16], data: planes(input, 32, 3) },
      target: [...labels],
    });
    const { looks, losses } = found[residual ? 'residual' : 'plain'];
    expect(looks).toHaveLength(1);
    const [look] = looks;
    expect(losses).toEqual([look.loss]);
    expect(look.loss).toBeCloseTo(expected.loss, 5);
    expect(look.layers.map(({ parameter, depth }) => [parameter, depth])).toEqual(
      expected.layers.map(({ parameter, depth }) => [parameter, depth]),
    );
    expect(look.layers.at(-1)).toMatchObject({ parameter: 'fc.weight', depth: 11 });
    look.layers.forEach(({ norm, weightNorm, parameter }, at) => {
      expect(norm / expected.layers[at].norm, parameter).toBeCloseTo(1, 4);
      expect(weightNorm / expected.layers[at].weightNorm, parameter).toBeCloseTo(1, 5);
    });
  }
});

/** N×H×W×C as N×C×H×W. */
function planes(input: Float32Array, pictures: number, channels: number): Float32Array {
  const pixels = input.length / pictures / channels;
  return Float32Array.from(input, (_, at) => {
    const picture = Math.floor(at / (pixels * channels));
    const channel = Math.floor(at / pixels) % channels;
    return input[(picture * pixels + (at % pixels)) * channels + channel];
  });
}

test('after some steps the same batch is looked at again, and progress is told', async () => {
  const told: number[][] = [];
  const { residual, plain } = await asking(opened.platform).call('shortcutGradients', [query({ steps: 8 })], {
    on: { progress: (done, total) => void told.push([done, total]) },
  });
  expect(told).toHaveLength(18);
  expect(told.at(-1)).toEqual([18, 18]);
  for (const { looks, losses } of [residual, plain]) {
    expect(looks.map(({ steps }) => steps)).toEqual([0, 8]);
    expect(losses).toHaveLength(8);
    expect(looks[1].layers).not.toEqual(looks[0].layers);
    expect(looks[1].loss).toBeLessThan(looks[0].loss);
  }
});

test('in deep networks gradients of the first layers are far from those of the last without shortcuts alone', async () => {
  const { residual, plain } = await asking(opened.platform).call('shortcutGradients', [query({ blocks: 6 })]);
  const spread = ({ looks: [{ layers }] }: typeof plain): number => {
    const inBlocks = layers.filter(({ parameter }) => /layer\d/.test(parameter));
    const mean = (some: typeof inBlocks): number =>
      some.reduce((sum, { norm }) => sum + Math.log(norm), 0) / some.length;
    return Math.abs(mean(inBlocks.slice(0, 10)) - mean(inBlocks.slice(-10)));
  };
  expect(spread(plain)).toBeGreaterThan(spread(residual) + Math.log(10));
});

test('an experiment is cancelled between two steps', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let steps = 0;
  const asked = asking(opened.platform).call('shortcutGradients', [query({ steps: 500 })], {
    signal: controller.signal,
    on: {
      progress: () => {
        if (++steps === 3) controller.abort(reason);
      },
    },
  });
  await expect(asked).rejects.toThrow('enough');
  expect(steps).toBeLessThan(50);
});

test('forms are equal for every block and all weights, and are not when one parameter of one is another', async () => {
  const engine = asking(opened.platform);
  const maps = new Set<string>();
  for (const [cardinality, width] of [
    [1, 64],
    [4, 24],
    [32, 4],
    [128, 1],
  ] as const) {
    for (const seed of [1, 2]) {
      const found = await engine.call('equalForms', [{ cardinality, width, seed, isChanged: false }]);
      expect(found.forms.map(({ form }) => form)).toEqual(['a', 'b', 'c']);
      expect(found.compared).toBe(256 * 14 * 14);
      expect(found.largest).toBeGreaterThan(1);
      for (const { difference } of found.forms) expect(difference / found.largest).toBeLessThan(1e-5);
      expect(found.forms[2].difference).toBe(0);
      expect(found.forms[0].maps).toHaveLength(6 * 14 * 14);
      maps.add(found.forms[0].maps.join());
    }
  }
  expect(maps.size).toBe(8);
  const changed = await engine.call('equalForms', [{ cardinality: 32, width: 4, seed: 1, isChanged: true }]);
  expect(changed.forms[0].difference).toBeGreaterThan(0.1);
  expect(changed.forms[1].difference / changed.largest).toBeLessThan(1e-5);
});

test('one layer is timed at every number of groups, with the count that theory has', async () => {
  const told: (readonly GroupTimes[])[] = [];
  const asked = { what: 'layer', channels: 16, size: 8, batch: 2 } as const;
  const times = await asking(opened.platform).call('timeGroups', [asked], {
    on: { timed: (part) => void told.push(part) },
  });
  expect(times.map(({ groups }) => groups)).toEqual([1, 2, 4, 8, 16, undefined]);
  expect(times.map(({ macs }) => macs)).toEqual(
    [1, 2, 4, 8, 16].map((groups) => (9 * 16 ** 2 * 64) / groups).concat(16 ** 2 * 64),
  );
  for (const { forward, step } of times) {
    expect(forward).toBeGreaterThan(0);
    expect(step).toBeGreaterThan(0);
  }
  expect(told.length).toBeGreaterThan(2);
  expect(told.at(-1)).toEqual(times);
});

test('the block of the paper is timed at one cost, from one path to depthwise', async () => {
  const asked = { what: 'block', channels: 256, size: 4, batch: 1 } as const;
  const times = await asking(opened.platform).call('timeGroups', [asked]);
  expect(times.slice(0, 2).map(({ groups, width }) => [groups, width])).toEqual([
    [1, 64],
    [2, 40],
  ]);
  for (const { groups = 0, width, macs } of times) {
    expect(macs).toBe(16 * bottleneckParameters(groups, width, 256));
    expect(Math.abs(macs / times[0].macs - 1)).toBeLessThan(0.1);
  }
  expect(times.at(-1)?.width).toBe(1);
});

test('what is asked wrongly is refused in one line', async () => {
  const engine = asking(opened.platform);
  const formsQuery = { cardinality: 128, width: 128, seed: 1, isChanged: false };
  await expect(engine.call('equalForms', [formsQuery])).rejects.toThrow(/at most 4 million/);
  await expect(engine.call('shortcutGradients', [query({ blocks: 0 })])).rejects.toThrow(
    /^shortcutGradients: /,
  );
  await expect(engine.call('shortcutGradients', [query({ data: 'none' })])).rejects.toThrow(CardinalError);
  const layer = { what: 'layer', channels: 48, size: 8, batch: 1 } as const;
  await expect(engine.call('timeGroups', [layer])).rejects.toThrow(/power of 2/);
});
