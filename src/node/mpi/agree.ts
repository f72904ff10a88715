import type { Fact } from '../../train/ranks.ts';
import type { MpiCommunicator } from './communicator.ts';
import { AgreedError } from './errors.ts';

/** How many characters of a value messages show. */
const shown = 60;

/**
 * Compares facts of all ranks, such as their version, settings and data, before they begin: each calls this with its own. Throws an
 * `AgreedError` on all of them if one differs: its message names the rank, the fact (`settings.batchSize`), what most ranks have and
 * what it has, and ends with `advice`.
 */
export function agree(
  communicator: MpiCommunicator,
  facts: Readonly<Record<string, Fact>>,
  advice = 'start all ranks with the same program, settings and data',
): void {
  const texts = communicator.gather(Buffer.from(JSON.stringify(facts)), 'the comparison of settings');
  const all = texts.map((text) => leaves(JSON.parse(Buffer.from(text).toString()) as Fact));
  const difference = firstDifference(all);
  if (difference === undefined) return;
  const { ranks, path, expected, got } = difference;
  const who = ranks
    .slice(0, 3)
    .map((rank) => communicator.nameOf(rank))
    .join(', ');
  const more = ranks.length > 3 ? ` and ${ranks.length - 3} more` : '';
  const verb = ranks.length > 1 ? 'differ' : 'differs';
  throw new AgreedError(
    `${who}${more} ${verb} from the other ranks in ${path}: expected ${expected}, got ${got}; ${advice}`,
  );
}

interface Difference {
  readonly ranks: readonly number[];
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** By their places, in the order of the first rank's. */
export function firstDifference(all: readonly ReadonlyMap<string, string>[]): Difference | undefined {
  const paths = new Set(all.flatMap((facts) => [...facts.keys()]));
  for (const path of paths) {
    const values = all.map((facts) => facts.get(path) ?? 'nothing');
    const expected = commonest(values);
    const odd = values.find((value) => value !== expected);
    if (odd === undefined) continue;
    const ranks = [...values.keys()].filter((rank) => values[rank] === odd);
    return { ranks, path, expected: cut(expected), got: cut(odd) };
  }
  return undefined;
}

/** The first of those that most have. */
function commonest(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best = values[0];
  for (const [value, count] of counts) if (count > (counts.get(best) ?? 0)) best = value;
  return best;
}

function cut(text: string): string {
  return text.length > shown ? `${text.slice(0, shown)}…` : text;
}

/** Every value within `fact` that has no parts, as JSON, by its place: `settings.sizes.0`. */
export function leaves(fact: Fact, path = '', found = new Map<string, string>()): Map<string, string> {
  const parts = fact === null || typeof fact !== 'object' ? [] : Object.entries<Fact>(fact);
  if (parts.length === 0) found.set(path, JSON.stringify(fact));
  for (const [name, part] of parts) leaves(part, path === '' ? name : `${path}.${name}`, found);
  return found;
}
