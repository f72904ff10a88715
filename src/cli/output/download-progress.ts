import type { HubProgress } from '../../hub/source.ts';
import { bytes, duration, percent } from '../../report/format.ts';
import { newBar, type Bar } from './bar.ts';
import { writeLines } from './lines.ts';

/** Shows the progress of downloads, one file after the other: a bar on a terminal, a line every ten seconds elsewhere. */
export interface DownloadView {
  show(progress: HubProgress): void;
  /** Clears the bar, so that other lines can be written. */
  stop(): void;
}

/** `now` is the time in milliseconds; only differences count. */
export function downloadView(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = () => performance.now(),
): DownloadView {
  return stream.isTTY ? bar(stream, now) : lines(stream, now);
}

function bar(stream: NodeJS.WriteStream, now: () => number): DownloadView {
  let current: { readonly file: string; readonly pace: Pace; readonly bar: Bar } | undefined;
  const stop = (): void => {
    current?.bar.stop();
    current = undefined;
  };
  return {
    stop,
    show(progress) {
      const { file, received, total } = progress;
      if (current?.file !== file) stop();
      const pace = current?.pace ?? new Pace(now);
      const { speed, left } = pace.after(progress);
      const payload = { file, size: arrived(progress), speed: rate(speed), left: duration(left) };
      current ??= { file, pace, bar: startBar(stream, progress, payload) };
      current.bar.update(received, payload);
      if (received === total) stop();
    },
  };
}

function startBar(
  stream: NodeJS.WriteStream,
  { received, total }: HubProgress,
  payload: Readonly<Record<string, string>>,
): Bar {
  const started = newBar(
    stream,
    total === undefined ? '{file}  {size}  {speed}' : '{file} {bar} {size}  {speed}  {left} left',
  );
  started.start(total ?? 0, received, payload);
  return started;
}

/** For log files: a line every ten seconds, and one at the end of a file that took that long. */
function lines(stream: NodeJS.WriteStream, now: () => number): DownloadView {
  const pause = 10_000;
  let current: { readonly file: string; readonly pace: Pace; last: number; shown: boolean } | undefined;
  return {
    stop: () => undefined,
    show(progress) {
      const { file, received, total } = progress;
      if (current?.file !== file) current = { file, pace: new Pace(now), last: now(), shown: false };
      const { speed, left } = current.pace.after(progress);
      const isDone = received === total;
      if (isDone ? !current.shown : now() - current.last < pause) return;
      current.last = now();
      current.shown = !isDone;
      const rest =
        isDone || total === undefined
          ? ''
          : ` (${percent(received / total, 0)}), ${rate(speed)}, ${duration(left)} left`;
      writeLines(stream, `${file}: ${arrived(progress)}${rest}`);
    },
  };
}

function arrived({ received, total }: HubProgress): string {
  return total === undefined ? bytes(received) : `${bytes(received)} of ${bytes(total)}`;
}

function rate(speed: number): string {
  return `${bytes(Math.round(speed))}/s`;
}

/** Bytes a second over the last ten seconds; what was there before the first report does not count. */
class Pace {
  readonly #window = 10_000;
  /** Pieces come much faster than anyone reads. */
  readonly #step = 250;
  readonly #now: () => number;
  readonly #samples: { readonly time: number; readonly received: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `speed` in bytes a second; `left` in seconds, infinite if nobody knows. */
  after({ received, total }: HubProgress): { readonly speed: number; readonly left: number } {
    const time = this.#now();
    const samples = this.#samples;
    const last = samples.at(-1);
    // A server made the download begin anew.
    if (received < (last?.received ?? 0)) samples.length = 0;
    if (samples.length === 0 || last === undefined || time - last.time >= this.#step) {
      samples.push({ time, received });
    }
    // The second oldest becomes the oldest once it is old enough, so that the window stays covered.
    while (samples.length > 2 && time - samples[1].time >= this.#window) samples.shift();
    const [first] = samples;
    const speed = time > first.time ? (1000 * (received - first.received)) / (time - first.time) : 0;
    return { speed, left: total === undefined || speed === 0 ? Infinity : (total - received) / speed };
  }
}
