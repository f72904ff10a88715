import * as z from 'zod/mini';
import { multiplyAddInWords, multiplyAdds, type Backend, type NativeLibrary } from '../backends/backend.ts';
import { validate } from '../base/validate.ts';
import { VERSION } from '../base/version.ts';
import { pictureHashesSchema } from '../data/picture-record.ts';

const librarySchema = z.object({
  name: z.string(),
  version: z.string(),
  processor: z.string(),
  threads: z.int().check(z.positive()),
});

/**
 * What the numbers of a run's steps depend on beside its settings: from which step on, who computed them, and on which
 * pictures. Nothing is in it that makes no difference: not the host, nor the threads of WebAssembly alone.
 */
export const conditionsSchema = z.object({
  /** Optimiser steps that were done before. */
  step: z.int().check(z.nonnegative()),
  /** Cardinal's version. */
  cardinal: z.string(),
  backend: z.string(),
  /** Absent, as `library` is, where a custom backend does not report it. */
  multiplyAdd: z.optional(z.enum(multiplyAdds)),
  library: z.optional(librarySchema),
  /** What decodes picture files; absent if nothing is decoded. */
  decoder: z.optional(z.string()),
  /** Hashes of the pictures; absent if nobody took them. */
  pictures: z.optional(pictureHashesSchema),
  /** How many ranks had the rows of a batch among themselves; absent of one. */
  ranks: z.optional(z.int().check(z.minimum(2))),
  /** False where each rank's batch norms took the statistics of its own rows; absent else. */
  syncBatchNorm: z.optional(z.literal(false)),
});
export type Conditions = z.infer<typeof conditionsSchema>;

/** What only a platform knows of the conditions. */
export type PlatformConditions = Pick<Conditions, 'decoder' | 'pictures'>;

/** Who has the rows of a batch among themselves. */
export interface Division {
  readonly ranks: number;
  readonly syncBatchNorm: boolean;
}

/** The conditions under which `backend` computes what follows `step`, alone or with other ranks. */
export function conditionsOf(
  { name, numerics }: Pick<Backend, 'name' | 'numerics'>,
  { decoder, pictures }: PlatformConditions,
  step: number,
  division?: Division,
): Conditions {
  const { multiplyAdd, library } = numerics ?? {};
  const said = { step, cardinal: VERSION, backend: name, multiplyAdd, library, decoder, pictures };
  const divided = division !== undefined && division.ranks > 1 ? division : undefined;
  // A backend may be anybody's.
  return validate(
    conditionsSchema,
    {
      ...said,
      ...(divided === undefined ? {} : { ranks: divided.ranks }),
      ...(divided?.syncBatchNorm === false ? { syncBatchNorm: false } : {}),
    },
    `the numerics of the backend ${name}`,
  );
}

/** The conditions of the steps of a run, those to come under `now`: one more if something is other than it was. */
export function continuedConditions(known: readonly Conditions[], now: Conditions): readonly Conditions[] {
  // Under what was to come, but never came, nothing was computed.
  const past = known.filter(({ step }) => step < now.step);
  const last = past.at(-1);
  return last !== undefined && same({ ...last, step: 0 }, { ...now, step: 0 }) ? past : [...past, now];
}

/**
 * What differs between the conditions of a run's steps and those of the steps to come, in a line each. Pictures are compared
 * where their names are known.
 */
export function changedConditions(known: readonly Conditions[], now: Conditions): string[] {
  const last = known.findLast(({ step }) => step < now.step);
  if (last === undefined) return [];
  const lines: string[] = [];
  if (last.cardinal !== now.cardinal) {
    lines.push(`the run was computed by Cardinal ${last.cardinal}, this is ${now.cardinal}: ${consequence}`);
  }
  if (!same(engineOf(last), engineOf(now))) {
    const [was, is] = engineWords(last, now);
    lines.push(`the run was computed by ${was}, here it goes on with ${is}: ${consequence}`);
  }
  if (last.ranks !== now.ranks) {
    lines.push(
      `the run was computed by ${ranksInWords(last)}, here it goes on with ${ranksInWords(now)}: ${
        now.syncBatchNorm === false || last.syncBatchNorm === false
          ? 'its batch norms see other pictures together'
          : consequence
      }`,
    );
  }
  if (last.decoder !== now.decoder && last.decoder !== undefined && now.decoder !== undefined) {
    lines.push(
      `the run's pictures were decoded by ${last.decoder}, here they are by ${now.decoder}: their pixels may differ from what they were`,
    );
  }
  return lines;
}

const consequence = 'its last digits will differ from those of an uninterrupted run';

function ranksInWords({ ranks = 1 }: Conditions): string {
  return ranks === 1 ? '1 process' : `${ranks} ranks`;
}

/** Two engines in words, as few as distinguish them. */
function engineWords(was: Conditions, is: Conditions): readonly [string, string] {
  const brief = [engineName(was), engineName(is)] as const;
  return brief[0] === brief[1] ? [engineInFull(was), engineInFull(is)] : brief;
}

function engineName({ backend, library }: Conditions): string {
  if (library !== undefined) {
    const number = /\d+(\.\d+)+/.exec(library.version)?.[0];
    return `${library.name}${number === undefined ? '' : ` ${number}`} on ${threadsOf(library)}`;
  }
  if (backend === 'wasm') return 'WebAssembly alone';
  return `the ${backend} backend`;
}

function engineInFull(conditions: Conditions): string {
  const { library, multiplyAdd } = conditions;
  const details = [
    ...(library === undefined ? [] : [library.version, `for ${library.processor}`]),
    ...(multiplyAdd === undefined ? [] : [multiplyAddInWords[multiplyAdd]]),
  ];
  const name = library === undefined ? engineName(conditions) : `${library.name} on ${threadsOf(library)}`;
  return `${name} (${details.filter((detail) => detail !== '').join(', ')})`;
}

function threadsOf({ threads }: NativeLibrary): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

/** What of the conditions decides on the last digits of a sum. */
function engineOf({ backend, multiplyAdd, library }: Conditions): Partial<Conditions> {
  return { backend, multiplyAdd, library };
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
