import type { PictureRecord } from '../../data/picture-record.ts';
import type { PlatformConditions } from '../../train/conditions.ts';
import type { EarlierRun, PicturesPlatform } from './changed-since.ts';
import { needDecoder } from '../../data/needs-decoder.ts';
import type { OpenData } from '../../data/open-data.ts';
import { listPictures, sameHashes, type PictureList } from './picture-list.ts';
import { recordOf } from '../../data/record-pictures.ts';

/** What a run keeps of its pictures, and a line for people if they are not what they were. */
export interface RunPictures {
  readonly record: PictureRecord;
  readonly conditions: PlatformConditions;
  readonly warning: string | undefined;
  /** What the run folder is to hold of them under `pictureListFile`; undefined if it does. */
  readonly list: Uint8Array | undefined;
}

/**
 * Looks at the pictures that a run is to be trained on; if strict, at their contents, too. Of one that goes on it tells which are
 * not what they were.
 *
 * @throws CardinalError if training pictures of it are gone, new or called otherwise; if strict, for any other change as well
 */
export async function picturesOfRun(
  data: OpenData,
  { strict, earlier }: { readonly strict: boolean; readonly earlier?: EarlierRun | undefined },
  platform: PicturesPlatform,
): Promise<RunPictures> {
  const known = earlier?.checkpoint.training?.conditions?.at(-1)?.pictures;
  const record = await recordOf(data, platform.pictures);
  const list = await listPictures(data, known === undefined ? strict : known.contents === true, platform);
  const decoder = isDecoded(data) ? platform.decoder() : undefined;
  return {
    record,
    conditions: { pictures: list.hashes, ...(decoder === undefined ? {} : { decoder }) },
    warning: earlier && (await changesSince(earlier, data, { record, list }, strict, platform)),
    list: known !== undefined && sameHashes(known, list.hashes) ? undefined : list.zipped,
  };
}

async function changesSince(
  earlier: EarlierRun,
  data: OpenData,
  now: { readonly record: PictureRecord; readonly list: PictureList },
  strict: boolean,
  platform: PicturesPlatform,
): Promise<string | undefined> {
  const { changed } = await import('./changed-since.ts');
  return changed(data, now, earlier, strict, platform);
}

/** Whether anything decodes the pictures of training and validation. */
function isDecoded({ train, val }: OpenData): boolean {
  return [train, val].some((dataset) => dataset !== undefined && needDecoder(dataset.source));
}
