/**
 * The process that reads damaged files. Whatever they do to it, the one that started it sees which file it was (`current.ts`).
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../../src/base/rng.ts';
import { Coverage } from './coverage.ts';
import { CurrentInput } from './current.ts';
import { faultOfError } from './judge-error.ts';
import {
  limitArrays,
  peakMemory,
  resetPeak,
  residentMemory,
  watchArrays,
  type TooMuchMemory,
} from './memory.ts';
import type { Job, Reply, Tally } from './messages.ts';
import { memoryFor, secondsFor, type Target } from './target.ts';
import { regressions, targetNamed } from './targets.ts';

const [currentPath] = process.argv.slice(2);
const current = new CurrentInput(currentPath);
const collectGarbage = globalThis.gc;
if (collectGarbage === undefined) throw new Error('needs node --expose-gc');
const gc = (): void => {
  collectGarbage();
};

/** What asked for too much at once since it was last looked. */
const asked: TooMuchMemory[] = [];
watchArrays((fault) => asked.push(fault));

process.on('message', (job: Job) => {
  run(job).catch((error: unknown) => {
    // A defect of the harness itself.
    console.error(error);
    process.exit(3);
  });
});
process.on('disconnect', () => process.exit());

function send(reply: Reply): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(reply, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Inputs between two looks at the memory. */
const batch = 64;

async function run(job: Job): Promise<void> {
  const target = targetNamed(job.target);
  const folder = mkdtempSync(join(tmpdir(), 'cardinal-fuzz-'));
  try {
    const trial = new Trial(target, folder, job);
    await trial.prepare();
    const next = job.file === undefined ? await trial.all() : await trial.file(job.file);
    await send({ kind: 'done', tally: trial.tally, next });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Input {
  readonly index: number;
  readonly bytes: Uint8Array;
}

class Trial {
  readonly tally: { -readonly [Key in keyof Tally]: Tally[Key] } = { early: 0, refused: 0, whole: 0, kept: 0, peak: 0, slowest: 0 }; // prettier-ignore
  readonly #target: Target;
  readonly #job: Job;
  readonly #folder: string;
  readonly #coverage: Coverage | undefined;
  #corpus: Uint8Array[] = [];
  #seeds = 0;

  constructor(target: Target, folder: string, job: Job) {
    this.#target = target;
    this.#folder = folder;
    this.#job = job;
    this.#coverage = job.corpus === undefined ? undefined : new Coverage();
  }

  /** The target's seeds, which must be read without an error, and files that were found to be trouble once. */
  async prepare(): Promise<void> {
    const seeds = await this.#target.seeds();
    limitArrays(Infinity);
    for (const [index, bytes] of seeds.entries()) {
      const refused = await this.#once({ index, bytes }, `whole file ${index}`, false);
      if (refused !== undefined)
        await this.#fault({ index, bytes }, `whole file ${index}`, `refused: ${refused}`);
    }
    this.#corpus = [...seeds, ...regressions(this.#target.name), ...this.#kept()];
    this.#seeds = seeds.length;
    // What has been found once is tried as it was.
    for (const [index, bytes] of this.#corpus.slice(seeds.length).entries()) {
      await this.#once({ index, bytes }, `kept file ${index}`, false);
    }
    this.#coverage?.isNew(true);
  }

  async all(): Promise<number> {
    const { from, to, seconds = Infinity } = this.#job;
    const end = performance.now() + 1000 * seconds;
    let next = from;
    while (next < to && performance.now() < end) {
      const inputs: Input[] = [];
      for (; next < to && inputs.length < batch; next++)
        inputs.push({ index: next, bytes: this.#make(next) });
      await this.#batch(inputs);
    }
    return next;
  }

  async file(path: string): Promise<number> {
    const bytes = new Uint8Array(readFileSync(path));
    const refused = await this.#alone({ index: 0, bytes }, path);
    console.log(refused === undefined ? 'read whole' : `refused: ${refused}`);
    return 0;
  }

  #make(index: number): Uint8Array {
    const rng = Rng.of(this.#job.seed, this.#target.name, index);
    // New finds more often than the others.
    const recent = this.#corpus.length > this.#seeds && rng.int(2) === 0;
    const choice = recent ? this.#seeds + rng.int(this.#corpus.length - this.#seeds) : rng.int(this.#seeds);
    return this.#target.mutate(this.#corpus[choice], rng, this.#corpus);
  }

  async #batch(inputs: readonly Input[]): Promise<void> {
    const largest = Math.max(...inputs.map(({ bytes }) => bytes.length));
    const peak = await this.#measured(async () => {
      for (const input of inputs) await this.#once(input, this.#origin(input.index), true);
    });
    this.tally.peak = Math.max(this.tally.peak, peak);
    // All together may leave more to collect than one takes: which one, if it was one, is seen alone.
    if (peak > memoryFor(largest))
      for (const input of inputs) await this.#alone(input, this.#origin(input.index));
    if (this.#coverage?.isNew(false) !== true) return;
    for (const input of inputs) {
      await this.#once(input, this.#origin(input.index), false);
      if (this.#coverage.isNew(true)) this.#keep(input.bytes);
    }
  }

  async #alone(input: Input, origin: string): Promise<string | undefined> {
    let refused: string | undefined;
    const taken = await this.#measured(async () => {
      refused = await this.#once(input, origin, false);
    });
    const allowed = memoryFor(input.bytes.length);
    if (taken > allowed) {
      await this.#fault(input, origin, `took ${taken} bytes of memory, ${allowed} are allowed for ${input.bytes.length} bytes`); // prettier-ignore
    }
    return refused;
  }

  /** The most memory that the process had meanwhile, beyond what it had before. */
  async #measured(work: () => Promise<void>): Promise<number> {
    gc();
    resetPeak();
    const before = residentMemory();
    await work();
    return Math.max(0, peakMemory() - before);
  }

  /** Reads one file; the message with which it was refused. */
  async #once(input: Input, origin: string, counted: boolean): Promise<string | undefined> {
    const { bytes } = input;
    const { name, early, begins } = this.#target;
    const faults: string[] = [];
    const file = `damaged ${name}`;
    const messages: string[] = [];
    const refused = (error: unknown): void => {
      const fault = faultOfError(error, begins ?? file);
      if (fault !== undefined) faults.push(fault);
      messages.push(error instanceof Error ? error.message : String(error));
    };
    asked.length = 0;
    limitArrays(memoryFor(bytes.length));
    current.begin(input.index, bytes);
    const began = process.cpuUsage();
    try {
      const fault = (what: string): void => void faults.push(what);
      await this.#target.read(bytes, { file, folder: this.#folder, refused, fault });
    } catch (error) {
      refused(error);
    }
    const { user, system } = process.cpuUsage(began);
    current.end();
    limitArrays(Infinity);
    const seconds = (user + system) / 1e6;
    if (seconds > secondsFor(bytes.length)) faults.push(`took ${seconds.toFixed(1)} s of processor time`);
    if (asked.length > 0) faults.push(asked[0].stack ?? asked[0].message);
    for (const what of faults) await this.#fault(input, origin, what);
    const [message] = messages;
    if (counted) {
      this.tally.slowest = Math.max(this.tally.slowest, seconds);
      if (messages.length === 0) this.tally.whole++;
      else if (early instanceof RegExp ? early.test(message) : early(bytes)) this.tally.early++;
      else this.tally.refused++;
    }
    return messages.length === 0 ? undefined : message;
  }

  #origin(index: number): string {
    return `CARDINAL_SEED=${this.#job.seed} #${index}`;
  }

  async #fault({ bytes }: Input, origin: string, what: string): Promise<void> {
    await send({ kind: 'fault', fault: { target: this.#target.name, what, input: bytes, origin } });
  }

  #kept(): Uint8Array[] {
    const { corpus } = this.#job;
    if (corpus === undefined) return [];
    mkdirSync(corpus, { recursive: true });
    return readdirSync(corpus)
      .sort()
      .map((name) => new Uint8Array(readFileSync(join(corpus, name))));
  }

  #keep(bytes: Uint8Array): void {
    // Large ones would make all that follow slow.
    if (this.#job.corpus === undefined || bytes.length > 65_536) return;
    this.#corpus.push(bytes);
    this.tally.kept++;
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    writeFileSync(join(this.#job.corpus, name), bytes);
  }
}
