import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { evaluationLines } from '../../src/cli/output/evaluation.ts';
import { predictionLines } from '../../src/cli/output/prediction.ts';
import { progressView } from '../../src/cli/train/progress.ts';
import { wrapped } from '../../src/cli/output/print.ts';
import { StudyClock } from '../../src/cli/study/progress.ts';
import { alignColumns, shorten, visibleLength } from '../../src/cli/output/table.ts';
import type { EpochEvent } from '../../src/train/events.ts';
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
  it('aligns columns', () => {
    const rows = [
      ['a', '1', 'x'],
      ['long', '100', ''],
    ];
    expect(alignColumns(rows, ['left', 'right', 'left'])).toEqual(['a       1  x', 'long  100']);
    expect(visibleLength(`${escape}[1mab…${escape}[22m`)).toBe(3);
    expect(shorten('abcdef', 4)).toBe('abc…');
  });

  it('shows figures, classes and the confusion matrix', () => {
    const text = evaluationLines(evaluation, 'test pictures').join('\n');
    for (const part of ['66.67 %', '4 of 6 test pictures correct', 'a dog', 'confusion matrix']) {
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
    expect(predictionLines('x.png', top, 'a dog')[0]).toContain('✗ actually a dog');
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

/** A terminal of some width that keeps what is written to it. */
function terminal(columns: number): { stream: NodeJS.WriteStream; written: () => string } {
  const parts: string[] = [];
  const write = (text: string): boolean => parts.push(text) > 0;
  const stream = { isTTY: true, columns, rows: 24, write, cursorTo: () => true, clearLine: () => true };
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => parts.join('') };
}

describe('a terminal', () => {
  const epoch = (number: number, epochs: number): EpochEvent => ({
    type: 'epoch',
    epoch: number - 1,
    epochs,
    step: 20,
    elapsed: 0,
    learningRate: 0.1,
    train: { loss: 12.345, top1: 1 },
    validation: { loss: 10.678, top1: 1, top5: 1 },
    seconds: 725,
    best: true,
  });

  it.each([
    [80, 300],
    [80, 90],
    [64, 90],
  ])('%i columns wide takes the lines of %i epochs, aligned below their names', (columns, epochs) => {
    const { stream, written } = terminal(columns);
    const view = progressView(stream);
    view.show(epoch(1, epochs));
    view.show(epoch(epochs, epochs));
    const [header, first, last] = stripVTControlCharacters(written()).trimEnd().split('\n');
    for (const line of [header, first, last]) expect(visibleLength(line)).toBeLessThan(columns);
    expect(header.indexOf('time')).toBe(first.indexOf('12 min 05 s'));
    expect(first.indexOf('12 min')).toBe(last.indexOf('12 min'));
    expect(header.indexOf('top-1') + 5).toBe(first.indexOf('%') + 1);
  });

  it('is told in its own line that a run ends, which is taken away', () => {
    const { stream, written } = terminal(40);
    const view = progressView(stream);
    view.say('stopping after this step, with a checkpoint (again to stop at once)');
    const said = written();
    expect(visibleLength(stripVTControlCharacters(said))).toBeLessThan(40);
    expect(said).not.toContain('\n');
    view.stop();
    // Back to the line's start, and all of it erased.
    expect(written().slice(said.length)).toBe(`\r${escape}[2K`);
  });

  it('gets sentences broken between words, and a file does not', () => {
    const text = 'warning: 12 pictures are left out, the first cats/壊れた写真.jpg: it is no JPEG';
    const { stream } = terminal(30);
    const lines = wrapped(text, stream);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(visibleLength(line)).toBeLessThanOrEqual(30);
    expect(lines.join(' ').replace(/\s+/g, ' ')).toBe(text);
    expect(wrapped(text, { isTTY: false, columns: 30 })).toEqual([text]);
  });

  it('shows wide characters in two columns each', () => {
    // East Asian Width (UAX #11): wide; a family of emoji is one character; an accent takes no room.
    expect(visibleLength('猫')).toBe(2);
    expect(visibleLength('👨‍👩‍👧')).toBe(2);
    expect(visibleLength('e\u0301')).toBe(1);
    const [cat, dog] = alignColumns(
      [
        ['猫', '1'],
        ['dog', '20'],
      ],
      ['left', 'right'],
    );
    expect(cat).toBe('猫    1');
    expect(dog).toBe('dog  20');
    expect(shorten('黒い猫と犬', 6)).toBe('黒い…');
    expect(shorten('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 5)).toBe('👨‍👩‍👧👨‍👩‍👧…');
  });
});

describe('a study', () => {
  it('counts what was done before, and reaches the end', () => {
    let now = 0;
    const run = { seconds: 10 };
    const clock = new StudyClock([run, run], [run, run], () => now);
    expect(clock.share()).toBe(0.5);
    now = 10;
    clock.progress(1);
    expect(clock.share()).toBe(0.75);
    clock.finishRun();
    clock.finishRun();
    expect(clock.share()).toBe(1);
  });
});
