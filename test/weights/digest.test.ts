import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { buildCheckpoint, parseCheckpoint } from '../../src/train/checkpoint.ts';
import { readTensors } from '../../src/weights/archive.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { openArchive } from '../../src/weights/open.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import {
  entriesOf,
  openSafetensors,
  readSafetensors,
  safetensorsParts,
  writeSafetensors,
} from '../../src/weights/safetensors.ts';
import { seed } from '../support/seed.ts';
import { checkpointAt } from '../support/checkpoint.ts';
import { bitFlips } from '../support/flips.ts';
import { fixtureBytes } from './pytorch/support.ts';

const { state } = checkpointAt(10);
const checkpoint = await buildCheckpoint(checkpointAt(10));

/** The header's JSON, where it ends, and the rest. */
function parts(bytes: Uint8Array): { header: Record<string, Listed>; end: number } {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return {
    header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as Record<string, Listed>,
    end,
  };
}
type Listed = Record<string, string> & {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
};

function withHeader(header: object, data: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, data]));
}

describe('the digest of a safetensors file', () => {
  test('is what its description says, computed by another program', () => {
    const { header, end } = parts(checkpoint);
    const { __metadata__: metadata, ...tensors } = header;
    const sha = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
    const names = Object.keys(tensors).sort();
    const hashes = names.map((name) => {
      const [begin, until] = tensors[name].data_offsets;
      return sha(checkpoint.subarray(end + begin, end + until));
    });
    expect(JSON.parse(metadata['cardinal.digest.tensors'])).toEqual(hashes);
    const listing = names.map((name, i) => [name, tensors[name].dtype, tensors[name].shape, hashes[i]]);
    const said = Object.entries(metadata)
      .filter(([key]) => !key.startsWith('cardinal.digest'))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(metadata['cardinal.digest']).toBe(`sha256:${sha(JSON.stringify([listing, said]))}`);
  });

  test('is a function of the contents: in parts and whole, and in any order', async () => {
    const whole = await writeSafetensors(state, { note: 'ü' });
    const streamed: Uint8Array[] = [];
    for await (const part of safetensorsParts(entriesOf(state), { note: 'ü' })) streamed.push(part);
    expect(new Uint8Array(Buffer.concat(streamed))).toEqual(whole);
    const { header, end } = parts(whole);
    const reversed = Object.fromEntries(Object.entries(header).reverse());
    const other = await readSafetensors(withHeader(reversed, whole.subarray(end)));
    expect(Object.fromEntries(other.metadata)).toEqual({ note: 'ü' });
  });

  test('notices one bit of a hundred anywhere in a checkpoint, or nothing of it changed', async () => {
    const whole = await parseCheckpoint(checkpoint, 'last.safetensors');
    let noticed = 0;
    for (const { flipped, at } of bitFlips(checkpoint, seed, 100)) {
      const read = await parseCheckpoint(flipped, 'last.safetensors').catch((error: unknown) => error);
      if (read instanceof Error) {
        noticed++;
        expect(read, `byte ${at}, seed ${seed}`).toBeInstanceOf(CardinalError);
        expect(read.message).toMatch(/^last\.safetensors[^\n]*$/);
      } else expect(read, `byte ${at}, seed ${seed}`).toEqual(whole);
    }
    // Hexadecimal digits of an escape may be of either case, and no other bit is free.
    expect(noticed).toBeGreaterThan(95);
  });

  test('names the tensor whose numbers changed, wherever it is read, and says what to do', async () => {
    const { header, end } = parts(checkpoint);
    const [begin, until] = header['fc.weight'].data_offsets;
    const message =
      /^w is damaged: the numbers of tensor 'fc\.weight' are not those that were written \(SHA-256\): get the file anew, or `verify: false`/;
    for (const { flipped } of bitFlips(checkpoint, seed, 10, [end + begin, end + until])) {
      await expect(readSafetensors(flipped, 'w')).rejects.toThrow(message);
      const archive = await openSafetensors(bytesSource(flipped, 'w'));
      expect(archive.checksum).toBe('SHA-256');
      await expect(archive.tensors.get('fc.weight')?.read()).rejects.toThrow(message);
      await expect(archive.tensors.get('conv.weight')?.read()).resolves.toMatchObject({ dtype: 'F32' });
      const { tensors } = await readSafetensors(flipped, 'w', { verify: false });
      expect(tensors.get('conv.weight')).toEqual(state.get('conv.weight'));
    }
  });

  test('is missed if one of its keys was damaged', async () => {
    const { header, end } = parts(checkpoint);
    for (const key of ['cardinal.digest', 'cardinal.digest.tensors']) {
      const { [key]: value, ...metadata } = header['__metadata__'];
      const renamed = { ...header, __metadata__: { ...metadata, [`${key}x`]: value } };
      const bytes = withHeader(renamed, checkpoint.subarray(end));
      await expect(readSafetensors(bytes, 'w')).rejects.toThrow(/its header, which describes tensors/);
      await expect(openSafetensors(bytesSource(bytes, 'w'))).rejects.toThrow(/is damaged or was changed/);
    }
  });

  test('is not missed where there never was one', async () => {
    const { header, end } = parts(checkpoint);
    const metadata = Object.fromEntries(
      Object.entries(header['__metadata__']).filter(([key]) => !key.startsWith('cardinal.digest')),
    );
    const bytes = withHeader({ ...header, __metadata__: metadata }, checkpoint.subarray(end));
    const archive = await openSafetensors(bytesSource(bytes, 'w'));
    expect(archive.checksum).toBeUndefined();
    expect((await parseCheckpoint(bytes, 'w')).training?.progress.step).toBe(10);
  });

  test('covers what is said of tensors and training', async () => {
    const text = Buffer.from(checkpoint).toString('latin1');
    for (const [was, is] of [
      ['\\"seed\\":7', '\\"seed\\":9'],
      ['"shape":[16,4]', '"shape":[4,16]'],
      ['\\"learningRate\\":0.05', '\\"learningRate\\":0.07'],
    ]) {
      const changed = new Uint8Array(Buffer.from(text.replace(was, is), 'latin1'));
      expect(changed).not.toEqual(checkpoint);
      await expect(parseCheckpoint(changed, 'w'), was).rejects.toThrow(/is damaged or was changed/);
    }
  });
});

