import { byCodePoint } from '../base/order.ts';
import type { Folders, Listing } from './folders.ts';
import type { LeftOutKind, LeftOutTally } from './left-out.ts';
import { leftOutFile } from './picture-names.ts';
import type { SplitName } from './reader.ts';

/** Where in a source something lies, and where to say what is left out of it. */
export interface Place {
  /** The source's folder, to which paths in messages are relative. */
  readonly root: string;
  readonly split: SplitName | undefined;
  readonly leftOut: LeftOutTally;
}

/** Tells the tally of what in a listing is neither a folder nor a picture that can be read. */
export function tellLeftOut(
  folder: string,
  listing: Listing,
  { root, split, leftOut }: Place,
  folders: Folders,
): void {
  const below = (name: string): string => folders.below(root, folders.join(folder, name));
  for (const name of listing.brokenLinks) leftOut.add('broken-link', below(name), { split });
  for (const name of listing.hiddenPictures) leftOut.add('hidden-picture', below(name), { split });
  for (const name of listing.specialFiles) leftOut.add('special-file', below(name), { split });
  for (const name of listing.files.filter((file) => !folders.isPictureName(file))) {
    const { kind, ...more } = leftOutFile(name);
    leftOut.add(kind, below(name), { split, ...more });
  }
}

/** How often each real folder was walked through, under whatever names, while a source is read. */
export type Visits = Map<string, number>;

/** Folders may be linked into several classes, but not so often that a few links make millions of pictures. */
const mostVisits = 16;

/** What stands around a walk. */
interface Around {
  /** Real paths of the folders around, to which links lead back. */
  readonly ancestors?: readonly string[];
  readonly visits?: Visits;
}

/**
 * All pictures below `folder`, however deep: paths below it with `/` between their parts, in code-point order. Links are
 * followed, out of the folder too, but each real folder is gone through once, and none of `ancestors`. What is no picture is
 * told to `place`.
 *
 * @throws CardinalError if a folder cannot be read
 */
export async function findPictures(
  folder: string,
  folders: Folders,
  place?: Place,
  { ancestors = [], visits = new Map() }: Around = {},
): Promise<string[]> {
  const pictures: string[] = [];
  const seen = new Set<string>();
  const walk = async (at: string, below: string, around: readonly string[]): Promise<void> => {
    const real = await folders.identify(at);
    const tell = (kind: LeftOutKind, harmless: boolean): void =>
      place?.leftOut.add(kind, folders.below(place.root, at), { split: place.split, harmless });
    if (around.includes(real)) {
      tell('circular-link', true);
      return;
    }
    const times = visits.get(real) ?? 0;
    if (seen.has(real) || times >= mostVisits) {
      // Of a folder that is in there already no picture is missed.
      tell('repeated-folder', seen.has(real));
      return;
    }
    seen.add(real);
    visits.set(real, times + 1);
    const listing = await folders.list(at);
    if (place !== undefined) tellLeftOut(at, listing, place, folders);
    for (const name of listing.files) if (folders.isPictureName(name)) pictures.push(below + name);
    for (const name of listing.folders)
      await walk(folders.join(at, name), `${below}${name}/`, [...around, real]);
  };
  await walk(folder, '', ancestors);
  return pictures.sort(byCodePoint);
}
