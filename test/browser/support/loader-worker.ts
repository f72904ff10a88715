/** In place of an engine: makes batches of what a page sends, and answers with their hashes. */
import { messageOf } from '../../../src/base/errors.ts';
import { createLoader, type LoaderOptions } from '../../../src/data/loader.ts';
import { openDataFrom, type OpenDataParts } from '../../../src/data/open-data.ts';
import { recordOf } from '../../../src/data/record-pictures.ts';
import type { PictureRecord } from '../../../src/data/picture-record.ts';
import { webLoaders, type LoaderUrls } from '../../../src/web/data/loader.ts';
import { webPictures } from '../../../src/web/data/pictures.ts';
import { hashOfBatches } from '../../support/batches.ts';

export interface LoaderOrder {
  readonly parts: OpenDataParts;
  readonly options: readonly LoaderOptions[];
  readonly urls: LoaderUrls;
}

export interface LoaderAnswer {
  readonly isolated: boolean;
  /** Of each of the options, or the message of an error. */
  readonly batches: readonly string[];
  readonly record: PictureRecord;
}

addEventListener('message', ({ data }: MessageEvent<LoaderOrder>) => {
  void answer(data).then((answered) => {
    postMessage(answered);
  });
});

async function answer({ parts, options, urls }: LoaderOrder): Promise<LoaderAnswer> {
  const data = await openDataFrom(parts);
  const { train } = data;
  if (train === undefined) throw new Error('no training pictures');
  const batches: string[] = [];
  for (const each of options) {
    const loader = createLoader(train, each, webLoaders(urls));
    batches.push(await hashOfBatches(loader).catch(messageOf));
    await loader.dispose();
  }
  return { isolated: crossOriginIsolated, batches, record: await recordOf(data, webPictures(urls)) };
}
