import type { Call } from '../../base/channel/service.ts';
import type { Picture } from '../../data/dataset.ts';
import type { Prepared, PictureToDecode, PictureToPrepare } from '../../use/batch/prepare.ts';

/** What a thread asks of the one that started it. */
export interface PrepareCallbacks {
  /** Answers when a picture of so many pixels may be decoded: until the call is over. */
  room(pixels: number): Promise<void>;
}

/** What a thread does that prepares pictures. */
export interface PrepareService {
  prepare: Call<[picture: PictureToPrepare], Prepared, PrepareCallbacks>;
  decode: Call<[picture: PictureToDecode], Picture, PrepareCallbacks>;
}

/** What a thread is started with. */
export interface PrepareData {
  /** How many there are of its kind. Pictures whose share of `maxPixels` all of them may have at once need not ask for room. */
  readonly threads: number;
}
