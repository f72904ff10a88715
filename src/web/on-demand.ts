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
  return import(/* @vite-ignore */ /* webpackIgnore: true */ url) as Promise<unknown>;
}
