import {
  CardinalError,
  DeviceLostError,
  DisposedError,
  InUseError,
  LockLostError,
  messageOf,
  passOver,
  ShortageError,
  UsageError,
} from '../base/errors.ts';
import { sharedErrors, type SharingErrors } from './shared-errors.ts';

/** Where a worker that carries such scripts within has them, by their URLs: an HTML file that is opened from the disk may import nothing. */
const carried = Symbol.for('cardinal-nn.scripts');
interface Carrying {
  readonly [carried]?: Readonly<Record<string, () => unknown>>;
}

/**
 * Loads a script of `dist/web` that is only sometimes needed, once. It has modules of its own, so plain data and functions go in and
 * out; the classes of errors alone are this worker's. Throws any error if it cannot be had.
 */
export async function loadOnDemand(url: string): Promise<unknown> {
  (globalThis as SharingErrors)[sharedErrors] = {
    CardinalError,
    DeviceLostError,
    DisposedError,
    InUseError,
    LockLostError,
    messageOf,
    passOver,
    ShortageError,
    UsageError,
  };
  const within = (globalThis as Carrying)[carried]?.[url];
  if (within !== undefined) return within();
  return import(/* @vite-ignore */ /* webpackIgnore: true */ url) as Promise<unknown>;
}
