import { crc32 } from '../../base/crc32.ts';

/** A record as a line of `metrics.jsonl`, with its checksum and line break. */
export function metricsLine(record: object): string {
  const text = JSON.stringify(record).slice(0, -1);
  const sum = crc32(new TextEncoder().encode(text)).toString(16).padStart(8, '0');
  return `${text},"crc":"${sum}"}\n`;
}
