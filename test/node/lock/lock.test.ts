import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import { ownIdentity } from '../../../src/node/lock/identity.ts';
import type { Judge, Other } from '../../../src/node/lock/judge.ts';
import { kernelLocks } from '../../../src/node/lock/kernel.ts';
import { InUseError, LockLostError } from '../../../src/base/errors.ts';
import { lockFolder, type LockOptions } from '../../../src/node/lock/lock.ts';
import { Watch } from '../../../src/node/lock/watch.ts';

const isLinux = process.platform === 'linux';
const module = new URL('../../../src/node/lock/lock.ts', import.meta.url).href;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-lock-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function fresh(): Promise<string> {
  const path = join(root, randomUUID());
  await mkdir(path);
  return path;
}

/** As if from another machine, one without kernel locks, another container without them. */
const elsewhere: Partial<Judge> = {
  identity: { ...ownIdentity(), boot: 'another', host: 'pod-a' },
  kernel: undefined,
};
const withoutKernel: Partial<Judge> = { kernel: undefined };
const container: Partial<Judge> = {
  identity: { ...ownIdentity(), namespace: 'pid:[1]' },
  kernel: undefined,
};
/** For dead ones: a minute in a moment. Live ones show themselves at once, and are given all the time they may need. */
const quick = { beat: 20, stale: 600, poll: 10 };
const patient = { ...quick, stale: 30_000 };

