import { stat } from 'node:fs/promises';

import { CardinalError } from '../../base/errors.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';
import { checkKind, text } from '../../base/options.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import { checkOpenOptions, openFolder } from '../../data/open-folder.ts';
import { requireAllRead } from './check.ts';
import { nodeRecords } from './record-folders.ts';

/**
 * Opens a folder of class folders, CIFAR-10 or -100 in its binary version, or IDX files, gzipped or not, whichever it
 * holds (or a folder directly in it, for the archives that unpack to one).
 *
 * @throws CardinalError in one line for everything that is wrong with the data
 */
export async function openData(path: string, options: OpenOptions = {}): Promise<OpenData> {
  checkKind('openData', 'the data', path, { ...text, expected: 'the path of a folder' });
  checkOpenOptions('openData', options);
  const info = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError('open', path, error);
  });
  if (!info) throw new CardinalError(`no such folder: ${path}`);
  if (!info.isDirectory()) {
    throw new CardinalError(`${path} is a file: expected the folder that holds the data`);
  }

  const opened = await openFolder(path, options, nodeRecords);
  if (options.strict === true) await requireAllRead(opened, ['train', 'val', 'test']);
  return opened;
}
