import { afterEach, describe, expect, test } from 'vitest';
import { connect, type ChannelOptions } from '../../src/base/channel/connect.ts';
import { moved, portOf, type ChannelPort } from '../../src/base/channel/port.ts';
import { serve } from '../../src/base/channel/serve.ts';
import type { Call, Handlers } from '../../src/base/channel/service.ts';
import {
  CardinalError,
  DeviceLostError,
  DisposedError,
  ShortageError,
  UsageError,
} from '../../src/base/errors.ts';

interface Tried {
  add: Call<[a: number, b: number], number>;
  fail: Call<[which: string], never>;
  wait: Call<[], string>;
  count: Call<[to: number], number, { each(n: number): void; factor(): number }>;
  take: Call<[Float32Array], Float32Array>;
}

class InUse extends CardinalError {}

const errors: Readonly<Record<string, Error>> = {
  usage: new UsageError('give a number'),
  disposed: new DisposedError('it is gone'),
  lost: new DeviceLostError('the thread ended'),
  shortage: new ShortageError('no files left', {
    cause: Object.assign(new Error('open'), { code: 'EMFILE' }),
  }),
  cardinal: new CardinalError('a\u0007b'),
  own: new InUse('somebody trains here'),
  type: new TypeError('x is not a function'),
  syntax: new SyntaxError('unexpected token'),
  dom: new DOMException('not found', 'NotFoundError'),
};

const handlers: Handlers<Tried> = {
  add: ([a, b]) => a + b,
  fail: ([which]) => {
    throw errors[which];
  },
  wait: (_, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        // What a handler throws: mostly the reason itself.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(signal.reason);
      });
    }),
  count: async ([to], { ask, tell }) => {
    for (let n = 1; n <= to; n++) {
      tell('each', n);
      if (n % 2 === 0) await ask('each', n * (await ask('factor')));
    }
    return to;
  },
  take: ([data]) => moved(data, [data.buffer as ArrayBuffer]),
};

const open: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of open.splice(0)) {
    port1.close();
    port2.close();
  }
});

/** Both ends of a line, with what was sent, and a way to end it as a platform would. */
function line(options?: ChannelOptions, own: Partial<Handlers<Tried>> = {}) {
  const messages = new MessageChannel();
  open.push(messages);
  const sent: unknown[] = [];
  const holds: boolean[] = [];
  const ends: ((error: Error) => void)[] = [];
  const near = portOf(messages.port1);
  const port: ChannelPort = {
    ...near,
    post: (message, transfer) => {
      near.post(message, transfer);
      sent.push(message);
    },
    onEnd: (handler) => ends.push(handler),
    hold: (isAwaited) => holds.push(isAwaited),
  };
  const server = serve<Tried>(portOf(messages.port2), { ...handlers, ...own }, options);
  const channel = connect<Tried>(port, options);
  const die = (error: Error) => {
    for (const end of ends) end(error);
  };
  return { port1: messages.port1, port2: messages.port2, channel, server, sent, holds, die };
}

test('calls give results, each its own, and keep the port only while one waits', async () => {
  const { channel, holds } = line();
  const sums = [1, 2, 3].map((n) => channel.call('add', [n, 10]));
  expect(holds).toEqual([true]);
  expect(await Promise.all(sums)).toEqual([11, 12, 13]);
  expect(holds).toEqual([true, false]);
});

test('handlers begin in the order of the calls', async () => {
  const begun: number[] = [];
  const { channel } = line(undefined, {
    add: async ([a]) => {
      begun.push(a);
      await new Promise((resolve) => setImmediate(resolve));
      return a;
    },
  });
  const ended: number[] = [];
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  await Promise.all(numbers.map(async (n) => ended.push(await channel.call('add', [n, 0]))));
  expect(begun).toEqual(numbers);
  expect(ended).toEqual(numbers);
});

describe('errors', () => {
  test.each(Object.entries(errors))('%s arrives as the class that it was', async (which, error) => {
    const { channel } = line({ errors: { InUse } });
    const got: unknown = await channel.call('fail', [which]).catch((caught: unknown) => caught);
    expect(got).not.toBe(error);
    expect(Object.getPrototypeOf(got)).toBe(
      which === 'syntax' ? Error.prototype : Object.getPrototypeOf(error),
    );
    expect(got).toMatchObject({ name: error.name, message: error.message });
    // Defects are looked for where they happened.
    if (which === 'type') expect(got).toMatchObject({ stack: error.stack });
    if (which === 'shortage') expect(got).toMatchObject({ cause: { message: 'open', code: 'EMFILE' } });
  });

  test('an unknown class of ours is a CardinalError, and what nobody can copy becomes its text', async () => {
    const { channel } = line();
    const got: unknown = await channel.call('fail', ['own']).catch((caught: unknown) => caught);
    expect(Object.getPrototypeOf(got)).toBe(CardinalError.prototype);
    const thrower = line(undefined, {
      wait: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything may be thrown
        throw { toString: () => 'odd', call: () => 0 };
      },
    });
    await expect(thrower.channel.call('wait', [])).rejects.toBe('odd');
  });

  test('a result that cannot be copied is an error, not silence', async () => {
    const { channel } = line(undefined, { add: () => (() => 1) as unknown as number });
    await expect(channel.call('add', [1, 2])).rejects.toThrow(/could not be cloned/);
  });

  test('arguments that cannot be copied are refused, and nothing waits', async () => {
    const { channel, holds } = line();
    const odd = (() => 1) as unknown as number;
    await expect(channel.call('add', [odd, 2])).rejects.toThrow(
      /"add" cannot be asked of another thread: .*clone/,
    );
    expect(holds).toEqual([]);
  });

  test('a request of another version is refused by name', async () => {
    const { channel } = line();
    const newer = channel as unknown as { call(name: string, args: unknown[]): Promise<unknown> };
    await expect(newer.call('subtract', [])).rejects.toThrow(
      /has no "subtract", it has add, fail, wait, count, take; are both of one version/,
    );
    await expect(newer.call('toString', [])).rejects.toThrow(/has no "toString"/);
  });
});

