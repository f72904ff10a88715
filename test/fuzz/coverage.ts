import { Session, type Profiler } from 'node:inspector';

/**
 * Which parts of Cardinal's sources have run, as V8 counts them, so that inputs which reach new ones can be kept and
 * damaged further.
 */
export class Coverage {
  readonly #session = new Session();
  /** By function: a byte for each of its letters, 1 for those that ran. V8 joins ranges that ran equally often, so they have no names. */
  readonly #ran = new Map<string, Uint8Array>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Whether anything ran since the last look that had not run before. It counts as having run from now on only if `keep`. */
  isNew(keep: boolean): boolean {
    let isNew = false;
    // The session answers at once: it asks the thread that it is in.
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      for (const { url, functions } of result) {
        if (!/\/src\/.*\.ts$/.test(url)) continue;
        for (const { functionName, ranges } of functions) {
          if (this.#add(`${url} ${functionName}`, ranges, keep)) isNew = true;
        }
      }
    });
    return isNew;
  }

  #add(name: string, ranges: readonly Profiler.CoverageRange[], keep: boolean): boolean {
    const [{ startOffset, endOffset, count }] = ranges;
    if (count === 0) return false;
    const now = new Uint8Array(endOffset - startOffset);
    // From the outer ones to the inner ones.
    for (const range of ranges) {
      now.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
    }
    const key = `${name} ${startOffset}`;
    const before = this.#ran.get(key);
    const isNew = before === undefined || now.some((ran, at) => ran > before[at]);
    if (isNew && keep)
      this.#ran.set(key, before === undefined ? now : now.map((ran, at) => ran | before[at]));
    return isNew;
  }
}
