import type { Rng } from '../../../src/base/rng.ts';
import { bytesSource } from '../../../src/weights/byte-source.ts';
import { encodeTensor } from '../../../src/weights/dtypes.ts';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';
import {
  entryOf,
  openSafetensors,
  readSafetensors,
  safetensorsParts,
} from '../../../src/weights/safetensors.ts';
import { joined, mutate } from '../../support/mutate.ts';
import { mutateTokens, pickleTokens } from '../../support/pickle-tokens.ts';
import { fixtureBytes, fixtures, objectFixtures, openFixture } from '../../weights/pytorch/support.ts';
import { mutateJson } from '../formats/json.ts';
import { buildZip, mutateZip, recordsIfWhole } from '../formats/zip.ts';
import type { Target } from '../target.ts';
import { readArchive } from './archive.ts';

const useful = [...fixtures, ...objectFixtures].filter((name) => !name.includes('refused'));
const seedsOf = (names: readonly string[]): Promise<Uint8Array[]> => Promise.resolve(names.map(fixtureBytes));
const zips = useful.filter((name) => !name.startsWith('legacy'));
const streams = useful.filter((name) => name.startsWith('legacy'));

/** Opcodes of a pickle changed, or its bytes. */
function mutatePickle(data: Uint8Array, rng: Rng, others: readonly Uint8Array[], pickles = 1): Uint8Array {
  const tokens = rng.int(3) === 0 ? undefined : tokensIfWhole(data, pickles);
  return tokens === undefined ? mutate(data, rng, others, { most: 2 }) : mutateTokens(tokens, rng);
}

function tokensIfWhole(data: Uint8Array, pickles: number): Uint8Array[] | undefined {
  try {
    return pickleTokens(data, pickles);
  } catch {
    return undefined;
  }
}

export const pickle: Target = {
  name: 'pickle',
  seeds: () => seedsOf(zips),
  early: /not a PyTorch file|\((it has no end|there is something behind|its 64-bit end is not)/,
  mutate(bytes, rng, others) {
    const records = recordsIfWhole(bytes);
    if (records === undefined) return mutate(bytes, rng, others, { most: 2 });
    const damaged = records.map((record) =>
      record.name.endsWith('data.pkl') || rng.int(40) === 0
        ? { ...record, data: mutatePickle(record.data, rng, [record.data]) }
        : record,
    );
    return buildZip(damaged).bytes;
  },
  read: (bytes, probe) => readArchive(bytes, probe, openPyTorch),
};

export const zip: Target = { ...pickle, name: 'zip', mutate: mutateZip };

export const legacy: Target = {
  name: 'legacy',
  seeds: () => seedsOf(streams),
  early: /not a PyTorch file/,
  mutate(bytes, rng, others) {
    const tokens = rng.int(2) === 0 ? tokensIfWhole(bytes, 5) : undefined;
    // Behind the magic number and the version: an opcode for each of PROTO, LONG1, STOP, PROTO, BININT2, STOP.
    if (tokens !== undefined && tokens.length > 6) {
      return joined(...tokens.slice(0, 6), mutateTokens(tokens.slice(6), rng));
    }
    return mutate(bytes, rng, others, { begin: rng.int(20) === 0 ? 0 : Math.min(20, bytes.length), most: 2 });
  },
  read: (bytes, probe) => readArchive(bytes, probe, openPyTorch),
};

export const safetensors: Target = {
  name: 'safetensors',
  async seeds() {
    const corpus: Uint8Array[] = [];
    for (const name of ['zip-dtypes.pth', 'zip-state.pth', 'zip-views.pth', 'zip-tensor.pth']) {
      const { tensors } = await openFixture(name);
      corpus.push(await whole(safetensorsParts(tensors, { epoch: '3', note: 'ü "quoted"\n' })));
    }
    const x = encodeTensor({ dtype: 'I64', shape: [1, 2], data: BigInt64Array.of(1n, -1n) });
    const names = new Map(['a.b', 'constructor', '10', 'c\nd', '\u2028'].map((name) => [name, entryOf(x)]));
    return [...corpus, await whole(safetensorsParts(names))];
  },
  early: /not a safetensors file|the header is not/,
  mutate: mutateSafetensors,
  async read(bytes, probe) {
    // Both ways to read refuse the same files, in the same words. What is damaged inside, they see at different times.
    const [inParts, atOnce] = [
      await errorOf(() => openSafetensors(bytesSource(bytes, probe.file), { verify: false })),
      await errorOf(() => readSafetensors(bytes, probe.file, { verify: false })),
    ];
    if (String(inParts) !== String(atOnce)) {
      probe.fault(`openSafetensors: ${String(inParts)}; readSafetensors: ${String(atOnce)}`);
    }
    await readArchive(bytes, probe, openSafetensors);
  },
};

/** The header's JSON damaged and its length put right, or all of it. */
export function mutateSafetensors(bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]): Uint8Array {
  const kind = rng.int(10);
  const end = bytes.length < 8 ? 0 : 8 + Number(Buffer.from(bytes.subarray(0, 8)).readBigUInt64LE());
  if (kind === 0 || end < 10 || end > bytes.length) return mutate(bytes, rng, others, { most: 2 });
  if (kind === 1) return mutate(bytes, rng, others, { end: 8, most: 1 });
  const old = bytes.subarray(8, end);
  const header = kind === 2 ? mutate(old, rng, others, { most: 1 }) : mutateJson(old, rng, [old]);
  return withHeader(header, bytes.subarray(end));
}

export function withHeader(header: Uint8Array, data: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return joined(length, header, data);
}

async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function whole(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return joined(...all);
}
