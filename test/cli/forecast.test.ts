import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allReduceSeconds } from '../../src/cost/all-reduce.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { cardinal } from './cardinal.ts';

interface Document {
  readonly summedBytes: number;
  readonly points: readonly {
    readonly ranks: number;
    readonly gigabits: number;
    readonly efficiency: number;
    readonly time: { readonly total: number; readonly communication: number };
  }[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-forecast-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('forecast', () => {
  it('says how each number of ranks goes over each network, and draws it', async () => {
    const page = join(folder, 'forecast.html');
    const asked = ['--step', '100', '--ranks', '1,2,64', '--bandwidth', '0.5,25', '--threads', '1'];
    const { code, stdout, stderr } = await cardinal([
      ...['forecast', 'resnet20_cifar', '--batch', '16', '--json', '--out', page],
      ...asked,
    ]);
    expect(code, stderr).toBe(0);
    const { points, summedBytes } = JSON.parse(stdout) as Document;
    expect(points.map(({ ranks, gigabits }) => [ranks, gigabits])).toEqual(
      [1, 2, 64].flatMap((ranks) => [0.5, 25].map((gigabits) => [ranks, gigabits])),
    );
    const [alone, , slow, fast, slower] = points.map(({ efficiency }) => efficiency);
    expect(alone).toBe(1);
    expect(slow).toBeLessThan(fast);
    expect(slower).toBeLessThan(slow);
    // All gradients of so small a network are one bucket. Norms of 688 channels: 3 numbers of each rank, and 2.
    const gradients = 4 * countModel('resnet20_cifar').params;
    const told = 4 * 3;
    expect(summedBytes).toBe(gradients + told + 4 * 688 * (3 * 2 + 2));
    const link = { latency: 20e-6, bandwidth: 0.5e9 / 8, addition: 10e9 };
    const least = allReduceSeconds(gradients, 2, link, 'ring');
    expect(points[2].time.communication).toBeGreaterThan(least);
    // And 38 sums of the norms, twice the latency each.
    expect(points[2].time.communication).toBeLessThan(1.05 * least + 38 * 2 * 20e-6);
    const html = await readFile(page, 'utf8');
    expect(html).toContain('<svg');
    expect(html).toContain(
      'npx cardinal forecast resnet20_cifar --batch 16 --ranks 1,2,64 --bandwidth 0.5,25',
    );
    expect(html).not.toContain('×: measured');
  });

  it('has few sums without those of batch norm, and draws what was measured', async () => {
    const page = join(folder, 'measured.html');
    const { code, stdout, stderr } = await cardinal([
      ...['forecast', 'resnet20_cifar', '--batch', '16', '--json', '--step', '100', '--threads', '1'],
      ...['--no-sync-bn', '--measured', '2:0.95,4:1.01', '--out', page],
    ]);
    expect(code, stderr).toBe(0);
    const { summedBytes } = JSON.parse(stdout) as Document;
    // Running statistics, of which the ranks keep the mean.
    expect(summedBytes).toBe(4 * countModel('resnet20_cifar').params + 4 * 3 + 4 * 688 * 2);
    const html = await readFile(page, 'utf8');
    expect(html).toContain('×: measured');
    expect(html).toContain('--no-sync-bn --measured 2:0.95,4:1.01');
  });

  it.each([
    [
      ['--measured', '2:0.9,4'],
      "--measured: expected ranks:efficiency, for example 2:0.95,4:0.92, got '2:0.9,4'",
    ],
    [['--step', '0'], "--step: expected a number above 0, got '0'"],
    [['--bandwidth', '10,x'], "--bandwidth: expected numbers above 0, for example 1,2.5,100, got '10,x'"],
    [['--ranks', '0'], '--ranks: expected whole numbers from 1 to 65536'],
  ])('refuses %j in a line', async (flags, message) => {
    const { code, stderr } = await cardinal(['forecast', 'resnet20_cifar', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });
});
