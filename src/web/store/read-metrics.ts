import { failing } from '../../base/file-errors.ts';
import { parseMetricsLine, type MetricsRecord } from '../../run/folder/metrics-file.ts';
import { metricsName } from '../../run/folder/run-folder.ts';
import type { FolderPlatform } from '../../run/folder/platform.ts';
import { isAbsent } from './errors.ts';

export interface ReadMetricsOptions {
  /** How many of the newest lines are read. Default 1000. */
  readonly last?: number | undefined;
}

/** What is read at a time, from the end on. */
const pieceBytes = 1 << 18;
const newline = 0x0a;

/**
 * The newest lines of a run's metrics, the oldest of them first, also while some tab trains: steps, epochs, warnings and the end, as
 * `onEvent` gave them. Damaged lines are left out, and so is one that is being written. None if there are no metrics.
 */
export async function readMetrics(
  path: string,
  { last = 1000 }: ReadMetricsOptions,
  platform: FolderPlatform,
): Promise<MetricsRecord[]> {
  const file = platform.paths.join(path, metricsName);
  const tail = await tailOf(file, last, platform);
  const records: MetricsRecord[] = [];
  for (let from = 0; from < tail.length;) {
    const end = tail.indexOf(newline, from);
    if (end < 0) break;
    const read = parseMetricsLine(tail.subarray(from, end));
    if ('record' in read) records.push(read.record);
    from = end + 1;
  }
  return records;
}

/** The bytes of so many lines at the end of a file, and of one more that has no end yet. */
async function tailOf(path: string, lines: number, { files }: FolderPlatform): Promise<Uint8Array> {
  const file = await files.open(path, 'r').catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    return failing('read', path)(error);
  });
  if (file === undefined) return new Uint8Array();
  try {
    const { size } = await file.stat();
    let tail: Uint8Array = new Uint8Array();
    for (let begin = size; begin > 0;) {
      const length = Math.min(pieceBytes, begin);
      const longer = new Uint8Array(length + tail.length);
      begin -= length;
      // Lines are added at the end alone: what is before it stays.
      for (let done = 0; done < length;) {
        const read = await file.read(longer.subarray(done, length), begin + done);
        if (read === 0) return new Uint8Array();
        done += read;
      }
      longer.set(tail, length);
      tail = longer;
      const from = beginOfLast(tail, lines);
      if (from !== undefined) return tail.subarray(from);
    }
    return tail;
  } catch (error) {
    return failing('read', path)(error);
  } finally {
    await file.close().catch(() => undefined);
  }
}

/** Where the last so many whole lines begin; undefined if there are not so many. */
function beginOfLast(bytes: Uint8Array, lines: number): number | undefined {
  let at = bytes.length;
  for (let count = 0; count <= lines; count++) {
    at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1);
    if (at < 0) return undefined;
  }
  return at + 1;
}
