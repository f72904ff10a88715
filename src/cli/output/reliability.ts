import { pc } from './colours.ts';
import { count, digits3, percent } from '../../report/format.ts';
import type { Calibration } from '../../train/calibrate.ts';
import type { Reliability } from '../../train/reliability.ts';
import { alignColumns } from './table.ts';

/** How far probabilities can be believed, in one line. */
export function reliabilityLine({ ece, temperature }: Reliability): string {
  const by = temperature === 1 ? '' : ` at the weights' temperature, ${digits3(temperature)}`;
  return `calibration error ${pc.bold(percent(ece))} (ECE)${by}`;
}

/** How sure the network is against how often it is right; bins without pictures are left out. */
export function reliabilityLines(
  ...tables: readonly (readonly [title: string, found: Reliability])[]
): string[] {
  const [[, first]] = tables;
  const header = [
    ['sure'],
    ...tables.map(([title]) => ['pictures', 'mean', title === '' ? 'right' : `right, ${title}`]),
  ];
  const rows = first.bins.flatMap(({ from, to }, bin) => {
    const found = tables.map(([, table]) => table.bins[bin]);
    if (found.every(({ pictures }) => pictures === 0)) return [];
    const cells = found.flatMap(({ pictures, confidence, accuracy }) =>
      pictures === 0 ? ['', '', ''] : [count(pictures), percent(confidence, 1), percent(accuracy, 1)],
    );
    return [[`${percent(from, 0)} to ${percent(to, 0)}`, ...cells]];
  });
  return alignColumns(
    [header.flat().map((title) => pc.dim(title)), ...rows],
    ['left', ...tables.flatMap(() => ['right', 'right', 'right'] as const)],
  );
}

/** What a temperature changed. */
export function calibrationLines({ temperature, before, after }: Calibration): string[] {
  return [
    `temperature ${pc.bold(digits3(temperature))}: calibration error ${percent(before.ece)} → ${pc.bold(percent(after.ece))}, loss ${digits3(before.loss)} → ${digits3(after.loss)}`,
    '',
    ...reliabilityLines(['before', before], ['after', after]),
  ];
}
