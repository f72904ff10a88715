import { shortened } from '../../base/quoted.ts';
import { count } from '../../report/format.ts';
import type { ListedPicture } from './picture-list.ts';

/**
 * What became of the pictures of a list: how many are gone, new, of another class or replaced, each with the first by name. Empty
 * if they are all as they were, but others are held out.
 */
export function changesOf(known: readonly ListedPicture[], there: readonly ListedPicture[]): string {
  const [old, present] = [known, there].map(
    (pictures) => new Map(pictures.map((each) => [keyOf(each), each])),
  );
  const gone = known.filter((picture) => !present.has(keyOf(picture)));
  const added = there.filter((picture) => !old.has(keyOf(picture)));
  const both = known.flatMap((was): [ListedPicture, ListedPicture][] => {
    const is = present.get(keyOf(was));
    return is === undefined ? [] : [[was, is]];
  });
  const moved = both.filter(([was, is]) => was[1] !== is[1]);
  const replaced = both.filter(([was, is]) => was[1] === is[1] && (was[3] !== is[3] || was[4] !== is[4]));
  const reclassified = moved.map(
    ([was, is]) => `${nameOf(was)}: ${shortened(was[1])}, now ${shortened(is[1])}`,
  );
  return [
    sentence(gone.map(nameOf), 'gone'),
    sentence(added.map(nameOf), 'new'),
    sentence(reclassified, 'of another class'),
    sentence(
      replaced.map(([was, is]) => `${nameOf(was)}: ${replacement(was, is)}`),
      'replaced',
    ),
  ]
    .filter((words) => words !== undefined)
    .join(', ');
}

/** `1 is gone (dark/003.png)`, `12 are new (the first dark/003.png)`; undefined if there are none. */
export function sentence(names: readonly string[], what: string): string | undefined {
  if (names.length === 0) return undefined;
  return names.length === 1
    ? `1 is ${what} (${names[0]})`
    : `${count(names.length)} are ${what} (the first ${names[0]})`;
}

function replacement([, , , size]: ListedPicture, [, , , now]: ListedPicture): string {
  if (now < 0) return 'it cannot be read any more';
  return size === now ? 'of the same size' : `${count(size)} bytes, now ${count(now)}`;
}

/** Held-out pictures come from among the training pictures. */
function keyOf([part, , name]: ListedPicture): string {
  return `${part === 'validation' ? part : 'train'}/${name}`;
}

function nameOf([, , name]: ListedPicture): string {
  return shortened(name);
}
