import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { CardinalError, UsageError } from '../../src/base/errors.ts';
import { verdictOn } from '../../src/cli/error.ts';

describe('what is said of an error', () => {
  const cases: readonly (readonly [thrown: unknown, exitCode: number, lines: readonly string[]])[] = [
    [new UsageError('bad flag'), 2, ['cardinal: bad flag']],
    [new CardinalError('no such file'), 1, ['cardinal: no such file']],
    [
      new CardinalError("other classes: `head: 'reset'` begins anew"),
      1,
      ['cardinal: other classes: --head reset begins anew'],
    ],
    [
      new UsageError(
        "`loss`: expected mse (in a program, or a function of one's own) for pictures with numbers, got bce",
      ),
      2,
      ['cardinal: --loss: expected mse for pictures with numbers, got bce'],
    ],
    [new UsageError("`balance: 'loss'` weighs classes"), 2, ['cardinal: --balance loss weighs classes']],
    [new CardinalError('two\nlines'), 1, [String.raw`cardinal: two\u000alines`]],
    [
      new Error('two\n  lines'),
      1,
      ['cardinal: unexpected error, a bug in Cardinal: two lines; add --verbose for its stack trace'],
    ],
    [
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'\n(Did you mean --y?)"),
      2,
      ["cardinal: unknown option '--x' (Did you mean --y?); see cardinal train --help"],
    ],
    [
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x\n\u001b[2K'"),
      2,
      ["cardinal: unknown option '--x\n\u001b[2K'; see cardinal train --help"],
    ],
    [new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0, []],
    [
      new TypeError('x is undefined'),
      1,
      ['cardinal: unexpected error, a bug in Cardinal: x is undefined; add --verbose for its stack trace'],
    ],
    [
      Object.assign(new Error('EROFS: read-only file system, unlink'), {
        ...{ code: 'EROFS', syscall: 'unlink', path: '/runs/a' },
      }),
      1,
      ['cardinal: the system failed to unlink /runs/a: the file system is read-only; choose another place'],
    ],
    [
      Object.assign(new Error('Worker initialization failure: EMFILE'), { code: 'ERR_WORKER_INIT_FAILED' }),
      1,
      [
        'cardinal: the system failed: this process has too many files open; close some, or raise the limit (ulimit -n)',
      ],
    ],
    [
      'a string',
      1,
      ['cardinal: unexpected error, a bug in Cardinal: a string; add --verbose for its stack trace'],
    ],
  ];
  it.each(cases)('%s', (error, exitCode, lines) => {
    expect(verdictOn(error, { command: 'train' })).toEqual({ exitCode, lines });
  });

  it('adds the stack only when asked', () => {
    const { lines } = verdictOn(new CardinalError('no such file'), { verbose: true });
    expect(lines.join('\n')).toMatch(/^cardinal: no such file\nCardinalError: no such file\n +at /);
  });
});
