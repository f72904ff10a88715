import type { MetricsPart } from 'cardinal-nn/studio';

export type MetricsRecord = MetricsPart['records'][number];

/** A number at a place of the run: epochs done by then, so that runs of different batches can be compared. */
export interface Point {
  readonly epochs: number;
  readonly value: number;
}

/** What a run's metrics come to for its charts. Shares are in [0, 1]. */
export interface Curves {
  readonly loss: Pair;
  readonly accuracy: Pair;
  readonly learningRate: readonly Point[];
  readonly speed: readonly Point[];
  /** Epochs done and validated. */
  readonly done: number;
  readonly now: Now | undefined;
  /** How it ended; undefined while it trains, or if it was killed. */
  readonly end: End | undefined;
}

export interface Pair {
  readonly training: readonly Point[];
  readonly validation: readonly Point[];
}

/** Where the run is. */
export interface Now {
  readonly epochs: number;
  readonly imagesPerSecond: number;
  /** Share of the time that steps waited for their pictures. */
  readonly waiting: number;
  readonly secondsLeft: number;
}

export interface End {
  readonly reason: string;
  readonly message: string | undefined;
  readonly epochs: number;
}

/** Points of a line, at most: a chart has no more pixels. */
const mostPoints = 300;

export function curvesOf(records: readonly MetricsRecord[]): Curves {
  const loss = { training: [] as Point[], validation: [] as Point[] };
  const accuracy = { training: [] as Point[], validation: [] as Point[] };
  const learningRate: Point[] = [];
  const speed: Point[] = [];
  let now: Now | undefined;
  let end: End | undefined;
  let done = 0;
  let epochs = 0;
  for (const record of records) {
    const number = (name: string): number => numberOf(record[name]);
    if (record.type === 'step') {
      end = undefined;
      epochs = number('step') / number('stepsPerEpoch');
      add(loss.training, epochs, number('loss'));
      add(accuracy.training, epochs, number('top1'));
      add(learningRate, epochs, number('learningRate'));
      add(speed, epochs, number('imagesPerSecond'));
      const imagesPerSecond = number('imagesPerSecond');
      now = { epochs, imagesPerSecond, waiting: number('waiting'), secondsLeft: number('secondsLeft') };
    } else if (record.type === 'epoch') {
      done = number('epoch') + 1;
      const { validation } = record;
      if (isRecord(validation)) {
        add(loss.validation, done, numberOf(validation['loss']));
        add(accuracy.validation, done, numberOf(validation['top1']));
      }
    } else if (record.type === 'start') {
      end = undefined;
    } else if (record.type === 'end') {
      const { reason, message } = record;
      end = {
        reason: typeof reason === 'string' ? reason : 'ended',
        message: typeof message === 'string' ? message : undefined,
        epochs,
      };
    }
  }
  return {
    loss: { ...loss, training: thinned(loss.training) },
    accuracy: { ...accuracy, training: thinned(accuracy.training) },
    learningRate: thinned(learningRate),
    speed: thinned(speed),
    ...{ done, now, end },
  };
}

/** At most `most` points: means of neighbours, each at the last of them. */
export function thinned(points: readonly Point[], most = mostPoints): readonly Point[] {
  if (points.length <= most) return points;
  const each = Math.ceil(points.length / most);
  const found: Point[] = [];
  for (let from = 0; from < points.length; from += each) {
    const some = points.slice(from, from + each);
    const sum = some.reduce((total, { value }) => total + value, 0);
    found.push({ epochs: some[some.length - 1].epochs, value: sum / some.length });
  }
  return found;
}

/** What is not finite is left out: a chart shows where the line stops. */
function add(points: Point[], epochs: number, value: number): void {
  if (Number.isFinite(epochs) && Number.isFinite(value)) points.push({ epochs, value });
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
