import { expect, test } from 'vitest';
import { conventionsOf } from '../../src/cost/conventions.ts';
import { createModel, listModels } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { readJson } from '../parity/tensors.ts';

/** Of each of our networks that timm's results or benchmarks have: `scripts/pretrained.py`. */
const published = readJson('timm-counts.json') as Readonly<
  Record<string, readonly [megaparams: number, size?: number, gmacs?: number]>
>;

test('every network has the parameters, and as fvcore counts them the MACs, that timm publishes', () => {
  const names = listModels().filter((name) => Object.hasOwn(published, name));
  // Those of the ResNeXt table, and its relatives.
  expect(names.length).toBeGreaterThan(160);
  for (const name of names) {
    const [megaparams, size, gmacs] = published[name];
    const model = createModel(name);
    const params = model.parameters().reduce((total, one) => total + one.size, 0);
    expect(Math.abs(params / 1e6 - megaparams), `${name}: parameters`).toBeLessThan(0.0051);
    if (size === undefined || gmacs === undefined) continue;
    const { graph } = trace(model, [1, 3, size, size], { training: false });
    const fvcore = conventionsOf(graph).find(({ id }) => id === 'fvcore');
    const off = Math.abs((fvcore?.value ?? NaN) / 1e9 - gmacs);
    // They are rounded to two decimals, upwards at times. fvcore counts operations of bilinear attention that are not of its paper.
    expect(off, `${name}: MACs`).toBeLessThan(name.startsWith('bat_') ? 0.021 : 0.0076);
  }
});
