import { readdir } from 'node:fs/promises';

/** What the process holds at one moment. */
export interface Sample {
  /** Since the soak began. */
  readonly seconds: number;
  /** Bytes, as `process.memoryUsage` has them; `external` holds `arrays`, and neither the memories of WebAssembly. */
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  readonly arrays: number;
  /** Undefined where there is no /proc. */
  readonly descriptors: number | undefined;
  readonly threads: number | undefined;
  /** Whether nothing was going on: no run, no loader, no call, and one classifier alone. */
  readonly atRest: boolean;
}

/** Takes samples every so often until it is stopped; `take` adds one of its own. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(everySeconds: number) {
    this.#timer = setInterval(() => {
      void this.take(false);
    }, 1000 * everySeconds);
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  async take(atRest: boolean): Promise<Sample> {
    const [descriptors, threads] = [await countIn('/proc/self/fd'), await countIn('/proc/self/task')];
    const { rss, heapUsed: heap, external, arrayBuffers: arrays } = process.memoryUsage();
    const sample: Sample = {
      seconds: this.seconds,
      ...{ rss, heap, external, arrays, threads, atRest },
      // The folder that is being listed is one of them.
      descriptors: descriptors && descriptors - 1,
    };
    this.samples.push(sample);
    return sample;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

async function countIn(folder: string): Promise<number | undefined> {
  return readdir(folder).then(
    (names) => names.length,
    () => undefined,
  );
}
