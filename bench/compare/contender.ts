import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod/mini';
import { CardinalError } from '../../src/base/errors.ts';

/** How a contender is started, and what for. */
export interface Entrant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Threads that compute, where they are not as many as everyone's. */
  readonly threads?: number;
  /** Results are compared with those of the same group. Default: all are one. */
  readonly group?: string;
}

/** What a rank communicated in one run, in milliseconds. */
const communicationSchema = z.object({
  /** That it waited for sums. */
  waiting: z.number(),
  /** That sums were under way, or it waited for one. */
  underWay: z.number(),
  /** That the same sums take when nothing is computed between them. */
  alone: z.number(),
  /** Bytes that it gave to be added up. */
  bytes: z.number(),
  /** Of the ranks: microseconds that a short message takes, and Gbit/s of a long one. */
  latency: z.number(),
  gigabits: z.number(),
});
export type Communication = z.infer<typeof communicationSchema>;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** A contender that does not take part in this work, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

const absentSchema = z.object({ absent: z.string() });
const readySchema = z.object({ ready: z.literal(true), version: z.string() });
const doneSchema = z.object({
  ms: z.number().check(z.positive()),
  times: z.optional(z.array(z.number().check(z.positive()))),
  peakBytes: z.optional(z.number().check(z.positive())),
  communication: z.optional(communicationSchema),
});
const checkedSchema = z.object({ checked: z.literal(true) });

/**
 * A program under test in a process of its own, so that its memory can be told and its threads sleep while another runs. It
 * answers each line (`run`, `check FILE`, `quit`) with one line of JSON.
 */
export class Contender {
  readonly name: string;
  readonly version: string;
  readonly threads: number | undefined;
  readonly group: string;
  readonly #child: Child;
  readonly #answers: AsyncIterator<string>;

  private constructor(
    { name, threads, group = '' }: Entrant,
    version: string,
    child: Child,
    lines: Interface,
  ) {
    this.name = name;
    this.version = version;
    this.threads = threads;
    this.group = group;
    this.#child = child;
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** Starts a contender, or says why there is none: a process that ends in good order says that it is not installed here. */
  static async start(entrant: Entrant): Promise<Contender | LeftOut> {
    const { name, command, args, env } = entrant;
    const notInstalled = { name, reason: 'it is not installed here' };
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A program that is not there at all.
    const failed = once(child, 'error').then(() => undefined);
    child.stdin.on('error', () => undefined);
    const contender = new Contender(entrant, '', child, createInterface({ input: child.stdout }));
    const answer = await Promise.race([contender.#answer(), failed]);
    if (answer === undefined) {
      if (child.pid === undefined) return notInstalled;
      const code = child.exitCode ?? ((await once(child, 'exit')) as [number | null])[0];
      if (code !== 0) throw new CardinalError(`${name} could not start: it ended with exit code ${code}`);
      return notInstalled;
    }
    const absent = absentSchema.safeParse(answer);
    if (absent.success) {
      await contender.stop();
      return { name, reason: absent.data.absent };
    }
    const { version } = readySchema.parse(answer);
    return Object.assign(contender, { version });
  }

  /** One run: milliseconds, of each part as well where parts are timed, and the most memory that the process has had. */
  async run(): Promise<z.infer<typeof doneSchema>> {
    return doneSchema.parse(await this.#ask('run'));
  }

  /** Has the results of one run written to a file of 32-bit floats. */
  async check(file: string): Promise<void> {
    checkedSchema.parse(await this.#ask(`check ${file}`));
  }

  /** Resolves when the process has ended, so that it does not disturb who is timed next. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      // Its input is left open till then: mpiexec complains of an end that it cannot pass on any more.
      child.stdin.write('quit\n');
      await ended;
    }
    child.stdin.destroy();
  }

  async #ask(line: string): Promise<unknown> {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.#answer();
    if (answer === undefined) throw new CardinalError(`${this.name} ended instead of an answer to ${line}`);
    return answer;
  }

  async #answer(): Promise<unknown> {
    for (;;) {
      const next = await this.#answers.next();
      if (next.done === true) return undefined;
      // Libraries print what they like; an answer is an object.
      if (next.value.startsWith('{')) return JSON.parse(next.value) as unknown;
    }
  }
}
