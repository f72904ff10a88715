import { describe, expect, test } from 'vitest';
import { withEnding, withEndings, withUndo } from '../../src/base/endings.ts';

const failing = (message: string) => () => Promise.reject(new Error(message));

describe('what is undone in the end', () => {
  test('goes from the last to the first, after the work', async () => {
    const done: string[] = [];
    const value = await withEndings(async (endings) => {
      endings.add(() => done.push('lock'));
      endings.add(async () => {
        await Promise.resolve();
        done.push('threads');
      });
      done.push('work');
      return Promise.resolve(7);
    });
    expect(value).toBe(7);
    expect(done).toEqual(['work', 'threads', 'lock']);
  });

  test('is all done, whatever fails, and the first error is told', async () => {
    const done: string[] = [];
    const run = withEndings((endings) => {
      endings.add(() => done.push('lock'));
      endings.add(failing('second'));
      endings.add(() => {
        throw new Error('first');
      });
      return Promise.resolve();
    });
    await expect(run).rejects.toMatchObject({ message: 'first', cause: { message: 'second' } });
    expect(done).toEqual(['lock']);
  });

  test('the work’s own error comes first, and stays the same object', async () => {
    const own = new Error('own');
    const run = withEndings(async (endings) => {
      endings.add(failing('a'));
      endings.add(failing('b'));
      return Promise.reject(own);
    });
    await expect(run).rejects.toBe(own);
    expect(own.cause).toMatchObject({ errors: [{ message: 'b' }, { message: 'a' }] });
    const frozen = Object.freeze(new Error('frozen'));
    await expect(withEnding(failing('a'), () => Promise.reject(frozen))).rejects.toBe(frozen);
  });
});

describe('what is undone only on failure', () => {
  test('stays if the work succeeds', async () => {
    const done: string[] = [];
    const value = await withUndo((undo) => {
      undo.add(() => done.push('lock'));
      return Promise.resolve(7);
    });
    expect([value, done]).toEqual([7, []]);
  });

  test('is all undone if it fails, and the work’s own error is told', async () => {
    const done: string[] = [];
    const run = withUndo((undo) => {
      undo.add(() => done.push('lock'));
      undo.add(failing('undoing'));
      return Promise.reject(new Error('own'));
    });
    await expect(run).rejects.toMatchObject({ message: 'own', cause: { message: 'undoing' } });
    expect(done).toEqual(['lock']);
  });
});
