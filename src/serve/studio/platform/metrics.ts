import { open, type FileHandle } from 'node:fs/promises';

import { failing, hasCode } from '../../../base/file-errors.ts';
import { parseMetricsLine, type MetricsRecord } from '../../../run/folder/metrics-file.ts';
import type { MetricsCursor, MetricsPart } from '../../../studio/train/platform.ts';

/** What is read at a time: between two pieces others have their turn. */
const pieceBytes = 2 ** 18;
/** The most that a line may take; longer ones are damage. */
const mostLineBytes = 2 ** 24;
/** Bytes before a cursor that are compared. Speeds and times differ in any two lines of two runs. */
const comparedBytes = 256;
const newline = 0x0a;

/**
 * Whole lines of a run's metrics behind a cursor, a piece of the file; damaged ones are left out. A file that was cut for a run that goes
 * on, or replaced, has other bytes before the cursor: it is read from the start.
 */
export async function readMetricsFrom(path: string, cursor: MetricsCursor | undefined): Promise<MetricsPart> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    return failing('read', path)(error);
  });
  if (file === undefined) return { records: [], cursor: start, again: (cursor?.at ?? 0) > 0, more: false };
  try {
    const from = cursor ?? start;
    const isSame = (await textBefore(file, from.at)) === from.before;
    const begin = isSame ? from.at : 0;
    const { records, end, more } = await readPiece(file, begin);
    const next = { at: end, before: await textBefore(file, end) };
    return { records, cursor: next, again: !isSame, more };
  } catch (error) {
    return failing('read', path)(error);
  } finally {
    await file.close().catch(() => undefined);
  }
}

const start: MetricsCursor = { at: 0, before: '' };

interface Piece {
  readonly records: MetricsRecord[];
  /** Behind the last whole line. */
  readonly end: number;
  readonly more: boolean;
}

async function readPiece(file: FileHandle, begin: number, length = pieceBytes): Promise<Piece> {
  const read = await bytesAt(file, begin, length);
  const records: MetricsRecord[] = [];
  let from = 0;
  for (let end = read.indexOf(newline); end >= 0; end = read.indexOf(newline, from)) {
    const line = parseMetricsLine(read.subarray(from, end));
    if ('record' in line) records.push(line.record);
    from = end + 1;
  }
  const isFull = read.length === length;
  if (from > 0 || !isFull) return { records, end: begin + from, more: isFull };
  // One line is longer than the piece: the first one lists all classes.
  if (length < mostLineBytes) return readPiece(file, begin, 4 * length);
  return { records, end: begin + length, more: true };
}

async function textBefore(file: FileHandle, at: number): Promise<string> {
  const begin = Math.max(0, at - comparedBytes);
  const bytes = await bytesAt(file, begin, at - begin);
  return Buffer.from(bytes).toString('latin1');
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