/** A Node that locks a folder, says so and goes on with `then`. Gives the process and what it prints from then on. */
async function holder(
  folder: string,
  {
    then = 'setInterval(() => {}, 1000);',
    options = '{}',
    before = [],
  }: { then?: string; options?: string; before?: readonly string[] } = {},
): Promise<ChildProcess> {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(module)});
    const lock = await lockFolder(${JSON.stringify(folder)}, ${options});
    ${then}
    console.log('locked');`;
  const [command, ...args] = [...before, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => {
      reject(new Error('the holder ended before it had the lock'));
    });
  });
  return child;
}

const locksIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('.lock-'));

async function expectFree(folder: string, options: LockOptions = {}): Promise<void> {
  const lock = await lockFolder(folder, options);
  expect(await locksIn(folder)).toHaveLength(1);
  await lock.release();
  expect(await locksIn(folder)).toEqual([]);
}

/** Every way in which a process on this machine may be asked about. */
const judges: [string, Partial<Judge>][] = [
  ...(isLinux || process.platform === 'darwin' ? ([['the kernel', {}]] as [string, Partial<Judge>][]) : []),
  ...(isLinux ? ([['the state of processes', withoutKernel]] as [string, Partial<Judge>][]) : []),
  ['the heartbeat', elsewhere],
];

describe.each(judges)('judged by %s', (_, judge) => {
  const options = { judge, timing: quick };

  test('a live owner is in use, a killed one is not', async () => {
    const folder = await fresh();
    const child = await holder(folder, { options: `{ timing: ${JSON.stringify(quick)} }` });
    await expect(lockFolder(folder, { judge, timing: patient })).rejects.toThrow(
      new RegExp(`^folder .* is already in use by process ${child.pid ?? 0}\\b`),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expectFree(folder, options);
  });

  test('of 20 that begin at once exactly one wins', async () => {
    for (let round = 0; round < 5; round++) {
      const folder = await fresh();
      const attempts = await Promise.allSettled(
        Array.from({ length: 20 }, () => lockFolder(folder, { judge, timing: patient, heartbeat: 'timer' })),
      );
      const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      const others = attempts.flatMap((attempt): unknown[] =>
        attempt.status === 'rejected' ? [attempt.reason] : [],
      );
      expect(others.filter((reason) => !(reason instanceof InUseError))).toEqual([]);
      expect(winners).toHaveLength(1);
      expect(await locksIn(folder)).toHaveLength(1);
      await winners[0].check();
      await winners[0].release();
    }
  });

  test('of many that find a dead one exactly one wins', async () => {
    const folder = await fresh();
    const child = await holder(folder);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => lockFolder(folder, { ...options, heartbeat: 'timer' })),
    );
    const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(winners).toHaveLength(1);
    await winners[0].check();
    await winners[0].release();
  });

  test('of 6 processes that begin at once exactly one wins', async () => {
    const folder = await fresh();
    // All are let go in one moment, when the file appears.
    const script = `
      const { existsSync } = await import('node:fs');
      const { lockFolder } = await import(${JSON.stringify(module)});
      const { ownIdentity } = await import(${JSON.stringify(new URL('identity.ts', module).href)});
      const judge = ${JSON.stringify(judge)};
      if (judge.identity) judge.identity = { ...ownIdentity(), boot: process.pid + ' of another', host: 'pod' };
      if (${JSON.stringify('kernel' in judge)}) judge.kernel = undefined;
      console.log('ready');
      while (!existsSync(${JSON.stringify(join(folder, 'go'))}));
      try { await lockFolder(${JSON.stringify(folder)}, { judge, timing: ${JSON.stringify({ ...quick, stale: 5000 })} }); console.log('won'); }
      catch (error) { console.log(error.name); }
      setInterval(() => {}, 1000);`;
    const outputs = Array.from({ length: 6 }, () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return async (): Promise<string> => z.string().parse((await lines.next()).value);
    });
    await Promise.all(outputs.map((next) => next()));
    await writeFile(join(folder, 'go'), '');
    const ends = await Promise.all(outputs.map((next) => next()));
    expect(ends.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'InUseError'), 'won']);
  });
});

describe.runIf(isLinux)('a process that was killed and that nobody reaps', () => {
  test.each([
    ['with a lock of the kernel', {}, {}],
    ['without one', withoutKernel, { kernel: undefined }],
  ])('is dead, %s', async (_, judge, its) => {
    const folder = await fresh();
    const inner = `
      const { lockFolder } = await import(${JSON.stringify(module)});
      const judge = ${JSON.stringify(Object.keys(its).length > 0)} ? { kernel: undefined } : {};
      await lockFolder(${JSON.stringify(folder)}, { judge });
      console.log(process.pid);
      process.kill(process.pid, 'SIGKILL');`;
    // The shell becomes a sleep, which never waits for its child.
    const parent = spawn(
      'sh',
      ['-c', '"$0" --input-type=module -e "$1" & exec sleep 60', process.execPath, inner],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    children.push(parent);
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const stat = `/proc/${Number(said.toString())}/stat`;
    await expect.poll(async () => (await readFile(stat, 'utf8')).includes(' Z ')).toBe(true);
    expect(await locksIn(folder)).toHaveLength(1);
    await expectFree(folder, { judge });
    // It is still there, and still a zombie.
    expect(await readFile(stat, 'utf8')).toMatch(/ Z /);
  });
});

const canUnshare = isLinux && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
if (!canUnshare) console.log('skipped: namespaces need root on Linux');

describe.runIf(canUnshare)('two containers with one host name and ids of processes of their own', () => {
  const before = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

  test('exclude each other, and the dead one does not block', async () => {
    const folder = await fresh();
    const child = await holder(folder, { before });
    // Its id, 1, is of another process here.
    await expect(lockFolder(folder)).rejects.toThrow(/already in use by process 1 in another container;/);
    const attempt = `
      const { lockFolder } = await import(${JSON.stringify(module)});
      await lockFolder(${JSON.stringify(folder)}).then(() => console.log('won'), (error) => console.log(error.name));
      process.exit();`;
    const inside = (): string =>
      execFileSync(before[0], [...before.slice(1), process.execPath, '--input-type=module', '-e', attempt], {
        encoding: 'utf8',
      });
    expect(inside()).toBe('InUseError\n');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(inside).toBe('won\n');
    await expectFree(folder);
  });

  test('also without locks of the kernel', async () => {
    const folder = await fresh();
    const options = `{ judge: { kernel: undefined }, timing: ${JSON.stringify(quick)} }`;
    const child = await holder(folder, { before, options });
    await expect(lockFolder(folder, { judge: withoutKernel, timing: patient })).rejects.toThrow(InUseError);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expectFree(folder, { judge: withoutKernel, timing: quick });
  });
});

describe('an owner of another machine or container', () => {
  test.each([
    ['another boot', elsewhere],
    ['another namespace', container],
    ['the same machine after it was started anew', { identity: { ...ownIdentity(), boot: 'earlier' } }],
  ])('%s: is told by its heartbeat', async (_, judge) => {
    const folder = await fresh();
    const lock = await lockFolder(folder, { judge: { kernel: undefined, ...judge }, timing: quick });
    await expect(lockFolder(folder, { timing: patient, judge: withoutKernel })).rejects.toThrow(InUseError);
    await lock.release();
    await expectFree(folder);
  });

  test('says what is waited for, and can be called off', async () => {
    const folder = await fresh();
    // Beats once in an hour: as if its machine were gone.
    await lockFolder(folder, { judge: elsewhere, heartbeat: 'timer', timing: { beat: 3_600_000 } });
    const controller = new AbortController();
    const reason = new Error('enough');
    const notices: string[] = [];
    const waiting = lockFolder(folder, {
      what: 'run folder',
      signal: controller.signal,
      onNotice: (message) => {
        notices.push(message);
        controller.abort(reason);
      },
    });
    await expect(waiting).rejects.toBe(reason);
    expect(notices).toEqual([
      `run folder ${folder} may be in use by process ${process.pid} on pod-a: waiting up to 30 s for a sign of life`,
    ]);
    await expectFree(folder, { timing: { stale: 100, poll: 10 } });
  });

  test('one that cannot be watched, of an earlier version, is left to a person', async () => {
    const folder = await fresh();
    const old = join(folder, `.lock-${randomUUID()}`);
    await writeFile(old, JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }));
    await expect(lockFolder(folder)).rejects.toThrow(
      /in use by process 1 on elsewhere; whether it is still running cannot be determined from here: if it has ended, delete .*\.lock-/,
    );
    const notices: string[] = [];
    const lock = await lockFolder(folder, { takeOver: true, onNotice: (line) => void notices.push(line) });
    expect(notices).toEqual([`folder ${folder} is taken over from process 1 on elsewhere`]);
    await lock.release();
  });

  test('one of an earlier version on this machine is judged by its process', async () => {
    const folder = await fresh();
    const own = ownIdentity();
    const write = (started: string) =>
      writeFile(join(folder, '.lock-old'), JSON.stringify({ pid: own.pid, started, host: hostname() }));
    await write(own.started);
    await expect(lockFolder(folder)).rejects.toThrow(InUseError);
    if (!isLinux) return;
    await write('1');
    await expectFree(folder);
  });
});

test.runIf(isLinux)('what is no lock file hangs nobody and keeps nobody out', async () => {
  const folder = await fresh();
  execFileSync('mkfifo', [join(folder, '.lock-fifo')]);
  await mkdir(join(folder, '.lock-folder'));
  symlinkSync('/dev/zero', join(folder, '.lock-device'));
  symlinkSync(join(folder, 'nowhere'), join(folder, '.lock-nowhere'));
  await writeFile(join(folder, 'target'), 'kept');
  symlinkSync(join(folder, 'target'), join(folder, '.lock-link'));
  const lock = await lockFolder(folder);
  await lock.check();
  await lock.release();
  expect(await readFile(join(folder, 'target'), 'utf8')).toBe('kept');
});

test('a lock file that was cut short is of a dead one, once it has not changed', async () => {
  const folder = await fresh();
  await writeFile(join(folder, '.lock-empty'), '');
  await writeFile(join(folder, '.lock-half'), '{"pid":');
  await expectFree(folder, { timing: { stale: 50, poll: 5 } });
});

describe('an owner that lost its folder', () => {
  test.runIf(isLinux)('while it was stopped: it finds out before it writes', async () => {
    const folder = await fresh();
    const then = `process.on('SIGCONT', () => lock.check().then(() => 'owns', (error) => error.name + ': ' + error.message).then(console.log));
      setInterval(() => {}, 1000);`;
    const options = `{ judge: { kernel: undefined }, timing: ${JSON.stringify(quick)} }`;
    const child = await holder(folder, { then, options });
    child.kill('SIGSTOP');
    // On this machine it is known to be stopped and not dead; from another one it cannot be told.
    await expect(lockFolder(folder)).rejects.toThrow(InUseError);
    const lock = await lockFolder(folder, { judge: elsewhere, timing: quick });
    const said = once(child.stdout ?? child, 'data');
    child.kill('SIGCONT');
    expect(String(await said)).toMatch(
      new RegExp(
        `^LockLostError: folder .* was taken over by process ${process.pid} on pod-a: .*writes nothing more there\n$`,
      ),
    );
    await lock.check();
    await lock.release();
  });

  test('because somebody took it over, or removed it', async () => {
    const folder = await fresh();
    const first = await lockFolder(folder, { heartbeat: 'timer' });
    const second = await lockFolder(folder, { heartbeat: 'timer', takeOver: true });
    await expect(first.check()).rejects.toThrow(LockLostError);
    await first.release();
    await second.check();
    await rm(folder, { recursive: true });
    await expect(second.check()).rejects.toThrow(/^folder .* is gone: this process stops$/);
    await second.release();
  });
});

test('the heart beats while the main thread computes', async () => {
  const folder = await fresh();
  const enough = join(folder, 'enough');
  const then = `
    const { existsSync } = await import('node:fs');
    setTimeout(() => { while (!existsSync(${JSON.stringify(enough)})); process.exit(); });`;
  const child = await holder(folder, { then, options: `{ timing: ${JSON.stringify(quick)} }` });
  const exit = once(child, 'exit');
  const [name] = await locksIn(folder);
  const read = (): Promise<string> => readFile(join(folder, name), 'utf8');
  for (let beats = 0; beats < 3; beats++) {
    const before = await read();
    await expect.poll(read, { timeout: 30_000, interval: 5 }).not.toBe(before);
  }
  expect(child.exitCode).toBeNull();
  await writeFile(enough, '');
  await exit;
});

describe('watching', () => {
  const unsure = (text: string): Other => ({
    path: '',
    name: 'a',
    record: undefined,
    text,
    verdict: 'unsure',
  });

  test('by the clock of who watches: what changes is alive, what does not is dead after a while', () => {
    let now = 0;
    const watch = new Watch(30, 10, () => now);
    const at = (time: number, text: string): string => {
      now = time;
      return watch.verdictOn(unsure(text));
    };
    expect(at(0, 'x')).toBe('unsure');
    expect(at(10, 'x')).toBe('unsure');
    expect(at(20, 'y')).toBe('alive');
    expect(at(30, 'y')).toBe('unsure');
    expect(at(40, 'y')).toBe('unsure');
    expect(at(50, 'y')).toBe('dead');
  });

  test('while this process stood still itself the others may have, too', () => {
    let now = 0;
    const watch = new Watch(30, 10, () => now);
    watch.verdictOn(unsure('x'));
    now = 1e6;
    expect(watch.verdictOn(unsure('x'))).toBe('unsure');
  });
});

test.runIf(isLinux || process.platform === 'darwin')(
  'locks of the kernel are there for koffi’s users',
  async () => {
    expect(await kernelLocks()).toBeDefined();
  },
);

test('a folder that cannot be written to says so', async () => {
  await expect(lockFolder(join(root, 'missing'))).rejects.toThrow(
    /^cannot lock .*missing: no such file or folder$/,
  );
  expect(existsSync(join(root, 'missing'))).toBe(false);
});
