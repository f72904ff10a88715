import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { CardinalError, UsageError } from '../../src/base/errors.ts';
import { verdictOn } from '../../src/cli/error.ts';

describe('what is said of an error', () => {
  const cases: readonly (readonly [thrown: unknown, exitCode: number, text: string])[] = [
    [new UsageError('bad flag'), 2, 'cardinal: bad flag\n'],
    [new CardinalError('no such file'), 1, 'cardinal: no such file\n'],
    [new CardinalError('two\n  lines'), 1, 'cardinal: two lines\n'],
    [
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'\n(Did you mean --y?)"),
      2,
      "cardinal: unknown option '--x' (Did you mean --y?); see cardinal train --help\n",
    ],
    [new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0, ''],
    [
      new TypeError('x is undefined'),
      1,
      'cardinal: unexpected error, a defect of Cardinal: x is undefined; add --verbose for its stack\n',
    ],
    [
      'a string',
      1,
      'cardinal: unexpected error, a defect of Cardinal: a string; add --verbose for its stack\n',
    ],
  ];
  it.each(cases)('%s', (error, exitCode, text) => {
    expect(verdictOn(error, { command: 'train' })).toEqual({ exitCode, text });
  });

  it('adds the stack only when asked', () => {
    const { text } = verdictOn(new CardinalError('no such file'), { verbose: true });
    expect(text).toMatch(/^cardinal: no such file\nCardinalError: no such file\n +at /);
  });
});
