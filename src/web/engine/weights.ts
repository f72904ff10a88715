import { bytesSource, type ByteSource } from '../../weights/byte-source.ts';
import { blobSource } from '../store/blob-source.ts';
import { fetchBlob, type FetchOptions } from './fetch-blob.ts';

export type { LoadProgress } from './fetch-blob.ts';

/** Weights on their way from the page to its engine. `name` is what errors call them. */
export type SentWeights =
  | { readonly kind: 'blob'; readonly blob: Blob; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly name: string }
  /** A URL, or the path of a file in the private file system. */
  | { readonly kind: 'name'; readonly name: string };

/** The bytes of weights, wherever they are. Throws a `CardinalError` if they cannot be had, the reason of the signal if it is aborted. */
export async function sourceOf(sent: SentWeights, options: FetchOptions): Promise<ByteSource> {
  if (sent.kind === 'blob') return blobSource(sent.blob, sent.name);
  if (sent.kind === 'bytes') return bytesSource(sent.bytes, sent.name);
  const { name } = sent;
  return blobSource(await fetchBlob(name, 'the weights', options), name);
}
