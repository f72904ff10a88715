import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { leftOutLine, LeftOutTally } from '../../data/left-out.ts';
import type { PictureInput } from '../../data/picture-forms.ts';
import { findPictures } from '../../node/data/files.ts';

/** A picture to classify and the name to print for it. */
export interface NamedPicture {
  readonly name: string;
  readonly input: PictureInput;
}

/**
 * The pictures that the arguments of `predict` name, in their order: a folder stands for all pictures in it, in code-point order,
 * `-` for standard input, anything else for a file. `tell` gets a line about files that are left out of a folder; `fail` gets an
 * error about one argument, which does not stop the others.
 */
export async function namedPictures(
  images: readonly string[],
  { tell, fail }: { readonly tell: (line: string) => void; readonly fail: (error: CardinalError) => void },
): Promise<NamedPicture[]> {
  if (images.filter((image) => image === '-').length > 1) {
    throw new UsageError('- stands for the one picture on standard input: give it once');
  }
  const pictures: NamedPicture[] = [];
  for (const image of images) {
    if (image === '-') {
      if (process.stdin.isTTY) {
        throw new UsageError('- reads a picture from standard input, which is a terminal: pipe one in');
      }
      pictures.push({ name: image, input: process.stdin });
    } else if (await isFolder(image)) {
      try {
        for (const found of await inFolder(image, tell)) pictures.push({ name: found, input: found });
      } catch (error) {
        if (!(error instanceof CardinalError)) throw error;
        fail(error);
      }
    } else {
      pictures.push({ name: image, input: image });
    }
  }
  return pictures;
}

async function inFolder(folder: string, tell: (line: string) => void): Promise<string[]> {
  const leftOut = new LeftOutTally();
  const found = await findPictures(folder, { root: folder, split: undefined, leftOut });
  const line = leftOutLine(leftOut.list());
  if (found.length === 0) {
    throw new CardinalError(
      `${folder} holds no pictures that can be read${line === undefined ? '' : ` (${line})`}`,
    );
  }
  if (line !== undefined) tell(`${folder}: ${line}`);
  return found.map((path) => join(folder, path));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
