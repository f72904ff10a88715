import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { request, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { f32 } from '../../src/base/tensor-data.ts';
import { createModel } from '../../src/models/registry.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { findPython } from '../support/python.ts';
import { cardinal, environment, root } from './cardinal.ts';

let folder: string;
let png: Buffer;
const at = (name: string): string => join(folder, name);
const known = [
  ...['--model', 'resnext_cifar', '--set', 'layers=1,1,1', 'planes=8', 'cardinality=2', 'baseWidth=8'],
  ...['--mean', '0,0,0', '--std', '1,1,1', '--image-size', '12', '--classes', 'names.txt', '--threads', '1'],
];

/** Whatever a picture shows, the biases alone decide. */
async function write(file: string, bias: readonly number[]): Promise<void> {
  const options = { numClasses: 3, layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
  const model = createModel('resnext_cifar', options).initialize(1);
  const state = model.stateDict();
  const weight = state.get('fc.weight');
  if (weight?.dtype !== 'F32') throw new Error('no classifier');
  state.set('fc.weight', f32(weight.shape, new Float32Array(weight.data.length)));
  state.set('fc.bias', f32([3], Float32Array.from(bias)));
  model.loadStateDict(state);
  await saveWeights(model, at(file));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-serve-'));
  await write('dog.safetensors', [1, 2, 0]);
  await write('cat.safetensors', [2, 1, 0]);
  await writeFile(at('names.txt'), 'cat\ndog\nbird\n');
  await writeFile(at('bad.safetensors'), 'no weights');
  png = await sharp({ create: { width: 12, height: 12, channels: 3, background: '#a0b0c0' } })
    .png()
    .toBuffer();
});
afterAll(() => rm(folder, { recursive: true }));

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** A started server, and what it has said. */
class Server {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  url = '';
  readonly #heard: (() => void)[] = [];

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [join(root, 'bin/cardinal.js'), 'serve', ...args], {
      cwd: folder,
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(this.child);
    const hear = (): void => {
      for (const heard of this.#heard.splice(0)) heard();
    };
    this.child.stdout?.setEncoding('utf8').on('data', (data: string) => {
      this.stdout += data;
      hear();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (data: string) => {
      this.stderr += data;
      hear();
    });
    this.child.on('close', hear);
  }

  /** Waits until it says so; the test's limit of time ends that. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stderr);
      if (found !== null) return found;
      if (this.child.exitCode !== null) throw new Error(`ended without ${pattern}:\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  /** The most likely class of the picture, and by which version of the weights. */
  async classify(
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ class: string; version: string }> {
    const response = await fetch(`${this.url}/classify`, {
      method: 'POST',
      headers: { 'content-type': 'image/png', connection: 'close', ...headers },
      body: new Uint8Array(png),
    });
    const answer = (await response.json()) as { predictions: { class: string }[]; version: string };
    expect(response.status, JSON.stringify(answer)).toBe(200);
    return { class: answer.predictions[0].class, version: answer.version };
  }
}

async function serving(
  weights: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const server = new Server([weights, '--port', '0', ...known, ...flags], env);
  [, server.url] = await server.said(/listening on (http:[^\s,]+)[^\n]*\n/);
  return server;
}

/** A request that the server has accepted, and whose body is still to be sent. */
async function accepted(
  server: Server,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly open: ClientRequest; readonly answer: Promise<string> }> {
  const open = request(`${server.url}/classify`, {
    method: 'POST',
    headers: {
      'content-type': 'image/png',
      'content-length': png.length,
      expect: '100-continue',
      ...headers,
    },
  });
  const answer = new Promise<string>((resolve, reject) => {
    open.once('error', reject).once('response', (response) => {
      text(response).then(resolve, reject);
    });
  });
  answer.catch(() => undefined);
  open.flushHeaders();
  await once(open, 'continue');
  return { open, answer };
}

describe('serve', () => {
  it('answers, reads new weights, keeps the old ones for bad ones, and finishes what it took', async () => {
    await copyFile(at('dog.safetensors'), at('served.safetensors'));
    const key = { CARDINAL_API_KEY: 'secret' };
    const server = await serving('served.safetensors', ['--name', 'pets', '--grpc-port', '0'], key);
    const authorization = { authorization: 'Bearer secret' };
    expect(server.stderr).toMatch(
      /^serving pets: resnext_cifar, 3 classes, pictures of 3×12×12\nlistening on http:\/\/127\.0\.0\.1:\d+, gRPC on port \d+\n {2}curl -H "authorization: Bearer \$CARDINAL_API_KEY" -F image=@cat\.jpg http:/,
    );
    const first = await server.classify(authorization);
    expect(first.class).toBe('dog');
    expect((await fetch(`${server.url}/classify`, { method: 'POST' })).status).toBe(401);

    // Its port is taken, which the next is told before it reads weights.
    const { port } = new URL(server.url);
    const second = await cardinal(['serve', 'gone.safetensors', '--port', port, ...known], { cwd: folder });
    expect(second).toEqual({
      code: 1,
      stdout: '',
      stderr: `cardinal: cannot listen on 127.0.0.1:${port}: the port is in use; give another with --port (0 takes any that is free)\n`,
    });

    await copyFile(at('cat.safetensors'), at('next.safetensors'));
    await rename(at('next.safetensors'), at('served.safetensors'));
    server.child.kill('SIGHUP');
    await server.said(/\nreloaded pets: version \w+ takes over from \w+\n/);
    const after = await server.classify(authorization);
    expect(after.class).toBe('cat');
    expect(after.version).not.toBe(first.version);

    await copyFile(at('bad.safetensors'), at('served.safetensors'));
    server.child.kill('SIGHUP');
    await server.said(/\nwarning: pets stays at version \w+: [^\n]*served\.safetensors/);
    expect(await server.classify(authorization)).toEqual(after);

    const { open, answer } = await accepted(server, authorization);
    server.child.kill('SIGTERM');
    await server.said(/finishing what was accepted, for at most 7 s \(again to stop at once\)/);
    open.end(png);
    const { predictions } = JSON.parse(await answer) as { predictions: { class: string }[] };
    expect(predictions[0].class).toBe('cat');
    expect(await server.ended(), server.stderr).toBe(143);
    // Only JSON on standard output, a line a request, without the key.
    const lines = server.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ route }) => route === '/classify').map(({ status }) => status)).toEqual([
      ...[200, 401, 200, 200, 200],
    ]);
    expect(server.stdout + server.stderr).not.toContain('secret');
  });

  it('is several processes that make good for each other, and a second signal ends them at once', async () => {
    const server = await serving('dog.safetensors', ['--processes', '2', '--watch', '--grpc-port', '0']);
    await server.said(/, gRPC on port \d+\n/);
    await server.said(/2 processes, of which this one starts the others/);
    const pids = (): Set<unknown> =>
      new Set(
        server.stdout
          .split('\n')
          .filter((line) => line.includes('"/classify"'))
          .map((line) => (JSON.parse(line) as { pid: number }).pid),
      );
    // One after the other they get the connections, as soon as they listen.
    let asked = 0;
    while (pids().size < 2) {
      expect((await server.classify()).class).toBe('dog');
      asked++;
    }
    const metrics = await (await fetch(`${server.url}/metrics`, { headers: { connection: 'close' } })).text();
    expect(countOf(metrics, /route="\/classify"/)).toBe(asked);

    const [pid] = pids();
    expect(pid).not.toBe(server.child.pid);
    process.kill(Number(pid), 'SIGKILL');
    await server.said(/process \d+ ended \(SIGKILL\): another is started in 0\.25 s/);
    while (pids().size < 3) expect((await server.classify()).class).toBe('dog');

    const { open, answer } = await accepted(server);
    server.child.kill('SIGINT');
    await server.said(/finishing what was accepted/);
    await new Promise((resolve) => setTimeout(resolve, 600));
    server.child.kill('SIGINT');
    expect(await server.ended(), server.stderr).toBe(130);
    await expect(answer).rejects.toThrow();
    open.destroy();
  });

  it.each([
    [['gone.safetensors'], /^cardinal: [^\n]*gone\.safetensors[^\n]*no such file[^\n]*\n$/],
    [['bad.safetensors', '--processes', '2'], /^cardinal: [^\n]*bad\.safetensors[^\n]*\n$/],
  ])('says in one line why it cannot: %j', async (args, expected) => {
    const { code, stdout, stderr } = await cardinal(['serve', ...args, '--port', '0', ...known], {
      cwd: folder,
    });
    expect(stderr).toMatch(expected);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

/** The sum of a counter's or histogram's counts over all lines of it that match. */
function countOf(metrics: string, pattern: RegExp): number {
  return metrics
    .split('\n')
    .filter((line) => /^\w+(_total|_count)\{/.test(line) && pattern.test(line) && line.includes('request'))
    .reduce((sum, line) => Math.max(sum, Number(line.split(' ').at(-1))), 0);
}

const python = findPython('pty');
const script = `
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen, last = b'', time.time() + 60
while b'listening on' not in seen and time.time() < last:
    if select.select([terminal], [], [], 1)[0]: seen += os.read(terminal, 4096)
os.kill(pid, 1)
while b'is unchanged' not in seen and time.time() < last:
    if select.select([terminal], [], [], 1)[0]: seen += os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
if (python === undefined) console.log('SIGHUP in a terminal: skipped, there is no Python with pty');
it.skipIf(python === undefined)('SIGHUP reloads in a terminal, and ends it when that is closed', async () => {
  const main = join(root, 'bin/cardinal.js');
  const child = spawn(
    python ?? '',
    ['-c', script, process.execPath, main, 'serve', 'cat.safetensors', '--port', '0', ...known],
    { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  expect(await text(child.stdout)).toBe('129\n');
});
