import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../src/cli/suggest.ts';
import { cardinal } from './cardinal.ts';

describe('a flag that a command does not have', () => {
  const train = {
    flags: [
      '--model',
      '--batch-size',
      '--lr',
      '--epochs',
      '--out',
      '--weight-decay',
      '--threads',
      '--verbose',
    ],
    args: ['data'],
  };

  it.each([
    ['--learning-rate', '--lr'],
    ['--learning_rate', '--lr'],
    ['--learning-rate=0.1', '--lr'],
    ['--batch', '--batch-size'],
    ['--batch_size', '--batch-size'],
    ['-b', '--batch-size'],
    ['-m', '--model'],
    ['--arch', '--model'],
    ['--wd', '--weight-decay'],
    ['--num-workers', '--threads'],
    ['-o', '--out'],
    ['--epoch', '--epochs'],
    ['--Epochs', '--epochs'],
    ['--wieght-decay', '--weight-decay'],
  ])('%s was meant to be %s', (given, meant) => {
    expect(didYouMean(given, train)).toBe(`(Did you mean ${meant}?)`);
  });

  it('is told that the data is an argument', () => {
    expect(didYouMean('--data', train)).toMatch(/argument/);
    expect(didYouMean('--dataset', { ...train, args: [] })).toBeUndefined();
  });

  it('is told where it belongs', () => {
    const labels = (args: readonly string[], flags: readonly string[] = ['--json']) =>
      didYouMean('--labels', { flags, args });
    expect(labels(['data'])).toMatch(
      /only train and eval read labels from a file: .* a folder of class folders/,
    );
    expect(labels(['source', 'out'])).toBe(labels(['data']));
    expect(labels(['data'], ['--classes'])).toBe('(Did you mean --classes?)');
    expect(labels([])).toBeUndefined();
  });

  it('is like nothing if nothing is near', () => {
    expect(didYouMean('--frobnicate', train)).toBeUndefined();
    expect(didYouMean('-z', train)).toBeUndefined();
    // `plan` has no batch size, but a batch.
    expect(didYouMean('--batch-size', { flags: ['--batch', '--json'], args: [] })).toBe(
      '(Did you mean --batch?)',
    );
    expect(didYouMean('--batch-size', { flags: ['--json'], args: [] })).toBeUndefined();
  });

  it.each([
    [
      ['train', 'x', '--learning-rate', '0.1'],
      /^cardinal: unknown option '--learning-rate' \(Did you mean --lr\?\); see cardinal train --help\n$/,
    ],
    [['train', 'x', '-m', 'resnet18'], /^cardinal: unknown option '-m' \(Did you mean --model\?\); see/],
    [
      ['plan', 'resnet18', '--batch-size=3'],
      /^cardinal: unknown option '--batch-size=3' \(Did you mean --batch\?\); see/,
    ],
    [
      ['summary', 'resnet18', '--dept', '2'],
      /^cardinal: unknown option '--dept' \(Did you mean --depth\?\); see/,
    ],
    [['--jason'], /^cardinal: unknown option '--jason'; see cardinal --help\n$/],
  ])('is answered in one line: %j', async (args, expected) => {
    const { code, stdout, stderr } = await cardinal(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });

  it('of a study with too few pictures is not sent after one', async () => {
    const { code, stderr } = await cardinal(['study', 'table3', '--pictures', '10', '--dry-run']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'cardinal: study table3: expected at least one batch of 64 training pictures, got 10: give --pictures 64 or more\n',
    );
  });
});
