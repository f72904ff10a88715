import { UsageError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import { csvRow } from '../../report/csv.ts';
import type { Classification } from '../../use/classify-each.ts';
import { predictionLines } from '../output/prediction.ts';
import { print, printJson } from '../output/print.ts';

/** The format of the output; text if none is set. */
export interface FormatFlags {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly csv: boolean;
}

/** Writes what `predict` finds to stdout, one picture after the other. */
export interface PredictionWriter {
  write(image: string, top: readonly Classification[]): void;
  /** There are no more. */
  end(): void;
}

/** A writer of the format that the flags ask for; `guesses` is the number of classes per picture. */
export function predictionWriter(flags: FormatFlags, guesses: number): PredictionWriter {
  if (flags.csv) return csvWriter(guesses);
  if (flags.jsonl) return { write: printLine, end: () => undefined };
  return flags.json ? documentWriter() : { write: printForPeople, end: () => undefined };
}

/** Throws a `UsageError` if the flags ask for more than one format. */
export function requireOneFormat({ json, jsonl, csv }: FormatFlags): void {
  const asked = Object.entries({ '--json': json, '--jsonl': jsonl, '--csv': csv }).flatMap(
    ([flag, isAsked]) => (isAsked ? [flag] : []),
  );
  if (asked.length > 1) {
    throw new UsageError(`${asked.join(' and ')}: expected one of them, they are different outputs`);
  }
}

function printForPeople(image: string, top: readonly Classification[]): void {
  if (top.length === 0) {
    print(`${shortened(image, 300)}   no label is likelier than not`);
    return;
  }
  const guesses = top.map(({ class: name, probability }) => ({ name: shortened(name), probability }));
  print(predictionLines(shortened(image, 300), guesses));
}

function printLine(image: string, top: readonly Classification[]): void {
  print(JSON.stringify({ image, top }));
}

function documentWriter(): PredictionWriter {
  const found: { readonly image: string; readonly top: readonly Classification[] }[] = [];
  return {
    write: (image, top) => found.push({ image, top }),
    end: () => {
      printJson(found);
    },
  };
}

/** One row per picture, so that the table can be sorted and filtered by class. */
function csvWriter(guesses: number): PredictionWriter {
  const columns = Array.from({ length: guesses }, (_, rank) => {
    const suffix = rank === 0 ? '' : `_${rank + 1}`;
    return [`class${suffix}`, `probability${suffix}`];
  });
  print(csvRow(['image', ...columns.flat()]));
  return {
    write: (image, top) => {
      print(csvRow([image, ...top.flatMap(({ class: name, probability }) => [name, probability])]));
    },
    end: () => undefined,
  };
}
