import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { CardinalError } from '../../../base/errors.ts';
import { failing } from '../../../base/file-errors.ts';
import { joinedBytes } from '../../../base/joined-bytes.ts';
import { parseJson } from '../../../base/validate.ts';
import type { LeftOut } from '../../../data/left-out.ts';
import { indexShard } from '../../../data/shards/index-shard.ts';
import type { ShardIndex } from '../../../data/shards/shard-index.ts';
import { makeFolder, writeFileAtomic } from '../../files.ts';
import { openRegular, readInto, readRegular } from '../../regular-file.ts';
import { isPictureName } from '../formats.ts';

/** Archives from so many bytes on are indexed once; a smaller one is gone through in no time. */
const worthKeeping = 2 ** 24;

/** The index of an archive: from the cache, if the archive is what it was. Throws a `CardinalError` if it is damaged. */
export async function indexOf(path: string, cache: string): Promise<ShardIndex> {
  const real = await realpath(path).catch(failing('read', path));
  const { size, mtimeMs, ctimeMs, ino } = await stat(real).catch(failing('read', path));
  const identity = [real, size, mtimeMs, ctimeMs, ino].join('\n');
  const kept = join(cache, 'indices', `${sha256(real).slice(0, 32)}.index`);
  if (size >= worthKeeping) {
    const known = await read(kept, identity);
    if (known !== undefined) return known;
  }
  const index = await indexAnew(path);
  if (size >= worthKeeping) {
    // A cache that cannot be written, costs time and nothing else.
    await makeFolder(join(cache, 'indices'))
      .then(() => writeFileAtomic(kept, pack(index, identity)))
      .catch(() => undefined);
  }
  return index;
}

async function indexAnew(path: string): Promise<ShardIndex> {
  const { handle, size } = await openRegular(path).catch(failing('read', path));
  // One buffer for all of it: an archive of small pictures is read from end to end.
  let buffer = new Uint8Array(0);
  const read = async (begin: number, length: number): Promise<Uint8Array> => {
    if (buffer.length < length) buffer = new Uint8Array(length);
    const bytes = buffer.subarray(0, length);
    if ((await readInto(handle, bytes, begin).catch(failing('read', path))) === length) return bytes;
    throw new CardinalError(`${path} became shorter while it was read: try again`);
  };
  try {
    return await indexShard({ name: path, size, read }, isPictureName);
  } finally {
    // At once: there may be thousands of archives before memory is tidied up.
    buffer.buffer.transfer(0);
    await handle.close().catch(() => undefined);
  }
}

const count = z.int().check(z.nonnegative());
const leftOutSchema = z.object({
  kind: z.enum(['format', 'other-file', 'unlabelled-picture']),
  ending: z.string(),
  reason: z.optional(z.string()),
  count,
  paths: z.array(z.string()),
  harmless: z.boolean(),
});
const headSchema = z.object({
  /** Of the archive, and of the bytes that follow. */
  identity: z.string(),
  sum: z.string(),
  pictures: count,
  nameBytes: count,
  names: z.optional(z.array(z.string())),
  leftOut: z.array(leftOutSchema),
});

/** A line of JSON, and then the arrays as they are in memory (every machine that runs Node counts from the low byte). */
function pack({ members, labels, names, leftOut }: ShardIndex, identity: string): Uint8Array {
  const { offsets, sizes, nameEnds } = members;
  const body = joinedBytes([...[offsets, sizes, labels, nameEnds].map(bytesOf), members.names]);
  const head = {
    ...{ identity, sum: sha256(body), pictures: labels.length, nameBytes: members.names.length },
    names,
    leftOut: leftOut.map(({ kind, ending, reason, count: times, paths, harmless }) => ({
      ...{ kind, ending, reason, count: times, paths, harmless },
    })),
  };
  return joinedBytes([new TextEncoder().encode(`${JSON.stringify(head)}\n`), body]);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What is kept of this archive; undefined if nothing is, or something else. */
async function read(kept: string, identity: string): Promise<ShardIndex | undefined> {
  try {
    const bytes = await readRegular(kept);
    const end = bytes.indexOf(0x0a);
    const head = parseJson(headSchema, new TextDecoder().decode(bytes.subarray(0, end)), kept);
    const body = bytes.slice(end + 1);
    const { pictures, nameBytes, names, leftOut } = head;
    if (head.identity !== identity || head.sum !== sha256(body)) return undefined;
    if (body.length !== 20 * pictures + nameBytes) return undefined;
    const { buffer } = body;
    return {
      members: {
        offsets: new Float64Array(buffer, 0, pictures),
        sizes: new Uint32Array(buffer, 8 * pictures, pictures),
        nameEnds: new Uint32Array(buffer, 16 * pictures, pictures),
        names: new Uint8Array(buffer, 20 * pictures, nameBytes),
      },
      labels: new Int32Array(buffer, 12 * pictures, pictures),
      names,
      leftOut: leftOut.map(({ reason, ...item }): LeftOut => ({ ...item, reason, split: undefined })),
    };
  } catch {
    return undefined;
  }
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
