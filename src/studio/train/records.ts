import { parseMetricsLine, type MetricsRecord } from '../../run/folder/metrics-file.ts';

const newline = 0x0a;

/** The whole lines at the beginning of some bytes of `metrics.jsonl`, and how many bytes these are. Damaged lines are left out. */
export function recordsIn(bytes: Uint8Array): { readonly records: MetricsRecord[]; readonly read: number } {
  const records: MetricsRecord[] = [];
  let read = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, read)) {
    const line = parseMetricsLine(bytes.subarray(read, end));
    if ('record' in line) records.push(line.record);
    read = end + 1;
  }
  return { records, read };
}
