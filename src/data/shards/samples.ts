import { CardinalError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import type { Window } from './window.ts';
import { tarMembers, type TarMember } from './walk.ts';

/** Files that belong together: the same path up to the first dot of its last part, as WebDataset has it. */
export interface Sample {
  readonly key: string;
  /** By what follows that dot, in small letters: `jpg`, `cls`, `seg.png`. */
  readonly parts: ReadonlyMap<string, TarMember>;
}

/** Files that lie one after the other under one name before it is refused. */
const mostParts = 1000;

/**
 * The samples of an archive, in their order. What has no key is passed over, as WebDataset does: names without a dot or with one at
 * their beginning, and its own (`__info__`).
 *
 * @throws CardinalError if a sample holds two files of one ending, or the archive cannot be read
 */
export async function* samplesOf(window: Window): AsyncGenerator<Sample, void, undefined> {
  let key: string | undefined;
  let parts = new Map<string, TarMember>();
  for await (const member of tarMembers(window)) {
    const match = /^((?:.*\/)?[^./][^./]*)\.([^/]*)$/s.exec(member.name);
    if (match === null) continue;
    const [, own, ending] = match;
    if (/(^|\/)__[^/]*__$/.test(own)) continue;
    if (own !== key) {
      if (key !== undefined) yield { key, parts };
      key = own;
      parts = new Map();
    }
    const part = ending.toLowerCase();
    if (parts.has(part)) {
      throw new CardinalError(
        `${window.source.name}: ${quoted(member.name)} is there twice, one after the other: expected a name of its own for each sample`,
      );
    }
    if (parts.size === mostParts) {
      throw new CardinalError(
        `${window.source.name}: more than ${mostParts} files belong to ${quoted(key)}: expected a picture and its class`,
      );
    }
    parts.set(part, member);
  }
  if (key !== undefined) yield { key, parts };
}