describe('signals', () => {
  test.each([new Error('enough'), 'a text', { any: 'thing' }, new DOMException('x', 'AbortError')])(
    "an abort reaches the handler, and the call rejects with the caller's own reason: %s",
    async (reason) => {
      const { channel } = line();
      const controller = new AbortController();
      const waiting = channel.call('wait', [], { signal: controller.signal });
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
    },
  );

  test('an aborted one asks for nothing', async () => {
    const { channel, sent } = line();
    const reason = new Error('before');
    await expect(channel.call('wait', [], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });

  test('a handler that is done first gives its result; a late abort is not sent', async () => {
    const { channel, sent } = line();
    const controller = new AbortController();
    expect(await channel.call('add', [1, 2], { signal: controller.signal })).toBe(3);
    controller.abort();
    expect(sent).toHaveLength(1);
  });
});

describe('callbacks', () => {
  test('are called in order, answer, and keep the handler waiting', async () => {
    const { channel } = line();
    const log: (number | string)[] = [];
    const result = await channel.call('count', [4], {
      on: {
        each: async (n) => {
          log.push(n);
          await new Promise((resolve) => setImmediate(resolve));
          log.push(`${n} done`);
        },
        factor: () => 10,
      },
    });
    expect(result).toBe(4);
    expect(log).toEqual([1, 2, '1 done', '2 done', 20, '20 done', 3, 4, '3 done', '4 done', 40, '40 done']);
  });

  test('that throw end the call with the very same error, asked or told', async () => {
    const { channel } = line();
    const error = new RangeError('drawing failed');
    const fail = () => {
      throw error;
    };
    const asked = channel.call('count', [2], { on: { factor: fail } });
    await expect(asked).rejects.toBe(error);
    await expect(channel.call('count', [1], { on: { each: fail } })).rejects.toBe(error);
    // The line goes on.
    expect(await channel.call('add', [1, 1])).toBe(2);
  });

  test('that nobody has are an error if an answer is awaited, and nothing if not', async () => {
    const { channel } = line();
    expect(await channel.call('count', [1])).toBe(1);
    await expect(channel.call('count', [2])).rejects.toThrow(/asks for "factor", which nobody answers/);
  });
});

test('memory that is handed over is gone here, and comes back the same', async () => {
  const { channel } = line();
  const data = Float32Array.of(1, 2, 3);
  const taken = channel.call('take', [data], { transfer: [data.buffer] });
  expect(data.length).toBe(0);
  expect([...(await taken)]).toEqual([1, 2, 3]);
});

describe('an end', () => {
  test('of the other side rejects what waits and all later calls', async () => {
    const { channel, die, holds } = line();
    const waiting = [channel.call('wait', []), channel.call('wait', [])];
    const lost = new DeviceLostError('the engine worker ended');
    die(lost);
    for (const each of waiting) await expect(each).rejects.toBe(lost);
    await expect(channel.call('add', [1, 2])).rejects.toBe(lost);
    channel.end(new DisposedError('later'));
    await expect(channel.call('add', [1, 2])).rejects.toBe(lost);
    expect(holds).toEqual([true, false]);
  });

  test('of the caller aborts what its handlers do and what they ask', async () => {
    const seen = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<undefined>();
    const { channel, server } = line(undefined, {
      count: async (_, { signal, ask }) => {
        signal.addEventListener('abort', () => {
          seen.resolve(signal.reason);
        });
        const answer = ask('factor');
        begun.resolve(undefined);
        await answer.catch(asked.resolve);
        return 0;
      },
    });
    void channel.call('count', [1], { on: { factor: () => new Promise(() => undefined) } });
    await begun.promise;
    const gone = new DisposedError('the page is gone');
    server.end(gone);
    expect(await seen.promise).toBe(gone);
    expect(await asked.promise).toBe(gone);
  });
});

test('messages of others on the same line are left to them', async () => {
  const { channel, port1, port2 } = line();
  for (const message of [undefined, 1, 'call', {}, { channel: 'call' }, { channel: 'x', id: 1 }, null]) {
    port1.postMessage(message);
    port2.postMessage(message);
  }
  expect(await channel.call('add', [2, 2])).toBe(4);
});

test('both sides may ask on one line', async () => {
  const { channel, port1, port2 } = line();
  serve<Tried>(portOf(port1), { ...handlers, add: ([a, b]) => a * b });
  const back = connect<Tried>(portOf(port2));
  expect(await Promise.all([channel.call('add', [3, 4]), back.call('add', [3, 4])])).toEqual([7, 12]);
});
