import { CardinalError, messageOf } from '../base/errors.ts';
import type { MemorySource, RecordPart, RecordSource } from './picture-source.ts';
import { sharedBytes } from './shared-memory.ts';

/** Reads records that lie in blobs into memory: once, for all sources that have the same ones. Throws a `CardinalError`. */
export function recordReader(): (source: RecordSource) => Promise<MemorySource> {
  const known = new WeakMap<RecordSource['parts'], Promise<Uint8Array>>();
  return async ({ parts, ...source }) => {
    const reading = known.get(parts) ?? readAll(parts);
    known.set(parts, reading);
    return { ...source, kind: 'memory', bytes: await reading };
  };
}

async function readAll(parts: readonly RecordPart[]): Promise<Uint8Array> {
  const all = sharedBytes(parts.reduce((sum, { bytes }) => sum + bytes, 0));
  let at = 0;
  for (const part of parts) {
    await readInto(all.subarray(at, at + part.bytes), part);
    at += part.bytes;
  }
  return all;
}

async function readInto(all: Uint8Array, { name, blob, gzipped, skip }: RecordPart): Promise<void> {
  let from = -skip;
  for await (const chunk of unzipped(blob, gzipped, name)) {
    const records = from < 0 ? chunk.subarray(-from) : chunk;
    if (from + chunk.length > all.length) throw otherSize(name, all.length, 'more');
    if (records.length > 0) all.set(records, Math.max(0, from));
    from += chunk.length;
  }
  if (from < all.length) throw otherSize(name, all.length, String(Math.max(0, from)));
}

function otherSize(name: string, expected: number, got: string): CardinalError {
  return new CardinalError(`${name} is not what it was: expected ${expected} bytes of records, got ${got}`);
}

/** The bytes of a blob, one chunk after the other. Throws a `CardinalError` if it cannot be read or unzipped. */
export async function* unzipped(
  blob: RecordPart['blob'],
  gzipped: boolean,
  name: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const stored = blob.stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
  const stream = gzipped ? stored.pipeThrough(new DecompressionStream('gzip')) : stored;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        const fault = gzipped ? 'cannot be unzipped, it is truncated or no gzip file' : 'cannot be read';
        // Some browsers say no more than that.
        const reason = messageOf(error);
        throw new CardinalError(`${name} ${fault}${reason === '' ? '' : `: ${reason}`}`, { cause: error });
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Nobody wants the rest.
    void reader.cancel().catch(() => undefined);
  }
}
