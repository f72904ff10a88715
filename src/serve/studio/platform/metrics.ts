import { open } from 'node:fs/promises';

import { failing, hasCode } from '../../../base/file-errors.ts';
import type { MetricsPart } from '../../../studio/train/platform.ts';
import { recordsIn } from '../../../studio/train/records.ts';

const pieceBytes = 2 ** 22;

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
    const { records, read } = recordsIn(bytes.subarray(0, bytesRead));
    return { records, cursor: begin + read, again };
  } catch (error) {
    return failing('read', path)(error);
  } finally {
    await file.close().catch(() => undefined);
  }
}
