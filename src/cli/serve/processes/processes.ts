import { Restarts } from './restarts.ts';

/** How a process ended: with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One of the processes that share a port, as the first one knows it. */
export interface Member {
  readonly pid: number;
  /** Resolves, once it answers requests, with the lines that tell people of what; with undefined if it ended before. */
  readonly serving: Promise<readonly string[] | undefined>;
  readonly ended: Promise<Ending>;
  /** Loads all weights again. Rejects if some cannot be, after it has said why; then it goes on with the old ones. */
  reload(): Promise<void>;
  samples(): Promise<readonly object[]>;
  stop(signal: NodeJS.Signals): void;
  kill(): void;
}

/** Keeps so many processes alive that serve the same models on the same port. */
export class Processes {
  readonly #count: number;
  readonly #start: () => Member;
  readonly #say: (line: string) => void;
  readonly #restarts: Restarts;
  readonly #members = new Set<Member>();
  readonly #serving = new Set<Member>();
  readonly #starts = new Set<NodeJS.Timeout>();
  readonly #over = Promise.withResolvers<number>();
  #reloads = Promise.resolve();
  #hasBegun = false;
  #isStopping = false;

  constructor(
    count: number,
    {
      start,
      say,
      restarts = new Restarts(),
    }: {
      readonly start: () => Member;
      /** Lines for people. */
      readonly say: (line: string) => void;
      readonly restarts?: Restarts;
    },
  ) {
    this.#count = count;
    this.#start = start;
    this.#say = say;
    this.#restarts = restarts;
  }

  /** Resolves, when no process is left and none will be started, with the exit code that this is worth. */
  get over(): Promise<number> {
    return this.#over.promise;
  }

  /**
   * Starts one, and the others when it serves: what cannot be loaded is told once, and what has to be fetched is fetched once.
   * Resolves with what the first tells of itself; with undefined if it ended instead, after it said why.
   */
  async begin(): Promise<readonly string[] | undefined> {
    const lines = await this.#add().serving;
    if (lines === undefined || this.#isStopping) return undefined;
    this.#hasBegun = true;
    this.#fill();
    return lines;
  }

  /**
   * Has the processes load their weights again, one after the other, so that the others answer meanwhile, and starts those that were
   * given up. If one cannot load them, the rest is not asked: all go on with what they have.
   */
  reload(): Promise<void> {
    return (this.#reloads = this.#reloads.then(() => this.#reload()));
  }

  /** Ends all in good order. */
  stop(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    for (const timer of this.#starts) clearTimeout(timer);
    this.#starts.clear();
    for (const member of this.#members) member.stop(signal);
    if (this.#members.size === 0) this.#over.resolve(0);
  }

  /** Ends whatever is left, at once. */
  kill(): void {
    for (const member of this.#members) member.kill();
  }

  /** The metrics of each process that serves; one that ends meanwhile has none. */
  async samples(): Promise<(readonly object[])[]> {
    const all = await Promise.allSettled([...this.#serving].map((member) => member.samples()));
    return all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }

  async #reload(): Promise<void> {
    if (!this.#hasBegun) return;
    let done = 0;
    const asked = [...this.#serving];
    for (const member of asked) {
      if (this.#isStopping) return;
      try {
        await member.reload();
        done++;
      } catch {
        // One that ended is started again, with what is there then.
        if (!this.#serving.has(member)) continue;
        // It has said why.
        if (done > 0) this.#say(`warning: ${done} of ${asked.length} processes have the new weights`);
        break;
      }
    }
    this.#restarts.forget();
    if (!this.#isStopping) this.#fill();
  }

  #fill(): void {
    while (this.#members.size + this.#starts.size < this.#count) this.#add();
  }

  #add(): Member {
    const member = this.#start();
    this.#members.add(member);
    void member.serving.then((lines) => {
      if (lines !== undefined && this.#members.has(member)) this.#serving.add(member);
    });
    void member.ended.then((ending) => {
      this.#members.delete(member);
      this.#serving.delete(member);
      this.#ended(member, ending);
    });
    return member;
  }

  #ended({ pid }: Member, { code, signal }: Ending): void {
    if (!this.#hasBegun || this.#isStopping) {
      if (signal !== null && !this.#isStopping)
        this.#say(`process ${pid} was ended by ${signal} as it started`);
      if (this.#members.size === 0) this.#over.resolve(code ?? 1);
      return;
    }
    const how = `process ${pid} ended (${signal ?? `exit code ${code}`})`;
    const delay = this.#restarts.ended(performance.now());
    if (delay === undefined) {
      const left = this.#members.size + this.#starts.size;
      if (left === 0) {
        this.#say(`${how}, too many have: the service ends`);
        this.#over.resolve(1);
      } else {
        this.#say(
          `${how}, too many have: it is not started again before SIGHUP; ${left} of ${this.#count} go on`,
        );
      }
      return;
    }
    this.#say(`${how}: another is started in ${delay / 1000} s`);
    const timer = setTimeout(() => {
      this.#starts.delete(timer);
      this.#add();
    }, delay);
    this.#starts.add(timer);
  }
}
