/**
 * Damaged weights files, tens of thousands of each format: see `test/support/fuzz.ts` for what must hold. A fault names the
 * seed and the file; `CARDINAL_SEED=…` makes the same files again.
 */
import { test, vi } from 'vitest';
import type { Rng } from '../../src/base/rng.ts';
import { encodeTensor } from '../../src/weights/dtypes.ts';
import { openPyTorch } from '../../src/weights/pytorch/open.ts';
import {
  openSafetensors,
  readSafetensors,
  safetensorsParts,
  entryOf,
} from '../../src/weights/safetensors.ts';
import { fuzz } from '../support/fuzz.ts';
import { joined, mutate } from '../support/mutate.ts';
import { mutateTokens, pickleTokens } from '../support/pickle-tokens.ts';
import { storedZip, zipRecords } from '../support/stored-zip.ts';
import { fixtureBytes, fixtures, objectFixtures, openFixture } from './pytorch-support.ts';

vi.setConfig({ testTimeout: 3_600_000 });

const useful = [...fixtures, ...objectFixtures].filter((name) => !name.includes('refused'));
const zips = useful.filter((name) => !name.startsWith('legacy')).map(fixtureBytes);
const streams = useful.filter((name) => name.startsWith('legacy')).map(fixtureBytes);

function pick<T>(items: readonly T[], rng: Rng): T {
  return items[rng.int(items.length)];
}

test('damaged zip archives of PyTorch', async () => {
  const unpacked = zips.map(zipRecords);
  const pickles = unpacked.flatMap((records) =>
    [...records].filter(([name]) => name.endsWith('data.pkl')).map(([, data]) => data),
  );
  const tokens = unpacked.map((records) => {
    const [, data] = [...records].find(([name]) => name.endsWith('data.pkl')) ?? ['', Uint8Array.of(0x2e)];
    return pickleTokens(data);
  });
  await fuzz({
    format: 'pytorch zip',
    open: openPyTorch,
    early: /not a PyTorch file|zip archive/,
    make(rng) {
      const which = rng.int(zips.length);
      // Most damage is done to the pickle in an archive that is whole, some to the archive, its directory above all.
      if (rng.int(10) < 6) {
        const records = new Map(unpacked[which]);
        for (const [name, data] of records) {
          if (name.endsWith('data.pkl')) {
            const bytewise = rng.int(3) === 0;
            const damaged = bytewise
              ? mutate(data, rng, pickles, { most: 2 })
              : mutateTokens(tokens[which], rng);
            records.set(name, damaged);
          } else if (rng.int(40) === 0) records.set(name, mutate(data, rng, zips));
        }
        return storedZip(records);
      }
      const bytes = zips[which];
      const directory = Buffer.from(bytes).indexOf('PK\u0001\u0002', 0, 'latin1');
      const begin = rng.int(2) === 0 ? directory : 0;
      return mutate(bytes, rng, zips, { begin, most: 2 });
    },
  });
});

test('damaged streams of PyTorch', async () => {
  const tokens = streams.map((stream) => pickleTokens(stream, 5));
  await fuzz({
    format: 'pytorch legacy',
    open: openPyTorch,
    early: /not a PyTorch file/,
    make(rng) {
      const which = rng.int(streams.length);
      const bytes = streams[which];
      // Behind the magic number and the version: an opcode for each of PROTO, LONG1, STOP, PROTO, BININT2, STOP.
      if (rng.int(2) === 0) {
        const head = tokens[which].slice(0, 6);
        return joined(...head, mutateTokens(tokens[which].slice(6), rng));
      }
      return mutate(bytes, rng, streams, { begin: rng.int(20) === 0 ? 0 : 20, most: 2 });
    },
  });
});

test('damaged safetensors', async () => {
  const corpus: Uint8Array[] = [];
  for (const name of ['zip-dtypes.pth', 'zip-state.pth', 'zip-views.pth', 'zip-tensor.pth']) {
    const { tensors } = await openFixture(name);
    const parts: Uint8Array[] = [];
    for await (const part of safetensorsParts(tensors, { epoch: '3', note: 'ü "quoted"\n' }))
      parts.push(part);
    corpus.push(joined(...parts));
  }
  const x = encodeTensor({ dtype: 'I64', shape: [1, 2], data: BigInt64Array.of(1n, -1n) });
  const names = new Map(['a.b', '__proto__', '10', 'c\nd', '\u2028'].map((name) => [name, entryOf(x)]));
  const odd: Uint8Array[] = [];
  for await (const part of safetensorsParts(names)) odd.push(part);
  corpus.push(joined(...odd));

  await fuzz({
    format: 'safetensors',
    early: /not a safetensors file|the header is not/,
    make(rng) {
      const bytes = pick(corpus, rng);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const end = 8 + Number(view.getBigUint64(0, true));
      const kind = rng.int(10);
      if (kind === 0) return mutate(bytes, rng, corpus, { most: 2 });
      if (kind === 1) return mutate(bytes, rng, corpus, { end: 8, most: 1 });
      // The header, with its length put right.
      const old = bytes.subarray(8, end);
      const header = kind === 2 ? mutate(old, rng, corpus, { most: 1 }) : reworded(old, rng);
      const length = new Uint8Array(8);
      new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
      return joined(length, header, bytes.subarray(end));
    },
    async open(source) {
      const bytes = await source.read(0, source.size);
      const archive = await openSafetensors(source, unverified).catch(async (error: unknown) => {
        // Both ways to read refuse the same files, in the same words.
        await readSafetensorsAs(error, bytes, source.name);
        throw error;
      });
      await readSafetensorsAs(undefined, bytes, source.name);
      return archive;
    },
  });
});

/** The parser is on trial here: a digest would notice all of it, and either way to read at another time. */
const unverified = { verify: false };

/** Reads the file in memory, and throws unless it fails just as `expected`. */
async function readSafetensorsAs(expected: unknown, bytes: Uint8Array, source: string): Promise<void> {
  const thrown: unknown = await readSafetensors(bytes, source, unverified).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (String(thrown) !== String(expected)) {
    throw new Error(`openSafetensors: ${String(expected)}; readSafetensors: ${String(thrown)}`);
  }
}

const texts = ['"F64"', '"BOOL"', '"U64"', '"F8_E4M3"', '"toString"', '""', '"\\n"', '"__metadata__"', '"__proto__"', '"shape"', `"${'x'.repeat(5000)}"`]; // prettier-ignore
const numbers = ['0', '1', '8', '-1', '1.5', '1e400', '1e9', '4294967296', '9007199254740993', '18446744073709551616', 'null', '{}', '[]', '[1,1]', '1,1', `${'['.repeat(3000)}${']'.repeat(3000)}`]; // prettier-ignore

/** One or two words or numbers of a JSON text replaced, mostly so that it stays JSON. */
function reworded(json: Uint8Array, rng: Rng): Uint8Array {
  let text = new TextDecoder().decode(json);
  for (let left = 1 + rng.int(2); left > 0; left--) {
    const word = rng.int(2) === 0;
    const tokens = [...text.matchAll(word ? /"(?:[^"\\]|\\.)*"/g : /(?<=[[,])\d+/g)];
    if (tokens.length === 0) continue;
    const at = pick(tokens, rng);
    const by = rng.int(2) === 0 ? pick(word ? texts : numbers, rng) : pick(tokens, rng)[0];
    text = text.slice(0, at.index) + by + text.slice(at.index + at[0].length);
  }
  return new TextEncoder().encode(text);
}
