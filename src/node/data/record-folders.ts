import { join } from 'node:path';
import * as z from 'zod/mini';

import { failing } from '../../base/file-errors.ts';
import { parseJson, validate } from '../../base/validate.ts';
import { cifarLabels, requireCifarSize, type CifarFormat } from '../../data/cifar.ts';
import type { RecordBytes, RecordFolders } from '../../data/record-files.ts';
import { openRegular, readInto, type RegularFile } from '../regular-file.ts';
import { nodeFolders, readNames } from './files.ts';
import { openIdx } from './idx-file.ts';

/** Folders of the disk, whose records are read into shared memory. */
export const nodeRecords: RecordFolders = { ...nodeFolders, readNames, readClassNames, readCifar, openIdx };

async function readCifar(
  paths: readonly string[],
  format: CifarFormat,
): Promise<{ readonly labels: readonly Int32Array[]; readonly records: RecordBytes }> {
  const opened: { readonly path: string; readonly file: RegularFile }[] = [];
  try {
    for (const path of paths) {
      const file = await openRegular(path).catch(failing('read', path));
      opened.push({ path, file });
      requireCifarSize(file.size, path, format);
    }
    // All sizes are known to be right before any memory is taken.
    const bytes = new Uint8Array(new SharedArrayBuffer(opened.reduce((sum, { file }) => sum + file.size, 0)));
    const labels: Int32Array[] = [];
    let begin = 0;
    for (const { path, file } of opened) {
      const part = bytes.subarray(begin, begin + file.size);
      const there = await readInto(file.handle, part, 0).catch(failing('read', path));
      labels.push(cifarLabels(part.subarray(0, there), path, format));
      begin += file.size;
    }
    return { labels, records: { kind: 'memory', bytes } };
  } finally {
    // What was read is there, or the error that says why not is the one to report.
    for (const { file } of opened) await file.handle.close().catch(() => undefined);
  }
}

const namesSchema = z.array(z.string().check(z.minLength(1))).check(z.minLength(2));

async function readClassNames(folder: string): Promise<readonly string[] | undefined> {
  const jsonPath = join(folder, 'classes.json');
  const json = await readNames(jsonPath);
  if (json !== undefined) return parseJson(namesSchema, json, jsonPath);
  const textPath = join(folder, 'classes.txt');
  const text = await readNames(textPath);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.trim());
  return validate(
    namesSchema,
    lines.filter((line) => line !== ''),
    textPath,
  );
}
