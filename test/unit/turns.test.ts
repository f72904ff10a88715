import { describe, expect, it } from 'vitest';
import { DisposedError } from '../../src/base/errors.ts';
import { Turns } from '../../src/base/turns.ts';

describe('Turns', () => {
  it('runs one piece of work at a time, in order, whatever each takes', async () => {
    const turns = new Turns('test');
    const log: string[] = [];
    const work = (name: string, rounds: number) => async () => {
      log.push(`${name} begins`);
      for (let round = 0; round < rounds; round++) await Promise.resolve();
      log.push(`${name} ends`);
      return name;
    };
    const given = await Promise.all([
      turns.take(work('a', 9)),
      turns.take(work('b', 0)),
      turns.take(work('c', 3)),
    ]);
    expect(given).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('goes on after work that fails', async () => {
    const turns = new Turns('test');
    const failed = turns.take(() => {
      throw new Error('no');
    });
    const next = turns.take(() => 1);
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe(1);
  });

  it('lets what runs end when it is closed, and refuses the rest', async () => {
    const turns = new Turns('the network');
    let finish: () => void = () => undefined;
    const running = turns.take(
      () =>
        new Promise<string>(
          (resolve) =>
            (finish = () => {
              resolve('done');
            }),
        ),
    );
    const waiting = turns.take(() => 'never');
    await Promise.resolve();
    const closed = turns.close();
    const late = turns.take(() => 'never');
    finish();
    await expect(running).resolves.toBe('done');
    await expect(waiting).rejects.toThrow(DisposedError);
    await expect(late).rejects.toThrow('the network was disposed of');
    await closed;
    await turns.close();
  });
});