/** What an archive has, read whole; or the error. */
async function contents(bytes: Uint8Array): Promise<StateDict | Error> {
  try {
    return await readTensors((await openArchive(bytesSource(bytes, 'w.pth'))).tensors);
  } catch (error) {
    expect(error).toBeInstanceOf(CardinalError);
    return error as Error;
  }
}

describe('the CRC-32 of a zip archive', async () => {
  const own: Uint8Array[] = [];
  for await (const part of pytorchParts(entriesOf(state))) own.push(part);
  const files = {
    'of Cardinal': new Uint8Array(Buffer.concat(own)),
    'of PyTorch': fixtureBytes('zip-views.pth'),
  };

  test.each(Object.entries(files))(
    'notices one bit of a hundred, or no tensor changed: a file %s',
    async (_, bytes) => {
      const whole = await contents(bytes);
      expect(whole).not.toBeInstanceOf(Error);
      for (const { flipped, at } of bitFlips(bytes, seed, 100)) {
        const read = await contents(flipped);
        // Names of tensors and their numbers are in records; what is around them is for other programs.
        if (!(read instanceof Error)) expect(read, `byte ${at}, seed ${seed}`).toEqual(whole);
      }
    },
  );

  test('notices every bit of a tensor, once for all views of a storage, and can be left out', async () => {
    const bytes = files['of Cardinal'];
    const weight = state.get('fc.weight')?.data ?? new Float32Array(0);
    const begin = Buffer.from(bytes).indexOf(
      Buffer.from(weight.buffer, weight.byteOffset, weight.byteLength),
    );
    for (const { flipped } of bitFlips(bytes, seed, 20, [begin, begin + weight.byteLength])) {
      const read = await contents(flipped);
      expect(read).toBeInstanceOf(Error);
      expect((read as Error).message).toMatch(
        /^w\.pth is damaged: record 'archive\/data\/1' is not what was written/,
      );
      const archive = await openArchive(bytesSource(flipped, 'w.pth'), { verify: false });
      expect((await readTensors(archive.tensors)).size).toBe(2);
    }
  });
});
