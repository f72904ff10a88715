import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hangUpIsIgnored } from '../../src/cli/process/hang-up.ts';
import { findPython } from '../support/python.ts';
import { cardinal, environment, root } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const python = findPython('pty');
const begin = [
  ...['train', 'pictures', '--model', 'resnext_cifar', '--image-size', '12', '--batch-size', '6'],
  ...['--set', 'layers=1,1,1', 'cardinality=1', 'baseWidth=32', 'planes=2'],
  ...['--epochs', '100000', '--threads', '1', '--no-blas'],
];
/** Said when the first step is about to be done. */
const begun = /recipe quick/;

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);

/** Flags for a run folder that is not there yet: a test that is run once more finds none of what the first left. */
const newRun = async (run: string): Promise<readonly string[]> => {
  await rm(at(run), { recursive: true, force: true });
  return ['--out', run];
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-signals-'));
  await writePictures(at('pictures'), { train: 14, val: 4, test: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Does something once, as soon as stderr says so. */
function onceSaid(
  pattern: RegExp,
  act: (child: ChildProcess) => void,
): (child: ChildProcess, said: string) => void {
  let done = false;
  return (child, said) => {
    if (done || !pattern.test(said)) return;
    done = true;
    act(child);
  };
}

/** What is in a run folder, locks and unfinished files too. */
const filesOf = async (run: string): Promise<string[]> => (await readdir(at(run))).sort();
const saved = ['config.json', 'last.safetensors', 'metrics.jsonl', 'report.html'];

describe('a signal', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s in training: saves and ends with %i', async (signal, code) => {
    const run = `run-${signal}`;
    const finished = await cardinal([...begin, ...(await newRun(run))], {
      cwd: folder,
      onStderr: onceSaid(begun, (child) => child.kill(signal)),
    });
    expect(finished.code, finished.stderr).toBe(code);
    expect(finished.stderr).toContain('stopping with a checkpoint (again to stop at once)\n');
    expect(finished.stderr).not.toMatch(/defect|\n {4}at /);
    expect(finished.stdout).toContain(`continue with: npx cardinal train --resume ${run}`);
    const files = await filesOf(run);
    expect(files).toEqual(expect.arrayContaining(saved));
    expect(files.filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('in the final evaluation: says so, and the run is there', async () => {
    const args = [...begin, ...(await newRun('evaluated')), '--epochs', '1'];
    const { code, stderr, stdout } = await cardinal(args, {
      cwd: folder,
      onStderr: onceSaid(/evaluating on/, (child) => child.kill('SIGTERM')),
    });
    // It may be over before the signal is heard.
    if (stderr.includes('stopping')) {
      expect(code, stderr).toBe(143);
      expect(stderr).toMatch(
        /stopping (without an evaluation; the run is saved|as soon as the report is written) \(again/,
      );
      expect(await filesOf('evaluated')).toEqual(expect.arrayContaining([...saved, 'best.safetensors']));
    } else expect([0, 143], stdout).toContain(code);
  });

  test('before there is anything to save: ends at once, and leaves nothing', async () => {
    const child = spawn(process.execPath, [join(root, 'bin/cardinal.js'), 'predict', 'no.pth', '-'], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    child.kill('SIGTERM');
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    // Before Node has begun with our program the system ends it, as it would any.
    expect([code, signal]).toEqual(signal === null ? [code === 1 ? 1 : 143, null] : [null, 'SIGTERM']);
  });

  test('a second one ends it at once, with its own code', async () => {
    let stop: NodeJS.Timeout | undefined;
    const { code } = await cardinal([...begin, ...(await newRun('twice'))], {
      cwd: folder,
      onStderr: onceSaid(begun, (child) => {
        child.kill('SIGINT');
        // Whichever comes first: it saved and ended, or the next signal found it still at work.
        stop = setTimeout(() => child.kill('SIGTERM'), 600);
      }),
    });
    clearTimeout(stop);
    expect([130, 143]).toContain(code);
    expect((await filesOf('twice')).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

test('a reader of progress that goes away ends nothing', async () => {
  const child = spawn(
    process.execPath,
    [join(root, 'bin/cardinal.js'), ...begin, '--epochs', '3', ...(await newRun('unheard'))],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stderr.once('data', () => child.stderr.destroy());
  child.stdout.destroy();
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
  expect(await filesOf('unheard')).toEqual(expect.arrayContaining([...saved, 'best.safetensors']));
});

test('a run whose launcher was killed saves and ends', async () => {
  const child = fork(join(root, 'bin/cardinal.js'), [...begin, ...(await newRun('orphan'))], {
    cwd: folder,
    execArgv: [],
    env: { ...process.env, CARDINAL_LAUNCHED: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  const leave = onceSaid(begun, () => {
    child.disconnect();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    leave(child, (said += text));
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code, said).toBe(143);
  expect(await filesOf('orphan')).toEqual(expect.arrayContaining(saved));

  // The same channel from a program of one's own is none of a launcher.
  const own = fork(join(root, 'bin/cardinal.js'), ['models'], { cwd: folder, execArgv: [], silent: true });
  own.disconnect();
  expect(await once(own, 'exit')).toEqual([0, null]);
});

describe('a closed terminal', () => {
  const script = `
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen, last = b'', time.time() + 60
while b'recipe quick' not in seen and time.time() < last:
    if select.select([terminal], [], [], 1)[0]: seen += os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
  if (python === undefined) console.log('closed terminal: skipped, there is no Python with pty');
  test.skipIf(python === undefined)(
    'saves and ends with 129, though nothing can be said any more',
    async () => {
      const command = [join(root, 'bin/cardinal.js'), ...begin, ...(await newRun('closed'))];
      const child = spawn(python ?? '', ['-c', script, process.execPath, ...command], {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      await once(child, 'close');
      expect(printed).toBe('129\n');
      expect(await filesOf('closed')).toEqual(expect.arrayContaining(saved));
    },
  );

  test('is nothing to who was told to outlive it', async () => {
    expect(hangUpIsIgnored({}, process.pid)).toBe(false);
    expect(hangUpIsIgnored({ _: '/usr/bin/nohup' }, process.pid)).toBe(true);
    if (!existsSync('/proc/self/status')) return;
    for (const [trap, ignored] of [
      ["trap '' HUP;", true],
      ['', false],
    ] as const) {
      const shell = spawn('sh', ['-c', `${trap} echo ready; read line`], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      await once(shell.stdout, 'data');
      expect(hangUpIsIgnored({}, shell.pid), trap).toBe(ignored);
      shell.stdin.end();
      await once(shell, 'exit');
    }
  });
});

test('a run that goes on may be saved at other times', async () => {
  const args = [...begin, ...(await newRun('minutes')), '--epochs', '1', '--recipe', 'cifar'];
  const first = await cardinal(args, { cwd: folder });
  expect(first.code, first.stderr).toBe(0);
  const resume = ['train', '--resume', 'minutes', '--checkpoint-minutes', '2.5'];
  const { code, stderr } = await cardinal(resume, { cwd: folder });
  expect(code, stderr).toBe(0);
  expect(JSON.parse(await readFile(at('minutes/config.json'), 'utf8'))).toMatchObject({
    checkpointMinutes: 2.5,
  });
});

test('what must not stay is removed when a process exits in the middle', async () => {
  const code = `
    const { writeFileAtomic } = await import('./src/node/files.ts');
    const { lockFolder } = await import('./src/node/lock/lock.ts');
    await lockFolder(process.argv[1]);
    async function* parts() { yield new Uint8Array(10); process.exit(3); }
    await writeFileAtomic(process.argv[1] + '/file', parts());
  `;
  const path = await mkdtemp(at('exit-'));
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, path], {
    cwd: root,
    stdio: 'ignore',
  });
  expect(await once(child, 'exit')).toEqual([3, null]);
  expect(await readdir(path)).toEqual([]);
});
