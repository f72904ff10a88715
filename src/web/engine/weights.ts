import { bytesSource } from '../../weights/byte-source.ts';
import type { LocatedWeights } from '../hub/locate.ts';
import type { Scripts } from '../scripts.ts';
import { blobSource } from '../store/blob-source.ts';
import { fetchBlob, type FetchOptions } from './fetch-blob.ts';
import { weightsScript } from './weights-script.ts';

export type { LoadProgress } from './fetch-blob.ts';

/** Weights on their way from the page to its engine. `name` is what errors call them. */
export type SentWeights =
  | { readonly kind: 'blob'; readonly blob: Blob; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly name: string }
  /** A URL, a file of the private file system (`opfs:`) or weights of the hub (`hf:`). */
  | { readonly kind: 'name'; readonly name: string };

interface LocateOptions extends FetchOptions {
  /** Told what came of a URL. */
  readonly onFetched?: (blob: Blob) => void;
}

/**
 * Where the bytes of weights are, and what is known of them. Throws a `CardinalError` if they cannot be had, the reason of the signal if
 * it is aborted.
 */
export async function located(
  sent: SentWeights,
  { signal, onProgress, onFetched }: LocateOptions,
  scripts: Pick<Scripts, 'weights'>,
): Promise<LocatedWeights> {
  const { name } = sent;
  const known = { origin: name.split('/').at(-1) };
  if (sent.kind === 'blob') return { source: blobSource(sent.blob, name), known };
  if (sent.kind === 'bytes') return { source: bytesSource(sent.bytes, name), known };
  if (!/^(hf|opfs):/.test(name)) {
    const blob = await fetchBlob(name, 'the weights', { signal, onProgress });
    onFetched?.(blob);
    return { source: blobSource(blob, name), known };
  }
  const { locateWeights } = await weightsScript(scripts.weights);
  return locateWeights(name, {
    signal,
    onProgress: ({ received, total }) => onProgress?.({ received, total }),
  });
}
