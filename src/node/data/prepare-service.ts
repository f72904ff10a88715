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
  /** Answers when the thread has loaded all that it needs. */
  ready: Call;
  prepare: Call<[picture: PictureToPrepare], Prepared, PrepareCallbacks>;
  decode: Call<[picture: PictureToDecode], Picture, PrepareCallbacks>;
}

/** A picture's work. */
export type PictureWork = Exclude<keyof PrepareService, 'ready'>;

/** What a thread is started with. */
export interface PrepareData {
  /** How many there are of its kind. Pictures whose share of `maxPixels` all of them may have at once need not ask for room. */
  readonly threads: number;
}
