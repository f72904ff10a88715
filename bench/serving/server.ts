import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod/mini';
import { CardinalError } from '../../src/base/errors.ts';
import { script } from './child.ts';
import type { Served } from './served.ts';

/** What serves. */
export interface Server {
  readonly name: string;
  readonly args: (served: Served, threads: number) => readonly string[];
}

/** `cardinal serve` as users start it, its log included; and the peer. */
export const servers: readonly Server[] = [
  {
    name: 'Cardinal',
    args: ({ model, weights, preprocessing: { mean, std } }, threads) => [
      fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
      ...['serve', weights, '--model', model, '--port', '0', '--threads', String(threads)],
      ...['--mean', mean.join(), '--std', std.join()],
    ],
  },
  {
    name: 'onnxruntime-node',
    args: (served, threads) => [script('onnxruntime-server.ts'), JSON.stringify(served), String(threads)],
  },
];

const answerSchema = z.object({
  predictions: z.array(z.object({ label: z.int(), probability: z.number() })),
});

/** A server in a process of its own. */
export class RunningServer {
  readonly name: string;
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(name: string, url: string, child: ChildProcess) {
    this.name = name;
    this.url = url;
    this.#child = child;
  }

  /** Resolves when it listens. */
  static async start({ name, args }: Server, served: Served, threads: number): Promise<RunningServer> {
    const child = spawn(process.execPath, args(served, threads), {
      // A log goes nowhere, but is written.
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      const url = /listening on (http\S+\d)/.exec(line)?.[1];
      if (url !== undefined) {
        child.stderr.pipe(process.stderr);
        return new RunningServer(name, url, child);
      }
      said.push(line);
    }
    throw new CardinalError(`${name} does not serve: ${said.join(' ')}`);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Probabilities of a picture, by label. */
  async probabilities(file: string, classes: number): Promise<Float32Array> {
    const response = await fetch(`${this.url}/classify?topK=${classes}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: await readFile(file),
    });
    const { predictions } = answerSchema.parse(await response.json());
    const probabilities = new Float32Array(classes);
    for (const { label, probability } of predictions) probabilities[label] = probability;
    return probabilities;
  }

  /** Forgets how much memory it has had: `peakBytes` counts from here. */
  async forgetPeak(): Promise<void> {
    await writeFile(`/proc/${this.#child.pid}/clear_refs`, '5').catch(() => undefined);
  }

  /** The most resident memory; undefined where the system does not tell. */
  async peakBytes(): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '');
    const peak = /^VmHWM:\s*(\d+) kB/m.exec(status);
    return peak === null ? undefined : 1024 * Number(peak[1]);
  }

  /** Ends it, whatever it has still to do. */
  async stop(): Promise<void> {
    if (!this.isAlive) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
