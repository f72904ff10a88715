import { CardinalError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import { LeftOutTally } from '../left-out.ts';
import { endingOf, leftOutFile } from '../picture-names.ts';
import { LabelTable } from './label-table.ts';
import { labelOf } from './labels.ts';
import { MemberTable } from './member-table.ts';
import { samplesOf, type Sample } from './samples.ts';
import type { ShardIndex } from './shard-index.ts';
import type { TarMember } from './walk.ts';
import { Window, type ByteRanges } from './window.ts';

/**
 * Goes through an archive once: where each picture is, and its class.
 *
 * @param isPictureName whether a file is taken for a picture, by its name
 * @throws CardinalError if the archive is damaged, or the class of a picture is none
 */
export async function indexShard(
  source: ByteRanges,
  isPictureName: (name: string) => boolean,
): Promise<ShardIndex> {
  const window = new Window(source);
  const table = new MemberTable();
  const labels = new LabelTable();
  const leftOut = new LeftOutTally();
  const encoder = new TextEncoder();
  for await (const sample of samplesOf(window)) {
    const picture = pictureOf(sample, source, isPictureName);
    if (picture === undefined) {
      tellNoPicture(sample, leftOut);
      continue;
    }
    const { name, offset, size } = picture;
    if (size > mostPicture) {
      throw new CardinalError(
        `${source.name}/${shortened(name)} has ${size} bytes, at most ${mostPicture} are expected of a picture`,
      );
    }
    const label = await labelOf(sample, window);
    if (label === undefined) leftOut.add('unlabelled-picture', name);
    else {
      const number = labels.number(label, () => `${source.name}/${shortened(name)}`);
      table.add(encoder.encode(name), offset, size, number);
    }
  }
  return { ...table.done(), names: labels.names, leftOut: leftOut.list() };
}

/** Sizes are kept in 32 bits; what may be decoded has less (`maxPixels`). */
const mostPicture = 2 ** 32 - 1;

/** What there is instead of a picture. */
function tellNoPicture({ parts }: Sample, leftOut: LeftOutTally): void {
  const others = [...parts].filter(([ending]) => ending !== 'cls' && ending !== 'json');
  for (const [, { name }] of others) {
    const { kind, ...more } = leftOutFile(name);
    leftOut.add(kind, name, more);
  }
  const [cls] = parts.values();
  // A class of nothing: something is missing.
  if (others.length === 0) leftOut.add('other-file', cls.name, { ending: endingOf(cls.name) });
}

function pictureOf(
  { key, parts }: Sample,
  { name: file }: ByteRanges,
  isPictureName: (name: string) => boolean,
): TarMember | undefined {
  // `seg.png` is something else than a picture of the sample.
  const pictures = [...parts].filter(([ending]) => !ending.includes('.') && isPictureName(`a.${ending}`));
  if (pictures.length > 1) {
    const endings = pictures.map(([ending]) => `.${ending}`).join(' and ');
    throw new CardinalError(`${file}: ${shortened(key)} has ${endings}: expected one picture of each sample`);
  }
  return pictures.at(0)?.[1];
}
