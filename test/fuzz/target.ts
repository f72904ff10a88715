import type { Rng } from '../../src/base/rng.ts';

/** A parser, and files to try it with. */
export interface Target {
  readonly name: string;
  /** Whole files, which must be read without an error. */
  readonly seeds: () => Promise<readonly Uint8Array[]>;
  /**
   * A damaged copy of `bytes`, which may be damaged already, with parts of `others` put in now and then. What it is
   * decides `rng` alone.
   */
  readonly mutate: (bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]) => Uint8Array;
  /** Reads a file called `probe.file` as the program does, and throws what the program would. */
  readonly read: (bytes: Uint8Array, probe: Probe) => Promise<void>;
  /** How every error must begin. Default: with the name of the file. */
  readonly begins?: RegExp;
  /**
   * Which refused files did not come past the first check, by their error or their bytes: if these are most, it is the first
   * check alone that is tested.
   */
  readonly early: RegExp | ((bytes: Uint8Array) => boolean);
}

/** What a target reports to beside what it throws. */
export interface Probe {
  /** What the file is called in errors. */
  readonly file: string;
  /** A folder of the target's own. */
  readonly folder: string;
  /** An error after which reading goes on: it must be as the ones that are thrown. */
  readonly refused: (error: unknown) => void;
  /** Something else that must not be. */
  readonly fault: (what: string) => void;
}

/** What a damaged file may cost, on top of 64 MiB: so many bytes for each of its own. */
export const bytesPerByte = 8;
export const freeBytes = 64 * 2 ** 20;

/** Seconds of processor time that a file may take: one, and one for each MiB. */
export function secondsFor(bytes: number): number {
  return 1 + bytes / 2 ** 20;
}

/** Memory that a file may take, beside what the process has anyway. */
export function memoryFor(bytes: number): number {
  return freeBytes + bytesPerByte * bytes;
}
