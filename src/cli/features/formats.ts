import { extname } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../node/files.ts';
import { csvRow } from '../../report/csv.ts';
import { npy } from './npy.ts';
import type { FeatureTable } from './table.ts';

/** Writes tables of one kind. */
export interface TableFormat {
  /** Writes the table, each file whole or not at all, that of the features last. Gives the files' paths, that one first. */
  write(path: string, table: FeatureTable): Promise<readonly string[]>;
}

const formats: Readonly<Record<string, TableFormat>> = {
  '.csv': {
    async write(path, table) {
      await writeFileAtomic(path, inTurn(csvLines(table)));
      return [path];
    },
  },
  '.npy': {
    async write(path, { width, features, labels, pictures, classes }) {
      const stem = path.slice(0, -'.npy'.length);
      const [labelsPath, picturesPath] = [`${stem}.labels.npy`, `${stem}.pictures.json`];
      await writeFileAtomic(picturesPath, `${JSON.stringify({ classes, pictures }, undefined, 2)}\n`);
      await writeFileAtomic(labelsPath, inTurn(npy('<i4', [labels.length], [labels])));
      await writeFileAtomic(path, inTurn(npy('<f4', [features.length, width], features)));
      return [path, labelsPath, picturesPath];
    },
  },
  '.parquet': {
    async write(path, table) {
      // Only who asks for it waits for it to load.
      const { parquet } = await import('./parquet.ts');
      await writeFileAtomic(path, parquet(table));
      return [path];
    },
  },
};

/** The format that a file's ending asks for. Throws a `UsageError` for another one. */
export function tableFormat(path: string): TableFormat {
  const ending = extname(path).toLowerCase();
  if (Object.hasOwn(formats, ending)) return formats[ending];
  throw new UsageError(
    `--out: expected a file that ends in ${Object.keys(formats).join(', ')}, got '${path}'`,
  );
}

/** Each part is made when the one before it is written. */
async function* inTurn(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of parts) yield await Promise.resolve(part);
}

/** One row a picture: its path, label and class, then f0, f1, …. */
function* csvLines({
  width,
  features,
  labels,
  pictures,
  classes,
}: FeatureTable): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  const names = Array.from({ length: width }, (_, i) => `f${i}`);
  yield encoder.encode(`${csvRow(['path', 'label', 'class', ...names])}\n`);
  for (const [row, values] of features.entries()) {
    const label = labels[row];
    // Nine digits tell any two numbers of 32 bits apart.
    const numbers = Array.from(values, (value) => Number(value.toPrecision(9)));
    yield encoder.encode(`${csvRow([pictures[row], label, classes[label], ...numbers])}\n`);
  }
}
