import { describe, expect, test } from 'vitest';
import { withEnding, withEndings } from '../../src/base/endings.ts';

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
