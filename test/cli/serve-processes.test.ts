import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { Processes, type Ending, type Member } from '../../src/cli/serve/processes/processes.ts';
import { Restarts } from '../../src/cli/serve/processes/restarts.ts';

describe('a process that ends is started again', () => {
  it('later each time, and after so many within the window not any more', () => {
    const restarts = new Restarts({ firstDelay: 100, mostDelay: 300, limit: 4, window: 1000 });
    expect([0, 10, 20, 30, 40].map((now) => restarts.ended(now))).toEqual([100, 200, 300, 300, undefined]);
    // The first ones are forgotten: 20, 30 and 40 count.
    expect(restarts.ended(1015)).toBe(300);
    restarts.forget();
    expect(restarts.ended(1016)).toBe(100);
  });

  it('for ever if it ends once a minute, not for a minute if it ends at once', () => {
    const rare = new Restarts();
    for (let minute = 0; minute < 100; minute++) expect(rare.ended(minute * 60_000)).toBeDefined();
    const loop = new Restarts();
    let now = 0;
    for (let delay: number | undefined = 0; delay !== undefined; delay = loop.ended(now)) now += delay;
    expect(now).toBeGreaterThan(10_000);
    expect(now).toBeLessThan(60_000);
  });
});

/** A process that does what the test says. */
class FakeMember implements Member {
  readonly pid: number;
  readonly #serving = Promise.withResolvers<readonly string[] | undefined>();
  readonly #ended = Promise.withResolvers<Ending>();
  readonly asked: string[] = [];
  /** What the next reload throws. */
  fault: Error | undefined;
  metrics: readonly object[] = [{ name: 'requests' }];

  constructor(pid: number) {
    this.pid = pid;
  }

  get serving(): Promise<readonly string[] | undefined> {
    return this.#serving.promise;
  }
  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  serve(): void {
    this.#serving.resolve(['serving demo']);
  }
  end(code: number | null, signal: string | null = null): void {
    this.#serving.resolve(undefined);
    this.#ended.resolve({ code, signal });
  }
  reload(): Promise<void> {
    this.asked.push('reload');
    return this.fault === undefined ? Promise.resolve() : Promise.reject(this.fault);
  }
  samples(): Promise<readonly object[]> {
    return this.asked.includes('kill') ? Promise.reject(new Error('gone')) : Promise.resolve(this.metrics);
  }
  stop(signal: NodeJS.Signals): void {
    this.asked.push(signal);
  }
  kill(): void {
    this.asked.push('kill');
  }
}

/** Lets promises that are settled be heard. */
const heard = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

describe('processes that share a port', () => {
  let started: FakeMember[];
  let said: string[];
  let processes: Processes;
  beforeEach(() => {
    vi.useFakeTimers();
    started = [];
    said = [];
    processes = new Processes(3, {
      start: () => {
        const member = new FakeMember(100 + started.length);
        started.push(member);
        return member;
      },
      say: (line) => said.push(line),
    });
  });
  afterEach(() => vi.useRealTimers());

  /** All three serve. */
  async function begun(): Promise<FakeMember[]> {
    const lines = processes.begin();
    started[0].serve();
    expect(await lines).toEqual(['serving demo']);
    for (const member of started) member.serve();
    await heard();
    return started;
  }

  it('start with one, and the others when that serves', async () => {
    const lines = processes.begin();
    await heard();
    expect(started).toHaveLength(1);
    started[0].serve();
    await lines;
    expect(started).toHaveLength(3);
    expect(said).toEqual([]);
  });

  it('are none if the first one cannot: its exit code is theirs, and nothing is started again', async () => {
    const lines = processes.begin();
    started[0].end(2);
    expect(await lines).toBeUndefined();
    expect(await processes.over).toBe(2);
    await vi.runAllTimersAsync();
    expect(started).toHaveLength(1);
  });

  it('say of what a first one died that could not say so itself', async () => {
    const lines = processes.begin();
    started[0].end(null, 'SIGKILL');
    expect(await lines).toBeUndefined();
    expect(await processes.over).toBe(1);
    expect(said).toEqual(['process 100 was ended by SIGKILL as it started']);
  });

  it('are as many again when one dies, and at last say that it is no use', async () => {
    await begun();
    started[1].end(null, 'SIGKILL');
    await heard();
    expect(said).toEqual(['process 101 ended (SIGKILL): another is started in 0.25 s']);
    expect(started).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(250);
    expect(started).toHaveLength(4);
    for (let ends = 2; ends <= 9; ends++) {
      started[started.length - 1].end(1);
      await vi.advanceTimersByTimeAsync(8000);
    }
    expect(started).toHaveLength(3 + 8);
    expect(said.at(-1)).toBe(
      'process 110 ended (exit code 1), too many have: it is not started again before SIGHUP; 2 of 3 go on',
    );
    await processes.reload();
    expect(started).toHaveLength(12);
    // Without any left the service is over.
    const last = new Processes(1, {
      start: () => {
        started.push(new FakeMember(7));
        return started[started.length - 1];
      },
      say: (line) => said.push(line),
      restarts: new Restarts({ firstDelay: 1, mostDelay: 1, limit: 0, window: 1000 }),
    });
    const lines = last.begin();
    started[12].serve();
    await lines;
    started[12].end(0);
    expect(await last.over).toBe(1);
    expect(said.at(-1)).toBe('process 7 ended (exit code 0), too many have: the service ends');
  });

  it('load new weights one after the other, and none if the first one cannot', async () => {
    const members = await begun();
    await processes.reload();
    expect(members.map(({ asked }) => asked)).toEqual([['reload'], ['reload'], ['reload']]);
    members[0].fault = new CardinalError('best.safetensors is cut off');
    await processes.reload();
    expect(members.map(({ asked }) => asked.length)).toEqual([2, 1, 1]);
    members[0].fault = undefined;
    members[1].fault = new CardinalError('best.safetensors is gone');
    await processes.reload();
    expect(members.map(({ asked }) => asked.length)).toEqual([3, 2, 1]);
    expect(said).toEqual([
      // Each has said why it cannot.
      'warning: 1 of 3 processes have the new weights',
    ]);
  });

  it('end together, with a code, and none is started any more', async () => {
    const members = await begun();
    members[2].end(1);
    await heard();
    processes.stop('SIGTERM');
    expect(members.map(({ asked }) => asked)).toEqual([['SIGTERM'], ['SIGTERM'], []]);
    members[0].end(143);
    members[1].end(143);
    expect(await processes.over).toBe(143);
    await vi.runAllTimersAsync();
    expect(started).toHaveLength(3);
  });

  it('add up the metrics of those that answer', async () => {
    const members = await begun();
    members[1].kill();
    expect(await processes.samples()).toEqual([[{ name: 'requests' }], [{ name: 'requests' }]]);
  });
});
