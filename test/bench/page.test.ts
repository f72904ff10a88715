import { afterAll, describe, expect, test } from 'vitest';
import { openPageProgram, type PageProgram } from '../../bench/browser/page-program.ts';
import { pageTable } from '../../bench/browser/table.ts';
import { networkProgram } from '../../bench/compare/network.ts';
import { requireSame, sectionsOf } from '../../bench/compare/same.ts';
import type { NetworkWork } from '../../bench/compare/work.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { browsers } from '../browser/support/browsers.ts';

const work: NetworkWork = {
  ...{ kind: 'training', id: 'small', title: 'small', model: 'resnet20_cifar' },
  input: [2, 3, 16, 16],
};

describe.skipIf(browsers.length === 0)('a page as a contender', () => {
  let opened: PageProgram | undefined;
  afterAll(() => opened?.close());

  test('trains as Node does, and tells the time by its own clock', async () => {
    const [browser] = browsers;
    const program = await openPageProgram(work, { browser, library: 'cardinal', threads: 1, isolated: true });
    if ('absent' in program) throw new Error(program.absent);
    opened = program;
    await program.run();
    expect(program.ms()).toBeGreaterThan(0);
    expect(program.version).toContain('1 thread');
    const node = await networkProgram(await createNodeBackend({ name: 'reference' }), work, '');
    await node.run();
    const apart = requireSame('page', await program.results(), await node.results(), sectionsOf(work));
    expect(apart).toBeLessThan(0.15);
  });
});

test('a table has the ratios of rounds, to Node with as many threads too, and why someone is left out', () => {
  const one = (name: string, threads: number, rounds: number[]) => ({
    ...{ name, version: '', threads, rounds, parts: [] },
  });
  const measured = [
    one('Node, wide', 2, [10, 20, 30]),
    one('Node, relaxed', 2, [20, 40, 60]),
    one('Node, relaxed, 1 thread', 1, [40, 80, 120]),
    one('Firefox: Cardinal', 2, [30, 60, 93]),
    one('Firefox: Cardinal, 1 thread', 1, [60, 60, 60]),
  ];
  const leftOut = [{ name: 'Firefox: jax-js', reason: 'a run takes it 99 s' }];
  const rows = pageTable([{ work, outcome: { measured, leftOut } }]).split('\n');
  expect(rows).toContain('| Firefox: Cardinal | 2 | 60.0 (30.0 to 93.0) | 3.00 | 1.50 |  |');
  expect(rows).toContain('| Firefox: Cardinal, 1 thread | 1 | 60.0 (60.0 to 60.0) | 3.00 | 0.75 | 1.00 |');
  expect(rows).toContain('| Firefox: jax-js | | a run takes it 99 s | | | |');
});
