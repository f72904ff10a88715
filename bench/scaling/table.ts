import { forecastScaling } from '../../src/cost/scaling.ts';
import { usualAddition } from '../../src/cost/all-reduce.ts';
import type { Moment } from '../../src/cost/step-timeline.ts';
import type { LeftOut } from '../compare/contender.ts';
import { hiddenOf, type ScalingRow } from './rows.ts';
import { inCell, ms, row } from '../table-cells.ts';

/** A work's figures: of each contender the time, the efficiency, and what it waited for. */
export function scalingTable(
  title: string,
  rows: readonly ScalingRow[],
  leftOut: readonly LeftOut[],
): string {
  return [
    `${title}:`,
    '',
    '| | ms a step, median (least to most) | efficiency | of as many apart | sums alone, ms | waiting, ms | hidden |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(({ entrant, median, least, most, efficiency, ofApart, communication }) =>
      row([
        entrant.name,
        `${ms(median)} (${ms(least)} to ${ms(most)})`,
        efficiency === undefined ? '' : `**${efficiency.toFixed(2)}**`,
        ofApart?.toFixed(2) ?? '',
        communication === undefined ? '' : ms(communication.alone),
        communication === undefined ? '' : ms(communication.waiting),
        communication === undefined ? '' : percent(hiddenOf(communication)),
      ]),
    ),
    ...leftOut.map(({ name, reason }) => row([name, inCell(reason), '', '', '', '', ''])),
    '',
  ].join('\n');
}

/** What ranks are forecast to reach, with the speed that they measured between them, beside what they did. */
export interface Held {
  readonly row: ScalingRow;
  /** Milliseconds that a rank computes while as many others do. */
  readonly computing: number;
  readonly predicted: number;
  readonly measured: number;
}

/**
 * Holds the forecast against those rows that have as many ranks apart beside them. `momentsFor` gives what a rank of so many does in a step
 * for which it computes that many seconds.
 */
export function holdForecast(
  rows: readonly ScalingRow[],
  momentsFor: (row: ScalingRow, seconds: number) => readonly Moment[],
): Held[] {
  return rows.flatMap((row) => {
    const { ofApart, communication, median, entrant } = row;
    if (ofApart === undefined || communication === undefined) return [];
    const computing = median * ofApart;
    const [{ efficiency }] = forecastScaling(
      () => momentsFor(row, computing / 1000),
      [entrant.ranks],
      [communication.gigabits],
      { latency: communication.latency * 1e-6, addition: usualAddition },
    );
    return [{ row, computing, predicted: efficiency, measured: ofApart }];
  });
}

export function forecastTable(held: readonly Held[]): string {
  return [
    '| | network | computing, ms | latency, µs | Gbit/s | predicted | measured | predicted ÷ measured |',
    '|---|---|---|---|---|---|---|---|',
    ...held.map(({ row: { work, entrant, communication }, computing, predicted, measured }) =>
      row([
        entrant.name,
        work.title,
        ms(computing),
        communication?.latency.toFixed(1) ?? '',
        communication?.gigabits.toFixed(1) ?? '',
        predicted.toFixed(3),
        measured.toFixed(3),
        (predicted / measured).toFixed(2),
      ]),
    ),
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
