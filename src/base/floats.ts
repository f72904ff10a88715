import { described, isDetached } from './described.ts';
import { CardinalError } from './errors.ts';

/** Whether it is a Float32Array. One of another realm (a test runner's, a frame's) is as good. */
export function isFloats(data: unknown): data is Float32Array {
  return Object.prototype.toString.call(data) === '[object Float32Array]' && !isDetached(data);
}

/** Throws a `CardinalError` unless `data` is a Float32Array: callers in plain JavaScript may give anything. */
export function requireFloats(data: unknown, what: string): void {
  if (!isFloats(data)) throw new CardinalError(`${what}: expected a Float32Array, got ${described(data)}`);
}
