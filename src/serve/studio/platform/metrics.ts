import { open } from 'node:fs/promises';

import { failing, hasCode } from '../../../base/file-errors.ts';
import { parseMetricsLine, type MetricsRecord } from '../../../run/folder/metrics-file.ts';
import type { MetricsPart } from '../../../studio/train/platform.ts';

const pieceBytes = 2 ** 22;
const newline = 0x0a;

/**
 * The whole lines of a run's metrics from a byte on, and the byte behind them; damaged ones are left out. A file that has become shorter
 * was cut for a run that goes on: it is read from the start.
 */
export async function readMetricsFrom(path: string, cursor: number): Promise<MetricsPart> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    return failing('read', path)(error);
  });
  if (file === undefined) return { records: [], cursor: 0, again: cursor > 0 };
  try {
    const { size } = await file.stat();
    const again = size < cursor;
    const begin = again ? 0 : cursor;
    const bytes = new Uint8Array(Math.min(size - begin, pieceBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, begin);
    const read = bytes.subarray(0, bytesRead);
    const records: MetricsRecord[] = [];
    let from = 0;
    for (let end = read.indexOf(newline); end >= 0; end = read.indexOf(newline, from)) {
      const line = parseMetricsLine(read.subarray(from, end));
      if ('record' in line) records.push(line.record);
      from = end + 1;
    }
    return { records, cursor: begin + from, again };
  } catch (error) {
    return failing('read', path)(error);
  } finally {
    await file.close().catch(() => undefined);
  }
}
