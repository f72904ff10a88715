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

  it('runs as many at once as it is told, and begins them in order', async () => {
    const turns = new Turns('test', { atOnce: 3 });
    const begun: number[] = [];
    const finish: (() => void)[] = [];
    const works = Array.from({ length: 7 }, (_, n) =>
      turns.take(async () => {
        begun.push(n);
        await new Promise<void>((resolve) => finish.push(resolve));
        if (n === 1) throw new Error('no');
        return n;
      }),
    );
    const outcomes = Promise.allSettled(works);
    const round = () => new Promise(setImmediate);
    await round();
    expect(begun).toEqual([0, 1, 2]);
    finish[1]();
    await round();
    expect(begun).toEqual([0, 1, 2, 3]);
    finish[0]();
    finish[2]();
    await round();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    const closed = turns.close();
    expect(() => {
      turns.check();
    }).toThrow(DisposedError);
    for (const end of finish) end();
    await closed;
    const states = (await outcomes).map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason),
    );
    expect(states.slice(0, 6)).toEqual([0, 'Error: no', 2, 3, 4, 5]);
    expect(states[6]).toMatch(/^DisposedError: /);
  });

  it('waits for work that closes it as soon as it begins', async () => {
    const turns = new Turns('the thing');
    let isOver = false;
    let closed: Promise<unknown> | undefined;
    const work = turns.take(async () => {
      closed = turns.close({ drain: true }).then(() => (isOver = true));
      await new Promise(setImmediate);
      return isOver;
    });
    expect(await work).toBe(false);
    expect(await closed).toBe(true);
  });
});
