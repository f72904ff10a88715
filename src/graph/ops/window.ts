import { CardinalError } from '../../base/errors.ts';

/** [vertical, horizontal]. */
export type Pair = readonly [number, number];

/** Geometry of a sliding window along one axis. */
interface WindowAxis {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/**
 * ⌊(H + 2·padding − dilation·(R − 1) − 1) / stride⌋ + 1, as torch.nn.Conv2d.
 * Throws a `CardinalError` if the window does not fit once.
 */
export function windowOutput(op: string, axis: WindowAxis): number {
  const room = windowRoom(op, axis);
  return Math.floor(room / axis.stride) + 1;
}

/** `windowOutput` for pooling: `ceilMode` rounds up, but drops a last window that would start in the right padding. */
export function poolOutput(op: string, axis: Omit<WindowAxis, 'dilation'>, ceilMode: boolean): number {
  const room = windowRoom(op, { ...axis, dilation: 1 });
  if (!ceilMode) return Math.floor(room / axis.stride) + 1;
  const output = Math.ceil(room / axis.stride) + 1;
  return (output - 1) * axis.stride >= axis.input + axis.padding ? output - 1 : output;
}

function windowRoom(op: string, { input, kernel, padding, dilation }: WindowAxis): number {
  const extent = dilation * (kernel - 1) + 1;
  const room = input + 2 * padding - extent;
  if (room < 0) {
    throw new CardinalError(
      `${op}: expected an input of at least ${extent - 2 * padding} along each windowed axis, got ${input} (kernel ${extent}, padding ${padding})`,
    );
  }
  return room;
}

/** Throws unless both numbers are integers of at least `least`. */
export function expectPair(op: string, what: string, pair: Pair, least: number): void {
  if (!pair.every((value) => Number.isInteger(value) && value >= least)) {
    throw new CardinalError(`${op}: expected ${what} of integers ≥ ${least}, got ${pair.join(', ')}`);
  }
}
