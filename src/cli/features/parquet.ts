import { parquetWriteBuffer } from 'hyparquet-writer';
import type { FeatureTable } from './table.ts';

/** A table of `path`, `label`, `class` and `features`, a list of numbers of 32 bits for each picture. */
export function parquet({ features, labels, pictures, classes }: FeatureTable): Uint8Array {
  const of = Array.from(labels, (label) => classes[label]);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'path', data: [...pictures] },
        { name: 'label', data: labels },
        { name: 'class', data: of },
        { name: 'features', data: features.map((row) => Array.from(row)) },
      ],
      schema: [
        { name: 'root', num_children: 4 },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'label', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'class', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'features', num_children: 1, converted_type: 'LIST', repetition_type: 'REQUIRED' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
      ],
    }),
  );
}
