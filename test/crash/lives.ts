import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod/mini';
import type { Rng } from '../../src/base/rng.ts';
import { CardinalError } from '../../src/base/errors.ts';
import { onFileSystem } from '../../src/node/file-system.ts';
import { kernelLocks } from '../../src/node/lock/kernel.ts';
import { parseCheckpoint } from '../../src/train/checkpoint.ts';
import { seed } from '../support/seed.ts';
import { Disk, layOut, onDisk, type Fault, type Operation, type State } from './disk.ts';

/** A program that trains in a folder: from the beginning, or going on. */
export type Training = (folder: string, how: 'new' | 'resume') => Promise<unknown>;

/** What was left where a process ended. */
export interface Point {
  readonly killed: State;
  /** Some of the ways in which a power cut may leave it. */
  readonly powerless: readonly State[];
}

/** What the uninterrupted run came to. */
export interface Whole {
  readonly operations: readonly Operation[];
  /** Where it may be killed. */
  readonly points: readonly Point[];
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** All trials (`npm run crash-points`), or so many of them, drawn at random. */
export function some<T>(all: readonly T[], count: number, rng: Rng): readonly T[] {
  if (process.env['MODE'] === 'all-crash-points') return all;
  return Array.from(rng.permutation(all.length).slice(0, count).sort(), (index) => all[index]);
}

/** Milliseconds that all trials may take, on a slow machine. */
export const long = 3_600_000;

/** A trial whose failure says which it was, and how to have it again. */
export async function named(what: string, trial: () => Promise<void>): Promise<void> {
  try {
    await trial();
  } catch (error) {
    throw new Error(`${what} (CARDINAL_SEED=${seed})`, { cause: error });
  }
}

/** Runs it through and notes what a kill or a power cut would leave at each point. */
export async function wholeRun(root: string, training: Training, rng: Rng): Promise<Whole> {
  const folder = await layOut(root, undefined);
  const disk = new Disk(folder, undefined);
  const points: Point[] = [];
  const canLock = (await kernelLocks()) !== undefined;
  disk.onPoint = () => {
    const lock = canLock ? lockIn(folder) : undefined;
    const left = (state: State): State => (state && lock ? new Map([...state, lock]) : state);
    points.push({
      killed: left(disk.killed()),
      powerless: [0, 1, 2].map(() => left(disk.powerless(rng))),
    });
  };
  await onFileSystem(disk, () => training(folder, 'new'));
  const files = await onDisk(folder);
  // The model of the disk is worth something only if it is right.
  expect(disk.killed()).toEqual(files);
  await rm(dirname(folder), { recursive: true });
  return { operations: disk.operations, points, files };
}

/** The lock file, which a killed process leaves too; it is written past the layer. */
function lockIn(folder: string): [string, Uint8Array] | undefined {
  const name = existsSync(folder) ? readdirSync(folder).find((one) => one.startsWith('.lock-')) : undefined;
  return name === undefined ? undefined : [name, readFileSync(join(folder, name))];
}

/**
 * Lives on from what was left: ended once more at a random point, in the same way, and then to the end, which has to be that of
 * the uninterrupted run.
 */
export async function liveOn(
  root: string,
  { training, whole, from, rng }: LiveOn,
  end: (disk: Disk, rng: Rng) => State,
): Promise<void> {
  let state = from;
  for (const isLast of [false, true]) {
    const folder = await layOut(root, state);
    const disk = new Disk(folder, state);
    if (!isLast) disk.killAt = rng.int(whole.points.length);
    try {
      await onFileSystem(disk, () => training(folder, nextHow(state, rng)));
      if (!disk.isDead) await expectWhole(folder, whole);
    } catch (error) {
      if (!disk.isDead) throw error;
    }
    state = end(disk, rng);
    await rm(dirname(folder), { recursive: true });
    if (!disk.isDead) return;
  }
}

interface LiveOn {
  readonly training: Training;
  readonly whole: Whole;
  readonly from: State;
  readonly rng: Rng;
}

/** Without a checkpoint either command has to do. */
function nextHow(state: State, rng: Rng): 'new' | 'resume' {
  if (state === undefined) return 'new';
  return [...state.keys()].some((name) => name.endsWith('.safetensors')) || rng.float() < 0.5
    ? 'resume'
    : 'new';
}

/** A run on a disk that fails: it is told what failed, nothing is spoilt, and the run goes on when the disk works again. */
export async function outlive(
  root: string,
  { training, whole, fault, rng }: Omit<LiveOn, 'from'> & { readonly fault: Fault },
): Promise<void> {
  const folder = await layOut(root, undefined);
  const disk = new Disk(folder, undefined);
  disk.fault = fault;
  let error: unknown;
  try {
    await onFileSystem(disk, () => training(folder, 'new'));
  } catch (thrown) {
    error = thrown;
  }
  if (fault.code === 'short') {
    expect(error).toBeUndefined();
  } else {
    expect(error, 'the fault was told').toBeInstanceOf(CardinalError);
    expect(String(error)).toMatch(wordsFor[fault.code]);
    expect(String(error)).not.toContain('\n');
  }
  const left = existsSync(folder) ? await onDisk(folder) : undefined;
  for (const [name, bytes] of left ?? []) {
    if (name.endsWith('.safetensors')) await parseCheckpoint(bytes, name);
    // On a disk that works again what was left half-written is gone.
    if (fault.forGood !== true) expect(name).not.toMatch(/^\./);
  }
  if (error !== undefined) await training(folder, nextHow(left, rng));
  await expectWhole(folder, whole);
  await rm(dirname(folder), { recursive: true });
}

const wordsFor: Readonly<Record<string, RegExp>> = {
  EIO: /input\/output error/,
  ENOSPC: /the disk is full/,
  EDQUOT: /quota is used up/,
  EROFS: /the file system is read-only/,
  EMFILE: /this process has too many files open/,
  ENFILE: /the system has too many files open/,
  EACCES: /permission denied/,
};

/** Throws unless a folder holds what the uninterrupted run left, apart from what a clock decides. */
async function expectWhole(folder: string, { files }: Whole): Promise<void> {
  const found = await onDisk(folder);
  expect([...found.keys()].sort()).toEqual([...files.keys()].sort());
  for (const name of ['best.safetensors', 'last.safetensors']) {
    expect(Buffer.from(found.get(name) ?? []).equals(files.get(name) ?? Buffer.of(0)), name).toBe(true);
  }
  expect(linesOf(found)).toEqual(linesOf(files));
}

const lineSchema = z.object({
  type: z.string(),
  epoch: z.optional(z.number()),
  step: z.optional(z.number()),
  loss: z.optional(z.number()),
  train: z.optional(z.object({ loss: z.number() })),
});

/** What metrics tell of steps and epochs, each once. */
function linesOf(files: ReadonlyMap<string, Uint8Array>): z.infer<typeof lineSchema>[] {
  const lines = new TextDecoder().decode(files.get('metrics.jsonl')).trimEnd().split('\n');
  return lines
    .map((line) => lineSchema.parse(JSON.parse(line)))
    .filter(({ type }) => type === 'step' || type === 'epoch');
}
