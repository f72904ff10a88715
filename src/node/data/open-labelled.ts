import { resolve } from 'node:path';

import { described } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import { record } from '../../base/options.ts';
import {
  tableOfCsv,
  tableOfJson,
  tableOfRecord,
  type LabelRecord,
  type LabelTable,
} from '../../data/labels/label-table.ts';
import { readLabelled } from '../../data/labels/read-labelled.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import { withHeldOut } from '../../data/open-folder.ts';
import { pictureLimits } from '../../data/picture-limits.ts';
import { readTextFile } from '../files.ts';
import { nodeFolders } from './files.ts';

/** Bytes that a file of labels has at most. */
const mostLabels = 2 ** 28;

/** Opens a folder of pictures whose labels lie in a file, or are given. Throws a `CardinalError` if they do not fit together. */
export async function openLabelled(
  path: string,
  labels: string | LabelRecord,
  options: OpenOptions,
): Promise<OpenData> {
  const table = await tableOf(labels, options.classes);
  const from = typeof labels === 'string' ? labels : 'labels';
  const read = await readLabelled(path, table, from, pictureLimits(options), nodeFolders);
  const opened = withHeldOut(read, path, options);
  return typeof labels === 'string' ? { ...opened, labels: resolve(labels) } : opened;
}

async function tableOf(
  labels: string | LabelRecord,
  wanted: readonly string[] | undefined,
): Promise<LabelTable> {
  if (typeof labels === 'string') {
    const text = await readTextFile(labels, mostLabels);
    return labels.toLowerCase().endsWith('.json')
      ? tableOfJson(text, labels, wanted)
      : tableOfCsv(text, labels, wanted);
  }
  if (record.is(labels)) return tableOfRecord(labels, 'labels', wanted);
  throw new UsageError(
    `openData: expected labels to be the path of a CSV or JSON file, or labels by picture, got ${described(labels)}`,
  );
}
