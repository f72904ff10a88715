import type { SampleTargets } from './labels.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

/** A picture with its class, to be written into an archive. */
export interface PackedSample {
  /** Its path in the archive, up to the first dot of the last part. */
  readonly key: string;
  /** What follows that dot: `jpg`. */
  readonly ending: string;
  readonly bytes: Uint8Array;
  /** The number of its class, or its name; without one it gets no `.cls`. */
  readonly label: number | string | undefined;
  /** What its `.json` says, if it gets one: labels, or numbers by name. */
  readonly json?: SampleTargets | undefined;
}

/** An archive of pictures and their classes, as WebDataset reads it; in pieces, and the same bytes for the same samples. */
export async function* shardBytes(
  samples: AsyncIterable<PackedSample>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for await (const { key, ending, bytes, label, json } of samples) {
    yield* member(`${key}.${ending}`, bytes);
    if (label !== undefined) yield* member(`${key}.cls`, encoder.encode(String(label)));
    if (json !== undefined) yield* member(`${key}.json`, encoder.encode(JSON.stringify(json)));
  }
  yield tarEnd;
}

function* member(name: string, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield tarHeader(name, bytes.length);
  yield bytes;
  yield tarPadding(bytes.length);
}

/** `train-000007.tar`, as WebDataset's writers call it. */
export function shardName(split: string, shard: number): string {
  return `${split}-${String(shard).padStart(6, '0')}.tar`;
}

/** Keys of samples that have names: each is there once, and is all that comes before the first dot of its last part. */
export class PackedKeys {
  readonly #taken = new Set<string>();

  /** The key of a picture by the path that identifies it, `cat/a.b.jpg`; the same for the same paths in the same order. */
  keyOf(path: string): string {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
    const last = parts.pop() ?? '';
    const stem = last.replace(/(?<=.)\.\w{1,5}$/, '').replaceAll('.', '_');
    // Names of WebDataset's own begin and end so.
    const own = stem === '' || /^__.*__$/s.test(stem) ? `${stem}_` : stem;
    const base = [...parts, own].join('/');
    let key = base;
    for (let more = 2; this.#taken.has(key); more++) key = `${base}~${more}`;
    this.#taken.add(key);
    return key;
  }
}
