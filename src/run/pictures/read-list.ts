import * as z from 'zod/mini';
import type { PictureHashes } from '../../data/picture-record.ts';
import type { ListPlatform, RunningHash } from '../folder/platform.ts';
import { hashesOf, lineOf, sameHashes, type ListedPicture, type PictureList } from './picture-list.ts';

const lineSchema = z.tuple([
  z.enum(['train', 'held out', 'validation']),
  z.string(),
  z.string(),
  z.int().check(z.minimum(-1)),
  z.string(),
]) satisfies z.ZodMiniType<ListedPicture>;

/** The pictures of a list. */
export async function picturesOf(
  { zipped }: PictureList,
  platform: Pick<ListPlatform, 'gunzip'>,
): Promise<ListedPicture[]> {
  const all: ListedPicture[] = [];
  for await (const picture of picturesIn(zipped, platform)) all.push(picture);
  return all;
}

/**
 * Reads the file of a list; undefined if it is damaged, or not the list of these hashes. It is gone through once before anything of it
 * is kept: a file that becomes far more than it is takes no memory.
 */
export async function unpackList(
  zipped: Uint8Array,
  hashes: PictureHashes,
  platform: Pick<ListPlatform, 'newSha256' | 'gunzip'>,
): Promise<PictureList | undefined> {
  try {
    const hashing = new Hashing(await platform.newSha256(), await platform.newSha256());
    for await (const picture of picturesIn(zipped, platform)) hashing.add(picture);
    return sameHashes(hashing.hashes(hashes.contents === true), hashes) ? { zipped, hashes } : undefined;
  } catch {
    return undefined;
  }
}

/** Hashes of a list whose pictures go by. */
class Hashing {
  readonly #train: RunningHash;
  readonly #validation: RunningHash;
  #validates = false;

  constructor(train: RunningHash, validation: RunningHash) {
    this.#train = train;
    this.#validation = validation;
  }

  add(picture: ListedPicture): void {
    const [part] = picture;
    if (part !== 'train') this.#validates = true;
    (part === 'train' ? this.#train : this.#validation).update(lineOf(picture));
  }

  hashes(contents: boolean): PictureHashes {
    return hashesOf(this.#train.digest(), this.#validates ? this.#validation.digest() : undefined, contents);
  }
}

/** How many pictures the file of a list names; undefined if it is damaged or none. */
export async function countListed(
  bytes: Uint8Array,
  platform: Pick<ListPlatform, 'gunzip'>,
): Promise<number | undefined> {
  try {
    let count = 0;
    const pictures = picturesIn(bytes, platform);
    while ((await pictures.next()).done !== true) count++;
    return count;
  } catch {
    return undefined;
  }
}

/** One after the other; throws anything if the bytes are damaged. */
async function* picturesIn(
  bytes: Uint8Array,
  { gunzip }: Pick<ListPlatform, 'gunzip'>,
): AsyncGenerator<ListedPicture, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of gunzip(bytes)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error('a line without an end');
    for (const line of lines) yield lineSchema.parse(JSON.parse(line));
  }
  rest += decoder.decode();
  if (rest !== '') throw new Error('a line without an end');
}

/** Characters of a line: names of a class and a file, each up to what file systems allow. */
const longestLine = 2 ** 17;
