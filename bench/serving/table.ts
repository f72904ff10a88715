import type { ServingRow } from './rows.ts';
import type { Verdict } from './verdict.ts';
import { ms, row } from '../table-cells.ts';

/** A work's figures, then what they say of the targets, as Markdown. */
export function servingTable(
  title: string,
  rows: readonly ServingRow[],
  verdicts: readonly Verdict[],
): string {
  return [
    `${title}:`,
    '',
    '| | load | pictures/s | median, ms | p99, ms | 200 | 429 | 503 | unanswered | peak, MiB |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(({ contender, load, offered, rate, median, p99, answered, none, peakBytes }) =>
      row([
        contender,
        offered === undefined ? load : `${load}, ${offered.toFixed(0)}/s`,
        ms(rate),
        ms(median),
        ms(p99),
        ...['200', '429', '503'].map((code) => (answered === undefined ? '' : String(answered[code] ?? 0))),
        String(none ?? ''),
        peakBytes === undefined ? '' : (peakBytes / 2 ** 20).toFixed(0),
      ]),
    ),
    '',
    '| target | measured | |',
    '|---|---|---|',
    ...verdicts.map(({ target, measured, isMet }) => row([target, measured, isMet ? 'met' : '**not met**'])),
    '',
  ].join('\n');
}
