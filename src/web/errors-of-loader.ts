/** Stands for `base/errors.ts` in scripts that are loaded on demand: the classes of the worker that loads them. */
import { sharedErrors, type LoaderErrors, type SharingErrors } from './shared-errors.ts';

const shared = (globalThis as SharingErrors)[sharedErrors];
if (shared === undefined) throw new Error('this script is loaded by an engine of cardinal-nn');

export const {
  CardinalError,
  UsageError,
  DisposedError,
  DeviceLostError,
  ShortageError,
  InUseError,
  LockLostError,
  passOver,
  messageOf,
}: LoaderErrors = shared;
