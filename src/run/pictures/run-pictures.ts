import { CardinalError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import type { PictureRecord } from '../../data/picture-record.ts';
import { keyOf, type PictureDataset } from '../../data/source.ts';
import type { Checkpoint } from '../../train/checkpoint.ts';
import type { PlatformConditions } from '../../train/conditions.ts';
import { readFile } from '../folder/files.ts';
import type { FilePlatform } from '../folder/file-system.ts';
import type { ListPlatform } from '../folder/platform.ts';
import type { RunPlatform } from '../platform.ts';
import { changesOf, sentence } from './changed-pictures.ts';
import { needsDecoder } from '../../data/picture-names.ts';
import type { OpenData } from '../../data/open-data.ts';
import {
  listPictures,
  packList,
  pictureListFile,
  sameHashes,
  unpackList,
  type PictureList,
} from './picture-list.ts';
import { changedSamples, recordOf } from '../../data/record-pictures.ts';

/** What it takes to know the pictures of a run again. */
type PicturesPlatform = ListPlatform & FilePlatform & Pick<RunPlatform, 'decoder'>;

/** What a run keeps of its pictures, and a line for people if they are not what they were. */
export interface RunPictures {
  readonly record: PictureRecord;
  readonly conditions: PlatformConditions;
  readonly warning: string | undefined;
  /** What the run folder is to hold of them under `pictureListFile`; undefined if it does. */
  readonly list: (() => Promise<Uint8Array>) | undefined;
}

/** A run that goes on: its folder and its checkpoint. */
export interface EarlierRun {
  readonly path: string;
  readonly checkpoint: Checkpoint;
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
    warning: earlier && (await changed(data, { record, list }, earlier, strict, platform)),
    list: known !== undefined && sameHashes(known, list.hashes) ? undefined : () => packList(list, platform),
  };
}

/** What became of the pictures of a run, in one line; undefined if nothing did. */
async function changed(
  data: OpenData,
  { record, list }: { readonly record: PictureRecord; readonly list: PictureList },
  { path, checkpoint }: EarlierRun,
  strict: boolean,
  platform: PicturesPlatform,
): Promise<string | undefined> {
  const before = checkpoint.pictures?.at(0);
  const isOther = before !== undefined && before.fingerprint !== record.fingerprint;
  const known = checkpoint.training?.conditions?.at(-1)?.pictures;
  const isListed = known !== undefined && sameHashes(known, list.hashes);
  if (!isOther && (known === undefined || isListed)) {
    const names = before && data.train ? await replacedSamples(before, data.train, platform) : [];
    const words = sentence(names, 'replaced');
    if (words === undefined) return undefined;
    // The list knows their sizes.
    return refusedIf(
      strict,
      `${path}: of the ${before?.sample.length ?? 0} training pictures whose content it knows, ${words}`,
    );
  }
  const listPath = platform.paths.join(path, pictureListFile);
  const file = await readFile(listPath, undefined, platform).catch(() => undefined);
  const listed = file && known && (await unpackList(file, known, platform));
  const changes = listed && changesOf(listed, list);
  const what = `${path} was trained on other pictures than ${data.path} has now`;
  if (isOther || changes === '') {
    const words = changes === '' ? 'others are held out' : (changes ?? 'their names or classes are others');
    throw new CardinalError(
      `${what}: ${words}; put them back, or begin another run (--weights ${path}/best.safetensors begins with what this one learned)`,
    );
  }
  return refusedIf(strict, `${what}: ${changes ?? 'their files are not what they were'}`);
}

function refusedIf(strict: boolean, change: string): string {
  if (strict) throw new CardinalError(`${change}; put them back: the run is strict`);
  return `${change}; the run goes on with those that are there now`;
}

async function replacedSamples(
  record: PictureRecord,
  dataset: PictureDataset,
  platform: PicturesPlatform,
): Promise<string[]> {
  const indices = await changedSamples(record, dataset, platform.pictures);
  return indices.map((index) => `${shortened(keyOf(dataset, index))}: of the same size`);
}

/** Whether anything decodes the pictures of training and validation. */
function isDecoded({ train, val }: OpenData): boolean {
  return [train, val].some(
    (dataset) => dataset?.source.kind === 'files' && dataset.source.paths.some(needsDecoder),
  );
}
