import { describe, expect, it } from 'vitest';
import { countModel } from '../../src/cost/count-model.ts';
import { cardinal } from './cardinal.ts';

interface Document {
  readonly steps: readonly { readonly op: string; readonly bytesCommunicated: number }[];
  readonly buffers: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly ranks?: { readonly rank: number; readonly size: number; readonly batch: number };
  readonly bytesCommunicated: number;
  readonly peakBytes: number;
}

async function planned(...flags: readonly string[]): Promise<Document> {
  const asked = ['plan', 'resnet20_cifar', '--train', '--backend', 'reference', '--json'];
  const { code, stdout, stderr } = await cardinal([...asked, ...flags]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

describe.concurrent('plan --ranks', () => {
  const gradients = 4 * countModel('resnet20_cifar').params;
  const told = 4 * 2;
  /** Of the stem's norm and two in each of three blocks of 16, 32 and 64 channels. */
  const channels = 7 * 16 + 6 * 32 + 6 * 64;

  it('is the plan of the first rank, with every sum over the ranks and its bytes', async () => {
    const [one, four] = await Promise.all([planned('--batch', '7'), planned('--batch', '7', '--ranks', '4')]);
    expect(one.steps.some(({ op }) => op.startsWith('all_reduce'))).toBe(false);
    expect([one.ranks, one.bytesCommunicated]).toEqual([undefined, 0]);
    expect(four.ranks).toEqual({ rank: 0, size: 4, batch: 7 });
    // What does not divide goes to the first ranks.
    expect(four.buffers.find(({ name }) => name === 'input')?.shape).toEqual([2, 3, 32, 32]);
    const of = (op: string) => four.steps.filter((step) => step.op === op);
    // Each norm's statistics and their gradients, the loss, all gradients.
    expect(of('all_reduce').length).toBe(2 * 19 + 2);
    expect(of('all_reduce_wait').length).toBe(2 * 19 + 2);
    const sums = of('all_reduce').reduce((sum, step) => sum + step.bytesCommunicated, 0);
    expect(four.bytesCommunicated).toBe(sums);
    // Count, mean and squares of each rank; two sums of the backward pass.
    expect(sums).toBe(gradients + told + 4 * channels * (3 * 4 + 2));
    expect(four.peakBytes).toBeLessThan(one.peakBytes);
  });

  it('with --no-sync-bn sums gradients and running statistics', async () => {
    const { bytesCommunicated } = await planned('--ranks', '2', '--no-sync-bn');
    expect(bytesCommunicated).toBe(gradients + told + 4 * channels * 2);
  });

  it('is listed for people', async () => {
    const { stdout } = await cardinal(['plan', 'resnet20_cifar', '--train', '--ranks', '2', '--no-sync-bn']);
    expect(stdout).toMatch(/all_reduce +59 tensors, 1\.1 MiB +grad\.linear\.weight/);
    expect(stdout).toContain('rank 0 of 2, which take 2 pictures together: 3 sums over all ranks, 1.1 MiB');
  });

  it.each([
    [['--ranks', '2'], '--ranks needs --train'],
    [['--train', '--no-sync-bn'], '--no-sync-bn needs --ranks'],
    [['--train', '--ranks', '4', '--batch', '3'], 'expected a batch of at least 4'],
  ])('refuses %j in a line', async (flags, message) => {
    const { code, stderr } = await cardinal(['plan', 'resnet20_cifar', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });
});
