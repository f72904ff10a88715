import type { MetricsRecord } from '../../run/folder/metrics-file.ts';

/** How a run ended, by its last records: undefined if it was cut off, or trains. */
export function endIn(records: readonly MetricsRecord[]): string | undefined {
  const last = records.findLast(({ type }) => type === 'end' || type === 'step' || type === 'start');
  const reason = last?.type === 'end' ? last['reason'] : undefined;
  return typeof reason === 'string' ? reason : undefined;
}
