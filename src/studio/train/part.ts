import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import type { MetricsCursor, MetricsPart } from './platform.ts';
import { recordsIn } from './records.ts';

/** What is read at a time: between two pieces others have their turn. */
const pieceBytes = 2 ** 18;
/** The most that a line may take; longer ones are damage. */
const mostLineBytes = 2 ** 24;
/** Bytes before a cursor that are compared. Speeds and times differ in any two lines of two runs. */
const comparedBytes = 256;

/** Bytes of a file from `begin` on; fewer at its end. */
type BytesAt = (begin: number, length: number) => Promise<Uint8Array>;

const start: MetricsCursor = { at: 0, before: '' };

/** Of a run that has no metrics, or has none any more. */
export function noPart(cursor: MetricsCursor | undefined): MetricsPart {
  return { records: [], cursor: start, again: (cursor?.at ?? 0) > 0, more: false };
}

/**
 * Whole lines of a run's metrics behind a cursor, a piece of the file; damaged ones are left out. A file that was cut for a run that goes
 * on, or replaced, has other bytes before the cursor: it is read from the start.
 */
export async function readPart(bytesAt: BytesAt, cursor: MetricsCursor = start): Promise<MetricsPart> {
  const isSame = (await textBefore(bytesAt, cursor.at)) === cursor.before;
  const { records, end, more } = await readPiece(bytesAt, isSame ? cursor.at : 0);
  return { records, cursor: { at: end, before: await textBefore(bytesAt, end) }, again: !isSame, more };
}

interface Piece {
  readonly records: MetricsRecord[];
  /** Behind the last whole line. */
  readonly end: number;
  readonly more: boolean;
}

async function readPiece(bytesAt: BytesAt, begin: number, length = pieceBytes): Promise<Piece> {
  const bytes = await bytesAt(begin, length);
  const { records, read } = recordsIn(bytes);
  const isFull = bytes.length === length;
  if (read > 0 || !isFull) return { records, end: begin + read, more: isFull };
  // One line is longer than the piece: the first one lists all classes.
  if (length < mostLineBytes) return readPiece(bytesAt, begin, 4 * length);
  return { records, end: begin + length, more: true };
}

async function textBefore(bytesAt: BytesAt, at: number): Promise<string> {
  const begin = Math.max(0, at - comparedBytes);
  return String.fromCharCode(...(await bytesAt(begin, at - begin)));
}
