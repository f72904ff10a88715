import { withEnding } from '../../base/endings.ts';
import { CardinalError } from '../../base/errors.ts';
import { failing } from '../../base/file-errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { isPathPart } from '../../base/path-part.ts';
import { quoted } from '../../base/quoted.ts';
import { bytes } from '../../report/format.ts';
import type { ByteSource } from '../../weights/byte-source.ts';
import { openZip, type ZipRecord } from '../../weights/pytorch/zip.ts';
import { holdsCheckpoint, lastFile } from '../folder/checkpoints.ts';
import {
  makeFolder,
  namesIn,
  removeFile,
  removeFolderIfEmpty,
  temporarySuffix,
  writeFileAtomic,
} from '../folder/files.ts';
import { isLockName } from '../folder/lock.ts';
import type { FolderPlatform } from '../folder/platform.ts';
import type { PackOptions } from './pack.ts';

export interface UnpackOptions extends PackOptions {
  /** The most bytes that the files of a run may have together. Default 16 GiB. */
  readonly maxBytes?: number | undefined;
}

const usualMost = 2 ** 34;
/** A run has about ten files. */
const mostFiles = 1000;
/** The most that is unpacked of a record that another program compressed: such a record is in memory whole. */
const mostCompressed = 2 ** 31;
const pieceBytes = 1 << 20;

/**
 * Unpacks what `packRun` packed, or another program from a run folder, into a folder that is empty or not there. All of it is
 * written and held against its checksums before the first file gets its name; the newest checkpoint gets it last. If anything fails
 * nothing stays.
 *
 * Throws a `CardinalError` if the archive is damaged or ambiguous, holds no run, files in other places than one folder, or more than
 * `maxBytes`; if the folder holds anything, or somebody has it.
 */
export async function unpackRun(
  source: ByteSource,
  folder: string,
  { maxBytes = usualMost, onProgress, signal }: UnpackOptions,
  platform: FolderPlatform,
): Promise<void> {
  const records = runRecords(source.name, await openZip(source), maxBytes);
  const total = records.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  await makeFolder(folder, platform);
  const lock = await platform.lockFolder(folder, { what: 'run folder' });
  let isWhole = false;
  await withEnding(
    async () => {
      await lock.release();
      if (!isWhole) await removeFolderIfEmpty(folder, platform);
    },
    async () => {
      const there = (await namesIn(folder, platform)).filter((name) => !isLockName(name));
      if (there.length > 0) {
        throw new CardinalError(
          `${folder} is not empty: choose another folder, or delete what is there first`,
        );
      }
      const staged = records.map(({ name }) => ({
        path: platform.paths.join(folder, name),
        temporary: platform.paths.join(folder, `.${name}.${crypto.randomUUID()}${temporarySuffix}`),
      }));
      try {
        let done = 0;
        for (const [index, record] of records.entries()) {
          const pieces = counted(contentsOf(record, signal), (length) => {
            done += length;
            onProgress?.(done, total);
          });
          await writeFileAtomic(staged[index].temporary, pieces, {}, platform);
        }
        await lock.check();
        for (const { path, temporary } of staged) {
          await platform.files.rename(temporary, path).catch(failing('write', path));
        }
        isWhole = true;
      } finally {
        if (!isWhole) {
          for (const path of staged.flatMap(({ path, temporary }) => [temporary, path])) {
            await removeFile(path, platform).catch(() => undefined);
          }
        }
      }
    },
  );
}

/** A file of the run. */
interface RunRecord {
  readonly name: string;
  readonly unpackedSize: number;
  readonly record: ZipRecord;
}

/** The files of an archive's run, the newest checkpoint last. Throws a `CardinalError` unless they are those of one run. */
function runRecords(
  source: string,
  archive: ReadonlyMap<string, ZipRecord>,
  maxBytes: number,
): readonly RunRecord[] {
  const files = [...archive.values()].filter(({ name }) => !name.endsWith('/'));
  if (files.length > mostFiles) {
    throw new CardinalError(
      `${source} holds ${files.length} files, and a run about ten: it is no exported run`,
    );
  }
  // Other programs put the folder's own name in front.
  const folders = new Set(files.map(({ name }) => name.slice(0, name.lastIndexOf('/') + 1)));
  const [prefix = ''] = folders;
  if (folders.size > 1)
    throw new CardinalError(`${source} holds files in several folders: it is no exported run`);
  const records = files.map((record) => ({
    name: record.name.slice(prefix.length),
    unpackedSize: record.unpackedSize,
    record,
  }));
  const strange = records.find(
    ({ name }) => !isPathPart(name) || isLockName(name) || name.endsWith(temporarySuffix),
  );
  if (strange !== undefined || !prefix.split('/').slice(0, -1).every(isPathPart)) {
    throw new CardinalError(
      `${source} holds ${quoted(strange?.record.name ?? prefix)}, which is no name of a run's file: it is no exported run`,
    );
  }
  const names = records.map(({ name }) => name);
  if (!holdsCheckpoint(names) && !names.includes('config.json')) {
    throw new CardinalError(
      `${source} holds no run: expected ${lastFile}, got ${names.slice(0, 5).map(quoted).join(', ') || 'nothing'}`,
    );
  }
  const total = records.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0);
  if (total > maxBytes) {
    throw new CardinalError(
      `${source} holds ${bytes(total)}, the limit is ${bytes(maxBytes)}: give a larger maxBytes if the run is so large`,
    );
  }
  return records.sort((a, b) => rankOf(a.name) - rankOf(b.name) || byCodePoint(a.name, b.name));
}

function rankOf(name: string): number {
  return name === lastFile ? 1 : 0;
}

/** The bytes of a record, held against its checksum before the first is given. */
async function* contentsOf(
  { record }: RunRecord,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!record.isPlain) {
    signal?.throwIfAborted();
    yield await record.contents(mostCompressed);
    return;
  }
  for (let at = 0; at < record.size; at += pieceBytes) {
    signal?.throwIfAborted();
    yield await record.read(at, Math.min(pieceBytes, record.size - at));
  }
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: (length: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    yield piece;
    count(piece.length);
  }
}
