import { messageOf } from '../../base/errors.ts';
import type { PictureDataset } from '../../data/source.ts';
import { decoderOf } from './decode.ts';

export interface UnreadablePicture {
  readonly index: number;
  readonly id: string;
  readonly reason: string;
}

/** Decodes every picture of a dataset, a few at a time on the decoder's own threads, and lists those that cannot be. */
export async function checkPictures(
  dataset: PictureDataset,
  onProgress?: (done: number) => void,
): Promise<UnreadablePicture[]> {
  if (dataset.source.kind === 'memory') return [];
  const decode = decoderOf(dataset.source);
  const unreadable: UnreadablePicture[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < dataset.length) {
      const index = next++;
      await decode(index).catch((error: unknown) => {
        unreadable.push({ index, id: dataset.id(index), reason: messageOf(error) });
      });
      onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return unreadable.sort((a, b) => a.index - b.index);
}
