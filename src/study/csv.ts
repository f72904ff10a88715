import { csvParse } from 'd3-dsv';
import * as z from 'zod/mini';
import { validate } from '../base/validate.ts';
import { csvRow, csvText } from '../report/csv.ts';
import type { Outcome } from './outcome.ts';
import type { StudyPlan } from './plan.ts';

/**
 * The outcomes as a table that any program reads: one row for each epoch of a run, then one with the epoch empty for what
 * the run came to. The first line names the columns; errors are in percent.
 */
export function toCsv(
  { study, scale, arms }: Pick<StudyPlan, 'study' | 'scale' | 'arms'>,
  outcomes: readonly Outcome[],
  data: string,
): string {
  const keys = study.measures.map(({ key }) => key);
  const columns = [...identity, ...curve, ...keys, 'seconds', 'failed'];
  const rows = outcomes.flatMap(({ arm: id, seed, epochs, values, seconds, failed }) => {
    const planned = arms.find(({ arm }) => arm.id === id);
    const { params, macs } = planned?.cost ?? {};
    const run = [study.name, scale, data, id, planned?.arm.label, params, macs, seed];
    const nothing = (names: readonly string[]): undefined[] => names.map(() => undefined);
    return [
      ...epochs.map(({ epoch, trainLoss, trainError, testLoss, testError }) => [
        ...[...run, epoch, trainLoss, trainError, testLoss, testError],
        ...nothing([...keys, 'seconds', 'failed']),
      ]),
      [...run, undefined, ...nothing(curve), ...keys.map((key) => values[key]), seconds, failed],
    ];
  });
  return [columns, ...rows].map((row) => `${csvRow(row)}\n`).join('');
}

const identity = ['study', 'scale', 'data', 'arm', 'label', 'parameters', 'macs', 'seed', 'epoch'];
const curve = ['train_loss', 'train_error', 'test_loss', 'test_error'];

/**
 * The outcomes that `toCsv` wrote. Throws a `CardinalError` that begins with `source` if the text is something else.
 *
 * @internal for tests.
 */
export function fromCsv(text: string, measures: readonly string[], source: string): Outcome[] {
  const outcomes = new Map<string, Outcome>();
  for (const [index, written] of csvParse(text).entries()) {
    const cells = Object.fromEntries(
      Object.entries(written).map(([column, cell]) => [column, csvText(cell)]),
    );
    const row = validate(rowSchema, cells, `${source}, row ${index + 1}`);
    const key = JSON.stringify([row.arm, row.seed]);
    const known = outcomes.get(key) ?? { arm: row.arm, seed: row.seed, values: {}, epochs: [], seconds: 0 };
    outcomes.set(key, merged(known, row, cells, measures));
  }
  return [...outcomes.values()];
}

const number = z.pipe(z.string().check(z.minLength(1)), z.coerce.number());
const numberOrNothing = z.union([
  z.pipe(
    z.literal(''),
    z.transform(() => undefined),
  ),
  number,
]);
const rowSchema = z.object({
  arm: z.string().check(z.minLength(1)),
  seed: number,
  epoch: numberOrNothing,
  train_loss: numberOrNothing,
  train_error: numberOrNothing,
  test_loss: numberOrNothing,
  test_error: numberOrNothing,
  seconds: numberOrNothing,
  failed: z.string(),
});

function merged(
  known: Outcome,
  row: z.infer<typeof rowSchema>,
  cells: Readonly<Record<string, string>>,
  measures: readonly string[],
): Outcome {
  const { epoch, train_loss: trainLoss = NaN, train_error: trainError = NaN, seconds = 0, failed } = row;
  if (epoch === undefined) {
    const values = measures
      .filter((key) => cells[key] !== '')
      .map((key) => [key, Number(cells[key])] as const);
    return { ...known, seconds, values: Object.fromEntries(values), ...(failed === '' ? {} : { failed }) };
  }
  const { test_loss: testLoss, test_error: testError } = row;
  const tested = testLoss === undefined || testError === undefined ? {} : { testLoss, testError };
  return { ...known, epochs: [...known.epochs, { epoch, trainLoss, trainError, ...tested }] };
}
