import { CardinalError } from './errors.ts';

/**
 * Throws a `CardinalError` unless `data` is a Float32Array: callers in plain JavaScript may give anything. One of another realm
 * (a test runner's, a frame's) is as good.
 */
export function requireFloats(data: unknown, what: string): void {
  const tag = Object.prototype.toString.call(data).slice(8, -1);
  if (tag !== 'Float32Array') throw new CardinalError(`${what}: expected a Float32Array, got ${tag}`);
}
