import type { VerifyOptions } from '../../weights/digest.ts';
import { bytesSource, type ByteSource } from '../../weights/byte-source.ts';
import { openWeightsFrom, type OpenedWeights } from '../../use/opened-weights.ts';
import { isWeightsName, locateWeights, type LocatedWeights } from '../hub/locate.ts';
import { blobSource } from '../store/blob-source.ts';
import { fetchBlob, type FetchOptions } from './fetch-blob.ts';

export type { LoadProgress } from './fetch-blob.ts';

/** Weights on their way from the page to its engine. `name` is what errors call them. */
export type SentWeights =
  | { readonly kind: 'blob'; readonly blob: Blob; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly name: string }
  /** A URL, a file of the private file system (`opfs:`) or weights of the hub (`hf:`). */
  | { readonly kind: 'name'; readonly name: string };

/** Opens weights wherever they are. Throws a `CardinalError` if they cannot be had or are none, the reason of the signal if it is aborted. */
export async function openSent(
  sent: SentWeights,
  verify: VerifyOptions,
  options: FetchOptions,
): Promise<OpenedWeights> {
  const { source, known } = await located(sent, options);
  return openWeightsFrom(source, known, verify);
}

/** Where the bytes of weights are. Throws as `openSent` does. */
export async function sourceOf(sent: SentWeights, options: FetchOptions): Promise<ByteSource> {
  return (await located(sent, options)).source;
}

async function located(sent: SentWeights, { signal, onProgress }: FetchOptions): Promise<LocatedWeights> {
  const { name } = sent;
  const known = { origin: name.split('/').at(-1) };
  if (sent.kind === 'blob') return { source: blobSource(sent.blob, name), known };
  if (sent.kind === 'bytes') return { source: bytesSource(sent.bytes, name), known };
  if (!isWeightsName(name)) {
    return { source: blobSource(await fetchBlob(name, 'the weights', { signal, onProgress }), name), known };
  }
  return locateWeights(name, {
    signal,
    onProgress: ({ received, total }) => onProgress?.({ received, total }),
  });
}
