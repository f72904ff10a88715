import { crc32 } from '../../base/crc32.ts';
import { CardinalError } from '../../base/errors.ts';
import { failing } from '../../base/file-errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { isPathPart } from '../../base/path-part.ts';
import { quoted } from '../../base/quoted.ts';
import type { ByteSource } from '../../weights/byte-source.ts';
import { isFolder, isTemporary, namesIn } from '../folder/files.ts';
import { isLockName } from '../folder/lock.ts';
import { remainsIn } from '../folder/run-remains.ts';
import type { FolderPlatform } from '../folder/platform.ts';
import { openFileSource, piecesOf } from './file-source.ts';
import { ZipWriter } from './zip-writer.ts';

export interface PackOptions {
  /** Called with the bytes of the run that are packed and those of all of it. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The files of a run folder as one zip archive, in pieces: whatever the run takes, a piece of it is in memory at a time. Nobody may
 * train in the folder meanwhile, so that what is packed belongs together. Unzipped, it is a run folder again, on any platform.
 *
 * Throws a `CardinalError` if there is no run, a file cannot be read or changes meanwhile; an `InUseError` if somebody trains in it.
 */
export async function* packRun(
  folder: string,
  { onProgress, signal }: PackOptions,
  platform: FolderPlatform,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!(await isFolder(folder, platform)))
    throw new CardinalError(`no run folder ${folder}: it does not exist`);
  const lock = await platform.lockFolder(folder, { what: 'run folder' });
  try {
    const { paths, total } = await filesOf(folder, platform);
    const archive = new ZipWriter();
    let done = 0;
    for (const path of paths) {
      const source = await openFileSource(path, platform);
      try {
        // Its checksum stands before it: it is read twice rather than kept.
        const sum = await sumOf(source, signal);
        yield archive.begin({ name: platform.paths.basename(path), size: source.size, sum });
        let again = 0;
        for await (const piece of piecesOf(source, 0, source.size, signal)) {
          again = crc32(piece, again);
          done += piece.length;
          yield piece;
          onProgress?.(done, total);
        }
        if (again !== sum) throw new CardinalError(`${path} changed while it was packed: try again`);
      } finally {
        await source.close();
      }
    }
    yield* archive.end();
  } finally {
    await lock.release();
  }
}

async function sumOf(source: ByteSource, signal: AbortSignal | undefined): Promise<number> {
  let sum = 0;
  for await (const piece of piecesOf(source, 0, source.size, signal)) sum = crc32(piece, sum);
  return sum;
}

/** The files of a run, and how many bytes they have. */
async function filesOf(
  folder: string,
  platform: FolderPlatform,
): Promise<{ readonly paths: readonly string[]; readonly total: number }> {
  if (!['run', 'start'].includes(await remainsIn(folder, platform))) {
    throw new CardinalError(`no run in ${folder}: it is empty, or holds other files`);
  }
  const paths: string[] = [];
  let total = 0;
  for (const name of (await namesIn(folder, platform)).toSorted(byCodePoint)) {
    if (isTemporary(name) || isLockName(name)) continue;
    const path = platform.paths.join(folder, name);
    const stats = await platform.files.stat(path).catch(failing('read', path));
    if (!stats.isFile()) continue;
    if (!isPathPart(name)) {
      throw new CardinalError(
        `${folder} holds a file ${quoted(name)}, which not every system can have: rename it, or move it away`,
      );
    }
    paths.push(path);
    total += stats.size;
  }
  return { paths, total };
}
