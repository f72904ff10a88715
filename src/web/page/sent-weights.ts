import { described, isDetached } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import type { BlobLike } from '../../data/file-content.ts';
import { isArrayBuffer, isBlob, isUint8Array, isUrl } from '../../data/picture-forms.ts';
import type { SentWeights } from '../engine/weights.ts';
import { pageUrl } from '../scripts.ts';
import { place } from './place.ts';

/**
 * Where weights are: a URL (relative to the page), a `File` or `Blob`, bytes, a repository of the hub (`hf:owner/repo`), a file of the private
 * file system (`opfs:runs/pets/best.safetensors`).
 */
export type WeightsInput = string | URL | BlobLike | Uint8Array | ArrayBuffer;

/** Weights as they are sent to the engine, which copies them. Throws a `UsageError` of `what` for anything else. */
export function sentWeights(what: string, given: unknown): SentWeights {
  const isPlace = typeof given === 'string' && given.startsWith('opfs:');
  if (typeof given === 'string' && (isPlace ? place.is(given) : given.startsWith('hf:'))) {
    return { kind: 'name', name: given };
  }
  const isAddress = (typeof given === 'string' && given !== '' && !isPlace) || isUrl(given);
  if (isAddress && URL.canParse(given, pageUrl())) {
    return { kind: 'name', name: new URL(given, pageUrl()).href };
  }
  // Known by its tag.
  if (isBlob(given)) return { kind: 'blob', blob: given as unknown as Blob, name: nameOf(given) };
  if (!isDetached(given) && isUint8Array(given)) return { kind: 'bytes', bytes: given, name: 'the buffer' };
  if (!isDetached(given) && isArrayBuffer(given)) {
    return { kind: 'bytes', bytes: new Uint8Array(given), name: 'the buffer' };
  }
  throw new UsageError(
    `${what}: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got ${described(isUrl(given) ? given.href : given)}`,
  );
}

function nameOf(blob: BlobLike): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : 'the blob';
}
