import * as z from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { quoted, shortened } from '../../base/quoted.ts';
import { jsonObject, parseJson } from '../../base/validate.ts';
import type { Sample } from './samples.ts';
import type { TarMember } from './walk.ts';
import type { Window } from './window.ts';

/** The class of a sample: its number, or its name. */
export type SampleLabel = number | string;

/** Fields of a sample's JSON that may hold its class, the first that is there. */
const fields = ['cls', 'label', 'class', 'target'] as const;

/** Bytes that what tells a class has at most. */
const mostBytes = { cls: 1024, json: 2 ** 20 } as const;

/** What a sample's JSON holds of labels, or numbers by name. */
export type SampleTargets =
  { readonly labels: readonly string[] } | { readonly numbers: Readonly<Record<string, number>> };

const targetsSchema: z.ZodMiniType<SampleTargets> = z.union([
  z.object({ labels: z.array(z.string()) }),
  z.object({ numbers: z.record(z.string(), z.number()) }),
]);

/** What begins the name of a class that stands for labels or numbers: nobody writes it. */
const mark = '\0';

/** What a name stands for that is no class's; undefined of a class. */
export function targetsNamed(name: string): SampleTargets | undefined {
  return name.startsWith(mark)
    ? parseJson(targetsSchema, name.slice(mark.length), 'the labels of a sample')
    : undefined;
}

const labelSchema = z.union([
  z.int().check(z.minimum(0), z.maximum(2 ** 31 - 1)),
  z.string().check(z.minLength(1)),
]);

/**
 * The class of a sample, from its `.cls`, a number or a name as text, or else its `.json`; undefined if neither tells. Labels and numbers of
 * a `.json` become a name, which `targetsNamed` reads. Throws a `CardinalError` if it is none.
 */
export async function labelOf({ parts }: Sample, window: Window): Promise<SampleLabel | undefined> {
  const cls = parts.get('cls');
  if (cls !== undefined) return parseLabel(await textOf(cls, mostBytes.cls, window), cls, window);
  const json = parts.get('json');
  if (json === undefined) return undefined;
  const where = whereOf(json, window);
  const value = parseJson(jsonObject, await textOf(json, mostBytes.json, window), where);
  const field = fields.find((name) => Object.hasOwn(value, name));
  if (field === undefined) {
    const targets = targetsSchema.safeParse(value);
    return targets.success ? mark + JSON.stringify(targets.data) : undefined;
  }
  const result = labelSchema.safeParse(value[field]);
  if (result.success) return result.data;
  throw new CardinalError(
    `${where}: expected ${field} to be the number of a class or its name, got ${shortened(JSON.stringify(value[field]))}`,
  );
}

function parseLabel(content: string, member: TarMember, window: Window): SampleLabel {
  const text = content.trim();
  const isNumber = /^-?\d+$/.test(text);
  const label = isNumber ? Number(text) : text;
  if (labelSchema.safeParse(label).success) return label;
  throw new CardinalError(
    `${whereOf(member, window)}: expected the number of a class, or its name, got ${quoted(text)}`,
  );
}

async function textOf(member: TarMember, most: number, window: Window): Promise<string> {
  if (member.size > most) {
    throw new CardinalError(
      `${whereOf(member, window)} has ${member.size} bytes, at most ${most} are expected of what tells a class`,
    );
  }
  return decoder.decode(await window.read(member.offset, member.size));
}

const decoder = new TextDecoder();

function whereOf({ name }: TarMember, { source }: Window): string {
  return `${source.name}/${shortened(name)}`;
}
