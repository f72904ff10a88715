import { describe, expect, it } from 'vitest';
import { judgementLines, predictionLines } from '../../src/cli/judgement.ts';
import { progressView } from '../../src/cli/progress.ts';
import { alignColumns, shorten, visibleLength } from '../../src/cli/table.ts';
import type { Evaluation } from '../../src/train/metrics.ts';

const evaluation: Evaluation = {
  total: 6,
  correct: 4,
  top1: 4 / 6,
  top5: 1,
  loss: 0.5,
  confusion: [
    [2, 1],
    [1, 2],
  ],
  perClass: [
    { name: 'cat', total: 3, correct: 2, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 },
    { name: 'a dog', total: 3, correct: 2, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 },
  ],
};

const escape = '\u001b';

describe('terminal output', () => {
  it('aligns columns, whatever their colours', () => {
    const rows = [
      ['a', `${escape}[32m1${escape}[39m`, 'x'],
      ['long', '100', ''],
    ];
    expect(alignColumns(rows, ['left', 'right', 'left'])).toEqual([
      `a       ${escape}[32m1${escape}[39m  x`,
      'long  100',
    ]);
    expect(visibleLength(`${escape}[1mab…${escape}[22m`)).toBe(3);
    expect(shorten('abcdef', 4)).toBe('abc…');
  });

  it('shows figures, classes and the confusion matrix', () => {
    const text = judgementLines(evaluation, 'test pictures').join('\n');
    for (const part of ['66.67 %', '4 of 6 test pictures right', 'a dog', 'confusion matrix']) {
      expect(text).toContain(part);
    }
    // With two classes every answer is among the first five.
    expect(text).not.toContain('top-5');
  });

  it('marks a picture that was taken for something else', () => {
    const top = [
      { name: 'cat', probability: 0.75 },
      { name: 'a dog', probability: 0.25 },
    ];
    expect(predictionLines('x.png', top, 'a dog')[0]).toContain('✗ truly a dog');
    expect(predictionLines('x.png', top, 'cat')[0]).toContain('✓');
    expect(predictionLines('x.png', top)).toHaveLength(3);
  });

  it('writes a line an epoch where there is no terminal', () => {
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => written.push(text) > 0 };
    const view = progressView(stream as unknown as NodeJS.WriteStream); // only `write` is called
    view.show({
      type: 'epoch',
      epoch: 1,
      epochs: 10,
      step: 20,
      learningRate: 0.1,
      train: { loss: 0.5, top1: 0.8 },
      validation: { loss: 0.6, top1: 0.75, top5: 1 },
      seconds: 3,
      elapsed: 9,
      best: true,
    });
    expect(written).toEqual([
      'epoch  2/10   training loss 0.500, top-1 80.0 %   validation loss 0.600, top-1 75.0 % (best)   3.0 s\n',
    ]);
  });
});
