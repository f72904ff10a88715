import { afterAll, expect, test } from 'vitest';

import { temporaryFolder } from '../node/data/support/sources.ts';
import { readUntil } from '../support/eventually.ts';
import { seed } from '../support/seed.ts';
import { goodActs } from './support/chaos-good.ts';
import { badActs } from './support/chaos-bad.ts';
import { grown, holdings, Mortals, settledHoldings } from './support/chaos-holdings.ts';
import { ordeal } from './support/chaos-arena.ts';
import { makeWorld } from './support/chaos-world.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

test('each of 2,000 clients is answered as it should be whatever the others do, and nothing is left', async () => {
  const world = await makeWorld(folder.path, seed);
  const acts = [...goodActs, ...badActs];
  expect(acts.reduce((sum, { count }) => sum + count, 0)).toBe(2000);
  // What is loaded, compiled and opened once is there afterwards.
  const once = acts.map((act) => ({ ...act, count: 1 }));
  expect(await ordeal(world, { acts: once, kills: ['cardinal-engine'], mortals: new Mortals() })).toEqual([]);
  const before = await settledHoldings();
  const kills = ['cardinal-engine', 'cardinal-pictures', 'cardinal-engine'];
  const mortals = new Mortals();
  expect(await ordeal(world, { acts, kills, mortals })).toEqual([]);
  // Some of libraries’ own may have ended.
  const after = await readUntil(holdings, (now) => grown(before, now).length === 0);
  expect(grown(before, after)).toEqual([]);
  const isGone = ({ left }: { readonly left: number }): boolean => left === 0;
  const kinds = await readUntil(
    () => mortals.left(),
    (counts) => Object.values(counts).every(isGone),
  );
  expect(kinds).toEqual(
    Object.fromEntries(Object.entries(kinds).map(([kind, { noted }]) => [kind, { noted, left: 0 }])),
  );
  expect(Object.values(kinds).every(({ noted }) => noted > 0)).toBe(true);
}, 600_000);
