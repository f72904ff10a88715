import { open, type FileHandle } from 'node:fs/promises';

import { failing, hasCode } from '../../../base/file-errors.ts';
import { noPart, readPart } from '../../../studio/train/part.ts';
import type { MetricsCursor, MetricsPart } from '../../../studio/train/platform.ts';

/** Whole lines of a run's metrics behind a cursor, a piece of the file; none if there is no file. */
export async function readMetricsFrom(path: string, cursor: MetricsCursor | undefined): Promise<MetricsPart> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    return failing('read', path)(error);
  });
  if (file === undefined) return noPart(cursor);
  try {
    return await readPart((begin, length) => bytesAt(file, begin, length), cursor);
  } catch (error) {
    return failing('read', path)(error);
  } finally {
    await file.close().catch(() => undefined);
  }
}

/** Fewer at the file's end. */
async function bytesAt(file: FileHandle, begin: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(bytes, got, length - got, begin + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}
