import { expect, it, vi } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { predictNumbers } from '../../src/cli/predict/numbers.ts';
import type { Classifier } from '../../src/use/classifier.ts';

/** A network for two numbers, of which `logits` says what it makes of a picture. */
const network = (logits: (image: string) => Promise<Float32Array>): Classifier =>
  ({ classes: ['x', 'y'], logits }) as unknown as Classifier;
const letters = ['c', 'd', 'e', 'f', 'g', 'h'];
const flags = { csv: false, json: false, jsonl: false };
const pictures = (...names: readonly string[]) => names.map((name) => ({ name, input: name }));

it('prints numbers in the order of the pictures, and tells those that cannot be read', async () => {
  const lines: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const { exitCode } = process;
  try {
    const numbers = network(async (image) => {
      if (image === 'b.png') throw new CardinalError('it ends early');
      for (let turn = 0; turn < (image === 'a.png' ? 3 : 0); turn++) await new Promise(setImmediate);
      return Float32Array.of(image.charCodeAt(0), 0.5);
    });
    const failed = await predictNumbers(numbers, pictures('a.png', 'b.png', ...letters), {
      ...flags,
      csv: true,
    });
    expect(failed).toBe(1);
    expect(String(err.mock.calls[0][0])).toContain('b.png: it ends early');
  } finally {
    for (const spy of [out, err]) spy.mockRestore();
    process.exitCode = exitCode;
  }
  expect(lines.join('').trim().split('\n')).toEqual([
    ...['image,x,y', 'a.png,97,0.5'],
    ...letters.map((name) => `${name},${name.charCodeAt(0)},0.5`),
  ]);
});

it('ends with what is no picture’s fault, even while an earlier one is waited for', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  try {
    const torn = network(async (image) => {
      if (image === 'b.png') throw new Error('the device is gone');
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      return Float32Array.of(1, 2);
    });
    await expect(predictNumbers(torn, pictures('a.png', 'b.png'), { ...flags, json: true })).rejects.toThrow(
      'the device is gone',
    );
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of before) process.on('unhandledRejection', listener);
  }
  expect(unhandled).toEqual([]);
});

it('refuses --top', async () => {
  const numbers = network(() => Promise.resolve(new Float32Array(2)));
  await expect(predictNumbers(numbers, pictures('a.png'), { ...flags, top: 3 })).rejects.toThrow(
    /^--top is for classes and labels, this network gives numbers: leave it out$/,
  );
});
