/** The script of a worker that does one job of a test: it is thread 0 of the backends that it opens. */
import { bits } from './bits.ts';
import { conformance } from './conformance.ts';
import { cycles } from './cycles.ts';

const jobs = { bits, conformance, cycles };
export type Jobs = typeof jobs;

/** The one message: which job, and what it is given. */
interface Order {
  readonly job: keyof Jobs;
  readonly given: never;
}

globalThis.addEventListener('message', ({ data }: MessageEvent<Order>) => {
  jobs[data.job](data.given).then(
    (result) => {
      globalThis.postMessage({ result });
    },
    (error: unknown) => {
      globalThis.postMessage({
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    },
  );
});
