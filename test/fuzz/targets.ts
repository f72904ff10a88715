import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { UsageError } from '../../src/base/errors.ts';
import { byCodePoint } from '../../src/base/order.ts';
import type { Target } from './target.ts';
import { bad } from './targets/bad.ts';
import { data } from './targets/data.ts';
import { pictures } from './targets/pictures.ts';
import { protocol } from './targets/protocol.ts';
import { runs } from './targets/runs.ts';
import { legacy, pickle, safetensors, zip } from './targets/weights.ts';

/** Every parser of what others give us. */
export const targets: readonly Target[] = [
  pickle,
  zip,
  legacy,
  safetensors,
  ...data,
  ...pictures,
  ...runs,
  ...protocol,
];

/** Throws a `UsageError` if there is none of this name. */
export function targetNamed(name: string): Target {
  const found = [...targets, ...Object.values(bad)].find((target) => target.name === name);
  if (found !== undefined) return found;
  const names = targets.map((target) => target.name).join(', ');
  throw new UsageError(`--target: no target '${name}', expected one of ${names}`);
}

/** Files that once were trouble, and are read in every run. */
export function regressions(target: string): Uint8Array[] {
  const folder = new URL(`corpus/${target}/`, import.meta.url);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort(byCodePoint);
  return names.map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
}
